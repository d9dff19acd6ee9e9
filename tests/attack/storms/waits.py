"""Attacks that make the server wait: for a head, for one who does not read, for a body; and doors that never open."""

from __future__ import annotations

import itertools
import re
import select
from collections.abc import Callable

from tests.attack.storms.kinds import Aim, Storm
from tests.attack.storms.reads import asking
from tests.attack.storms.sockets import following, frame, joined, upgrade
from tests.attack.storms.swarm import Line, Swarm

PING = b"\x89\x80" + bytes(4)


def blank_lines(swarm: Swarm, aim: Aim, until: float) -> None:
    """Lines before a head are passed over; a head never comes."""
    turn = itertools.cycle((b"\r\n\r\n", b"\n\n", b"\r\n\r\nGET / HT"))
    swarm.run(until, lambda: swarm.keep(60, lambda: swarm.open(next(turn)), 20))


def pongs(swarm: Swarm, aim: Aim, until: float) -> None:
    """Followers ask for much, read nothing more, and ping: the answer to a ping waits behind what they do not read."""
    much = frame(following(aim.meeting)) * 10 + PING * 5

    def then(line: Line) -> None:
        line.reads = False
        swarm.poll.modify(line.sock, select.EPOLLOUT | select.EPOLLRDHUP)
        swarm.say(line, much)

    opener = joined(swarm, aim, then)
    swarm.run(until, lambda: swarm.keep(20, opener, 10))


def no_handshake(aim: Aim) -> Callable[[], bytes]:
    """Asks for a WebSocket in ways that are none."""
    good = upgrade(aim)
    turn = itertools.cycle(
        (
            good.replace(b"AAAAAAAAAAAAAAAAAAAAAA==", b"short"),
            good.replace(b"Connection: Upgrade\r\n", b""),
            good.replace(b"Upgrade: websocket\r\n", b""),
        )
    )
    return lambda: next(turn)


def one_link(swarm: Swarm, aim: Aim, until: float) -> None:
    """Somebody with a link, any link: proved once, then all places are taken by bodies that do not come."""
    right = f"Authorization: Bearer {aim.link}"
    swarm.open(aim.get(f"/api/v1/meetings/{aim.meeting}/state", right))
    head = aim.post(f"/api/v1/meetings/{aim.meeting}/commands/record.note", b" ", right, "Content-Type: text/plain")
    head = head.replace(b"Content-Length: 1", b"Content-Length: 200")
    swarm.run(until, lambda: swarm.keep(800, lambda: swarm.open(head), 50))


def polls(connections: int) -> Callable[[Swarm, Aim, float], None]:
    """Anonymous followers by HTTP: each learns where the meeting stands, waits for what comes, and then the next; each
    act wakes them all. Who is refused asks again at once."""

    def strike(swarm: Swarm, aim: Aim, until: float) -> None:
        path = f"/api/v1/meetings/{aim.meeting}/state"
        first, stands, most = aim.get(path), re.compile(rb'"(seq|epoch|chain)":"?([0-9a-f]+)'), 25

        def heard(line: Line, data: bytes) -> None:
            if not data.startswith(b"HTTP/1."):
                return
            found = {name.decode(): value.decode() for name, value in reversed(stands.findall(data))}
            if data.startswith(b"HTTP/1.1 200") and len(found) == 3:
                line.asks = aim.get(f"{path}?wait={most}&" + "&".join(f"{n}={v}" for n, v in found.items()))
            swarm.say(line, line.asks or first)

        swarm.run(until, lambda: swarm.keep(connections, lambda: swarm.open(first, heard=heard), 50))

    return strike


def no_bodies(swarm: Swarm, aim: Aim, until: float) -> None:
    """The same of strangers, who need no link for it."""
    head = aim.post(f"/api/v1/meetings/{aim.meeting}/commands/record.note", b" ", "Content-Type: text/plain")
    head = head.replace(b"Content-Length: 1", b"Content-Length: 200")
    swarm.run(until, lambda: swarm.keep(800, lambda: swarm.open(head), 50))


STORMS = (
    Storm("blank-lines", "lines before a head that never comes, 60", blank_lines),
    Storm("pongs", "20 followers that read nothing and ping", pongs),
    Storm("handshakes", "handshakes that are none, 50 connections", asking(50, no_handshake)),
    Storm("polls", "anonymous long polls, 800 connections", polls(800)),
    Storm("polls-places", "anonymous long polls take all places, limit of 400", polls(800), descriptors=400),
    Storm("one-link", "one link takes all places, limit of 400", one_link, descriptors=400),
    Storm("no-bodies", "bodies of strangers take all places, same", no_bodies, descriptors=400),
)
