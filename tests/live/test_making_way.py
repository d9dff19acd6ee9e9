"""Whose connection ends, and what is said of it: who makes way while it waits for a turn, and who rests too long."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from meetingsvc.live.http import Server, connection

ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class OneTurn:
    """A server of threads with one turn. `asked`: how often the application was."""

    def __init__(self, threads: bool) -> None:
        sock = socket.create_server(("127.0.0.1", 0))
        self.said: list[str] = []
        self.server = Server(
            self.app, sock, most=100, threads=threads, report=lambda reason, _: self.said.append(reason),
            spawn=lambda work: threading.Thread(target=work, daemon=True).start(),
        )  # fmt: skip
        self.server.turns._most = 1
        self.asked = 0
        threading.Thread(target=self.server.run, daemon=True).start()

    def app(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        self.asked += 1
        start("200 OK", [])
        return [b"yes"]

    def waiting(self) -> int:
        rows = self.server.turns._strangers._rows.values()
        return sum(len(row) for row in rows)

    def come(self) -> socket.socket:
        sock = socket.create_connection(self.server.address, timeout=5)
        sock.sendall(ASK)
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
