"""Bodies and their people: written down after being checked. Nothing that is wrong is saved.

Not here: who of them is invited to which meeting (guest_list), sentences.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from meetingsvc.calendars.appointment import Kind, Mode, Part
from meetingsvc.config import LANGUAGES
from meetingsvc.core.commands.meeting.schedule import LANGUAGE
from meetingsvc.core.commands.roster import CODE
from meetingsvc.core.kernel import need
from meetingsvc.environment import zones
from meetingsvc.invitations import plan
from meetingsvc.invitations.checks import one_address, one_of, optional, visible
from meetingsvc.invitations.derived_secrets import DerivedSecrets
from meetingsvc.invitations.results import ContactTraces
from meetingsvc.meetings import Meetings
from meetingsvc.store import bodies, contacts, deliveries, feeds
from meetingsvc.store.bodies import Body, Member, SeriesRow
from meetingsvc.store.contacts import Contact, Invitation, recipient
from meetingsvc.store.deliveries import Delivery, Told
from meetingsvc.store.engine import Connection
from meetingsvc.store.links import Grant, Links, insert, unname
from meetingsvc.translations import Catalogues

MOST_CONTACTS = 5_000
MOST_MEMBERS = 1_000


@dataclass(frozen=True, slots=True)
class Contacts:
    """Bodies, members, series, contacts."""

    meetings: Meetings
    links: Links
    secrets: DerivedSecrets
    words: Catalogues
    grace_ms: int

    def body(self, id: str) -> Body:
        found = self.meetings.database.read(lambda c: bodies.body(c, id))
        need(found, "people.no_such_body")
        assert found is not None
        return found

    def bodies(self) -> list[Body]:
        return self.meetings.database.read(bodies.every_body)

    def put_body(self, body: Body) -> Body:
        """Writes a body, new or changed."""
        made, now = self.checked_body(body), self.meetings.clock()
        self.meetings.database.write(lambda c: bodies.put_body(c, made, now))
        return made

    def checked_body(self, body: Body) -> Body:
        """The body as it would be written, or what is wrong with it."""
        need(body.languages, "people.needs_a_language")
        need(len(set(body.languages)) == len(body.languages), "people.language_twice")
        for language in (*body.languages, *body.name):
            need(LANGUAGE.fullmatch(language), "people.language_unreadable", given=language[:20])
        need(any(body.name.values()), "people.name_needed")
        name = {lang: visible(text, "people.name_needed") for lang, text in body.name.items() if text.strip()}
        need(body.zone in zones(), "meeting.zone_unknown", zone=body.zone[:64])
        called = visible(body.organizer_name, "people.organizer_needs_a_name")
        address = one_address(body.organizer_address)
        return replace(body, name=name, organizer_name=called, organizer_address=address)

    def members_of(self, body: str) -> list[Member]:
        return self.meetings.database.read(lambda c: bodies.members_of(c, body))

    def add_members(self, body: str, rows: Sequence[tuple[str, str | None, str | None]]) -> None:
        """New members: (kind, code, name)."""
        checked = [(kind, code or None, optional(name)) for kind, code, name in rows]
        for kind, code, name in checked:
            need(code or name, "people.name_needed")
            need(not code or CODE.fullmatch(code), "roster.code_unreadable", given=str(code)[:20])
            need(0 < len(kind) <= 20, "people.choice_unknown", given=kind[:20])
        now = self.meetings.clock()

        def work(connection: Connection) -> None:
            need(bodies.body(connection, body), "people.no_such_body")
            many = len(bodies.members_of(connection, body)) + len(checked)
            need(many <= MOST_MEMBERS, "people.too_many", most=MOST_MEMBERS)
            bodies.add_members(connection, body, checked, now)

        self.meetings.database.write(work)

    def remove_member(self, body: str, member: str) -> bool:
        now = self.meetings.clock()
        return self.meetings.database.write(lambda c: bodies.remove_member(c, body, member, now))

    def series_of(self, body: str) -> list[SeriesRow]:
        return self.meetings.database.read(lambda c: bodies.series_of(c, body))

    def put_series(self, row: SeriesRow) -> None:
        """Writes a new series. Its rule was checked by whoever made it."""
        now = self.meetings.clock()
        self.meetings.database.write(lambda c: bodies.put_series(c, row, now))

    # ---------------------------------------------------------------------------------------------- contacts

    def contacts_of(self, body: str) -> list[Contact]:
        return self.meetings.database.read(lambda c: contacts.contacts_of(c, body))

    def contact(self, id: str) -> Contact:
        found = self.meetings.database.read(lambda c: contacts.contact(c, id))
        need(found is not None and found.removed_at is None, "people.no_such_contact")
        assert found is not None
        return found

    def put_contact(self, contact: Contact) -> Contact:
        """Writes a contact, new or changed. Under a new address they are told again what they were told before, by
        links of their own: the old ones stand in mails to somebody else, who is told that it is called off."""
        made, now = self.checked(contact), self.meetings.clock()
        grants = self._new_links(made, now)

        def work(connection: Connection) -> None:
            was = contacts.contact(connection, made.id)
            need(made.body is None or bodies.body(connection, made.body), "people.no_such_body")
            need(was is None or (was.body, was.removed_at) == (made.body, None), "people.no_such_contact")
            if was is None and made.body is not None:
                many = len(contacts.contacts_of(connection, made.body)) + 1
                need(many <= MOST_CONTACTS, "people.too_many", most=MOST_CONTACTS)
            contacts.put_contact(connection, made, now)
            if was is not None and was.address != made.address:
                for row in contacts.invitations_for(connection, made.id):
                    if row.removed_at is None and (grant := grants.get(row.grant or "")) is not None:
                        insert(connection, [(grant, self.secrets.link_secret(grant.id))])
                        contacts.put_invitation(connection, replace(row, grant=grant.id))
                    if row.invited_at is not None and row.removed_at is None:
                        contacts.people_changed(connection, row.meeting, now)
                self._call_off(connection, was, made, now)

        self.meetings.database.write(work)
        return made

    def _new_links(self, made: Contact, now: int) -> dict[str, Grant]:
        """{former grant: the new one} of somebody whose address changes. The former are revoked at once: a link never
        outlives the address it was sent to."""
        was = self.meetings.database.read(lambda c: contacts.contact(c, made.id))
        if was is None or was.removed_at is not None or was.body != made.body or _same_address(was, made):
            return {}
        rows = self.meetings.database.read(lambda c: contacts.invitations_for(c, made.id))
        old = [self.links.revoke(row.meeting, row.grant) for row in rows if row.grant and row.removed_at is None]
        return {
            each.id: replace(each, id=secrets.token_hex(8), label=made.name, made_at=now, revoked_at=None)
            for each in old
            if each is not None
        }

    def _call_off(self, connection: Connection, was: Contact, made: Contact, now: int) -> None:
        """Whoever reads the former address would keep these events for ever: they are called off there, unless the
        address is put back within the grace."""
        mine = deliveries.of_contact(connection, made.id)
        deliveries.supersede(connection, [each.id for each in mine if each.address and each.address == made.address])
        if was.address is None or _same_address(was, made):
            return
        rows = []
        for event, letters in plan.last_letters(mine, recipient(was.address)).items():
            last, tried = letters.reached, letters.tried
            if last is None or tried is None or not letters.comes or last.told.rule or last.told.ends_at <= now:
                continue
            told = replace(last.told, status="removed", links=(), turn=None, link=None)
            mark = self.secrets.message_id("moved", last.meeting, made.id, *event, told.to, len(mine))
            rows.append(
                Delivery(
                    last.meeting,
                    made.id,
                    last.uid,
                    "CANCEL",
                    tried.sequence + 1,
                    mark,
                    told,
                    made_at=now,
                    next_at=now + self.grace_ms,
                    address=was.address,
                )
            )
        deliveries.add(connection, rows)

    def checked(self, contact: Contact) -> Contact:
        """The contact as it would be written, or what is wrong with it."""
        need(
            contact.language in LANGUAGES or contact.language in self.words,
            "people.language_unreadable",
            given=contact.language[:20],
        )
        need(contact.zone is None or contact.zone in zones(), "meeting.zone_unknown", zone=str(contact.zone)[:64])
        need(not contact.code or CODE.fullmatch(contact.code), "roster.code_unreadable", given=str(contact.code)[:20])
        one_of(contact.part, Part)
        one_of(contact.kind, Kind)
        if contact.mode is not None:
            one_of(contact.mode, Mode)
        name = visible(contact.name, "people.name_needed")
        return replace(contact, name=name, code=contact.code or None, address=one_address(contact.address))

    def remove_contact(self, contact: str) -> None:
        """Off every list, out of every calendar it subscribes to. Name, address and the record of mails stay."""
        self.contact(contact)
        now = self.meetings.clock()

        def listed(connection: Connection) -> list[Invitation]:
            return [row for row in contacts.invitations_for(connection, contact) if row.removed_at is None]

        def revoke(rows: list[Invitation]) -> None:
            for row in rows:
                if row.grant is not None:
                    self.links.revoke(row.meeting, row.grant)

        def work(connection: Connection) -> list[Invitation]:
            found = contacts.contact(connection, contact)
            need(found is not None and found.removed_at is None, "people.no_such_contact")
            assert found is not None
            rows = listed(connection)
            for feed in feeds.of_contacts(connection, [contact]):
                feeds.revoke(connection, feed.id, contact, now)
            for row in rows:
                contacts.put_invitation(connection, replace(row, removed_at=now))
                contacts.people_changed(connection, row.meeting, now)
            contacts.put_contact(connection, replace(found, removed_at=now), now)
            return rows

        # first, so that a link never outlives its owner's place on the list
        revoke(self.meetings.database.read(listed))
        revoke(self.meetings.database.write(work))  # and those of the lists that they were put on meanwhile

    def traces(self, contact: str) -> ContactTraces:
        """All that stands of one: what erasing takes, what it does not reach, what its calendar would go on showing."""
        now = self.meetings.clock()

        def work(connection: Connection) -> ContactTraces:
            found = contacts.contact(connection, contact)
            need(found, "people.no_such_contact")
            assert found is not None
            mine = deliveries.of_contact(connection, contact)
            return ContactTraces(
                found,
                contacts.invitations_for(connection, contact),
                mine,
                contacts.replies_of(connection, found),
                feeds.every_feed_of(connection, contact),
                _coming(found, mine, now),
                contacts.naming(connection, found),
            )

        return self.meetings.database.read(work)

    def erase_contact(self, contact: str) -> bool:
        """Erases one for good; whether there was anything left to erase. Refused while a letter is handed over."""
        now = self.meetings.clock()

        def work(connection: Connection) -> list[tuple[str, str]] | None:
            found = contacts.contact(connection, contact)
            need(found, "people.no_such_contact")
            assert found is not None
            if found.erased:
                return None
            mine = deliveries.of_contact(connection, contact)
            need(all(row.claimed_until <= now for row in mine), "people.mail_on_its_way")
            return _erased(connection, found, now)

        ended = self.meetings.database.write(work)
        for meeting, grant in ended or ():  # they ended with the rows: now whoever is connected by them is cut
            self.links.revoke(meeting, grant)
        self.meetings.database.scrub()  # also when it is asked again: the first time may have ended in between
        return ended is not None


def _erased(connection: Connection, contact: Contact, now: int) -> list[tuple[str, str]]:
    """Takes it out of every row. Gives the (meeting, grant) of the links that ended with it."""
    rows = contacts.invitations_for(connection, contact.id)
    for row in rows:
        others = contacts.invitations_to(connection, row.meeting, removed=True)
        unname(connection, row.meeting, row.grant, {each.grant for each in others if each.grant}, now)
    feeds.erase(connection, contact.id)
    deliveries.erase(connection, contact.id)
    contacts.blank(connection, contact, now)
    return [(row.meeting, row.grant) for row in rows if row.grant is not None]


def _coming(contact: Contact, mine: list[Delivery], now: int) -> list[Told]:
    """What stands in its calendar, by the last letter about each event, and is not over."""
    letters = plan.last_letters(mine, recipient(contact.address)).values() if contact.address else ()
    told = [each.reached.told for each in letters if each.reached and each.comes]
    return sorted((each for each in told if each.ends_at > now or each.rule), key=lambda each: each.starts_at)


def _same_address(one: Contact, other: Contact) -> bool:
    """Whether both are written to at the same place, however it is written."""
    return recipient(one.address or "") == recipient(other.address or "")
