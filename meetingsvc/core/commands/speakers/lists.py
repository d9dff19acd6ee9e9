"""What may be asked of a speakers' list as such: to open and close it, to limit the time. Pure.

Who may stand in a list is in requests.py, who speaks in floor.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from meetingsvc.core.commands.base import FARTHEST_MS, Command, command
from meetingsvc.core.commands.lookups import item_of, list_for, list_named
from meetingsvc.core.kernel import Actor, Event, need
from meetingsvc.core.rules import Intervention, Purpose
from meetingsvc.core.speakers.lists import ClosingAnnounced, LimitSet, ListClosed, ListOpened, ListPrepared
from meetingsvc.core.state import MeetingState

LONGEST_LIMIT = 4 * 3600


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
