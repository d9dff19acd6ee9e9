"""What this process remembers of each meeting (folded log, last hash, names), and the lock around it.

Only a cache: every look reads the log's tail, so it is right with any number of processes, and proves on the way that
what is remembered is in the log still: a database may lose its last entries while we run (failover, restored copy).
Where the tail erases something, all is read again: no word or name stays in what is remembered.
Does not belong here: deciding and writing (meetings), views (broadcast).
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TypeVar

from meetingsvc.core.history import History, Steps
from meetingsvc.core.kernel import Entry, UnfoldableEntry
from meetingsvc.core.record import LASTING
from meetingsvc.log_reading import PORTION, Behind, giving_way, proved, read_tail, unfolded
from meetingsvc.store.directory import Key, Names, read_people
from meetingsvc.store.engine import Connection, Database, queue
from meetingsvc.store.event_log.chain import Row, first_hash, uid_of
from meetingsvc.store.event_log.log import read_heads, read_rows
from meetingsvc.waiting import holding, keeping

T = TypeVar("T")

log = logging.getLogger(__name__)

#: Meetings whose folded state is kept beside those that are held; the least used is forgotten first, and folded again
#: when needed.
MOST_MEETINGS = 200


@dataclass(frozen=True, slots=True)
class LoadedMeeting:
    """One meeting at one seq. `head` is the hash there; `unfoldable` says why what follows cannot be read.

    `line` is the same object for as long as each look found what was remembered before: another one means that what
    was made from an earlier look may stand on a log that is not there any more.
    """

    history: History = field(default_factory=History)
    uid: str = ""
    head: str | None = None
    names: Names = field(default_factory=dict)
    unfoldable: UnfoldableEntry | None = None
    line: object = field(default_factory=object, compare=False, repr=False)

    @property
    def seq(self) -> int:
        return self.history.state.seq


@dataclass(slots=True)
class _Room:
    lock: threading.Lock = field(default_factory=threading.Lock)
    kept: LoadedMeeting = field(default_factory=LoadedMeeting)
    lost: tuple[int, int] | None = None  # (the seq that was known, the last one there is), until it is told
    erased: bool = False  # something that was remembered is erased, until it is told
    heeded: int = 0  # the last entry that erases something for which all was read again

    def forget(self) -> LoadedMeeting:
        """Nothing is remembered any more, on the same line: some of it is erased."""
        self.kept, self.erased = LoadedMeeting(line=self.kept.line), True
        return self.kept


class MeetingCache:
    """The meetings of one database, each behind a lock of its own.

    Order of locks: the meeting's, then the database's, then a connection; nobody waits for one of them while
    holding a later one.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._rooms: OrderedDict[str, _Room] = OrderedDict()
        self._held: dict[str, _Room] = {}
        self._table = threading.Lock()
        self._told: list[Callable[[str, int], None]] = []
        self._told_erased: list[Callable[[str], None]] = []

    def read(self, meeting: str) -> LoadedMeeting:
        """The meeting as the log has it now; seq 0 when there is none."""
        room = self._room(meeting)

        def attempt() -> LoadedMeeting:
            with holding(room.lock):
                look = lambda connection: self._catch_up(connection, meeting, room)  # noqa: E731
                return self._opened(meeting, room, lambda: self.database.look(look))

        return self._with_room(meeting, room, attempt)

    def prepare(self, meeting: str, steps: Callable[[History], Steps[None]]) -> None:
        """Does beforehand, letting others work, what would take long in a transaction; the history remembers it."""
        giving_way(steps(self.read(meeting).history))

    def last(self, meeting: str) -> LoadedMeeting:
        """As `read`, but content with what was read before, if anything was."""
        room = self._held.get(meeting) or self._rooms.get(meeting)
        return room.kept if room and room.kept.seq else self.read(meeting)

    def hold(self, meeting: str) -> None:
        """Not to be forgotten until it is released: somebody looks at it again and again."""
        with self._table:
            if meeting not in self._held:
                self._held[meeting] = self._rooms.pop(meeting, _Room())

    def release(self, meeting: str) -> None:
        with self._table:
            room = self._held.pop(meeting, None)
            if room and room.kept.seq:
                self._rooms[meeting] = room

    def on_loss(self, callback: Callable[[str, int], None]) -> None:
        """Calls back (meeting, the seq where its log ends now; 0: it is gone) when the log has lost entries."""
        self._told.append(callback)

    def on_erasure(self, callback: Callable[[str], None]) -> None:
        """Calls back (meeting) when something that was remembered of it was erased, in whatever process."""
        self._told_erased.append(callback)

    def write(
        self,
        meeting: str,
        work: Callable[[Connection, Callable[[], LoadedMeeting]], tuple[T, LoadedMeeting | None]],
        line: str = "",
    ) -> T:
        """Runs `work(connection, load)` in a write transaction under the meeting's lock, patiently.

        `load()` gives the meeting as that transaction sees it; what `work` gives beside its result is remembered
        after the COMMIT, and where that is empty, all is read again. `line`: the queue between processes, if it is not
        the meeting's.
        """
        room = self._room(meeting)

        def alone(connection: Connection) -> tuple[T, LoadedMeeting | None]:
            queue(connection, line or meeting)
            return work(connection, lambda: self._catch_up(connection, meeting, room))

        def attempt() -> T:
            with holding(room.lock):
                result, after = self._opened(meeting, room, lambda: self.database.once(alone))
                if after is not None:
                    room.kept = after if after.seq else room.forget()
                return result

        return self._with_room(meeting, room, attempt)

    def _room(self, meeting: str) -> _Room:
        with self._table:
            if held := self._held.get(meeting):
                return held
            room = self._rooms.setdefault(meeting, _Room())
            self._rooms.move_to_end(meeting)
            while len(self._rooms) > MOST_MEETINGS:
                self._rooms.popitem(last=False)
            return room

    def _with_room(self, meeting: str, room: _Room, attempt: Callable[[], T]) -> T:
        try:
            return self.database.patiently(attempt)
        finally:
            if room.lost:  # only here: nothing is said inside a transaction
                self._tell_loss(meeting, room)
            if room.erased:
                room.erased = False
                for told in self._told_erased:
                    told(meeting)
            if room.kept.seq == 0:  # ids that are only guessed leave nothing behind
                with self._table:
                    self._rooms.pop(meeting, None)

    def _opened(self, meeting: str, room: _Room, transaction: Callable[[], T]) -> T:
        """What a transaction gives; where too much is new for it, that is read and folded first, outside it."""
        while True:
            try:
                return transaction()
            except Behind:
                with keeping():
                    self._open(meeting, room)

    def _open(self, meeting: str, room: _Room) -> None:
        while True:
            kept = room.kept
            known = self.database.look(lambda connection: read_heads(connection, [meeting])).get(meeting, (0, ""))[0]
            tail = read_tail(self.database, meeting, kept.seq, kept.uid, kept.head)
            erased = [entry.seq for entry in tail.entries if entry.event.wire in LASTING]
            if not erased or (not kept.seq and erased[-1] <= known):  # what was erased since may have been read before
                break
            room.forget()
        history = unfolded(kept.history, tail)
        people = people_in(tail.entries) - kept.names.keys()
        new = self.database.look(lambda connection: read_people(connection, people))
        head = tail.hashes[-1] if tail.hashes else tail.head
        room.kept = replace(
            kept, history=history, uid=tail.uid, head=head, names={**kept.names, **new}, unfoldable=tail.unfoldable
        )

    def _catch_up(self, connection: Connection, meeting: str, room: _Room) -> LoadedMeeting:
        kept = room.kept
        # the last entry that is remembered is read again with those after it: the proof that it is there still
        rows = self._tail(connection, meeting, kept)
        if kept.seq and not (rows and (rows[0].seq, rows[0].hash) == (kept.seq, kept.head)):
            head = read_heads(connection, [meeting]).get(meeting)
            room.lost, room.kept, room.heeded = (kept.seq, head[0] if head else 0), LoadedMeeting(), 0
            kept, rows = room.kept, self._tail(connection, meeting, room.kept)
        elif kept.seq:
            del rows[0]
        erasing = max((row.seq for row in rows if row.name in LASTING), default=0)
        # behind an entry that cannot be read it is met again with each look
        if kept.seq and erasing > (room.heeded if kept.unfoldable else 0):
            kept, room.heeded = room.forget(), erasing
            rows = self._tail(connection, meeting, kept)
        if len(rows) > PORTION and not kept.unfoldable:
            raise Behind
        # what was read is committed, so it holds whatever becomes of this transaction
        room.kept = _followed(connection, meeting, kept, rows) if rows else kept
        return room.kept

    @staticmethod
    def _tail(connection: Connection, meeting: str, kept: LoadedMeeting) -> list[Row]:
        """What is new, behind the last entry that is known; a little more than one portion at most."""
        # what does not fit is looked at again each time, and nothing after it
        return read_rows(connection, meeting, after=max(kept.seq - 1, 0), most=None if kept.unfoldable else PORTION + 2)

    def _tell_loss(self, meeting: str, room: _Room) -> None:
        lost, room.lost = room.lost, None
        if lost is None:
            return  # another thread tells it
        known, now = lost
        goes_on = f"THE MEETING GOES ON FROM ENTRY {now}, AS THE DATABASE HAS IT" if now else "THE MEETING IS GONE"
        log.critical(
            "MEETING %s: THE DATABASE HAS LOST ENTRIES: ENTRY %d IS NOT THERE ANY MORE AS IT WAS ACKNOWLEDGED "
            "(A FAILOVER? A RESTORED COPY?). %s.",
            meeting,
            known,
            goes_on,
        )
        for told in self._told:
            try:
                told(meeting, now)
            except Exception:
                log.exception("telling that meeting %s has lost entries failed", meeting)


def people_in(entries: Iterable[Entry]) -> set[Key]:
    """The (person, rev) that entries speak of."""
    events = (entry.event for entry in entries)
    found = ((getattr(event, "person", None), getattr(event, "rev", None)) for event in events)
    return {(person, rev) for person, rev in found if person is not None and rev is not None}


def _followed(connection: Connection, meeting: str, kept: LoadedMeeting, rows: Sequence[Row]) -> LoadedMeeting:
    uid = kept.uid or uid_of(rows)
    now = replace(kept, uid=uid, head=kept.head or first_hash(uid), unfoldable=None)
    people: set[Key] = set()
    try:
        for _, batch in groupby(rows, key=lambda row: row.batch):
            now, entries = _further(now, list(batch))
            people |= people_in(entries)
    except UnfoldableEntry as found:
        now = replace(now, unfoldable=found)
    new = read_people(connection, people - now.names.keys())
    return replace(now, names={**now.names, **new}) if new else now


def _further(kept: LoadedMeeting, rows: Sequence[Row]) -> tuple[LoadedMeeting, list[Entry]]:
    """One batch further; `UnfoldableEntry` when its rows are not what was written or do not fit."""
    head, entries = kept.head or "", list[Entry]()
    for seq, row in enumerate(rows, kept.seq + 1):
        entries.append(proved(row, seq, kept.uid, head))
        head = row.hash
    return replace(kept, history=kept.history.add(entries), head=head), entries
