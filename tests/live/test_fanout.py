"""The fan-out on real sockets: one send for a burst, nobody waits for a slow one, order is kept, CONNECT is first.

These are tests of the manager for eventlet, so they run the same whatever mode the suite is run in.
"""

from __future__ import annotations

import contextlib
import json
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import socketio

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402
from eventlet import greenio  # noqa: E402

from meetingsvc.live import admission, eventlet_connection, fanout  # noqa: E402
from meetingsvc.live.packets import Encoded, WirePacket  # noqa: E402

BODY = Encoded('{"n":%d,"pad":"' + "x" * 400 + '"}')


class FanoutScenario:
    """A server without a listener; links on loopback sockets, or on nothing at all."""

    def __init__(self) -> None:
        self.manager = fanout.FanoutManager()
        self.server = socketio.Server(
            async_mode="eventlet", client_manager=self.manager, serializer=WirePacket, monitor_clients=False
        )
        self.report = admission.Reporter()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.theirs: list[socket.socket] = []

    def link(self, accepted: bool = True, room: str = "hall", read_buffer: int = 0) -> tuple[Any, socket.socket, str]:
        """(our link, their socket, sid) of somebody in the room."""
        theirs = socket.socket()
        if read_buffer:
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, read_buffer)
        theirs.connect(self.listener.getsockname())
        theirs.settimeout(5)
        self.theirs.append(theirs)
        link = eventlet_connection.EventletConnection(greenio.GreenSocket(self.listener.accept()[0]), {}, self.report)
        if accepted:
            link.was_accepted()
        return link, theirs, self.seat(link, room)

    def seat(self, link: Any, room: str = "hall") -> str:
        eio = f"eio{len(self.server.environ)}"
        self.server.environ[eio] = {"meetingsvc.link": link}
        sid = str(self.manager.connect(eio, "/"))
        self.server.enter_room(sid, room)
        return sid

    def say(self, first: int, count: int = 1, room: str = "hall") -> None:
        for n in range(first, first + count):
            self.server.emit("change", Encoded(BODY % n), to=room)

    def close(self) -> None:
        for sock in (*self.theirs, self.listener):
            sock.close()


@pytest.fixture
def scenario() -> Iterator[FanoutScenario]:
    made = FanoutScenario()
    yield made
    made.close()


def numbers(data: bytes) -> list[int]:
    """The `n` of every frame; fails if one is not whole."""
    found, at = [], 0
    while at < len(data):
        assert data[at] == 0x81 and data[at + 1] == 126, data[at : at + 4]
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        text = data[at + 4 : at + 4 + size].decode()
        assert len(text) == size and text.startswith("42"), text[:60]
        found.append(json.loads(text[2:])[1]["n"])
        at += 4 + size
    return found


def read(theirs: socket.socket, until: Callable[[bytes], bool]) -> bytes:
    data = b""
    deadline = time.monotonic() + 10
    theirs.setblocking(False)
    while not until(data):
        assert time.monotonic() < deadline
        eventlet.sleep(0.001)
        try:
            piece = theirs.recv(1 << 20)
        except BlockingIOError:
            continue
        if not piece:
            break
        data += piece
    return data


def turns(count: int = 5) -> None:
    for _ in range(count):
        eventlet.sleep(0)


def test_a_burst_is_one_send_for_each_follower(scenario: FanoutScenario) -> None:
    links = [scenario.link() for _ in range(5)]
    sends: list[int] = []
    for link, _, _ in links:
        real = link.send_now
        link.send_now = lambda data, real=real: sends.append(len(data)) or real(data)
    scenario.say(0, 50)
    assert not sends  # nothing before the hub's next turn
    turns()
    assert len(sends) == 5 and len(set(sends)) == 1
    for _, theirs, _ in links:
        assert numbers(read(theirs, lambda data: len(data) >= sends[0])) == list(range(50))


def test_a_single_one_leaves_in_the_next_turn(scenario: FanoutScenario) -> None:
    _, theirs, _ = scenario.link()
    scenario.say(7)
    turns(2)
    assert numbers(theirs.recv(10_000)) == [7]


def test_the_packet_and_the_frame_are_made_once(scenario: FanoutScenario, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    real = fanout.frames.pack
    monkeypatch.setattr(fanout.frames, "pack", lambda *a: made.append(1) or real(*a))
    for _ in range(20):
        scenario.link()
    scenario.say(1)
    turns()
    assert len(made) == 1


def test_no_broadcast_overtakes_the_answer_to_connect(scenario: FanoutScenario) -> None:
    link, theirs, _ = scenario.link(accepted=False)
    scenario.say(1, 3)
    turns()
    scenario.say(4, 2)
    turns()
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(10)
    link.send('0{"sid":"x"}')  # what Engine.IO says before is not the answer
    link.send('40{"sid":"y"}')
    theirs.settimeout(5)
    turns()
    data = read(theirs, lambda data: len(data) > 5 * 400)
    opened, answer = b'0{"sid":"x"}', b'40{"sid":"y"}'
    assert data.startswith(b"\x81" + bytes([len(opened)]) + opened + b"\x81" + bytes([len(answer)]) + answer)
    assert numbers(data[4 + len(opened) + len(answer) :]) == [1, 2, 3, 4, 5]
    scenario.say(6)
    turns()
    assert numbers(theirs.recv(10_000)) == [6]


def test_one_who_does_not_read_is_cut_and_the_others_hear_everything(scenario: FanoutScenario) -> None:
    slow, _, _ = scenario.link(read_buffer=4096)
    quick, theirs, _ = scenario.link()
    said = 0
    heard = b""
    theirs.setblocking(False)
    while not slow.closed:
        assert said < 20_000, "never cut"
        scenario.say(said, 20)
        said += 20
        turns(3)
        with contextlib.suppress(BlockingIOError):
            heard += theirs.recv(1 << 20)
    # What the kernel keeps and our backlog: no more than that was ever held for it.
    assert said * 430 < eventlet_connection.BACKLOG + 4 * 262_144 + 400_000
    heard += read(theirs, lambda data: len(heard) + len(data) >= said * (len(BODY % 0) - 1))
    assert numbers(heard) == list(range(said))
    assert scenario.report.counts == {"backlog full": 1}
    assert not quick.closed


def test_one_who_reads_late_gets_whole_frames_in_order(scenario: FanoutScenario) -> None:
    link, theirs, _ = scenario.link(read_buffer=4096)
    scenario.say(0, 2000)  # more than the kernel takes at once, less than the backlog
    turns()
    assert not link.open and not link.closed
    scenario.say(2000, 5)
    data = read(theirs, lambda data: b'"n":2004,' in data and data.endswith(b'"}]'))
    assert numbers(data) == list(range(2005))
    turns(10)
    assert link.open  # and is quick again


def test_one_who_stands_still_is_cut_in_time(scenario: FanoutScenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventlet_connection, "STALL", 0.2)
    link, _, _ = scenario.link(read_buffer=4096)
    scenario.say(0, 1500)
    turns()
    began = time.monotonic()
    while not link.closed:
        assert time.monotonic() - began < 5
        eventlet.sleep(0.02)
    assert scenario.report.counts == {"reads too slowly": 1}


def test_one_who_left_hears_what_was_said_before_and_nothing_after(scenario: FanoutScenario) -> None:
    link, theirs, sid = scenario.link()
    _, others, _ = scenario.link()
    scenario.say(1)
    scenario.server.leave_room(sid, "hall")
    scenario.say(2)
    turns()
    assert numbers(theirs.recv(10_000)) == [1]
    assert numbers(read(others, lambda data: len(data) > 800)) == [1, 2]
    assert not link.closed


def test_one_who_is_cut_hears_nothing_more(scenario: FanoutScenario) -> None:
    link, theirs, _ = scenario.link()
    scenario.say(1)
    link.cut()
    turns()
    assert theirs.recv(100) == b""


def test_rooms_do_not_hear_each_other(scenario: FanoutScenario) -> None:
    _, here, _ = scenario.link(room="one")
    _, there, _ = scenario.link(room="two")
    scenario.say(1, room="one")
    scenario.say(2, room="two")
    scenario.say(3, room="nobody")
    turns()
    assert numbers(here.recv(10_000)) == [1]
    assert numbers(there.recv(10_000)) == [2]


class Paper:
    """A link that only counts, to stand in a crowd."""

    def __init__(self, log: list[str]) -> None:
        self.open, self.log = True, log

    def send_now(self, data: bytes) -> int:
        self.log.append("sent")
        return len(data)


def test_a_large_crowd_does_not_keep_the_loop(scenario: FanoutScenario) -> None:
    log: list[str] = []
    crowd = {f"s{n}": Paper(log) for n in range(2 * fanout.STRIDE + 10)}
    _link, _, _ = scenario.link(room="hall")
    scenario.manager._links[("/", "hall")] = crowd  # type: ignore[assignment]

    def other() -> None:
        while log.count("sent") < len(crowd):
            log.append("other")
            eventlet.sleep(0)

    worker = eventlet.spawn(other)
    scenario.say(1)
    eventlet.sleep(0)
    worker.wait()
    between = "".join(word[0] for word in log)
    assert between.count("s") == len(crowd)
    assert "o" in between.strip("o"), "the others waited to the end"
    assert max(len(run) for run in between.split("o")) <= fanout.STRIDE


def test_what_is_for_one_alone_goes_upstreams_way(scenario: FanoutScenario, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(scenario.server, "_send_eio_packet", lambda eio, pkt: sent.append(eio))
    _, _, sid = scenario.link()
    scenario.link()
    scenario.server.emit("change", {"n": 1}, to=sid)
    scenario.server.emit("change", {"n": 2}, to="hall", skip_sid=sid)
    turns()
    assert sent == ["eio0", "eio1"]
