"""Who has a place: connections are held below the limit of descriptors, and no crowd of strangers keeps others out.

When all places are taken, one for which nothing is under way makes way for the next: the oldest of the host that has
most of them, then of the person. Sockets of the public have a share only. Not here: serving, turns (fair_turns).
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
        self._largest = ""

    def __len__(self) -> int:
        return len(self._whose)

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._whose)

    def add(self, connection: Connection, whose: str) -> None:
        row = self._rows.setdefault(whose, OrderedDict())
        row[connection] = None
        self._whose[connection] = whose
        if len(row) > len(self._rows.get(self._largest, ())):
            self._largest = whose

    def remove(self, connection: Connection) -> bool:
        """Whether it was there."""
        whose = self._whose.pop(connection, None)
        if whose is None:
            return False
        del self._rows[whose][connection]
        if not self._rows[whose]:
            del self._rows[whose]
        return True

    def first(self, above: int = 0) -> Connection | None:
        """The oldest of whoever has most, if that is more than so many."""
        if len(self._rows.get(self._largest, ())) < 2:
            self._largest = max(self._rows, key=lambda whose: len(self._rows[whose]), default="")
        row = self._rows.get(self._largest, OrderedDict())
        return next(iter(row), None) if len(row) > above else None


class ConnectionLimits:
    """All connections of a process, by what they are at, in the order in which they make way.

    `loose`: a stranger's that asked for nothing, or was answered; `resting`: the same of people who are known;
    `asking`: a stranger's request is under way; `sockets`: those that follow, by person or, of the public, by host;
    `firm`: the requests of people who are known, which make way only where one person has a crowd of them.
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

    def idle(self) -> list[Connection]:
        """Those for which nothing is under way."""
        with self._lock:
            return list(self._loose)

    def came(self, connection: Connection) -> Connection | None:
        """A new one has a place; the one that has to make way for it, if any."""
        with self._lock:
            if len(self) < self.most:
                self._loose.add(connection, connection.host)
                return None
            oldest = (
                self._firm.first(ASKING_EACH)
                or self._loose.first()
                or self._resting.first()
                or self._asking.first()
                or self._sockets.first(SOCKETS_EACH)
            )
            if oldest is None:
                return connection  # all others are at work for people who are known, or follow
            self._out(oldest)
            self._loose.add(connection, connection.host)
            return oldest

    def asks(self, connection: Connection) -> None:
        """A whole request of it is there."""
        with self._lock:
            if self._loose.remove(connection) or self._resting.remove(connection):
                if connection.who:
                    self._firm.add(connection, connection.who)
                else:
                    self._asking.add(connection, connection.host)

    def answered(self, connection: Connection) -> None:
        """It rests."""
        with self._lock:
            if self._out(connection):
                if connection.who:
                    self._resting.add(connection, connection.who)
                else:
                    self._loose.add(connection, connection.host)

    def joined(self, connection: Connection, *, public: bool) -> bool:
        """A socket was let in; False when the share of the public is taken."""
        with self._lock:
            if public and self.public >= self.public_most:
                return False
            if self._out(connection):
                self._sockets.add(connection, connection.who or connection.host)
            if public and not connection.public:
                connection.public = True
                self.public += 1
            return True

    def proved(self, connection: Connection) -> None:
        with self._lock:
            if self._asking.remove(connection):
                self._firm.add(connection, connection.who or connection.host)

    def left(self, connection: Connection) -> None:
        with self._lock:
            self._out(connection)
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
