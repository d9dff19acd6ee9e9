"""Who has a place: connections are held below the limit of descriptors, and no crowd of strangers keeps others out.

When all places are taken, one that the server waits for makes way for the next: the oldest of the host that has most of
them, then of the person. Sockets of the public have a share only. Not here: serving, turns (fair_turns).
"""

from __future__ import annotations

import resource
import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meetingsvc.live.http.connection import Connection

#: Descriptors that are no connections: database, log, files, the reader beside, what the libraries open.
RESERVE = 128
#: Of all places, what sockets without a credential may have.
PUBLIC_SHARE = 0.75
#: So many sockets of one person, or of one host's public, have a firm place: a person has a few devices.
SOCKETS_EACH = 20
#: So many requests of one person under way never make way: whoever has a link is known, and may be hostile all the
#: same.
ASKING_EACH = 20
#: Bytes of answers that may wait for slow readers, all together.
UNSENT_MOST = 64 * 1_048_576


def most_connections(most: int) -> int:
    """How many connections the system's limit of descriptors allows, at most `most`."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY:
        return most
    return max(8, min(most, limit - min(RESERVE, limit // 2)))


class Crowd:
    """Connections by whose they are (a host, a person), the oldest first; and who has most of them."""

    def __init__(self) -> None:
        self._rows: dict[str, OrderedDict[Connection, None]] = {}
        self._whose: dict[Connection, str] = {}
        self._with: dict[int, dict[str, None]] = {}  # {number of connections: those who have so many}
        self._most = 0

    def __len__(self) -> int:
        return len(self._whose)

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._whose)

    def add(self, connection: Connection, whose: str) -> None:
        row = self._rows.setdefault(whose, OrderedDict())
        row[connection] = None
        self._whose[connection] = whose
        self._count(whose, len(row) - 1, len(row))

    def remove(self, connection: Connection) -> bool:
        """Whether it was there."""
        whose = self._whose.pop(connection, None)
        if whose is None:
            return False
        row = self._rows[whose]
        del row[connection]
        if not row:
            del self._rows[whose]
        self._count(whose, len(row) + 1, len(row))
        return True

    def first(self, above: int = 0) -> Connection | None:
        """The oldest of whoever has most, if that is more than so many."""
        if self._most <= above:
            return None
        whose = next(iter(self._with[self._most]))
        return next(iter(self._rows[whose]))

    def _count(self, whose: str, was: int, now: int) -> None:
        """It moves by one at a time, so that who has most is known at any moment."""
        if was:
            del self._with[was][whose]
            if not self._with[was]:
                del self._with[was]
        if now:
            self._with.setdefault(now, {})[whose] = None
        self._most = max(self._most, now) if now > was else self._most - (self._most not in self._with)


class ConnectionLimits:
    """All connections of a process, by what they are at, in the order in which they make way.

    `loose`: a stranger's that we wait for: for a head, a body, an answer to be fetched; `resting`: those of people who
    are known, between two requests; `asking`: we are at work for a stranger, on a turn; `sockets`: those that follow,
    and requests that wait as they do, by person or, of the public, by host; `firm`: the requests of people who are
    known, from the head on, which make way only where one person has a crowd of them.
    """

    def __init__(self, most: int, lock: threading.Lock | None = None) -> None:
        self.most = most
        self.public_most = max(1, int(most * PUBLIC_SHARE))
        self.public = 0
        self._lock = lock or threading.Lock()  # nothing yields under it
        self._loose, self._resting, self._asking, self._sockets, self._firm = (Crowd() for _ in range(5))
        self._unsent: OrderedDict[Connection, int] = OrderedDict()
        self._unsent_bytes = 0

    def __len__(self) -> int:
        return sum(len(crowd) for crowd in self._crowds())

    def every(self) -> list[Connection]:
        with self._lock:
            return [*self._loose, *self._resting, *self._asking, *self._sockets, *self._firm]

    def came(self, connection: Connection) -> Connection | None:
        """A new one has a place; the one that has to make way for it, if any."""
        with self._lock:
            if len(self) < self.most:
                self._loose.add(connection, connection.host)
                return None
            oldest = self._next()
            if oldest is None:
                return connection  # all others are at work for people who are known, or follow
            self._out(oldest)
            self._loose.add(connection, connection.host)
            return oldest

    def make_way(self, count: int) -> list[Connection]:
        """So many have a place no more, those whose turn it is; fewer where all others are firm."""
        gone: list[Connection] = []
        with self._lock:
            while len(gone) < count and (oldest := self._next()) is not None:
                self._out(oldest)
                gone.append(oldest)
        return gone

    def _next(self) -> Connection | None:
        """Which makes way next."""
        return (
            self._firm.first(ASKING_EACH)
            or self._loose.first()
            or self._resting.first()
            or self._asking.first()
            or self._sockets.first(SOCKETS_EACH)
        )

    def waits(self, connection: Connection) -> None:
        """We were at work for it, and wait now for what it says next; of people who are known, nothing changes."""
        with self._lock:
            if self._asking.remove(connection):
                self._loose.add(connection, connection.host)

    def asks(self, connection: Connection) -> None:
        """We have of it what we need to go to work."""
        with self._lock:
            if self._loose.remove(connection) or self._resting.remove(connection):
                self._at_work(connection)

    def answered(self, connection: Connection) -> None:
        """What it asked is done; it may have to fetch it yet."""
        with self._lock:
            if self._out(connection):
                if connection.who:
                    self._resting.add(connection, connection.who)
                else:
                    self._loose.add(connection, connection.host)

    def joined(self, connection: Connection, *, public: bool) -> bool:
        """A socket was let in, or a request waits as one does; False when the share of the public is taken."""
        with self._lock:
            if public and self.public >= self.public_most:
                return False
            if self._out(connection):
                self._sockets.add(connection, connection.who or connection.host)
            if public and not connection.public:
                connection.public = True
                self.public += 1
            return True

    def goes_on(self, connection: Connection) -> None:
        """A request that waited as a socket does is worked on again."""
        with self._lock:
            if self._sockets.remove(connection):
                self._at_work(connection)
            self._not_public(connection)

    def proved(self, connection: Connection) -> None:
        with self._lock:
            if self._asking.remove(connection):
                self._firm.add(connection, connection.who or connection.host)

    def left(self, connection: Connection) -> None:
        with self._lock:
            self._out(connection)
            self._not_public(connection)

    def _at_work(self, connection: Connection) -> None:
        if connection.who:
            self._firm.add(connection, connection.who)
        else:
            self._asking.add(connection, connection.host)

    def _not_public(self, connection: Connection) -> None:
        if connection.public:
            connection.public = False
            self.public -= 1

    def _out(self, connection: Connection) -> bool:
        return any(crowd.remove(connection) for crowd in self._crowds())

    def _crowds(self) -> tuple[Crowd, ...]:
        return (self._firm, self._loose, self._resting, self._asking, self._sockets)

    # Answers that nobody fetches.

    def sending(self, connection: Connection, size: int) -> list[Connection]:
        """So many bytes are on their way to it; those who read so slowly that all together hold too much."""
        cut = []
        with self._lock:
            self._unsent[connection] = size
            self._unsent_bytes += size
            while self._unsent_bytes > UNSENT_MOST and len(self._unsent) > 1:
                slow = next((each for each in self._unsent if not each.who), next(iter(self._unsent)))
                self._unsent_bytes -= self._unsent.pop(slow)
                cut.append(slow)
        return cut

    def sent(self, connection: Connection) -> None:
        with self._lock:
            self._unsent_bytes -= self._unsent.pop(connection, 0)


class Deadlines:
    """{connection: moment (monotonic) by which it must have done what it is at}. Looked through twice a second."""

    def __init__(self) -> None:
        self._rows: dict[Connection, float] = {}

    def set(self, connection: Connection, at: float) -> None:
        self._rows[connection] = at

    def clear(self, connection: Connection) -> None:
        self._rows.pop(connection, None)

    def over(self, now: float) -> list[Connection]:
        found = [(connection, at) for connection, at in self._rows.copy().items() if at < now]
        # one that was done with meanwhile, and has another deadline, is not overdue
        return [connection for connection, at in found if self._rows.get(connection) == at]
