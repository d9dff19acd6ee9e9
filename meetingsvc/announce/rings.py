"""Changes of one audience: the ring a client catches up from, and what waits to be sent.

A change is one batch of the log for one audience, encoded once. Nothing here knows what a
view contains, and nothing is ever merged: joined changes stay separate elements.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

#: Changes kept for those who come back.
KEPT = 500
#: Seconds for which a ring outlives its last follower.
LINGER = 60.0
#: At most one message per audience in this many seconds.
PACE = 0.05


@dataclass(frozen=True, slots=True)
class Change:
    """From the view at `base` to the view at `seq`. `text` is the JSON of the element as sent."""

    base: int
    base_chain: str
    seq: int
    chain: str
    text: str


@dataclass
class Channel:
    """One audience of one meeting: its view, its ring and its pace. Times are monotonic seconds."""

    audience: str
    view: dict[str, Any]
    ring: deque[Change] = field(default_factory=lambda: deque(maxlen=KEPT))
    waiting: list[Change] = field(default_factory=list)
    followers: int = 0
    left_at: float = 0.0  # when the last follower went, or the channel was made
    sent_at: float = float("-inf")  # last change message
    head_at: float = float("-inf")  # last change or head

    def wanted(self, now: float) -> bool:
        """Whether changes are still to be made for this audience."""
        return self.followers > 0 or now - self.left_at < LINGER

    def add(self, change: Change) -> None:
        self.ring.append(change)
        self.tell(change)

    def tell(self, change: Change) -> None:
        """For those who follow now, without keeping it."""
        if self.followers:
            self.waiting.append(change)

    def after(self, seq: int, chain: str) -> list[Change] | None:
        """The changes behind `seq`, or None if the ring does not reach there or the chain differs."""
        reached: list[Change] = []
        for change in reversed(self.ring):
            if change.seq <= seq:
                break
            reached.append(change)
            if change.base == seq:
                return reached[::-1] if change.base_chain == chain else None
        return None

    def due(self) -> float:
        """When the next message of changes may go: at once after a rest, else in step."""
        return self.sent_at + PACE


def elements(changes: Iterable[Change]) -> str:
    """The JSON array of these changes."""
    return "[" + ",".join(change.text for change in changes) + "]"
