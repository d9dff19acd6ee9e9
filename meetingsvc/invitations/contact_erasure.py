"""Erasing a contact for good: what there is of it, shown before, and the act that cannot be taken back.

Removing one, which tells it so, is in contacts. Not here: the rows (store), people whom the log of a meeting names
(core), sentences.
"""

from __future__ import annotations

from dataclasses import dataclass

from meetingsvc.core.kernel import need
from meetingsvc.invitations import plan
from meetingsvc.meetings import Meetings
from meetingsvc.store import contacts, deliveries, feeds
from meetingsvc.store.contacts import Contact, Invitation, ReplyRow, recipient
from meetingsvc.store.deliveries import Delivery, Told
from meetingsvc.store.engine import Connection
from meetingsvc.store.feeds import Feed, Fetch
from meetingsvc.store.links import Links, unname


@dataclass(frozen=True, slots=True)
class ContactTraces:
    """All that stands of a contact. `coming`: what its calendar shows and is not over; `naming`: what others wrote that
    holds its name or address, which is not reached."""

    contact: Contact
    invitations: list[Invitation]
    deliveries: list[Delivery]
    replies: list[ReplyRow]
    feeds: list[tuple[Feed, Fetch | None]]
    coming: list[Told]
    naming: list[Invitation]

    @property
    def former_addresses(self) -> list[str]:
        """Addresses that are written down besides the one that holds: where it was called off, who answered."""
        found = [*(row.address for row in self.deliveries), *(row.sender for row in self.replies)]
        now = recipient(self.contact.address)
        return list(dict.fromkeys(each for each in found if each and recipient(each) != now))

    @property
    def faults(self) -> list[str]:
        """What mail servers said of letters to it."""
        return list(dict.fromkeys(row.fault for row in self.deliveries if row.fault))

    @property
    def waiting(self) -> int:
        """Letters that have not left: they never will."""
        return sum(row.state == "waiting" for row in self.deliveries)

    @property
    def links(self) -> int:
        """Personal links, also those that were taken back."""
        return sum(row.grant is not None for row in self.invitations)


@dataclass(frozen=True, slots=True)
class ContactErasure:
    """Looks at a contact, and erases it."""

    meetings: Meetings
    links: Links

    def look(self, contact: str) -> ContactTraces:
        """What will be gone, what is not reached, and what its calendar would go on showing."""
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

    def erase(self, contact: str) -> bool:
        """Erases it; whether there was anything left to erase. Refused while a letter to it is being handed over."""
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
