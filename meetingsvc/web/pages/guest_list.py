"""Who is invited to a meeting: the list, a look before sending, Send, and afterwards what became of it.

Chair and secretary only. Nothing is sent to anybody before Send was pressed. Not here: one person of the list
(invitee), what a mail says (invitations), sending (mail).
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from meetingsvc.core.kernel import STAFF, need
from meetingsvc.invitations.mails.letter import Unsendable, written
from meetingsvc.invitations.rsvp import standing
from meetingsvc.web.access import existing
from meetingsvc.web.auth import Forms, Identity
from meetingsvc.web.context import services, words
from meetingsvc.web.errors import Problem
from meetingsvc.web.form_fields import Fields
from meetingsvc.web.pages.bodies import SHEET, language_name
from meetingsvc.web.pages.contacts import part_words
from meetingsvc.web.pages.live import HOME, holder, page_url, see_other, show
from meetingsvc.web.pages.meeting_times import staff, tabs, tally, what_words

if TYPE_CHECKING:
    from meetingsvc.calendars.reading.replies import Reply
    from meetingsvc.invitations import Life, PersonLife
    from meetingsvc.invitations.rsvp import Standing
    from meetingsvc.store.contacts import Invitation, ReplyRow
    from meetingsvc.store.deliveries import Delivery
    from meetingsvc.store.index import MeetingRow

inviting = Blueprint("inviting", __name__)

PAGE = "invitations"
MOST_REPLY = 300_000


@inviting.get("/m/<meeting>/invitations")
def look(meeting: str) -> Response:
    """The list, what was sent, and who comes."""
    who = holder(existing(meeting), PAGE, frozenset(STAFF))
    return who if isinstance(who, Response) else _page(meeting, who, Fields(), _notice(request.args.get("done", "")))


@inviting.post("/m/<meeting>/invitations")
def act(meeting: str) -> Response:
    """Change the list, look before sending, send, or judge a reply."""
    who = staff(meeting, PAGE)
    sent, do, invitations = Fields.sent(), request.form.get("do", ""), services().invitations
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
        answer = _page(meeting, who, sent)
        answer.status_code = 422
        return answer
    return back(meeting, who, do)


def back(meeting: str, who: Identity, done: str) -> Response:
    url = page_url(meeting, PAGE, who.number)
    return see_other(f"{url}{'&' if '?' in url else '?'}done={done}")


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
    }.get(done, "")  # fmt: skip


def _reply_file(meeting: str, who: Identity, sent: Fields) -> Response:
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
            )  # fmt: skip
            verdicts.append(verdict)
            time.sleep(0)  # each is a transaction, and there may be sixty
        told = verdict_words(verdicts[0]) if verdicts else ""
    answer = _page(meeting, who, sent, told)
    answer.status_code = 422 if sent.wrong else 200
    return answer


def uploaded_replies(who: Identity) -> tuple[Reply, ...]:
    """The answers in the file that came with this form, read aside."""
    file = request.files.get("file")
    data = file.read(MOST_REPLY + 1) if file else b""
    need(data, "reply.no_file")
    need(len(data) <= MOST_REPLY, "http.too_large")
    assert who.grant is not None
    return services().aside.replies(data, who.grant.id)


def verdict_words(verdict: str) -> str:
    say = words()
    return {
        "taken": say.gettext("The answer counts."),
        "same": say.gettext("This answer was there already."),
        "stale": say.gettext(
            "This answer is to an older version of the invitation, or older than the one held. It changes nothing."
        ),
        "foreign": say.gettext(
            "This answer is not about this meeting, or not from somebody invited. It changes nothing."
        ),
        "unproved": say.gettext("It is not certain who sent this answer. It waits until the secretariat takes it."),
        "declined": say.gettext("This answer was left aside."),
    }.get(verdict, verdict)  # fmt: skip


# ------------------------------------------------------------------------------------------------------ before sending


def _preview(meeting: str, who: Identity) -> Response:
    """Who would get what, and one of the letters as it would read."""
    say, forms, invitations = words(), Forms(), services().invitations
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
    answer = show(
        "send.html", css=SHEET, title=say.text(row.title), rows=rows, ready=ready, tally=tally(rows), letter=letter,
        fault=fault, reader=reader.contact if reader else None, what_words=what_words, language_name=language_name,
        can_mail=bool(services().config.smtp_url), token=forms.token(f"/m/{meeting}/invitations"),
        action=page_url(meeting, PAGE, who.number), past=(row.ends_at or 0) < services().meetings.clock(),
    )  # fmt: skip
    return forms.keep(answer)


# --------------------------------------------------------------------------------------------------------- the page


@dataclass(frozen=True, slots=True)
class Seen:
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


def answer_words(answer: str) -> str:
    say = words()
    return {
        "accepted": say.gettext("Comes"), "tentative": say.gettext("Undecided"),
        "declined": say.gettext("Does not come"),
    }.get(answer, say.gettext("No answer"))  # fmt: skip


def mode_words(mode: str | None) -> str:
    say = words()
    return {"in_room": say.gettext("In the room"), "remote": say.gettext("Remote")}.get(mode or "", "")


def moment_words(at: int, zone: str) -> str:
    """21 November, 22:15, by the clock of the place."""
    return words().gettext("{day}, {time}", day=words().day(at, zone), time=words().time(at, zone))


def mail_words(life: PersonLife, zone: str) -> tuple[str, str]:
    """(what became of the last mail, its state)."""
    say, mail = words(), life.mail
    if not life.invitation.contact.address:
        return say.gettext("No address: give the file or the link"), "none"
    if mail is None:
        sent = life.invitation.invited_at is not None
        return (say.gettext("Waits to leave"), "waiting") if sent else (say.gettext("Not invited yet"), "none")
    return mail_state(mail, zone), mail.state


def mail_state(mail: Delivery, zone: str) -> str:
    """What became of a mail."""
    say, fault = words(), mail.fault or ""
    told = {
        "sent": say.gettext(
            "Sent {moment}, version {n}", moment=moment_words(mail.sent_at or mail.made_at, zone), n=mail.sequence
        ),
        "failed": say.gettext("Failed: {fault}", fault=fault),
        "bounced": say.gettext("Came back: {fault}", fault=fault),
        "waiting": say.gettext("Waits: {fault}", fault=fault) if fault else say.gettext("Waits to leave"),
    }  # fmt: skip
    return told.get(mail.state, mail.state)


def calendar_words(life: PersonLife, zone: str) -> str:
    """When their own calendar address was last looked at."""
    say = words()
    looked = [feed for feed in life.feeds if feed.fetch]
    if not looked:
        return say.gettext("Subscribed, not fetched yet") if life.feeds else ""
    last = max(looked, key=lambda feed: feed.fetch.last_at if feed.fetch else 0)
    assert last.fetch is not None
    told = say.gettext("Fetched {moment}", moment=moment_words(last.fetch.last_at, zone))
    return told if last.fresh else say.gettext("{told}, before the last change", told=told)


def standing_words(held: Standing) -> str:
    """What somebody answered, and whether it was to another time than the one that holds."""
    told = answer_words(held.answer)
    return words().gettext("{answer} (to an earlier time)", answer=told) if held.earlier else told


def _seen(meeting: str, life: PersonLife, who: Identity, about: MeetingRow) -> Seen:
    say, row, zone = words(), life.invitation, about.zone
    mail, state = mail_words(life, zone)
    more = [row.comment or ""]
    if row.substitute:
        more.insert(0, say.gettext("Instead: {name}", name=row.substitute))
    state_name = say.state(row.contact.code) if row.contact.code else ""
    whence = " · ".join(filter(None, (state_name, part_words(row.part), language_name(row.contact.language))))
    return Seen(
        row.contact.id, row.contact.name, whence, row.contact.address or "", standing_words(standing(row, about)),
        " · ".join(filter(None, more)), mode_words(row.answer_mode or row.mode), mail, state,
        calendar_words(life, zone), page_url(meeting, f"invitations/{row.contact.id}", who.number),
    )  # fmt: skip


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
    ]  # fmt: skip
    if coming[""]:
        made.insert(2, (say.gettext("come, place not told"), coming[""], "accepted"))
    if earlier:
        made.append((say.gettext("answered for an earlier time"), earlier, "earlier"))
    return made


def _page(meeting: str, who: Identity, fields: Fields, notice: str = "") -> Response:
    say, forms, invitations = words(), Forms(), services().invitations
    row = services().meetings.meeting_row(meeting)
    assert row is not None and who.grant is not None
    life = invitations.planner.life(meeting)
    rows, replies = [person.invitation for person in life.people], invitations.replies.replies_to(meeting)
    here = {each.contact.id for each in rows}
    theirs = invitations.contacts.contacts_of(row.body_id) if row.body_id else []
    fresh = [each for each in rows if each.invited_at is None]
    answer = show(
        "invitations.html", css=SHEET, title=say.text(row.title), fields=fields, notice=notice,
        cancelled=row.status == "cancelled", sequence=life.sequence, totals=totals(rows, row),
        rows=[_seen(meeting, person, who, row) for person in life.people],
        ready=sum(bool(each.contact.address) for each in fresh), fresh=len(fresh),
        replies=[_reply(each, rows, row.zone) for each in replies if each.verdict == "unproved"],
        others=[(each.id, each.name) for each in theirs if each.id not in here], body=row.body_id,
        public=_public(life, row.zone), post=post_words(row.zone), can_mail=bool(services().config.smtp_url),
        changed=moment_words(life.changed_at, row.zone), token=forms.token(f"/m/{meeting}/invitations"),
        action=page_url(meeting, PAGE, who.number), back=page_url(meeting, HOME[who.grant.role], who.number),
        pages=tabs(meeting, who),
    )  # fmt: skip
    return forms.keep(answer)


def _reply(reply: ReplyRow, rows: list[Invitation], zone: str) -> dict[str, Any]:
    name = next((row.contact.name for row in rows if row.contact.id == reply.contact), "")
    more = " · ".join(filter(None, (mode_words(reply.mode), reply.substitute, reply.comment)))
    return {
        "id": reply.id, "name": name, "sender": reply.sender, "answer": answer_words(reply.answer or "none"),
        "more": more, "at": moment_words(reply.at, zone),
    }  # fmt: skip


def _public(life: Life, zone: str) -> list[str]:
    """When the calendars that everybody may subscribe to were last fetched."""
    say, told = words(), []
    names = {"meeting": say.gettext("The meeting’s public file"), "body": say.gettext("The body’s public calendar")}
    for key, feed in life.public.items():
        if feed.fetch:
            told.append(say.gettext(
                "{name}: last fetched {moment} by {agent}", name=names[key], agent=feed.fetch.agent[:60] or "?",
                moment=moment_words(feed.fetch.last_at, zone),
            ))  # fmt: skip
        else:
            told.append(say.gettext("{name}: not fetched yet", name=names[key]))
    return told


def post_words(zone: str) -> list[str]:
    """How mail goes out and answers come in, the last time that this process spoke to the servers."""
    say, ours, told = words(), services(), list[str]()
    known = ours.post_status() if ours.post_status else {}
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


def mark_of(meeting: str, contact: str, once: str) -> str:
    """The mark of an answer given on a page: the same form sent twice is one answer."""
    return hashlib.sha256(f"{meeting}\0{contact}\0{once}".encode()).hexdigest()
