"""The state of the speakers' part: lists, who waits, who has the floor, who was heard. Pure.

Times are ms. Does not belong here: any event or command.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from meetingsvc.core.kernel import Entry, UnfoldableEntry
from meetingsvc.core.rules import AskedBy, Intervention, Mode, Purpose
from meetingsvc.core.stack import Stack

ListState = Literal["not_open", "open", "closed", "exhausted"]
#: Why a statement was over: by itself, for the next speaker, or because something else ended.
Reason = Literal["ended", "next", "taken_up", "suspended", "concluded", "adjourned", "closed", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who asked for the floor. `id` is the inscription and never changes; `key` is the place."""

    id: int
    list: int
    delegation: int
    kind: Intervention
    key: str
    asked_at: int
    channel: AskedBy | None = None


@dataclass(frozen=True, slots=True)
class Floor:
    """Somebody who has the floor, or is held. The clock runs while `since` is there."""

    entry: int
    list: int
    delegation: int
    kind: Intervention
    mode: Mode
    seconds: int
    given_at: int
    person: str | None = None
    rev: int | None = None
    spoken_ms: int = 0
    since: int | None = None

    def spent(self, at: int) -> int:
        """Milliseconds spoken up to a moment."""
        return self.spoken_ms + (at - self.since if self.since is not None else 0)

    def stopped(self, at: int) -> Floor:
        """The same with the clock stopped."""
        return replace(self, spoken_ms=self.spent(at), since=None)


@dataclass(frozen=True, slots=True)
class Heard:
    """A statement that is over. `spoken` and `over_run` are whole seconds, as the record states them."""

    entry: int
    delegation: int
    kind: Intervention
    spoken: int
    over_run: int
    given_at: int
    ended_at: int
    reason: Reason
    person: str | None = None
    rev: int | None = None


@dataclass(frozen=True, slots=True)
class SpeakersList:
    """One list. `opened` is None until it was opened for the first time; `given` holds all keys ever given."""

    id: int
    item: int | None
    purpose: Purpose
    opened: bool | None = None
    closes_at: int | None = None
    limits: dict[str, int] = field(default_factory=dict)
    waiting: dict[int, Waiting] = field(default_factory=dict)
    heard: dict[int, Heard] = field(default_factory=dict)
    given: Stack[str] = field(default_factory=Stack)

    def in_order(self) -> list[Waiting]:
        """Those who wait, first the next."""
        return sorted(self.waiting.values(), key=lambda row: row.key)

    def takes_names(self, at: int) -> bool:
        """Open, and its announced closing time has not come, whether or not the clock has closed it yet."""
        return bool(self.opened) and (self.closes_at is None or self.closes_at > at)


@dataclass(frozen=True, slots=True)
class Speakers:
    """State of this part. `changed_at` is when the floor last changed hands."""

    lists: dict[int, SpeakersList] = field(default_factory=dict)
    floor: Floor | None = None
    held: dict[int, Floor] = field(default_factory=dict)
    changed_at: int | None = None

    def speaking(self) -> tuple[Floor, ...]:
        """Who has the floor, and who is held for it."""
        return (*([self.floor] if self.floor else []), *self.held.values())

    def on_the_floor(self, list_id: int) -> bool:
        """Whether somebody of this list speaks or is held."""
        return any(row.list == list_id for row in self.speaking())

    def state(self, list_id: int) -> ListState:
        """Closed is not exhausted: exhausted means closed and nobody left to hear."""
        row = self.lists[list_id]
        if row.opened is None:
            return "not_open"
        if row.opened:
            return "open"
        return "closed" if row.waiting or self.on_the_floor(list_id) else "exhausted"

    def with_list(self, row: SpeakersList) -> Speakers:
        """The part with one list replaced."""
        return replace(self, lists={**self.lists, row.id: row})


# ------------------------------------------------------------------------------------------------ asked by events


def listed(part: Speakers, list_id: int, entry: Entry) -> SpeakersList:
    """The list an event names; strict."""
    if list_id not in part.lists:
        raise UnfoldableEntry(entry, f"there is no list {list_id}")
    return part.lists[list_id]


def floor_of(part: Speakers, who: int, entry: Entry) -> Floor:
    """The floor, which an event says is this entry's; strict."""
    if part.floor is None or part.floor.entry != who:
        raise UnfoldableEntry(entry, f"entry {who} has not the floor")
    return part.floor
