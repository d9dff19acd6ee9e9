"""What may be asked of the floor: to give, pause and end it, to add time; and who may interrupt whom. Pure.

Whatever ends a statement asks here for the fact that it is over.
"""

from __future__ import annotations

from collections.abc import Iterator

from meetingsvc.core.commands.base import Command, command
from meetingsvc.core.commands.lookups import delegation_of, list_named, need_open, waiting
from meetingsvc.core.kernel import STAFF, Actor, Event, Refused, need
from meetingsvc.core.speakers.floor import (
    FloorEnded,
    FloorGiven,
    FloorHeld,
    FloorPaused,
    FloorResumed,
    FloorReturned,
    TimeAdded,
)
from meetingsvc.core.speakers.state import Floor, Reason, SpeakersList, Waiting
from meetingsvc.core.state import MeetingState

#: A second press so soon after the floor changed hands is asked back (two people who both press "next").
JUST_NOW_MS = 2_000
LONGEST_FLOOR = 8 * 3600


# ------------------------------------------------------------------------------------------------------------ rules


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
        need(
            sure,
            "speakers.just_changed",
            seconds=max(now - since, 0) // 1000,
            delegation=floor.delegation if floor else None,
        )


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
        need(
            held is None or interrupts(m, row),
            "speakers.someone_is_held",
            entry=held.entry if held else None,
            delegation=held.delegation if held else None,
        )
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


# --------------------------------------------------------------------------------------------------------- commands


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
