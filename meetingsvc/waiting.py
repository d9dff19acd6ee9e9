"""Giving a turn of the server back while one waits: it is for work, and others have it meanwhile.

Whoever shares out turns (live/http) sets `TURN`; without it nothing is given back. Not here: what is waited for.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Turn(Protocol):
    """The turn of one connection. `rest` gives it back and says whether there was one; `turn` waits for another."""

    def rest(self) -> bool: ...
    def turn(self) -> None: ...


TURN: ContextVar[Turn | None] = ContextVar("turn", default=None)


@contextmanager
def waiting() -> Iterator[None]:
    """Inside, others work. Never with a lock in hand: whoever wants it would wait for our next turn."""
    mine = TURN.get()
    had = mine.rest() if mine is not None else False
    try:
        yield
    finally:
        if mine is not None and had:
            mine.turn()


@contextmanager
def keeping() -> Iterator[None]:
    """Inside, the turn is kept while one waits: for who has a lock in hand that is waited for with a turn."""
    before = TURN.set(None)
    try:
        yield
    finally:
        TURN.reset(before)


@contextmanager
def holding(lock: threading.Lock) -> Iterator[None]:
    """With the lock; where somebody else has it, it is waited for without a turn, and taken with one."""
    while not lock.acquire(blocking=False):
        with waiting():
            lock.acquire()
            lock.release()
    try:
        yield
    finally:
        lock.release()
