"""Contacts, who of them is invited to which meeting, and what they answered.

Names and addresses of people stand here and never in the log. Does not belong here: what they are sent (deliveries),
whether a reply may change something (invitations).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import sqlalchemy as sa

from meetingsvc.store.engine import Connection
from meetingsvc.store.jcs import jcs
from meetingsvc.store.tables import contacts, invitations, outbox, replies


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or an office that is invited. `part`, `kind`, `mode` as in calendars.appointment."""

    id: str
    name: str
    language: str
    body: str | None = None
    code: str | None = None
    address: str | None = None
    zone: str | None = None
    part: str = "member"
    kind: str = "individual"
    mode: str | None = None
    made_at: int = 0
    changed_at: int = 0
    removed_at: int | None = None

    @property
    def erased(self) -> bool:
        """Whether this is the row without a name that stays where one was erased (`blank`)."""
        return self.removed_at is not None and not self.name


@dataclass(frozen=True, slots=True)
class Invitation:
    """A contact's place in a meeting and the answer. `invited_at` None: on the list, but nothing was sent off.

    `answers`: {UID of a session: {"answer", "stamp", "starts_at" it was given to}}; `answer` is what they come to.
    """

    meeting: str
    contact: Contact
    part: str
    mode: str | None
    grant: str | None = None
    delegation: int | None = None
    made_at: int = 0
    invited_at: int | None = None
    removed_at: int | None = None
    answer: str = "none"
    answer_mode: str | None = None
    substitute: str | None = None
    comment: str | None = None
    answered_at: int | None = None
    answered_stamp: int | None = None
    answered_sequence: int | None = None
    answered_via: str | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """A reply as it came in. `mark` is the same for the same reply, so that one sent twice counts once.

    `uid`: the session it is to; None: all of the meeting.
    """

    mark: str
    at: int
    via: str
    verdict: str
    sender: str = ""
    meeting: str | None = None
    contact: str | None = None
    answer: str | None = None
    mode: str | None = None
    substitute: str | None = None
    comment: str | None = None
    sequence: int | None = None
    stamp: int | None = None
    uid: str | None = None
    id: int | None = None


def new_contact_id() -> str:
    return secrets.token_hex(8)


def recipient(address: str | None) -> str:
    """The mark of an address: enough to know it again however it is written, useless to others."""
    return hashlib.sha256((address or "").strip().lower().encode()).hexdigest()[:16]


def put_contact(connection: Connection, contact: Contact, now: int) -> None:
    """Writes a contact, new or changed."""
    names = ("name", "language", "body", "code", "address", "zone", "part", "kind", "mode", "removed_at")
    values = {name: getattr(contact, name) for name in names} | {"changed_at": now}
    done = connection.execute(sa.update(contacts).where(contacts.c.id == contact.id).values(**values))
    if not done.rowcount:
        connection.execute(sa.insert(contacts).values(id=contact.id, made_at=now, **values))


def contact(connection: Connection, id: str) -> Contact | None:
    found = connection.execute(sa.select(contacts).where(contacts.c.id == id)).one_or_none()
    return Contact(**found._mapping) if found else None


def contacts_of(connection: Connection, body: str) -> list[Contact]:
    """A body's contacts, by the State they are for, then by name."""
    here = (contacts.c.body == body, contacts.c.removed_at.is_(None))
    order = (contacts.c.code, contacts.c.name, contacts.c.id)
    return [Contact(**row._mapping) for row in connection.execute(sa.select(contacts).where(*here).order_by(*order))]


def removed_of(connection: Connection, body: str) -> list[Contact]:
    """A body's contacts that were removed and are not erased, the last removed first."""
    here = (contacts.c.body == body, contacts.c.removed_at.is_not(None), contacts.c.name != "")
    wanted = sa.select(contacts).where(*here).order_by(contacts.c.removed_at.desc(), contacts.c.id)
    return [Contact(**row._mapping) for row in connection.execute(wanted)]


def by_address(connection: Connection, address: str) -> list[Contact]:
    """All contacts that are written to at this address, however it is written."""
    wanted = sa.select(contacts).where(sa.func.lower(contacts.c.address) == address.lower())
    return [Contact(**row._mapping) for row in connection.execute(wanted)]


def blank(connection: Connection, contact: Contact, now: int) -> None:
    """Erases a contact: its row stays without a name, and so does that somebody was invited, and what is counted of the
    answers: to which session which, and the place. Replies as they came in go, also those from its address that were
    about nothing it is invited to."""
    connection.execute(sa.delete(replies).where(_theirs(contact)))
    gone = dict.fromkeys(("grant", "delegation", "substitute", "comment", "answered_via"))
    gone |= dict.fromkeys(("answered_at", "answered_stamp", "answered_sequence"))
    for row in invitations_for(connection, contact.id):
        counted = {uid: {**given, "stamp": 0} for uid, given in row.answers.items()}
        removed = now if row.removed_at is None else row.removed_at
        here = (invitations.c.contact == contact.id, invitations.c.meeting == row.meeting)
        values = {**gone, "answers": jcs(counted), "removed_at": removed}
        connection.execute(sa.update(invitations).where(*here).values(**values))
    removed = now if contact.removed_at is None else contact.removed_at
    bare = Contact(contact.id, "", "", contact.body, removed_at=removed)
    put_contact(connection, bare, now)


# ---------------------------------------------------------------------------------------------------- invitations


def put_invitation(connection: Connection, row: Invitation) -> None:
    """Writes an invitation, new or changed, whole."""
    values = {
        f.name: getattr(row, f.name) for f in fields(Invitation) if f.name not in ("meeting", "contact", "made_at")
    } | {"answers": jcs(dict(row.answers))}
    key = (invitations.c.meeting == row.meeting, invitations.c.contact == row.contact.id)
    done = connection.execute(sa.update(invitations).where(*key).values(**values))
    if not done.rowcount:
        made = {"meeting": row.meeting, "contact": row.contact.id, "made_at": row.made_at}
        connection.execute(sa.insert(invitations).values(**made, **values))


def invitation(connection: Connection, meeting: str, contact_id: str) -> Invitation | None:
    found = _invitations(connection, invitations.c.meeting == meeting, invitations.c.contact == contact_id)
    return found[0] if found else None


def invitations_to(connection: Connection, meeting: str, *, removed: bool = False) -> list[Invitation]:
    """Who is invited to a meeting; with `removed` also those who were taken off the list."""
    where = [invitations.c.meeting == meeting]
    return _invitations(connection, *where, *([] if removed else [invitations.c.removed_at.is_(None)]))


def invitations_for(connection: Connection, contact_id: str) -> list[Invitation]:
    """The meetings a contact is invited to, also those it was taken off."""
    return _invitations(connection, invitations.c.contact == contact_id)


def invitation_by_grant(connection: Connection, grant: str) -> Invitation | None:
    """Whose personal link this is."""
    found = _invitations(connection, invitations.c.grant == grant)
    return found[0] if found else None


def naming(connection: Connection, contact: Contact) -> list[Invitation]:
    """Answers of others at its body in whose words its name or address stands."""
    words = [each for each in (contact.name, contact.address) if each]
    fields = (invitations.c.substitute, invitations.c.comment)
    holds = [field.icontains(each, autoescape=True) for field in fields for each in words]
    others = (invitations.c.contact != contact.id, contacts.c.body == contact.body)
    return _invitations(connection, *others, sa.or_(sa.false(), *holds))


def _invitations(connection: Connection, *where: Any) -> list[Invitation]:
    mine = [column for column in invitations.c if column.name not in ("meeting", "contact")]
    theirs = [column.label(f"c_{column.name}") for column in contacts.c]
    wanted = (
        sa.select(invitations.c.meeting, *mine, *theirs)
        .join(contacts, contacts.c.id == invitations.c.contact)
        .where(*where)
        .order_by(contacts.c.code, contacts.c.name, contacts.c.id, invitations.c.meeting)
    )
    made = []
    for row in connection.execute(wanted):
        of_contact = {key[2:]: value for key, value in row._mapping.items() if key.startswith("c_")}
        rest = {key: value for key, value in row._mapping.items() if not key.startswith("c_")}
        made.append(Invitation(contact=Contact(**of_contact), **{**rest, "answers": json.loads(rest["answers"])}))
    return made


def people_changed(connection: Connection, meeting: str, now: int) -> None:
    """Says that who is invited to a meeting changed: somebody may have to be told."""
    connection.execute(sa.insert(outbox).values(kind="people", meeting=meeting, sequence=0, at=now))


# --------------------------------------------------------------------------------------------------------- replies


def known_reply(connection: Connection, mark: str) -> bool:
    return connection.execute(sa.select(replies.c.id).where(replies.c.mark == mark)).first() is not None


def add_reply(connection: Connection, row: ReplyRow) -> None:
    values = {f.name: getattr(row, f.name) for f in fields(ReplyRow) if f.name != "id"}
    connection.execute(sa.insert(replies).values(**values))


def replies_to(connection: Connection, meeting: str, limit: int = 200) -> list[ReplyRow]:
    """The replies about a meeting, the newest first; of those nobody proved the newest of each person and session.

    So however many are forged in one name, those of others stay in sight.
    """
    here, unproved = replies.c.meeting == meeting, replies.c.verdict == "unproved"
    newest = sa.select(sa.func.max(replies.c.id)).where(here, unproved).group_by(replies.c.contact, replies.c.uid)
    settled = sa.select(replies).where(here, ~unproved).order_by(replies.c.id.desc()).limit(limit)
    rows = [*connection.execute(settled), *connection.execute(sa.select(replies).where(replies.c.id.in_(newest)))]
    return sorted((ReplyRow(**row._mapping) for row in rows), key=lambda row: -(row.id or 0))


def replies_of(connection: Connection, contact: Contact) -> list[ReplyRow]:
    """All replies that are a contact's or came from its address, the newest first."""
    wanted = sa.select(replies).where(_theirs(contact)).order_by(replies.c.id.desc())
    return [ReplyRow(**row._mapping) for row in connection.execute(wanted)]


def _theirs(contact: Contact) -> sa.ColumnElement[bool]:
    mine = replies.c.contact == contact.id
    return sa.or_(mine, sa.func.lower(replies.c.sender) == contact.address.lower()) if contact.address else mine


def reply(connection: Connection, id: int) -> ReplyRow | None:
    found = connection.execute(sa.select(replies).where(replies.c.id == id)).one_or_none()
    return ReplyRow(**found._mapping) if found else None


def judge_reply(connection: Connection, id: int, verdict: str) -> None:
    """Gives a reply that waited for the secretariat its verdict."""
    connection.execute(sa.update(replies).where(replies.c.id == id).values(verdict=verdict))
