"""Who has a place: connections are held below the limit of descriptors, and no crowd of strangers keeps others out.

When all places are taken, the oldest that has neither asked for anything nor said who it is makes way for the next.
Sockets of the public have a share only. Not here: how a connection is served, whose turn it is (turns).
"""

from __future__ import annotations

import resource
import threading
from collections import OrderedDict
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
        self._loose: OrderedDict[Connection, None] = OrderedDict()
        self._asking: OrderedDict[Connection, None] = OrderedDict()
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
            self._loose[connection] = None
            if len(self) <= self.most:
                return None
            oldest = next(iter(self._loose if len(self._loose) > 1 else self._asking), None)
            if oldest is None:
                return connection  # all others have proved who they are, or follow
            self._out(oldest)
            return oldest

    def asks(self, connection: Connection) -> None:
        """A whole request of it is there."""
        with self._lock:
            if connection in self._loose:
                del self._loose[connection]
                (self._firm if connection.who else self._asking)[connection] = None

    def answered(self, connection: Connection) -> None:
        """It rests. A stranger that was answered is as loose as one that never asked."""
        with self._lock:
            if connection in self._asking:
                del self._asking[connection]
                self._loose[connection] = None

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
            if connection in self._asking:
                del self._asking[connection]
                self._firm[connection] = None

    def left(self, connection: Connection) -> None:
        with self._lock:
            self._out(connection)
            if connection.public:
                connection.public = False
                self.public -= 1

    def _out(self, connection: Connection) -> bool:
        rows: tuple[dict[Connection, None], ...] = (self._loose, self._asking, self._firm)
        for row in rows:
            if connection in row:
                del row[connection]
                return True
        return False

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
