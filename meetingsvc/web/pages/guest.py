"""One person on a meeting's list: place and part, link and file to be handed over, answer, what they were sent.

Chair and secretary only. Not here: the list (guest_list), the person's own page (calendar).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from meetingsvc.core.kernel import STAFF, Refused, need
from meetingsvc.invitations.rsvp import standing
from meetingsvc.store import deliveries
from meetingsvc.web.access import existing
from meetingsvc.web.auth import Forms, Identity
from meetingsvc.web.context import once, services, words
from meetingsvc.web.errors import Problem
from meetingsvc.web.form_fields import Fields
from meetingsvc.web.pages.bodies import SHEET, language_name
from meetingsvc.web.pages.contacts import MODES, PARTS, part_words
from meetingsvc.web.pages.guest_list import (
    answer_words,
    back,
    calendar_words,
    mail_state,
    mail_words,
    mark_of,
    mode_words,
    moment_words,
    standing_words,
)
from meetingsvc.web.pages.live import HOME, holder, page_url, show
from meetingsvc.web.pages.meeting_times import staff, tabs

if TYPE_CHECKING:
    from meetingsvc.store.contacts import Invitation

invitee = Blueprint("invitee", __name__)

ANSWERS = ("accepted", "tentative", "declined")


@invitee.get("/m/<meeting>/invitations/<contact>")
def look(meeting: str, contact: str) -> Response:
    """One person."""
    who = holder(existing(meeting), "invitations", frozenset(STAFF))
    return who if isinstance(who, Response) else _page(meeting, who, _invitation(meeting, contact), Fields())


@invitee.post("/m/<meeting>/invitations/<contact>")
def act(meeting: str, contact: str) -> Response:
    """Change place and part, write an answer down that came by telephone, take the person off the list."""
    who = staff(meeting, "invitations")
    row, do, people = _invitation(meeting, contact), request.form.get("do", ""), services().people
    sent = Fields.sent()
    if do == "place":
        with sent.at("mode"):
            people.set_place(meeting, contact, mode=sent.one_of("mode", MODES) or None, part=sent.one_of("part", PARTS))
            return back(meeting, who, "saved")
    if do == "again":
        with sent.at("again"):
            people.send_off(meeting, [contact])
            return back(meeting, who, "send")
    if do == "off":
        people.take_off(meeting, contact)
        return back(meeting, who, "off")
    if do == "answer":
        answered(sent, meeting, contact, "office")
        if not sent.wrong:
            return back(meeting, who, "answer")
    if not sent.wrong:
        raise Problem(400, "http.bad_request")
    answer = _page(meeting, who, row, sent)
    answer.status_code = 422
    return answer


@invitee.get("/m/<meeting>/invitations/<contact>.ics")
def file(meeting: str, contact: str) -> Response:
    """The calendar file of one person, to be handed over where no mail goes."""
    who = holder(existing(meeting), "invitations", frozenset(STAFF))
    if isinstance(who, Response):
        return who
    row = _invitation(meeting, contact)
    grant = services().links.get(row.grant) if row.grant else None
    sheet = services().people.meeting_sheet(meeting, grant, lang=row.contact.language) if grant else None
    if sheet is None:
        raise Problem(404, "http.not_found")
    sheet, data = services().people.bytes_of(sheet)
    answer = Response(data, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{sheet.filename}"'
    return answer


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as a form gives it: what, from where, who instead, and a word about it."""

    answer: str
    mode: str | None
    substitute: str | None
    comment: str | None


def answered(sent: Fields, meeting: str, contact: str, via: str) -> None:
    """Reads an answer from a form and writes it down; what is in the way is said at its field."""
    given = _given(sent)
    with sent.at("answer"):
        if not sent.wrong:
            services().people.answer(
                meeting, contact, given.answer, mode=given.mode, substitute=given.substitute, comment=given.comment,
                via=via, stamp=services().meetings.clock(), mark=mark_of(meeting, contact, sent.get("once")[:40]),
            )  # fmt: skip


def _given(sent: Fields) -> Given:
    say = words()
    found = sent.get("answer")
    with sent.at("answer"):
        need(found in ANSWERS, "people.answer_missing")
    substitute = sent.line("substitute", say.gettext("Who comes instead"))
    comment = sent.line("comment", say.gettext("A word to the secretariat"))
    return Given(found, sent.one_of("mode", MODES) or None, substitute or None, comment or None)


def _invitation(meeting: str, contact: str) -> Invitation:
    try:
        row = services().people.invitation(meeting, contact) if re.fullmatch("[0-9a-f]{16}", contact) else None
    except Refused:
        row = None
    if row is None or row.removed_at is not None:
        raise Problem(404, "http.not_found")
    return row


def _mails(meeting: str, row: Invitation, zone: str) -> list[tuple[str, str]]:
    """Everything this person was sent about this meeting, the newest first: (what, when and how it went)."""
    say, made = words(), []
    rows = services().meetings.database.read(lambda c: deliveries.of_meeting(c, meeting))
    for mail in reversed([each for each in rows if each.contact == row.contact.id and each.state != "superseded"]):
        what = say.gettext("Cancellation") if mail.method == "CANCEL" else say.gettext("Invitation or update")
        made.append((what, mail_state(mail, zone)))
    return made


def _page(meeting: str, who: Identity, row: Invitation, fields: Fields) -> Response:
    say, forms, people = words(), Forms(), services().people
    about = services().meetings.meeting_row(meeting)
    assert about is not None and who.grant is not None
    life = next(each for each in people.life(meeting).people if each.invitation.contact.id == row.contact.id)
    page = f"invitations/{row.contact.id}"
    given = {
        "answer": row.answer,
        "mode": row.answer_mode or "",
        "substitute": row.substitute or "",
        "comment": row.comment or "",
    }
    answer = show(
        "invitee.html", css=SHEET, title=say.text(about.title), row=row, page="invitations",
        fields=Fields({**given, **fields.values}, fields.wrong), link=people.personal_link(row),
        answer=standing_words(standing(row, about)), place=mode_words(row.answer_mode or row.mode),
        answered=moment_words(row.answered_at, about.zone) if row.answered_at else "",
        mail=mail_words(life, about.zone), mails=_mails(meeting, row, about.zone),
        calendar=calendar_words(life, about.zone),
        language=language_name(row.contact.language), state=say.state(row.contact.code) if row.contact.code else "",
        parts=[(part, part_words(part)) for part in PARTS],
        modes=[(one, mode_words(one) or say.gettext("Not known")) for one in MODES],
        answers=[(one, answer_words(one)) for one in ANSWERS], once=once(), token=forms.token(f"/m/{meeting}/{page}"),
        action=page_url(meeting, page, who.number), file=page_url(meeting, f"{page}.ics", who.number),
        listed=page_url(meeting, "invitations", who.number), back=page_url(meeting, HOME[who.grant.role], who.number),
        pages=tabs(meeting, who),
    )  # fmt: skip
    return forms.keep(answer)
