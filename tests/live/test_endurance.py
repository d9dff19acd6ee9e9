"""The HTTP server holds: descriptors that run out, halves of requests, slow bodies, places, an end under load.

Structure only: what comes back, what is closed, what is said once. Times under attack are measured by `make attack`.
"""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.live.wire import NotLetIn, Wire
from tests.support.running_service import MODE, Json, RunningService

LIMIT = 120


def descriptors(served: RunningService) -> int:
    return served.usage()[0]


def held(served: RunningService) -> int:
    """The same without those of the database: its pool keeps a few, however many come."""
    assert served.process is not None
    count = 0
    for each in Path(f"/proc/{served.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            count += ".db" not in each.readlink().name
    return count


def until(what: Callable[[], bool], seconds: float, why: str) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, why
        time.sleep(0.05)


def alive(served: RunningService) -> bool:
    return served.process is not None and served.process.poll() is None


class Strangers:
    """Connections of one stranger, opened without waiting; `open` is how many the server has not closed."""

    def __init__(self) -> None:
        self.socks: list[socket.socket] = []

    def come(self, served: RunningService, count: int, data: bytes = b"") -> None:
        for _ in range(count):
            sock = socket.create_connection(("127.0.0.1", served.port), timeout=5)
            with contextlib.suppress(OSError):
                sock.sendall(data)
            sock.setblocking(False)
            self.socks.append(sock)

    def open(self) -> int:
        for sock in list(self.socks):
            try:
                over = sock.recv(65_536) == b""
            except BlockingIOError:
                continue
            except OSError:
                over = True
            if over:
                sock.close()
                self.socks.remove(sock)
        return len(self.socks)

    def say(self, data: bytes) -> None:
        for sock in self.socks:
            with contextlib.suppress(OSError):
                sock.send(data)

    def go(self) -> None:
        for sock in self.socks:
            sock.close()
        self.socks.clear()


@pytest.fixture
def strangers() -> Iterator[Strangers]:
    made = Strangers()
    yield made
    made.go()


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[RunningService]:
    """A server that may have 120 files open."""
    service = RunningService(tmp_path, descriptors=LIMIT)
    assert service.meeting
    service.start()
    yield service
    assert alive(service), service.log()[-2000:]
    service.stop(signal.SIGKILL)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    service = RunningService(tmp_path_factory.mktemp("endured"))
    assert service.meeting
    service.start()
    assert service.state("chair")["seq"]
    yield service
    assert alive(service), service.log()[-2000:]
    service.stop()


# ------------------------------------------------------------------------------------------- descriptors that run out


def test_no_error_of_accept_ends_the_server(narrow: RunningService, strangers: Strangers) -> None:
    """200 idle connections at a limit of 120: it lives, says so, keeps a reserve, and serves when they went."""
    strangers.come(narrow, 200)
    time.sleep(1.5)
    assert alive(narrow), narrow.log()[-2000:]
    assert descriptors(narrow) < LIMIT, "nothing is left for the database"
    said = [line for line in narrow.log().splitlines()[1:] if line]
    assert 1 <= len(said) <= 40 and all(len(line) < 300 for line in said), said
    assert "Traceback" not in narrow.log()
    strangers.go()
    until(lambda: descriptors(narrow) < 60, 5, "descriptors do not come back")
    assert narrow.do("chair", "record.note", text="after them")["seq"]


def test_connections_that_are_gone_before_they_are_accepted_do_no_harm(narrow: RunningService) -> None:
    """ECONNABORTED, or a socket whose address cannot be had any more: 300 of them, ended by a reset at once."""
    for _ in range(300):
        sock = socket.create_connection(("127.0.0.1", narrow.port), timeout=5)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()
    assert narrow.do("chair", "record.note", text="after them")["seq"]
    assert "Traceback" not in narrow.log()
    until(lambda: descriptors(narrow) < 60, 5, "descriptors do not come back")


def test_anonymous_sockets_cannot_keep_the_chair_out(narrow: RunningService, strangers: Strangers) -> None:
    """As many strangers follow as are let in, and hundreds more try; the chair presses, and follows over a socket."""
    with ExitStack() as at_the_end:
        for _ in range(LIMIT):
            try:
                wire = Wire(narrow.url, timeout=1)
            except (NotLetIn, OSError, AssertionError):
                break
            at_the_end.callback(wire.close)
            assert follow(wire, narrow, "follow")["ok"]
        strangers.come(narrow, 50)
        assert patiently(lambda: narrow.http.get(f"{narrow.url}/healthz", timeout=2).ok)
        key = "k" * 32
        assert patiently(lambda: narrow.post("chair", "record.note", {"text": "in the storm"}, key).status_code == 200)

        def chair_follows() -> bool:
            wire = Wire(narrow.url, {"token": narrow.token("chair")}, timeout=2)
            at_the_end.callback(wire.close)
            return bool(follow(wire, narrow, "staff")["ok"])

        assert patiently(chair_follows)


def test_followers_keep_their_places_when_strangers_come(narrow: RunningService, strangers: Strangers) -> None:
    """Those who are in are not cut for those who want in: 30 followers with a link still hear afterwards."""
    codes = list(narrow.demo["tokens"]["delegates"])
    wires = [Wire(narrow.url, {"token": narrow.token(codes[n % len(codes)])}) for n in range(30)]
    assert all(follow(wire, narrow, "delegate")["ok"] for wire in wires)
    strangers.come(narrow, 150)
    time.sleep(0.5)
    assert all(isinstance(wire.call("time"), int) for wire in wires)
    for wire in wires:
        wire.close()


def follow(wire: Wire, served: RunningService, audience: str) -> Json:
    asked = {"meeting": served.meeting, "audience": audience, "seq": 0, "epoch": "", "chain": ""}
    answer: Json = wire.call("follow", asked)
    return answer


def patiently(what: Callable[[], bool], seconds: float = 8.0) -> bool:
    """Tried again and again as pages do, each time over a new connection."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(NotLetIn, OSError, AssertionError):
            if what():
                return True
        time.sleep(0.2)
    return False


# -------------------------------------------------------------------------------------------------- halves of requests


def test_half_heads_give_their_descriptors_back(served: RunningService, strangers: Strangers) -> None:
    """Five times 200, each with another half; the stranger keeps them open, the server does not."""
    before = held(served)
    line = b"GET / HTTP/1.1\r\n"
    for data in (b"G", line, line + b"Host: x\r\nX-A: ", line + b"Host: x\r\n\r", b"\r"):
        strangers.come(served, 200, data)
    until(lambda: strangers.open() == 0, 12, "half heads are still open")
    until(lambda: held(served) <= before + 5, 5, f"{held(served) - before} descriptors are leaked")
    assert len(served.log()) < 20_000 and "Traceback" not in served.log()


@pytest.mark.skipif(MODE == "eventlet", reason="green threads are no threads of the system")
def test_who_only_knocks_costs_no_thread(served: RunningService, strangers: Strangers) -> None:
    before = served.threads()
    strangers.come(served, 300, b"GET / HTTP/1.1\r\nHost: x")
    assert served.state("chair")["seq"]
    assert served.threads() <= before + 2


def test_who_makes_way_before_a_first_request_gives_its_descriptor_back_at_once(
    narrow: RunningService, strangers: Strangers
) -> None:
    """However fast they come: the limit is never reached, so the database is always at hand."""
    most, over = 0, threading.Event()

    def look() -> None:
        nonlocal most
        while not over.is_set():
            most = max(most, descriptors(narrow))

    watcher = threading.Thread(target=look)
    watcher.start()
    for _ in range(5):
        strangers.come(narrow, 200, b"GET /healthz HTTP/1.1\r\nHost: x")
    over.set()
    watcher.join()
    assert most < LIMIT - 8, f"{most} of {LIMIT} descriptors were open"
    assert "no connection can be taken" not in narrow.log()


@pytest.mark.parametrize("shut", [True, False], ids=["half closed", "reset"])
def test_halves_that_go_give_their_descriptors_back(shut: bool, served: RunningService) -> None:
    before = held(served)
    for _ in range(200):
        sock = socket.create_connection(("127.0.0.1", served.port), timeout=5)
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        if shut:
            sock.shutdown(socket.SHUT_WR)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()
    until(lambda: held(served) <= before + 5, 5, "descriptors do not come back")


def test_a_request_has_one_deadline_for_the_whole(served: RunningService, strangers: Strangers) -> None:
    """A byte each second, small bodies and large, also when told to go on; and sockets that are upgraded and silent."""
    before, path = held(served), f"/api/v1/meetings/{served.meeting}/commands/record.note"
    for who in (served.token("chair"), "x" * 43):
        for size in (100, 60_000, 2_000_000):
            for more in ("", "Expect: 100-continue\r\n"):
                head = (
                    f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nAuthorization: Bearer {who}\r\n"
                    f"Idempotency-Key: {'k' * 32}\r\nContent-Type: application/json\r\n{more}"
                    f"Content-Length: {size}\r\n\r\n"
                )
                strangers.come(served, 1, head.encode())
    silent = Strangers()
    upgrade = (
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    silent.come(served, 100, upgrade.encode())
    began = time.monotonic()
    while strangers.open() + silent.open():
        passed = time.monotonic() - began
        assert passed < 28, f"{len(strangers.socks)} slow bodies are still read"
        assert passed < 14 or not silent.socks, f"{len(silent.socks)} silent sockets are still open"
        strangers.say(b" ")
        time.sleep(1)
    until(lambda: held(served) <= before + 5, 5, "descriptors do not come back")
    assert "Traceback" not in served.log()


# --------------------------------------------------------------------------------------------------- an end under load


def test_it_ends_cleanly_under_load(tmp_path: Path, strangers: Strangers) -> None:
    """Pipelines, half heads, sockets and presses go on while it ends: code 0, soon, nothing acknowledged is lost."""
    service = RunningService(tmp_path)
    assert service.meeting
    service.start()
    stop, done = threading.Event(), list[int]()
    many = f"GET /api/v1/time HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n\r\n".encode() * 500
    strangers.come(service, 20, b"GET / HTTP/1.1\r\nHost: x\r\n")
    wires = [Wire(service.url) for _ in range(10)]

    def load(work: Callable[[], None]) -> threading.Thread:
        def again() -> None:
            with contextlib.suppress(OSError, AssertionError):
                while not stop.is_set():
                    work()

        thread = threading.Thread(target=again, daemon=True)
        thread.start()
        return thread

    def pipeline() -> None:
        with socket.create_connection(("127.0.0.1", service.port), timeout=5) as sock:
            sock.sendall(many)
            while sock.recv(65_536):
                pass

    threads = [load(pipeline) for _ in range(2)]
    threads.append(load(lambda: done.append(service.do("chair", "record.note", text="under load")["seq"])))
    until(lambda: len(done) > 5, 20, "no press was answered")
    began = time.monotonic()
    assert service.stop() == 0
    assert time.monotonic() - began < 9
    stop.set()
    for thread in threads:
        thread.join(10)
    for wire in wires:
        wire.close()
    assert "Traceback" not in service.log(), service.log()[-2000:]
    listed = service.verb("export-log", "--meeting", service.meeting, "-o", str(tmp_path / "log.jsonl"))
    assert listed.returncode == 0, listed.stderr
    kept = max(int(found) for found in re.findall(r'"seq": ?(\d+)', (tmp_path / "log.jsonl").read_text()))
    assert kept >= max(done)
