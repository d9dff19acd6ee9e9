"""The body of one request, as it comes in: read whole where it is small, by the application where it is large.

Not here: deadlines, sizes (connection), what a body means (the application).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from meetingsvc.live.http.connection import Connection


class Body:
    """The body of one request. `left`: bytes that were not read yet; `expects`: the client waits to be asked for it."""

    def __init__(self, connection: Connection, length: int, data: bytes, expects: bool) -> None:
        self.left = length
        self._connection, self._data, self.expects = connection, data, expects

    def read_whole(self) -> None:
        parts = []
        while self.left:
            parts.append(self.some(65_536))
        self._data = b"".join(parts)

    def some(self, most: int) -> bytes:
        """The next bytes, at least one unless it is over."""
        if not self.left:
            return b""
        if not self._data:
            if self.expects:
                self.expects = False
                self._connection.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            with self._connection.waiting():
                self._data = self._connection.receive(min(self.left, 65_536))
        data, self._data = self._data[:most], self._data[most:]
        self.left -= len(data)
        return data

    def stream(self) -> io.BufferedIOBase:
        """As the application reads it."""
        return io.BytesIO(self._data) if not self.left else io.BufferedReader(_Stream(self), 65_536)


class _Stream(io.RawIOBase):
    def __init__(self, body: Body) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._body.some(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Nowhere(io.TextIOBase):
    """Where a library would write about a request: what it says may hold what nobody else should read."""

    def write(self, text: str) -> int:
        return len(text)


NOWHERE = _Nowhere()
