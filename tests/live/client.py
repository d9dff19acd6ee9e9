"""One Socket.IO connection for tests, from the socket up: frames, packets, acknowledgements.

Written from the description of the wire alone, sharing no code with the service. What a page does with it (following,
healing) is in `wire.py`.
"""

from __future__ import annotations

import base64
import json
import os
import selectors
import socket
import struct
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]


class NotLetIn(Exception):
    """The server did not accept the connection; the text is an HTTP status line or the code of the refusal."""


class Wire:
    """One Socket.IO connection. Events come to `on_event(name, body)`; nothing is read outside `pump`."""

    def __init__(
        self,
        url: str,
        auth: Json | None = None,
        headers: Json | None = None,
        on_event: Callable[[str, Any], None] = lambda name, body: None,
        timeout: float = 10,
        receive_buffer: int | None = None,
    ) -> None:
        parts = urlsplit(url)
        self.on_event = on_event
        self.open = True
        self.bytes_read = 0
        self._buffer = b""
        self._texts: list[str] = []
        self._answers: dict[int, Any] = {}
        self._asked = 0
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout)
        self.sock.connect((parts.hostname or "127.0.0.1", parts.port or 80))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._handshake(parts.netloc, headers or {})
            self._expect("0")
            self.send_text("40" + (json.dumps(auth) if auth is not None else ""))
            text = self._next(timeout)
            if not text.startswith("40"):
                raise NotLetIn(json.loads(text[2:] or "{}").get("message", text))
        except BaseException:
            self.sock.close()
            raise
        self.sock.setblocking(False)

    def _handshake(self, host: str, headers: Json) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = {
            "Host": host,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": key,
            **headers,
        }
        head = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
        self.sock.sendall((head + "".join(f"{k}: {v}\r\n" for k, v in lines.items()) + "\r\n").encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            data = self.sock.recv(4096)
            if not data:
                raise NotLetIn("closed during the handshake")
            answer += data
        head_bytes, _, self._buffer = answer.partition(b"\r\n\r\n")
        self.answer_head = head_bytes.decode()
        if " 101 " not in self.answer_head.splitlines()[0]:
            raise NotLetIn(self.answer_head.splitlines()[0])
        self._split()

    def _expect(self, start: str) -> str:
        text = self._next(10)
        assert text.startswith(start), text
        return text

    def _next(self, timeout: float) -> str:
        until = time.monotonic() + timeout
        while not self._texts:
            assert time.monotonic() < until, "nothing came"
            data = self.sock.recv(65_536)
            if not data:
                raise NotLetIn("closed")
            self._buffer += data
            self._split()
        return self._texts.pop(0)

    # Frames.

    def send_text(self, text: str) -> None:
        self.send_frame(0x81, text.encode())

    def send_frame(self, first: int, payload: bytes, mask: bytes | None = None) -> None:
        mask = os.urandom(4) if mask is None else mask
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", first, 0x80 | size)
        elif size < 65_536:
            head = struct.pack("!BBH", first, 0xFE, size)
        else:
            head = struct.pack("!BBQ", first, 0xFF, size)
        self.send_bytes(head + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload)))

    def send_bytes(self, data: bytes) -> None:
        """Sends it all, waiting if need be; a connection that breaks meanwhile is closed."""
        try:
            while data:
                try:
                    data = data[self.sock.send(data) :]
                except BlockingIOError:
                    with selectors.DefaultSelector() as one:
                        one.register(self.sock, selectors.EVENT_WRITE)
                        assert one.select(20), "the server does not read"
        except OSError:
            self.close()

    def _split(self) -> None:
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            first, size, head = buffer[at], buffer[at + 1], 2
            assert not size & 0x80, "the server masked a frame"
            assert not first & 0x70, "an extension was used"
            if size == 126:
                if len(buffer) - at < 4:
                    break
                size, head = struct.unpack_from("!H", buffer, at + 2)[0], 4
            elif size == 127:
                if len(buffer) - at < 10:
                    break
                size, head = struct.unpack_from("!Q", buffer, at + 2)[0], 10
            if len(buffer) - at < head + size:
                break
            payload, at = buffer[at + head : at + head + size], at + head + size
            if first == 0x81:
                self._texts.append(payload.decode())
            elif first == 0x88:
                self.close_status = struct.unpack("!H", payload[:2])[0] if payload else None
            elif first != 0x8A:
                raise AssertionError(f"unknown frame {first:#x}")
        self._buffer = buffer[at:]

    close_status: int | None = None
    refusals = 0

    # Socket.IO.

    def emit(self, name: str, *args: Any) -> int:
        """Sends an event and gives the number under which `answer` will find the acknowledgement."""
        self._asked += 1
        self.send_text(f"42{self._asked}{json.dumps([name, *args])}")
        return self._asked

    def call(self, name: str, *args: Any, timeout: float = 10) -> Any:
        """Sends an event and waits for its acknowledgement; events that come meanwhile are handled."""
        number = self.emit(name, *args)
        until = time.monotonic() + timeout
        while number not in self._answers:
            assert self.open, "the connection was closed instead of an answer"
            assert time.monotonic() < until, "no answer"
            self.pump(0.05)
        return self._answers.pop(number)

    def answer(self, number: int) -> Any:
        """The acknowledgement, or None if it has not come."""
        return self._answers.pop(number, None)

    def pump(self, wait: float = 0) -> None:
        """Reads what is there (waiting so many seconds at most) and handles it."""
        if not self.open:
            return
        if wait:
            with selectors.DefaultSelector() as one:
                one.register(self.sock, selectors.EVENT_READ)
                one.select(wait)
        try:
            while True:
                data = self.sock.recv(262_144)
                if not data:
                    self.close()
                    break
                self.bytes_read += len(data)
                self._buffer += data
        except BlockingIOError:
            pass
        except OSError:
            self.close()
        self._split()
        texts, self._texts = self._texts, []
        for text in texts:
            self._handle(text)

    def _handle(self, text: str) -> None:
        if text == "2":
            self.send_text("3")
        elif text.startswith("42"):
            name, *body = json.loads(text[2:])
            self.on_event(name, body[0] if body else None)
        elif text.startswith("43"):
            number, _, rest = text[2:].partition("[")
            body = json.loads("[" + rest)
            self._answers[int(number)] = body[0] if body else {}
        elif text.startswith(("41", "1")):
            self.close()
        elif text.startswith("44"):
            self.refusals += 1
        else:
            raise AssertionError(f"unknown packet {text[:80]}")

    def close(self) -> None:
        if self.open:
            self.open = False
            self.sock.close()

    def reset(self) -> None:
        """Ends the connection as a dead network does: no goodbye."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()
