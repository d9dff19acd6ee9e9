"""The words of each language for browsers, and the names of States: files made at start, kept by their hash.

Not here: which language somebody reads (context), the catalogues (translations).
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from meetingsvc.web.context import services
from meetingsvc.web.errors import Problem
from meetingsvc.web.static_files import ASK, KEEP

blueprint = Blueprint("languages", __name__)


@blueprint.get("/i18n/<lang>.json")
def catalogue(lang: str) -> Response:
    """The words of a language for the browser."""
    return _file("i18n", lang)


@blueprint.get("/states/<lang>.json")
def states(lang: str) -> Response:
    """The names of States in a language: {code: name}."""
    return _file("states", lang)


def _file(kind: str, lang: str) -> Response:
    if lang not in services().words:
        raise Problem(404, "http.not_found")
    body, mark, packed = *services().words.file(kind, lang), services().words.packed(kind, lang)
    answer = Response(mimetype="application/json")
    answer.vary.add("Accept-Encoding")
    answer.headers["Cache-Control"] = KEEP if request.args.get("v") == mark else ASK
    pack = "gzip" in request.headers.get("Accept-Encoding", "")
    answer.set_etag(mark + ("-gz" if pack else ""))
    answer.make_conditional(request)
    if answer.status_code != 304:
        if pack:
            answer.headers["Content-Encoding"] = "gzip"
        answer.set_data(packed if pack else body)
    return answer
