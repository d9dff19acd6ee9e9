"""How HTTP says no: `Problem`, and the one table of which exception is which status.

It stands below everything else of the web, so that all of it may refuse. Not here: the answer that somebody gets, as
JSON or as a page (error_answers), sentences (translations).
"""

from __future__ import annotations

import logging
from typing import Any

from flask import request
from werkzeug.exceptions import HTTPException

from meetingsvc.core.kernel import Refused, UnfoldableEntry
from meetingsvc.core.schema import InvalidShape
from meetingsvc.store.engine import Busy
from meetingsvc.web.middleware import clean_path

log = logging.getLogger("meetingsvc.web")

#: Statuses of HTTP itself that may reach a person, each with a code of its own; others are told as their class.
_PLAIN = {
    400: "http.bad_request",
    403: "http.forbidden",
    404: "http.not_found",
    405: "http.wrong_method",
    410: "http.gone",
    413: "http.too_large",
    415: "http.bad_request",
    429: "http.too_many",
    503: "http.busy",
}


class Problem(Exception):
    """An answer other than success, decided by the web layer. `wait` is in seconds."""

    def __init__(self, status: int, code: str, wait: int | None = None, **facts: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.wait, self.facts = status, code, wait, facts


def problem_of(error: Exception) -> Problem:
    """What an exception means to the one who asked."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refused):
        status = (
            404 if error.code == "meeting.not_found" else 403 if error.code.startswith(("rights.", "sign_in.")) else 409
        )
        return Problem(status, error.code, **error.facts)
    if isinstance(error, InvalidShape):
        return Problem(422, error.code, path=error.path, **error.facts)
    if isinstance(error, Busy):
        return Problem(503, error.code, wait=1)
    if isinstance(error, UnfoldableEntry):
        return Problem(503, "record.stranded", wait=60, entry=error.entry.seq, event=error.entry.event.wire)
    if isinstance(error, HTTPException) and error.code and error.code < 500:
        return Problem(error.code, _PLAIN.get(error.code, "http.bad_request"))
    if isinstance(error, HTTPException) and error.code == 503:
        return Problem(503, "http.busy", wait=1)
    log.exception("%s %s failed", request.method[:10], clean_path(request.path), exc_info=error)
    return Problem(500, "http.failed")
