"""Erasing a contact: everything that the tables hold of one person or office goes, in the caller's transaction.

What stays is a row without a name, so that a meeting can count who was invited and what was answered. Does not belong
here: what is shown before (invitations/contact_erasure), the database's files (engine), people of the log (directory).
"""

from __future__ import annotations

import json

import sqlalchemy as sa

from meetingsvc.store.engine import Connection
from meetingsvc.store.jcs import jcs
from meetingsvc.store.tables import contacts, deliveries, feeds, fetches, grants, invitations, replies

#: Whose links are a contact's own. A delegation's link belongs to the delegation, whoever subscribed behind it.
OWN = "invitee"


def erase(connection: Connection, contact: str, now: int) -> list[tuple[str, str]]:
    """Takes a contact out of every row. Gives the (meeting, grant) of the links that ended with it."""
    address = connection.execute(sa.select(contacts.c.address).where(contacts.c.id == contact)).scalar_one()
    ended = _links(connection, contact, now)
    _subscriptions(connection, contact)
    _answers(connection, contact, now)
    theirs = replies.c.contact == contact
    if address:  # also what came from there and was about nothing that they are invited to
        theirs = sa.or_(theirs, sa.func.lower(replies.c.sender) == address.lower())
    connection.execute(sa.delete(replies).where(theirs))
    # with the ids of its mails: nothing that answers one of them, or comes back, is known any more
    connection.execute(sa.delete(deliveries).where(deliveries.c.contact == contact))
    blank = {"name": "", "address": None, "code": None, "language": "", "zone": None, "mode": None}
    removed = sa.func.coalesce(contacts.c.removed_at, now)
    values = {**blank, "part": "member", "kind": "individual", "changed_at": now, "removed_at": removed}
    connection.execute(sa.update(contacts).where(contacts.c.id == contact).values(**values))
    return ended


def _links(connection: Connection, contact: str, now: int) -> list[tuple[str, str]]:
    """Ends their links and takes the names off them.

    Which links somebody had before their address changed, or before they were put back on a list, is not written down:
    so of the meetings they were invited to all links lose their names that were taken back and are nobody's now.
    """
    mine = invitations.c.contact == contact
    current = sa.select(invitations.c.grant).where(mine, invitations.c.grant.is_not(None))
    here = (grants.c.role == OWN, grants.c.id.in_(current))
    found = connection.execute(sa.select(grants.c.meeting, grants.c.id).where(*here)).all()
    ended = sa.func.coalesce(grants.c.revoked_at, now)
    connection.execute(sa.update(grants).where(*here).values(label="", revoked_at=ended))
    held = sa.select(invitations.c.grant).where(invitations.c.grant.is_not(None))
    at = sa.select(invitations.c.meeting).where(mine)
    nobodys = (grants.c.role == OWN, grants.c.revoked_at.is_not(None), grants.c.meeting.in_(at))
    connection.execute(sa.update(grants).where(*nobodys, grants.c.id.not_in(held)).values(label=""))
    return [(meeting, grant) for meeting, grant in found]


def _subscriptions(connection: Connection, contact: str) -> None:
    ids = list(connection.execute(sa.select(feeds.c.id).where(feeds.c.contact == contact)).scalars())
    connection.execute(sa.delete(fetches).where(fetches.c.key.in_([f"p:{id}" for id in ids])))
    connection.execute(sa.delete(feeds).where(feeds.c.contact == contact))


def _answers(connection: Connection, contact: str, now: int) -> None:
    """What is counted stays: the answer to each session, and the place. Words, moments and the delegation go."""
    mine = invitations.c.contact == contact
    rows = connection.execute(sa.select(invitations.c.meeting, invitations.c.answers).where(mine)).all()
    gone = ("grant", "delegation", "substitute", "comment", "answered_at", "answered_stamp", "answered_sequence")
    for meeting, answers in rows:
        counted = {uid: {**given, "stamp": 0} for uid, given in json.loads(answers).items()}
        values = {**dict.fromkeys(gone), "answered_via": None, "answers": jcs(counted)}
        removed = sa.func.coalesce(invitations.c.removed_at, now)
        here = (mine, invitations.c.meeting == meeting)
        connection.execute(sa.update(invitations).where(*here).values(**values, removed_at=removed))
