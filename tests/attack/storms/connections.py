"""Attacks by connections alone: idle, half a head, half open, dripping bodies, ten thousand, who never reads."""

from __future__ import annotations

import contextlib
import itertools
import socket
import time

from tests.attack.storms.kinds import Aim, Storm
from tests.attack.storms.swarm import Swarm

#: Connections that a storm opens in all, and how many of them may wait at once.
TEN_THOUSAND = 10_000
AT_ONCE = 500


def idle(swarm: Swarm, aim: Aim, until: float) -> None:
    swarm.run(until, lambda: swarm.keep(800, swarm.open))


def half_heads(swarm: Swarm, aim: Aim, until: float) -> None:
    """Five times 200 heads that never end."""
    half = aim.get("/", "X-Slow: ")[:-4]
    began = time.monotonic()
    for n in range(5):
        for _ in range(200):
            swarm.open(half)
        swarm.run(min(until, began + 2 * (n + 1)))
    swarm.run(until)


def half_open(swarm: Swarm, aim: Aim, until: float) -> None:
    """Closed on our side at once, or a WebSocket that is accepted and never joins."""
    upgrade = aim.get(
        "/socket.io/?EIO=4&transport=websocket",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )
    turn = itertools.cycle((b"", b"GET / HT", upgrade, upgrade))

    def one() -> None:
        data = next(turn)
        line = swarm.open(data)
        swarm.pump(0)
        if line is not None and data is not upgrade:
            with contextlib.suppress(OSError):
                line.sock.shutdown(socket.SHUT_WR)

    swarm.run(until, lambda: swarm.keep(500, one, 20))


def slow_body(swarm: Swarm, aim: Aim, until: float) -> None:
    """One byte of a body each six seconds, for as long as the server listens."""
    path = f"/api/v1/meetings/{aim.meeting}/commands/record.note"
    head = aim.post(path, b"", "Content-Type: application/json", "Idempotency-Key: 0123456789abcdef")
    head = head.replace(b"Content-Length: 0", b"Content-Length: 200")

    def tend(now: float) -> None:
        for line in list(swarm.lines.values()):
            if now >= line.drip_at:
                line.drip_at = now + 6
                swarm.say(line, b" ")

    for _ in range(100):
        swarm.open(head)
    swarm.tend = tend
    swarm.run(until)


def storm(swarm: Swarm, aim: Aim, until: float) -> None:
    """Ten thousand connections: a third says nothing, a third asks and goes, a third ends by a reset."""
    ask, kinds = aim.get("/healthz"), itertools.count()

    def one() -> None:
        n = next(kinds) % 3
        line = swarm.open(b"" if n == 0 else ask)
        if line is not None and n == 2:
            swarm.drop(line, reset=True)

    def step() -> None:
        if swarm.opened < TEN_THOUSAND:
            if len(swarm.lines) >= AT_ONCE:
                for line in list(swarm.lines.values())[:50]:
                    swarm.drop(line)
            swarm.keep(AT_ONCE, one, 50)

    swarm.run(until, step, 0.01)


def slow_readers(swarm: Swarm, aim: Aim, until: float) -> None:
    """Ask for large answers again and again and never read one."""
    asks = (aim.get(f"/b/{aim.body}") + aim.get(f"/api/v1/meetings/{aim.meeting}/state")) * 20
    swarm.run(until, lambda: swarm.keep(100, lambda: swarm.open(asks, reads=False, buffer=4096), 10))


STORMS = (
    Storm("idle", "idle connections, limit of 400 descriptors", idle, holds=True, descriptors=400),
    Storm("half-heads", "5 x 200 half heads, limit of 1,024", half_heads, holds=True, descriptors=1024),
    Storm("half-open", "half-open connections", half_open, holds=True),
    Storm("slow-body", "100 bodies, 1 byte each 6 s", slow_body, holds=True),
    Storm("storm", "10,000 connections", storm),
    Storm("slow-readers", "100 that ask and never read", slow_readers, holds=True),
)
