"""Where connections wait until a head is whole and they have a turn, all of them with the one thread that accepts: real
threads cost too much to give one to whoever only knocks or rests, and who accepts must not wait for them.

For real threads only: green ones cost nothing. Not here: who may have a place or a turn, what a head is.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from meetingsvc.live.http.connection import Connection
    from meetingsvc.live.http.server import Server

#: Connections accepted in one go: the queue of the system is everybody's, and drained before anybody is served. Fewer
#: where each has to send another away: those who have a place are listened to as well.
AT_ONE_GO, AT_ONE_GO_FULL = 1_024, 32
#: Connections that are listened to before the queue is looked at again.
STRIDE = 32


class Acceptor:
    """Accepts for a server of threads, until it ends. Whoever takes a connection out of `_here` owns it."""

    def __init__(self, server: Server, sock: Any) -> None:
        self._server, self._sock = server, sock
        self._here: dict[Connection, None] = {}
        self._all = selectors.DefaultSelector()
        sock.setblocking(False)
        self._all.register(sock, selectors.EVENT_READ, None)

    def run(self) -> None:
        while not self._server.ending:
            self._accept()
            ready = [key.data for key, _ in self._all.select(1.0) if key.data is not None]
            for n, connection in enumerate(ready, 1):
                self._listen(connection)
                if n % STRIDE == 0:
                    self._accept()

    def back(self, connection: Connection) -> None:
        """It was answered, and waits for its next head. From any thread."""
        self._here[connection] = None
        connection.expect_head(self)
        with contextlib.suppress(KeyError, ValueError, OSError):  # cut in between: it is over
            self._all.register(connection.sock, selectors.EVENT_READ, connection)

    def drop(self, connection: Connection) -> None:
        """It was cut: where no thread has it, it is over now. From any thread."""
        if self._taken(connection):
            self._deaf(connection)
            connection.end()

    def _accept(self) -> None:
        places = self._server.places
        for n in range(AT_ONE_GO):
            if n >= AT_ONE_GO_FULL and len(places) >= places.most:
                return
            try:
                sock, address = self._sock.accept()
            except BlockingIOError:
                return
            except OSError as fault:
                self._server.no_connection(fault)
                return
            connection = self._server.arrived(sock, address)
            if connection is not None:
                self.back(connection)

    def _listen(self, connection: Connection) -> None:
        """One of them has said something, or is over."""
        try:
            if not connection.hear(socket.MSG_DONTWAIT):
                return
        except BlockingIOError:
            return
        except OSError:
            self.drop(connection)
            return
        self._deaf(connection)
        self._server.turns.when(connection.known(), connection.host, lambda began: self._go(connection, began))

    def _go(self, connection: Connection, began: float) -> bool:
        """Its turn has come; whether it took it."""
        return self._taken(connection) and self._server.serve(connection, began)

    def _taken(self, connection: Connection) -> bool:
        return self._here.pop(connection, self) is None

    def _deaf(self, connection: Connection) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._all.unregister(connection.sock)
