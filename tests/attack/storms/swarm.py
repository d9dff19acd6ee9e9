"""The connections of one attacker in one epoll set: opened by the hundred, fed with bytes made beforehand.

What is sent and why is in the files beside this one.
"""

from __future__ import annotations

import errno
import select
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from tests.attack.storms.kinds import Aim

_RESET = struct.pack("ii", 1, 0)


class Line:
    """One connection. `again` is sent for ever; `heard(line, data)` is told what came; `reads` False never reads."""

    __slots__ = ("again", "asks", "drip_at", "heard", "left", "reads", "sock", "talked")

    def __init__(self, sock: socket.socket, data: bytes, reads: bool, again: bytes) -> None:
        self.sock, self.reads, self.again = sock, reads, again
        self.left = memoryview(data)
        self.heard: Callable[[Line, bytes], Any] | None = None
        self.asks = b""
        self.talked, self.drip_at = 0, 0.0


class Swarm:
    """Counts: opened, refused (not connected), cut (closed by the server), sent and received bytes."""

    def __init__(self, aim: Aim) -> None:
        self.to, self.at = ("127.0.0.1", aim.port), (aim.address, 0)
        self.poll = select.epoll()
        self.lines: dict[int, Line] = {}
        self.opened = self.refused = self.cut = self.sent = self.received = 0
        self.tend: Callable[[float], None] = lambda now: None

    def open(
        self,
        data: bytes = b"",
        *,
        reads: bool = True,
        again: bytes = b"",
        buffer: int = 0,
        heard: Callable[[Line, bytes], Any] | None = None,
    ) -> Line | None:
        """A new connection that sends `data`, or None if none can be had."""
        try:
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        except OSError:
            self.refused += 1
            return None
        if buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
        try:
            sock.bind(self.at)
            code = sock.connect_ex(self.to)
        except OSError as fault:
            code = fault.errno or errno.EIO
        if code not in (0, errno.EINPROGRESS):
            self.refused += 1
            sock.close()
            return None
        line = Line(sock, data, reads, again)
        line.heard = heard
        self.lines[sock.fileno()] = line
        self.poll.register(sock, select.EPOLLIN | select.EPOLLOUT if reads else select.EPOLLOUT | select.EPOLLRDHUP)
        self.opened += 1
        return line

    def say(self, line: Line, data: bytes) -> None:
        """Sends this after what is still to be sent."""
        line.left = memoryview(bytes(line.left) + data) if len(line.left) else memoryview(data)
        self._send(line)

    def drop(self, line: Line, reset: bool = False) -> None:
        if reset:
            line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        if self.lines.pop(line.sock.fileno(), None):
            line.sock.close()

    def keep(self, count: int, opener: Callable[[], Any], at_once: int = 100) -> None:
        """Opens what is missing to `count`, not all at once."""
        for _ in range(min(at_once, count - len(self.lines))):
            opener()

    def pump(self, wait: float) -> None:
        """One turn: reads and sends what can be, for all connections."""
        self.tend(time.monotonic())
        for number, what in self.poll.poll(wait, 512):
            line = self.lines.get(number)
            if line is None:
                continue
            if what & select.EPOLLIN and not self._receive(line):
                continue
            if what & (select.EPOLLERR | select.EPOLLHUP | select.EPOLLRDHUP) and not what & select.EPOLLIN:
                self._over(line)
            elif what & select.EPOLLOUT:
                self._send(line)

    def run(self, until: float, step: Callable[[], Any] = lambda: None, pause: float = 0.02) -> None:
        while time.monotonic() < until:
            step()
            self.pump(pause)

    def _over(self, line: Line) -> None:
        self.cut += 1
        self.drop(line)

    def _receive(self, line: Line) -> bool:
        try:
            data = line.sock.recv(262_144)
        except BlockingIOError:
            return True
        except OSError:
            data = b""
        if not data:
            self._over(line)
            return False
        self.received += len(data)
        if line.heard is not None:
            line.heard(line, data)
        return line.sock.fileno() in self.lines

    def _send(self, line: Line) -> None:
        try:
            for _ in range(4):
                if not len(line.left):
                    if not line.again:
                        mask = select.EPOLLIN if line.reads else select.EPOLLRDHUP
                        self.poll.modify(line.sock, mask)
                        return
                    line.left = memoryview(line.again)
                went = line.sock.send(line.left)
                self.sent += went
                line.left = line.left[went:]
            self.poll.modify(line.sock, (select.EPOLLIN if line.reads else select.EPOLLRDHUP) | select.EPOLLOUT)
        except BlockingIOError:
            self.poll.modify(line.sock, (select.EPOLLIN if line.reads else select.EPOLLRDHUP) | select.EPOLLOUT)
        except OSError:
            self._over(line)
