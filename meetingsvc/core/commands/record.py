"""What may be asked of the record: to note something, to take an act back, to erase words. Pure.

What an undo leaves wrong, and whether it is possible, is judged by its result; whether an entry holds any words, by the
log: decide.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from meetingsvc.core.commands.base import Command, command
from meetingsvc.core.kernel import STAFF, Actor, Event, Text, need
from meetingsvc.core.record import Noted, Redacted, Undone
from meetingsvc.core.state import MeetingState


@command("record.note", by="chair secretary")
class WriteNote(Command):
    """Write something into the record that only chair and secretary read."""

    text: Text

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        need(self.text, "record.note_is_empty")
        yield Noted(self.text)


@command("record.undo", by="chair secretary")
class Undo(Command):
    """Take back the last act of chair or secretary, or, with the batch of an undo, do it again.

    What delegates and the clock did since stays.
    """

    batch: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        assert actor.role in STAFF
        last, back = m.record.done.top, m.record.undone.top
        need(last or back, "record.nothing_to_undo")
        possible = {row.batch for row in (last, back) if row}
        need(self.batch in possible, "record.not_the_last_act", batch=last.batch if last else None)
        yield Undone(self.batch)


@command("record.redact", by="secretary")
class Redact(Command):
    """Erase the words of an entry for good, such as those of a note. The entry stays; there is no undo.

    Done in a closed meeting as well.
    """

    seq: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        if self.seq not in m.record.redacted:
            yield Redacted(self.seq)
