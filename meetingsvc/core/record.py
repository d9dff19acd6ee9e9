"""The record: notes of the secretariat, and which acts can be taken back. Pure.

The command `record.undo` folds the log anew and therefore stands in `core.whole`; what it may take back is here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from meetingsvc.core.kernel import STAFF, Actor, Command, Entry, Event, Stranded, Text, command, event, need
from meetingsvc.core.shape import fields

if TYPE_CHECKING:
    from meetingsvc.core.whole import Whole

#: Never undone, nor anything before them.
FINAL = frozenset({"meeting.scheduled", "meeting.closed"})
#: Passed over when acts are taken back: they always stay.
LASTING = frozenset({"record.redacted", "roster.person_erased"})


@dataclass(frozen=True, slots=True)
class Act:
    """A batch of chair or secretary, named by its headline event; `undoes` is the batch an undo took back."""

    batch: int
    code: str
    facts: dict[str, Any]
    headline: int
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    id: int
    at: int
    by: str
    text: Text


@dataclass(frozen=True, slots=True)
class Record:
    """State of this part. `done` can be taken back from the end, `undone` can be done again from the end.

    Nothing up to the batch `sealed` can be taken back.
    """

    notes: tuple[Note, ...] = ()
    done: tuple[Act, ...] = ()
    undone: tuple[Act, ...] = ()
    sealed: int = 0

    def witnessed(self, entry: Entry) -> Record:
        """The record after an entry passed: which acts can be taken back now. Other notes stay as they are."""
        event = entry.event
        if isinstance(event, Undone):
            return self._turned(event.batch, entry)
        if event.wire in FINAL:
            return replace(self, done=(), undone=(), sealed=entry.batch)
        if entry.role not in STAFF or event.wire in LASTING or entry.batch <= self.sealed:
            return self
        act = Act(entry.batch, event.wire, told(event), event.headline)
        if self.done and self.done[-1].batch == entry.batch:
            better = act.headline > self.done[-1].headline
            return replace(self, done=(*self.done[:-1], act)) if better else self
        return replace(self, done=(*self.done, act), undone=())

    def _turned(self, batch: int, entry: Entry) -> Record:
        if self.done and self.done[-1].batch == batch:
            act = self.done[-1]
            back = replace(act, batch=entry.batch, undoes=act.batch)
            return replace(self, done=self.done[:-1], undone=(*self.undone, back))
        last = self.undone[-1] if self.undone else None
        if last is None or last.batch != batch or last.undoes is None:
            raise Stranded(entry, f"batch {batch} is not the last act")
        again = replace(last, batch=last.undoes, undoes=None)
        return replace(self, done=(*self.done, again), undone=self.undone[:-1])


def told(event: Event) -> dict[str, Any]:
    """The facts of an event for a sentence: its ids, numbers and words of the field; never names or free text."""
    values = ((name, getattr(event, name), kind) for name, kind, *_ in fields(type(event)))
    return {
        name: value for name, value, kind in values if value is not None and (isinstance(value, int) or _is_word(kind))
    }


def _is_word(kind: Any) -> bool:
    return get_origin(kind) is Literal or any(get_origin(part) is Literal for part in get_args(kind))


@event("record.undone", headline=0)
class Undone(Event):
    batch: int

    def apply(self, part: Record, entry: Entry) -> Record:
        return part  # the fold itself leaves the batch out, see core.whole


@event("record.noted", headline=1)
class Noted(Event):
    text: Text

    def apply(self, part: Record, entry: Entry) -> Record:
        return replace(part, notes=(*part.notes, Note(entry.seq, entry.at, entry.by, self.text)))


@command("record.note", by="chair secretary")
class WriteNote(Command):
    """Write something into the record that only chair and secretary read."""

    text: Text

    def decide(self, m: Whole, actor: Actor, now: int) -> Iterator[Event]:
        need(self.text, "record.note_is_empty")
        yield Noted(self.text)
