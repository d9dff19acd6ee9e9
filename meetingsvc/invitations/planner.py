"""What is due becomes deliveries, round after round; and the same sums beforehand, so that people see who gets what.

A round takes what happened to a meeting once it rested for a grace, so that an undo sends nothing. Not here: the
comparison itself (plan), sending (mail).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from meetingsvc.calendars.appointment import Appointment
from meetingsvc.core.commands import Command
from meetingsvc.core.kernel import Actor, Refused, UnfoldableEntry
from meetingsvc.invitations import plan
from meetingsvc.invitations.derived_secrets import DerivedSecrets
from meetingsvc.invitations.expected_slots import expected, turn_of
from meetingsvc.invitations.meeting_people import (
    MeetingPeople,
    body_of,
    delegation_of,
    life_of,
    load,
    row_of,
    series_of,
)
from meetingsvc.invitations.plan import Event, LastLetters, Recipient
from meetingsvc.invitations.results import Due, Life, Message, Row, What
from meetingsvc.invitations.told import appointment_of, by_rule, link_mark, organizer_of, reader_of, row_if
from meetingsvc.meetings import Meetings, rehearse
from meetingsvc.store import contacts, deliveries
from meetingsvc.store.contacts import Invitation, recipient
from meetingsvc.store.deliveries import Delivery, ToldTurn
from meetingsvc.store.engine import Busy, Connection
from meetingsvc.store.meeting_index import MeetingRow
from meetingsvc.translations import Catalogues

log = logging.getLogger(__name__)

#: While a meeting sits, nobody is written to more often about how it runs on.
RUNS_ON_PACE_MS = 10 * 60 * 1000
#: Whoever goes on changing things is not waited for longer than this many graces.
LONGEST_WAIT = 10
SOMEBODY = Actor("preview", "secretary")

#: {contact: (expected turn to speak, the session it is in)}
Turns = Mapping[str, tuple[ToldTurn, int]]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One person's letters."""

    invitation: Invitation
    rows: list[Due]
    letters: Mapping[Event, LastLetters]


@dataclass(frozen=True, slots=True)
class Planner:
    """Who gets what: before, when it is due, and after."""

    meetings: Meetings
    secrets: DerivedSecrets
    words: Catalogues
    locale: str
    public_url: str
    mail_from: str
    grace_ms: int

    def appointment(self, meeting: str) -> Appointment:
        return self.meetings.database.read(lambda c: self._appointment(c, row_of(c, meeting)))

    def appointment_if(self, meeting: str, commands: Sequence[Command], actor: Actor = SOMEBODY) -> Appointment:
        """The meeting as calendars would know it after these commands; refused as they would be. Writes nothing."""
        history = rehearse(self.meetings.history(meeting), commands, actor, self.meetings.clock())

        def work(connection: Connection) -> Appointment:
            row = row_of(connection, meeting)
            return self._appointment(connection, row_if(row, history.state) if history.state.seq > row.seq else row)

        return self.meetings.database.read(work)

    def _appointment(self, connection: Connection, row: MeetingRow) -> Appointment:
        return appointment_of(row, body_of(connection, row), self.public_url, self.mail_from)

    def preview(self, meeting: str, after: Appointment | None = None, *, sending: Collection[str] = ()) -> list[Row]:
        """Who would get what: as things stand, after a change that is planned, or if these were invited now."""
        now, turns = self.meetings.clock(), self._turns(meeting) if after is None else {}

        def work(connection: Connection) -> list[Row]:
            loaded = load(connection, meeting, self.public_url, self.mail_from)
            wanted = self._wanted(loaded, turns, now, after, sending)
            return [_row(each, sending) for each in wanted if each.rows or each.invitation.removed_at is None]

        return self.meetings.database.read(work)

    # ------------------------------------------------------------------------------------------------ rounds

    def plan_due(self, now: int | None = None) -> int:
        """One round: writes down the letters that are due, and says how many. Safe to run in several processes."""
        now = self.meetings.clock() if now is None else now
        made = 0
        for meeting, (first, last) in self.meetings.database.read(lambda c: deliveries.unplanned(c, now)).items():
            if now - last >= self.grace_ms or now - first >= LONGEST_WAIT * self.grace_ms:
                try:
                    made += self._plan(meeting, last, now)
                except Busy:
                    raise
                except Exception:
                    # one meeting that cannot be planned must not keep the others waiting
                    log.exception("the letters about meeting %s could not be planned", meeting)
        return made

    def _plan(self, meeting: str, upto: int, now: int) -> int:
        turns = self._turns(meeting)

        def work(connection: Connection) -> int:
            if not deliveries.planned(connection, meeting, upto, now):
                return 0
            loaded = load(connection, meeting, self.public_url, self.mail_from)
            gone, made = list[int](), list[Delivery]()
            later: int | None = None
            for each in self._wanted(loaded, turns, now):
                rows, held = _held_back(each, loaded.row, now)
                waiting = _waiting(loaded, each)
                for row in rows:
                    same = waiting.get((row.uid, row.told.recurs))
                    if same is not None and plan.the_same_letter(same, row):
                        del waiting[plan.event_of(same)]
                    else:
                        made.append(self._delivery(loaded, each.invitation, row, now))
                gone += [row.id for row in waiting.values()]
                later = min(filter(None, (later, held)), default=None)
            deliveries.supersede(connection, gone)
            deliveries.add(connection, made)
            self._invited_to_all(connection, loaded, [row.contact for row in made if row.told.rule], now)
            dropped = set(gone)
            if any(row.told.rule for row in loaded.deliveries if row.id in dropped):
                for other in loaded.others:  # who was to be told of the whole series is now told of each meeting
                    contacts.people_changed(connection, other, now)
            if later is not None:
                contacts.people_changed(connection, meeting, later - self.grace_ms)
            return len(made)

        return self.meetings.database.write(work)

    def _invited_to_all(self, connection: Connection, loaded: MeetingPeople, told: Sequence[str], now: int) -> None:
        """Who is told of a series is invited to every meeting of it, and told where one is not as the rule says."""
        for other in loaded.others if told else ():
            for contact in told:
                found = contacts.invitation(connection, other, contact)
                if found is not None and found.removed_at is None and found.invited_at is None:
                    contacts.put_invitation(connection, replace(found, invited_at=now))
            contacts.people_changed(connection, other, now)

    def _wanted(
        self,
        loaded: MeetingPeople,
        turns: Turns,
        now: int,
        after: Appointment | None = None,
        sending: Collection[str] = (),
    ) -> list[_Wanted]:
        """The letters of everybody of a meeting."""
        closed = loaded.row.state == "closed"
        meeting = after or appointment_of(loaded.row, loaded.body, self.public_url, self.mail_from)
        made = []
        for each in loaded.invitations:
            who = self._recipient(loaded, each, turns, each.contact.id in sending)
            rows = plan.due(meeting, who, now, loaded.series) if who else []
            if closed:  # nobody is written to but about what will not be held
                rows = [row for row in rows if row.method == "CANCEL"]
            made.append(_Wanted(each, rows, who.letters if who else {}))
        return made

    def _recipient(
        self, loaded: MeetingPeople, invitation: Invitation, turns: Turns, sending: bool
    ) -> Recipient | None:
        contact = invitation.contact
        if not contact.address:
            return None
        address = recipient(contact.address)
        mine = [row for row in loaded.deliveries if row.contact == contact.id]
        letters = plan.last_letters(mine, address)
        turn = turns.get(contact.id)
        return Recipient(
            reader_of(contact, invitation),
            self.words.first_of(contact.language, self.locale),
            address,
            invited=(invitation.invited_at is not None or sending) and loaded.row.state != "closed",
            removed=invitation.removed_at is not None or contact.removed_at is not None,
            chosen=invitation.answer_mode is not None and invitation.answer_mode == invitation.mode,
            letters=letters,
            turn=turn[0] if turn else None,
            turn_at=turn[1] if turn else None,
            master=_master(loaded, invitation, mine, letters, address),
            meeting=loaded.row.id,
            link=link_mark(invitation.grant),
        )

    def _turns(self, meeting: str) -> Turns:
        """Who is still to be heard when an adjourned meeting sits again, and when."""
        row = self.meetings.meeting_row(meeting)
        if row is None or row.state != "adjourned" or not row.carried:
            return {}
        try:
            kept = self.meetings.remembered(meeting)
        except (Refused, UnfoldableEntry):
            return {}  # what cannot be read any more has no turns; who is invited to it is told all the same
        m = kept.history.state
        rows, found = expected(m, kept.names), {}
        for each in self.meetings.database.read(lambda c: contacts.invitations_to(c, meeting)):
            delegation = delegation_of(each, m)
            say = self.words.first_of(each.contact.language, self.locale)
            turn = turn_of(m, rows, delegation, say) if delegation is not None else None
            if turn is not None:
                found[each.contact.id] = (turn, int(row.carried["session"]))
        return found

    def _delivery(self, loaded: MeetingPeople, invitation: Invitation, row: Due, now: int) -> Delivery:
        contact, recurs = invitation.contact.id, row.told.recurs
        event = (contact, row.uid, recurs)
        before = sum((each.contact, *plan.event_of(each)) == event for each in loaded.deliveries)
        # the letter about a series has the same mark whichever meeting it is planned in: of two processes that plan two
        # of its meetings at once, one finds it taken, and looks again
        about = "series" if row.told.rule else loaded.row.id
        mark = self.secrets.message_id(about, contact, row.uid, recurs or "", row.sequence, row.method, before)
        return Delivery(
            loaded.row.id, contact, row.uid, row.method, row.sequence, mark, row.told, made_at=now, next_at=now
        )

    # ----------------------------------------------------------------------------------------------- letters

    def message(self, delivery: Delivery) -> Message | None:
        """All that a letter is written from; None, and marked so, if it need not or must not be sent any more."""
        now = self.meetings.clock()

        def work(connection: Connection) -> Message | None:
            made = self._message(connection, delivery, now)
            if made is None:
                deliveries.settle(connection, delivery.id, state="superseded", claimed_until=0)
            return made

        found = self.meetings.database.read(lambda c: self._message(c, delivery, now))
        return found if found is not None else self.meetings.database.write(work)

    def _message(self, connection: Connection, delivery: Delivery, now: int) -> Message | None:
        invitation = contacts.invitation(connection, delivery.meeting, delivery.contact)
        at = delivery.address or (invitation.contact.address if invitation else None)
        if invitation is None or not at:
            return None
        address, event = recipient(at), plan.event_of(delivery)
        mine = [row for row in deliveries.of_contact(connection, delivery.contact) if row.told.to == address]
        later = [row for row in mine if delivery.id and row.id > delivery.id and plan.event_of(row) == event]
        newer = any(row.left or row.state != "superseded" for row in later)
        removed = invitation.removed_at is not None and delivery.method == "REQUEST"
        back = invitation.removed_at is None and delivery.told.status == "removed" and not delivery.address
        elsewhere = delivery.told.to != address
        if newer or removed or back or elsewhere:
            return None
        earlier = [row for row in mine if row.id < delivery.id or not delivery.id]
        before = _before(plan.last_letters(earlier, address), event, delivery)
        known = max(each.told.ends_at for each in (delivery, before) if each is not None)
        if known <= now and delivery.told.rule is None:
            return None  # it is past, also where it stood in their calendar
        row = row_of(connection, delivery.meeting)
        body = body_of(connection, row)
        meeting = appointment_of(row, body, self.public_url, self.mail_from)
        if delivery.told.recurs is None:
            meeting = replace(meeting, recurrence=None)
        meeting = plan.with_lost(meeting, [delivery.told])
        return Message(
            delivery,
            before,
            meeting,
            replace(invitation.contact, address=at),
            invitation,
            organizer_of(body, self.mail_from),
            None if delivery.address else self.secrets.personal_link(invitation),
            series_of(connection, row, body, self.public_url, self.mail_from) if delivery.told.rule else None,
        )

    def sample(self, meeting: str, contact: str) -> Message | None:
        """What would go to somebody if they were invited now; None if nothing would. Nothing is written."""
        now, turns = self.meetings.clock(), self._turns(meeting)

        def work(connection: Connection) -> Message | None:
            loaded = load(connection, meeting, self.public_url, self.mail_from)
            wanted = self._wanted(loaded, turns, now, sending=[contact])
            found = next((each for each in wanted if each.invitation.contact.id == contact and each.rows), None)
            if found is None:
                return None
            return self._message(connection, self._delivery(loaded, found.invitation, found.rows[0], now), now)

        return self.meetings.database.read(work)

    def life(self, meeting: str) -> Life:
        """What became of a meeting's mails and feeds."""
        now = self.meetings.clock()
        return self.meetings.database.read(lambda c: life_of(c, meeting, now))


def _row(wanted: _Wanted, sending: Collection[str]) -> Row:
    contact, invitation = wanted.invitation.contact, wanted.invitation
    found = plan.what_of(wanted.rows)
    what: What = found or "nothing"
    if found is None and not contact.address:
        what = "no_address"
    elif found is None and invitation.invited_at is None and contact.id not in sending and not wanted.letters:
        what = "not_invited"
    changes = {
        (change.field, str(change.old), str(change.new)): change for row in wanted.rows for change in row.changes
    }
    return Row(contact, invitation, what, tuple(changes.values()))


def _held_back(wanted: _Wanted, row: MeetingRow, now: int) -> tuple[list[Due], int | None]:
    """The letters that may leave now, and when the others may: updates of a meeting that sits come slowly."""
    if row.state not in ("open", "suspended"):
        return wanted.rows, None
    free, held = list[Due](), list[int]()
    for each in wanted.rows:
        reached = wanted.letters.get((each.uid, each.told.recurs), LastLetters()).reached
        if each.what == "update" and reached is not None and reached.made_at > now - RUNS_ON_PACE_MS:
            held.append(reached.made_at + RUNS_ON_PACE_MS)
        else:
            free.append(each)
    return free, min(held, default=None)


def _waiting(loaded: MeetingPeople, wanted: _Wanted) -> dict[Event, Delivery]:
    """What this meeting still has to send to somebody, by event, and may take back: what may have left stays, and so
    does a letter about a series that this meeting alone no longer wants, being over."""
    contact = wanted.invitation.contact
    found = {
        plan.event_of(row): row
        for row in loaded.deliveries
        if (row.meeting, row.contact) == (loaded.row.id, contact.id) and row.state == "waiting"
        if not row.left and not row.address
    }
    here = wanted.invitation.removed_at is None and contact.address
    asked = {(row.uid, row.told.recurs) for row in wanted.rows}
    kept = recipient(contact.address or "") if here else None
    return {
        event: row for event, row in found.items() if row.told.rule is None or event in asked or row.told.to != kept
    }


def _master(
    loaded: MeetingPeople,
    invitation: Invitation,
    mine: Sequence[Delivery],
    letters: dict[Event, LastLetters],
    address: str,
) -> Literal["told", "due"] | None:
    """Whether somebody is told of a series as a whole: whoever is invited to all of it, and to nothing of it before.

    A letter about the series that waits in another of its meetings counts as told; one that waits here is still due.
    """
    if loaded.series is None:
        return None
    event = (loaded.series.uid, None)
    if event in letters:
        return "told"
    for row in mine:
        if row.state == "waiting" and row.told.to == address and plan.event_of(row) == event:
            if row.meeting == loaded.row.id and loaded.row.state != "closed":
                return "due"
            letters[event] = LastLetters(row, row)
            return "told"
    before = any(row.state != "superseded" and row.uid != loaded.series.uid for row in mine)
    return "due" if not before and invitation.contact.id in loaded.everywhere else None


def _before(letters: Mapping[Event, LastLetters], event: Event, delivery: Delivery) -> Delivery | None:
    """The last letter about an event; for an occurrence that was never spoken of, the one about its series."""
    if (found := letters.get(event, LastLetters()).reached) is not None:
        return found
    master = letters.get((delivery.uid, None), LastLetters()).reached
    if event[1] is None or master is None:
        return None
    told = by_rule(master.told, event[1], delivery.told.session)
    return replace(master, told=told if master.meeting == delivery.meeting else replace(told, link=None))
