"""The record: notes of the secretariat, and which acts can be taken back. Pure.

What an undo may take back is here; the fold that leaves acts out is in history.py, the judgement in decide.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args, get_origin

from meetingsvc.core.kernel import STAFF, Entry, Event, Text, UnfoldableEntry, event
from meetingsvc.core.schema import fields
from meetingsvc.core.stack import Stack

#: Never undone, nor anything before them.
FINAL = frozenset({"meeting.scheduled", "meeting.closed"})
#: Passed over when acts are taken back: they always stay. What a process remembers from before is read again then.
LASTING = frozenset({"record.redacted", "roster.person_erased"})


@dataclass(frozen=True, slots=True)
class Act:
    """An act of chair or secretary, named by its headline event. `batch` is what an undo of it names now."""

    batch: int
    event: Event

    @property
    def code(self) -> str:
        return self.event.wire

    @property
    def facts(self) -> dict[str, Any]:
        """What the sentence about the act needs."""
        return told(self.event)


@dataclass(frozen=True, slots=True)
class Note:
    id: int
    at: int
    by: str
    text: Text


@dataclass(frozen=True, slots=True)
class Record:
    """State of this part. `done` can be taken back from the top, `undone` can be done again from the top.

    Nothing up to the batch `sealed` can be taken back. An undo changed who speaks at `floor_turned_at` (ms).
    """

    notes: Stack[Note] = field(default_factory=Stack)
    done: Stack[Act] = field(default_factory=Stack)
    undone: Stack[Act] = field(default_factory=Stack)
    sealed: int = 0
    floor_turned_at: int = 0
    #: The entries whose words were erased.
    redacted: Stack[int] = field(default_factory=Stack)

    def witnessed(self, entry: Entry) -> Record:
        """The record after an entry passed: which acts can be taken back now. Other notes stay as they are."""
        event = entry.event
        if isinstance(event, Undone):
            return self._turned(event, entry)
        if event.wire in FINAL:
            return replace(self, done=Stack(), undone=Stack(), sealed=entry.batch)
        if entry.role not in STAFF or event.wire in LASTING or entry.batch <= self.sealed:
            return self
        last, back = self.done.top, self.undone.top
        if back and back.batch == entry.batch:
            return self  # what an undo had to set right beside
        act = Act(entry.batch, event)
        if last and last.batch == entry.batch:
            better = event.headline > last.event.headline
            return replace(self, done=self.done.rest.put(act)) if better else self
        return replace(self, done=self.done.put(act), undone=Stack())

    def _turned(self, event: Undone, entry: Entry) -> Record:
        """An act goes from `done` to `undone` or back; from then on it is this entry's batch that turns it again."""
        done, undone = self.done, self.undone
        last, back = done.top, undone.top
        if last and last.batch == event.batch:
            undone, done = undone.put(replace(last, batch=entry.batch)), done.rest
        elif back and back.batch == event.batch:
            done, undone = done.put(replace(back, batch=entry.batch)), undone.rest
        else:
            raise UnfoldableEntry(entry, f"batch {event.batch} is not the last act")
        turned_at = entry.at if event.floor_changed else self.floor_turned_at
        return replace(self, done=done, undone=undone, floor_turned_at=turned_at)


def told(event: Event) -> dict[str, Any]:
    """The facts of an event for a sentence: its ids, numbers and words of the field; never names or free text."""
    rows = ((name, getattr(event, name), kind) for name, kind, *_ in fields(type(event)) if name not in event.untold)
    return {
        name: value for name, value, kind in rows if value is not None and (isinstance(value, int) or _is_word(kind))
    }


def _is_word(kind: Any) -> bool:
    return get_origin(kind) is Literal or any(get_origin(part) is Literal for part in get_args(kind))


@event("record.undone", headline=0)
class Undone(Event):
    batch: int
    floor_changed: bool = False

    def apply(self, part: Record, entry: Entry) -> Record:
        return part  # the fold itself leaves the batch out: history.py


@event("record.noted", headline=1)
class Noted(Event):
    text: Text

    def apply(self, part: Record, entry: Entry) -> Record:
        return replace(part, notes=part.notes.put(Note(entry.seq, entry.at, entry.by, self.text)))


@event("record.redacted", headline=1, untold="seq")
class Redacted(Event):
    """The words of an entry are gone for good: the store erases them in the same transaction. The entry stays."""

    seq: int

    def apply(self, part: Record, entry: Entry) -> Record:
        """A note that was taken back has no row here, and has none with words if it is written again."""
        if not 0 < self.seq < entry.seq:
            raise UnfoldableEntry(entry, f"entry {self.seq} is not before it")
        notes = Stack(replace(note, text=Text("")) if note.id == self.seq else note for note in part.notes)
        return replace(part, notes=notes, redacted=part.redacted.put(self.seq))
