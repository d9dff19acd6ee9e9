"""What may be asked of the agenda: to add and edit items, to take them up, to leave them. Pure.

Taking up and leaving an item also write in the lists and on the floor.
"""

from __future__ import annotations

from collections.abc import Iterator

from meetingsvc.core import order
from meetingsvc.core.agenda import (
    Item,
    ItemAdded,
    ItemConcluded,
    ItemEdited,
    ItemSuspended,
    ItemTakenUp,
)
from meetingsvc.core.commands.base import Command, command, in_words
from meetingsvc.core.commands.lookups import item_of, list_for, need_open
from meetingsvc.core.commands.speakers.floor import ending_all
from meetingsvc.core.kernel import Actor, Event, LocalizedText, need
from meetingsvc.core.speakers.lists import ListClosed, ListOpened, ListPrepared
from meetingsvc.core.state import MeetingState

LONGEST_PLAN = 24 * 3600


@command("agenda.add_item", by="chair secretary")
class AddItem(Command):
    """Put an item on the agenda, before another one or at the end. `planned_s` is in seconds."""

    title: LocalizedText | str
    before: int | None = None
    planned_s: int | None = None

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        title = in_words(self.title, m.meeting.languages)
        need(self.planned_s is None or 0 < self.planned_s <= LONGEST_PLAN, "agenda.plan_out_of_range")
        before = None if self.before is None else item_of(m, self.before).sort
        sort = order.item_place(before, m.agenda.given, m.seq + 1)
        yield ItemAdded(title, sort, planned_s=self.planned_s)


@command("agenda.edit_item", by="chair secretary")
class EditItem(Command):
    """Change what is said of an item; what is not named stays, other languages too.

    An empty number or a plan of 0 is cleared.
    """

    item: int
    title: LocalizedText | str | None = None
    number: str | None = None
    planned_s: int | None = None
    hidden: bool | None = None

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        was = item_of(m, self.item)
        title = None if self.title is None else {**was.title, **in_words(self.title, m.meeting.languages)}
        need(self.planned_s is None or 0 <= self.planned_s <= LONGEST_PLAN, "agenda.plan_out_of_range")
        floor = m.speakers.floor
        speaks = floor is not None and m.speakers.lists[floor.list].item == self.item
        need(not (self.hidden and (was.state == "open" or speaks)), "agenda.taken_up_is_public", item=self.item)
        made = ItemEdited(self.item, title, self.number, self.planned_s, self.hidden)
        new = (
            title not in (None, was.title),
            self.number is not None and (self.number or None) != was.number,
            self.planned_s is not None and (self.planned_s or None) != was.planned_s,
            self.hidden not in (None, was.hidden),
        )
        if any(new):
            yield made


@command("agenda.take_up", by="chair secretary")
class TakeUp(Command):
    """Take up an item: the floor ends, the item before makes way, the item's list opens."""

    item: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        need_open(m)
        item = item_of(m, self.item)
        need(m.agenda.current != item.id, "agenda.taken_up_already", item=item.id)
        need(not item.hidden, "agenda.hidden_cannot_be_taken_up", item=item.id)
        ended = list(ending_all(m, now, "taken_up"))
        before = [left_behind(m, m.agenda.items[m.agenda.current], now)] if m.agenda.current is not None else []
        yield from (*ended, *before)
        yield ItemTakenUp(item.id)
        if list_for(m, item.id) is None:
            yield ListPrepared("general", item.id)
            yield ListOpened(m.seq + 1 + len(ended) + len(before) + 1)


@command("agenda.conclude", by="chair secretary")
class Conclude(Command):
    """Conclude an item: its lists close, and the floor ends if it is the one taken up."""

    item: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        item = item_of(m, self.item)
        need(item.state != "pending", "agenda.not_taken_up", item=item.id)
        need(item.state != "concluded", "agenda.is_concluded", item=item.id)
        if m.agenda.current == item.id:
            yield from ending_all(m, now, "concluded")
        for lst in m.speakers.lists.values():
            if lst.item == item.id and lst.opened:
                yield ListClosed(lst.id)
        yield ItemConcluded(item.id)


@command("agenda.suspend_item", by="chair secretary")
class SuspendItem(Command):
    """Leave an item for later: the floor ends, its lists stay as they are."""

    item: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        item = item_of(m, self.item)
        need(m.agenda.current == item.id, "agenda.not_taken_up", item=item.id)
        yield from ending_all(m, now, "suspended")
        yield ItemSuspended(item.id)


def left_behind(m: MeetingState, item: Item, now: int) -> Event:
    """An item that makes way is concluded when its lists are exhausted, else suspended."""
    mine = [lst for lst in m.speakers.lists.values() if lst.item == item.id]
    heard = all(lst.opened is not None and not lst.takes_names(now) and not lst.waiting for lst in mine)
    return ItemConcluded(item.id) if mine and heard else ItemSuspended(item.id)
