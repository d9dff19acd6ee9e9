"""Who is on the list of a meeting: put on it with a personal link, given a place, invited, taken off again.

Putting somebody on the list sends nothing; sending off does. Not here: what each of them is told (planner).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from meetingsvc.calendars.appointment import Mode, Part
from meetingsvc.core.kernel import need
from meetingsvc.invitations.checks import need_here, need_place, one_of
from meetingsvc.invitations.derived_secrets import DerivedSecrets
from meetingsvc.invitations.meeting_people import body_of, delegation_of, row_of
from meetingsvc.invitations.told import organizer_of
from meetingsvc.meetings import Meetings
from meetingsvc.store import contacts, deliveries
from meetingsvc.store.contacts import Contact, Invitation
from meetingsvc.store.engine import Connection
from meetingsvc.store.links import Grant, Links, insert
from meetingsvc.store.meeting_index import MeetingRow

MOST_INVITED = 2_000
INVITEE = "invitee"
#: Which contacts of a meeting's body are meant.
Chosen = Callable[[Connection, MeetingRow], list[Contact]]


@dataclass(frozen=True, slots=True)
class GuestList:
    """The list of one meeting."""

    meetings: Meetings
    links: Links
    secrets: DerivedSecrets
    mail_from: str

    def on_list(self, meeting: str, *, removed: bool = False) -> list[Invitation]:
        return self.meetings.database.read(lambda c: contacts.invitations_to(c, meeting, removed=removed))

    def invitation(self, meeting: str, contact: str) -> Invitation:
        """Somebody's place on the list, also if they were taken off."""
        found = self.meetings.database.read(lambda c: contacts.invitation(c, meeting, contact))
        need(found, "people.not_on_list")
        assert found is not None
        return found

    def invitation_of(self, grant: Grant) -> Invitation | None:
        """For whom a link's page answers: its owner; a delegate's link for the one invited for its delegation."""
        if grant.role == INVITEE:
            return self.meetings.database.read(lambda c: contacts.invitation_by_grant(c, grant.id))
        if grant.role != "delegate" or grant.delegation is None:
            return None
        m = self.meetings.history(grant.meeting).state
        mine = [row for row in self.on_list(grant.meeting) if delegation_of(row, m) == grant.delegation]
        return mine[0] if len(mine) == 1 else None

    def personal_link(self, invitation: Invitation) -> str | None:
        """Where somebody answers and subscribes; None once they were taken off the list."""
        return self.secrets.personal_link(invitation)

    def put_on_list(self, meeting: str, wanted: Iterable[str | Contact]) -> list[Invitation]:
        """Puts contacts of the meeting's body on its list, all or none; those who are on it stay as they are."""
        ids = list(dict.fromkeys(each if isinstance(each, str) else each.id for each in wanted))
        return self._put(meeting, lambda c, row: [need_here(contacts.contact(c, id), row.body_id) for id in ids])

    def everybody_of_body(self, meeting: str) -> list[Invitation]:
        """Puts everybody of the body on the list who is not on it."""
        return self._put(meeting, lambda c, row: contacts.contacts_of(c, row.body_id) if row.body_id else [])

    def _put(self, meeting: str, chosen: Chosen) -> list[Invitation]:
        roster = self.meetings.history(meeting).state
        now = self.meetings.clock()

        def work(connection: Connection) -> list[Invitation]:
            row = row_of(connection, meeting)
            held = {each.contact.id: each for each in contacts.invitations_to(connection, meeting, removed=True)}
            here = {id for id, each in held.items() if each.removed_at is None}
            wanted = [each for each in chosen(connection, row) if each.id not in here]
            need(len(here) + len(wanted) <= MOST_INVITED, "people.too_many", most=MOST_INVITED)
            made, grants = [], []
            for contact in wanted:
                bare = _kept(connection, row, held.get(contact.id))
                bare = bare or Invitation(meeting, contact, contact.part, _place(contact, row), made_at=now)
                delegation = delegation_of(bare, roster)
                grant = Grant(secrets.token_hex(8), meeting, INVITEE, delegation, contact.name, now)
                grants.append((grant, self.secrets.link_secret(grant.id)))
                made.append(replace(bare, grant=grant.id, delegation=delegation))
            insert(connection, grants)
            for invitation in made:
                contacts.put_invitation(connection, invitation)
                contacts.put_contact(connection, invitation.contact, now)  # their own calendar changes
                if invitation.contact.id in held:  # what was not yet called off need not be
                    contacts.people_changed(connection, meeting, now)
            return made

        return self.meetings.database.write(work)

    def take_off(self, meeting: str, contact: str) -> None:
        """Takes somebody off the list. Their link dies; if they were sent something, they are told."""
        found = self.invitation(meeting, contact)
        need(found.removed_at is None, "people.not_on_list")
        if found.grant is not None:  # first: a link never outlives its owner's place on the list
            self.links.revoke(meeting, found.grant)
        now = self.meetings.clock()

        def work(connection: Connection) -> Invitation:
            row = _on_list(connection, meeting, contact)
            contacts.put_invitation(connection, replace(row, removed_at=now))
            _changed(connection, row, now)
            return row

        removed = self.meetings.database.write(work)
        if removed.grant is not None:  # it is another one if their address was corrected meanwhile
            self.links.revoke(meeting, removed.grant)

    def set_place(self, meeting: str, contact: str, *, mode: str | None = None, part: str | None = None) -> Invitation:
        """Says where somebody takes part, and as what; what is not named stays."""
        if mode is not None:
            one_of(mode, Mode)
        if part is not None:
            one_of(part, Part)
        now = self.meetings.clock()

        def work(connection: Connection) -> Invitation:
            row = _on_list(connection, meeting, contact)
            need_place(row_of(connection, meeting).format, mode)
            made = replace(row, mode=mode or row.mode, part=part or row.part)
            if made != row:
                contacts.put_invitation(connection, made)
                _changed(connection, made, now)
            return made

        return self.meetings.database.write(work)

    def send_off(self, meeting: str, chosen: Collection[str] | None = None) -> int:
        """Sends invitations off: to all who have an address and were not invited yet, or to these.

        Who is named and could not be reached last time is tried again. Gives the number of people.
        """
        now = self.meetings.clock()

        def work(connection: Connection) -> int:
            row = row_of(connection, meeting)
            need(row.state != "cancelled", "meeting.is_cancelled")
            need(row.state != "closed", "meeting.is_closed")
            need(organizer_of(body_of(connection, row), self.mail_from), "people.no_organizer")
            wanted = [
                each
                for each in contacts.invitations_to(connection, meeting)
                if each.contact.address and (chosen is None or each.contact.id in chosen)
            ]
            again = _in_vain(connection, meeting) if chosen is not None else {}
            sent = 0
            for each in wanted:
                failed = again.get(each.contact.id, [])
                deliveries.dismiss(connection, failed)
                if each.invited_at is None:
                    contacts.put_invitation(connection, replace(each, invited_at=now))
                sent += each.invited_at is None or bool(failed)
            if sent:
                contacts.people_changed(connection, meeting, now)
            return sent

        return self.meetings.database.write(work)


def _on_list(connection: Connection, meeting: str, contact: str) -> Invitation:
    found = contacts.invitation(connection, meeting, contact)
    need(found is not None and found.removed_at is None, "people.not_on_list")
    assert found is not None
    return found


def _changed(connection: Connection, row: Invitation, now: int) -> None:
    """Somebody's own calendar changes, and perhaps they must be told."""
    contacts.put_contact(connection, row.contact, now)
    contacts.people_changed(connection, row.meeting, now)


def _kept(connection: Connection, row: MeetingRow, held: Invitation | None) -> Invitation | None:
    """The place of somebody who was taken off by mistake: put back before they were told, they keep their answer, and
    whoever holds the invitation stays invited. Their link is another one, and they are told so."""
    if held is None or held.removed_at is None:
        return None
    mine = [each for each in deliveries.of_contact(connection, held.contact.id) if each.left]
    here = [each for each in mine if each.meeting == row.id]
    if any(each.told.status == "removed" and each.made_at >= held.removed_at for each in here):
        return None
    holds = here or [each for each in mine if each.uid == row.series]
    return replace(held, removed_at=None, invited_at=held.invited_at if holds else None)


def _place(contact: Contact, row: MeetingRow) -> str | None:
    """Where somebody is expected: in a meeting with one kind of place there; else as the contact says."""
    return {"online": "remote", "in_person": "in_room"}.get(row.format, contact.mode)


def _in_vain(connection: Connection, meeting: str) -> dict[str, list[int]]:
    """{contact: ids of the last deliveries of each event that did not arrive}."""
    found: dict[str, list[int]] = {}
    for (contact, _), row in deliveries.last_of(connection, meeting).items():
        if row.state in ("failed", "bounced"):
            found.setdefault(contact, []).append(row.id)
    return found
