"""How often somebody may act, look and guess: token buckets in memory, by identity and by connection.

By address only very loosely, since a hall shares one: 300 delegates sit behind it. What a proxy says of addresses is
not believed. Not here: limits on sockets (live.admission), rights.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, request

from meetingsvc.token_bucket import Bucket
from meetingsvc.web.errors import Problem

#: Acts a second and acts at once. The chair's side works through lists by keyboard and by program.
#: Programs that subscribe to a personal calendar look every few minutes, several of them for one person.
ACTS: dict[str, tuple[float, int]] = {"chair": (50, 200), "secretary": (50, 200), "feed": (1, 60)}
ACTS_OTHERS = (1.0, 5)
#: Requests of any kind on the command path, repeats included: only a broken program comes near.
TRIES = (100.0, 400)
KEYS_REMEMBERED = 64
GRANTS_REMEMBERED = 20_000

#: Requests of one TCP connection, of all who are not known by their credential; and of one person who is, over however
#: many connections. A page asks for some forty things; a proxy may send those of many people through one connection.
OF_CONNECTION = (100.0, 600)
#: Requests from one address.
OF_ADDRESS = (3_000.0, 9_000)
#: What one person, by link or browser, looks at: pages, states, lists.
LOOKS = (30.0, 300)
#: Wrong secrets in one connection: a poster that was printed wrongly, and not a search.
GUESSES = (0.5, 20)
#: Where the server puts an object of its own for each connection, to which things may be pinned.
CONNECTION = "meetingsvc.connection"
#: Asked by machines that watch over us, from wherever they are.
NOT_COUNTED = frozenset({"health.alive", "health.ready", "metrics.show"})


class Buckets:
    """A bucket for each key. The least recently seen are forgotten, which only ever favours them."""

    def __init__(self, rate: float, burst: float, most: int = GRANTS_REMEMBERED) -> None:
        self.rate, self.burst, self.most = rate, burst, most
        self._held: OrderedDict[Hashable, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def of(self, key: Hashable, now: float) -> Bucket:
        bucket = self._held.get(key)
        if bucket is None:
            bucket = self._held[key] = Bucket(self.rate, self.burst, now)
            if len(self._held) > self.most:
                self._held.popitem(last=False)
        else:
            self._held.move_to_end(key)
        return bucket


@dataclass(slots=True)
class _GrantBuckets:
    acts: Bucket
    tries: Bucket
    keys: OrderedDict[str, None] = field(default_factory=OrderedDict)


class RateLimits:
    """One process's buckets. All answers are seconds to wait: 0.0 if it may go on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: OrderedDict[str, _GrantBuckets] = OrderedDict()
        self._connections, self._guesses = Buckets(*OF_CONNECTION), Buckets(*GUESSES)
        self._people = Buckets(*OF_CONNECTION)
        self._addresses, self._looks = Buckets(*OF_ADDRESS), Buckets(*LOOKS)

    # ---------------------------------------------------------------------------------------------------- acts

    def tries(self, grant: str, role: str) -> float:
        """A request on the command path, before anything of it is read."""
        return self._of(grant, role).tries.wait(self._clock())

    def wait(self, grant: str, role: str, key: str) -> float:
        """An act.

        The same key again costs nothing: a phone that repeats a press until it hears an answer is not a flood,
        and one key has at most one effect.
        """
        held = self._of(grant, role)
        if key in held.keys:
            return 0.0
        if busy := held.acts.wait(self._clock()):
            return busy
        held.keys[key] = None
        if len(held.keys) > KEYS_REMEMBERED:
            held.keys.popitem(last=False)
        return 0.0

    def _of(self, grant: str, role: str) -> _GrantBuckets:
        held = self._held.get(grant)
        if held is None:
            now, (rate, most) = self._clock(), ACTS.get(role, ACTS_OTHERS)
            held = self._held[grant] = _GrantBuckets(Bucket(rate, most, now), Bucket(*TRIES, now))
            if len(self._held) > GRANTS_REMEMBERED:
                self._held.popitem(last=False)
        self._held.move_to_end(grant)
        return held

    # --------------------------------------------------------------------------------------- looks and guesses

    def request(self, environ: Mapping[str, Any]) -> float:
        """A request of any kind, before it is judged who sends it.

        Whoever has shown a good credential of late is counted as that person: behind a proxy, the connection and the
        address are those of every stranger too.
        """
        now = self._clock()
        if who := getattr(environ.get(CONNECTION), "who", None):
            return self._people.of(who, now).wait(now)
        return self._connection(self._connections, environ, now) or self._addresses.of(
            environ.get("REMOTE_ADDR"), now
        ).wait(now)

    def look(self, identity: str) -> float:
        """Somebody who is known looks at something."""
        now = self._clock()
        return self._looks.of(identity, now).wait(now)

    def guess(self, environ: Mapping[str, Any]) -> float:
        """A secret was wrong."""
        return self._connection(self._guesses, environ, self._clock())

    @staticmethod
    def _connection(buckets: Buckets, environ: Mapping[str, Any], now: float) -> float:
        """The bucket of this request's connection. Where nothing tells connections apart, only addresses count."""
        pinned = environ.get(CONNECTION)
        if pinned is not None:  # on the object itself: it goes with the connection
            own: dict[Buckets, Bucket] = pinned.buckets
            return own.setdefault(buckets, Bucket(buckets.rate, buckets.burst, now)).wait(now)
        port = environ.get("REMOTE_PORT")
        return buckets.of((environ.get("REMOTE_ADDR"), port), now).wait(now) if port else 0.0


def register(app: Flask, limits: Callable[[], RateLimits]) -> None:
    """Counts every request before its view is asked."""

    @app.before_request
    def count() -> None:
        if request.endpoint not in NOT_COUNTED:
            need_patience(limits().request(request.environ))


def need_patience(wait: float) -> None:
    """429 where there is something to wait for."""
    if wait:
        raise Problem(429, "http.too_many", wait=math.ceil(wait))
