"""Token buckets, by a clock the tests hold."""

from __future__ import annotations

from meetingsvc.web.limits import GRANTS_REMEMBERED, KEYS_REMEMBERED, TRIES, Limits


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_delegate_has_five_at_once_and_one_a_second() -> None:
    clock = Clock()
    limits = Limits(clock)
    assert [limits.wait("a", "delegate", f"k{n}") > 0 for n in range(7)] == [False] * 5 + [True] * 2
    clock.now = 1.0
    assert limits.wait("a", "delegate", "k9") == 0
    assert 0 < limits.wait("a", "delegate", "k10") <= 1
    clock.now = 1_000.0
    assert [limits.wait("a", "delegate", f"l{n}") > 0 for n in range(6)] == [False] * 5 + [True]


def test_the_chairs_side_works_by_keyboard_and_program() -> None:
    limits = Limits(Clock())
    assert not any(limits.wait("c", "chair", f"k{n}") for n in range(200))
    assert limits.wait("c", "chair", "more") > 0


def test_the_same_key_is_free_until_even_that_is_a_flood() -> None:
    limits = Limits(Clock())
    free = [limits.tries("a", "delegate") or limits.wait("a", "delegate", "once") for _ in range(int(TRIES[1]))]
    assert not any(free)
    assert limits.tries("a", "delegate") > 0


def test_a_key_that_was_refused_a_token_is_not_free_afterwards() -> None:
    limits = Limits(Clock())
    for n in range(5):
        limits.wait("a", "delegate", f"k{n}")
    assert limits.wait("a", "delegate", "late") > 0
    assert limits.wait("a", "delegate", "late") > 0


def test_one_grant_does_not_slow_another() -> None:
    limits = Limits(Clock())
    for n in range(50):
        limits.wait("a", "delegate", f"k{n}")
    assert limits.wait("b", "delegate", "k") == 0


def test_memory_is_bounded() -> None:
    clock = Clock()
    limits = Limits(clock)
    for n in range(GRANTS_REMEMBERED + 100):
        limits.wait(f"g{n}", "delegate", "k")
    assert len(limits._held) == GRANTS_REMEMBERED
    for n in range(500):
        clock.now += 1
        limits.wait("a", "delegate", f"k{n}")
    assert len(limits._held["a"].keys) == KEYS_REMEMBERED
