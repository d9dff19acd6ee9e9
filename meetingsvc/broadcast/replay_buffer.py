"""Changes of one audience: the replay buffer a client catches up from, and what waits to be sent.

A change is one batch of the log for one audience, encoded once. Nothing here knows what a
view contains, and nothing is ever merged: joined changes stay separate elements.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from meetingsvc.broadcast.encoded_view import dumps

#: Changes kept for those who come back.
KEPT = 500
#: Bytes of changes in a replay buffer and in one message: half of what may wait for a follower before it is cut
#: (live/eventlet_connection.py).
#: Who missed more is told to fetch the state; sent all of it, it would be cut, come back with the same seq, for ever.
MOST_BYTES = 524_288
#: Seconds for which a replay buffer outlives its last follower.
LINGER = 60.0
#: At most one message per audience in this many seconds.
PACE = 0.05


@dataclass(frozen=True, slots=True)
class Change:
    """From the view at `base` to the view at `seq`. `text` is the JSON of the element as sent, `size` its bytes.

    `fetch`: the element has no patch, the state must be got; no replay buffer reaches back beyond it.
    """

    base: int
    base_chain: str
    seq: int
    chain: str
    text: str
    size: int
    fetch: bool = False

    @classmethod
    def of(cls, base: int, base_chain: str, seq: int, chain: str, more: dict[str, Any] | None) -> Change:
        """`more` is what the element says beside base and seq; None, or too much of it: fetch."""
        if more is not None:
            text = dumps({"base": base, "seq": seq, **more})
            size = len(text.encode())
            if size <= MOST_BYTES:
                return cls(base, base_chain, seq, chain, text, size)
        text = dumps({"base": base, "seq": seq, "fetch": True})
        return cls(base, base_chain, seq, chain, text, len(text), fetch=True)


@dataclass
class FollowedAudience:
    """One audience of one meeting: its view, its replay buffer and its pace. Times are monotonic seconds."""

    audience: str
    view: dict[str, Any]
    changes: deque[Change] = field(default_factory=deque)
    changes_bytes: int = 0
    waiting: list[Change] = field(default_factory=list)
    followers: int = 0
    left_at: float = 0.0  # when the last follower went, or it was made
    sent_at: float = float("-inf")  # last change message
    head_at: float = float("-inf")  # last change or head

    def wanted(self, now: float) -> bool:
        """Whether changes are still to be made for this audience."""
        return self.followers > 0 or now - self.left_at < LINGER

    def add(self, change: Change) -> None:
        """One step further: for those who follow now, and for those who come back."""
        self.changes.append(change)
        self.changes_bytes += change.size
        while self.changes and (change.fetch or len(self.changes) > KEPT or self.changes_bytes > MOST_BYTES):
            self.changes_bytes -= self.changes.popleft().size
        if not self.followers:
            return
        if change.fetch and self.waiting:  # what waits may hold what is erased
            first = self.waiting[0]
            change = Change.of(first.base, first.base_chain, change.seq, change.chain, None)
            self.waiting.clear()
        self.waiting.append(change)

    def take(self) -> list[Change]:
        """What waits, as it is to be sent: more than one message can carry is told as one element, `fetch`."""
        waiting, self.waiting = self.waiting, []
        if sum(change.size for change in waiting) > MOST_BYTES:
            first, last = waiting[0], waiting[-1]
            return [Change.of(first.base, first.base_chain, last.seq, last.chain, None)]
        return waiting

    def after(self, seq: int, chain: str) -> list[Change] | None:
        """The changes behind `seq`, or None if the replay buffer does not reach there or the chain differs."""
        reached: list[Change] = []
        for change in reversed(self.changes):
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


@dataclass(frozen=True, slots=True)
class Missed:
    """What is told to somebody who stood at some seq. `facts`: where the broadcaster stands now; `changes`: what came
    since; None: the state must be got."""

    facts: dict[str, Any]
    changes: list[Change] | None

    def json(self, **more: Any) -> str:
        """As it is sent; `more` goes in front."""
        told = '"fetch":true' if self.changes is None else f'"changes":{elements(self.changes)}'
        return f"{dumps(more | self.facts)[:-1]},{told}}}"
