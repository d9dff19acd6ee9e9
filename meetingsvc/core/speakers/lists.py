"""Speakers' lists as such: prepared, opened, their closing announced, closed, their time limited. Pure.

Who stands in a list is in requests.py, who speaks in floor.py; what may be asked in commands/speakers/lists.py.
"""

from __future__ import annotations

from dataclasses import replace

from meetingsvc.core.kernel import Entry, Event, UnfoldableEntry, event
from meetingsvc.core.rules import Intervention, Purpose
from meetingsvc.core.speakers.state import Speakers, SpeakersList, listed


@event("speakers.list_prepared", headline=0)
class ListPrepared(Event):
    purpose: Purpose
    item: int | None = None

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        if any((r.item, r.purpose) == (self.item, self.purpose) for r in part.lists.values()):
            raise UnfoldableEntry(entry, "there is such a list already")
        return part.with_list(SpeakersList(entry.seq, self.item, self.purpose))


@event("speakers.list_opened", headline=2, minute="The list of speakers was opened.")
class ListOpened(Event):
    list: int

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        return part.with_list(replace(listed(part, self.list, entry), opened=True, closes_at=None))


@event("speakers.closing_announced", headline=2, minute="The closing of the list of speakers was announced.")
class ClosingAnnounced(Event):
    list: int
    at: int

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        return part.with_list(replace(listed(part, self.list, entry), closes_at=self.at))


@event("speakers.list_closed", headline=2, minute="The list of speakers was closed.")
class ListClosed(Event):
    list: int

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        row = listed(part, self.list, entry)
        if not row.opened:
            raise UnfoldableEntry(entry, f"list {self.list} is not open")
        return part.with_list(replace(row, opened=False, closes_at=None))


@event("speakers.limit_set", headline=2, minute="The time of speakers was limited.")
class LimitSet(Event):
    list: int
    kind: Intervention
    seconds: int

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        row = listed(part, self.list, entry)
        return part.with_list(replace(row, limits={**row.limits, self.kind: self.seconds}))
