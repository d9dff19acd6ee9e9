"""Attacks that make the server wait: for a head, for one who does not read, for a body; and doors that never open."""

from __future__ import annotations

import itertools
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


def no_bodies(swarm: Swarm, aim: Aim, until: float) -> None:
    """The same of strangers, who need no link for it."""
    head = aim.post(f"/api/v1/meetings/{aim.meeting}/commands/record.note", b" ", "Content-Type: text/plain")
    head = head.replace(b"Content-Length: 1", b"Content-Length: 200")
    swarm.run(until, lambda: swarm.keep(800, lambda: swarm.open(head), 50))


STORMS = (
    Storm("blank-lines", "lines before a head that never comes, 60", blank_lines),
    Storm("pongs", "20 followers that read nothing and ping", pongs),
    Storm("handshakes", "handshakes that are none, 50 connections", asking(50, no_handshake)),
    Storm("one-link", "one link takes all places, limit of 400", one_link, descriptors=400),
    Storm("no-bodies", "bodies of strangers take all places, same", no_bodies, descriptors=400),
)
