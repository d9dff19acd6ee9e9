"""The secretariat's page of personal links: see, make, show as a code, revoke. Plain forms, no script.

Chair and secretary only. A secret is shown once, in the answer that makes it, and stored nowhere. Not here: accounts,
making meetings (schedule).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import segno
from flask import Blueprint, Response, request
from markupsafe import Markup

from meetingsvc.core.roles import ROLES
from meetingsvc.web.auth import FormTokens, Identity
from meetingsvc.web.context import form_mark, services, words
from meetingsvc.web.errors import Problem
from meetingsvc.web.page_parts.navigation import HOME, page_url
from meetingsvc.web.page_parts.page_access import staff_opens, staff_sends
from meetingsvc.web.page_parts.render import back_to, render_page
from meetingsvc.web.refusals import delegation_name

if TYPE_CHECKING:
    from meetingsvc.core.roster import Delegation
    from meetingsvc.store.links import Grant

blueprint = Blueprint("links", __name__)

#: Whom a link may be made for, in the order of the form: most are for delegates.
OFFERED = sorted((role for role, row in ROLES.items() if row.linked), key=lambda role: role != "delegate")
LONGEST_LABEL = 100
#: Links of one meeting: more than any hall has seats, fewer than would hurt.
MOST_LINKS = 5_000


@blueprint.get("/m/<meeting>/links")
def show(meeting: str) -> Response:
    """The links in use, and a form for more."""
    who = staff_opens(meeting, "links")
    if isinstance(who, Response):
        return who
    revoked = words().gettext("The link was revoked. Whoever used it is out now.")
    return _page(meeting, who, notice=revoked if request.args.get("done") == "revoked" else "")


@blueprint.post("/m/<meeting>/links")
def make(meeting: str) -> Response:
    """Make one link, or one for each delegation that has none, and show them this once."""
    who = staff_sends(meeting, "links")
    mark = request.form.get("once", "")[:40]
    assert who.grant is not None
    made = services().forms_sent.once(who.grant.id, mark, lambda: services().links.make_many(meeting, _wanted(meeting)))
    if made is None:
        return _page(meeting, who, notice=words().gettext("These links were made before and cannot be shown again."))
    notice = "" if made else words().gettext("Each delegation has a link already.")
    return _page(meeting, who, notice=notice, made=[_card(meeting, grant, secret) for grant, secret in made])


@blueprint.post("/m/<meeting>/links/revoke")
def revoke(meeting: str) -> Response:
    """Take a link back: its next request is refused, and its open screens are cut now."""
    who = staff_sends(meeting, "links")
    grant = request.form.get("grant", "")
    assert who.grant is not None
    if grant == who.grant.id:
        raise Problem(409, "links.your_own")
    if services().links.revoke(meeting, grant) is None:
        raise Problem(404, "links.no_such_link")
    back = page_url(meeting, "links", who.number)
    return back_to(back, "revoked")


def _wanted(meeting: str) -> list[tuple[str, int | None, str]]:
    """(role, delegation, label) of the links that the form asks for."""
    role, chosen = request.form.get("role", ""), request.form.get("delegation", "")
    label = " ".join(request.form.get("label", "").split())
    if role not in OFFERED:
        raise Problem(422, "links.no_such_role")
    if len(label) > LONGEST_LABEL or not label.isprintable():
        raise Problem(422, "links.label_unreadable", most=LONGEST_LABEL)
    held = [grant for grant in services().links.of_meeting(meeting) if grant.revoked_at is None]
    rows = services().meetings.history(meeting).state.roster.delegations
    if role != "delegate":
        wanted: list[tuple[str, int | None, str]] = [(role, None, label)]
    elif chosen == "every":
        have = {grant.delegation for grant in held if grant.role == "delegate"}
        wanted = [(role, id, label) for id, row in rows.items() if id not in have and row.kind != "guest"]
    elif chosen.isascii() and chosen.isdigit() and len(chosen) < 10 and int(chosen) in rows:
        wanted = [(role, int(chosen), label)]
    else:
        raise Problem(422, "links.name_a_delegation")
    if len(held) + len(wanted) > MOST_LINKS:
        raise Problem(409, "links.too_many", most=MOST_LINKS)
    return wanted


def _page(meeting: str, who: Identity, notice: str = "", made: list[dict[str, Any]] | None = None) -> Response:
    say, forms = words(), FormTokens()
    m = services().meetings.history(meeting).state
    rows = m.roster.delegations
    held = services().links.of_meeting(meeting)
    # who is invited by calendar stands on the page of invitations, with a link of their own
    links = [grant for grant in held if grant.revoked_at is None and grant.role != "invitee"]
    here, taking = f"/m/{meeting}/links", f"/m/{meeting}/links/revoke"
    named = [{"id": row.id, "name": _called(meeting, row)} for row in rows.values() if row.kind != "guest"]
    assert who.grant is not None
    answer = render_page(
        "links/links.html",
        title=say.text(m.meeting.title),
        back=page_url(meeting, HOME[who.grant.role], who.number),
        notice=notice,
        made=made or [],
        roles=[(role, say.gettext(f"role.{role}")) for role in OFFERED],
        delegations=sorted(named, key=lambda row: str(row["name"]).casefold()),
        links=sorted((_row(meeting, grant, rows, who.grant.id) for grant in links), key=lambda row: row["order"]),
        path=here,
        action=page_url(meeting, "links", who.number),
        revoke_path=taking,
        revoke_action=page_url(meeting, "links/revoke", who.number),
        once=form_mark(),
        form_token=forms.token,
    )
    return forms.keep(answer)


def _row(meeting: str, grant: Grant, rows: dict[int, Delegation], own: str) -> dict[str, Any]:
    row = rows.get(grant.delegation or 0)
    name = _called(meeting, row) if row else ""
    return {
        "order": (grant.role == "delegate", list(ROLES).index(grant.role), name.casefold(), grant.made_at),
        "id": grant.id,
        "who": words().gettext(f"role.{grant.role}"),
        "delegation": name,
        "label": grant.label,
        "mine": grant.id == own,
    }


def _card(meeting: str, grant: Grant, secret: str) -> dict[str, Any]:
    """A new link to be shown, printed or sent: its address and the code for a phone's camera."""
    url = f"{services().config.public_url}/join/{secret}"
    code = segno.make(url, error="m").svg_inline(scale=6, border=4)
    rows = services().meetings.history(meeting).state.roster.delegations
    return {**_row(meeting, grant, rows, ""), "url": url, "qr": Markup(code)}  # noqa: S704 drawn by segno from our URL


def _called(meeting: str, row: Delegation) -> str:
    return delegation_name(words(), meeting, row, staff=True)
