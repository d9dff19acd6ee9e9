"""Speakers' lists as such: prepare, open, announce the closing, close, set a limit of time. Pure.

Who stands in a list is in `requests.py`, who speaks in `floor.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from meetingsvc.core.commands.lookups import item_of
from meetingsvc.core.kernel import Actor, Command, Entry, Event, UnfoldableEntry, command, event, need
from meetingsvc.core.rules import Intervention, Purpose
from meetingsvc.core.speakers.state import Speakers, SpeakersList, list_for, list_named, listed

if TYPE_CHECKING:
    from meetingsvc.core.state import MeetingState

LONGEST_LIMIT = 4 * 3600
#: Longer than any announcement; and later moments are none that a browser can show.
FARTHEST_MS = 366 * 24 * 3600 * 1000


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


@command("speakers.open_list", by="chair secretary")
class OpenList(Command):
    """Open the list of an item, by default of what is taken up. It may be opened before the item is taken up."""

    item: int | None = None
    purpose: Purpose = "general"

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        item = m.agenda.current if self.item is None else item_of(m, self.item).id
        row = list_for(m, item, self.purpose)
        if row is None:
            yield ListPrepared(self.purpose, item)
        if row is None or not row.takes_names(now):
            yield ListOpened(m.seq + 1 if row is None else row.id)


@command("speakers.reopen_list", by="chair secretary")
class ReopenList(Command):
    """Open a closed list again, or take back the announced closing of an open one."""

    list: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        row = list_named(m, self.list)
        need(row.opened is not None, "speakers.list_never_open", list=row.id)
        if not row.opened or row.closes_at is not None:
            yield ListOpened(row.id)


@command("speakers.close_list", by="chair secretary")
class CloseList(Command):
    """Close a list now, or announce when it will close (rule 73/115). `at` is ms UTC by the server's clock."""

    list: int | None = None
    at: int | None = None

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        row = list_named(m, self.list)
        need(row.opened is not None, "speakers.list_never_open", list=row.id)
        if self.at is not None:
            need(row.takes_names(now), "speakers.list_closed", list=row.id)
            need(self.at > now, "speakers.closing_in_the_past", at=self.at)
            need(self.at - now <= FARTHEST_MS, "speakers.closing_too_far", at=self.at)
            if row.closes_at != self.at:
                yield ClosingAnnounced(row.id, self.at)
        elif row.opened:
            yield ListClosed(row.id)


@command("speakers.close_due", by="clock")
class CloseDue(Command):
    """Close a list whose announced time has come. Nothing happens where nothing is due."""

    list: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        row = m.speakers.lists.get(self.list)
        if row and row.opened and row.closes_at is not None and row.closes_at <= now:
            yield ListClosed(row.id)


@command("speakers.set_limit", by="chair secretary")
class SetLimit(Command):
    """Limit the time of those who get the floor from now on (rules 72/114). Who speaks keeps what was granted."""

    seconds: int
    list: int | None = None
    kind: Intervention = "statement"

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        row = list_named(m, self.list)
        need(0 < self.seconds <= LONGEST_LIMIT, "speakers.limit_out_of_range", most=LONGEST_LIMIT)
        if row.limits.get(self.kind) != self.seconds:
            yield LimitSet(row.id, self.kind, self.seconds)
