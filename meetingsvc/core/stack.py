"""A stack: what was put down last lies on top. Putting on and taking off cost the same however high it is. Pure.

For what grows with the log. A tuple would be copied whole for each entry; stacks share all that lies below.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Stack(Generic[T]):
    """Immutable. Goes through from the bottom to the top, as a tuple would that was added to at its end."""

    __slots__ = ("_below", "_height", "_top")
    _below: Stack[T] | None
    _height: int
    _top: T

    def __init__(self, things: Iterable[T] = ()) -> None:
        made: Stack[T] = Stack.__new__(Stack)
        made._height, made._below = 0, None
        for thing in things:
            made = made.put(thing)
        self._height, self._below = made._height, made._below
        if made._height:
            self._top = made._top

    def put(self, thing: T) -> Stack[T]:
        """The stack with one more on top."""
        made: Stack[T] = Stack.__new__(Stack)
        made._top, made._below, made._height = thing, self, self._height + 1
        return made

    def put_all(self, things: Iterable[T]) -> Stack[T]:
        """The stack with several more, the last of them on top."""
        made = self
        for thing in things:
            made = made.put(thing)
        return made

    @property
    def top(self) -> T | None:
        """What lies on top; None for an empty stack."""
        return self._top if self._height else None

    @property
    def rest(self) -> Stack[T]:
        """What lies below the top."""
        assert self._below is not None, "the stack is empty"
        return self._below

    def downwards(self) -> Iterator[T]:
        """From the top to the bottom."""
        here = self
        while here._below is not None:
            yield here._top
            here = here._below

    def __iter__(self) -> Iterator[T]:
        return reversed(list(self.downwards()))

    def __len__(self) -> int:
        return self._height

    def __getitem__(self, n: int) -> T:
        back = -n - 1 if n < 0 else self._height - 1 - n
        if not 0 <= back < self._height:
            raise IndexError(n)
        return next(islice(self.downwards(), back, None))

    def __eq__(self, other: object) -> bool:
        """Two stacks are equal when the same lies in them; what they share is not looked at."""
        if not isinstance(other, Stack):
            return NotImplemented
        mine: Stack[Any] = self
        yours: Stack[Any] = other
        if len(mine) != len(yours):
            return False
        while mine is not yours and mine._below is not None and yours._below is not None:
            if mine._top != yours._top:
                return False
            mine, yours = mine._below, yours._below
        return True

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Stack({list(self)!r})"
