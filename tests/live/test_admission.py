"""Attacks on the socket and on the server's patience, each by one host, while honest people are served.

What is asked of each: the attacker is cut in time, others do not wait, the log stays small.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.live.wire import NotLetIn, Wire
from tests.support.running_service import RunningService


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    service = RunningService(tmp_path_factory.mktemp("guard"))
    assert service.meeting
    service.start()
    yield service
    service.stop()


class Probe:
    """Somebody honest who asks for the time again and again, in this same process as the attacker."""

    def __init__(self, served: RunningService) -> None:
        self.wire = Wire(served.url, {"token": served.token("chair")})
        self.waits: list[float] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._ended.wait(0.06):
            began = time.monotonic()
            self.wire.call("time")
            self.waits.append(time.monotonic() - began)

    def __enter__(self) -> Probe:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._ended.set()
        self._thread.join(10)
        self.wire.close()

    def check(self) -> None:
        """Unguarded, one such attacker stops everybody for 7 to 23 seconds."""
        assert len(self.waits) > 3
        assert statistics.median(self.waits) < 0.3 and max(self.waits) < 3, sorted(self.waits)[-3:]


def cut_within(wire: Wire, seconds: float) -> float:
    """Reads until the server ends the connection."""
    began = time.monotonic()
    while wire.open:
        assert time.monotonic() - began < seconds, "not cut"
        wire.pump(0.05)
    return time.monotonic() - began


def raw(served: RunningService, *lines: str, path: str = "/socket.io/?EIO=4&transport=websocket") -> str:
    """The status line of the answer to a request with these header lines."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as sock:
        head = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{served.port}", *lines]
        sock.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
        return sock.recv(4096).decode(errors="replace").split("\r\n")[0]


UPGRADE = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
MODERN = (*UPGRADE, "Sec-WebSocket-Version: 13")


# ------------------------------------------------------------------------------------------------------- the front door


@pytest.mark.parametrize(
    ("origin", "cookie", "status"),
    [
        (None, None, 101),
        (None, "a=b", 403),
        ("own", None, 101),
        ("own", "a=b", 101),
        ("null", None, 403),
        ("null", "a=b", 403),
        ("http://evil.example", None, 403),
        ("http://evil.example", "a=b", 403),
        ("own.evil", "a=b", 403),
        ("", "a=b", 403),
    ],
)
def test_a_cookie_needs_a_listed_origin(
    served: RunningService, origin: str | None, cookie: str | None, status: int
) -> None:
    lines = list(MODERN)
    if origin is not None:
        lines.append("Origin: " + origin.replace("own", served.url))
    if cookie:
        lines.append("Cookie: " + cookie)
    lines.append("X-Forwarded-Host: evil.example")
    assert f" {status} " in raw(served, *lines)


@pytest.mark.parametrize(
    "query",
    [
        "EIO=4&transport=polling",
        "EIO=4&transport=polling&j=0",
        "EIO=4&transport=websocket&j=0",
        "EIO=4&transport=websocket&sid=somebody",
        "EIO=3&transport=websocket",
        "transport=websocket",
        "",
    ],
)
def test_nothing_but_websocket_is_spoken(served: RunningService, query: str) -> None:
    assert " 400 " in raw(served, *MODERN, path="/socket.io/?" + query)
    assert " 400 " in raw(served, "Origin: " + served.url, path="/socket.io/?" + query)


def test_the_drafts_before_the_rfc_are_refused(served: RunningService) -> None:
    hixie = ("Upgrade: WebSocket", "Connection: Upgrade", "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5")
    assert " 426 " in raw(served, *hixie, "Sec-WebSocket-Key2: 12998 5 Y3 1  .P00")
    assert " 426 " in raw(served, "Upgrade: WebSocket", "Connection: Upgrade")
    assert " 426 " in raw(served, *UPGRADE, "Sec-WebSocket-Version: 8")


def test_compression_is_never_taken_up(served: RunningService) -> None:
    wire = Wire(served.url, headers={"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"})
    assert "extensions" not in wire.answer_head.lower()
    assert isinstance(wire.call("time"), int)
    wire.close()


# ----------------------------------------------------------------------------------------------------- bad packets


@pytest.mark.parametrize(
    "text",
    [
        '42["connect",{"token":"guess"}]',
        '42["disconnect"]',
        '42["speakers.next",{}]',
        '421["command"]',
        "42[]",
        '40/admin,{"token":"x"}',
        '451-["time",{"_placeholder":true,"num":0}]',
        '459999999999-["time"]',
        "x",
        "",
        "2probe",
        "5",
        "b4eA==",
        '42["time",' + "[" * 8000,
        "4" + "9" * 9000,
    ],
)
def test_what_the_wire_does_not_know_ends_the_connection(served: RunningService, text: str) -> None:
    wire = Wire(served.url)
    wire.send_text(text)
    cut_within(wire, 2)
    assert wire.close_status == 1008


def test_a_client_cannot_say_that_somebody_left_or_came(served: RunningService) -> None:
    chair = Wire(served.url, {"token": served.token("chair")})
    for text in ('42["disconnect","other"]', '42["connect",{}]'):
        attacker = Wire(served.url)
        attacker.send_text(text)
        cut_within(attacker, 2)
    assert isinstance(chair.call("time"), int)
    chair.close()


def test_credentials_cannot_be_guessed_on_one_socket(served: RunningService) -> None:
    wire = Wire(served.url)
    for _ in range(10):
        wire.send_text('40{"token":"' + os.urandom(16).hex() + '"}')
    cut_within(wire, 2)
    assert wire.refusals <= 3


@pytest.mark.parametrize(
    ("frames", "status"),
    [
        ([(0x81, b"x" * 16_385)], 1009),
        ([(0x01, b"42[")] + [(0x00, b"x" * 1000)] * 17, 1009),
        ([(0x01, b"")] + [(0x00, b"")] * 70, 1009),
        ([(0x82, b"\x00\x01")], 1003),
        ([(0xC1, b"x")], 1002),
        ([(0x89, b"x" * 200)], 1002),
        ([(0x81, b"\xff\xff")], 1008),
    ],
)
def test_frames_beyond_the_limits_end_the_connection(
    served: RunningService, frames: list[tuple[int, bytes]], status: int
) -> None:
    wire = Wire(served.url)
    for first, payload in frames:
        if wire.open:
            wire.send_frame(first, payload)
    cut_within(wire, 2)
    assert wire.close_status in (status, None)  # None: our own sending was reset before we read the goodbye


# ---------------------------------------------------------------------------------------------------------- floods


def flood(served: RunningService, data: bytes, seconds: float, wires: int = 1) -> int:
    """Sends the same bytes as fast as it goes, on new connections when cut; how many connections it took."""
    until, used = time.monotonic() + seconds, 0
    held: list[Wire] = []
    while time.monotonic() < until:
        held = [wire for wire in held if wire.open]
        while len(held) < wires:
            try:
                held.append(Wire(served.url))
            except (NotLetIn, OSError):
                break
            used += 1
        for wire in held:
            try:
                wire.sock.settimeout(0.2)
                wire.sock.sendall(data)
                wire.sock.setblocking(False)
                wire.pump()
            except OSError:
                wire.close()
    for wire in held:
        wire.close()
    return used


def masked(first: int, payload: bytes) -> bytes:
    """A frame with the mask 0, which costs us nothing to make."""
    size = len(payload)
    head = struct.pack("!BB", first, 0x80 | size) if size < 126 else struct.pack("!BBH", first, 0xFE, size)
    return head + b"\0\0\0\0" + payload


ATTACKS = {
    "fragments that never end": masked(0x01, b"42[") + masked(0x00, b"x" * 200) * 200,
    "large frames": masked(0x81, b'42["time",' + b'"' + b"x" * 16_000 + b'"]') * 8,
    "valid events": masked(0x81, b'42["time"]') * 200,
    "follows": masked(0x81, b'421["follow",{"meeting":"nosuchmeet"}]') * 100,
    "pings": masked(0x89, b"x" * 100) * 200,
    "bad packets": masked(0x81, b"49x"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_others_do_not_wait_while_one_floods(served: RunningService, attack: str) -> None:
    before = len(served.log())
    with Probe(served) as probe:
        used = flood(served, ATTACKS[attack], 2.0, wires=3)
    assert used > 3, "the attacker was never cut"
    probe.check()
    assert len(served.log()) - before < 20_000
    assert "Traceback" not in served.log()[before:]


def test_ten_thousand_bad_packets_make_little_log(served: RunningService) -> None:
    before = len(served.log())
    for _ in range(300):
        wire = Wire(served.url)
        wire.send_bytes(masked(0x81, b"4nonsense") * 35)
        wire.close()
    assert len(served.log()) - before < 100_000
    assert "Traceback" not in served.log()[before:]


# ------------------------------------------------------------------------------------------------------- slow ones


def test_a_socket_that_never_joins_is_cut(served: RunningService) -> None:
    sock = socket.create_connection(("127.0.0.1", served.port), timeout=15)
    head = ["GET /socket.io/?EIO=4&transport=websocket HTTP/1.1", f"Host: 127.0.0.1:{served.port}", *MODERN]
    sock.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
    began = time.monotonic()
    while sock.recv(4096):
        pass
    assert 9 < time.monotonic() - began < 12.5
    sock.close()


def test_requests_that_drip_are_cut_and_do_not_keep_others_out(served: RunningService) -> None:
    count = 1_200  # more than many a server takes at all
    slow = [socket.create_connection(("127.0.0.1", served.port), timeout=10) for _ in range(count)]
    began = time.monotonic()
    with Probe(served) as probe:
        for sock in slow:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        alive = count
        while alive > 0:
            assert time.monotonic() - began < 14, f"{alive} are still there"
            time.sleep(0.5)
            alive = 0
            for sock in slow:
                if sock.fileno() >= 0:
                    try:
                        sock.sendall(b"X: y\r\n")
                        alive += 1
                    except OSError:
                        sock.close()
            assert served.http.get(served.url + "/healthz", timeout=5).ok
    probe.check()


def test_a_body_that_drips_is_cut(served: RunningService) -> None:
    sock = socket.create_connection(("127.0.0.1", served.port), timeout=30)
    path = f"/api/v1/meetings/{served.meeting}/commands/record.note"
    sock.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode())
    began = time.monotonic()
    with pytest.raises(OSError):
        while time.monotonic() - began < 26:
            sock.sendall(b"{")
            time.sleep(0.5)
            if sock.recv(1000, socket.MSG_DONTWAIT | socket.MSG_PEEK) == b"":
                raise OSError
    assert time.monotonic() - began < 24
    sock.close()


def test_bodies_without_a_length_are_refused(served: RunningService) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        assert b" 411 " in sock.recv(1000)


def test_afterwards_the_service_is_as_before(served: RunningService) -> None:
    chair = Wire(served.url, {"token": served.token("chair")})
    state = served.state("chair")
    body = {key: state[key] for key in ("meeting", "seq", "epoch", "chain")} | {"audience": "staff"}
    assert json.dumps(chair.call("follow", body)["changes"]) == "[]"
    chair.close()
