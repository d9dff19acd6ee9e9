"""The fold with acts taken back, and the states that make it quick. Pure.

`fold` is the definition; `History` must always agree with it. Deciding is in decide.py.
What takes long is done in steps (`Steps`), between which whoever runs it may let others work.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from typing import TypeVar

from meetingsvc.core.kernel import Entry, UnfoldableEntry
from meetingsvc.core.record import LASTING, Record, Undone
from meetingsvc.core.state import MeetingState, step, walk

T = TypeVar("T")
#: What is done step by step, a few milliseconds each; the result is what the generator returns.
Steps = Generator[None, None, T]
#: The state after a fold, and those before each `spaced` of its entries.
Refolded = tuple[MeetingState, list[MeetingState]]

#: The states before so many of the last batches are at hand: what was said, and what is sent to those who come back.
KEPT = 50
#: So many entries lie between two of the states from which an act far back is taken back.
SPACED = 200


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


def fold(entries: Sequence[Entry]) -> MeetingState:
    """The meeting that a whole log tells, from entry 1."""
    m = walk(MeetingState(), standing(entries))
    record = MeetingState().record
    for entry in entries:
        record = record.witnessed(entry)
    return _with_acts(m, record, entries[-1]) if entries else m


def _with_acts(m: MeetingState, acts: Record, last: Entry) -> MeetingState:
    """The state at an entry: what was folded anew, and the acts as they were witnessed."""
    if m.record is acts and m.seq == last.seq:
        return m
    record = replace(
        m.record, done=acts.done, undone=acts.undone, sealed=acts.sealed, floor_turned_at=acts.floor_turned_at
    )
    return replace(m, seq=last.seq, at=last.at, record=record)


@dataclass(frozen=True, slots=True)
class Batch:
    """One press: the state before it, and what it wrote."""

    batch: int
    before: MeetingState
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Entries in a row, taken back or not, and what stands of all that came before them."""

    before: MeetingState
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class History:
    """A meeting, its whole log, and states on the way. Immutable: each step is a new one, and shares what is old.

    `batches` are the last ones, at most `kept`. Each of the `stretches` holds `spaced` entries, the last one as many
    as there are yet: an act is taken back by folding again from the stretch it lies in.
    """

    state: MeetingState = field(default_factory=MeetingState)
    batches: tuple[Batch, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    kept: int = KEPT
    spaced: int = SPACED
    #: The last refolding, since preparing an undo, deciding it and adding it need the same one: {undo: its result}.
    _again: dict[tuple[int, int], Refolded | UnfoldableEntry] = field(default_factory=dict, compare=False, repr=False)

    @staticmethod
    def of(entries: Iterable[Entry], *, kept: int = KEPT, spaced: int = SPACED) -> History:
        """From the whole log. Raises `UnfoldableEntry` when an entry does not fit."""
        return at_once(History.opening(entries, kept=kept, spaced=spaced))

    @staticmethod
    def opening(entries: Iterable[Entry], *, kept: int = KEPT, spaced: int = SPACED) -> Steps[History]:
        """The same in steps. Linear in the entries, whatever was taken back: only the last batches go one by one."""
        log = tuple(entries)
        early = _early(log, kept, spaced)
        m, befores = yield from _folded(MeetingState(), log[:early], spaced)
        acts = Record()
        for n, entry in enumerate(log[:early]):
            if n % (10 * spaced) == 0:
                yield
            acts = acts.witnessed(entry)
        if early:
            m = _with_acts(m, acts, log[early - 1])
        stretches = tuple(
            Stretch(before, log[n * spaced : min(early, (n + 1) * spaced)]) for n, before in enumerate(befores)
        )
        history = History(m, (), stretches, kept, spaced)
        for _, batch in groupby(log[early:], key=lambda entry: entry.batch):
            history = yield from history.adding(tuple(batch))
        return history

    def add(self, entries: Sequence[Entry]) -> History:
        """With one more batch. Raises `UnfoldableEntry` when it does not fit."""
        return at_once(self.adding(entries))

    def adding(self, entries: Sequence[Entry]) -> Steps[History]:
        """The same in steps: what takes back an act from far behind folds again all that stands since."""
        m, stretches = self.state, self.stretches
        for entry in entries:
            acts = m.record.witnessed(entry)
            stretches = _longer(stretches, m, entry, self.spaced)
            if isinstance(entry.event, Undone):
                m, stretches = yield from self._without(stretches, entry)
            else:
                m = step(m, entry)
            m = _with_acts(m, acts, entry)
        made = (*self.batches, Batch(entries[0].batch, self.state, tuple(entries)))
        return History(m, made[-self.kept :], stretches, self.kept, self.spaced)

    def since(self, seq: int) -> Steps[History]:
        """The same with the states before all batches after `seq`, where one of them ended, however many they are."""
        log = tuple(self.entries())
        earlier = yield from History.opening(log[:seq], kept=1, spaced=self.spaced)
        history = replace(earlier, batches=(), kept=max(len(log) - seq, 1))
        for _, batch in groupby(log[seq:], key=lambda entry: entry.batch):
            history = yield from history.adding(tuple(batch))
        return history

    # ------------------------------------------------------------------------------------------ what the log says

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """The entries after a seq, taken back or not."""
        first = after // self.spaced
        rows = (entry for stretch in self.stretches[first:] for entry in stretch.entries)
        return islice(rows, after - first * self.spaced, None)

    def entry(self, seq: int) -> Entry:
        """One entry. Raises IndexError where there is none."""
        return self.stretches[(seq - 1) // self.spaced].entries[(seq - 1) % self.spaced]

    def root_of(self, entry: Entry) -> int:
        """The batch of the act that an undo, or the undo of an undo, is about in the end."""
        batch = entry.batch
        while isinstance(entry.event, Undone):
            batch = entry.event.batch
            entry = self.entry(batch)
        return batch

    def before_of(self, root: int, entries: Sequence[Entry]) -> Stretch:
        """The state from which an act is taken back, and what stands from there on with `entries` at the end."""
        n = (root - 1) // self.spaced
        return Stretch(self.stretches[n].before, tuple(standing([*self.entries(n * self.spaced), *entries])))

    def _without(self, stretches: tuple[Stretch, ...], entry: Entry) -> Steps[tuple[MeetingState, tuple[Stretch, ...]]]:
        """Fold again from the stretch that the act lies in; `stretches` have the entry at their end."""
        assert isinstance(entry.event, Undone)
        undo = entry.seq, entry.event.batch
        n = (self.root_of(entry) - 1) // self.spaced
        made = self._again.get(undo)
        if made is None:
            since = [line for stretch in stretches[n:] for line in stretch.entries]
            try:
                made = yield from _folded(stretches[n].before, since, self.spaced)
            except UnfoldableEntry as why:
                made = why
            self._again.clear()
            self._again[undo] = made
        if isinstance(made, UnfoldableEntry):
            raise UnfoldableEntry(made.entry, made.why)
        m, befores = made
        again = (Stretch(before, stretch.entries) for before, stretch in zip(befores, stretches[n:], strict=True))
        return m, (*stretches[:n], *again)


def at_once(steps: Steps[T]) -> T:
    """Does all steps without giving way."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            made: T = done.value
            return made


def _longer(stretches: tuple[Stretch, ...], m: MeetingState, entry: Entry, spaced: int) -> tuple[Stretch, ...]:
    if stretches and len(stretches[-1].entries) < spaced:
        last = stretches[-1]
        return (*stretches[:-1], Stretch(last.before, (*last.entries, entry)))
    return (*stretches, Stretch(m, (entry,)))


def _folded(m: MeetingState, entries: Sequence[Entry], spaced: int) -> Steps[Refolded]:
    """The state after what stands of these entries, and the states before each `spaced` of them."""
    if not entries:
        return m, []
    first, befores, rows = entries[0].seq, [m], list[Entry]()
    for entry in standing(entries):
        while entry.seq >= first + len(befores) * spaced:
            yield
            m, rows = walk(m, rows), []
            befores.append(m)
        rows.append(entry)
    m = walk(m, rows)
    befores += [m] * (-(-len(entries) // spaced) - len(befores))
    return m, befores


def _early(log: tuple[Entry, ...], kept: int, spaced: int) -> int:
    """How many entries are folded in one go when a log is opened: all but the last batches.

    Of those at most `kept`, and of undos that unfold much only as many as cost about as much as the opening itself.
    """
    allowed, cut = 3 * len(log) + kept * spaced, len(log)
    seqs = [entry.seq for entry in standing(log)]
    for _ in range(kept):
        if not cut:
            break
        first = cut - 1
        while first > 0 and log[first - 1].batch == log[cut - 1].batch:
            first -= 1
        if isinstance(log[first].event, Undone):
            allowed -= spaced + len(seqs) - bisect_left(seqs, _root(log, first))
        if allowed < 0:
            break
        cut = first
    return cut


def _root(log: tuple[Entry, ...], at: int) -> int:
    """Where the act stands that an undo is about in the end; a log is not believed that has it later."""
    event = log[at].event
    while isinstance(event, Undone) and 0 < event.batch <= at:
        at = event.batch - 1
        event = log[at].event
    return at
