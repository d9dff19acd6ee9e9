"""The floor: that it was given, held, paused, returned, ended, and the time that was granted and spoken. Pure.

Clocks are facts: `since`, what was spoken before, the seconds granted. Nothing here ticks.
What may be asked of the floor is in commands/speakers/floor.py.
"""

from __future__ import annotations

from dataclasses import replace

from meetingsvc.core.kernel import Entry, Event, UnfoldableEntry, event
from meetingsvc.core.rules import Intervention, Mode
from meetingsvc.core.speakers.requests import without
from meetingsvc.core.speakers.state import Floor, Heard, Reason, Speakers, floor_of, listed


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
            self.entry,
            self.list,
            self.delegation,
            self.kind,
            self.mode,
            self.seconds,
            entry.at,
            self.person,
            self.rev,
            since=entry.at,
        )
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
            was.entry,
            was.delegation,
            was.kind,
            self.spoken,
            self.over_run,
            was.given_at,
            entry.at,
            self.reason,
            was.person,
            was.rev,
        )
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
