"""Place keys: there is always room between two, and nothing ever shares a place."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from meetingsvc.core import order


@given(st.integers(0, 61**4 - 2))
def test_numbers_sort_as_numbers_and_hold_no_zero(value: int) -> None:
    assert order.number(value) < order.number(value + 1)
    assert "0" not in order.number(value)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=120))
def test_an_entry_stands_exactly_where_it_was_moved(moves: list[tuple[int, int]]) -> None:
    keys = {n: order.place("2", 1 + n % 7, n + 1) for n in range(31)}
    given_keys = list(keys.values())
    for seq, (who, target) in enumerate(moves, 100):
        if who == target:
            continue
        rest = [n for n in sorted(keys, key=lambda n: keys[n]) if n != who]
        before = None if target == 30 else target
        keys[who] = order.moved("2", keys[before] if before is not None else None, given_keys, seq)
        given_keys.append(keys[who])
        wanted = [*rest]
        wanted.insert(rest.index(before) if before is not None else len(rest), who)
        assert sorted(keys, key=lambda n: keys[n]) == wanted
        assert len(set(given_keys)) == len(given_keys)
        assert not keys[who].endswith("0")


def test_moving_before_the_first_a_thousand_times_stays_short() -> None:
    keys = [order.place("2", 1, 1)]
    for seq in range(2, 1002):
        keys.append(order.moved("2", min(keys), keys, seq))
    assert min(keys) == keys[-1]
    assert max(map(len, keys)) < 1200
