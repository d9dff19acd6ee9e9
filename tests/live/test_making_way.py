"""How connections wait: for a head without a turn or a thread, for a turn without a deadline; and whose ends."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from meetingsvc.live.http import Server, connection
from meetingsvc.live.websocket import WebSocketConnection
from meetingsvc.waiting import TURN

ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class OneTurn:
    """A server of threads with one turn. `asked`: how often the application was."""

    def __init__(self, threads: bool) -> None:
        sock = socket.create_server(("127.0.0.1", 0))
        self.said: list[str] = []
        self.server = Server(
            self.app,
            sock,
            most=100,
            threads=threads,
            report=lambda reason, _: self.said.append(reason),
            spawn=lambda work: threading.Thread(target=work, daemon=True).start(),
        )
        self.server.turns._most = 1
        self.asked = 0
        threading.Thread(target=self.server.run, daemon=True).start()

    def app(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        self.asked += 1
        start("200 OK", [])
        return [b"yes" if environ["PATH_INFO"] == "/" else b"x" * 8_000_000]

    def waiting(self) -> int:
        rows = self.server.turns._strangers._rows.values()
        return sum(len(row) for row in rows)

    def come(self, say: bytes = ASK, host: str = "127.0.0.1") -> socket.socket:
        sock = socket.create_connection(self.server.address, timeout=5, source_address=(host, 0))
        sock.sendall(say)
        return sock


@pytest.fixture(params=[False, True], ids=["a thread each", "waiting without threads"])
def one(request: pytest.FixtureRequest) -> Iterator[OneTurn]:
    made = OneTurn(request.param)
    yield made
    made.server.stop()


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not what():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_whoever_is_cut_while_waiting_for_a_turn_is_over_at_once(one: OneTurn) -> None:
    held = one.server.turns.enter(None, "somebody else")
    crowd = [one.come() for _ in range(5)]
    until(lambda: one.waiting() == 5)
    cut = one.server.places.every()
    for each in cut:
        each.cut("no place")
    assert [each.sock.fileno() for each in cut] == [-1] * 5
    last = one.come()
    until(lambda: one.waiting() == 6)
    one.server.turns.leave(held)
    assert last.recv(1000).endswith(b"yes")
    assert one.asked == 1, "somebody who is gone was worked for"
    until(lambda: len(one.server.places) == 1 and one.server.turns._running == 0)
    for sock in (*crowd, last):
        sock.close()


@pytest.mark.parametrize(
    "say",
    [
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nx",
        b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["a body that does not come", "a body that nobody wants", "an answer that is not fetched"],
)
def test_whom_we_wait_for_makes_way_before_one_from_elsewhere(one: OneTurn, say: bytes) -> None:
    """Whatever a host makes us wait for: it has as many places as nobody else wants."""
    one.server.places.most = 5
    crowd = [one.come(say, "127.0.0.2") for _ in range(5)]
    until(lambda: len(one.server.places) == 5 and one.server.turns._running == 0)
    time.sleep(0.1)
    asks = one.come(b"")
    until(lambda: any(each.host == "127.0.0.1" for each in one.server.places.every()))
    for _ in range(10):
        crowd.append(one.come(say, "127.0.0.2"))
        time.sleep(0.01)
    asks.sendall(ASK)
    assert asks.recv(1000).endswith(b"yes")
    for sock in (*crowd, asks):
        sock.close()


def test_a_browser_that_rests_is_let_go_without_a_word(one: OneTurn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each browser keeps connections that it does not need any more; half a head is another matter."""
    for name in ("HEADER_WITHIN", "KEEPALIVE"):
        monkeypatch.setattr(connection, name, 0.2)
    rests, silent, half = one.come(), *(socket.create_connection(one.server.address, timeout=5) for _ in range(2))
    assert rests.recv(1000).endswith(b"yes")
    half.sendall(b"GET / HT")
    assert [sock.recv(1) for sock in (rests, silent)] == [b"", b""]
    until(lambda: len(one.server.places) == 0)
    assert one.said == ["not in time"]
    for sock in (rests, silent, half):
        sock.close()


@pytest.mark.parametrize("said", [b"\r\n\r\n", b"\n\n", b"\r\n\r\nGET / HT"])
def test_who_has_not_said_a_whole_head_has_no_turn(one: OneTurn, said: bytes) -> None:
    """Lines before a head are passed over: they are no head."""
    sock = socket.create_connection(one.server.address, timeout=5)
    sock.sendall(said)
    time.sleep(0.1)
    asks = one.come()
    assert asks.recv(1000).endswith(b"yes")
    for each in (sock, asks):
        each.close()


def test_who_waits_for_a_turn_is_not_overdue(one: OneTurn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEADER_WITHIN", 0.1)
    held = one.server.turns.enter(None, "somebody else")
    asks = one.come()
    until(lambda: one.waiting() == 1)
    time.sleep(1.2)  # two looks at deadlines
    one.server.turns.leave(held)
    assert asks.recv(1000).endswith(b"yes")
    asks.close()


def test_a_connection_is_kept_for_request_after_request(one: OneTurn) -> None:
    sock = one.come()
    for more in (ASK, ASK[:10], ASK[10:], ASK + ASK):
        assert more == ASK[:10] or sock.recv(1000).endswith(b"yes")
        sock.sendall(more)
    end = time.monotonic() + 5
    while one.asked < 5 and time.monotonic() < end:
        time.sleep(0.01)
    assert one.asked == 5 and len(one.server.places) == 1
    sock.close()
    until(lambda: len(one.server.places) == 0)


def test_who_rests_between_two_requests_has_no_thread() -> None:
    one = OneTurn(threads=True)
    before = threading.active_count()
    socks = [one.come() for _ in range(20)]
    assert all(sock.recv(1000).endswith(b"yes") for sock in socks)
    until(lambda: threading.active_count() <= before)
    assert len(one.server.places) == 20
    one.server.stop()
    for sock in socks:
        sock.close()


def test_a_pong_to_one_who_does_not_read_is_waited_for_without_a_turn() -> None:
    one = OneTurn(threads=True)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        there = socket.create_connection(listening.getsockname())
        here, _ = listening.accept()
    place = connection.Connection(here, "10.0.0.1", one.server)
    link = WebSocketConnection(here, {"meetingsvc.connection": place}, lambda *_: None)
    writer = threading.Thread(target=lambda: suppressed(lambda: link.write(b"x" * 40_000_000)), daemon=True)
    writer.start()
    until(lambda: link._lock.locked())

    def reader() -> None:
        TURN.set(place)
        place.turn()
        suppressed(lambda: link.take(PING))
        place.rest()

    thread = threading.Thread(target=reader, daemon=True)
    thread.start()
    until(lambda: one.server.turns._running == 0)
    asks = one.come()
    assert asks.recv(1000).endswith(b"yes") and thread.is_alive(), "it still waits"
    there.close()
    thread.join(5)
    writer.join(5)
    assert not thread.is_alive() and one.server.turns._running == 0
    one.server.stop()
    asks.close()


#: A masked ping with nothing in it, as a client says it.
PING = b"\x89\x80\0\0\0\0"


def suppressed(work: Callable[[], object]) -> None:
    with contextlib.suppress(OSError):
        work()
