"""Who is invited to a meeting: the list, a look before sending, Send, and afterwards what became of it.

Chair and secretary only. Nothing is sent to anybody before Send was pressed. Not here: one person of the list
(guest), what a mail says (invitations), sending (mail).
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from meetingsvc.core.kernel import need
from meetingsvc.invitations.mails.letter import Unsendable, written
from meetingsvc.invitations.rsvp import standing
from meetingsvc.web.auth import FormTokens, Identity
from meetingsvc.web.context import services, words
from meetingsvc.web.errors import Problem
from meetingsvc.web.page_parts.form_fields import FormFields
from meetingsvc.web.page_parts.guest_answer import uploaded_replies
from meetingsvc.web.page_parts.guest_words import calendar_words, mail_words, standing_words
from meetingsvc.web.page_parts.labels import (
    answer_words,
    language_name,
    mode_words,
    notice_words,
    part_words,
    tally_words,
    verdict_words,
)
from meetingsvc.web.page_parts.navigation import HOME, meeting_tabs, page_url
from meetingsvc.web.page_parts.page_access import staff_opens, staff_sends
from meetingsvc.web.page_parts.render import SECRETARIAT_SHEETS, back_to, form_again, render_page
from meetingsvc.web.page_parts.shown_times import moment_words

if TYPE_CHECKING:
    from meetingsvc.invitations import Life, PersonLife
    from meetingsvc.store.contacts import Invitation, ReplyRow
    from meetingsvc.store.meeting_index import MeetingRow

blueprint = Blueprint("guest_list", __name__)


@blueprint.get("/m/<meeting>/invitations")
def show(meeting: str) -> Response:
    """The list, what was sent, and who comes."""
    who = staff_opens(meeting, "invitations")
    return (
        who if isinstance(who, Response) else _page(meeting, who, FormFields(), _notice(request.args.get("done", "")))
    )


@blueprint.post("/m/<meeting>/invitations")
def submit(meeting: str) -> Response:
    """Change the list, look before sending, send, or judge a reply."""
    who = staff_sends(meeting, "invitations")
    sent, do, invitations = FormFields.sent(), request.form.get("do", ""), services().invitations
    if do == "look":
        return _preview(meeting, who)
    if do == "send":
        with sent.at("send"):
            chosen = request.form.getlist("contact")
            need(chosen, "people.nobody_chosen")
            invitations.guest_list.send_off(meeting, chosen)
    elif do == "everybody":
        invitations.guest_list.everybody_of_body(meeting)
    elif do == "add":
        with sent.at("contact"):
            invitations.guest_list.put_on_list(meeting, [sent.get("contact")])
    elif do in ("take", "leave"):
        number = sent.get("reply")
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            raise Problem(400, "http.bad_request")
        invitations.replies.confirm_reply(meeting, int(number), do == "take")
    elif do == "reply_file":
        return _reply_file(meeting, who, sent)
    else:
        raise Problem(400, "http.bad_request")
    if sent.wrong:
        return form_again(_page(meeting, who, sent))
    return back_to(page_url(meeting, "invitations", who.number), do)


def _notice(done: str) -> str:
    say = words()
    return {
        "send": say.gettext("The invitations are on their way: they leave within a minute."),
        "everybody": say.gettext("Everybody of the body stands on the list now. Nothing was sent."),
        "add": say.gettext("Added. Nothing was sent."),
        "take": say.gettext("The answer counts now."),
        "leave": say.gettext("The answer was left aside."),
        "off": say.gettext("Taken off the list. Who had been invited gets a cancellation of their own."),
        "saved": say.gettext("Saved."),
        "answer": say.gettext("The answer was written down."),
    }.get(done, "")


def _reply_file(meeting: str, who: Identity, sent: FormFields) -> Response:
    """An answer that came as a file, put in by the secretariat: that it does so is what proves it."""
    told = ""
    with sent.at("file"):
        replies = uploaded_replies(who)
        on_list = services().invitations.guest_list.on_list(meeting)
        listed = {(row.contact.address or "").lower(): row for row in on_list}
        verdicts = []
        for reply in replies:
            known = listed.get(reply.address)
            need(known, "reply.not_on_list", address=reply.address[:80])
            assert known is not None
            verdict = services().invitations.replies.answer_from_reply(
                reply, contact_known=known.contact, meeting=meeting, via="file", sender=reply.address
            )
            verdicts.append(verdict)
            time.sleep(0)  # each is a transaction, and there may be sixty
        told = verdict_words(verdicts[0]) if verdicts else ""
    answer = _page(meeting, who, sent, told)
    answer.status_code = 422 if sent.wrong else 200
    return answer


# ------------------------------------------------------------------------------------------------------ before sending


def _preview(meeting: str, who: Identity) -> Response:
    """Who would get what, and one of the letters as it would read."""
    say, forms, invitations = words(), FormTokens(), services().invitations
    fresh = [row for row in invitations.guest_list.on_list(meeting) if row.invited_at is None]
    rows = invitations.planner.preview(meeting, sending=[row.contact.id for row in fresh])
    rows = [row for row in rows if row.invitation.invited_at is None]
    ready = [row for row in rows if row.what == "invitation"]
    letter, fault, reader = None, "", None
    if ready:
        chosen = request.form.get("sample", "")
        reader = next((row for row in ready if row.contact.id == chosen), ready[0])
        try:
            message = invitations.planner.sample(meeting, reader.contact.id)
            letter = written(message, services().words[reader.contact.language]) if message else None
        except Unsendable as why:
            fault = str(why)
    row = services().meetings.meeting_row(meeting)
    assert row is not None
    answer = render_page(
        "guest_list/send_preview.html",
        css=SECRETARIAT_SHEETS,
        title=say.text(row.title),
        rows=rows,
        ready=ready,
        tally=tally_words(rows),
        letter=letter,
        fault=fault,
        reader=reader.contact if reader else None,
        notice_words=notice_words,
        language_name=language_name,
        can_mail=bool(services().config.smtp_url),
        token=forms.token(f"/m/{meeting}/invitations"),
        action=page_url(meeting, "invitations", who.number),
        past=(row.ends_at or 0) < services().meetings.clock(),
    )
    return forms.keep(answer)


# --------------------------------------------------------------------------------------------------------- the page


@dataclass(frozen=True, slots=True)
class GuestRow:
    """One row of the list in words."""

    id: str
    name: str
    about: str
    address: str
    answer: str
    more: str
    place: str
    mail: str
    mail_state: str
    calendar: str
    url: str


def _guest_row(meeting: str, life: PersonLife, who: Identity, about: MeetingRow) -> GuestRow:
    say, row, zone = words(), life.invitation, about.zone
    mail, state = mail_words(life, zone)
    more = [row.comment or ""]
    if row.substitute:
        more.insert(0, say.gettext("Instead: {name}", name=row.substitute))
    state_name = say.state(row.contact.code) if row.contact.code else ""
    whence = " · ".join(filter(None, (state_name, part_words(row.part), language_name(row.contact.language))))
    return GuestRow(
        row.contact.id,
        row.contact.name,
        whence,
        row.contact.address or "",
        standing_words(standing(row, about)),
        " · ".join(filter(None, more)),
        mode_words(row.answer_mode or row.mode),
        mail,
        state,
        calendar_words(life, zone),
        page_url(meeting, f"invitations/{row.contact.id}", who.number),
    )


def totals(rows: list[Invitation], about: MeetingRow) -> list[tuple[str, int, str]]:
    """Coming in the room, remote, undecided, not coming, no answer; apart from them answers to an earlier time."""
    say = words()
    every = [(row, standing(row, about)) for row in rows]
    held = [(row, each.answer) for row, each in every if not each.earlier]
    coming = Counter((row.answer_mode or row.mode or "") for row, answer in held if answer == "accepted")
    n, earlier = Counter(answer for _, answer in held), len(every) - len(held)
    made = [
        (say.gettext("come to the room"), coming["in_room"], "in_room"),
        (say.gettext("come remotely"), coming["remote"], "remote"),
        (say.gettext("undecided"), n["tentative"], "tentative"),
        (say.gettext("do not come"), n["declined"], "declined"),
        (say.gettext("no answer"), n["none"], "none"),
    ]
    if coming[""]:
        made.insert(2, (say.gettext("come, place not told"), coming[""], "accepted"))
    if earlier:
        made.append((say.gettext("answered for an earlier time"), earlier, "earlier"))
    return made


def _page(meeting: str, who: Identity, fields: FormFields, notice: str = "") -> Response:
    say, forms, invitations = words(), FormTokens(), services().invitations
    row = services().meetings.meeting_row(meeting)
    assert row is not None and who.grant is not None
    life = invitations.planner.life(meeting)
    rows, replies = [person.invitation for person in life.people], invitations.replies.replies_to(meeting)
    named = [person for person in life.people if not person.invitation.contact.erased]
    here = {each.contact.id for each in rows}
    theirs = invitations.contacts.contacts_of(row.body_id) if row.body_id else []
    fresh = [each.invitation for each in named if each.invitation.invited_at is None]
    answer = render_page(
        "guest_list/guest_list.html",
        css=SECRETARIAT_SHEETS,
        title=say.text(row.title),
        fields=fields,
        notice=notice,
        cancelled=row.status == "cancelled",
        sequence=life.sequence,
        totals=totals(rows, row),
        rows=[_guest_row(meeting, person, who, row) for person in named],
        erased=len(life.people) - len(named),
        ready=sum(bool(each.contact.address) for each in fresh),
        fresh=len(fresh),
        replies=[_reply(each, rows, row.zone) for each in replies if each.verdict == "unproved"],
        others=[(each.id, each.name) for each in theirs if each.id not in here],
        body=row.body_id,
        public=_public(life, row.zone),
        post=post_words(row.zone),
        can_mail=bool(services().config.smtp_url),
        changed=moment_words(life.changed_at, row.zone),
        token=forms.token(f"/m/{meeting}/invitations"),
        action=page_url(meeting, "invitations", who.number),
        back=page_url(meeting, HOME[who.grant.role], who.number),
        pages=meeting_tabs(meeting, who),
    )
    return forms.keep(answer)


def _reply(reply: ReplyRow, rows: list[Invitation], zone: str) -> dict[str, Any]:
    name = next((row.contact.name for row in rows if row.contact.id == reply.contact), "")
    more = " · ".join(filter(None, (mode_words(reply.mode), reply.substitute, reply.comment)))
    return {
        "id": reply.id,
        "name": name,
        "sender": reply.sender,
        "answer": answer_words(reply.answer or "none"),
        "more": more,
        "at": moment_words(reply.at, zone),
    }


def _public(life: Life, zone: str) -> list[str]:
    """When the calendars that everybody may subscribe to were last fetched."""
    say, told = words(), []
    names = {"meeting": say.gettext("The meeting’s public file"), "body": say.gettext("The body’s public calendar")}
    for key, feed in life.public.items():
        if feed.fetch:
            told.append(
                say.gettext(
                    "{name}: last fetched {moment} by {agent}",
                    name=names[key],
                    agent=feed.fetch.agent[:60] or "?",
                    moment=moment_words(feed.fetch.last_at, zone),
                )
            )
        else:
            told.append(say.gettext("{name}: not fetched yet", name=names[key]))
    return told


def post_words(zone: str) -> list[str]:
    """How mail goes out and answers come in, the last time that this process spoke to the servers."""
    say, ours, told = words(), services(), list[str]()
    known = ours.mail_status() if ours.mail_status else {}
    for name, called in (("smtp", say.gettext("Mail out")), ("imap", say.gettext("Answers by mail"))):
        row = known.get(name, {})
        if row.get("fault"):
            at = moment_words(row["fault_at"], zone)
            told.append(
                say.gettext(
                    "{name}: {fault} ({moment}). It is tried again.", name=called, moment=at, fault=row["fault"]
                )
            )
        elif row.get("good_at"):
            told.append(
                say.gettext("{name}: in order, {moment}.", name=called, moment=moment_words(row["good_at"], zone))
            )
    if not ours.config.imap_url:
        told.append(say.gettext("No mailbox is set up, so answers that come by mail are not read here."))
    return told
