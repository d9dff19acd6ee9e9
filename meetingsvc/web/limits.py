"""How often one grant may act: token buckets in memory, counted by identity, since a hall shares one address.

Not here: limits on sockets (live guards those), rights.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

#: Acts a second and acts at once. The chair's side works through lists by keyboard and by program.
#: Programs that subscribe to a personal calendar look every few minutes, several of them for one person.
ACTS: dict[str, tuple[float, int]] = {"chair": (50, 200), "secretary": (50, 200), "feed": (1, 60)}
ACTS_OTHERS = (1.0, 5)
#: Requests of any kind on the command path, repeats included: only a broken program comes near.
TRIES = (100.0, 400)
KEYS_REMEMBERED = 64
GRANTS_REMEMBERED = 20_000


@dataclass(slots=True)
class Bucket:
    """Fills with `rate` tokens a second up to `most`."""

    rate: float
    most: float
    level: float
    at: float

    def wait(self, now: float) -> float:
        """Take one token: 0.0, or the seconds until there will be one."""
        self.level = min(self.most, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level >= 1:
            self.level -= 1
            return 0.0
        return (1 - self.level) / self.rate


@dataclass(slots=True)
class _Held:
    acts: Bucket
    tries: Bucket
    keys: OrderedDict[str, None] = field(default_factory=OrderedDict)


class Limits:
    """One process's buckets. The least recently seen grants are forgotten, which only ever favours them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: OrderedDict[str, _Held] = OrderedDict()

    def wait(self, grant: str, role: str, key: str) -> float:
        """0.0 if this act may go on, else the seconds to wait.

        The same key again costs nothing: a phone that repeats a press until it hears an answer is not a flood,
        and one key has at most one effect.
        """
        now = self._clock()
        held = self._held.get(grant)
        if held is None:
            rate, most = ACTS.get(role, ACTS_OTHERS)
            held = self._held[grant] = _Held(Bucket(rate, most, most, now), Bucket(*TRIES, TRIES[1], now))
            if len(self._held) > GRANTS_REMEMBERED:
                self._held.popitem(last=False)
        self._held.move_to_end(grant)
        if busy := held.tries.wait(now):
            return busy
        if key in held.keys:
            return 0.0
        if busy := held.acts.wait(now):
            return busy
        held.keys[key] = None
        if len(held.keys) > KEYS_REMEMBERED:
            held.keys.popitem(last=False)
        return 0.0
