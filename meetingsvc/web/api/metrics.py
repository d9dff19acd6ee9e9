"""What the process counts, and GET /metrics for a collector that the configuration speaks of.

One registry per app. Labels are codes, command names and statuses: never a person, a meeting, a path or a token.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, Response, request
from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    ProcessCollector,
    generate_latest,
)  # fmt: skip

from meetingsvc.web.context import services
from meetingsvc.web.errors import Problem

log = logging.getLogger("meetingsvc.web")
#: So many bad secrets within a minute are told once in the log: somebody guesses, or a poster is printed wrongly.
ALARM = 100


class Metrics:
    """Counters of the web floor, with those of the process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._commands = Counter("meetingsvc_commands", "Commands asked for", ["command"], registry=self.registry)
        self._refusals = Counter(
            "meetingsvc_refusals", "Answers other than success", ["code", "status"], registry=self.registry
        )
        self._guesses = Counter("meetingsvc_bad_secrets", "Secrets that belong to no link", registry=self.registry)
        self._seconds = Histogram(
            "meetingsvc_command_seconds", "From a command read to its answer", registry=self.registry,
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
        )  # fmt: skip
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


metrics = Blueprint("metrics", __name__)


@metrics.get("/metrics")
def show() -> Response:
    """Prometheus text, for whom the configuration says; for all others there is nothing here."""
    wanted = services().config.metrics
    if not (_from_here() if wanted == "local" else bool(wanted) and _by_token(wanted)):
        raise Problem(404, "http.not_found")
    return Response(
        generate_latest(services().metrics.registry), content_type="text/plain; version=0.0.4; charset=utf-8"
    )


def _by_token(wanted: str) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode("utf-8", "replace"), wanted.encode())
    if given and not right:
        services().metrics.guessed()
    return right and scheme.lower() == "bearer"


def _from_here() -> bool:
    """Whether the request was made on this machine. A proxy on it passes strangers on, and may show itself."""
    if any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")):
        return False
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
        host = request.host.rsplit(":", 1)[0].strip("[]")
        named_here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
    return address.is_loopback and named_here
