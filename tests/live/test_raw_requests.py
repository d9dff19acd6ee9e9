"""HTTP is read strictly (RFC 9112 2.2, 3, 5.1, 6.3): a corpus of raw requests against a running server, and its log.

After each bad request an act of the chair comes on the same connection: if it were read, it would have an effect.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from collections.abc import Iterator

import pytest

from tests.live.raw_requests import BAD, GOOD, Bad, get, post, with_secret
from tests.support.running_service import RunningService

#: One line of the log: what it is, why, from where, and 80 escaped characters of the client at most.
LONGEST = 300


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    service = RunningService(tmp_path_factory.mktemp("raw"))
    assert service.meeting
    service.start()
    yield service
    assert service.process is not None and service.process.poll() is None, service.log()[-2000:]
    service.stop()


def own(served: RunningService, data: bytes) -> bytes:
    return data.replace(b"HOST", b"127.0.0.1:%d" % served.port)


def command(served: RunningService, *lines: str, body: bytes = b'{"text": "smuggled"}') -> bytes:
    """A note of the chair, as bytes."""
    head = (
        f"POST /api/v1/meetings/{served.meeting}/commands/record.note HTTP/1.1",
        f"Host: 127.0.0.1:{served.port}",
        f"Authorization: Bearer {served.token('chair')}",
        "Content-Type: application/json",
        f"Idempotency-Key: {time.monotonic_ns():032}",
        f"Content-Length: {len(body)}",
        *lines,
        "",
        "",
    )
    return "\r\n".join(head).encode() + body


class RawConnection:
    """One connection. Answers are read one after the other; `closed` is whether the server ended it."""

    def __init__(self, served: RunningService) -> None:
        self.sock = socket.create_connection(("127.0.0.1", served.port), timeout=5)
        self.data = b""

    def __enter__(self) -> RawConnection:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def send(self, data: bytes) -> RawConnection:
        with contextlib.suppress(OSError):  # it may have answered and closed before all of it was sent
            self.sock.sendall(data)
        return self

    def _more(self) -> bool:
        try:
            data = self.sock.recv(65_536)
        except TimeoutError:
            raise
        except OSError:
            return False
        self.data += data
        return bool(data)

    def answer(self) -> tuple[int, bytes, bytes]:
        """(status, head, body) of the next answer; an interim one has no body."""
        while b"\r\n\r\n" not in self.data:
            assert self._more(), f"closed without an answer: {self.data[:200]!r}"
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        size = int(found[1]) if found else 0
        while len(self.data) < size:
            assert self._more(), "closed in the middle of an answer"
        body, self.data = self.data[:size], self.data[size:]
        return status, head, body

    def closed(self) -> bool:
        """Reads to the end. True if nothing more was answered and the server closed."""
        try:
            while self._more():
                pass
        except TimeoutError:
            return False
        return self.data == b""


def new_lines(served: RunningService, before: int) -> list[str]:
    return [line for line in served.log()[before:].splitlines() if line]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_what_is_not_http_is_refused_and_nothing_behind_it_is_read(bad: Bad, served: RunningService) -> None:
    seq, before = served.state("chair")["seq"], len(served.log())
    with RawConnection(served) as connection:
        connection.send(own(served, bad.data) + command(served))
        status, head, _ = connection.answer()
        assert status in bad.statuses, head
        assert b"\r\nconnection: close" in head.lower()
        assert connection.closed(), "the connection goes on behind what was not understood"
    assert served.state("chair")["seq"] == seq, "what came behind it was executed"
    lines = new_lines(served, before)
    assert len(lines) <= 1 and all(len(line) <= LONGEST for line in lines), lines
    assert all(line.isprintable() and line.isascii() for line in lines), lines


def test_a_request_inside_the_body_of_a_bad_one_is_not_read(served: RunningService) -> None:
    """The classic: one reader takes the first length, another the second."""
    seq, inner = served.state("chair")["seq"], command(served)
    for lines in (
        (b"Content-Length: 0", b"Content-Length: %d" % len(inner)),
        (b"Content-Length: %d" % len(inner), b"Content-Length: 0"),
        (b"Content-Length: +%d" % len(inner),),
        (b"Content-Length: %d" % len(inner), b"Transfer-Encoding: xchunked"),
    ):
        with RawConnection(served) as connection:
            assert connection.send(own(served, post(*lines, body=inner))).answer()[0] == 400
            assert connection.closed()
    assert served.state("chair")["seq"] == seq


def test_bodies_in_chunks_are_refused_and_the_connection_closes(served: RunningService) -> None:
    """Nobody needs them here: 411 is the answer of RFC 9110 15.5.12."""
    seq = served.state("chair")["seq"]
    with RawConnection(served) as connection:
        connection.send(
            own(served, post(b"Transfer-Encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n")) + command(served)
        )
        assert connection.answer()[0] == 411
        assert connection.closed()
    assert served.state("chair")["seq"] == seq


# ------------------------------------------------------------------------------------------------------ what must work


@pytest.mark.parametrize("name", GOOD)
def test_what_is_http_is_answered_and_the_connection_goes_on(name: str, served: RunningService) -> None:
    with RawConnection(served) as connection:
        assert connection.send(own(served, GOOD[name])).answer()[0] == 200
        assert connection.send(own(served, get())).answer()[0] == 200, "the second on the same connection"


def test_two_at_once_are_answered_in_order(served: RunningService) -> None:
    clock = get(line=b"GET /api/v1/time HTTP/1.1")
    with RawConnection(served) as connection:
        connection.send(own(served, get() + clock + get()))
        answers = [connection.answer() for _ in range(3)]
    assert [status for status, _, _ in answers] == [200] * 3
    bodies = [body for _, _, body in answers]
    assert bodies[0] == bodies[2] != bodies[1] and b"now" in bodies[1], bodies


def test_two_acts_at_once_are_both_done(served: RunningService) -> None:
    """Pipelined with their bodies; and a length that is right is never taken for a wrong one."""
    seq = served.state("chair")["seq"]
    with RawConnection(served) as connection:
        connection.send(command(served, body=b'{"text": "first"}') + command(served, body=b'{"text": "second"}'))
        answers = [connection.answer() for _ in range(2)]
    assert [(status, json.loads(body)["seq"]) for status, _, body in answers] == [(200, seq + 1), (200, seq + 2)]


def test_the_old_version_is_served_once(served: RunningService) -> None:
    with RawConnection(served) as connection:
        assert connection.send(b"GET /healthz HTTP/1.0\r\n\r\n").answer()[0] == 200
        assert connection.closed()


def test_who_asks_to_close_is_closed(served: RunningService) -> None:
    with RawConnection(served) as connection:
        assert connection.send(own(served, get(b"Connection: close \t"))).answer()[0] == 200
        assert connection.closed()


def test_a_head_in_single_bytes_is_read(served: RunningService) -> None:
    with RawConnection(served) as connection:
        for byte in own(served, get()):
            connection.send(bytes((byte,)))
        assert connection.answer()[0] == 200


def test_who_waits_to_be_told_to_go_on_is_told(served: RunningService) -> None:
    """Expect: 100-continue on the command path, as curl does with a body of 1 MB; and nothing comes twice."""
    seq, whole = served.state("chair")["seq"], command(served, "Expect: 100-continue")
    head, _, body = whole.partition(b"\r\n\r\n")
    with RawConnection(served) as connection:
        assert connection.send(head + b"\r\n\r\n").answer()[0] == 100
        status, _, answer = connection.send(body).answer()
        assert (status, json.loads(answer)["seq"]) == (200, seq + 1)
        assert connection.send(own(served, get())).answer()[0] == 200


def test_who_is_told_to_go_on_but_did_not_wait_is_served_too(served: RunningService) -> None:
    with RawConnection(served) as connection:
        connection.send(command(served, "Expect: 100-continue"))
        status = connection.answer()[0]
        assert (connection.answer()[0] if status == 100 else status) == 200
        assert connection.send(own(served, get())).answer()[0] == 200


def test_only_a_head_that_was_asked_for_comes_without_a_body(served: RunningService) -> None:
    """HEAD: the answer's length is that of GET, and the next answer on the connection begins where it should."""
    with RawConnection(served) as connection:
        connection.send(own(served, get(line=b"HEAD /healthz HTTP/1.1") + get()))
        while connection.data.count(b"\r\n\r\n") < 2:
            assert connection._more(), connection.data
        first, second, body = connection.data.split(b"\r\n\r\n", 2)
        assert first.startswith(b"HTTP/1.1 200 ") and second.startswith(b"HTTP/1.1 200 "), connection.data
        assert re.search(rb"(?i)content-length: *(\d+)", first)[1] == b"%d" % len(body)  # type: ignore[index]


# ------------------------------------------------------------------------------------------------------------- the log


@pytest.mark.parametrize("name", with_secret(b"x"))
def test_no_secret_is_written_whatever_the_request_looks_like(name: str, served: RunningService) -> None:
    secret, before = served.token("room"), len(served.log())
    with RawConnection(served) as connection:
        connection.send(own(served, with_secret(secret.encode())[name])).sock.shutdown(socket.SHUT_WR)
        connection.closed()
    written = served.log()[before:]
    escaped = "".join(f"%{ord(sign):02X}" for sign in secret)
    for text, piece in ((secret, 10), (escaped, 30)):
        pieces = {text[n : n + piece] for n in range(len(text) - piece + 1)}
        assert not any(one in written for one in pieces), written
    assert len(new_lines(served, before)) <= 1


def test_junk_writes_short_lines_that_cannot_be_forged(served: RunningService) -> None:
    before, port = len(served.log()), b"%d" % served.port
    for data in (
        b"\x1b[31mGET" + b"Z" * 500 + b"\r\n\r\n",
        b"Z" * 73_000 + b"\r\n\r\n",
        b"GET /\rFORGED by a stranger HTTP/1.1\r\nHost: 127.0.0.1:" + port + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nFORGED\nFORGED by a stranger\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1:" + port + b"\r\nX-A: " + b"Z" * 90 + b"\xe2\x80\xa8FORGED\x00\r\n\r\n",
    ):
        with RawConnection(served) as connection:
            connection.send(data).closed()
    written = served.log()[before:]
    assert len(written) < 5 * LONGEST
    assert "Z" * 81 not in written and "\x1b" not in written
    assert not [line for line in written.splitlines() if line.startswith("FORGED")]


def test_one_connection_writes_one_line(served: RunningService) -> None:
    """A hundred bad requests at once on one connection: it is over after the first."""
    before = len(served.log())
    with RawConnection(served) as connection:
        assert connection.send(b"JUNK\r\n\r\n" * 100).answer()[0] == 400
        assert connection.closed()
    assert len(new_lines(served, before)) <= 1


def test_many_connections_do_not_flood_the_log(served: RunningService) -> None:
    before = len(served.log())
    for _ in range(300):
        with RawConnection(served) as connection:
            connection.send(b"\xff" * 2_000 + b"\r\n\r\n").closed()
    lines = new_lines(served, before)
    assert len(lines) <= 60, f"{len(lines)} lines of 300 connections; what is left out is counted"
    assert all(len(line) <= LONGEST for line in lines)


def test_a_connection_that_breaks_off_writes_nothing(served: RunningService) -> None:
    """People close their phones in the middle of a request: nothing is wrong with that."""
    before = len(served.log())
    for data in (b"", b"GET / HT", own(served, get())[:-2], command(served)[:-5]):
        with RawConnection(served) as connection:
            connection.send(data)
    time.sleep(0.2)
    assert new_lines(served, before) == []
