"""MeetingPeople: one meeting with all that must be known to tell its people, read at once. Its row, its body, who is on
its list, what they were told, its series.

And what became of its mails and feeds. Reads only. Not here: any decision, what any of it is told as (told).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from meetingsvc.calendars.appointment import Series
from meetingsvc.core.kernel import need
from meetingsvc.core.state import MeetingState
from meetingsvc.invitations import told
from meetingsvc.invitations.results import FeedLife, Life, PersonLife
from meetingsvc.store import bodies, contacts, deliveries, feeds, meeting_index
from meetingsvc.store.bodies import Body
from meetingsvc.store.contacts import Invitation
from meetingsvc.store.deliveries import Delivery
from meetingsvc.store.engine import Connection
from meetingsvc.store.meeting_index import MeetingRow


@dataclass(frozen=True, slots=True)
class MeetingPeople:
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


def row_of(connection: Connection, meeting: str) -> MeetingRow:
    row = meeting_index.get(connection, meeting)
    need(row, "meeting.not_found")
    assert row is not None
    return row


def body_of(connection: Connection, row: MeetingRow) -> Body | None:
    return bodies.body(connection, row.body_id) if row.body_id else None


def series_of(
    connection: Connection, row: MeetingRow, body: Body | None, public_url: str, mail_from: str
) -> Series | None:
    """The regular series that a meeting is one of."""
    found = bodies.series_by_uid(connection, [row.series]) if row.series else {}
    if body is None or row.series not in found:
        return None
    return told.series_of(found[row.series], body, public_url, mail_from)


def load(connection: Connection, meeting: str, public_url: str, mail_from: str) -> MeetingPeople:
    row = row_of(connection, meeting)
    body = body_of(connection, row)
    invited = contacts.invitations_to(connection, meeting, removed=True)
    letters, everywhere, others = deliveries.of_meeting(connection, meeting), frozenset[str](), tuple[str, ...]()
    series = series_of(connection, row, body, public_url, mail_from)
    if body is not None and series is not None:
        rows = meeting_index.of_body(connection, body.id)
        others = tuple(each.id for each in rows if each.series == row.series and each.id != meeting)
        everywhere = frozenset(each.contact.id for each in invited if each.removed_at is None)
        for other in others:
            everywhere &= {each.contact.id for each in contacts.invitations_to(connection, other)}
            letters += deliveries.of_meeting(connection, other)
        letters.sort(key=lambda each: each.id)
    return MeetingPeople(row, body, invited, letters, series, everywhere, others)


def delegation_of(invitation: Invitation, m: MeetingState) -> int | None:
    """For whom somebody comes: as written on the list, else whoever bears the contact's code in the roster now."""
    if invitation.delegation is not None:
        return invitation.delegation
    code = invitation.contact.code
    rows = m.roster.delegations.values()
    return next((row.id for row in rows if code and row.code == code and not row.withdrawn), None)


def life_of(connection: Connection, meeting: str, now: int) -> Life:
    """What became of a meeting's mails and feeds."""
    row = row_of(connection, meeting)
    invited = contacts.invitations_to(connection, meeting, removed=True)
    held = feeds.of_contacts(connection, [each.contact.id for each in invited], meeting)
    keys = [f"m:{meeting}", f"b:{row.body_id}", *(f"p:{feed.id}" for feed in held)]
    seen = feeds.fetches_of(connection, keys)

    def feed_life(key: str, feed: feeds.Feed | None = None) -> FeedLife:
        found = seen.get(key)
        return FeedLife(found, found is not None and max(found.last_at, found.seen) >= row.shown_at, feed)

    mails: dict[str, list[Delivery]] = {}
    for mail in deliveries.of_meeting(connection, meeting):
        mails.setdefault(mail.contact, []).append(mail)
    people = []
    for each in invited:
        theirs = tuple(feed_life(f"p:{feed.id}", feed) for feed in held if feed.contact == each.contact.id)
        people.append(_person(each, mails.get(each.contact.id, []), theirs))
    public: dict[Literal["meeting", "body"], FeedLife] = {"meeting": feed_life(f"m:{meeting}")}
    if row.body_id:
        public["body"] = feed_life(f"b:{row.body_id}")
    waiting = deliveries.unplanned(connection, now).get(meeting)
    return Life(row.sequence, row.changed_at, tuple(people), public, waiting[0] if waiting else None)


def _person(invitation: Invitation, mails: list[Delivery], held: tuple[FeedLife, ...]) -> PersonLife:
    last = next((row for row in reversed(mails) if row.state != "superseded"), None)
    told = next((row for row in reversed(mails) if row.state == "sent"), None)
    return PersonLife(invitation, last, told, held)
