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


#: Leaves the namespace, and closes the WebSocket.
GOODBYE = frame("41") + b"\x88\x82" + bytes(4) + b"\x03\xe8"


def upgrade(aim: Aim) -> bytes:
    return aim.get(
        "/socket.io/?EIO=4&transport=websocket",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )


def following(meeting: str) -> str:
    asked = {"meeting": meeting, "audience": "follow", "seq": 0, "epoch": "", "chain": ""}
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
    follow = frame(follow_(aim))
    opener = joined(swarm, aim, lambda line: swarm.say(line, follow))
    swarm.run(until, lambda: swarm.keep(800, opener, 50))


class Visitors:
    """Followers without a credential that come, follow a meeting, and go as soon as they are answered.

    A third says goodbye, a third just closes, a third is reset. `gone` counts them.
    """

    def __init__(self, swarm: Swarm, aim: Aim, which: Callable[[], str]) -> None:
        self.swarm, self.which, self.gone = swarm, which, 0
        self.come = joined(swarm, aim, self._follows)

    def _follows(self, line: Line) -> None:
        line.heard = self._answered
        self.swarm.say(line, frame(following(self.which())))

    def _answered(self, line: Line, data: bytes) -> None:
        if b"431[" in data:
            self.gone += 1
            if self.gone % 3 == 0:
                self.swarm.say(line, GOODBYE)
            if line.sock.fileno() in self.swarm.lines:
                self.swarm.drop(line, reset=self.gone % 3 == 1)


def coming_and_going(swarm: Swarm, aim: Aim, until: float) -> None:
    visitors = Visitors(swarm, aim, lambda: aim.meeting)
    swarm.run(until, lambda: swarm.keep(50, visitors.come, 10))


def follow_(aim: Aim) -> str:
    return following(aim.meeting)


def time_(aim: Aim) -> str:
    return '421["time"]'


STORMS = (
    Storm("follow", "flood of follow, 20 sockets", flood(20, follow_)),
    Storm("time", "flood of time, 50 sockets", flood(50, time_)),
    Storm("places", "anonymous sockets take all places, limit of 400", places, descriptors=400),
    Storm("coming", "followers that come and go, 50 at once", coming_and_going),
)
