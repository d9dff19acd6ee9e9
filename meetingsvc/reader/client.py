"""What others wrote is read by a process of its own, so that no file and no mail stops those who meet.

One process, started when it is first needed and ended when it is idle, one job at a time. What it cannot do within its
limits is refused in a sentence, and the next job finds a new one. Not here: the reading itself (imports,
calendars.reading), its limits (worker.py), whose answer counts (invitations).
"""

from __future__ import annotations

import json
import logging
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from meetingsvc.calendars.reading.mails import MailReply
from meetingsvc.calendars.reading.replies import Reply
from meetingsvc.core.kernel import Refused, need
from meetingsvc.reader.jobs import JOBS, Looked
from meetingsvc.reader.transfer import Unlike, unpacked
from meetingsvc.reader.worker import ANSWER, IDLE_S, JOB, LARGEST_ANSWER, READY, Limits, received
from meetingsvc.waiting import waiting

log = logging.getLogger(__name__)

#: Seconds in which it must be there, and in which a job must have its turn.
START_S, TURN_S = 30.0, 20.0
#: Jobs that wait or are done; of one person there is one.
MOST_INSIDE = 8
#: It is asked again so long; after that it may be about to end.
KEPT_S = IDLE_S / 2
_ROOT = Path(__file__).resolve().parents[2]
#: Codes of sentences that a file may be refused with.
_CODE = re.compile(r"(?:ics|reply|meeting|setup)\.[a-z_]{1,40}")


class Gone(Exception):
    """The process ended or was ended in the middle of a job. The text says how, for the log."""


class _Worker:
    """The process, and our end of the line to it."""

    def __init__(self, most: Limits) -> None:
        self._most = most
        # a pair of sockets, since those wait without stopping others in whichever way the service is run
        self._line, theirs = socket.socketpair()
        with theirs:
            given = (theirs.fileno(), most.cpu_s, most.wall_s, most.memory)
            self._process = subprocess.Popen(  # noqa: S603 our own program
                [sys.executable, "-m", "meetingsvc.reader.worker", *map(str, given)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # what the service was told holds secrets; the reader needs none of it
                cwd=_ROOT,
                env={"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
            )
        self._used = time.monotonic()
        self._line.settimeout(START_S)
        try:
            if received(self._line, 1) != READY:
                raise OSError("another program answered")
        except BaseException:
            self.end()
            raise

    @property
    def good(self) -> bool:
        return self._process.poll() is None and time.monotonic() - self._used < KEPT_S

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, job: str, data: bytes, given: dict[str, Any]) -> dict[str, Any]:
        """What it tells; raises `Gone`."""
        head = json.dumps({"job": job, "given": given}).encode()
        until = time.monotonic() + self._most.wall_s + 1
        try:
            self._line.settimeout(self._most.wall_s)
            self._line.sendall(JOB.pack(len(head), len(data)) + head)
            self._line.sendall(data)
            (size,) = ANSWER.unpack(self._received(ANSWER.size, until))
            if size > LARGEST_ANSWER:
                raise Gone("it answers too much")
            told = json.loads(self._received(size, until))
        except (OSError, EOFError, ValueError) as fault:
            raise Gone(self._how(fault)) from fault
        self._used = time.monotonic()
        return told if isinstance(told, dict) else {}

    def end(self) -> None:
        """At once. It holds nothing that could be lost."""
        self._line.close()
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()

    def _received(self, size: int, until: float) -> bytes:
        self._line.settimeout(max(0.1, until - time.monotonic()))
        return received(self._line, size)

    def _how(self, fault: Exception) -> str:
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(timeout=1)
            return f"it ended by {signal.Signals(-code).name}" if code < 0 else f"it ended with {code}"
        return f"{type(fault).__name__} after {self._most.wall_s:g} s"


class ReaderProcess:
    """One reading process. Who asks is named, so that nobody's files keep out those of others."""

    def __init__(self, most: Limits | None = None) -> None:
        self._most = most or Limits()
        self._worker: _Worker | None = None
        self._inside: set[str] = set()
        self._turn = threading.Lock()

    def mail(self, raw: bytes) -> MailReply:
        """What a mail says (calendars.reading.mails.from_mail)."""
        made: MailReply = self._asked("mail", raw, {}, "the mailbox")
        return made

    def replies(self, data: bytes, who: str) -> tuple[Reply, ...]:
        """The answers in a file (calendars.reading.replies.read_replies). `who`: the grant of whoever sent it."""
        made: tuple[Reply, ...] = self._asked("replies", data, {}, who)
        return made

    def look(
        self, data: bytes, who: str, *, kept: bool, zone: str | None, today: str, choose: Collection[str]
    ) -> Looked:
        """What is in a calendar file (reader.jobs.look)."""
        given = {"kept": kept, "zone": zone, "today": today, "choose": list(choose)}
        made: Looked = self._asked("look", data, given, who)
        return made

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._worker.pid if self._worker else None

    def close(self) -> None:
        """Ends the process, if there is one."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    def _asked(self, job: str, data: bytes, given: dict[str, Any], who: str) -> Any:
        """Refused with what the reader refuses; with `reading.busy`, of which nothing was read yet; with
        `reading.too_hard`, which is as hard the next time."""
        need(who not in self._inside and len(self._inside) < MOST_INSIDE, "reading.busy")
        self._inside.add(who)
        try:
            with waiting():
                need(self._turn.acquire(timeout=TURN_S), "reading.busy")
                try:
                    told = self._done(job, data, given)
                finally:
                    self._turn.release()
        finally:
            self._inside.discard(who)
        return _given(job, told)

    def _done(self, job: str, data: bytes, given: dict[str, Any]) -> dict[str, Any]:
        worker, self._worker = self._ready(), None
        try:
            told = worker.ask(job, data, given)
            self._worker = worker
        except Gone as why:
            log.warning("%d bytes could not be read (%s): %s", len(data), job, why)
            raise Refused("reading.too_hard") from None
        finally:
            if self._worker is None:  # whatever it was about to say is nobody's
                worker.end()
        return told

    def _ready(self) -> _Worker:
        worker, self._worker = self._worker, None
        if worker is not None and worker.good:
            return worker
        if worker is not None:
            worker.end()
        try:
            return _Worker(self._most)
        except (OSError, EOFError) as fault:
            log.error("files cannot be read: the process that reads them does not start (%r)", fault)
            raise Refused("reading.busy") from fault


def _given(job: str, told: dict[str, Any]) -> Any:
    """What was told, in our shapes; it is data and no more."""
    code, facts = told.get("refused"), told.get("facts")
    if isinstance(code, str) and isinstance(facts, dict) and _CODE.fullmatch(code):
        raise Refused(code, **facts)
    try:
        return unpacked(JOBS[job].gives, told["gives"])
    except (KeyError, Unlike):
        log.error("a file could not be read (%s): %.300s", job, told.get("fault", "an answer of another shape"))
        raise Refused("reading.too_hard") from None
