"""What the process counts: one registry per app.

Labels are codes, command names and statuses: never a person, a meeting, a path or a token. Not here: who may read it
(api/metrics).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, ProcessCollector

log = logging.getLogger("meetingsvc.web")
#: So many bad secrets within a minute are told once in the log: somebody guesses, or a poster is printed wrongly.
ALARM = 100


class Metrics:
    """Counters of the web layer, with those of the process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._commands = Counter("meetingsvc_commands", "Commands asked for", ["command"], registry=self.registry)
        self._refusals = Counter(
            "meetingsvc_refusals", "Answers other than success", ["code", "status"], registry=self.registry
        )
        self._guesses = Counter("meetingsvc_bad_secrets", "Secrets that belong to no link", registry=self.registry)
        self._seconds = Histogram(
            "meetingsvc_command_seconds",
            "From a command read to its answer",
            registry=self.registry,
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
        )
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._minute, self._in_minute = 0, 0

    def asked(self, command: str) -> None:
        self._commands.labels(command).inc()

    def refused(self, code: str, status: int) -> None:
        self._refusals.labels(code, str(status)).inc()

    def guessed(self) -> None:
        """A secret was wrong. Many in a minute are said once, loudly."""
        self._guesses.inc()
        minute = int(time.monotonic() // 60)
        self._in_minute = self._in_minute + 1 if minute == self._minute else 1
        self._minute = minute
        if self._in_minute == ALARM:
            log.warning("%d wrong secrets of links within a minute", ALARM)

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Measures one command from its shape being read to its commit."""
        with self._seconds.time():
            yield
