"""How HTTP says no: one table of statuses, JSON for programs, a page in plain words for people.

Every refusal is {"code", "message", "facts"}; the sentence comes from the catalogue. Nothing about the inside of
the service is ever told: no traceback, no path of a file, no SQL, no token.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from meetingsvc.core.kernel import Refused, UnfoldableEntry
from meetingsvc.core.schema import InvalidShape
from meetingsvc.store.engine import Busy
from meetingsvc.web.api.json_body import MOST_BYTES, TooLarge
from meetingsvc.web.context import services, words
from meetingsvc.web.middleware import clean_path

log = logging.getLogger("meetingsvc.web")

#: Statuses of HTTP itself that may reach a person, each with a code of its own; others are told as their class.
_PLAIN = {
    400: "http.bad_request", 403: "http.forbidden", 404: "http.not_found", 405: "http.wrong_method",
    410: "http.gone", 413: "http.too_large", 415: "http.bad_request", 429: "http.too_many", 503: "http.busy",
}  # fmt: skip


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
    if isinstance(error, TooLarge):
        return Problem(413, "shape.body_too_large", most=MOST_BYTES)
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


def told(problem: Problem, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The JSON of a refusal. `facts`: the same facts in words people read, where they are known."""
    message = words().refusal(problem.code, facts or problem.facts)
    return {"code": problem.code, "message": message, "facts": problem.facts}


def answer(problem: Problem, facts: Mapping[str, Any] | None = None) -> Response:
    """A refusal as JSON, or as a page for somebody who looks at it in a browser."""
    if request.path.startswith(("/api/", "/i18n/", "/states/")):
        made = jsonify(told(problem, facts))
    else:
        made = page(problem, facts)
    made.status_code = problem.status
    if problem.wait is not None:
        made.headers["Retry-After"] = str(problem.wait)
    return made


def page(problem: Problem, facts: Mapping[str, Any] | None = None) -> Response:
    """A page that says what is in the way and what to do next."""
    say = words()
    heading = say.refusal(f"heading.{problem.status}", {})
    if not say.has(f"refusal.heading.{problem.status}"):
        heading = say.gettext("This did not work")
    message = say.refusal(problem.code, facts or problem.facts)
    again = None
    if problem.status >= 500 and request.method == "GET":
        again = request.full_path if request.query_string else request.path  # ?as= says as whom one is here
    return make_response(render_template("error.html", heading=heading, message=message, again=again))


def register(app: Flask) -> None:
    """Every exception of a request ends here. Flask's own line in the log would show the path, token and all."""

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        problem = problem_of(error)
        services().metrics.refused(problem.code, problem.status)
        try:
            return answer(problem)
        except Exception:
            log.exception("%s %s: the error page failed", request.method[:10], clean_path(request.path))
            return Response("Something went wrong. Try again.\n", 500, content_type="text/plain; charset=utf-8")

    app.log_exception = lambda exc_info: None  # type: ignore[method-assign]
