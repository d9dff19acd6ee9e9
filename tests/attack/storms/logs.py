"""Attacks on the log: request lines of 64 KB that are none, and broken requests that hold the secret of a real link."""

from __future__ import annotations

import itertools

from tests.attack.storms.kinds import Aim, Storm
from tests.attack.storms.swarm import Swarm


def bad_lines(swarm: Swarm, aim: Aim, until: float) -> None:
    junk = (
        b"\xff\x00G\x1b[31m" * 10_000 + b"\r\n\r\n",
        b"A" * 73_000 + b"\r\n\r\n",
        b"GET " + b"/%0a" * 4_000 + b"\r\n",
    )
    turn = itertools.cycle(junk)
    swarm.run(until, lambda: swarm.keep(20, lambda: swarm.open(next(turn))), 0.005)


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
    turn = itertools.cycle(made)
    swarm.run(until, lambda: swarm.keep(20, lambda: swarm.open(next(turn))), 0.005)


STORMS = (
    Storm("bad-lines", "request lines that are none, 73 KB", bad_lines),
    Storm("broken-links", "broken /join/<token> requests", broken_links),
)
