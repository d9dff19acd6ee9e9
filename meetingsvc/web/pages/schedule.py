"""Scheduling a meeting or a regular series on a page: form, a look at exactly what will be made, and making it.

A form carries a mark; each meeting is made under a key of that mark, so that a second press, a reload or going on after
an interruption makes nothing twice. Not here: what the form asks for (schedule_form), changing what is
scheduled (meeting_times).
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import segno
from flask import Blueprint, Response, request
from markupsafe import Markup

from meetingsvc.calendars.local_time import city, utc_ms
from meetingsvc.core import presets
from meetingsvc.core.commands.meeting.schedule import Schedule
from meetingsvc.core.kernel import Actor
from meetingsvc.core.meeting import MOST_SESSIONS
from meetingsvc.environment import zones
from meetingsvc.store import bodies as store
from meetingsvc.store import meeting_index
from meetingsvc.store.engine import Busy
from meetingsvc.web.access import existing_body
from meetingsvc.web.auth import Identity, session_secret, set_session_cookie
from meetingsvc.web.context import form_mark, services, words
from meetingsvc.web.errors import Problem
from meetingsvc.web.page_parts.form_fields import FormFields
from meetingsvc.web.page_parts.labels import format_words, language_name, recurrence_words, rhythm_words, way_in_words
from meetingsvc.web.page_parts.navigation import page_url
from meetingsvc.web.page_parts.page_access import secretariat_opens, secretariat_sends
from meetingsvc.web.page_parts.render import form_again, secretariat_page
from meetingsvc.web.page_parts.schedule_form import (
    FORMATS,
    KINDS,
    MOST_MEETINGS,
    MOST_WAYS,
    RHYTHMS,
    MeetingDraft,
    read_draft,
)
from meetingsvc.web.page_parts.shown_times import session_words, times_in_places, zones_at_night

if TYPE_CHECKING:
    from meetingsvc.store.bodies import Body

blueprint = Blueprint("schedule", __name__)

#: Links are drawn as codes only for so many meetings at once.
MOST_CODES = 4


@blueprint.get("/setup/<body>/schedule")
def show(body: str) -> Response:
    """The empty form."""
    found = existing_body(body)
    who = secretariat_opens(body, "schedule")
    return who if isinstance(who, Response) else form_page(found, who, FormFields({"zone": found.zone}))


@blueprint.post("/setup/<body>/schedule")
def submit(body: str) -> Response:
    """One more row, the look, back to the form, or scheduling. Nothing is saved before the last."""
    found = existing_body(body)
    who = secretariat_sends(body, "schedule")
    given, do = FormFields.sent(), request.form.get("do", "")
    if do == "session":
        _one_more(given, "date_", MOST_SESSIONS)
    elif do == "way":
        _one_more(given, "way_address_", MOST_WAYS)
    if do not in ("look", "schedule"):
        return form_page(found, who, given)
    draft = read_draft(given, found)
    if given.wrong:
        return form_again(form_page(found, who, given))
    if do == "look":
        return preview_page(found, who, given, draft)
    return _schedule(found, who, given, draft)


def _one_more(given: FormFields, name: str, most: int) -> None:
    rows = given.numbers(name, most)
    if len(rows) < most:
        given.values[f"{name}{max(rows, default=-1) + 1}"] = ""


def form_page(body: Body, who: Identity, given: FormFields, notice: str = "") -> Response:
    rows = given.numbers("date_", MOST_SESSIONS) or [0]
    filled = any(given.get(f"title_{lang}") or given.wrong.get(f"title_{lang}") for lang in body.languages[1:])
    return secretariat_page(
        "schedule/schedule.html",
        body,
        who,
        "schedule",
        fields=given,
        notice=notice,
        filled=filled,
        once=given.get("once") or form_mark(),
        languages=[(lang, language_name(lang)) for lang in body.languages],
        zones=sorted(zones()),
        formats=[(one, format_words(one)) for one in FORMATS],
        sessions=rows,
        presets=[(one, words().gettext(f"preset.{one}")) for one in presets.names()],
        ways=given.numbers("way_address_", MOST_WAYS),
        kinds=[(kind, way_in_words(kind)) for kind in KINDS],
        rhythms=[(one, rhythm_words(one)) for one in RHYTHMS],
        most_meetings=MOST_MEETINGS,
    )


# ---------------------------------------------------------------------------------------------------------- the look


@dataclass(slots=True)
class SchedulePreview:
    """What would be made, in words."""

    when: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def preview_page(body: Body, who: Identity, given: FormFields, draft: MeetingDraft) -> Response:
    say = words()
    rows = _rows(draft)
    people = services().invitations.contacts.contacts_of(body.id)
    found = SchedulePreview([{"title": session_words(say, row), "places": times_in_places(say, row)} for row in rows])
    found.warnings = [
        *_missing(body, draft, len(people)),
        *_past(rows),
        *_nights(rows, people),
        *_at_the_same_time(body, rows),
    ]
    members = services().meetings.database.read(lambda c: store.members_of(c, body.id))
    return secretariat_page(
        "schedule/schedule_preview.html",
        body,
        who,
        "schedule",
        fields=given,
        draft=draft,
        preview=found,
        people=len(people),
        members=len(members),
        once=given.get("once") or form_mark(),
        title=say.text(draft.title),
        titles=[(language_name(lang), lang, text) for lang, text in draft.title.items()],
        format=format_words(draft.format),
        rules=say.gettext(f"preset.{draft.preset or presets.DEFAULT}"),
        ways=[(way_in_words(way["kind"]), way) for way in draft.ways],
        rule=recurrence_words(draft.rhythm, draft.every, draft.count) if draft.rhythm != "none" else "",
        items=[(say.text(item["title"]), item.get("planned_s", 0) // 60) for item in draft.items],
        town=city(draft.zone, say),
    )


def _rows(draft: MeetingDraft) -> list[dict[str, Any]]:
    """Every session of every meeting that would be made."""
    if draft.rhythm == "none":
        return sorted(draft.sessions, key=lambda row: row["starts_at"])
    lasts = draft.sessions[0]["ends_at"] - draft.sessions[0]["starts_at"]
    starts = [(at, utc_ms(at, draft.zone)) for at in draft.occurrences]
    return [{"starts": at, "zone": draft.zone, "starts_at": ms, "ends_at": ms + lasts} for at, ms in starts]


def _missing(body: Body, draft: MeetingDraft, people: int) -> list[str]:
    say, made = words(), []
    if draft.format != "online" and not draft.room:
        made.append(say.gettext("No room is named. Those who come will not know where to go."))
    if draft.format != "in_person" and not draft.link:
        made.append(say.gettext("There is no join link. Those who are far away cannot come in."))
    if not people:
        made.append(say.gettext("The body has no contacts yet, so nobody stands on the list of this meeting."))
    if not body.organizer_address:
        made.append(say.gettext("The body has no organizer’s address, so no invitations can be sent by mail."))
    return made


def _past(rows: list[dict[str, Any]]) -> list[str]:
    now = services().meetings.clock()
    if any(row["starts_at"] < now for row in rows):
        return [words().gettext("A session lies in the past.")]
    return []


def _nights(rows: list[dict[str, Any]], people: list[Any]) -> list[str]:
    """For whom the first session begins at night, and what their clocks say then."""
    say, theirs = words(), Counter(person.zone for person in people if person.zone)
    starts = rows[0]["starts_at"]
    asleep = zones_at_night(starts, theirs)
    if not asleep:
        return []
    shown = [
        say.gettext("{place} {time} ({n})", place=city(zone, say), time=say.time(starts, zone), n=theirs[zone])
        for zone in sorted(asleep, key=lambda zone: -theirs[zone])
    ]
    return [
        say.ngettext(
            "Very early or late for {n} of those on the list: {places}.",
            "Very early or late for {n} of those on the list: {places}.",
            sum(theirs[zone] for zone in asleep),
            places=", ".join(shown),
        )
    ]


def _at_the_same_time(body: Body, rows: list[dict[str, Any]]) -> list[str]:
    say, told = words(), []
    for other in services().meetings.database.read(lambda c: meeting_index.of_body(c, body.id)):
        for session in other.sessions if other.status != "cancelled" else ():
            if any(session["starts_at"] < row["ends_at"] and row["starts_at"] < session["ends_at"] for row in rows):
                told.append(
                    say.gettext(
                        "{title} of the same body sits at that time: {when}.",
                        title=say.text(other.title),
                        when=session_words(say, session),
                    )
                )
    return told[:10]


# ------------------------------------------------------------------------------------------------------- scheduling


def _schedule(body: Body, who: Identity, given: FormFields, draft: MeetingDraft) -> Response:
    """Makes every meeting in its order; where that is interrupted, says how far it came and offers to go on."""
    assert who.grant is not None
    mark, actor = given.get("once")[:40], Actor(who.grant.id, "secretary")
    if not mark:
        raise Problem(422, "sign_in.form_expired")
    uid = _uid(who.grant.id, mark) if draft.rhythm != "none" else None
    commands, made = draft.schedule_commands(body, uid), list[str]()
    try:
        if uid:
            _keep_series(draft.series_row(body, uid))
        for n, command in enumerate(commands):
            made.append(_make(body, actor, command, draft, f"{mark}-{n}"))
    except Busy:
        return _interrupted(body, who, given, len(made), len(commands))
    return _made_page(body, who, made)


def _make(body: Body, actor: Actor, command: Schedule, draft: MeetingDraft, key: str) -> str:
    """One meeting with its agenda, its roster and its list of invited people; the same key makes it once."""
    meeting = services().meetings.create(actor, command, key)
    members = services().meetings.database.read(lambda c: store.members_of(c, body.id))
    # what was found the first time is kept: a body that gained a member between two presses is no other press
    if follow_up := draft.follow_up_commands(members):
        services().meetings.perform(meeting, actor, follow_up, f"{key}-beside", fingerprint=key)
    if not services().invitations.guest_list.on_list(meeting):
        services().invitations.guest_list.everybody_of_body(meeting)
    return meeting


def _uid(grant: str, mark: str) -> str:
    """The series' UID, the same for the same form: random as every UID for whoever does not know our key."""
    seed = hmac.new(services().config.secret_key.encode(), f"series\0{grant}\0{mark}".encode(), hashlib.sha256).digest()
    return str(uuid.UUID(bytes=seed[:16], version=4))


def _keep_series(row: store.SeriesRow) -> None:
    now = services().meetings.clock()

    def work(connection: Any) -> None:
        if row.uid not in store.series_by_uid(connection, [row.uid]):
            store.put_series(connection, row, now)

    services().meetings.database.write(work)


def _interrupted(body: Body, who: Identity, given: FormFields, made: int, wanted: int) -> Response:
    notice = words().gettext(
        "The service was busy after {made} of {n} meetings. Press again: it goes on where it stopped.",
        made=made,
        n=wanted,
    )
    answer = secretariat_page(
        "schedule/schedule_resume.html", body, who, "schedule", fields=given, notice=notice, once=given.get("once")
    )
    answer.status_code = 503
    return answer


def _made_page(body: Body, who: Identity, meetings: list[str]) -> Response:
    """The meetings with their links, shown this once; the secretary's are claimed into this browser."""
    session, cards = session_secret(), []
    for meeting in meetings:
        row = services().meetings.meeting_row(meeting)
        assert row is not None
        card: dict[str, Any] = {"id": meeting, "title": words().text(row.title), "links": [], "number": None}
        card["when"] = session_words(words(), row.sessions[0])
        if not any(grant.role == "chair" for grant in services().links.of_meeting(meeting)):
            made = services().links.make_many(meeting, [("chair", None, ""), ("secretary", None, "")])
            card["links"] = [_link(grant.role, secret, len(meetings) <= MOST_CODES) for grant, secret in made]
            claimed = services().links.claim(made[1][1], session or None)
            assert claimed is not None, "a link that was just made is good"
            session, card["number"] = claimed
        cards.append(card)
    answer = secretariat_page("schedule/scheduled.html", body, who, "schedule", cards=cards, page_url=page_url)
    if session != session_secret():
        set_session_cookie(answer, session)
    return answer


def _link(role: str, secret: str, drawn: bool) -> dict[str, Any]:
    url = f"{services().config.public_url}/join/{secret}"
    code = Markup(segno.make(url, error="m").svg_inline(scale=5, border=4)) if drawn else ""  # noqa: S704 our own URL
    return {"who": words().gettext(f"role.{role}"), "url": url, "qr": code}
