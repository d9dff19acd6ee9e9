"""The broadcaster of one followed meeting: takes each batch as it was folded and makes its changes for every audience.

Here is the bookkeeping of seqs, chains and replay buffers. Who is woken when, and how messages leave,
is in `broadcasters.py`; folding is that of `Meetings`, what a view shows is in `views`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from meetingsvc.broadcast.encoded_view import State, dumps
from meetingsvc.broadcast.replay_buffer import LINGER, Change, FollowedAudience, elements
from meetingsvc.code_version import epoch
from meetingsvc.core.history import History
from meetingsvc.core.kernel import Entry
from meetingsvc.core.record import LASTING
from meetingsvc.core.state import MeetingState
from meetingsvc.log_reading import giving_way
from meetingsvc.views.merge_patch import merge_patch
from meetingsvc.views.view import said, view
from meetingsvc.waiting import keeping

if TYPE_CHECKING:
    from meetingsvc.meeting_cache import LoadedMeeting
    from meetingsvc.meetings import Meetings
    from meetingsvc.store.directory import Names
    from meetingsvc.store.event_log.log import Log

View = dict[str, Any]

logger = logging.getLogger("meetingsvc.broadcast")

#: After these the past reads otherwise: nobody gets a patch across them, and no replay buffer reaches back.
REWRITES = LASTING
#: So many batches before the start are put into a new replay buffer: after a restart most come back to them.
BEFORE_START = 8


@dataclass(frozen=True, slots=True)
class Step:
    """One batch: the states on both sides of it and where it stands in the chain."""

    before: MeetingState
    after: MeetingState
    entries: Sequence[Entry]
    base_chain: str
    chain: str

    @property
    def rewrites(self) -> bool:
        return any(entry.event.wire in REWRITES for entry in self.entries)


class AnotherLog(Exception):
    """The log that a broadcaster stands on is not in the database any more: nothing that it made may be told."""


class Broadcaster:
    """Everything under `lock`, except `waiters`, which are only ever set. Raises what an unknown meeting raises."""

    def __init__(self, meeting: str, meetings: Meetings, log: Log, files: str) -> None:
        self.meeting = meeting
        self.meetings = meetings
        self.log = log
        self.files = files
        self.loop: threading.Thread | None = None
        self.lock = threading.RLock()
        self.wake = threading.Event()
        self.waiters: set[threading.Event] = set()
        self.audiences: dict[str, FollowedAudience] = {}
        self.used_at = time.monotonic()
        self._states: dict[str, State] = {}
        kept = meetings.remembered(meeting)
        self.line = kept.line
        self._stand(kept)
        self.epoch = epoch(self.meeting_state.meeting.uid)
        self._past = self._before_start(kept.history)

    def _stand(self, kept: LoadedMeeting) -> None:
        self.meeting_state = kept.history.state
        self.names = kept.names
        self.seq, self.head = self.meeting_state.seq, kept.head
        self.chain = _chain(kept.head)

    # Forward.

    def catch_up(self, woken: bool = False) -> bool:
        """Reads what is new in the log. True if anything was. Whatever it raises, all stands as it stood.

        `woken`: it is the meeting's own loop that asks, which need not be woken. Raises `AnotherLog`.
        """
        with self.lock:
            with keeping():  # whoever has our lock and waited for a turn would wait for those who wait for the lock
                kept = self.meetings.remembered(self.meeting)
            if kept.line is not self.line:
                raise AnotherLog(self.meeting)
            if kept.seq <= self.seq:
                return False
            news = self._news(kept)  # all of it before anything moves
            self._stand(kept)
            self._past = []
            for followed_audience, changes, shown in news:
                followed_audience.view = shown
                for change in changes:
                    followed_audience.add(change)
            self._states.clear()
            self.wake_sleepers()
            if not woken:
                self.wake.set()
            return True

    def wake_sleepers(self) -> None:
        """Those who wait for something to happen look again."""
        for waiter in tuple(self.waiters):
            waiter.set()

    def _steps(self, kept: LoadedMeeting) -> list[Step]:
        """The batches between where we stand and what `Meetings` has folded."""
        history = kept.history
        if not any(row.before.seq == self.seq for row in history.batches):
            # Further than `Meetings` keeps: rare, and folded from entry 1.
            history = giving_way(history.since(self.seq))
        new = [row for row in history.batches if row.before.seq >= self.seq]
        if len(new) == 1:
            return [Step(new[0].before, history.state, new[0].entries, self.chain, _chain(kept.head))]
        return self._chained(history, len(new), self.chain)

    def _chained(self, history: History, count: int, base_chain: str) -> list[Step]:
        """The last `count` batches of a history, with the chain at the end of each."""
        rows = history.batches[-count:]
        hashes = {
            row.seq: row.hash for row in self.log.rows(self.meeting, after=rows[0].before.seq, upto=history.state.seq)
        }
        steps = []
        for n, row in enumerate(rows):
            after = rows[n + 1].before if n + 1 < len(rows) else history.state
            chain = _chain(hashes[after.seq])
            steps.append(Step(row.before, after, row.entries, base_chain, chain))
            base_chain = chain
        return steps

    def _before_start(self, history: History) -> list[Step]:
        """The last batches before we began. The first of those kept has no chain before it: left out."""
        count = min(BEFORE_START + 1, len(history.batches))
        steps = self._chained(history, count, "")[1:] if count > 1 else []
        last_rewrite = max((n for n, step in enumerate(steps) if step.rewrites), default=-1)
        return steps[last_rewrite + 1 :]

    def _news(self, kept: LoadedMeeting) -> list[tuple[FollowedAudience, list[Change], View]]:
        """What each audience is told on the way from where we stand, and the view it then has."""
        now, steps = time.monotonic(), self._steps(kept)
        self.audiences = {
            name: followed_audience
            for name, followed_audience in self.audiences.items()
            if followed_audience.wanted(now)
        }
        audiences = tuple(self.audiences.values())
        try:
            return [(one, *self._changes(steps, one.view, kept.names, one.audience)) for one in audiences]
        except Exception:
            # A step on the way cannot be shown. If what it led to can be, screens go there at once.
            seq, chain = kept.seq, _chain(kept.head)
            jump = Change.of(self.seq, self.chain, seq, chain, None)
            news = [(one, [jump], view(kept.history.state, kept.names, one.audience)) for one in audiences]
            logger.exception("meeting %s: what led from %d to %d cannot be shown", self.meeting, self.seq, seq)
            return news

    def _changes(self, steps: Sequence[Step], shown: View, names: Names, audience: str) -> tuple[list[Change], View]:
        """One change for each step from the view `shown`, and the view after the last."""
        made = []
        for step in steps:
            old, shown = shown, view(step.after, names, audience)
            more = (
                None
                if step.rewrites
                else {
                    "patch": merge_patch(old, shown),
                    "said": said(step.before, step.after, step.entries, audience),
                }
            )
            made.append(Change.of(step.before.seq, step.base_chain, step.after.seq, step.chain, more))
        return made, shown

    # What is asked.

    def followed_audience(self, audience: str) -> FollowedAudience:
        """What is made for the audience, made if it is not there. Under the lock."""
        followed_audience = self.audiences.get(audience)
        if followed_audience is None:
            shown = view(self.meeting_state, self.names, audience)
            followed_audience = FollowedAudience(audience, shown, left_at=time.monotonic())
            # Once we have moved on, what lies before the start no longer joins up with what follows.
            if self._past and self._past[-1].after.seq == self.seq:
                for change in self._shown_before(audience):
                    followed_audience.add(change)
            self.audiences[audience] = followed_audience
        return followed_audience

    def _shown_before(self, audience: str) -> list[Change]:
        """What was told before our start; nothing if it cannot be shown, which keeps nobody from what holds now."""
        try:
            first = view(self._past[0].before, self.names, audience)
            return self._changes(self._past, first, self.names, audience)[0]
        except Exception:
            logger.exception("meeting %s: what led to %d cannot be shown", self.meeting, self.seq)
            self._past = []
            return []

    def state(self, audience: str) -> State:
        """The state at the log's head."""
        with self.lock:
            self.used_at = time.monotonic()
            self.catch_up()
            state = self._states.get(audience)
            if state is None:
                held = self.audiences.get(audience)
                shown = held.view if held else view(self.meeting_state, self.names, audience)
                state = State.of(
                    {
                        "meeting": self.meeting,
                        "seq": self.seq,
                        "epoch": self.epoch,
                        "chain": self.chain,
                        "files": self.files,
                        "audience": audience,
                        "view": shown,
                    }
                )
                self._states[audience] = state
            return state

    def changes(self, audience: str, seq: int, epoch_: str, chain: str) -> list[Change] | None:
        """What came after `seq`; an empty list if nothing; None when the whole state must be got."""
        with self.lock:
            self.used_at = time.monotonic()
            if seq > self.seq:
                self.catch_up()
            if epoch_ != self.epoch or seq > self.seq:
                return None
            if seq == self.seq:
                return [] if chain == self.chain else None
            return self.followed_audience(audience).after(seq, chain)

    def facts(self, now: int) -> dict[str, Any]:
        """What stands in every head, ack and change."""
        return {"seq": self.seq, "epoch": self.epoch, "chain": self.chain, "now": now}

    @property
    def followed(self) -> bool:
        return any(followed_audience.followers for followed_audience in tuple(self.audiences.values()))

    def only_read(self, now: float) -> bool:
        """Whether nobody follows or may come back to a replay buffer."""
        return not any(followed_audience.wanted(now) for followed_audience in tuple(self.audiences.values()))

    def idle(self, now: float) -> bool:
        return now - self.used_at > LINGER and self.only_read(now)

    # What is to be sent.

    def messages(self, now: float, now_ms: int, head_every: float) -> list[tuple[str, str, str]]:
        """`[(audience, event, JSON)]` that are due. Under no lock of the caller."""
        due: list[tuple[str, str, str]] = []
        notice = self.meetings.notice(self.meeting)
        with self.lock:
            for followed_audience in self.audiences.values():
                if not followed_audience.followers:
                    continue
                if followed_audience.waiting and now >= followed_audience.due():
                    due.append((followed_audience.audience, "change", self._message(followed_audience, now_ms, notice)))
                    followed_audience.sent_at = followed_audience.head_at = now
                elif now >= followed_audience.head_at + head_every:
                    due.append((followed_audience.audience, "head", self._head(followed_audience, now_ms, notice)))
                    followed_audience.head_at = now
        return due

    def next_due(self, head_every: float) -> float:
        """When the next message is due, in monotonic seconds; infinity if never."""
        with self.lock:
            times = [
                followed_audience.due() if followed_audience.waiting else followed_audience.head_at + head_every
                for followed_audience in self.audiences.values()
                if followed_audience.followers
            ]
        return min(times, default=float("inf"))

    def _message(self, followed_audience: FollowedAudience, now_ms: int, notice: str) -> str:
        waiting = followed_audience.take()
        facts = {"meeting": self.meeting, "epoch": self.epoch, "chain": waiting[-1].chain, "now": now_ms}
        head = dumps(facts | noticed(followed_audience.audience, notice))
        return f'{head[:-1]},"changes":{elements(waiting)}}}'

    def _head(self, followed_audience: FollowedAudience, now_ms: int, notice: str) -> str:
        return dumps({"meeting": self.meeting, **self.facts(now_ms), **noticed(followed_audience.audience, notice)})


def noticed(audience: str, notice: str) -> dict[str, str]:
    """What is wrong with the service: for chair and secretary, beside the view, never in it; no fact of the log."""
    return {"notice": notice} if notice and audience == "staff" else {}


def _chain(head: str | None) -> str:
    """The first 12 hex digits of an entry's hash."""
    return (head or "")[:12]
