"""A page as it leaves: its template with what every template may use, compressed or not, and the redirect after a form.

Not here: what a page shows (pages), refusals (error_answers), headers of every answer (middleware).
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, Response, g, make_response, redirect, render_template, request
from markupsafe import Markup

from meetingsvc.web.auth import FormTokens, Identity, is_https
from meetingsvc.web.context import LANGUAGE_COOKIE, services, words
from meetingsvc.web.middleware import NONCE
from meetingsvc.web.page_parts.navigation import setup_url, with_query

if TYPE_CHECKING:
    from meetingsvc.store.bodies import Body


#: The style sheets of pages that are not live screens.
PLAIN_SHEETS = ("vendor/fonts.css", "css/tokens.css", "css/plain.css")
#: Of pages with forms and lists.
SECRETARIAT_SHEETS = (*PLAIN_SHEETS, "css/office.css")


def render_page(template: str, **given: Any) -> Response:
    """The page that this template makes, in the words of the reader."""
    answer = make_response(render_template(template, **given))
    answer.vary.update(("Cookie", "Accept-Language"))
    return answer


def secretariat_page(template: str, body: Body, who: Identity, page: str = "", **given: Any) -> Response:
    """A page of the secretariat, with its form's token and address."""
    forms = FormTokens()
    path = setup_url(body.id, page)
    answer = render_page(
        template,
        css=SECRETARIAT_SHEETS,
        body=body,
        name=words().text(body.name),
        number=who.number,
        here=lambda name="": setup_url(body.id, name, who.number),
        action=setup_url(body.id, page, who.number),
        token=forms.token(path),
        form_token=forms.token,
        **given,
    )
    return forms.keep(answer)


def compressed(answer: Response) -> Response:
    """The same compressed. Only for pages without a form: nothing secret stands beside what somebody sent."""
    answer.vary.add("Accept-Encoding")
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        answer.set_data(gzip.compress(answer.get_data(), 6, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def see_other(path: str) -> Response:
    """303 to a path that the server made; never to anything that came with the request."""
    return cast(Response, redirect(path, 303))


def back_to(url: str, done: str) -> Response:
    """303 to a page of ours that then says what was done (`?done=`)."""
    return see_other(with_query(url, f"done={done}"))


def form_again(page: Response) -> Response:
    """422: nothing was done, and here is the form once more, with what is wrong."""
    page.status_code = 422
    return page


def register(app: Flask) -> None:
    """What every template may use, and the cookie that keeps a chosen language."""

    @app.context_processor
    def frame() -> dict[str, Any]:
        say, static = words(), services().files
        return {
            "_": say.gettext,
            "ngettext": say.ngettext,
            "lang": say.lang,
            "dir": say.dir,
            "nonce": request.environ.get(NONCE, ""),
            "asset": static.url,
            "files": static.hash,
            "importmap": Markup(static.importmap),  # noqa: S704 made at start from names and hashes of files
            "css": PLAIN_SHEETS,
        }

    @app.after_request
    def keep_language(answer: Response) -> Response:
        if "lang" in request.args and "words" in g and request.args["lang"] == g.words.lang:
            secure = is_https(services().config)
            name = LANGUAGE_COOKIE
            answer.set_cookie(name, g.words.lang, max_age=31_536_000, secure=secure, httponly=True, samesite="Lax")
        return answer
