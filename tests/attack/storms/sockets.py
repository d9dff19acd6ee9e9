"""Attacks by the socket: floods of `follow` and `time`, all places taken by anonymous ones, coming and going."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.attack.storms.kinds import Aim, Storm
from tests.attack.storms.swarm import Line, Swarm


def frame(text: str) -> bytes:
    """One masked text frame; the mask is zero, so that nothing has to be computed."""
    data = text.encode()
    head = bytes((0x81, 0x80 | len(data))) if len(data) < 126 else b"\x81\xfe" + len(data).to_bytes(2, "big")
    return head + bytes(4) + data


def upgrade(aim: Aim) -> bytes:
    return aim.get(
        "/socket.io/?EIO=4&transport=websocket", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )  # fmt: skip


def following(aim: Aim) -> str:
    asked = {"meeting": aim.meeting, "audience": "follow", "seq": 0, "epoch": "", "chain": ""}
    return f'421["follow",{json.dumps(asked)}]'


def joined(swarm: Swarm, aim: Aim, then: Callable[[Line], None]) -> Callable[[], Line | None]:
    """Opens a socket without a credential, joins, and goes on as told once it is in."""
    first, join = upgrade(aim), frame("40")

    def heard(line: Line, data: bytes) -> None:
        if line.talked == 0 and b"101" in data[:20]:
            line.talked = 1
            swarm.say(line, join)
        elif line.talked == 1 and b"40{" in data:
            line.talked = 2
            then(line)
        elif line.talked == 2 and b"\x012" in data:
            swarm.say(line, frame("3"))

    return lambda: swarm.open(first, heard=heard)


def flood(connections: int, said: Callable[[Aim], str]) -> Callable[[Swarm, Aim, float], None]:
    """The same event as fast as it goes, from so many sockets; who is cut comes back."""

    def strike(swarm: Swarm, aim: Aim, until: float) -> None:
        again = frame(said(aim)) * 100

        def then(line: Line) -> None:
            line.again = again
            swarm.say(line, again)

        opener = joined(swarm, aim, then)
        swarm.run(until, lambda: swarm.keep(connections, opener, 10))

    return strike


def places(swarm: Swarm, aim: Aim, until: float) -> None:
    """Anonymous followers, as many as the server lets in, and those who are cut come back at once."""
    follow = frame(following(aim))
    opener = joined(swarm, aim, lambda line: swarm.say(line, follow))
    swarm.run(until, lambda: swarm.keep(800, opener, 50))


def coming_and_going(swarm: Swarm, aim: Aim, until: float) -> None:
    """Followers that come, follow, and are gone: half of them without a goodbye."""
    follow, turn = frame(following(aim)), [0]

    def then(line: Line) -> None:
        def answered(line: Line, data: bytes) -> None:
            if b"431[" in data:
                turn[0] += 1
                swarm.drop(line, reset=turn[0] % 2 == 0)

        line.heard = answered
        swarm.say(line, follow)

    opener = joined(swarm, aim, then)
    swarm.run(until, lambda: swarm.keep(50, opener, 10))


def time_(aim: Aim) -> str:
    return '421["time"]'


STORMS = (
    Storm("follow", "flood of follow, 20 sockets", flood(20, following)),
    Storm("time", "flood of time, 50 sockets", flood(50, time_)),
    Storm("places", "anonymous sockets take all places, limit of 400", places, descriptors=400),
    Storm("coming", "followers that come and go, 50 at once", coming_and_going),
)
