"""What people answer: on the page behind their link, by a calendar's REPLY as a file or by mail. Deny first.

An answer counts when it is proved to come from whom it names, is about what they were invited to, and is not older than
what is known. Everything that came in is written down with its verdict. Not here: reading a REPLY (intake), mailboxes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace

from meetingsvc.core.kernel import need
from meetingsvc.intake.ics import harmless
from meetingsvc.intake.replies import Occurrence, Reply
from meetingsvc.invitations import plan
from meetingsvc.invitations.base import Base, optional
from meetingsvc.invitations.bodies import one_of
from meetingsvc.invitations.lists import need_place
from meetingsvc.invitations.shapes import Verdict
from meetingsvc.readings.calendar.clocks import milliseconds, wall
from meetingsvc.readings.calendar.facts import Mode
from meetingsvc.readings.calendar.text import clean
from meetingsvc.readings.calendar.words import readable
from meetingsvc.store import contacts, index, post
from meetingsvc.store.contacts import Contact, Invitation, ReplyRow
from meetingsvc.store.engine import Connection
from meetingsvc.store.index import MeetingRow
from meetingsvc.world import zones

ANSWERS = frozenset({"accepted", "tentative", "declined"})
LONGEST_COMMENT = 1_000


class Answers(Base):
    """Answers to invitations."""

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
        """An answer that is proved, as on the page behind one's own link. `mark`: the same for the same answer."""
        need(answer in ANSWERS, "people.choice_unknown", given=answer[:20])
        if mode is not None:
            one_of(mode, Mode)
        now = self.now()
        given = ReplyRow(
            "", now, via, "taken", sender[:254], meeting, contact, answer,
            mode=None if answer == "declined" else mode,
            substitute=optional(substitute) if answer == "declined" else None,
            comment=_comment(comment), sequence=sequence, stamp=stamp,
        )  # fmt: skip
        row = replace(given, mark=_mark(mark or repr(now), meeting, contact, answer))

        def work(connection: Connection) -> Verdict:
            found = contacts.invitation(connection, meeting, contact)
            need(found is not None and found.removed_at is None, "people.not_on_list")
            assert found is not None
            need_place(self._row(connection, meeting).format, row.mode)
            return self._judged(connection, found, row, None, now)

        return self._write(work)

    def answer_from_reply(
        self,
        reply: Reply,
        *,
        contact_known: Contact | None = None,
        message_ids: Collection[str] = (),
        sender: str = "",
        via: str = "mail",
    ) -> Verdict:
        """A calendar's REPLY. `contact_known`: whose personal link it was uploaded behind; `message_ids`: those of the
        mail it answers; `sender`: the address it says to come from, which proves nothing."""
        now = self.now()

        def work(connection: Connection) -> Verdict:
            found = self._about(connection, reply, contact_known)
            proved = [row for row in found if self._proves(connection, row, reply, contact_known, message_ids)]
            honest = sender.lower() == reply.address.lower()
            if not found or not (proved or honest):
                row = self._row_of(reply, via, sender, None, "foreign", now)
                if contacts.known_reply(connection, row.mark):
                    return "same"
                contacts.add_reply(connection, row)
                return "foreign"
            verdicts = []
            for invitation in proved or found:
                row = self._row_of(reply, via, sender, invitation, "taken" if proved else "unproved", now)
                verdicts.append(self._judged(connection, invitation, row, reply, now))
            return next((each for each in ("taken", "unproved", "stale") if each in verdicts), verdicts[0])

        return self._write(work)

    def replies_to(self, meeting: str) -> list[ReplyRow]:
        return self._read(lambda c: contacts.replies_to(c, meeting))

    def confirm_reply(self, meeting: str, reply: int, take: bool) -> Verdict:
        """The secretariat takes an unproved reply for true, or does not."""
        now = self.now()

        def work(connection: Connection) -> Verdict:
            row = contacts.reply(connection, reply)
            need(row is not None and row.meeting == meeting and row.verdict == "unproved", "people.reply_not_waiting")
            assert row is not None and row.id is not None and row.contact is not None
            found = contacts.invitation(connection, meeting, row.contact)
            need(found is not None and found.removed_at is None, "people.not_on_list")
            assert found is not None
            verdict: Verdict = "declined"
            if take:
                verdict = "stale" if _older(found, row) else "taken"
                if verdict == "taken":
                    self._take(connection, found, row, now)
            contacts.judge_reply(connection, row.id, verdict)
            return verdict

        return self._write(work)

    # ----------------------------------------------------------------------------------------------- judging

    def _judged(
        self, connection: Connection, invitation: Invitation, row: ReplyRow, reply: Reply | None, now: int
    ) -> Verdict:
        """Writes a reply down with its verdict, and does what it says if that is `taken`."""
        if contacts.known_reply(connection, row.mark):
            return "same"
        verdict: Verdict = "unproved" if row.verdict == "unproved" else "taken"
        behind = row.sequence is not None and row.sequence < self._ours(connection, invitation, reply)
        if behind or _older(invitation, row):
            verdict = "stale"
        contacts.add_reply(connection, replace(row, verdict=verdict))
        if verdict == "taken":
            self._take(connection, invitation, row, now)
        return verdict

    def _take(self, connection: Connection, invitation: Invitation, row: ReplyRow, now: int) -> None:
        meeting = self._row(connection, invitation.meeting)
        coming = row.answer != "declined"
        chosen = row.mode or (invitation.answer_mode if coming else None)
        made = replace(
            invitation,
            answer=row.answer or "none", answer_mode=chosen, mode=row.mode or invitation.mode,
            substitute=row.substitute, comment=row.comment, answered_at=now, answered_via=row.via,
            # a clock that runs ahead must not shut out the next answer
            answered_stamp=min(row.stamp or now, now),
            answered_sequence=meeting.sequence if row.sequence is None else row.sequence,
        )  # fmt: skip
        contacts.put_invitation(connection, made)
        if made.mode != invitation.mode:  # their own calendar changes; perhaps they need a link now
            contacts.put_contact(connection, invitation.contact, now)
            contacts.people_changed(connection, invitation.meeting, now)

    def _ours(self, connection: Connection, invitation: Invitation, reply: Reply | None) -> int:
        """The SEQUENCE that stands: of what they were last sent about this event, else the meeting's."""
        contact = invitation.contact.id
        row = self._row(connection, invitation.meeting)
        uid = reply.uid if reply is not None else row.uid
        recurs = row.recurs if reply is not None and reply.recurrence is not None and uid == row.series else None
        sent = [each for each in post.of_meeting(connection, row.id) if each.contact == contact]
        mine = [each for each in sent if each.state != "superseded" and plan.event_of(each) == (uid, recurs)]
        if mine:
            return mine[-1].sequence
        return 0 if uid == row.series else row.sequence

    # ---------------------------------------------------------------------------------------------- matching

    def _about(self, connection: Connection, reply: Reply, known: Contact | None) -> list[Invitation]:
        """The invitations a reply is about: its attendee's, to what its UID names."""
        who = [known] if known is not None else contacts.by_address(connection, reply.address)
        mine = [each for each in who if (each.address or "").lower() == reply.address.lower()]
        rows = [row for each in mine for row in contacts.invitations_for(connection, each.id) if row.removed_at is None]
        meetings = {row.id: row for row in index.these(connection, {row.meeting for row in rows})}
        return [row for row in rows if _is_about(reply, meetings[row.meeting])]

    def _proves(
        self,
        connection: Connection,
        invitation: Invitation,
        reply: Reply,
        known: Contact | None,
        message_ids: Collection[str],
    ) -> bool:
        """Whether whoever wrote a reply has something that only this recipient got."""
        contact = invitation.contact.id
        if known is not None:
            return known.id == contact
        ids = [each.strip("<> ") for each in message_ids]
        if any((each.contact, each.uid) == (contact, reply.uid) for each in post.by_message_id(connection, ids)):
            return True
        return invitation.grant is not None and self.secret_of(invitation.grant) in reply.texts

    def _row_of(
        self, reply: Reply, via: str, sender: str, invitation: Invitation | None, verdict: str, now: int
    ) -> ReplyRow:
        meeting, contact = (invitation.meeting, invitation.contact.id) if invitation else (None, None)
        mark = _mark(
            verdict, reply.uid, reply.recurrence, reply.address, reply.answer, reply.sequence, reply.stamp,
            reply.comment, reply.delegated_to, meeting, contact,
        )  # fmt: skip
        substitute = reply.delegated_to if reply.answer == "declined" else None
        return ReplyRow(
            mark, now, via, verdict, sender[:254], meeting, contact, reply.answer, None, substitute,
            _comment(reply.comment), reply.sequence, reply.stamp,
        )  # fmt: skip


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


def _older(invitation: Invitation, row: ReplyRow) -> bool:
    """Whether it was given before the answer that is held. DTSTAMP counts whole seconds."""
    held = invitation.answered_stamp
    return held is not None and row.stamp is not None and row.stamp // 1000 < held // 1000


def _comment(text: str | None) -> str | None:
    found = harmless(clean((text or "")[: 4 * LONGEST_COMMENT])).strip()
    need(len(found) <= LONGEST_COMMENT, "people.text_too_long", most=LONGEST_COMMENT)
    return found if readable(found) else None


def _mark(*what: object) -> str:
    return hashlib.sha256("\0".join(map(repr, what)).encode("utf-8", "surrogatepass")).hexdigest()
