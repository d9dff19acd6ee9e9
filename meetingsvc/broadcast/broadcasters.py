"""All broadcasters of this process: started when somebody follows, woken, started again, dropped.

`Broadcasters` is what `web` and `live` hold. It never emits by itself: `live` hands in how. Each followed meeting has a
loop of its own, so that one cannot hold up another; what other processes wrote is looked for by one watch for all.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from meetingsvc.broadcast.broadcaster import AnotherLog, Broadcaster, noticed
from meetingsvc.broadcast.encoded_view import State
from meetingsvc.broadcast.replay_buffer import FollowedAudience, Missed
from meetingsvc.core.kernel import Refused, UnfoldableEntry
from meetingsvc.rationed_log import RationedLog
from meetingsvc.store.engine import Busy
from meetingsvc.waiting import waiting

if TYPE_CHECKING:
    from meetingsvc.meetings import Meetings
    from meetingsvc.store.event_log.log import Log

logger = logging.getLogger("meetingsvc.broadcast")
T = TypeVar("T")

#: Seconds between looks at the logs' heads, for what other processes wrote.
LOOK = 1.0
#: Seconds between heads when nothing happens: below the 5 s that clients are promised.
HEAD = 4.5
#: Seconds for which readiness stays red after a broadcaster failed, at least.
RED = 10.0
#: Broadcasters of meetings that nobody follows: kept for those who only read; the least used goes first.
MOST_READ = 200
#: What a meeting that is not there any more, or not as it was, makes a broadcaster say.
_GONE = (AnotherLog, Refused, UnfoldableEntry)


class Broadcasters:
    """`files` is the hash of the page's files, sent with every state."""

    def __init__(self, meetings: Meetings, log: Log, files: str = "") -> None:
        self.meetings = meetings
        self.log = log
        self.files = files
        self._emit: Callable[[str, str, str, str], None] | None = None
        self._cut: Callable[[str], None] | None = None
        self._lock = threading.Lock()
        self._all: dict[str, Broadcaster] = {}
        self._watch: threading.Thread | None = None
        self._complaints = RationedLog(logger)
        self._red: dict[str, float] = {}
        self._ended = threading.Event()
        meetings.on_commit(self.wake)
        meetings.on_loss(self.wake)

    def attach(self, emit: Callable[[str, str, str, str], None], cut: Callable[[str], None]) -> None:
        """`emit(meeting, audience, event, json)` to its followers here; `cut(meeting)` cuts them all."""
        self._emit, self._cut = emit, cut

    def of(self, meeting: str) -> Broadcaster:
        """The meeting's broadcaster, folded to the head it found. Raises Refused if there is none."""
        with self._lock:
            broadcaster = self._all.get(meeting)
            if broadcaster is not None:
                broadcaster.used_at = time.monotonic()  # under the lock: so it is not dropped meanwhile
                return broadcaster
        made = Broadcaster(meeting, self.meetings, self.log, self.files)  # may take long: not under the lock
        with self._lock:
            broadcaster = self._all.setdefault(meeting, made)
            if broadcaster is made:
                self.meetings.hold(meeting)
        self._drop_least_used()
        self._keep_watch()
        return broadcaster

    def _ask(self, meeting: str, question: Callable[[Broadcaster], T]) -> T:
        """What the broadcaster answers; where it stands on a log that is not there any more, what the next one does."""
        broadcaster = self.of(meeting)
        try:
            try:
                return question(broadcaster)
            except _GONE:
                self._bury(broadcaster)
                return question(self.of(meeting))
        except (*_GONE, Busy):
            raise
        except Exception:
            self._red[meeting] = time.monotonic()
            raise

    def now(self, meeting: str) -> int:
        """The server's clock as this meeting goes by it, ms UTC."""
        return self.meetings.now(meeting)

    # For web.

    def state(self, meeting: str, audience: str) -> dict[str, Any]:
        """The answer of `GET state`: meeting, seq, epoch, chain, files, now, audience, view."""
        body: dict[str, Any] = json.loads(self.encoded(meeting, audience).json(self.now(meeting)))
        return body

    def encoded(self, meeting: str, audience: str) -> State:
        """The same as bytes: `.json(now)` and `.gzip(now)`, made once per audience and seq."""
        return self._ask(meeting, lambda broadcaster: broadcaster.state(audience))

    def head(self, meeting: str) -> dict[str, Any]:
        """`{meeting, seq, epoch, chain, now}` at the log's head."""

        def head(broadcaster: Broadcaster) -> dict[str, Any]:
            with broadcaster.lock:
                broadcaster.catch_up()
                return {"meeting": meeting, **broadcaster.facts(self.now(meeting))}

        return self._ask(meeting, head)

    def wait_beyond(self, meeting: str, seq: int, timeout: float, woken: threading.Event | None = None) -> bool:
        """Sleeps without a turn until the meeting has moved beyond `seq`, or stands on another log, or somebody sets
        `woken`; at most `timeout` seconds. True if it has moved.

        For those who joined: the meeting's own loop reads the log, once for all who sleep; without it nobody sleeps.
        """
        broadcaster, woken = self.of(meeting), woken or threading.Event()
        broadcaster.waiters.add(woken)
        try:
            if broadcaster.seq <= seq and broadcaster.followed and self._lives(broadcaster):
                with waiting():
                    woken.wait(timeout)
        finally:
            broadcaster.waiters.discard(woken)
        return broadcaster.seq > seq

    # For live.

    def join(self, meeting: str, audience: str) -> FollowedAudience:
        """One follower more, to be taken away with `leave`. After the room was entered."""

        def enter(broadcaster: Broadcaster) -> tuple[Broadcaster, FollowedAudience]:
            with broadcaster.lock:
                followed_audience = broadcaster.followed_audience(audience)
                followed_audience.followers += 1
            return broadcaster, followed_audience

        while True:
            broadcaster, followed_audience = self._ask(meeting, enter)
            if self._run(broadcaster):
                return followed_audience  # else it was dropped meanwhile

    def leave(self, meeting: str, followed_audience: FollowedAudience) -> None:
        """One follower less. The object, not the name: it may be that of a dead broadcaster."""
        broadcaster = self._all.get(meeting)
        with broadcaster.lock if broadcaster is not None else self._lock:
            followed_audience.followers -= 1
            followed_audience.left_at = time.monotonic()
            if not followed_audience.followers:
                followed_audience.waiting.clear()

    def follow(self, meeting: str, audience: str, seq: int, epoch: str, chain: str) -> str:
        """The JSON of the answer to `follow`: what came after `seq`, or `fetch`."""
        return self.missed(meeting, audience, seq, epoch, chain).json(ok=True)

    def missed(self, meeting: str, audience: str, seq: int, epoch: str, chain: str) -> Missed:
        """What came after `seq`, for somebody who stands there."""

        def missed(broadcaster: Broadcaster) -> Missed:
            with broadcaster.lock:
                changes = broadcaster.changes(audience, seq, epoch, chain)
                return Missed(broadcaster.facts(self.now(meeting)), changes)

        return self._ask(meeting, missed)

    def notice(self, meeting: str, audience: str) -> dict[str, str]:
        """What is wrong with the service, as `{"notice": code}` for those who are told, else nothing."""
        return noticed(audience, self.meetings.notice(meeting))

    def wake(self, meeting: str, seq: int = 0) -> None:
        """Something was committed, or is lost. Cheap: called by whoever committed."""
        broadcaster = self._all.get(meeting)
        if broadcaster is not None:
            broadcaster.wake.set()

    def ready(self) -> bool:
        """False while a meeting cannot be shown or a broadcaster died, and for a while afterwards."""
        with self._lock:
            now = time.monotonic()
            self._red = {meeting: at for meeting, at in self._red.items() if now - at <= RED}
            return not self._red

    def close(self) -> None:
        """Ends all loops; for shutdown and tests."""
        self._ended.set()
        everyone = tuple(self._all.values())
        for broadcaster in everyone:
            broadcaster.wake.set()
            broadcaster.wake_sleepers()
        for loop in (self._watch, *(broadcaster.loop for broadcaster in everyone)):
            if loop is not None and loop is not threading.current_thread():
                loop.join(2)

    # The loop of one meeting.

    def _run(self, broadcaster: Broadcaster) -> bool:
        """Starts its loop. False if it is not the meeting's broadcaster any more."""
        with self._lock:
            if not self._lives(broadcaster):
                return self._ended.is_set()
            if broadcaster.loop is not None:
                return True
            name = f"announce {broadcaster.meeting}"
            broadcaster.loop = threading.Thread(target=self._loop, args=(broadcaster,), name=name, daemon=True)
        broadcaster.loop.start()
        return True

    def _lives(self, broadcaster: Broadcaster) -> bool:
        return not self._ended.is_set() and self._all.get(broadcaster.meeting) is broadcaster

    def _loop(self, broadcaster: Broadcaster) -> None:
        moved = True
        try:
            while self._lives(broadcaster):
                if moved:
                    broadcaster.wake.clear()
                    self._read(broadcaster)
                for audience, event, text in broadcaster.messages(
                    time.monotonic(), self.now(broadcaster.meeting), HEAD
                ):
                    if self._emit is not None:
                        self._emit(broadcaster.meeting, audience, event, text)
                due = broadcaster.next_due(HEAD) - time.monotonic()
                moved = broadcaster.wake.wait(min(max(due, 0), HEAD))
        except _GONE:
            self._bury(broadcaster)
        except Exception:
            logger.exception("the broadcaster of meeting %s died", broadcaster.meeting)
            self._red[broadcaster.meeting] = time.monotonic()
            self._bury(broadcaster)

    def _read(self, broadcaster: Broadcaster) -> None:
        """Takes what is new. Where that fails, screens stay where they are; the watch wakes us again each second."""
        about = broadcaster.meeting
        try:
            broadcaster.catch_up(woken=True)
        except Busy:
            return  # the watch says so, once for all
        except _GONE:
            raise
        except Exception as fault:
            self._red[about] = time.monotonic()
            text = f"meeting {about} cannot be shown any further than entry {broadcaster.seq}; trying again"
            self._complaints.wrong(about, text, fault)
        else:
            self._complaints.right(about, f"meeting {about} is shown again, to entry {broadcaster.seq}")

    def _forget(self, broadcaster: Broadcaster) -> None:
        """It is not the meeting's broadcaster any more, and its loop ends."""
        with self._lock:
            if self._all.get(broadcaster.meeting) is broadcaster:
                del self._all[broadcaster.meeting]
                self.meetings.release(broadcaster.meeting)
        broadcaster.wake.set()
        broadcaster.wake_sleepers()

    def _bury(self, broadcaster: Broadcaster) -> None:
        """Its followers are cut: they come back, prove where they stand, and the first starts the next broadcaster."""
        self._forget(broadcaster)
        if self._cut is not None:
            self._cut(broadcaster.meeting)

    # The watch over all meetings.

    def _keep_watch(self) -> None:
        with self._lock:
            if self._watch is not None or self._ended.is_set():
                return
            self._watch = threading.Thread(target=self._watching, name="announce watch", daemon=True)
        self._watch.start()

    def _watching(self) -> None:
        while not self._ended.wait(LOOK):
            try:
                self._look()
                self._drop_idle()
            except Exception as fault:
                # Heads go on meanwhile, and tell what we have.
                self._complaints.wrong("", "the logs cannot be read just now", fault)
            else:
                self._complaints.right("", "the logs can be read again")

    def _look(self) -> None:
        """One statement for all followed meetings; only those whose log does not end where they stand are woken."""
        followed = [broadcaster for broadcaster in tuple(self._all.values()) if broadcaster.followed]
        heads = self.meetings.heads([broadcaster.meeting for broadcaster in followed]) if followed else {}
        for broadcaster in followed:
            if heads.get(broadcaster.meeting) != (broadcaster.seq, broadcaster.head):
                broadcaster.wake.set()

    def _drop_idle(self) -> None:
        """Forgets the meetings that nobody has followed or asked for in the last minute."""
        with self._lock:
            everyone = tuple(self._all.values())
        for broadcaster in everyone:
            if broadcaster.idle(time.monotonic()):
                self._forget(broadcaster)
        self._complaints.only({"", *self._all})

    def _drop_least_used(self) -> None:
        """Of the meetings that are only read no more than `MOST_READ` are kept."""
        if len(self._all) <= MOST_READ:
            return
        now = time.monotonic()
        with self._lock:
            read = [broadcaster for broadcaster in self._all.values() if broadcaster.only_read(now)]
        for broadcaster in sorted(read, key=lambda one: one.used_at)[: max(0, len(read) - MOST_READ)]:
            self._forget(broadcaster)
