"""A body: its public page, and the secretariat's overview and settings of it.

The secretariat comes with the body's own link and with nothing else: chairing one of its meetings gives no right here.
Not here: contacts and members (contacts), scheduling (schedule), a single meeting (meeting_times, guest_list).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from meetingsvc.config import LANGUAGES
from meetingsvc.core.commands.meeting.schedule import LANGUAGE
from meetingsvc.core.kernel import STAFF, need
from meetingsvc.environment import zones
from meetingsvc.store import bodies as store
from meetingsvc.store import contacts, meeting_index
from meetingsvc.web.access import MEETING, existing_body
from meetingsvc.web.auth import Identity, claimed_links, session_secret, set_session_cookie
from meetingsvc.web.context import services, words
from meetingsvc.web.errors import Problem
from meetingsvc.web.page_cache import cached_answer
from meetingsvc.web.page_parts.form_fields import FormFields
from meetingsvc.web.page_parts.labels import language_name, recurrence_words
from meetingsvc.web.page_parts.navigation import page_url, setup_url
from meetingsvc.web.page_parts.page_access import secretariat_opens, secretariat_sends
from meetingsvc.web.page_parts.render import (
    SECRETARIAT_SHEETS,
    back_to,
    form_again,
    render_page,
    secretariat_page,
    see_other,
)
from meetingsvc.web.page_parts.shown_times import session_words

if TYPE_CHECKING:
    from meetingsvc.store.bodies import Body
    from meetingsvc.store.meeting_index import MeetingRow

blueprint = Blueprint("bodies", __name__)


# ------------------------------------------------------------------------------------------------------- for everybody


@dataclass(frozen=True, slots=True)
class MeetingSummary:
    """A meeting in a list of a body's meetings."""

    id: str
    title: str
    when: str
    place: str
    state: str
    cancelled: bool
    more: int
    over: bool
    starts_at: int


def meeting_summary(row: MeetingRow, now: int) -> MeetingSummary:
    """A meeting with its next session, or its last."""
    say = words()
    ahead = [it for it in row.sessions if it["shown_ends_at"] > now]
    here = next(iter(ahead or row.sessions[-1:] or row.dropped), None)  # closed before it sat, it has none
    state = {"scheduled": ""}.get(row.state, say.gettext(f"state.{row.state}"))
    place = " · ".join(filter(None, (row.room, say.gettext("remote") if row.format != "in_person" else "")))
    return MeetingSummary(
        row.id,
        say.text(row.title),
        session_words(say, here) if here else "",
        place,
        state,
        row.status == "cancelled",
        max(0, len(ahead) - 1),
        row.state == "closed" or not ahead,
        here["starts_at"] if here else 0,
    )


def meetings_of(body: str) -> tuple[list[MeetingSummary], list[MeetingSummary]]:
    """(coming, past): the next one first, and of the past the last one first."""
    return _in_time(services().meetings.database.read(lambda c: meeting_index.of_body(c, body)))


def _in_time(meetings: list[MeetingRow]) -> tuple[list[MeetingSummary], list[MeetingSummary]]:
    now = services().meetings.clock()
    rows = [meeting_summary(row, now) for row in meetings]
    coming = sorted((row for row in rows if not row.over), key=lambda row: row.starts_at)
    return coming, sorted((row for row in rows if row.over), key=lambda row: -row.starts_at)


def member_names(body: str) -> list[str]:
    say = words()
    rows = services().meetings.database.read(lambda c: store.members_of(c, body))
    return sorted((row.name or say.state(row.code or "") for row in rows), key=str.casefold)


@blueprint.get("/b/<body>")
def public(body: str) -> Response:
    """A body as everybody may see it: members, meetings, its calendar. No join links, no people."""

    def stamp() -> object:
        found, *more = services().meetings.database.read(
            lambda c: (store.body(c, body), meeting_index.listed(c, body), store.members_mark(c, body))
        )
        if found is None:
            raise Problem(404, "http.not_found")
        return found, more

    if not MEETING.fullmatch(body):
        raise Problem(404, "http.not_found")
    return cached_answer(stamp, lambda: _public(body))


def _public(body: str) -> tuple[Response, list[int]]:
    """The page, and when it will look different: as each session ends."""
    found, say = existing_body(body), words()
    rows = services().meetings.database.read(lambda c: meeting_index.of_body(c, body))
    coming, past = _in_time(rows)
    url = f"{services().config.public_url}/b/{body}.ics"
    page = render_page(
        "bodies/public.html",
        css=SECRETARIAT_SHEETS,
        name=say.text(found.name),
        body=found,
        coming=coming,
        past=past[:50],
        members=member_names(body),
        feed=url,
        webcal="webcal" + url[url.index(":") :],
    )
    return page, [each["shown_ends_at"] for row in rows for each in row.sessions]


# ---------------------------------------------------------------------------------------------------- the secretariat


@blueprint.get("/setup/<body>")
def overview(body: str) -> Response:
    """The body's meetings, and what the secretariat does."""
    found = existing_body(body)
    who = secretariat_opens(body)
    if isinstance(who, Response):
        return who
    return _overview(found, who)


def _overview(body: Body, who: Identity) -> Response:
    say = words()
    coming, past = meetings_of(body.id)
    held = claimed_links().values()
    mine = {g.meeting: g.number for g in held if g.role in STAFF and not g.revoked_at}
    read = services().meetings.database.read
    series = [
        {"title": say.text(row.title), "rule": recurrence_words(row.freq, row.every, row.count), "starts": row.starts}
        for row in read(lambda c: store.series_of(c, body.id))
    ]
    people = read(lambda c: contacts.contacts_of(c, body.id))
    return secretariat_page(
        "bodies/overview.html",
        body,
        who,
        coming=coming,
        past=past[:50],
        mine=mine,
        page_url=page_url,
        series=series,
        members=len(member_names(body.id)),
        people=len(people),
        reachable=sum(bool(it.address) for it in people),
        enter_path=setup_url(body.id, "enter"),
        public=f"{services().config.public_url}/b/{body.id}",
    )


@blueprint.post("/setup/<body>/enter")
def enter(body: str) -> Response:
    """The secretariat of a body opens one of its meetings: it gets a secretary's link there, in this browser."""
    found = existing_body(body)
    secretariat_sends(body, "enter")
    meeting = request.form.get("meeting", "")
    row = services().meetings.meeting_row(meeting) if MEETING.fullmatch(meeting) else None
    if row is None or row.body_id != found.id:
        raise Problem(404, "http.not_found")
    held = claimed_links().values()
    for grant in held:
        if grant.meeting == meeting and grant.role in STAFF and not grant.revoked_at:
            return see_other(page_url(meeting, "times", grant.number))
    _, secret = services().links.make(meeting, "secretary", None, words().gettext("Secretariat"))
    done = services().links.claim(secret, session_secret() or None)
    assert done is not None, "a link that was just made is good"
    answer = see_other(page_url(meeting, "times", done[1]))
    set_session_cookie(answer, done[0])
    return answer


# ----------------------------------------------------------------------------------------------------------- settings


@blueprint.get("/setup/<body>/settings")
def settings(body: str) -> Response:
    """Name, languages, zone, and in whose name invitations go out."""
    found = existing_body(body)
    who = secretariat_opens(body, "settings")
    if isinstance(who, Response):
        return who
    values = {f"name_{lang}": text for lang, text in found.name.items()}
    values |= {f"uses_{lang}": "1" for lang in found.languages}
    values |= {
        "first": found.languages[0],
        "zone": found.zone,
        "organizer_name": found.organizer_name,
        "organizer_address": found.organizer_address or "",
    }
    done = words().gettext("Saved.") if request.args.get("done") else ""
    return _settings(found, who, FormFields(values), done)


@blueprint.post("/setup/<body>/settings")
def save(body: str) -> Response:
    """Save them, or show what is wrong at its field and save nothing."""
    found = existing_body(body)
    who = secretariat_sends(body, "settings")
    sent, say = FormFields.sent(), words()
    langs = [lang for lang in _offered(found) if sent.get(f"uses_{lang}") or lang == sent.get("first")]
    first = sent.get("first") if sent.get("first") in langs else ""
    with sent.at("first"):
        need(first, "meeting.needs_a_language")
    named = {lang: sent.line(f"name_{lang}", say.gettext("Name")) for lang in langs}
    with sent.at(f"name_{first}"):
        need(any(named.values()), "people.name_needed")
    wanted = replace(
        found,
        name={lang: text for lang, text in named.items() if text},
        languages=[first, *(lang for lang in langs if lang != first)],
        zone=sent.zone("zone"),
        organizer_name=sent.line("organizer_name", say.gettext("Name of the organizer")),
        organizer_address=sent.line("organizer_address", say.gettext("Address of the organizer")) or None,
    )
    with sent.at("organizer_name"):
        need(wanted.organizer_name, "people.organizer_needs_a_name")
    if not sent.wrong:
        with sent.at("organizer_address"):
            services().invitations.contacts.put_body(wanted)
    if sent.wrong:
        return form_again(_settings(found, who, sent))
    back = setup_url(body, "settings", who.number)
    return back_to(back, "1")


def _offered(body: Body) -> list[str]:
    """The six official languages, and whatever else the body already works in."""
    known = [lang for lang in [*body.languages, *body.name] if LANGUAGE.fullmatch(lang)]
    return list(dict.fromkeys([*LANGUAGES, *known]))


def _settings(body: Body, who: Identity, sent: FormFields, notice: str = "") -> Response:
    languages = [(lang, language_name(lang)) for lang in _offered(body)]
    return secretariat_page(
        "bodies/settings.html",
        body,
        who,
        "settings",
        fields=sent,
        languages=languages,
        zones=sorted(zones()),
        notice=notice,
    )
