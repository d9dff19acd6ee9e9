"""All announcers of this process: started when somebody follows, woken, started again, dropped.

`Announcers` is what `web` and `live` hold. It never emits by itself: `live` hands in how. Each followed meeting has a
loop of its own, so that one cannot hold up another; what other processes wrote is looked for by one watch for all.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from meetingsvc.broadcast.broadcaster import Announcer, AnotherLog
from meetingsvc.broadcast.encoded_view import State, dumps
from meetingsvc.broadcast.replay_buffer import Change, Channel, elements
from meetingsvc.core.kernel import Refused, Stranded
from meetingsvc.rationed_log import Complaints
from meetingsvc.store.engine import Busy

if TYPE_CHECKING:
    from meetingsvc.meetings import Desk
    from meetingsvc.store.log import Log

logger = logging.getLogger("meetingsvc.broadcast")
T = TypeVar("T")

#: Seconds between looks at the logs' heads, for what other processes wrote.
LOOK = 1.0
#: Seconds between heads when nothing happens: below the 5 s that clients are promised.
HEAD = 4.5
#: Seconds for which readiness stays red after an announcer failed, at least.
RED = 10.0
#: Announcers of meetings that nobody follows: kept for those who only read; the least used goes first.
MOST_READ = 200
#: What a meeting that is not there any more, or not as it was, makes an announcer say.
_GONE = (AnotherLog, Refused, Stranded)


class Announcers:
    """`files` is the hash of the page's files, sent with every state."""

    def __init__(self, desk: Desk, log: Log, files: str = "") -> None:
        self.desk = desk
        self.log = log
        self.files = files
        self._emit: Callable[[str, str, str, str], None] | None = None
        self._cut: Callable[[str], None] | None = None
        self._lock = threading.Lock()
        self._all: dict[str, Announcer] = {}
        self._watch: threading.Thread | None = None
        self._complaints = Complaints(logger)
        self._red: dict[str, float] = {}
        self._ended = threading.Event()
        desk.on_commit(self.wake)
        desk.on_loss(self.wake)

    def attach(self, emit: Callable[[str, str, str, str], None], cut: Callable[[str], None]) -> None:
        """`emit(meeting, audience, event, json)` to its followers here; `cut(meeting)` cuts them all."""
        self._emit, self._cut = emit, cut

    def of(self, meeting: str) -> Announcer:
        """The meeting's announcer, folded to the head it found. Raises Refused if there is none."""
        with self._lock:
            announcer = self._all.get(meeting)
            if announcer is not None:
                announcer.used_at = time.monotonic()  # under the lock: so it is not dropped meanwhile
                return announcer
        made = Announcer(meeting, self.desk, self.log, self.files)  # may take long: not under the lock
        with self._lock:
            announcer = self._all.setdefault(meeting, made)
            if announcer is made:
                self.desk.hold(meeting)
        self._drop_least_used()
        self._keep_watch()
        return announcer

    def _ask(self, meeting: str, question: Callable[[Announcer], T]) -> T:
        """What the announcer answers; where it stands on a log that is not there any more, what the next one does."""
        announcer = self.of(meeting)
        try:
            try:
                return question(announcer)
            except _GONE:
                self._bury(announcer)
                return question(self.of(meeting))
        except (*_GONE, Busy):
            raise
        except Exception:
            self._red[meeting] = time.monotonic()
            raise

    def now(self, meeting: str) -> int:
        """The server's clock as this meeting goes by it, ms UTC."""
        return self.desk.now(meeting)

    # For web.

    def state(self, meeting: str, audience: str) -> dict[str, Any]:
        """The answer of `GET state`: meeting, seq, epoch, chain, files, now, audience, view."""
        body: dict[str, Any] = json.loads(self.encoded(meeting, audience).json(self.now(meeting)))
        return body

    def encoded(self, meeting: str, audience: str) -> State:
        """The same as bytes: `.json(now)` and `.gzip(now)`, made once per audience and seq."""
        return self._ask(meeting, lambda announcer: announcer.state(audience))

    def head(self, meeting: str) -> dict[str, Any]:
        """`{meeting, seq, epoch, chain, now}` at the log's head."""

        def head(announcer: Announcer) -> dict[str, Any]:
            with announcer.lock:
                announcer.catch_up()
                return {"meeting": meeting, **announcer.facts(self.now(meeting))}

        return self._ask(meeting, head)

    def wait_beyond(self, meeting: str, seq: int, timeout: float) -> bool:
        """Sleeps until the meeting has moved beyond `seq`, at most `timeout` seconds. True if it has."""
        until = time.monotonic() + timeout
        return self._ask(meeting, lambda announcer: self._wait(announcer, seq, until))

    def _wait(self, announcer: Announcer, seq: int, until: float) -> bool:
        beyond = threading.Event()
        announcer.waiters.add(beyond)
        try:
            while True:
                announcer.catch_up()
                left = until - time.monotonic()
                if announcer.seq > seq or left <= 0:
                    return announcer.seq > seq
                # Without followers nobody else looks for what other processes wrote.
                beyond.wait(min(left, LOOK))
                beyond.clear()
        finally:
            announcer.waiters.discard(beyond)

    # For live.

    def join(self, meeting: str, audience: str) -> Channel:
        """One follower more, to be taken away with `leave`. After the room was entered."""

        def enter(announcer: Announcer) -> tuple[Announcer, Channel]:
            with announcer.lock:
                channel = announcer.channel(audience)
                channel.followers += 1
            return announcer, channel

        while True:
            announcer, channel = self._ask(meeting, enter)
            if self._run(announcer):
                return channel  # else it was dropped meanwhile

    def leave(self, meeting: str, channel: Channel) -> None:
        """One follower less. The channel, not the name: it may be that of a dead announcer."""
        announcer = self._all.get(meeting)
        with announcer.lock if announcer is not None else self._lock:
            channel.followers -= 1
            channel.left_at = time.monotonic()
            if not channel.followers:
                channel.waiting.clear()

    def follow(self, meeting: str, audience: str, seq: int, epoch: str, chain: str) -> str:
        """The JSON of the answer to `follow`: what came after `seq`, or `fetch`."""

        def answer(announcer: Announcer) -> tuple[list[Change] | None, str]:
            with announcer.lock:
                changes = announcer.changes(audience, seq, epoch, chain)
                return changes, dumps({"ok": True, **announcer.facts(self.now(meeting))})

        changes, facts = self._ask(meeting, answer)
        more = '"fetch":true' if changes is None else f'"changes":{elements(changes)}'
        return f"{facts[:-1]},{more}}}"

    def wake(self, meeting: str, seq: int = 0) -> None:
        """Something was committed, or is lost. Cheap: called by whoever committed."""
        announcer = self._all.get(meeting)
        if announcer is not None:
            announcer.wake.set()
            for waiter in tuple(announcer.waiters):
                waiter.set()

    def ready(self) -> bool:
        """False while a meeting cannot be shown or an announcer died, and for a while afterwards."""
        with self._lock:
            now = time.monotonic()
            self._red = {meeting: at for meeting, at in self._red.items() if now - at <= RED}
            return not self._red

    def close(self) -> None:
        """Ends all loops; for shutdown and tests."""
        self._ended.set()
        everyone = tuple(self._all.values())
        for announcer in everyone:
            announcer.wake.set()
        for loop in (self._watch, *(announcer.loop for announcer in everyone)):
            if loop is not None and loop is not threading.current_thread():
                loop.join(2)

    # The loop of one meeting.

    def _run(self, announcer: Announcer) -> bool:
        """Starts its loop. False if it is not the meeting's announcer any more."""
        with self._lock:
            if not self._lives(announcer):
                return self._ended.is_set()
            if announcer.loop is not None:
                return True
            name = f"announce {announcer.meeting}"
            announcer.loop = threading.Thread(target=self._loop, args=(announcer,), name=name, daemon=True)
        announcer.loop.start()
        return True

    def _lives(self, announcer: Announcer) -> bool:
        return not self._ended.is_set() and self._all.get(announcer.meeting) is announcer

    def _loop(self, announcer: Announcer) -> None:
        moved = True
        try:
            while self._lives(announcer):
                if moved:
                    announcer.wake.clear()
                    self._read(announcer)
                for audience, event, text in announcer.messages(time.monotonic(), self.now(announcer.meeting), HEAD):
                    if self._emit is not None:
                        self._emit(announcer.meeting, audience, event, text)
                due = announcer.next_due(HEAD) - time.monotonic()
                moved = announcer.wake.wait(min(max(due, 0), HEAD))
        except _GONE:
            self._bury(announcer)
        except Exception:
            logger.exception("the announcer of meeting %s died", announcer.meeting)
            self._red[announcer.meeting] = time.monotonic()
            self._bury(announcer)

    def _read(self, announcer: Announcer) -> None:
        """Takes what is new. Where that fails, screens stay where they are; the watch wakes us again each second."""
        about = announcer.meeting
        try:
            announcer.catch_up(woken=True)
        except Busy:
            return  # the watch says so, once for all
        except _GONE:
            raise
        except Exception as fault:
            self._red[about] = time.monotonic()
            text = f"meeting {about} cannot be shown any further than entry {announcer.seq}; trying again"
            self._complaints.wrong(about, text, fault)
        else:
            self._complaints.right(about, f"meeting {about} is shown again, to entry {announcer.seq}")

    def _forget(self, announcer: Announcer) -> None:
        """It is not the meeting's announcer any more, and its loop ends."""
        with self._lock:
            if self._all.get(announcer.meeting) is announcer:
                del self._all[announcer.meeting]
                self.desk.release(announcer.meeting)
        announcer.wake.set()

    def _bury(self, announcer: Announcer) -> None:
        """Its followers are cut: they come back, prove where they stand, and the first starts the next announcer."""
        self._forget(announcer)
        if self._cut is not None:
            self._cut(announcer.meeting)

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
        followed = [announcer for announcer in tuple(self._all.values()) if announcer.followed]
        heads = self.desk.heads([announcer.meeting for announcer in followed]) if followed else {}
        for announcer in followed:
            if heads.get(announcer.meeting) != (announcer.seq, announcer.head):
                announcer.wake.set()

    def _drop_idle(self) -> None:
        """Forgets the meetings that nobody has followed or asked for in the last minute."""
        with self._lock:
            everyone = tuple(self._all.values())
        for announcer in everyone:
            if announcer.idle(time.monotonic()):
                self._forget(announcer)
        self._complaints.only({"", *self._all})

    def _drop_least_used(self) -> None:
        """Of the meetings that are only read no more than `MOST_READ` are kept."""
        if len(self._all) <= MOST_READ:
            return
        now = time.monotonic()
        with self._lock:
            read = [announcer for announcer in self._all.values() if announcer.only_read(now)]
        for announcer in sorted(read, key=lambda one: one.used_at)[: max(0, len(read) - MOST_READ)]:
            self._forget(announcer)
