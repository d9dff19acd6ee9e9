"""Calendar files over HTTP: a meeting's, a body's, somebody's own by a secret address. Fetched by machines that never
sign in, so: no session, no redirect, no negotiation, and 304 without a file being made. And robots.txt for them.

Not here: what a file holds (invitations.calendar_files), the pages that offer it.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, request
from werkzeug.http import http_date

from meetingsvc.invitations import CalendarFile
from meetingsvc.web.access import MEETING, who_looks
from meetingsvc.web.auth import wrong_secret
from meetingsvc.web.context import services
from meetingsvc.web.errors import Problem

blueprint = Blueprint("calendars", __name__)

#: Honoured by those who may share a file with nobody and look again after five minutes at the earliest.
CACHE = "private, max-age=300"
#: What changed so shortly ago may change again in the same second, also by the clock of another process.
YOUNG = timedelta(seconds=2)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,200}")
#: Google looks at it before it fetches a calendar.
ROBOTS = "User-agent: *\nAllow: /m/\nAllow: /b/\nAllow: /feeds/\nDisallow: /join/\nDisallow: /api/\nDisallow: /setup/\n"


@blueprint.get("/m/<meeting>.ics")
def meeting_file(meeting: str) -> Response:
    """One meeting. Without a credential what everybody may know; with one that may know more, the join links too."""
    if not MEETING.fullmatch(meeting):
        raise Problem(404, "http.not_found")
    who = who_looks(meeting)
    files = services().invitations.calendar_files
    file = files.meeting_file(meeting, who.grant, lang=request.args.get("lang"), rich=_rich())
    if file is not None and (request.cookies or request.authorization):
        file = replace(file, dated=False)  # a date does not say for whom a copy was made, and rights are taken away
    answer = _answer(file)
    answer.vary.update(("Cookie", "Authorization"))
    return answer


@blueprint.get("/b/<body>.ics")
def body_feed(body: str) -> Response:
    """All meetings of a body, as everybody may know them."""
    if not MEETING.fullmatch(body):
        raise Problem(404, "http.not_found")
    return _answer(services().invitations.calendar_files.body_file(body, lang=request.args.get("lang"), rich=_rich()))


@blueprint.get("/feeds/<token>.ics")
def own_feed(token: str) -> Response:
    """Somebody's own calendar. An address that was taken back and one that never was look the same."""
    file = services().invitations.calendar_files.feed_file(token) if _TOKEN.fullmatch(token) else None
    if file is None:
        services().metrics.guessed()
        wrong_secret()
        raise Problem(404, "http.not_found")
    if wait := services().limits.wait(file.key, "feed", secrets.token_hex(8)):
        raise Problem(429, "http.too_many", wait=int(wait) + 1)
    return _answer(file)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Calendars may be fetched; links that are somebody's own are no reading for machines."""
    return Response(ROBOTS, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "max-age=3600"})


def _rich() -> bool:
    return request.args.get("rich") == "1"


def _answer(file: CalendarFile | None) -> Response:
    """The file, or that it has not changed. RFC 9110, 13.2.2: with If-None-Match, If-Modified-Since says nothing."""
    if file is None:
        raise Problem(404, "http.not_found")
    files = services().invitations.calendar_files
    if _known(file):
        answer = Response(status=304)
    else:
        file, data = files.bytes_of(file)
        answer = Response(data, content_type="text/calendar; charset=utf-8")
        answer.headers["Content-Disposition"] = f'inline; filename="{file.filename}"'
    answer.set_etag(file.etag)
    answer.headers["Last-Modified"] = http_date(_seconds(file))
    answer.headers["Cache-Control"] = CACHE
    files.fetched(file, request.headers.get("User-Agent", ""))
    return answer


def _known(file: CalendarFile) -> bool:
    if request.headers.get("If-None-Match"):
        return request.if_none_match.contains_weak(file.etag)
    since = request.if_modified_since
    return file.dated and since is not None and _seconds(file) <= since < _now() - YOUNG


def _seconds(file: CalendarFile) -> datetime:
    """When it changed. Dates of HTTP are whole seconds, and within this one it may change again: then one less is
    said, so that who asks with it gets what came after (RFC 9110, 8.8.2.2)."""
    at = datetime.fromtimestamp(file.modified // 1000, UTC)
    return at - timedelta(seconds=1) if at >= _now() - YOUNG else at


def _now() -> datetime:
    return datetime.fromtimestamp(services().meetings.clock() // 1000, UTC)
