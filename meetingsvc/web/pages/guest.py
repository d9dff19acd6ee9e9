"""One person on a meeting's list: place and part, link and file to be handed over, answer, what they were sent.

Chair and secretary only. Not here: the list (guest_list), the person's own page (calendar).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from meetingsvc.core.kernel import Refused
from meetingsvc.invitations.rsvp import standing
from meetingsvc.store import deliveries
from meetingsvc.web.auth import FormTokens, Identity
from meetingsvc.web.context import form_mark, services, words
from meetingsvc.web.errors import Problem
from meetingsvc.web.page_parts.form_fields import FormFields
from meetingsvc.web.page_parts.guest_answer import record_answer
from meetingsvc.web.page_parts.guest_words import calendar_words, mail_state, mail_words, standing_words
from meetingsvc.web.page_parts.labels import ANSWERS, MODES, PARTS, answer_words, language_name, mode_words, part_words
from meetingsvc.web.page_parts.navigation import HOME, meeting_tabs, page_url
from meetingsvc.web.page_parts.page_access import staff_opens, staff_sends
from meetingsvc.web.page_parts.render import SECRETARIAT_SHEETS, back_to, form_again, render_page
from meetingsvc.web.page_parts.shown_times import moment_words

if TYPE_CHECKING:
    from meetingsvc.store.contacts import Invitation

blueprint = Blueprint("guest", __name__)


@blueprint.get("/m/<meeting>/invitations/<contact>")
def show(meeting: str, contact: str) -> Response:
    """One person."""
    who = staff_opens(meeting, "invitations")
    return who if isinstance(who, Response) else _page(meeting, who, _invitation(meeting, contact), FormFields())


@blueprint.post("/m/<meeting>/invitations/<contact>")
def submit(meeting: str, contact: str) -> Response:
    """Change place and part, write an answer down that came by telephone, take the person off the list."""
    who = staff_sends(meeting, "invitations")
    row, do, guests = _invitation(meeting, contact), request.form.get("do", ""), services().invitations.guest_list
    sent = FormFields.sent()
    if do == "place":
        with sent.at("mode"):
            guests.set_place(meeting, contact, mode=sent.one_of("mode", MODES) or None, part=sent.one_of("part", PARTS))
            return back_to(page_url(meeting, "invitations", who.number), "saved")
    if do == "again":
        with sent.at("again"):
            guests.send_off(meeting, [contact])
            return back_to(page_url(meeting, "invitations", who.number), "send")
    if do == "off":
        guests.take_off(meeting, contact)
        return back_to(page_url(meeting, "invitations", who.number), "off")
    if do == "answer":
        record_answer(sent, meeting, contact, "office")
        if not sent.wrong:
            return back_to(page_url(meeting, "invitations", who.number), "answer")
    if not sent.wrong:
        raise Problem(400, "http.bad_request")
    return form_again(_page(meeting, who, row, sent))


@blueprint.get("/m/<meeting>/invitations/<contact>.ics")
def file(meeting: str, contact: str) -> Response:
    """The calendar file of one person, to be handed over where no mail goes."""
    who = staff_opens(meeting, "invitations")
    if isinstance(who, Response):
        return who
    row = _invitation(meeting, contact)
    grant = services().links.get(row.grant) if row.grant else None
    files = services().invitations.calendar_files
    file = files.meeting_file(meeting, grant, lang=row.contact.language) if grant else None
    if file is None:
        raise Problem(404, "http.not_found")
    file, data = files.bytes_of(file)
    answer = Response(data, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{file.filename}"'
    return answer


def _invitation(meeting: str, contact: str) -> Invitation:
    try:
        guests = services().invitations.guest_list
        row = guests.invitation(meeting, contact) if re.fullmatch("[0-9a-f]{16}", contact) else None
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


def _page(meeting: str, who: Identity, row: Invitation, fields: FormFields) -> Response:
    say, forms, invitations = words(), FormTokens(), services().invitations
    about = services().meetings.meeting_row(meeting)
    assert about is not None and who.grant is not None
    people = invitations.planner.life(meeting).people
    life = next(each for each in people if each.invitation.contact.id == row.contact.id)
    page = f"invitations/{row.contact.id}"
    given = {
        "answer": row.answer,
        "mode": row.answer_mode or "",
        "substitute": row.substitute or "",
        "comment": row.comment or "",
    }
    answer = render_page(
        "guest/guest.html",
        css=SECRETARIAT_SHEETS,
        title=say.text(about.title),
        row=row,
        page="invitations",
        fields=FormFields({**given, **fields.values}, fields.wrong),
        link=invitations.guest_list.personal_link(row),
        answer=standing_words(standing(row, about)),
        place=mode_words(row.answer_mode or row.mode),
        answered=moment_words(row.answered_at, about.zone) if row.answered_at else "",
        mail=mail_words(life, about.zone),
        mails=_mails(meeting, row, about.zone),
        calendar=calendar_words(life, about.zone),
        language=language_name(row.contact.language),
        state=say.state(row.contact.code) if row.contact.code else "",
        parts=[(part, part_words(part)) for part in PARTS],
        modes=[(one, mode_words(one) or say.gettext("Not known")) for one in MODES],
        answers=[(one, answer_words(one)) for one in ANSWERS],
        once=form_mark(),
        token=forms.token(f"/m/{meeting}/{page}"),
        action=page_url(meeting, page, who.number),
        file=page_url(meeting, f"{page}.ics", who.number),
        listed=page_url(meeting, "invitations", who.number),
        back=page_url(meeting, HOME[who.grant.role], who.number),
        pages=meeting_tabs(meeting, who),
    )
    return forms.keep(answer)
