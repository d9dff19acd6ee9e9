"""What the services hand out: who gets what, what changed, a calendar's life, what stands of a contact, a mail to be
sent, a file to be fetched.

Frozen shapes and nothing else. Rows of the database are in store.contacts, store.deliveries and store.feeds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from meetingsvc.calendars.appointment import Appointment, Organizer, Series
from meetingsvc.store.contacts import Contact, Invitation, ReplyRow, recipient
from meetingsvc.store.deliveries import Delivery, Told
from meetingsvc.store.engine import Connection
from meetingsvc.store.feeds import Feed, Fetch

What = Literal["invitation", "update", "cancellation", "nothing", "no_address", "not_invited"]
#: What became of a reply. taken: it counts; same: it came twice; stale: to an older version, or older than the answer
#: held; foreign: not about anything that this address was invited to; unproved: waits for the secretariat;
#: declined: the secretariat did not take it.
Verdict = Literal["taken", "same", "stale", "foreign", "unproved", "declined"]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is not as the recipient was last told: `time`, `room`, `links`, `mode`, `turn`, `status`, `rule`.

    Values are those of what was told; for `time` its `Times`. None: there was, or is, none. And `link`,
    without values: the personal link was replaced.
    """

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Due:
    """A mail that somebody must get: about one event (`uid`, `recurs`) of their calendar."""

    uid: str
    session: int
    method: Literal["REQUEST", "CANCEL"]
    sequence: int
    what: Literal["invitation", "update", "cancellation"]
    told: Told
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """Who gets what, before it is sent."""

    contact: Contact
    invitation: Invitation
    what: What
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedLife:
    """A calendar somebody subscribes to. `fresh`: fetched since the meeting last changed."""

    fetch: Fetch | None
    fresh: bool
    feed: Feed | None = None


@dataclass(frozen=True, slots=True)
class PersonLife:
    """What somebody holds of a meeting: the last mail, and their feeds. `mail` None: never written to.

    `told`: the last one that reached the mail server, whose SEQUENCE their calendar shows.
    """

    invitation: Invitation
    mail: Delivery | None
    told: Delivery | None
    feeds: tuple[FeedLife, ...]


@dataclass(frozen=True, slots=True)
class Life:
    """A meeting's calendar life. `waiting`: changes were made that are not planned yet (ms UTC of the first)."""

    sequence: int
    changed_at: int
    people: tuple[PersonLife, ...]
    public: Mapping[Literal["meeting", "body"], FeedLife]
    waiting: int | None = None


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
class Message:
    """All that a letter is written from. `before`: the last one about this event that this person got."""

    delivery: Delivery
    before: Delivery | None
    appointment: Appointment
    contact: Contact
    invitation: Invitation
    organizer: Organizer | None
    personal_link: str | None
    series: Series | None = None


@dataclass(frozen=True, slots=True)
class FileRequest:
    """What a file is asked for as. `invitation`: whose it is; `inside`: whether the join links may stand in it."""

    kind: Literal["meeting", "body", "feed"]
    id: str
    lang: str
    rich: bool = False
    inside: bool = False
    invitation: Invitation | None = None
    link: str | None = None
    feed: Feed | None = None


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """A calendar file whose bytes are not made yet: `etag` without quotes, `modified` its newest change (ms UTC).

    `build`, in the transaction that the etag was made in, reads what else it shows and gives what writes the bytes.
    `asked`: what it was asked for as; `key` names it in the table of fetches. `dated`: that `modified` is the same says
    that nothing changed.
    """

    etag: str
    build: Callable[[Connection], Callable[[], bytes]]
    modified: int
    filename: str
    key: str
    asked: FileRequest
    dated: bool = True
