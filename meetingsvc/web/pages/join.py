"""A personal link is opened: whose it is, and claiming it for this browser.

Only the button changes something. Not here: what was claimed (home), making links (links).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from meetingsvc.web.auth import (
    FormTokens,
    Identity,
    by_secret,
    form_sender,
    session_secret,
    set_session_cookie,
    wrong_secret,
)
from meetingsvc.web.context import services
from meetingsvc.web.errors import Problem
from meetingsvc.web.page_parts.navigation import has_page, home_url
from meetingsvc.web.page_parts.personal_links import personal_link
from meetingsvc.web.page_parts.render import render_page, see_other

if TYPE_CHECKING:
    from meetingsvc.store.links import Grant


blueprint = Blueprint("join", __name__)


@blueprint.get("/join/<token>")
def show(token: str) -> Response:
    """A personal link: says whose it is, and changes nothing. Scanners, previews and people may look as they like."""
    grant = _link(token)
    forms = FormTokens()
    return forms.keep(render_page("join/join.html", link=personal_link(grant), token=forms.token(request.path)))


@blueprint.post("/join/<token>")
def claim(token: str) -> Response:
    """Claim the link for this browser and go to the page without a secret in its address."""
    grant = form_sender(lambda: Identity(_link(token))).grant
    assert grant is not None
    done = services().links.claim(token, session_secret() or None)
    if done is None:
        raise Problem(410, "sign_in.revoked")
    secret, number = done
    answer = see_other(home_url(grant, number))
    set_session_cookie(answer, secret)
    return answer


def _link(token: str) -> Grant:
    """The grant behind a link's secret. Whatever was never a link looks the same: 404."""
    who = by_secret(services(), token)
    if who.problem == "sign_in.revoked":
        raise Problem(410, "sign_in.revoked")
    if who.grant is None:
        wrong_secret()
        raise Problem(404, "sign_in.no_such_link")
    if not has_page(who.grant):
        raise Problem(409, "sign_in.no_page")
    return who.grant
