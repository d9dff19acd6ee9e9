"""The fold with acts taken back, and the states that make it quick. Pure.

`fold` is the definition; `History` must always agree with it. Deciding is in `deciding.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from meetingsvc.core.kernel import Entry
from meetingsvc.core.record import LASTING, Record, Undone
from meetingsvc.core.whole.state import Whole, step, walk

#: How many batches back an act can be taken back without reading the log from its beginning.
KEPT = 50


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


def _with_acts(m: Whole, acts: Record, last: Entry) -> Whole:
    """The state at an entry: what was folded anew, and the acts as they were witnessed."""
    record = replace(
        m.record, done=acts.done, undone=acts.undone, sealed=acts.sealed, floor_turned_at=acts.floor_turned_at
    )
    return replace(m, seq=last.seq, at=last.at, record=record)


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


def root_of(batches: Sequence[Batch], entry: Entry) -> int:
    """Where the act stands that an undo, or the undo of an undo, is about in the end."""
    rows = {row.batch: n for n, row in enumerate(batches)}
    event, n = entry.event, -1
    while isinstance(event, Undone):
        if event.batch not in rows:
            raise Forgotten(event.batch)
        n = rows[event.batch]
        event = batches[n].entries[0].event
    return n


def _without(m: Whole, batches: Sequence[Batch], entry: Entry) -> Whole:
    """Fold again from before the act."""
    n = root_of(batches, entry)
    since = [line for row in batches[n:] for line in row.entries]
    return walk(batches[n].before, standing([*since, entry]))
