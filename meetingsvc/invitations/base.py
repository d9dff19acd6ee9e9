"""What all rooms of the facade stand on: the database, the clock, the keys; and one meeting with its people at once.

Not here: any decision.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from meetingsvc.calendars.content import Series
from meetingsvc.calendars.reading.ics import shown
from meetingsvc.calendars.texts import readable
from meetingsvc.core.kernel import Refused, need
from meetingsvc.core.state import MeetingState
from meetingsvc.invitations import told
from meetingsvc.invitations.calendar_cache import Noted, Shelf
from meetingsvc.invitations.results import Sheet
from meetingsvc.meetings import Meetings
from meetingsvc.store import bodies, contacts, deliveries, index
from meetingsvc.store.bodies import Body
from meetingsvc.store.contacts import Contact, Invitation
from meetingsvc.store.deliveries import Delivery
from meetingsvc.store.engine import Connection
from meetingsvc.store.index import MeetingRow
from meetingsvc.store.links import Links
from meetingsvc.translations import Catalogue, Catalogues

T = TypeVar("T")

LONGEST_NAME = 250
_HOST = re.compile(r"[a-z0-9.-]{1,80}\Z")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A meeting with all that must be known to tell its people. `deliveries`: of the whole series, the oldest first.

    `others`: the other meetings of its series; `everywhere`: the contacts who are on the list of every one of them.
    """

    row: MeetingRow
    body: Body | None
    invitations: list[Invitation]
    deliveries: list[Delivery]
    series: Series | None
    everywhere: frozenset[str]
    others: tuple[str, ...] = ()


class Base:
    """All times in ms UTC. Refusals are `people.*`."""

    def __init__(
        self,
        meetings: Meetings,
        links: Links,
        *,
        secret_key: str,
        public_url: str,
        words: Catalogues,
        mail_from: str = "",
        locale: str = "en",
        grace_s: int = 60,
    ) -> None:
        self.meetings, self.links, self.words = meetings, links, words
        self.secret_key, self.public_url, self.mail_from = secret_key, public_url, mail_from
        self.locale, self.grace_ms = locale, grace_s * 1000
        self._files: Shelf[tuple[Sheet, bytes]] = Shelf()
        self._noted = Noted()

    # ------------------------------------------------------------------------------------------------ tools

    def now(self) -> int:
        return self.meetings.clock()

    def _read(self, work: Callable[[Connection], T]) -> T:
        return self.meetings.database.read(work)

    def _write(self, work: Callable[[Connection], T]) -> T:
        return self.meetings.database.write(work)

    def _mac(self, what: str) -> bytes:
        return hmac.new(self.secret_key.encode(), what.encode(), hashlib.sha256).digest()

    def secret_of(self, grant: str) -> str:
        """The secret of an invitee's link: derived, so that a mail can hold it although only its digest is stored."""
        return urlsafe_b64encode(self._mac(f"personal link\0{grant}")).rstrip(b"=").decode()

    def personal_link(self, invitation: Invitation) -> str | None:
        """Where somebody answers and subscribes; None once they were taken off the list."""
        if invitation.grant is None or invitation.removed_at is not None:
            return None
        return f"{self.public_url}/join/{self.secret_of(invitation.grant)}"

    def _message_id(self, *what: object) -> str:
        """Without its angle brackets. Nobody can guess it, so that an answer to it proves that it was received."""
        host = urlsplit(self.public_url).hostname or ""
        made = self._mac("message id\0" + "\0".join(map(str, what))).hex()[:40]
        return f"{made}@{host if _HOST.match(host) else 'meetings.invalid'}"

    def say(self, *wishes: str | None) -> Catalogue:
        """The words of the first of these languages that we have, else of the installation's own."""
        found = next((lang for lang in wishes if lang and lang in self.words), self.locale)
        return self.words[found]

    # ----------------------------------------------------------------------------------------------- loading

    def _row(self, connection: Connection, meeting: str) -> MeetingRow:
        row = index.get(connection, meeting)
        need(row, "meeting.not_found")
        assert row is not None
        return row

    def _body(self, connection: Connection, row: MeetingRow) -> Body | None:
        return bodies.body(connection, row.body_id) if row.body_id else None

    def _series(self, connection: Connection, row: MeetingRow, body: Body | None) -> Series | None:
        found = bodies.series_by_uid(connection, [row.series]) if row.series else {}
        if body is None or row.series not in found:
            return None
        return told.series_of(found[row.series], body, self.public_url, self.mail_from)

    def _load(self, connection: Connection, meeting: str) -> Loaded:
        row = self._row(connection, meeting)
        body = self._body(connection, row)
        invited = contacts.invitations_to(connection, meeting, removed=True)
        letters, everywhere, others = deliveries.of_meeting(connection, meeting), frozenset[str](), tuple[str, ...]()
        series = self._series(connection, row, body)
        if body is not None and series is not None:
            rows = index.of_body(connection, body.id)
            others = tuple(each.id for each in rows if each.series == row.series and each.id != meeting)
            everywhere = frozenset(each.contact.id for each in invited if each.removed_at is None)
            for other in others:
                everywhere &= {each.contact.id for each in contacts.invitations_to(connection, other)}
                letters += deliveries.of_meeting(connection, other)
            letters.sort(key=lambda each: each.id)
        return Loaded(row, body, invited, letters, series, everywhere, others)


# -------------------------------------------------------------------------------------------------------- what is typed


def visible(text: str, code: str, limit: int = LONGEST_NAME) -> str:
    """A name on one harmless line; refused when there is nothing to see in it, or too much."""
    found = shown(text, limit + 1)
    need(readable(found), code)
    need(len(found) <= limit, "people.text_too_long", most=limit)
    return found


def optional(text: str | None, limit: int = LONGEST_NAME) -> str | None:
    """The same where nothing need be said."""
    found = shown(text or "", limit + 1)
    need(len(found) <= limit, "people.text_too_long", most=limit)
    return found if readable(found) else None


def delegation_of(invitation: Invitation, m: MeetingState) -> int | None:
    """For whom somebody comes: as written on the list, else whoever bears the contact's code in the roster now."""
    if invitation.delegation is not None:
        return invitation.delegation
    code = invitation.contact.code
    rows = m.roster.delegations.values()
    return next((row.id for row in rows if code and row.code == code and not row.withdrawn), None)


def need_here(contact: Contact | None, body: str | None) -> Contact:
    """A contact that belongs to the meeting's body. One of another body looks like none."""
    if contact is None or contact.removed_at is not None or contact.body != body:
        raise Refused("people.no_such_contact")
    return contact
