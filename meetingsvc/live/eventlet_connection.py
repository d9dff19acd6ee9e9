"""The follower's connection that never waits on a write.

A broadcast is one non-blocking send(); what the kernel does not take waits here, bounded,
and a follower whose backlog is full is cut and comes back by its seq. eventlet only.
"""

from __future__ import annotations

import socket
import struct
from collections import deque
from collections.abc import Callable
from typing import Any

import eventlet
from eventlet import hubs

from meetingsvc.live.websocket import STALL, Reports, WebSocketConnection

#: Bytes that may wait for one follower, on top of what the kernel keeps.
BACKLOG = 1_048_576


class EventletConnection(WebSocketConnection):
    """A connection on a GreenSocket. `open`: accepted, nothing waiting, not cut: send at once."""

    def __init__(self, sock: Any, environ: dict[str, Any], report: Reports) -> None:
        super().__init__(sock, environ, report)
        self.open = False
        self.send_now: Callable[[bytes | memoryview], int] = sock.fd.send  # the real, non-blocking socket
        self._held: list[bytes] = []  # broadcasts that came before the CONNECT answer
        self._backlog: deque[bytes | memoryview] = deque()
        self._waiting = 0  # bytes held or in the backlog
        self._draining = False

    def write(self, data: bytes) -> None:
        """Never waits and never raises: a broken connection ends in its reader."""
        if self.closed:
            return
        sent = 0
        if not self._backlog:
            try:
                sent = self.send_now(data)
            except BlockingIOError:
                pass
            except OSError:
                self.cut()
                return
        if sent < len(data):
            self.keep(data, sent)

    def push(self, data: bytes) -> None:
        """A broadcast. Before the CONNECT answer it is held: no broadcast may overtake that."""
        if self.accepted:
            self.write(data)
        elif not self.closed:
            self._held.append(data)
            self._count(len(data))

    def keep(self, data: bytes, sent: int) -> None:
        """The kernel took `sent` bytes of these frames: the rest goes first when there is room."""
        self.open = False
        self._backlog.append(memoryview(data)[sent:] if sent else data)
        self._count(len(data) - sent)
        if not self.closed and not self._draining:
            self._draining = True
            eventlet.spawn_n(self._drain)

    def was_accepted(self) -> None:
        held, self._held = self._held, []
        self.accepted = True
        self.open = not self._backlog and not self.closed
        for data in held:
            self._waiting -= len(data)
            self.write(data)

    def cut(self, reason: str | None = None) -> None:
        self.open = False
        self._held.clear()
        self._backlog.clear()
        self._waiting = 0
        super().cut(reason)

    def _count(self, size: int) -> None:
        self._waiting += size
        if self._waiting > BACKLOG:
            # Reset, so that the kernel does not keep its share for minutes either.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.cut("backlog full")

    def _drain(self) -> None:
        fd = self.socket.fileno()
        try:
            while self._backlog and not self.closed:
                data = self._backlog.popleft()
                try:
                    sent = self.send_now(data)
                except BlockingIOError:
                    self._backlog.appendleft(data)
                    hubs.trampoline(fd, write=True, timeout=STALL, timeout_exc=TimeoutError("stalled"))
                    continue
                self._waiting -= sent
                if sent < len(data):
                    self._backlog.appendleft(memoryview(data)[sent:])
            self.open = self.accepted and not self.closed
        except TimeoutError:
            self.cut("reads too slowly")
        except (OSError, hubs.IOClosed):
            self.cut()
        finally:
            self._draining = False
