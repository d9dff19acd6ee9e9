"""What every part of a meeting is made of: events, entries, actors, refusals. Pure.

Belongs here: the vocabulary that all parts share. Does not belong here: any rule of procedure,
any knowledge of a single part, any clock or database. What a command is: commands/base.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NewType, dataclass_transform

#: Free text about people. It is stored apart from the rest of an entry, so that it can be redacted.
Text = NewType("Text", str)
#: A text of the body in one or more languages: {"en": "Adoption of the agenda", "fr": ...}.
LocalizedText = dict[str, str]

#: Those whose acts can be taken back, and who see everything.
STAFF: frozenset[str] = frozenset({"chair", "secretary"})

PARTS = ("meeting", "agenda", "roster", "speakers", "decisions", "record")


class Refused(Exception):
    """A command that the rules do not allow. `code` is the key of the sentence, `facts` fill it in."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


class UnfoldableEntry(Exception):
    """An entry that does not fit the state it is applied to: the log or the code is wrong, never the user."""

    def __init__(self, entry: Entry, why: str) -> None:
        super().__init__(f"entry {entry.seq} ({entry.event.wire}): {why}")
        self.entry, self.why = entry, why


def need(condition: object, code: str, **facts: Any) -> None:
    """Refuse unless the condition holds."""
    if not condition:
        raise Refused(code, **facts)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `id` is random (the grant's), `delegation` the roster id a delegate speaks for."""

    id: str
    role: str
    delegation: int | None = None


CLOCK = Actor("clock", "clock")


class Event:
    """A past fact that the record would state. Subclasses are frozen dataclasses made by `@event`."""

    __slots__ = ()
    #: The wire name `part.fact`. Not `name`: an event may well have a field of that name.
    wire: ClassVar[str]
    part: ClassVar[str]
    #: Of a batch, the event with the highest headline gives the batch its name (first among equals).
    headline: ClassVar[int]
    #: Fields that only chair and secretary are told of, and those that no sentence needs.
    staff_only: ClassVar[frozenset[str]]
    untold: ClassVar[frozenset[str]]
    #: The sentence of the record, with {fields}; None where the record says nothing.
    minute: ClassVar[str | None]

    def apply(self, part: Any, entry: Entry) -> Any:
        """The part after this event. Strict: raises `UnfoldableEntry` when the event does not fit."""
        raise NotImplementedError(f"{type(self).__name__} has no apply")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. `batch` is the seq of the first entry of the same press; `at` is ms UTC."""

    seq: int
    batch: int
    at: int
    by: str
    role: str
    event: Event


EVENTS: dict[str, type[Event]] = {}


def register(table: dict[str, Any], cls: type, name: str, **facts: Any) -> Any:
    part = name.split(".")[0]
    assert part in PARTS, f"{name}: there is no part {part}"
    made: Any = dataclass(frozen=True, slots=True)(cls)  # slots make a new class, so register after
    for key, value in dict(facts, wire=name, part=part).items():
        setattr(made, key, value)
    assert table.setdefault(name, made) is made, f"{name} is defined twice"
    return made


@dataclass_transform(frozen_default=True)
def event(
    name: str, *, headline: int = 1, staff_only: str = "", untold: str = "", minute: str | None = None
) -> Callable[[type], Any]:
    """Register an event under its wire name, which never changes."""
    facts = {"staff_only": frozenset(staff_only.split()), "untold": frozenset(untold.split())}
    return lambda cls: register(EVENTS, cls, name, headline=headline, minute=minute, **facts)
