"""WebSocket frames without a socket: what is read whole, in pieces, and what is refused before it is kept."""

from __future__ import annotations

import os
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetingsvc.live import frames

CLIENT = {
    "HTTP_UPGRADE": "websocket",
    "HTTP_CONNECTION": "keep-alive, Upgrade",
    "HTTP_SEC_WEBSOCKET_VERSION": "13",
    "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
}


def masked(payload: bytes, first: int = 0x81) -> bytes:
    mask = os.urandom(4)
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 65_536:
        head = struct.pack("!BBH", first, 0xFE, size)
    else:
        head = struct.pack("!BBQ", first, 0xFF, size)
    return head + mask + bytes(b ^ mask[n % 4] for n, b in enumerate(payload))


def test_an_upgrade_brings_no_body_and_comes_by_http_of_today() -> None:
    """Where the body ends and the frames begin, a proxy in front may see differently."""
    assert frames.handshake({**CLIENT, "CONTENT_LENGTH": "0", "SERVER_PROTOCOL": "HTTP/1.1"}) is not None
    for more in ({"CONTENT_LENGTH": "5"}, {"HTTP_EXPECT": "100-continue"}, {"SERVER_PROTOCOL": "HTTP/1.0"}):
        assert frames.handshake({**CLIENT, **more}) is None


def test_the_handshake_is_the_one_of_the_rfc() -> None:
    answer = frames.handshake(CLIENT)
    assert answer is not None
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer
    assert b"xtensions" not in answer


@pytest.mark.parametrize(
    "change",
    [
        {"HTTP_SEC_WEBSOCKET_VERSION": "8"},
        {"HTTP_SEC_WEBSOCKET_VERSION": None},
        {"HTTP_SEC_WEBSOCKET_KEY": None},
        {"HTTP_SEC_WEBSOCKET_KEY": "x" * 1000},
        {"HTTP_UPGRADE": "h2c"},
        {"HTTP_CONNECTION": "keep-alive"},
    ],
)
def test_drafts_and_halves_are_not_spoken(change: dict[str, Any]) -> None:
    environ = {k: v for k, v in (CLIENT | change).items() if v is not None}
    assert frames.handshake(environ) is None


@given(st.lists(st.binary(max_size=3000), max_size=6), st.integers(1, 700))
def test_messages_come_whole_however_the_bytes_come(messages: list[bytes], piece: int) -> None:
    stream = b"".join(masked(m) for m in messages)
    reader = frames.Reader()
    got = [m for at in range(0, len(stream), piece) for m in reader.feed(stream[at : at + piece])]
    assert got == [(frames.TEXT, m) for m in messages]


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4))
def test_unmasking_is_what_the_rfc_says(data: bytes, mask: bytes) -> None:
    assert frames.unmask(data, mask) == bytes(b ^ mask[n % 4] for n, b in enumerate(data))


def test_pieces_are_joined_and_control_frames_pass_between_them() -> None:
    stream = masked(b"one ", 0x01) + masked(b"?", 0x89) + masked(b"two", 0x80)
    assert frames.Reader().feed(stream) == [(frames.PING, b"?"), (frames.TEXT, b"one two")]


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (struct.pack("!BBQ", 0x81, 0xFF, 1 << 40), "message too long"),
        (struct.pack("!BBH", 0x01, 0xFE, 16_385), "message too long"),
        (masked(b"x" * 9000, 0x01) + masked(b"x" * 9000, 0x80)[:8], "message too long"),
        (masked(b"", 0x01) + masked(b"", 0x00) * 64, "too many fragments"),
        (masked(b"x", 0x82), "binary message"),
        (masked(b"x", 0xC1), "reserved bits"),
        (b"\x81\x01x", "unmasked frame"),
        (masked(b"x", 0x80), "fragments out of order"),
        (masked(b"x", 0x01) + masked(b"x", 0x81), "fragments out of order"),
        (masked(b"x" * 126, 0x89), "control frame too long or in pieces"),
        (masked(b"x", 0x09), "control frame too long or in pieces"),
        (masked(b"x", 0x83), "unknown opcode"),
        (masked(b"x", 0x8B), "unknown opcode"),
    ],
)
def test_what_breaks_a_limit_is_refused_at_its_header(stream: bytes, reason: str) -> None:
    with pytest.raises(frames.BadFrame) as bad:
        frames.Reader().feed(stream)
    assert bad.value.reason == reason


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_packed_frames_carry_their_length(size: int) -> None:
    frame = frames.pack(b"x" * size)
    head = 2 if size < 126 else 4 if size < 65_536 else 10
    assert len(frame) == head + size
    assert frame[0] == 0x81
