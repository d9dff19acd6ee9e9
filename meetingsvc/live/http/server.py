"""The listening socket: accepts whatever happens, gives each connection a place and a thread, ends overdue ones.

No error of `accept` ends it. Threads are green or real, as `spawn` makes them. Not here: what is served, signals.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from meetingsvc.live.http.acceptor import Acceptor
from meetingsvc.live.http.connection import Connection
from meetingsvc.live.http.connection_limits import ConnectionLimits, Deadlines
from meetingsvc.live.http.early_answers import FULL
from meetingsvc.live.http.fair_turns import Known, Turns

log = logging.getLogger("meetingsvc.live")

#: Connections accepted before all others are looked at again; fewer where others make way, whose descriptors come back
#: when they are looked at.
STRIDE, STRIDE_FULL = 256, 16
#: Seconds: a crowd knocks where so many come again within them.
STRIDE_WITHIN = 0.08
#: So many fewer connections than there were are a crowd that has gone.
CROWD = 500
#: Seconds between two looks at deadlines.
LOOK = 0.5
#: Seconds that requests under way have when the server is told to stop.
FAREWELL = 5.0
#: Bytes the kernel keeps for one reader: without it, it would be up to 4 MB for one that sleeps.
SEND_BUFFER = 262_144
_NO_DESCRIPTOR = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

_LIBC = ctypes.CDLL(None)

App = Callable[[dict[str, Any], Callable[..., Any]], Any]


def give_memory_back() -> None:
    """glibc keeps what is freed between two pieces in use, a few MB of each thousand connections. Others do not."""
    with contextlib.suppress(AttributeError):
        _LIBC.malloc_trim(0)


class Server:
    """`app` is WSGI; `credential(environ)` finds what a request shows as its credential, without judging it.

    `later` as in fair_turns. `threads`: `spawn` makes real ones. `make_lock` makes locks under which nothing yields:
    among green threads real ones, which cost least.
    """

    def __init__(
        self,
        app: App,
        sock: Any,
        *,
        most: int,
        spawn: Callable[[Callable[[], None]], object],
        report: Callable[[str, dict[str, Any]], None],
        credential: Callable[[dict[str, Any]], str | None] = lambda environ: None,
        later: Callable[[Callable[[], None]], None] | None = None,
        threads: bool = False,
        make_lock: Callable[[], Any] = threading.Lock,
    ) -> None:
        self.app, self.report, self.credential = app, report, credential
        self.places, self.turns = ConnectionLimits(most, make_lock()), Turns(later, lock=make_lock())
        self.known, self.deadlines = Known(), Deadlines()
        self.address: tuple[str, int] = sock.getsockname()[:2]
        self.ending = False
        self._sock, self._spawn = sock, spawn
        self.acceptor = Acceptor(self, sock) if threads else None
        self._complained: dict[int, float] = {}
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)  # accepted sockets inherit it

    def run(self) -> None:
        """Accepts until `stop`."""
        self._spawn(self._look)
        if self.acceptor is not None:
            self.acceptor.run()
            return
        count, full, strode = 0, 0, float("-inf")
        while not self.ending:
            try:
                sock, address = self._sock.accept()
            except OSError as fault:
                self.no_connection(fault)
                continue
            full += len(self.places) >= self.places.most
            connection = self.arrived(sock, address)
            if connection is not None:
                self.serve(connection)
            count += 1
            if count >= STRIDE or full >= STRIDE_FULL:
                now = time.monotonic()
                if count >= STRIDE and now - strode < STRIDE_WITHIN:
                    self.turns.crowded()
                count, full, strode = 0, 0, now
                time.sleep(0)  # a storm of connections must not keep those waiting that are here

    def stop(self) -> None:
        """No more connections. Requests under way have a while to be answered; then all are ended."""
        self.ending = True
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)  # wakes whoever accepts
        with contextlib.suppress(OSError):
            self._sock.close()
        until = time.monotonic() + FAREWELL
        while time.monotonic() < until and any(each.busy for each in self.places.every()):
            time.sleep(0.02)
        for connection in self.places.every():
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def left(self, connection: Connection) -> None:
        """It is over: its place, its deadline and its descriptor are free."""
        self.deadlines.clear(connection)
        self.places.sent(connection)
        self.places.left(connection)
        with contextlib.suppress(OSError):
            connection.sock.close()

    def arrived(self, sock: Any, address: Any) -> Connection | None:
        """A new connection that has a place; None where it has none, and was told."""
        connection = Connection(sock, address[0] if address else "local", self)
        gone = self.places.came(connection)
        if gone is connection:
            self.report("no place: all are taken by people who are known", {"REMOTE_ADDR": connection.address})
            with contextlib.suppress(OSError):
                connection.sock.setblocking(False)
                connection.sock.send(FULL)
            self.left(connection)
            return None
        if gone is not None:
            gone.cut("no place: it made way for others")
        return connection

    def serve(self, connection: Connection, began: float | None = None) -> bool:
        """Gives it a thread, and the turn that began then; whether one could be had."""
        try:
            self._spawn(lambda: connection.run(began))
        except Exception:  # no thread can be had just now
            self.left(connection)
            self._complain(errno.EAGAIN, "no thread for another connection")
            time.sleep(0.05)
            return False
        return True

    def no_connection(self, fault: OSError) -> None:
        """What `accept` says is about one connection, or passes; it is said once a minute, and waited for."""
        if self.ending or fault.errno == errno.ECONNABORTED:
            return
        self._complain(fault.errno or 0, f"no connection can be taken just now: {fault.strerror or fault}")
        if fault.errno in _NO_DESCRIPTOR:
            for oldest in self.places.make_way(8):
                oldest.cut("no descriptor left, and it made way")
        time.sleep(0.05)

    def _complain(self, what: int, text: str) -> None:
        now = time.monotonic()
        if now - self._complained.get(what, float("-inf")) > 60:
            self._complained[what] = now
            log.warning("%s", text)

    def _look(self) -> None:
        """Ends what is overdue; its own thread does the rest. Gives back what a crowd took, once it has gone."""
        crowd = before = 0
        while not self.ending:
            try:
                here = len(self.places)
                crowd, going, before = max(crowd, here), here < before, here
                if crowd - here >= CROWD and not going:
                    crowd = here
                    give_memory_back()
                for connection in self.deadlines.over(time.monotonic()):
                    connection.cut(connection.overdue())
            except Exception:
                log.exception("a look at deadlines failed")
            time.sleep(LOOK)
