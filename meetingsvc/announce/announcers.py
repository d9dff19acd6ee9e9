"""All announcers of this process: started when somebody follows, woken, started again, dropped.

`Announcers` is what `web` and `live` hold. It never emits by itself: `live` hands in how.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from meetingsvc.announce.announcer import Announcer
from meetingsvc.announce.rings import Channel, elements
from meetingsvc.announce.states import State, dumps
from meetingsvc.store.engine import Busy

if TYPE_CHECKING:
    from meetingsvc.perform import Desk
    from meetingsvc.store.log import Log

logger = logging.getLogger("meetingsvc.announce")

#: Seconds between looks at the log's head, for what other processes wrote.
LOOK = 1.0
#: Seconds between heads when nothing happens: below the 5 s that clients are promised.
HEAD = 4.5
#: Seconds for which readiness stays red after an announcer died, at least.
RED = 10.0


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
        self._loops: dict[str, threading.Thread] = {}
        self._died: dict[str, float] = {}
        self._closed = False
        desk.on_commit(self.wake)

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
            return self._all.setdefault(meeting, made)

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
        return self.of(meeting).state(audience)

    def head(self, meeting: str) -> dict[str, Any]:
        """`{meeting, seq, epoch, chain, now}` at the log's head."""
        announcer = self.of(meeting)
        with announcer.lock:
            announcer.catch_up()
            return {"meeting": meeting, **announcer.facts(self.now(meeting))}

    def wait_beyond(self, meeting: str, seq: int, timeout: float) -> bool:
        """Sleeps until the meeting has moved beyond `seq`, at most `timeout` seconds. True if it has."""
        announcer = self.of(meeting)
        until = time.monotonic() + timeout
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
        announcer = self.of(meeting)
        with announcer.lock:
            channel = announcer.channel(audience)
            channel.followers += 1
        self._run(announcer)
        return channel

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
        announcer = self.of(meeting)
        with announcer.lock:
            changes = announcer.changes(audience, seq, epoch, chain)
            facts = dumps({"ok": True, **announcer.facts(self.now(meeting))})
        more = '"fetch":true' if changes is None else f'"changes":{elements(changes)}'
        return f"{facts[:-1]},{more}}}"

    def wake(self, meeting: str, seq: int = 0) -> None:
        """Something was committed. Cheap: called by whoever committed."""
        announcer = self._all.get(meeting)
        if announcer is not None:
            announcer.wake.set()
            for waiter in tuple(announcer.waiters):
                waiter.set()

    def ready(self) -> bool:
        """False for a while after an announcer died; for good if its successors die as well."""
        with self._lock:
            now = time.monotonic()
            for meeting, died in tuple(self._died.items()):
                if now - died > RED:
                    del self._died[meeting]
            return not self._died

    def close(self) -> None:
        """Ends all loops; for shutdown and tests."""
        self._closed = True
        for announcer in tuple(self._all.values()):
            announcer.wake.set()
        for loop in tuple(self._loops.values()):
            if loop is not threading.current_thread():
                loop.join(2)

    # The loop of one meeting.

    def _run(self, announcer: Announcer) -> None:
        with self._lock:
            if announcer.meeting in self._loops or self._closed:
                return
            loop = threading.Thread(
                target=self._loop, args=(announcer,), name=f"announce {announcer.meeting}", daemon=True
            )
            self._loops[announcer.meeting] = loop
        loop.start()

    def _loop(self, announcer: Announcer) -> None:
        try:
            while not self._closed and not self._drop(announcer):
                announcer.wake.clear()
                with suppress(Busy):  # said once where it was found; heads go on, and tell what we have
                    announcer.catch_up(woken=True)
                for audience, event, text in announcer.messages(time.monotonic(), self.now(announcer.meeting), HEAD):
                    if self._emit is not None:
                        self._emit(announcer.meeting, audience, event, text)
                due = announcer.next_due(HEAD) - time.monotonic()
                if due > 0:
                    announcer.wake.wait(min(due, LOOK))
        except Exception:
            logger.exception("the announcer of meeting %s died", announcer.meeting)
            self._died[announcer.meeting] = time.monotonic()
            self._bury(announcer)

    def _drop(self, announcer: Announcer) -> bool:
        """Forgets a meeting that nobody has followed or asked for in the last minute."""
        with self._lock, announcer.lock:
            if not announcer.idle(time.monotonic()):
                return False
            self._all.pop(announcer.meeting, None)
            self._loops.pop(announcer.meeting, None)
            return True

    def _bury(self, announcer: Announcer) -> None:
        """Its followers are cut: they come back, and the first of them starts the next announcer."""
        with self._lock:
            self._all.pop(announcer.meeting, None)
            self._loops.pop(announcer.meeting, None)
        if self._cut is not None:
            self._cut(announcer.meeting)
