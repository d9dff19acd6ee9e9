"""WebSocket frames (RFC 6455), the server's side, without any I/O.

Here belong the handshake's answer, packing, and a reader with hard limits that
unmasks fast. Sockets, greenlets and Socket.IO do not belong here.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Mapping

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

#: One message of a client, all its fragments together, in bytes.
MESSAGE_LIMIT = 16_384
#: Fragments of one message. An unfinished message otherwise grows without end.
FRAGMENT_LIMIT = 64

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class BadFrame(Exception):
    """The peer broke the protocol or a limit. `.status` is the WebSocket close status."""

    def __init__(self, reason: str, status: int = 1002) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


def handshake(environ: Mapping[str, object]) -> bytes | None:
    """The bytes of the 101 answer, or None when the request is no version 13 WebSocket.

    The drafts before RFC 6455 ("hixie") had no frame lengths and so no limits: they are
    not spoken. No extension is ever negotiated: permessage-deflate costs 90 KB a follower.
    """
    upgrade = str(environ.get("HTTP_UPGRADE", "")).lower()
    connection = [word.strip() for word in str(environ.get("HTTP_CONNECTION", "")).lower().split(",")]
    key = str(environ.get("HTTP_SEC_WEBSOCKET_KEY", ""))
    if upgrade != "websocket" or "upgrade" not in connection or environ.get("SERVER_PROTOCOL") == "HTTP/1.0":
        return None
    if environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_EXPECT" in environ:
        return None  # where the body ends and the frames begin, two readers may see differently
    if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13" or not 16 <= len(key) <= 64 or not key.isascii():
        return None
    accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def pack(payload: bytes, opcode: int = TEXT) -> bytes:
    """One unmasked, final frame."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65_536:
        return struct.pack("!BBH", 0x80 | opcode, 126, size) + payload
    return struct.pack("!BBQ", 0x80 | opcode, 127, size) + payload


def unmask(data: bytes, mask: bytes) -> bytes:
    """XOR with the repeated mask as one big integer: 100 times faster than byte by byte."""
    size = len(data)
    repeated = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "little") ^ int.from_bytes(repeated, "little")).to_bytes(size, "little")


class Reader:
    """Takes bytes as they come, gives whole messages. Raises BadFrame at once, before buffering."""

    __slots__ = ("_buffer", "_fragments", "_message", "frames", "message_limit")

    def __init__(self, message_limit: int = MESSAGE_LIMIT) -> None:
        self._buffer = b""
        self._message = b""
        self._fragments = 0
        self.frames = 0  # all frames seen, for the rate limit
        self.message_limit = message_limit

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """`[(opcode, payload)]` of everything complete: TEXT, CLOSE, PING or PONG."""
        buffer = self._buffer + data if self._buffer else data
        messages: list[tuple[int, bytes]] = []
        at = 0
        while True:
            frame = self._frame(buffer, at)
            if frame is None:
                break
            first, payload, at = frame
            self.frames += 1
            whole = self._join(first, payload)
            if whole is not None:
                messages.append(whole)
        self._buffer = buffer[at:]
        return messages

    def _frame(self, buffer: bytes, at: int) -> tuple[int, bytes, int] | None:
        """`(first byte, payload, where the next frame begins)`, or None if more bytes are needed."""
        have = len(buffer) - at
        if have < 2:
            return None
        first, second = buffer[at], buffer[at + 1]
        if first & 0x70:
            raise BadFrame("reserved bits")
        if not second & 0x80:
            raise BadFrame("unmasked frame")
        size, head = second & 0x7F, 6
        if first & 8:
            if size > 125 or not first & 0x80:
                raise BadFrame("control frame too long or in pieces")
        elif size == 126:
            if have < 4:
                return None
            size, head = struct.unpack_from("!H", buffer, at + 2)[0], 8
        elif size == 127:
            if have < 10:
                return None
            size, head = struct.unpack_from("!Q", buffer, at + 2)[0], 14
        if size + len(self._message) > self.message_limit:
            raise BadFrame("message too long", 1009)
        if have < head + size:
            return None
        body = at + head
        payload = unmask(buffer[body : body + size], buffer[body - 4 : body]) if size else b""
        return first, payload, body + size

    def _join(self, first: int, payload: bytes) -> tuple[int, bytes] | None:
        opcode = first & 15
        if opcode in (CLOSE, PING, PONG):
            return opcode, payload
        if opcode == BINARY:
            raise BadFrame("binary message", 1003)
        if opcode not in (0, TEXT):
            raise BadFrame("unknown opcode")
        if (opcode == 0) != (self._fragments > 0):
            raise BadFrame("fragments out of order")
        self._fragments += 1
        if self._fragments > FRAGMENT_LIMIT:
            raise BadFrame("too many fragments", 1009)
        self._message += payload
        if not first & 0x80:
            return None
        message, self._message, self._fragments = self._message, b"", 0
        return TEXT, message
