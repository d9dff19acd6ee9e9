"""The fold with acts taken back, the states that make it quick, and the command that takes an act back. Pure.

`fold` is the definition; `History` must always agree with it. Does not belong here: any other command.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from meetingsvc.core import rights
from meetingsvc.core.kernel import STAFF, Actor, Command, Entry, Event, Refused, Stranded, command, need
from meetingsvc.core.record import LASTING, Undone
from meetingsvc.core.whole.state import Broken, Whole, check, step, walk

#: How many batches back an act can be taken back without reading the log from its beginning.
KEPT = 50
#: What a closed meeting still takes.
AFTER_CLOSING = frozenset({"record.redact", "roster.change_person", "roster.erase_person"})


class Forgotten(Exception):
    """An act is taken back that lies further back than what is kept: fold from entry 1."""


def standing(entries: Sequence[Entry]) -> list[Entry]:
    """The entries less what was taken back. What lasts for ever stays, in whatever batch it came."""
    off: set[int] = set()
    kept: list[Entry] = []
    for entry in reversed(entries):
        if entry.batch in off:
            if entry.event.wire in LASTING:
                kept.append(entry)
        elif isinstance(entry.event, Undone):
            off.add(entry.event.batch)
        else:
            kept.append(entry)
    return kept[::-1]


def fold(entries: Sequence[Entry]) -> Whole:
    """The meeting that a whole log tells, from entry 1."""
    m = walk(Whole(), standing(entries))
    record = Whole().record
    for entry in entries:
        record = record.witnessed(entry)
    return _with_acts(m, record, entries[-1]) if entries else m


def _with_acts(m: Whole, acts: object, last: Entry) -> Whole:
    done, undone, sealed = (getattr(acts, name) for name in ("done", "undone", "sealed"))
    return replace(m, seq=last.seq, at=last.at, record=replace(m.record, done=done, undone=undone, sealed=sealed))


@dataclass(frozen=True, slots=True)
class Batch:
    """One press: the state before it, and what it wrote."""

    batch: int
    before: Whole
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class History:
    """A meeting with the states before its last batches. Immutable: each step is a new one."""

    whole: Whole = field(default_factory=Whole)
    batches: tuple[Batch, ...] = ()
    kept: int | None = KEPT

    @staticmethod
    def of(entries: Iterable[Entry], *, kept: int | None = KEPT) -> History:
        """From the whole log. Takes back however far the log says."""
        log = tuple(entries)
        m, rows, end = Whole(), list[Batch](), 0
        for _, group in groupby(log, key=lambda entry: entry.batch):
            batch = tuple(group)
            end += len(batch)
            before = m
            try:
                m = _after(m, rows if kept is None else rows[-kept:], batch)
            except Forgotten:
                m = fold(log[:end])
            rows.append(Batch(batch[0].batch, before, batch))
        return History(m, tuple(rows), kept).trimmed()

    def add(self, entries: Sequence[Entry]) -> History:
        """With one more batch. Raises `Stranded` when it does not fit, `Forgotten` when it reaches too far."""
        m = _after(self.whole, self.batches, entries)
        made = (*self.batches, Batch(entries[0].batch, self.whole, tuple(entries)))
        return History(m, made, self.kept).trimmed()

    def trimmed(self, kept: int | None = None) -> History:
        """With no more batches than are kept."""
        kept = self.kept if kept is None else kept
        return History(self.whole, self.batches if kept is None else self.batches[-kept:], kept)


def _after(m: Whole, batches: Sequence[Batch], entries: Sequence[Entry]) -> Whole:
    for entry in entries:
        acts = m.record.witnessed(entry)
        m = _without(m, batches, entry) if isinstance(entry.event, Undone) else step(m, entry)
        m = _with_acts(m, acts, entry)
    return m


def _without(m: Whole, batches: Sequence[Batch], entry: Entry) -> Whole:
    """Fold again from before the act that an undo, or the undo of an undo, is about in the end."""
    rows = {row.batch: n for n, row in enumerate(batches)}
    event, n = entry.event, None
    while isinstance(event, Undone):
        if event.batch not in rows:
            raise Forgotten(event.batch)
        n = rows[event.batch]
        event = batches[n].entries[0].event
    assert n is not None
    since = [line for row in batches[n:] for line in row.entries]
    return walk(batches[n].before, standing([*since, entry]))


def decide(history: History, cmd: Command, actor: Actor, now: int) -> list[Entry]:
    """The entries that a command would add; none when nothing changes. Raises `Refused`, or `Forgotten`."""
    m = history.whole
    rights.check(actor, cmd)
    need((m.seq == 0) == (cmd.wire == "meeting.schedule"), "meeting.exists" if m.seq else "meeting.not_found")
    need(m.meeting.state != "closed" or cmd.wire in AFTER_CLOSING, "meeting.is_closed")
    at = max(now, m.at)  # time never runs back
    entries = [
        Entry(m.seq + 1 + n, m.seq + 1, at, actor.id, actor.role, event)
        for n, event in enumerate(cmd.decide(m, actor, at))
    ]
    if isinstance(cmd, Undo) and entries:
        _need_possible(history, entries)
    return entries


def _need_possible(history: History, entries: list[Entry]) -> None:
    """Refuse an undo on which something later depends, and name the act in the way."""
    try:
        check(history.add(entries).whole)
    except Stranded as why:
        facts = {"seq": why.entry.seq, "act": why.entry.event.wire}
        raise Refused("record.in_the_way", **facts) from why
    except Broken as why:
        raise Refused("record.would_not_fit") from why


@command("record.undo", by="chair secretary")
class Undo(Command):
    """Take back the last act of chair or secretary, or, with the batch of an undo, do it again.

    What delegates and the clock did since stays.
    """

    batch: int

    def decide(self, m: Whole, actor: Actor, now: int) -> Iterator[Event]:
        assert actor.role in STAFF
        last = m.record.done[-1] if m.record.done else None
        back = m.record.undone[-1] if m.record.undone else None
        need(last or back, "record.nothing_to_undo")
        possible = {row.batch for row in (last, back) if row}
        need(self.batch in possible, "record.not_the_last_act", batch=last.batch if last else None)
        yield Undone(self.batch)
