"""What somebody gets who is refused: JSON for programs, a page in plain words for people.

Every refusal is {"code", "message", "facts"}; the sentence comes from the catalogue. Nothing about the inside of
the service is ever told: no traceback, no path of a file, no SQL, no token. Not here: which status it is (errors).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request

from meetingsvc.web.context import services, words
from meetingsvc.web.errors import Problem, problem_of
from meetingsvc.web.middleware import clean_path

log = logging.getLogger("meetingsvc.web")


def as_json(problem: Problem, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The JSON of a refusal. `facts`: the same facts in words people read, where they are known."""
    message = words().refusal(problem.code, facts or problem.facts)
    return {"code": problem.code, "message": message, "facts": problem.facts}


def answer(problem: Problem, facts: Mapping[str, Any] | None = None) -> Response:
    """A refusal as JSON, or as a page for somebody who looks at it in a browser."""
    if request.path.startswith(("/api/", "/i18n/", "/states/")):
        made = jsonify(as_json(problem, facts))
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
