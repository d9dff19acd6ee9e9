"""The agenda: items, their order, which one is taken up, and the time spent on each. Pure.

State and events, which never change their meaning. What may be asked of it is in commands/agenda.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from meetingsvc.core.kernel import Entry, Event, LocalizedText, UnfoldableEntry, event
from meetingsvc.core.stack import Stack

ItemState = Literal["pending", "open", "suspended", "concluded"]


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `number` is only what the secretariat wrote instead of its position. Times in ms."""

    id: int
    title: LocalizedText
    sort: str
    number: str | None = None
    planned_s: int | None = None
    hidden: bool = False
    state: ItemState = "pending"
    spent_ms: int = 0
    started_at: int | None = None


@dataclass(frozen=True, slots=True)
class Agenda:
    """State of this part. `given` holds every place ever given, so that an undo finds its gap again."""

    items: dict[int, Item] = field(default_factory=dict)
    current: int | None = None
    given: Stack[str] = field(default_factory=Stack)

    def in_order(self) -> list[Item]:
        """The items as they stand on the agenda."""
        return sorted(self.items.values(), key=lambda item: item.sort)


@event("agenda.item_added", headline=3, minute="An item was added to the agenda.")
class ItemAdded(Event):
    title: LocalizedText
    sort: str
    number: str | None = None
    planned_s: int | None = None

    def apply(self, part: Agenda, entry: Entry) -> Agenda:
        made = Item(entry.seq, self.title, self.sort, self.number, self.planned_s)
        return replace(part, items={**part.items, entry.seq: made}, given=part.given.put(self.sort))


@event("agenda.item_edited", headline=3)
class ItemEdited(Event):
    item: int
    title: LocalizedText | None = None
    number: str | None = None
    planned_s: int | None = None
    hidden: bool | None = None

    def apply(self, part: Agenda, entry: Entry) -> Agenda:
        was = _item(part, self.item, entry)
        return _with(
            part,
            replace(
                was,
                title=was.title if self.title is None else self.title,
                number=was.number if self.number is None else self.number or None,
                planned_s=was.planned_s if self.planned_s is None else self.planned_s or None,
                hidden=was.hidden if self.hidden is None else self.hidden,
            ),
        )


@event("agenda.item_taken_up", headline=4, minute="The item was taken up.")
class ItemTakenUp(Event):
    item: int

    def apply(self, part: Agenda, entry: Entry) -> Agenda:
        was = _item(part, self.item, entry)
        if part.current is not None:
            raise UnfoldableEntry(entry, f"item {part.current} is taken up")
        return replace(_with(part, replace(was, state="open", started_at=entry.at)), current=self.item)


@event("agenda.item_concluded", headline=3, minute="The item was concluded.")
class ItemConcluded(Event):
    item: int

    def apply(self, part: Agenda, entry: Entry) -> Agenda:
        return _left(part, self.item, "concluded", entry)


@event("agenda.item_suspended", headline=3, minute="Consideration of the item was suspended.")
class ItemSuspended(Event):
    item: int

    def apply(self, part: Agenda, entry: Entry) -> Agenda:
        return _left(part, self.item, "suspended", entry)


@event("agenda.time_stopped", headline=0)
class TimeStopped(Event):
    item: int

    def apply(self, part: Agenda, entry: Entry) -> Agenda:
        return _with(part, _stopped(_item(part, self.item, entry), entry.at))


@event("agenda.time_set", headline=0)
class TimeSet(Event):
    """What was spent on the item taken up when an act was taken back: while the meeting rested, no time ran.

    When a further act is done again, the item may be taken up no more: then there is nothing to set.
    """

    item: int
    spent_ms: int

    def apply(self, part: Agenda, entry: Entry) -> Agenda:
        was = _item(part, self.item, entry)
        if was.started_at is None:
            return part
        return _with(part, replace(was, spent_ms=self.spent_ms, started_at=entry.at))


@event("agenda.time_started", headline=0)
class TimeStarted(Event):
    item: int

    def apply(self, part: Agenda, entry: Entry) -> Agenda:
        if part.current != self.item:
            raise UnfoldableEntry(entry, f"item {self.item} is not taken up")
        return _with(part, replace(part.items[self.item], started_at=entry.at))


def _item(part: Agenda, item: int, entry: Entry) -> Item:
    if item not in part.items:
        raise UnfoldableEntry(entry, f"there is no item {item}")
    return part.items[item]


def _with(part: Agenda, item: Item) -> Agenda:
    return replace(part, items={**part.items, item.id: item})


def _stopped(item: Item, at: int) -> Item:
    if item.started_at is None:
        return item
    return replace(item, spent_ms=item.spent_ms + at - item.started_at, started_at=None)


def _left(part: Agenda, item: int, state: ItemState, entry: Entry) -> Agenda:
    was = _item(part, item, entry)
    if was.state not in ("open", "suspended") or (was.state == "open") != (part.current == item):
        raise UnfoldableEntry(entry, f"item {item} is {was.state}")
    current = None if part.current == item else part.current
    return replace(_with(part, replace(_stopped(was, entry.at), state=state)), current=current)
