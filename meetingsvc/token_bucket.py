"""A token bucket: how much somebody may do at once, and how fast it comes back. The only one there is.

Not here: who is counted, and by what (live.admission, web.rate_limit).
"""

from __future__ import annotations

import time


class Bucket:
    """Fills with `rate` tokens a second up to `burst`, and begins full. Time is the monotonic clock, in seconds."""

    __slots__ = ("_at", "_left", "burst", "rate")

    def __init__(self, rate: float, burst: float, now: float | None = None) -> None:
        self.rate = rate
        self.burst = burst
        self._left = burst
        self._at = time.monotonic() if now is None else now

    def wait(self, now: float | None = None, count: float = 1) -> float:
        """Takes `count` tokens: 0.0. Or takes none: the seconds until there will be so many."""
        now = time.monotonic() if now is None else now
        self._left = min(self.burst, self._left + max(0.0, now - self._at) * self.rate)
        self._at = now
        if self._left < count:
            return (count - self._left) / self.rate
        self._left -= count
        return 0.0

    def take(self, count: float = 1) -> bool:
        """Whether there were so many tokens, which are taken then."""
        return self.wait(count=count) == 0.0
