"""Your meetings: what was claimed in this browser, and forgetting it.

Not here: claiming a link (join), the screens of a meeting (live).
"""

from __future__ import annotations

from flask import Blueprint, Response

from meetingsvc.web.auth import FormTokens, claimed_links, form_sender, session_secret, set_session_cookie
from meetingsvc.web.context import services
from meetingsvc.web.page_parts.navigation import has_page
from meetingsvc.web.page_parts.personal_links import personal_link
from meetingsvc.web.page_parts.render import render_page, see_other

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def show() -> Response:
    """Your meetings: what was claimed in this browser."""
    held = claimed_links()
    links = [personal_link(grant) for grant in held.values() if grant.revoked_at is None and has_page(grant)]
    forms = FormTokens()
    return forms.keep(render_page("home/home.html", links=links, form_token=forms.token))


@blueprint.post("/leave")
def leave() -> Response:
    """Forget this browser's links."""
    form_sender()
    services().links.end(session_secret())
    answer = see_other("/")
    set_session_cookie(answer, "")
    return answer
