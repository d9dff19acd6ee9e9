"""Fair turns: who may have the processor next, when more want it than can have it.

Work comes in pieces (a request, a message of a socket). Those whose credential was proved of late come first, one by
one; the rest go by address, so that one host's thousand connections are one in the round. Nobody is ever refused here,
and without a crowd nobody waits. Not here: what is done in a turn, how many may connect (connection_limits).
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

#: Turns at once: many, since a turn may wait for PostgreSQL; where each is a thread, fewer.
AT_ONCE = 64
AT_ONCE_THREADS = 8
#: Seconds of work that may be done in one pass of a green loop before all others are looked at: for those who are
#: known, and for strangers. Sixty delegates who press at once are one change on the screens rather than sixty.
PASS_KNOWN, PASS = 0.100, 0.030
#: Turns given in one pass at most, however short they have been: the next may be long.
IN_A_PASS_KNOWN, IN_A_PASS = 64, 24
#: Of both, what strangers have while a crowd knocks: who stands behind it outside must come in.
CROWDED = 1 / 3
#: Seconds in which a crowd is remembered.
CROWD_S = 0.25
#: Every so many turns one is a stranger's, however many of the known are waiting.
STRANGERS_EACH = 4
#: How long a credential that was proved counts as known: it gives precedence and nothing else.
KNOWN_S = 600.0
KNOWN_MOST = 20_000


class Known:
    """Credentials that were proved of late: {digest: (who, until)}. Whoever is in it still has to prove it again."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)
        self._rows: OrderedDict[bytes, tuple[str, float]] = OrderedDict()

    def who(self, credential: str | None) -> str | None:
        """Whose it was; None for one that was not proved of late."""
        row = self._rows.get(self._digest(credential)) if credential else None
        return row[0] if row and row[1] > time.monotonic() else None

    def proved(self, credential: str, who: str) -> None:
        key = self._digest(credential)
        self._rows[key] = (who, time.monotonic() + KNOWN_S)
        self._rows.move_to_end(key)
        if len(self._rows) > KNOWN_MOST:
            self._rows.popitem(last=False)

    def _digest(self, credential: str) -> bytes:
        return hashlib.blake2b(credential.encode("utf-8", "surrogatepass"), digest_size=16, key=self._salt).digest()


#: What is called when a turn has come; whether it is taken.
Waiter = Callable[[], bool]


class Round:
    """Waiting places by key, taken in turn: each key has one, then the next key."""

    def __init__(self) -> None:
        self._rows: OrderedDict[str, deque[Waiter]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._rows)

    def put(self, key: str, waiter: Waiter) -> None:
        self._rows.setdefault(key, deque()).append(waiter)

    def pop(self) -> Waiter:
        key, row = next(iter(self._rows.items()))
        waiter = row.popleft()
        if row:
            self._rows.move_to_end(key)
        else:
            del self._rows[key]
        return waiter


class Turns:
    """`later(work)` runs work in the next pass of a green loop; None: threads, which the system shares out.

    Between `enter` and `leave` one has the turn. `lock` keeps real threads apart; nothing yields under it.
    """

    def __init__(
        self,
        later: Callable[[Callable[[], None]], None] | None = None,
        at_once: int | None = None,
        lock: threading.Lock | None = None,
    ) -> None:
        self._later, self._most = later, at_once or (AT_ONCE if later else AT_ONCE_THREADS)
        self._lock = lock or threading.Lock()
        self._running = 0
        self._long = 0.0  # seconds of a turn of late, the longest soon forgotten
        self._spent = 0.0  # in this pass of a green loop
        self._crowded_until = float("-inf")
        self._scheduled = False
        self._known, self._strangers = Round(), Round()
        self._given = 0

    def enter(self, who: str | None, address: str) -> float:
        """Waits for a turn; gives the moment it began, for `leave`."""
        waiter = threading.Lock()

        def taken() -> bool:
            waiter.release()
            return True

        with self._lock:
            if self._free(who):
                return time.monotonic()
            waiter.acquire()
            self._wait(who, address, taken)
        waiter.acquire()  # whoever gives us the turn lets it go
        return time.monotonic()

    def when(self, who: str | None, address: str, work: Callable[[float], bool]) -> None:
        """Calls `work` with the moment when a turn has come. It says whether it takes it, and must not wait."""

        def taken() -> bool:
            return work(time.monotonic())

        with self._lock:
            if not self._free(who):
                self._wait(who, address, taken)
                return
        self._offer([taken])

    def leave(self, began: float) -> None:
        with self._lock:
            self._running -= 1
            if self._later is not None:
                took = time.monotonic() - began
                self._spent += took
                self._long = max(took, 0.5 * self._long)
                self._soon()
                return
            waiters = self._next(1, 1)
        self._offer(waiters)

    def crowded(self) -> None:
        """More knock than are let in at a time."""
        self._crowded_until = time.monotonic() + CROWD_S

    def _share(self) -> float:
        return CROWDED if time.monotonic() < self._crowded_until else 1.0

    def _free(self, who: str | None) -> bool:
        """Whether there is one to be had at once; then it is had."""
        crowd = self._known or self._strangers
        if crowd or self._running >= self._most or self._spent >= (PASS_KNOWN if who else PASS * self._share()):
            return False
        self._running += 1
        return True

    def _wait(self, who: str | None, address: str, waiter: Waiter) -> None:
        (self._known if who else self._strangers).put(who or address, waiter)
        self._soon()

    def _soon(self) -> None:
        if self._later is not None and not self._scheduled:
            self._scheduled = True
            self._later(self._pass)

    def _pass(self) -> None:
        """A new pass of the loop: everybody else was looked at, so those who wait go on, as many as fill a pass."""
        with self._lock:
            self._scheduled = False
            self._spent = 0.0
            long, share = max(self._long, 1e-6), self._share()
            known = min(IN_A_PASS_KNOWN, int(PASS_KNOWN / long))
            strangers = int(share * min(IN_A_PASS, PASS / long))
            waiters = self._next(max(1, known), max(1, strangers))
        self._offer(waiters)

    def _next(self, most: int, strangers: int) -> list[Waiter]:
        """Those who have the next turns, so many at most, and so many of them strangers."""
        found: list[Waiter] = []
        while len(found) < most and self._running < self._most:
            strangers_turn = (self._given + 1) % STRANGERS_EACH == 0 or not self._known
            row = self._strangers if strangers_turn and strangers and self._strangers else self._known
            if not row:
                break
            strangers -= row is self._strangers
            self._given += 1
            self._running += 1
            found.append(row.pop())
        return found

    def _offer(self, waiters: list[Waiter]) -> None:
        """Gives each its turn; that of one who is gone meanwhile goes to the next."""
        while waiters:
            if not waiters.pop(0)():
                with self._lock:
                    self._running -= 1
                    waiters += self._next(1, 1)
