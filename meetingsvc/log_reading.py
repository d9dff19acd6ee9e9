"""A long log is read, proved and folded in portions, between which everybody else works: other meetings do not wait.

For whatever a transaction should not wait for. Does not belong here: what is remembered (meeting_cache), what holds in
the chain (store), what entries mean (core).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeVar

from meetingsvc.core.history import History, Steps
from meetingsvc.core.kernel import Entry, UnfoldableEntry
from meetingsvc.store.engine import Database
from meetingsvc.store.event_log import codec
from meetingsvc.store.event_log.chain import Row, first_hash, flaw, uid_of
from meetingsvc.store.event_log.log import read_rows

T = TypeVar("T")

#: So many entries are read, proved and folded at once: some milliseconds.
PORTION = 200


class Behind(Exception):
    """More is new in the log than a transaction should wait for; nothing was done."""


@dataclass(slots=True)
class Tail:
    """What a log holds after an entry, as far as it is what was written. `hashes` stand beside the entries."""

    uid: str
    head: str
    entries: list[Entry] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    unfoldable: UnfoldableEntry | None = None

    def cut(self, why: UnfoldableEntry) -> None:
        """Leaves out the batch that cannot be read; what was before it stays."""
        while self.entries and self.entries[-1].batch == why.entry.batch:
            self.entries.pop()
            self.hashes.pop()
        self.unfoldable = why


def giving_way(steps: Steps[T]) -> T:
    """Does all steps, and lets others work between them: under the server this sleep is a green one."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            made: T = done.value
            return made
        time.sleep(0)


def read_tail(database: Database, meeting: str, seq: int, uid: str, head: str | None) -> Tail:
    """What the log of a meeting holds after `seq`, where its hash was `head`; each portion in a transaction."""
    tail = Tail(uid, head or "")
    for rows in _portions(database, meeting, seq):
        if not tail.uid:
            tail.uid = uid_of(rows)
            tail.head = first_hash(tail.uid)
        try:
            for row in rows:
                before = tail.hashes[-1] if tail.hashes else tail.head
                tail.entries.append(proved(row, seq + len(tail.entries) + 1, tail.uid, before))
                tail.hashes.append(row.hash)
        except UnfoldableEntry as why:
            tail.cut(why)
            break
        time.sleep(0)
    return tail


def proved(row: Row, seq: int, uid: str, before: str) -> Entry:
    """The entry of a row; `UnfoldableEntry` when it is not what was written as `seq` after the hash `before`."""
    why = flaw(row, uid, before) if row.seq == seq else "an entry before it is missing"
    if why:
        raise codec.unfoldable(row, why)
    return codec.entry(row)


def _portions(database: Database, meeting: str, seq: int) -> Iterator[Sequence[Row]]:
    while True:
        rows = database.look(lambda connection, after=seq: read_rows(connection, meeting, after, most=PORTION))  # type: ignore[misc]
        if rows:
            yield rows
        if len(rows) < PORTION:
            return
        seq = rows[-1].seq


def unfolded(history: History, tail: Tail) -> History:
    """The history with the tail; where an entry does not fit, the tail is cut before its batch."""
    try:
        return giving_way(History.opening([*history.entries(), *tail.entries]))
    except UnfoldableEntry:
        pass
    for _, batch in groupby(tuple(tail.entries), key=lambda entry: entry.batch):
        try:
            history = giving_way(history.adding(tuple(batch)))
        except UnfoldableEntry as why:
            fit = history.state.seq - (tail.entries[0].seq - 1)
            del tail.entries[fit:], tail.hashes[fit:]
            tail.unfoldable = why
            break
    return history
