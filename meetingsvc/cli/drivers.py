"""The two ways in which a replay acts: on this machine's database, or over HTTP on a server that runs elsewhere.

Both give the view of the staff and take commands by their wire names. Does not belong here: what a replay does.
"""

from __future__ import annotations

import http.client
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from meetingsvc.cli.errors import Stop
from meetingsvc.cli.setup import secretary
from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.kernel import Refused
from meetingsvc.core.schema import read
from meetingsvc.meetings import Meetings
from meetingsvc.views.view import view

Body = dict[str, Any]
#: A press is tried again with the same key for so long, as a screen does.
PATIENCE_S = 15.0
_TIMEOUT_S = 10.0


class Driver(Protocol):
    """Where a replay plays."""

    def view(self) -> dict[str, Any]:
        """What the staff's screens hold."""

    def act(self, name: str, body: Body) -> None:
        """Gives a command; raises `Refused`."""

    def acts(self, name: str, bodies: Sequence[Body]) -> None:
        """Gives the same command for several bodies; as one act where the driver can."""


class LocalDriver:
    """On this machine's database; a server on the same database shows it within a second."""

    def __init__(self, meetings: Meetings, meeting: str) -> None:
        self._meetings, self._meeting, self._actor = meetings, meeting, secretary()

    def view(self) -> dict[str, Any]:
        return view(self._meetings.history(self._meeting).state, self._meetings.names(self._meeting), "staff")

    def act(self, name: str, body: Body) -> None:
        self.acts(name, [body])

    def acts(self, name: str, bodies: Sequence[Body]) -> None:
        self._meetings.perform(self._meeting, self._actor, [read(COMMANDS[name], body) for body in bodies])


class HttpDriver:
    """On a running server, with the secret of a link for chair or secretary."""

    def __init__(self, url: str, meeting: str, secret: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise Stop(f"{url!r} is no address of a server; give one such as http://127.0.0.1:8000.")
        self._base = f"{parts.scheme}://{parts.netloc}/api/v1/meetings/{meeting}"
        self._secret = secret

    def view(self) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("/state?audience=staff")["view"]
        return found

    def act(self, name: str, body: Body) -> None:
        self._ask(f"/commands/{name}", body)

    def acts(self, name: str, bodies: Sequence[Body]) -> None:
        for body in bodies:
            self.act(name, body)

    def _ask(self, path: str, body: Body | None = None) -> dict[str, Any]:
        """One request, repeated with its key while the server is away or asks for patience."""
        key, until = secrets.token_urlsafe(16), time.monotonic() + PATIENCE_S
        while True:
            why, wait = "it does not answer", 0.5
            try:
                return self._once(path, body, key)
            except urllib.error.HTTPError as problem:
                told = _told(problem)
                if problem.code == 409:
                    raise Refused(str(told.get("code")), **told.get("facts", {})) from None
                if problem.code not in (429, 502, 503):
                    raise Stop(f"The server refuses: {told.get('message', problem.reason)}") from None
                why, wait = f"it says {told.get('message', problem.reason)}", _wait(told)
            except (urllib.error.URLError, OSError, http.client.HTTPException) as gone:
                why = f"it cannot be reached ({getattr(gone, 'reason', gone)})"
            if time.monotonic() + wait > until:
                raise Stop(f"The server at {self._base.split('/api/')[0]} is of no help: {why}.")
            time.sleep(wait)

    def _once(self, path: str, body: Body | None, key: str) -> dict[str, Any]:
        # the scheme was looked at when the driver was made: http or https
        request = urllib.request.Request(self._base + path)  # noqa: S310
        request.add_header("Authorization", f"Bearer {self._secret}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
            request.add_header("Idempotency-Key", key)
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found


def _told(problem: urllib.error.HTTPError) -> dict[str, Any]:
    try:
        told = json.load(problem)
        return told if isinstance(told, dict) else {}
    except (ValueError, OSError):
        return {}


def _wait(told: dict[str, Any]) -> float:
    wait = told.get("facts", {}).get("wait", 0.5)
    return float(wait) if isinstance(wait, int | float) else 0.5
