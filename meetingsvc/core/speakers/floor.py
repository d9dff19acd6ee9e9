"""The floor: giving, holding, pausing, ending it, and the time that is granted and spoken. Pure.

Clocks are facts: `since`, what was spoken before, the seconds granted. Nothing here ticks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from meetingsvc.core.commands.lookups import delegation_of, need_open
from meetingsvc.core.kernel import (
    STAFF,
    Actor,
    Command,
    Entry,
    Event,
    Refused,
    UnfoldableEntry,
    command,
    event,
    need,
)  # fmt: skip
from meetingsvc.core.rules import Intervention, Mode
from meetingsvc.core.speakers.requests import without
from meetingsvc.core.speakers.state import (
    Floor,
    Heard,
    Reason,
    Speakers,
    SpeakersList,
    Waiting,
    floor_of,
    list_named,
    listed,
    waiting,
)  # fmt: skip

if TYPE_CHECKING:
    from meetingsvc.core.state import MeetingState

#: A second press so soon after the floor changed hands is asked back (two people who both press "next").
JUST_NOW_MS = 2_000
LONGEST_FLOOR = 8 * 3600


# ---------------------------------------------------------------------------------------------------------- events


@event("speakers.floor_given", headline=3, untold="mode rev", minute="The floor was given.")
class FloorGiven(Event):
    """Who speaks, from where and on what is recorded as it was; what the roster says later does not change it."""

    entry: int
    list: int
    delegation: int
    kind: Intervention
    mode: Mode
    seconds: int
    person: str | None = None
    rev: int | None = None

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        if part.floor is not None:
            raise UnfoldableEntry(entry, f"entry {part.floor.entry} has the floor")
        row = listed(part, self.list, entry)
        rest = without(row, self.entry, entry)
        floor = Floor(
            self.entry, self.list, self.delegation, self.kind, self.mode, self.seconds, entry.at,
            self.person, self.rev, since=entry.at,
        )  # fmt: skip
        return replace(part.with_list(rest), floor=floor, changed_at=entry.at)


@event("speakers.floor_held", headline=1, minute="The speaker was interrupted.")
class FloorHeld(Event):
    entry: int
    delegation: int

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        floor = floor_of(part, self.entry, entry).stopped(entry.at)
        return replace(part, floor=None, held={**part.held, self.entry: floor}, changed_at=entry.at)


@event("speakers.floor_returned", headline=2, minute="The floor was given back to the speaker.")
class FloorReturned(Event):
    """The clock stands still until the speaker goes on: a ruling is nobody's speaking time."""

    entry: int
    delegation: int

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        if part.floor is not None or self.entry not in part.held:
            raise UnfoldableEntry(entry, f"entry {self.entry} cannot have the floor back")
        held = {id: row for id, row in part.held.items() if id != self.entry}
        return replace(part, floor=part.held[self.entry], held=held, changed_at=entry.at)


@event("speakers.floor_paused", headline=2)
class FloorPaused(Event):
    entry: int
    delegation: int

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        return replace(part, floor=floor_of(part, self.entry, entry).stopped(entry.at))


@event("speakers.floor_resumed", headline=2)
class FloorResumed(Event):
    entry: int
    delegation: int

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        return replace(part, floor=replace(floor_of(part, self.entry, entry).stopped(entry.at), since=entry.at))


@event("speakers.floor_ended", headline=1, untold="seconds reason", minute="The speaker concluded.")
class FloorEnded(Event):
    """`spoken`, `over_run` and the `seconds` that were granted are whole seconds: what the record states."""

    entry: int
    list: int
    delegation: int
    seconds: int
    spoken: int
    over_run: int
    reason: Reason

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        held = {id: row for id, row in part.held.items() if id != self.entry}
        if self.entry in part.held:
            was, floor = part.held[self.entry], part.floor
        else:
            was, floor = floor_of(part, self.entry, entry), None
        row = listed(part, self.list, entry)
        over = Heard(
            was.entry, was.delegation, was.kind, self.spoken, self.over_run, was.given_at, entry.at,
            self.reason, was.person, was.rev,
        )  # fmt: skip
        heard = replace(row, heard={**row.heard, was.entry: over})
        return replace(part.with_list(heard), floor=floor, held=held, changed_at=entry.at)


@event("speakers.clock_set", headline=0)
class ClockSet(Event):
    """What was spoken when an act was taken back: no time was spent while the act stood, or did not stand.

    When a further act is done again, this entry may have the floor no more: then there is nothing to set.
    """

    entry: int
    delegation: int
    spoken_ms: int

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        floor = part.floor
        if floor is None or floor.entry != self.entry or floor.since is None:
            return part
        return replace(part, floor=replace(floor, spoken_ms=self.spoken_ms, since=entry.at))


@event("speakers.time_added", headline=2)
class TimeAdded(Event):
    entry: int
    delegation: int
    seconds: int

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        if self.entry in part.held:
            was = part.held[self.entry]
            held = {**part.held, self.entry: replace(was, seconds=was.seconds + self.seconds)}
            return replace(part, held=held)
        floor = floor_of(part, self.entry, entry)
        return replace(part, floor=replace(floor, seconds=floor.seconds + self.seconds))


# ----------------------------------------------------------------------------------------------------------- rules


def interrupts(m: MeetingState, row: Waiting | Floor) -> bool:
    """Whether this kind may interrupt a speaker (rule 71/113)."""
    return bool(m.meeting.adopted.may_interrupt[row.kind])


def points_waiting(m: MeetingState) -> list[Waiting]:
    """Those who may interrupt, in whatever list they wait: a point of order is decided at once (rule 71/113)."""
    rows = (w for lst in m.speakers.lists.values() for w in lst.waiting.values() if interrupts(m, w))
    return sorted(rows, key=lambda w: w.key)


def need_fresh(m: MeetingState, instead_of: int | None, sure: bool, now: int) -> None:
    """Refuse a press that believed somebody else speaks, and ask back when the floor has only just changed."""
    floor = m.speakers.floor
    current = floor.entry if floor else None
    if instead_of != current:
        raise stale(floor)
    since = max(m.speakers.changed_at or 0, m.record.floor_turned_at)
    if now - since < JUST_NOW_MS:
        need(sure, "speakers.just_changed", seconds=max(now - since, 0) // 1000,
             delegation=floor.delegation if floor else None)  # fmt: skip


def stale(floor: Floor | None) -> Refused:
    """The presser believed that somebody else speaks: names who does, or nobody."""
    return Refused("speakers.stale", **({"entry": floor.entry, "delegation": floor.delegation} if floor else {}))


def ending(row: Floor, now: int, reason: Reason) -> FloorEnded:
    """The fact that a statement is over, with what the record will state of its time."""
    spoken = row.spent(now) // 1000
    over_run = max(0, spoken - row.seconds)
    return FloorEnded(row.entry, row.list, row.delegation, row.seconds, spoken, over_run, reason)


def ending_all(m: MeetingState, now: int, reason: Reason) -> Iterator[Event]:
    """Nobody speaks any more: the speaker and whoever is held."""
    for row in m.speakers.speaking():
        yield ending(row, now, reason)


def granting(m: MeetingState, lst: SpeakersList, row: Waiting) -> FloorGiven:
    """The floor with the time that list and rules grant."""
    who = delegation_of(m, row.delegation)
    seconds = lst.limits.get(row.kind) or m.meeting.adopted.seconds(who.kind, row.kind)
    return FloorGiven(row.id, lst.id, who.id, row.kind, who.mode, seconds, who.person, who.rev)


def giving(m: MeetingState, row: Waiting, now: int) -> Iterator[Event]:
    """Give the floor to somebody who waits: who speaks is held for a point of order, else concludes."""
    floor, item = m.speakers.floor, m.speakers.lists[row.list].item
    need(item is None or not m.agenda.items[item].hidden, "agenda.hidden_cannot_be_taken_up", item=item)
    here = item is None or item == m.agenda.current or interrupts(m, row)
    need(here, "speakers.item_not_taken_up", item=item)
    if floor and interrupts(m, row) and not interrupts(m, floor):
        yield FloorHeld(floor.entry, floor.delegation)
    else:
        held = next(iter(m.speakers.held.values()), None)
        need(held is None or interrupts(m, row), "speakers.someone_is_held",
             entry=held.entry if held else None, delegation=held.delegation if held else None)  # fmt: skip
        if floor:
            yield ending(floor, now, "next")
    yield granting(m, m.speakers.lists[row.list], row)


def ending_one(m: MeetingState, now: int, reason: Reason) -> Iterator[Event]:
    """End the statement of who speaks; whoever was held for it has the floor back."""
    floor = m.speakers.floor
    need(floor, "speakers.nobody_speaks")
    assert floor is not None
    yield ending(floor, now, reason)
    for held in m.speakers.held.values():
        yield FloorReturned(held.entry, held.delegation)


def speaking(m: MeetingState, entry: int) -> Floor:
    """Who has the floor, or a refusal that names who has it instead."""
    floor = m.speakers.floor
    if floor is None or floor.entry != entry:
        raise stale(floor)
    return floor


# -------------------------------------------------------------------------------------------------------- commands


@command("speakers.give_floor", by="chair secretary")
class GiveFloor(Command):
    """Give the floor to one who waits. `instead_of` is the entry that the presser believes has the floor."""

    entry: int
    instead_of: int | None = None
    sure: bool = False

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        need_open(m)
        need_fresh(m, self.instead_of, self.sure, now)
        yield from giving(m, waiting(m, self.entry), now)


@command("speakers.next", by="chair secretary")
class Next(Command):
    """Give the floor to the first of the list. After a point of order the held speaker is next."""

    list: int | None = None
    instead_of: int | None = None
    sure: bool = False

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        need_open(m)
        need_fresh(m, self.instead_of, self.sure, now)
        row = next(iter(points_waiting(m) or list_named(m, self.list).in_order()), None)
        if row and (not m.speakers.held or interrupts(m, row)):
            yield from giving(m, row, now)
        else:
            need(m.speakers.floor, "speakers.nobody_waits")
            yield from ending_one(m, now, "next")


@command("speakers.pause", by="chair secretary")
class Pause(Command):
    """Stop the clock of who speaks."""

    entry: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        floor = speaking(m, self.entry)
        if floor.since is not None:
            yield FloorPaused(floor.entry, floor.delegation)


@command("speakers.resume", by="chair secretary")
class Resume(Command):
    """Let the clock of who speaks go on."""

    entry: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        need_open(m)
        floor = speaking(m, self.entry)
        if floor.since is None:
            yield FloorResumed(floor.entry, floor.delegation)


@command("speakers.end", by="chair secretary delegate")
class End(Command):
    """End the statement of who speaks; a delegate ends its own."""

    entry: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        floor = speaking(m, self.entry)
        need(actor.role in STAFF or actor.delegation == floor.delegation, "rights.not_your_delegation")
        yield from ending_one(m, now, "ended")


@command("speakers.add_time", by="chair secretary")
class AddTime(Command):
    """Grant the speaker more seconds, or fewer with a number below zero."""

    entry: int
    seconds: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        row = m.speakers.held.get(self.entry) or speaking(m, self.entry)
        total = row.seconds + self.seconds
        need(0 < total <= LONGEST_FLOOR, "speakers.time_out_of_range", seconds=row.seconds)
        if self.seconds:
            yield TimeAdded(row.entry, row.delegation, self.seconds)
