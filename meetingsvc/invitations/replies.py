"""What people answer: on the page behind their link, by a calendar's REPLY as a file or by mail. Deny first.

An answer counts when it is proved to come from whom it names, is about what they were invited to, and is not older than
what is known. Everything that came in is written down with its verdict. Not here: reading a REPLY (calendars.reading),
mailboxes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace

from meetingsvc.calendars.appointment import Mode
from meetingsvc.calendars.local_time import milliseconds, wall
from meetingsvc.calendars.reading.ics import harmless
from meetingsvc.calendars.reading.replies import Occurrence, Reply
from meetingsvc.calendars.safe_text import clean
from meetingsvc.calendars.texts import readable
from meetingsvc.core.kernel import need
from meetingsvc.environment import zones
from meetingsvc.invitations import plan
from meetingsvc.invitations.checks import need_place, one_of, optional
from meetingsvc.invitations.derived_secrets import DerivedSecrets
from meetingsvc.invitations.meeting_people import row_of
from meetingsvc.invitations.results import Verdict
from meetingsvc.invitations.rsvp import overall, own_uid, sessions, told_start
from meetingsvc.meetings import Meetings
from meetingsvc.store import contacts, deliveries, meeting_index
from meetingsvc.store.contacts import Contact, Invitation, ReplyRow, recipient
from meetingsvc.store.deliveries import Delivery
from meetingsvc.store.engine import Connection
from meetingsvc.store.links import stands
from meetingsvc.store.meeting_index import MeetingRow

ANSWERS = frozenset({"accepted", "tentative", "declined"})
LONGEST_COMMENT = 1_000
#: States of a meeting to which nobody is invited any more.
_OVER = ("cancelled", "closed")


@dataclass(frozen=True, slots=True)
class Replies:
    """Answers to invitations."""

    meetings: Meetings
    secrets: DerivedSecrets

    def answer(
        self,
        meeting: str,
        contact: str,
        answer: str,
        *,
        mode: str | None = None,
        substitute: str | None = None,
        comment: str | None = None,
        via: str = "page",
        stamp: int | None = None,
        sequence: int | None = None,
        sender: str = "",
        mark: str = "",
    ) -> Verdict:
        """An answer that is proved, to all sessions, as on the page behind one's own link.

        `mark`: the same for the same answer.
        """
        need(answer in ANSWERS, "people.choice_unknown", given=answer[:20])
        if mode is not None:
            one_of(mode, Mode)
        now = self.meetings.clock()
        given = ReplyRow(
            "",
            now,
            via,
            "taken",
            sender[:254],
            meeting,
            contact,
            answer,
            mode=None if answer == "declined" else mode,
            substitute=optional(substitute) if answer == "declined" else None,
            comment=_comment(comment),
            sequence=sequence,
            stamp=stamp,
        )
        row = replace(given, mark=_mark(mark or repr(now), meeting, contact, answer))

        def work(connection: Connection) -> Verdict:
            found = contacts.invitation(connection, meeting, contact)
            need(found is not None and found.removed_at is None, "people.not_on_list")
            assert found is not None
            about = row_of(connection, meeting)
            _need_open(about)
            need_place(about.format, row.mode)
            return self._judged(connection, found, row, about, now)

        return self.meetings.database.write(work)

    def answer_from_reply(
        self,
        reply: Reply,
        *,
        contact_known: Contact | None = None,
        meeting: str | None = None,
        message_ids: Collection[str] = (),
        sender: str = "",
        via: str = "mail",
    ) -> Verdict:
        """A calendar's REPLY. `contact_known`: whose answer it is for certain, on a page of `meeting`, which is
        then all that it may speak of; `message_ids`: those of the mail it answers; `sender`: the address it says to
        come from, which proves nothing."""
        now = self.meetings.clock()

        def work(connection: Connection) -> Verdict:
            if meeting is not None:
                _need_open(row_of(connection, meeting))
            found = self._about(connection, reply, contact_known, meeting)
            answered = _answered(connection, message_ids)
            proved = [row for row in found if self._proves(connection, row, reply, contact_known, answered)]
            honest = sender.lower() == reply.address.lower()
            if not found or not (proved or honest):
                row = self._row_of(reply, via, sender, None, "foreign", now)
                row = replace(row, sender="", substitute=None, comment=None)  # of a stranger, whom nobody asked
                if contacts.known_reply(connection, row.mark):
                    return "same"
                contacts.add_reply(connection, row)
                return "foreign"
            verdicts = []
            for invitation in proved or found:
                about = row_of(connection, invitation.meeting)
                row = self._row_of(reply, via, sender, invitation, "taken" if proved else "unproved", now)
                row = replace(row, uid=own_uid(reply.uid, about))
                if reply.sequence is None:
                    row = replace(row, sequence=self._oldest(connection, row, invitation, about, answered))
                verdicts.append(self._judged(connection, invitation, row, about, now))
            return next((each for each in ("taken", "unproved", "stale") if each in verdicts), verdicts[0])

        return self.meetings.database.write(work)

    def replies_to(self, meeting: str) -> list[ReplyRow]:
        return self.meetings.database.read(lambda c: contacts.replies_to(c, meeting))

    def confirm_reply(self, meeting: str, reply: int, take: bool) -> Verdict:
        """The secretariat takes an unproved reply for true, or does not."""
        now = self.meetings.clock()

        def work(connection: Connection) -> Verdict:
            row = contacts.reply(connection, reply)
            need(row is not None and row.meeting == meeting and row.verdict == "unproved", "people.reply_not_waiting")
            assert row is not None and row.id is not None and row.contact is not None
            found = contacts.invitation(connection, meeting, row.contact)
            need(found is not None and found.removed_at is None, "people.not_on_list")
            assert found is not None
            verdict: Verdict = "declined"
            if take:
                about = row_of(connection, meeting)
                _need_open(about)
                verdict = "stale" if self._too_late(connection, found, row, about) else "taken"
                if verdict == "taken":
                    self._take(connection, found, row, about, now)
            contacts.judge_reply(connection, row.id, verdict)
            return verdict

        return self.meetings.database.write(work)

    # ----------------------------------------------------------------------------------------------- judging

    def _judged(
        self, connection: Connection, invitation: Invitation, row: ReplyRow, about: MeetingRow, now: int
    ) -> Verdict:
        """Writes a reply down with its verdict, and does what it says if that is `taken`."""
        if contacts.known_reply(connection, row.mark):
            return "same"
        verdict: Verdict = "unproved" if row.verdict == "unproved" else "taken"
        if about.state in _OVER or self._too_late(connection, invitation, row, about):
            verdict = "stale"
        contacts.add_reply(connection, replace(row, verdict=verdict))
        if verdict == "taken":
            self._take(connection, invitation, row, about, now)
        return verdict

    def _take(self, connection: Connection, invitation: Invitation, row: ReplyRow, about: MeetingRow, now: int) -> None:
        # a clock that runs ahead must not shut out the next answer
        stamp = min(row.stamp or now, now)
        planned = sessions(about)
        uids = list(planned or sessions(about, dropped=True)) if row.uid is None else [row.uid]
        starts = {uid: self._start(connection, invitation, row, about, uid) for uid in uids}
        made = {uid: {"answer": row.answer, "stamp": stamp, "starts_at": at} for uid, at in starts.items()}
        answers = {**invitation.answers, **made} if row.uid is not None else made
        counted = [str(each["answer"]) for uid, each in answers.items() if uid in planned or not planned]
        answer = overall(counted)
        beside = len(answers) > 1 and row.uid is not None  # what was said with the answers to other sessions stays
        made_of = replace(
            invitation,
            answer=answer,
            answers=answers,
            mode=row.mode or invitation.mode,
            answer_mode=row.mode or (invitation.answer_mode if answer != "declined" else None),
            substitute=row.substitute or (invitation.substitute if beside and "declined" in counted else None),
            comment=row.comment or (invitation.comment if beside else None),
            answered_at=now,
            answered_via=row.via,
            answered_stamp=stamp,
            answered_sequence=about.sequence if row.sequence is None else row.sequence,
        )
        contacts.put_invitation(connection, made_of)
        if made_of.mode != invitation.mode:  # their own calendar changes; perhaps they need a link now
            contacts.put_contact(connection, invitation.contact, now)
            contacts.people_changed(connection, invitation.meeting, now)

    def _too_late(self, connection: Connection, invitation: Invitation, row: ReplyRow, about: MeetingRow) -> bool:
        """Whether it is to an older version than the one that stands, or older than the answer held to this session."""
        if row.sequence is not None and row.sequence < self._ours(connection, invitation, row, about):
            return True
        kept = [each for uid, each in invitation.answers.items() if row.uid in (None, uid)]
        # DTSTAMP counts whole seconds
        return row.stamp is not None and any(row.stamp // 1000 < each["stamp"] // 1000 for each in kept)

    def _ours(self, connection: Connection, invitation: Invitation, row: ReplyRow, about: MeetingRow) -> int:
        """The SEQUENCE that stands: of what they were last sent about this session, else the meeting's."""
        if sent := self._sent(connection, invitation, row.uid or about.uid, about):
            return sent[-1].sequence
        return 0 if about.recurs is not None and row.uid == about.uid else about.sequence

    def _oldest(
        self, connection: Connection, row: ReplyRow, invitation: Invitation, about: MeetingRow, answered: list[Delivery]
    ) -> int:
        """What a reply without SEQUENCE answers: the letter it names, else the first there was (RFC 5545, 3.8.7.4)."""
        sent = self._sent(connection, invitation, row.uid or about.uid, about)
        named = {each.id for each in answered}
        return next((each.sequence for each in sent if each.id in named), min([each.sequence for each in sent] or [0]))

    def _start(self, connection: Connection, invitation: Invitation, row: ReplyRow, about: MeetingRow, uid: str) -> int:
        """The start of a session that an answer is to: on a page the one that holds, by mail the one they were told."""
        now: int = sessions(about, dropped=True).get(uid, 0)
        if row.sequence is None:
            return now
        sent = self._sent(connection, invitation, uid, about)
        return told_start(sent[-1].told, about) if sent and row.sequence <= sent[-1].sequence else now

    def _sent(self, connection: Connection, invitation: Invitation, uid: str, about: MeetingRow) -> list[Delivery]:
        """What went to the address they have now about one session, the oldest first."""
        to = recipient(invitation.contact.address or "")
        events: set[plan.Event] = {(uid, None)}
        if about.series is not None and about.recurs is not None and uid == about.uid:
            events |= {(about.series, None), (about.series, about.recurs)}
        rows = deliveries.of_contact(connection, invitation.contact.id)
        mine = [each for each in rows if each.told.to == to and plan.event_of(each) in events]
        return [each for each in mine if each.left or each.state != "superseded"]

    # ---------------------------------------------------------------------------------------------- matching

    def _about(
        self, connection: Connection, reply: Reply, known: Contact | None, meeting: str | None
    ) -> list[Invitation]:
        """The invitations a reply is about: its attendee's, to what its UID names; with `meeting` to that one only."""
        who = [known] if known is not None else contacts.by_address(connection, reply.address)
        mine = [each for each in who if (each.address or "").lower() == reply.address.lower()]
        rows = [row for each in mine for row in contacts.invitations_for(connection, each.id) if row.removed_at is None]
        rows = [row for row in rows if meeting in (None, row.meeting)]
        meetings = {row.id: row for row in meeting_index.these(connection, {row.meeting for row in rows})}
        return [row for row in rows if _is_about(reply, meetings[row.meeting])]

    def _proves(
        self,
        connection: Connection,
        invitation: Invitation,
        reply: Reply,
        known: Contact | None,
        answered: Collection[Delivery],
    ) -> bool:
        """Whether whoever wrote a reply has something that only this recipient got. A link that was taken back proves
        nothing, and nor does the letter it stood in: the secretariat looks at the answer first."""
        contact = invitation.contact
        if known is not None:
            return known.id == contact.id
        if invitation.grant is None or not stands(connection, invitation.grant):
            return False
        mine = (contact.id, reply.uid, recipient(contact.address or ""))  # who had an old address proves nothing
        if any((each.contact, each.uid, each.told.to) == mine for each in answered):
            return True
        return self.secrets.link_secret(invitation.grant) in reply.texts

    def _row_of(
        self, reply: Reply, via: str, sender: str, invitation: Invitation | None, verdict: str, now: int
    ) -> ReplyRow:
        meeting, contact = (invitation.meeting, invitation.contact.id) if invitation else (None, None)
        mark = _mark(
            verdict,
            reply.uid,
            reply.recurrence,
            reply.address,
            reply.answer,
            reply.sequence,
            reply.stamp,
            reply.comment,
            reply.delegated_to,
            meeting,
            contact,
        )
        substitute = reply.delegated_to if reply.answer == "declined" else None
        return ReplyRow(
            mark,
            now,
            via,
            verdict,
            sender[:254],
            meeting,
            contact,
            reply.answer,
            None,
            substitute,
            _comment(reply.comment),
            reply.sequence,
            reply.stamp,
        )


def _need_open(row: MeetingRow) -> None:
    """Nobody answers an invitation to what is over or will not be held."""
    need(row.state != "cancelled", "people.answer_to_cancelled")
    need(row.state != "closed", "people.answer_to_closed")


def _answered(connection: Connection, message_ids: Collection[str]) -> list[Delivery]:
    """Our letters that a mail says to answer."""
    return deliveries.by_message_id(connection, [each.strip("<> ") for each in message_ids])


def _is_about(reply: Reply, row: MeetingRow) -> bool:
    if reply.uid == row.series and row.recurs is not None:
        return reply.recurrence is None or _occurs(reply.recurrence, row.recurs, row.zone)
    known = {row.uid, *(f"{row.uid}-{each['id']}" for each in (*row.sessions, *row.dropped))}
    return reply.recurrence is None and reply.uid in known


def _occurs(named: Occurrence, recurs: str, zone: str) -> bool:
    """Whether a RECURRENCE-ID names this occurrence, in whatever zone a calendar wrote it."""
    if len(named.wall) == len("2026-12-11"):
        return recurs.startswith(named.wall)
    if named.zone is None or named.zone == zone:
        return named.wall == recurs
    if named.zone not in zones():
        return False
    try:
        return milliseconds(wall(named.wall, named.zone)) == milliseconds(wall(recurs, zone))
    except (ValueError, OverflowError):
        return False


def _comment(text: str | None) -> str | None:
    found = harmless(clean((text or "")[: 4 * LONGEST_COMMENT])).strip()
    need(len(found) <= LONGEST_COMMENT, "people.text_too_long", most=LONGEST_COMMENT)
    return found if readable(found) else None


def _mark(*what: object) -> str:
    return hashlib.sha256("\0".join(map(repr, what)).encode("utf-8", "surrogatepass")).hexdigest()
