"""The four live screens of a meeting: chair console, delegate's page, room display, follow page.

A live page carries its first view as JSON and its modules by an import map. Not here: what a screen draws (static/js),
what was claimed (home), opening a link (join).
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, Response

from meetingsvc.core.roles import ROLES
from meetingsvc.web.access import existing_meeting
from meetingsvc.web.auth import Identity, identity
from meetingsvc.web.context import services, words
from meetingsvc.web.errors import Problem
from meetingsvc.web.page_cache import cached_answer
from meetingsvc.web.page_parts.navigation import ERASES, OWN_CALENDAR, page_url, words_url
from meetingsvc.web.page_parts.page_access import who_opens
from meetingsvc.web.page_parts.render import compressed, render_page

blueprint = Blueprint("live", __name__)

#: Stands in a kept page where each answer has the time: a number that nothing else is.
NOW = 10**15 + secrets.randbelow(10**15)

#: Live page -> (the audience it shows, the roles that may open it). `follow` is open to everybody.
LIVE: dict[str, tuple[str, frozenset[str]]] = {
    "chair": ("staff", frozenset({"chair", "secretary"})),
    "floor": ("delegate", frozenset({"delegate"})),
    "room": ("room", frozenset({"room", "chair", "secretary"})),
    "follow": ("follow", frozenset(ROLES)),
}
CSS = {page: ("vendor/fonts.css", "css/tokens.css", "css/parts.css", f"css/{page}.css") for page in LIVE}


@blueprint.get("/m/<meeting>")
def follow(meeting: str) -> Response:
    """The follow page: open to everybody who knows the address."""
    who = identity(existing_meeting(meeting))
    if who.problem or (who.grant is not None and who.grant.meeting != meeting):
        who = Identity()
    if who.grant is not None:
        return compressed(_live(meeting, "follow", who))
    broadcasters = services().broadcasters

    def stamp() -> object:
        state = broadcasters.encoded(meeting, "follow")
        return meeting, state.seq, state.chain

    clock = {b"%d" % NOW: b"%d" % broadcasters.now(meeting)}
    return cached_answer(stamp, lambda: (_live(meeting, "follow", who, NOW), ()), clock)


@blueprint.get("/m/<meeting>/<page>")
def screen(meeting: str, page: str) -> Response:
    """Chair console, delegate's page, room display: for those whose link says so."""
    if page not in LIVE or page == "follow":
        raise Problem(404, "http.not_found")
    who = who_opens(existing_meeting(meeting), page, LIVE[page][1])
    return who if isinstance(who, Response) else compressed(_live(meeting, page, who))


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
    return render_page(f"live/{page}.html", boot=boot, title=title, css=CSS[page], state_name=say.state)


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
        if who.grant.role in ERASES:
            urls["erase"] = page_url(meeting, "erase", who.number)
    return urls
