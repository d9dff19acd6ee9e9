"""A meeting as a date in somebody's calendar: when it is for them, how to keep it, whether they come.

Open to everybody with what is public; behind a personal link (of somebody invited, or of a delegate) one's own place,
the join links, one's answer and the address of one's own calendar. Not here: the bytes of calendars (api/calendars).
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request
from markupsafe import escape

from meetingsvc.calendars.local_time import city
from meetingsvc.config import LANGUAGES
from meetingsvc.core.kernel import need
from meetingsvc.environment import zones
from meetingsvc.invitations.rsvp import Standing, standing
from meetingsvc.web.access import existing_meeting
from meetingsvc.web.auth import FormTokens, Identity, claimed_links, form_sender
from meetingsvc.web.context import form_mark, services, words
from meetingsvc.web.errors import Problem
from meetingsvc.web.page_cache import cached_answer
from meetingsvc.web.page_parts.add_to_calendar import buttons
from meetingsvc.web.page_parts.form_fields import FormFields
from meetingsvc.web.page_parts.guest_answer import record_answer, uploaded_replies
from meetingsvc.web.page_parts.labels import answer_words, language_name, mode_words, verdict_words, way_in_words
from meetingsvc.web.page_parts.navigation import HOME, OWN_CALENDAR, page_url
from meetingsvc.web.page_parts.page_access import who_opens
from meetingsvc.web.page_parts.render import SECRETARIAT_SHEETS, back_to, form_again, render_page
from meetingsvc.web.page_parts.shown_times import moment_words, session_words, times_in_places

if TYPE_CHECKING:
    from meetingsvc.store.contacts import Invitation
    from meetingsvc.store.meeting_index import MeetingRow

blueprint = Blueprint("calendar", __name__)

#: Stands in a kept page where each answer has what was typed.
NO_ZONE = f"zone{secrets.token_hex(16)}"
ALARMS = (0, 10, 15, 30, 60, 1440)


@blueprint.get("/m/<meeting>/calendar")
def show(meeting: str) -> Response:
    """The page of a meeting's times: personal behind a personal link, else public."""
    who = _who(existing_meeting(meeting))
    if isinstance(who, Response):
        return who
    if who.grant is not None:
        return _page(meeting, who, FormFields(), _notice(request.args.get("done", "")))
    return _public(meeting)


def _public(meeting: str) -> Response:
    """The page of those who have no link. What was asked for and is no time zone stands in it as it was typed."""
    asked = _asked()
    known = asked in zones() or not asked
    own = {} if known else {NO_ZONE.encode(): str(escape(asked)).encode()}

    def stamp() -> object:
        return _marked(_row(meeting)), asked if known else NO_ZONE

    def make() -> tuple[Response, list[int]]:
        page = _page(meeting, Identity(), FormFields(), zone=asked if known else NO_ZONE)
        return page, [each["shown_ends_at"] for each in _row(meeting).sessions]

    return cached_answer(stamp, make, own)


def _marked(row: MeetingRow) -> tuple[str, ...]:
    """Changes with whatever everybody may see of a meeting here."""
    return row.id, row.shown, row.state, row.status, row.body_id or ""


def _asked() -> str:
    """The time zone that was asked for, as it was typed."""
    return request.args.get("zone", "")[:64].strip()


@blueprint.get("/m/<meeting>/calendar/times")
def times(meeting: str) -> Response:
    """The sessions on the clocks of one more place, for a page that asks where it is read: public facts only."""
    row = _row(existing_meeting(meeting))
    own = request.args.get("zone", "")[:64]
    if own not in zones():
        raise Problem(422, "meeting.zone_unknown", zone=own)
    return cached_answer(lambda: (_marked(row), own), lambda: (_times(row, own), ()))


def _times(row: MeetingRow, own: str) -> Response:
    say = words()
    made = [
        {
            "id": each["id"],
            "places": [
                {"place": one.place, "times": one.times, "day": one.day, "note": one.note}
                for one in times_in_places(say, each, own)
            ],
        }
        for each in row.sessions
    ]
    return jsonify({"zone": own, "sittings": made})


@blueprint.post("/m/<meeting>/calendar")
def submit(meeting: str) -> Response:
    """Answer, put in a file that answers, make or revoke the address of one's own calendar."""
    who = form_sender(lambda: _invited(existing_meeting(meeting)))
    invitation, do, sent = _invitation(who), request.form.get("do", ""), FormFields.sent()
    assert invitation is not None
    contact = invitation.contact
    if do == "answer":
        record_answer(sent, meeting, contact.id, "page")
        if sent.wrong:
            return _wrong(meeting, who, sent)
    elif do == "reply_file":
        with sent.at("file"):
            verdicts = []
            for reply in uploaded_replies(who):
                # the page proves who sends it, not whose answer it is: only one's own may be put in
                need(reply.address == (contact.address or "").lower(), "reply.not_yours", address=reply.address[:80])
                verdicts.append(
                    services().invitations.replies.answer_from_reply(
                        reply, contact_known=contact, meeting=meeting, via="file", sender=reply.address
                    )
                )
                time.sleep(0)  # each is a transaction, and there may be sixty
            return _page(meeting, who, sent, verdict_words(verdicts[0]))
        return _wrong(meeting, who, sent)
    elif do == "feed":
        return _make_feed(meeting, who, contact.id, contact.language, sent)
    elif do == "revoke":
        services().invitations.calendar_files.revoke_feed(contact.id, sent.get("feed"), meeting=_only(who))
    else:
        raise Problem(400, "http.bad_request")
    url = page_url(meeting, "calendar", who.number)
    return back_to(url, do)


def _make_feed(meeting: str, who: Identity, contact: str, language: str, sent: FormFields) -> Response:
    chosen = sent.get("language") if sent.get("language") in LANGUAGES else language
    alarm = sent.get("alarm")
    minutes = int(alarm) if alarm.isascii() and alarm.isdigit() and len(alarm) < 5 and int(alarm) in ALARMS else 0
    grant = who.grant
    assert grant is not None

    def make() -> str:
        _, url = services().invitations.calendar_files.make_feed(
            contact, chosen, minutes or None, sent.get("rich") == "1", behind=grant.id, meeting=_only(who)
        )
        return url

    url = services().forms_sent.once(grant.id, sent.get("once")[:40], make)
    if url is None:
        notice = words().gettext("This address was made before and cannot be shown again.")
        return _page(meeting, who, FormFields(), notice)
    return _page(meeting, who, FormFields(), made=url)


def _wrong(meeting: str, who: Identity, sent: FormFields) -> Response:
    return form_again(_page(meeting, who, sent))


def _who(meeting: str) -> Identity | Response:
    """Whose page this is: of the link that ?as= names, or the one that this browser holds; else everybody's."""
    if "as" in request.args or "Authorization" in request.headers:
        return who_opens(meeting, "calendar", OWN_CALENDAR)
    held = claimed_links().values()
    mine = [grant for grant in held if grant.meeting == meeting and grant.role in OWN_CALENDAR and not grant.revoked_at]
    return who_opens(meeting, "calendar", OWN_CALENDAR) if mine else Identity()


def _invited(meeting: str) -> Identity | Response:
    """Who may answer here: somebody who is invited, by a link of their own."""
    who = who_opens(meeting, "calendar", OWN_CALENDAR)
    if isinstance(who, Identity) and _invitation(who) is None:
        raise Problem(403, "people.not_invited")
    return who


def _invitation(who: Identity) -> Invitation | None:
    return services().invitations.guest_list.invitation_of(who.grant) if who.grant else None


def _only(who: Identity) -> str | None:
    """The one meeting that calendars made here show: a delegate's link is for it alone, an invitee's is one's own."""
    return who.grant.meeting if who.grant and who.grant.role == "delegate" else None


def _row(meeting: str) -> MeetingRow:
    row = services().meetings.meeting_row(meeting)
    assert row is not None, "a meeting with a log has its row"
    return row


def _notice(done: str) -> str:
    say = words()
    return {
        "answer": say.gettext("Thank you. The secretariat sees your answer."),
        "revoke": say.gettext("The address was revoked. Calendars that use it find nothing any more."),
    }.get(done, "")


# --------------------------------------------------------------------------------------------------------- the page


def _page(
    meeting: str, who: Identity, fields: FormFields, notice: str = "", made: str = "", zone: str | None = None
) -> Response:
    say, forms, row, invitation = words(), FormTokens(), _row(meeting), _invitation(who)
    inside = who.grant is not None
    asked = _asked() if zone is None else zone
    own = asked if asked in zones() else (invitation.contact.zone if invitation else None)
    name = invitation.contact.name if invitation else ""
    held = standing(invitation, row) if invitation else Standing("none")
    given = _given(invitation, held)
    answer = render_page(
        "calendar/calendar.html",
        css=SECRETARIAT_SHEETS,
        title=say.text(row.title),
        body=say.text(row.body) if row.body else "",
        body_id=row.body_id,
        cancelled=row.status == "cancelled",
        over=row.state == "closed",
        sessions=_sessions(row, own, inside),
        dropped=[session_words(say, each) for each in row.dropped],
        room=row.room or "",
        zone_asked=asked,
        zone_wrong=bool(asked) and asked not in zones(),
        zones=sorted(zones()),
        own=own or "",
        agenda=[(item["number"], say.text(item["title"])) for item in row.agenda],
        inside=inside,
        name=name,
        ways=_ways(row) if inside and row.status != "cancelled" else [],
        place=_place(invitation),
        invitation=invitation,
        answer=answer_words(held.answer),
        earlier=held.earlier,
        answered=moment_words(invitation.answered_at, row.zone) if invitation and invitation.answered_at else "",
        fields=FormFields({**given, **fields.values}, fields.wrong),
        notice=notice,
        made=made,
        once=form_mark(),
        webcal_made="webcal" + made[made.index(":") :] if made else "",
        feeds=_feeds(invitation, row.zone, _only(who)),
        only=_only(who),
        languages=[(lang, language_name(lang)) for lang in LANGUAGES],
        alarms=[(str(one), _alarm(one)) for one in ALARMS],
        feed=f"{services().config.public_url}/b/{row.body_id}.ics",
        file=page_url(meeting, "follow", None) + ".ics" + (f"?as={who.number}" if who.number else ""),
        token=forms.token(f"/m/{meeting}/calendar"),
        action=page_url(meeting, "calendar", who.number),
        here=f"/m/{meeting}/calendar",
        number=who.number,
        times_url=f"/m/{meeting}/calendar/times",
        back=page_url(meeting, HOME[who.grant.role], who.number) if who.grant and who.grant.role == "delegate" else "",
        follow=f"/m/{meeting}",
        town=city(row.zone, say),
        can_mail=bool(services().config.smtp_url),
    )
    return forms.keep(answer)


def _given(invitation: Invitation | None, held: Standing) -> dict[str, str]:
    """What stands in the fields of the answer: what was answered before, to the time that holds."""
    if invitation is None:
        return {}
    return {
        "answer": "" if held.earlier else held.answer,
        "mode": invitation.answer_mode or invitation.mode or "",
        "substitute": invitation.substitute or "",
        "comment": invitation.comment or "",
        "language": invitation.contact.language,
        "alarm": "0",
    }


def _sessions(row: MeetingRow, own: str | None, inside: bool) -> list[dict[str, Any]]:
    """Each session in words, on several clocks, with the ways into calendars on the web."""
    say, made = words(), []
    page = f"{services().config.public_url}/m/{row.id}/calendar"
    where = row.room or (row.link if inside and row.link else "") or ""
    text = "\n".join(filter(None, (row.link if inside else "", page)))
    for each in row.sessions:
        known = times_in_places(say, each, own)
        made.append(
            {
                "id": each["id"],
                "when": say.day(each["starts_at"], each["zone"]),
                "places": known,
                "over": each["shown_ends_at"] < services().meetings.clock(),
                "late": each["shown_ends_at"] > each["ends_at"],
                "buttons": buttons(say.text(row.title), each, where, text),
            }
        )
    return made


def _ways(row: MeetingRow) -> list[tuple[str, str, str]]:
    """(what, address, words): the join link first."""
    say = words()
    first = [(say.gettext("Join"), row.link, row.link)] if row.link else []
    more = [
        (each.get("label") or way_in_words(each["kind"]), each["address"], each["address"]) for each in row.channels
    ]
    return [*first, *((name, address, shown.removeprefix("tel:")) for name, address, shown in more)]


def _place(invitation: Invitation | None) -> str:
    return mode_words(invitation.answer_mode or invitation.mode) if invitation else ""


def _feeds(invitation: Invitation | None, zone: str, only: str | None) -> list[dict[str, str]]:
    """One's own calendar addresses: never the secret, which is not kept."""
    if invitation is None:
        return []
    return [
        {
            "id": feed.id,
            "made": moment_words(feed.made_at, zone),
            "language": language_name(feed.language),
            "alarm": _alarm(feed.alarm or 0),
        }
        for feed in services().invitations.calendar_files.feeds_of(invitation.contact.id, meeting=only)
    ]


def _alarm(minutes: int) -> str:
    say = words()
    if not minutes:
        return say.gettext("No alarm")
    if minutes % 60:
        return say.ngettext("{n} minute before", "{n} minutes before", minutes)
    if minutes % 1440:
        return say.ngettext("{n} hour before", "{n} hours before", minutes // 60)
    return say.ngettext("{n} day before", "{n} days before", minutes // 1440)
