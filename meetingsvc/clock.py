"""The time of the service: one clock for a process, and what it does with a wall clock that was set.

Within a process time goes by the running clock of the machine, anchored to the wall clock at its start; what a
meeting's log says of time is judged in the same way. Not here: the time of timers and deadlines, which is monotonic
anyway, and time zones (environment.py).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger("meetingsvc.clock")

Clock = Callable[[], int]

MS = 1_000_000
#: Milliseconds by which the wall clock, or a log, may leave our time: within them it is followed by small steps.
LEEWAY = 2_000
#: The small steps, in ms for each second that passes: time never runs back, and nobody sees it.
STEP = 5
#: States of a meeting in which a speaker's time may run, and those in which none will be measured any more.
SITS, OVER = frozenset({"open", "suspended"}), frozenset({"closed", "cancelled"})
#: Nanoseconds between the looks at two clocks beyond which they say nothing about each other.
BLINK = 100 * MS


def running() -> int:
    """Nanoseconds of a clock that nobody sets; it goes on while the machine sleeps, where the system has such a one."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return time.monotonic_ns()


def wall() -> int:
    """Nanoseconds UTC as the machine has them now."""
    return time.time_ns()


class ServerClock:
    """Calling it gives ms UTC. `off`: the wall clock was set, and is not followed.

    One per process. A wall clock within two seconds is followed by small steps; beyond that it is taken over by whoever
    starts the process again.
    """

    def __init__(self, wall: Clock = wall, running: Clock = running) -> None:
        self._wall, self._running = wall, running
        self._lock = threading.Lock()
        self._read_at = running()
        self._ahead = wall() - self._read_at
        self.off = False

    def __call__(self) -> int:
        with self._lock:
            before = self._running()
            now_by_the_wall = self._wall()
            at = self._running()
            passed, self._read_at = at - self._read_at, at
            gap = now_by_the_wall - at - self._ahead
            was = self.off
            if at - before < BLINK:  # else we were stopped between the two looks
                self.off = abs(gap) > (LEEWAY - LEEWAY // 4 if was else LEEWAY) * MS  # at the edge it is said once
            if not self.off:
                most = passed * STEP // 1_000
                self._ahead += max(-most, min(most, gap))
            now = (at + self._ahead) // MS
        if self.off != was:
            self._say(gap)
        return now

    def _say(self, gap: int) -> None:
        if self.off:
            way = "AHEAD OF" if gap > 0 else "BEHIND"
            log.error(
                "THE SERVER'S CLOCK WAS SET: it is %.1f s %s the time that meetings go by, which goes on as before. "
                "Set it right; or, if it is right now, start the service again while nobody speaks.",
                abs(gap) / 1e9,
                way,
            )
        else:
            log.warning("the server's clock is right again")


@dataclass(frozen=True, slots=True)
class _Lead:
    """How far a log was ahead of the clock, in ms, and when (ms UTC) that was seen."""

    by: int
    seen_at: int


class Leads:
    """Meetings whose log is ahead of the clock: acts were done while a clock ran ahead, here or elsewhere.

    Time in such a meeting goes on from its last entry, since it must neither run back nor stand still; it nears the
    clock's by small steps, and is the clock's again when that is past the last entry while the meeting does not sit.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._leads: dict[str, _Lead] = {}

    def __bool__(self) -> bool:
        return bool(self._leads)

    def __contains__(self, meeting: str) -> bool:
        return meeting in self._leads

    def now(self, meeting: str) -> int:
        """The time in a meeting, ms UTC."""
        now, lead = self._clock(), self._leads.get(meeting)
        return now + _left(lead, now) if lead else now

    def most(self) -> int:
        """By how many ms the time of any meeting is ahead, at most."""
        return max((lead.by for lead in tuple(self._leads.values())), default=0)

    def seen(self, meeting: str, last: int, state: str) -> None:
        """The last entry of a meeting's log is of this moment (ms UTC), and this is the meeting's state."""
        now, lead = self._clock(), self._leads.get(meeting)
        left = _left(lead, now) if lead else 0
        if state in OVER or (lead and (not left or (state not in SITS and last <= now))):
            if self._leads.pop(meeting, None):
                log.warning("meeting %s goes by the server's clock again", meeting)
        elif last - now - left > LEEWAY:
            self._leads[meeting] = _Lead(last - now, now)
            log.error(
                "THE LOG OF MEETING %s IS AHEAD of the server's clock by %.1f s: an act was done while a clock was "
                "wrong. Its time goes on from there.",
                meeting,
                (last - now) / 1_000,
            )


def _left(lead: _Lead, now: int) -> int:
    return max(0, lead.by - max(0, now - lead.seen_at) * STEP // 1_000)
