"""The agenda: items, their order, which one is taken up, and the time spent on each. Pure.

Commands that also touch lists and the floor (take_up, conclude, suspend_item) stand in `core.whole`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from meetingsvc.core import order
from meetingsvc.core.commands.lookups import item_of
from meetingsvc.core.kernel import Actor, Command, Entry, Event, LocalizedText, UnfoldableEntry, command, event, need
from meetingsvc.core.stack import Stack

if TYPE_CHECKING:
    from meetingsvc.core.state import MeetingState

ItemState = Literal["pending", "open", "suspended", "concluded"]
LONGEST_PLAN = 24 * 3600


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


def visible(text: str) -> bool:
    """Whether there is anything to be seen in a text."""
    return any(unicodedata.category(sign)[0] not in "ZC" for sign in text)


def in_words(title: LocalizedText | str, languages: tuple[str, ...]) -> LocalizedText:
    """A title as {language: text}: a plain string is in the body's first language."""
    words = {languages[0]: title} if isinstance(title, str) else title
    need(words and all(visible(text) for text in words.values()), "agenda.title_is_empty")
    for language in words:
        need(language in languages, "meeting.language_not_used", language=language)
    return words


# ---------------------------------------------------------------------------------------------------------- events


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
        return _with(part, replace(
            was,
            title=was.title if self.title is None else self.title,
            number=was.number if self.number is None else self.number or None,
            planned_s=was.planned_s if self.planned_s is None else self.planned_s or None,
            hidden=was.hidden if self.hidden is None else self.hidden,
        ))  # fmt: skip


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


# -------------------------------------------------------------------------------------------------------- commands


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
