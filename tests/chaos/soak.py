"""A soak: people come, follow and go, meetings are read once and never again, and the server stays as large as it was.

What it is like is seen from outside, in /proc: memory and open descriptors. Kills are in storm.py.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.attack.prepared import schedule
from tests.attack.storms.kinds import Aim
from tests.attack.storms.sockets import Visitors
from tests.attack.storms.swarm import Line, Swarm
from tests.support.running_service import RunningService

#: Followers that come and go each second, and how many meetings are read in all, evenly over the time, each once.
COMINGS, MEETINGS = 100, 3_000
#: The last third is within this of the middle third; the first is for what a server learns once.
FLAT = 1.10
LOOKS_A_MINUTE = 12


@dataclass(slots=True)
class Soaked:
    """`looks` is [(seconds since the start, open descriptors, KB of memory)]."""

    seconds: float
    came: int = 0
    read: int = 0
    presses: int = 0
    looks: list[tuple[float, int, int]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        return [
            f"{self.seconds / 60:.1f} minutes: {self.came} came and went, {self.read} meetings were only read, "
            f"{self.presses} presses",
            *(self.faults or ["memory and descriptors were flat in the last two thirds"]),
        ]


def grown(values: Sequence[float]) -> float:
    """How many times the middle third the last third is, each by its median."""
    third = len(values) // 3
    middle, last = values[third : 2 * third], values[-third:]
    return statistics.median(last) / statistics.median(middle) if third else 1.0


def soak(folder: Path, seconds: float, say: Callable[[str], None] = lambda _: None, meetings: int = MEETINGS) -> Soaked:
    """The whole run on a new database in `folder`."""
    report, served = Soaked(seconds), RunningService(folder)
    known = schedule(folder, served.demo["body"], meetings)
    served.start()
    try:
        _run(served, known, report, say)
        code = served.stop()
        report.faults += [] if code == 0 else [f"the server ended with {code}: {served.log()[-500:]}"]
    except (OSError, AssertionError) as fault:  # those of requests are OSErrors
        report.faults.append(f"the server did not answer: {fault}: {served.log()[-500:]}")
    finally:
        served.kill()
    report.faults += judged(report.looks)
    return report


def judged(looks: Sequence[tuple[float, int, int]]) -> list[str]:
    """What was not flat, in words."""
    found = []
    for what, values in (("descriptors", [look[1] for look in looks]), ("memory", [look[2] for look in looks])):
        if (times := grown(values)) > FLAT:
            found.append(
                f"{what} grew by {times - 1:.0%} from the middle to the last third: {values[0]} to {values[-1]}"
            )
    return found


def _run(served: RunningService, known: list[str], report: Soaked, say: Callable[[str], None]) -> None:
    aim = Aim(served.port, served.meeting, served.demo["body"], "", "127.0.0.1")
    swarm, turn = Swarm(aim), itertools.cycle([served.meeting, *known[:50]])
    visitors, unread = Visitors(swarm, aim, lambda: next(turn)), iter(known)
    began, came = time.monotonic(), 0
    pressed, looked, told = began, began, 0

    def heard(line: Line, data: bytes) -> None:
        swarm.drop(line)
        report.read += data.startswith(b"HTTP/1.1 200")

    while (passed := time.monotonic() - began) < report.seconds:
        for _ in range(min(5, int(passed * COMINGS) - came)):
            came += visitors.come() is not None
        if report.read < passed / report.seconds * len(known) and (meeting := next(unread, None)):
            swarm.open(aim.get(f"/api/v1/meetings/{meeting}/state", "Connection: close"), heard=heard)
        swarm.pump(0.005)
        now = time.monotonic()
        if now - pressed > 1:
            served.do("chair", "record.note", text="once a second")
            report.presses, pressed = report.presses + 1, now
        if now - looked > 60 / LOOKS_A_MINUTE:
            report.looks.append((passed, *served.usage()))
            looked = now
        if passed // 60 > told:
            told = int(passed // 60)
            _, count, kb = report.looks[-1]
            say(f"minute {told}: {kb / 1024:.1f} MB, {count} descriptors, {visitors.gone} came and went")
    report.came = visitors.gone
    for line in list(swarm.lines.values()):
        swarm.drop(line)
