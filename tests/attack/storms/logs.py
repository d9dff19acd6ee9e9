"""Attacks on the log: long request lines that are none, and broken requests that hold the secret of a real link."""

from __future__ import annotations

import functools
import itertools

from tests.attack.storms.kinds import Aim, Storm
from tests.attack.storms.swarm import Line, Swarm


def going(swarm: Swarm, line: Line, data: bytes) -> None:
    """Answered: that was all that was wanted of this connection."""
    swarm.drop(line)


def each_on_its_own(swarm: Swarm, made: tuple[bytes, ...], until: float) -> None:
    """One after the other, each over a new connection, as fast as it goes."""
    turn, gone = itertools.cycle(made), functools.partial(going, swarm)
    swarm.run(until, lambda: swarm.keep(20, lambda: swarm.open(next(turn), heard=gone)), 0.005)


def bad_lines(swarm: Swarm, aim: Aim, until: float) -> None:
    """As long as a line may be, of bytes that are long when they are written down escaped."""
    head = b"\r\nHost: " + aim.host.encode() + b"\r\n\r\n"
    junk = (
        b"\x00" * 8_100,
        b"GET /" + b"\xff\x1b" * 4_000 + b" HTTP/1.1",
        b"GET / HTTP/" + b"\x01" * 8_000,
        b"A" * 73_000,
    )
    each_on_its_own(swarm, tuple(line + head for line in junk), until)


def broken_links(swarm: Swarm, aim: Aim, until: float) -> None:
    link, host = aim.link.encode(), aim.host.encode()
    made = (
        b"GET /join/%s\x00 HTTP/1.1\r\nHost: %s\r\n\r\n" % (link, host),
        b"GET /join/%s HTTP/9\r\n\r\n" % link,
        b"/join/%s\r\n\r\n" % link,
        b"GET /join/%s HTTP/1.1\r\nHost: %s\r\nNo colon %s\r\n\r\n" % (link, host, link),
        b"GET //%%6Aoin/%s HTTP/1.1\r\nHost: %s\r\nContent-Length: %s\r\n\r\n" % (link, host, link),
        b"POST /join/%s HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: %s\r\n\r\n" % (link, host, link),
    )
    each_on_its_own(swarm, made, until)


STORMS = (
    Storm("bad-lines", "request lines that are none, 8 to 73 KB", bad_lines),
    Storm("broken-links", "broken /join/<token> requests", broken_links),
)
