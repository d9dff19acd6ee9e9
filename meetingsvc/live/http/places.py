"""Who has a place: connections are held below the limit of descriptors, and no crowd of strangers keeps others out.

When all places are taken, one that has neither asked for anything nor said who it is makes way for the next: the oldest
of the host that has most of them. Sockets of the public have a share only. Not here: serving, turns.
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
#: Bytes of answers that may wait for slow readers, all together.
UNSENT_MOST = 64 * 1_048_576


def most_connections(most: int) -> int:
    """How many connections the system's limit of descriptors allows, at most `most`."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY:
        return most
    return max(8, min(most, limit - min(RESERVE, limit // 2)))


class Crowd:
    """Connections by host, the oldest first; and which host has most."""

    def __init__(self) -> None:
        self._rows: dict[str, OrderedDict[Connection, None]] = {}
        self._largest = ""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Connection]:
        return (connection for row in self._rows.values() for connection in row)

    def add(self, connection: Connection) -> None:
        row = self._rows.setdefault(connection.host, OrderedDict())
        row[connection] = None
        self._count += 1
        if len(row) > len(self._rows.get(self._largest, ())):
            self._largest = connection.host

    def remove(self, connection: Connection) -> bool:
        """Whether it was there."""
        row = self._rows.get(connection.host)
        if row is None or connection not in row:
            return False
        del row[connection]
        self._count -= 1
        if not row:
            del self._rows[connection.host]
        return True

    def first(self) -> Connection | None:
        """The oldest of the host that has most."""
        if len(self._rows.get(self._largest, ())) < 2:
            self._largest = max(self._rows, key=lambda host: len(self._rows[host]), default="")
        return next(iter(self._rows.get(self._largest, ())), None)


class Places:
    """All connections of a process, by how much is known of them.

    `loose`: nothing was asked, or all was answered; `asking`: a stranger's request is under way; `firm`: whoever proved
    who it is, and the sockets that follow.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.public_most = max(1, int(most * PUBLIC_SHARE))
        self.public = 0
        self._lock = threading.Lock()
        self._loose, self._asking = Crowd(), Crowd()
        self._firm: dict[Connection, None] = {}
        self._unsent: OrderedDict[Connection, int] = OrderedDict()
        self._unsent_bytes = 0

    def __len__(self) -> int:
        return len(self._loose) + len(self._asking) + len(self._firm)

    def every(self) -> list[Connection]:
        with self._lock:
            return [*self._loose, *self._asking, *self._firm]

    def idle(self) -> list[Connection]:
        """Those for which nothing is under way."""
        with self._lock:
            return list(self._loose)

    def came(self, connection: Connection) -> Connection | None:
        """A new one has a place; the one that has to make way for it, if any."""
        with self._lock:
            if len(self) < self.most:
                self._loose.add(connection)
                return None
            oldest = self._loose.first() or self._asking.first()
            if oldest is None:
                return connection  # all others have proved who they are, or follow
            self._out(oldest)
            self._loose.add(connection)
            return oldest

    def asks(self, connection: Connection) -> None:
        """A whole request of it is there."""
        with self._lock:
            if self._loose.remove(connection):
                if connection.who:
                    self._firm[connection] = None
                else:
                    self._asking.add(connection)

    def answered(self, connection: Connection) -> None:
        """It rests. A stranger that was answered is as loose as one that never asked."""
        with self._lock:
            if self._asking.remove(connection):
                self._loose.add(connection)

    def socket(self, connection: Connection) -> None:
        """It became a socket that has yet to say who it is."""
        self.answered(connection)

    def joined(self, connection: Connection, *, public: bool) -> bool:
        """A socket was let in; False when the share of the public is taken."""
        with self._lock:
            if public and self.public >= self.public_most:
                return False
            if self._out(connection):
                self._firm[connection] = None
            if public and not connection.public:
                connection.public = True
                self.public += 1
            return True

    def proved(self, connection: Connection) -> None:
        with self._lock:
            if self._asking.remove(connection):
                self._firm[connection] = None

    def left(self, connection: Connection) -> None:
        with self._lock:
            self._out(connection)
            if connection.public:
                connection.public = False
                self.public -= 1

    def _out(self, connection: Connection) -> bool:
        if self._firm.pop(connection, self) is None:
            return True
        return self._loose.remove(connection) or self._asking.remove(connection)

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
        found = [connection for connection, at in self._rows.copy().items() if at < now]
        for connection in found:
            self._rows.pop(connection, None)
        return found
