"""Places in a list as sortable keys: how a key is made, and how one is made between two others. Pure.

A key is ASCII `group.rest`, compared by code unit. `rest` is the rank (one digit), the inscription (fixed
width) and, after a move, a fraction. No part of it ever ends in 0, so there is always room before any key.
Does not belong here: which group or rank somebody has (that is the preset's).
"""

from __future__ import annotations

from collections.abc import Iterable

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NONZERO = DIGITS[1:]
_WIDTH = 4  # 61**4 = 13.8 million entries in one meeting


def number(value: int, width: int = _WIDTH) -> str:
    """A fixed-width numeral without the digit 0 in it, in the order of the numbers."""
    digits = ""
    for _ in range(width):
        value, rest = divmod(value, len(_NONZERO))
        digits = _NONZERO[rest] + digits
    assert value == 0, "the number is too large for a place key"
    return digits


def place(group: str, rank: int, inscription: int) -> str:
    """The key of an entry that stands where the table of rules puts it. Ranks start at 1."""
    assert len(group) == 1 and rank >= 1
    return f"{group}.{DIGITS[rank]}{number(inscription)}"


def between(low: str, high: str | None, seq: int) -> str:
    """A `rest` above `low` ("" is the bottom) and below `high` (None is the top), unique by `seq`."""
    made, n = "", 0
    while True:
        floor = DIGITS.index(low[n]) if n < len(low) else 0
        ceiling = DIGITS.index(high[n]) if high is not None and n < len(high) else len(DIGITS)
        if ceiling - floor >= 2:
            return made + DIGITS[(floor + ceiling) // 2] + number(seq)
        if ceiling - floor == 1:
            high = None  # whatever follows is below the ceiling already
        made += DIGITS[floor]
        n += 1


def group_of(key: str) -> str:
    """The group of a place key."""
    return key.partition(".")[0]


def moved(group: str, before: str | None, given: Iterable[str], seq: int) -> str:
    """The key directly before `before`, or at the end of the group: next to all keys ever given in the list.

    Keys of entries that are no longer there count too, since an undo may bring them back.
    """
    prefix = f"{group}."
    rests = sorted(key[len(prefix) :] for key in given if key.startswith(prefix))
    if before is None:
        return prefix + between(rests[-1] if rests else "", None, seq)
    high = before[len(prefix) :]
    below = [rest for rest in rests if rest < high]
    return prefix + between(below[-1] if below else "", high, seq)


def item_place(before: str | None, given: Iterable[str], seq: int) -> str:
    """The place of an agenda item: as `moved`, in one group."""
    return moved("1", before, given, seq)
