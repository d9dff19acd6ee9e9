"""Fair turns: a crowd of strangers is one in the round, whoever is known comes first, nobody waits for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from meetingsvc.live.http.fair_turns import STRANGERS_EACH, Known, Turns


class Loop:
    """A green loop by hand: `turn()` is one pass. Work is done by threads that take turns as the server's do."""

    def __init__(self) -> None:
        self.turns, self.order = Turns(self.later, at_once=1), list[str]()
        self._next: list[Callable[[], None]] = []
        self._cond = threading.Condition()
        self._held = self.turns.enter(None, "holder")

    def later(self, work: Callable[[], None]) -> None:
        self._next.append(work)

    def come(self, name: str, who: str | None, address: str) -> None:
        """Somebody asks for a turn and waits, since the one there is is taken."""
        before = self.waiting()

        def work() -> None:
            began = self.turns.enter(who, address)
            with self._cond:
                self.order.append(name)
                self._cond.notify()
            self.turns.leave(began)

        threading.Thread(target=work, daemon=True).start()
        while self.waiting() == before:
            threading.Event().wait(0.001)

    def waiting(self) -> int:
        return sum(len(row) for side in (self.turns._known, self.turns._strangers) for row in side._rows.values())

    def run(self, count: int) -> list[str]:
        self.turns.leave(self._held)
        with self._cond:
            while len(self.order) < count:
                work, self._next = self._next, []
                done = len(self.order)
                for each in work:
                    each()
                self._cond.wait_for(lambda: len(self.order) > done or bool(self._next), timeout=5)  # noqa: B023
        return self.order


def passes_for(loop: Loop, count: int, held_s: float) -> int:
    """How many passes the waiting ones need after a turn of so many seconds."""
    loop.turns._most = count
    loop.turns.leave(time.monotonic() - held_s)
    passes = 0
    while loop.waiting():
        work, loop._next = loop._next, []
        for each in work:
            each()
        passes += 1
        with loop._cond:
            loop._cond.wait_for(lambda: len(loop.order) + loop.waiting() == count and bool(loop._next), timeout=5)
    return passes


def test_short_turns_share_a_pass_of_the_loop() -> None:
    loop = Loop()
    for n in range(8):
        loop.come(f"crowd {n}", None, "10.0.0.1")
    assert passes_for(loop, 8, 0.0) < 8


def test_after_a_long_turn_each_has_a_pass_of_its_own() -> None:
    loop = Loop()
    for n in range(8):
        loop.come(f"crowd {n}", None, "10.0.0.1")
    assert passes_for(loop, 8, 10.0) == 8


def test_while_a_crowd_knocks_strangers_inside_have_a_third() -> None:
    """Else those who stand behind the crowd come in late."""
    passes = []
    for crowded in (False, True):
        loop = Loop()
        for n in range(24):
            loop.come(f"crowd {n}", None, "10.0.0.1")
        if crowded:
            loop.turns.crowded()
        passes.append(passes_for(loop, 24, 0.0))
    assert passes == [1, 3]


def test_whoever_is_known_comes_before_a_crowd() -> None:
    loop = Loop()
    for n in range(20):
        loop.come(f"crowd {n}", None, "10.0.0.1")
    loop.come("chair", "grant", "10.0.0.1")
    assert "chair" in loop.run(21)[:2]


def test_a_stranger_from_elsewhere_waits_for_one_of_the_crowd_only() -> None:
    loop = Loop()
    for n in range(20):
        loop.come(f"crowd {n}", None, "10.0.0.1")
    loop.come("newcomer", None, "10.0.0.2")
    assert "newcomer" in loop.run(21)[:2]


def test_a_known_one_that_floods_is_one_in_the_round_of_the_known() -> None:
    loop = Loop()
    for n in range(20):
        loop.come(f"flood {n}", "delegate", "10.0.0.1")
    loop.come("chair", "chair", "10.0.0.1")
    assert "chair" in loop.run(21)[:2]


def test_strangers_are_never_kept_out_by_the_known() -> None:
    loop = Loop()
    for n in range(20):
        loop.come(f"known {n}", f"grant {n}", "10.0.0.1")
    loop.come("newcomer", None, "10.0.0.2")
    assert "newcomer" in loop.run(21)[:STRANGERS_EACH]


def test_all_get_their_turn_in_the_order_they_came_where_nothing_tells_them_apart() -> None:
    loop = Loop()
    for n in range(9):
        loop.come(str(n), None, "10.0.0.1")
    assert loop.run(9) == [str(n) for n in range(9)]


def test_threads_hand_the_turn_on() -> None:
    turns, done = Turns(at_once=2), list[int]()

    def work(n: int) -> None:
        began = turns.enter(None, str(n))
        done.append(n)
        turns.leave(began)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert sorted(done) == list(range(50)) and turns._running == 0


def test_a_turn_of_one_who_is_gone_goes_to_the_next() -> None:
    """Connections wait for their first turn without a thread, and many of a storm are gone when it comes."""
    turns, done = Turns(at_once=1), list[str]()
    held = turns.enter(None, "holder")

    def take(began: float) -> bool:
        done.append("here")
        turns.leave(began)
        return True

    for n in range(5_000):
        turns.when(None, f"gone {n}", lambda began: False)
    turns.when(None, "here", take)
    assert done == []
    turns.leave(held)
    assert done == ["here"] and turns._running == 0
    turns.when(None, "here", take)
    assert done == ["here", "here"] and turns._running == 0, "without a crowd nobody waits"


def test_a_credential_is_known_once_it_was_proved() -> None:
    known = Known()
    assert known.who("secret") is None and known.who(None) is None
    known.proved("secret", "grant")
    assert known.who("secret") == "grant" and known.who("other") is None
    assert "secret" not in repr(vars(known))
