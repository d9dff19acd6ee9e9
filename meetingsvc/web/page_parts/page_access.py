"""Who opens a page, and who sends its form: by the link that they claimed in this browser, or the one that ?as= names.

A page is opened by whoever holds a link of the right role for that meeting, or for that body; where several fit, a
choice is shown. Not here: who may read a meeting (web/access), credentials and tokens (web/auth).
"""

from __future__ import annotations

from flask import Response, request

from meetingsvc.core.kernel import STAFF
from meetingsvc.store.links import OFFICE
from meetingsvc.web.access import existing_meeting, who_looks
from meetingsvc.web.auth import Identity, claimed_links, form_sender
from meetingsvc.web.errors import Problem
from meetingsvc.web.page_parts.personal_links import personal_link
from meetingsvc.web.page_parts.render import render_page


def who_opens(meeting: str, page: str, roles: frozenset[str]) -> Identity | Response:
    """Who opens a page: the link named by ?as=, or the only one that fits; a choice where several fit."""
    if "as" in request.args or "Authorization" in request.headers:
        try:
            who = who_looks(meeting)
        except Problem as problem:
            raise Problem(410 if problem.code == "sign_in.revoked" else 403, problem.code) from problem
        if who.grant is None or who.grant.role not in roles:
            raise Problem(403, "sign_in.other_page")
        return who
    held = claimed_links().items()
    mine = {n: grant for n, grant in held if grant.meeting == meeting and grant.role in roles}
    fitting = {n: grant for n, grant in mine.items() if grant.revoked_at is None}
    if len(fitting) > 1:
        return render_page("choose_link.html", links=[personal_link(grant, page) for grant in fitting.values()])
    if not fitting:
        raise Problem(410, "sign_in.revoked") if mine else Problem(403, "sign_in.open_your_link")
    number, grant = next(iter(fitting.items()))
    return Identity(grant, number, True)


def staff_opens(meeting: str, page: str) -> Identity | Response:
    """Chair or secretary, who opens a page of theirs."""
    return who_opens(existing_meeting(meeting), page, frozenset(STAFF))


def staff_sends(meeting: str, page: str) -> Identity:
    """Chair or secretary, who sends a form of such a page."""
    return form_sender(lambda: staff_opens(meeting, page))


def secretariat_opens(body: str, page: str = "") -> Identity | Response:
    """Whoever opens a page of the secretariat: by the body's own link only."""
    return who_opens(body, page, frozenset({OFFICE}))


def secretariat_sends(body: str, page: str = "") -> Identity:
    """Whoever sends a form of the secretariat: by cookie, with the form's token."""
    return form_sender(lambda: secretariat_opens(body, page))
