"""The pages people open: your meetings, a personal link, the four live screens.

A live page carries its first view as JSON and its modules by an import map. Not here: what a screen draws (static/js),
the links' own page (setup), errors (errors).
"""

from __future__ import annotations

import gzip
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, Flask, Response, g, make_response, redirect, render_template, request
from markupsafe import Markup

from meetingsvc.core.roles import ROLES
from meetingsvc.store import bodies
from meetingsvc.store.links import OFFICE
from meetingsvc.web.access import existing, looking
from meetingsvc.web.api.state import words_url
from meetingsvc.web.auth import (
    Forms,
    Identity,
    by_secret,
    claimed,
    guessed,
    identity,
    is_https,
    remember,
    sender,
    session_secret,
)
from meetingsvc.web.context import LANGUAGE_COOKIE, services, words
from meetingsvc.web.errors import Problem
from meetingsvc.web.middleware import NONCE
from meetingsvc.web.page_cache import kept
from meetingsvc.web.refusals import delegation_name

if TYPE_CHECKING:
    from meetingsvc.store.links import Grant

pages = Blueprint("pages", __name__)

#: Stands in a kept page where each answer has the time: a number that nothing else is.
NOW = 10**15 + secrets.randbelow(10**15)

#: Live page -> (the audience it shows, the roles that may open it). `follow` is open to everybody.
LIVE: dict[str, tuple[str, frozenset[str]]] = {
    "chair": ("staff", frozenset({"chair", "secretary"})),
    "floor": ("delegate", frozenset({"delegate"})),
    "room": ("room", frozenset({"room", "chair", "secretary"})),
    "follow": ("follow", frozenset(ROLES)),
}
#: Where a role begins. One that is not here has no page yet, and its link opens none.
HOME = {role: row.home for role, row in ROLES.items() if row.home is not None}
#: Roles whose link opens the calendar page as their own.
OWN_CALENDAR = frozenset(role for role, row in ROLES.items() if row.own_calendar)
#: The style sheets of pages that are not live screens, and of each live screen.
SHEETS = ("vendor/fonts.css", "css/tokens.css", "css/plain.css")
CSS = {page: ("vendor/fonts.css", "css/tokens.css", "css/parts.css", f"css/{page}.css") for page in LIVE}


@dataclass(frozen=True, slots=True)
class Place:
    """A claimed link as people see it: where it leads and as whom."""

    url: str
    title: str
    who: str
    state: str = ""
    when: str = ""
    delegation: str = ""
    label: str = ""


def place(grant: Grant, page: str | None = None) -> Place:
    """Where a grant leads; `page` instead of the role's own."""
    if grant.role == OFFICE:
        return _office(grant, page or "")
    say, m = words(), services().meetings.history(grant.meeting).whole
    row = m.roster.delegations.get(grant.delegation) if grant.delegation else None
    session = min(m.meeting.sessions.values(), key=lambda s: s.starts_at, default=None)
    town = session.zone.rpartition("/")[2].replace("_", " ") if session else ""
    when = f"{say.day(session.starts_at, session.zone)}, {session.starts[11:]} ({town})" if session else ""
    return Place(
        url=page_url(grant.meeting, page or HOME[grant.role], grant.number),
        title=say.text(m.meeting.title),
        who=say.gettext(f"role.{grant.role}"),
        state=say.gettext(f"state.{m.meeting.state}"),
        when=when,
        delegation=delegation_name(say, grant.meeting, row, staff=False) if row else "",
        label=grant.label,
    )


def _office(grant: Grant, page: str) -> Place:
    """The secretariat of a body: its link is for no single meeting."""
    say = words()
    body = services().meetings.database.read(lambda connection: bodies.body(connection, grant.meeting))
    name = say.text(body.name) if body else ""
    return Place(setup_url(grant.meeting, page, grant.number), name, say.gettext("role.office"), label=grant.label)


def page_url(meeting: str, page: str, number: int | None) -> str:
    path = f"/m/{meeting}" if page == "follow" else f"/m/{meeting}/{page}"
    return f"{path}?as={number}" if number else path


def setup_url(body: str, page: str = "", number: int | None = None) -> str:
    """A page of a body's secretariat."""
    path = f"/setup/{body}/{page}" if page else f"/setup/{body}"
    return f"{path}?as={number}" if number else path


def home_url(grant: Grant, number: int | None) -> str:
    """Where whoever claimed this link begins."""
    return (
        setup_url(grant.meeting, "", number)
        if grant.role == OFFICE
        else page_url(grant.meeting, HOME[grant.role], number)
    )


# ------------------------------------------------------------------------------------------------------ plain pages


@pages.get("/")
def home() -> Response:
    """Your meetings: what was claimed in this browser."""
    held = claimed()
    places = [place(grant) for grant in held.values() if grant.revoked_at is None and _has_page(grant)]
    forms = Forms()
    return forms.keep(show("home.html", places=places, form_token=forms.token))


@pages.post("/leave")
def leave() -> Response:
    """Forget this browser's links."""
    sender()
    services().links.end(session_secret())
    answer = see_other("/")
    remember(answer, "")
    return answer


@pages.get("/join/<token>")
def join(token: str) -> Response:
    """A personal link: says whose it is, and changes nothing. Scanners, previews and people may look as they like."""
    grant = _link(token)
    forms = Forms()
    return forms.keep(show("join.html", place=place(grant), token=forms.token(request.path)))


@pages.post("/join/<token>")
def claim(token: str) -> Response:
    """Claim the link for this browser and go to the page without a secret in its address."""
    grant = sender(lambda: Identity(_link(token))).grant
    assert grant is not None
    done = services().links.claim(token, session_secret() or None)
    if done is None:
        raise Problem(410, "sign_in.revoked")
    secret, number = done
    answer = see_other(home_url(grant, number))
    remember(answer, secret)
    return answer


def _link(token: str) -> Grant:
    """The grant behind a link's secret. Whatever was never a link looks the same: 404."""
    who = by_secret(services(), token)
    if who.problem == "sign_in.revoked":
        raise Problem(410, "sign_in.revoked")
    if who.grant is None:
        guessed()
        raise Problem(404, "sign_in.no_such_link")
    if not _has_page(who.grant):
        raise Problem(409, "sign_in.no_page")
    return who.grant


def _has_page(grant: Grant) -> bool:
    """Whether a link opens a page. Those of interpreters and technicians serve programs only, so far."""
    return grant.role == OFFICE or grant.role in HOME


# ------------------------------------------------------------------------------------------------------- live pages


@pages.get("/m/<meeting>")
def follow(meeting: str) -> Response:
    """The follow page: open to everybody who knows the address."""
    who = identity(existing(meeting))
    if who.problem or (who.grant is not None and who.grant.meeting != meeting):
        who = Identity()
    if who.grant is not None:
        return packed(_live(meeting, "follow", who))
    broadcasters = services().broadcasters

    def stamp() -> object:
        state = broadcasters.encoded(meeting, "follow")
        return meeting, state.seq, state.chain

    clock = {b"%d" % NOW: b"%d" % broadcasters.now(meeting)}
    return kept(stamp, lambda: (_live(meeting, "follow", who, NOW), ()), clock)


@pages.get("/m/<meeting>/<page>")
def live(meeting: str, page: str) -> Response:
    """Chair console, delegate's page, room display: for those whose link says so."""
    if page not in LIVE or page == "follow":
        raise Problem(404, "http.not_found")
    who = holder(existing(meeting), page, LIVE[page][1])
    return who if isinstance(who, Response) else packed(_live(meeting, page, who))


def holder(meeting: str, page: str, roles: frozenset[str]) -> Identity | Response:
    """Who opens a page: the link named by ?as=, or the only one that fits; a choice where several fit."""
    if "as" in request.args or "Authorization" in request.headers:
        try:
            who = looking(meeting)
        except Problem as problem:
            raise Problem(410 if problem.code == "sign_in.revoked" else 403, problem.code) from problem
        if who.grant is None or who.grant.role not in roles:
            raise Problem(403, "sign_in.other_page")
        return who
    held = claimed().items()
    mine = {n: grant for n, grant in held if grant.meeting == meeting and grant.role in roles}
    fitting = {n: grant for n, grant in mine.items() if grant.revoked_at is None}
    if len(fitting) > 1:
        return show("choose.html", places=[place(grant, page) for grant in fitting.values()])
    if not fitting:
        raise Problem(410, "sign_in.revoked") if mine else Problem(403, "sign_in.open_your_link")
    number, grant = next(iter(fitting.items()))
    return Identity(grant, number, True)


def _live(meeting: str, page: str, who: Identity, now: int | None = None) -> Response:
    """A live screen: its first view in the page, its code by the import map. `now` stands there as the clock."""
    say, ours = words(), services()
    boot: dict[str, Any] = {
        "meeting": meeting,
        "page": page,
        "role": who.grant.role if who.grant else "public",
        "lang": say.lang,
        "dir": say.dir,
        "states_url": words_url("states", say.lang),
        "words_url": words_url("i18n", say.lang),
        "urls": _urls(meeting, who),
        "state": ours.broadcasters.state(meeting, LIVE[page][0]),
    }
    if who.number is not None:
        boot["as"] = who.number
    if who.grant is not None and who.grant.delegation is not None:
        boot["delegation"] = who.grant.delegation
    if now is not None:
        boot["state"]["now"] = now
    title = say.text(boot["state"]["view"]["meeting"]["title"])
    return show(f"live/{page}.html", boot=boot, title=title, css=CSS[page], state_name=say.state)


def _urls(meeting: str, who: Identity) -> dict[str, str]:
    base = f"/api/v1/meetings/{meeting}"
    urls = {
        "state": f"{base}/state",
        "commands": f"{base}/commands/",
        "lists": f"{base}/lists/",
        "record": f"{base}/record",
        "log": f"{base}/log",
        "time": "/api/v1/time",
        "home": "/",
        "follow": f"/m/{meeting}",
    }
    mine = who.number if who.grant is not None and who.grant.role in OWN_CALENDAR else None
    urls["calendar"] = page_url(meeting, "calendar", mine)
    if who.grant is not None and who.grant.role in LIVE["chair"][1]:
        for page in ("links", "room", "times", "invitations"):
            urls[page] = page_url(meeting, page, who.number)
    return urls


# ------------------------------------------------------------------------------------------------------------ frame


def show(template: str, **given: Any) -> Response:
    answer = make_response(render_template(template, **given))
    answer.vary.update(("Cookie", "Accept-Language"))
    return answer


def packed(answer: Response) -> Response:
    """The same compressed. Only for pages without a form: nothing secret stands beside what somebody sent."""
    answer.vary.add("Accept-Encoding")
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        answer.set_data(gzip.compress(answer.get_data(), 6, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def see_other(path: str) -> Response:
    """303 to a path that the server made; never to anything that came with the request."""
    return cast(Response, redirect(path, 303))


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
            "css": SHEETS,
        }

    @app.after_request
    def keep_language(answer: Response) -> Response:
        if "lang" in request.args and "words" in g and request.args["lang"] == g.words.lang:
            secure = is_https(services().config)
            name = LANGUAGE_COOKIE
            answer.set_cookie(name, g.words.lang, max_age=31_536_000, secure=secure, httponly=True, samesite="Lax")
        return answer


__all__ = [
    "HOME", "LIVE", "OWN_CALENDAR", "holder", "home_url", "page_url", "pages", "place", "register", "see_other",
    "setup_url", "show",
]  # fmt: skip
