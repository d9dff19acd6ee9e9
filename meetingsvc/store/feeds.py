"""Addresses of personal calendars, and when each calendar file was last fetched.

A secret is stored as its digest only. A feed was made behind a personal link and a mail address, and ends with either:
here alone it is said which feeds live. Does not belong here: what a calendar holds.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa

from meetingsvc.store.contacts import Contact, recipient
from meetingsvc.store.engine import Connection
from meetingsvc.store.links import digest
from meetingsvc.store.tables import contacts, feeds, fetches, grants


@dataclass(frozen=True, slots=True)
class Feed:
    """A personal calendar: whose, in which language, with an alarm so many minutes before, in the rich variant.

    `meeting`: the only one it shows; None: all that its owner is invited to. `grant`: the link it was made behind;
    `address`: the mark of its owner's mail address then.
    """

    id: str
    contact: str
    language: str
    alarm: int | None = None
    rich: bool = False
    made_at: int = 0
    revoked_at: int | None = None
    meeting: str | None = None
    grant: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """`seen`: the newest change (ms UTC) that the fetched file held. `agent`: who said to have fetched it."""

    key: str
    last_at: int
    seen: int
    agent: str
    count: int


def make(
    connection: Connection,
    owner: Contact,
    grant: str,
    language: str,
    now: int,
    alarm: int | None = None,
    rich: bool = False,
    meeting: str | None = None,
) -> tuple[Feed, str]:
    """A new personal calendar, made behind a link: (feed, secret). The secret (192 random bits) is not kept."""
    secret = secrets.token_urlsafe(24)
    address = recipient(owner.address)
    feed = Feed(secrets.token_hex(8), owner.id, language, alarm, rich, now, None, meeting, grant, address)
    values = {f.name: getattr(feed, f.name) for f in fields(Feed)} | {"secret": digest(secret)}
    connection.execute(sa.insert(feeds).values(**values))
    return feed, secret


def find(connection: Connection, secret: str) -> Feed | None:
    """The feed of a secret, while it lives."""
    if not secret or len(secret) > 200:
        return None
    found = _living(connection, feeds.c.secret == digest(secret))
    return found[0] if found else None


def of_contacts(connection: Connection, owners: Iterable[str], meeting: str | None = None) -> list[Feed]:
    """The feeds of these contacts that live; with `meeting` those that show it."""
    shows = sa.true() if meeting is None else sa.or_(feeds.c.meeting.is_(None), feeds.c.meeting == meeting)
    return _living(connection, feeds.c.contact.in_(list(owners)), shows)


def every_feed_of(connection: Connection, contact: str) -> list[tuple[Feed, Fetch | None]]:
    """All feeds of a contact, also those that ended, and when each was last fetched."""
    wanted = sa.select(feeds).where(feeds.c.contact == contact).order_by(feeds.c.made_at)
    rows = [_feed(row) for row in connection.execute(wanted)]
    seen = fetches_of(connection, [f"p:{each.id}" for each in rows])
    return [(each, seen.get(f"p:{each.id}")) for each in rows]


def _living(connection: Connection, *where: sa.ColumnElement[bool]) -> list[Feed]:
    """Those that nobody took back, whose link stands, and whose owner has the address they had then."""
    wanted = (
        sa.select(feeds, contacts.c.address.label("address_now"))
        .join(contacts, contacts.c.id == feeds.c.contact)
        .join(grants, grants.c.id == feeds.c.grant)
        .where(*where, feeds.c.revoked_at.is_(None), grants.c.revoked_at.is_(None), contacts.c.removed_at.is_(None))
        .order_by(feeds.c.made_at)
    )
    rows = connection.execute(wanted).all()
    return [_feed(row) for row in rows if row.address == recipient(row.address_now)]


def revoke(connection: Connection, feed: str, contact: str, now: int, meeting: str | None = None) -> bool:
    """Takes a contact's feed back, with `meeting` one of that meeting alone; whether there is, or was, such a feed."""
    theirs = [feeds.c.id == feed, feeds.c.contact == contact]
    theirs += [feeds.c.meeting == meeting] if meeting is not None else []
    connection.execute(sa.update(feeds).where(*theirs, feeds.c.revoked_at.is_(None)).values(revoked_at=now))
    return connection.execute(sa.select(feeds.c.id).where(*theirs)).one_or_none() is not None


def erase(connection: Connection, contact: str) -> None:
    """All feeds of a contact, and who fetched them."""
    keys = [f"p:{feed.id}" for feed, _ in every_feed_of(connection, contact)]
    connection.execute(sa.delete(fetches).where(fetches.c.key.in_(keys)))
    connection.execute(sa.delete(feeds).where(feeds.c.contact == contact))


def fetched(connection: Connection, key: str, now: int, seen: int, agent: str) -> None:
    """Notes that a calendar file was fetched."""
    values: dict[str, Any] = {"last_at": now, "seen": seen, "agent": agent}
    done = connection.execute(
        sa.update(fetches).where(fetches.c.key == key).values(**values, count=fetches.c.count + 1)
    )
    if not done.rowcount:
        connection.execute(sa.insert(fetches).values(key=key, count=1, **values))


def fetches_of(connection: Connection, keys: Iterable[str]) -> dict[str, Fetch]:
    found = connection.execute(sa.select(fetches).where(fetches.c.key.in_(list(keys))))
    return {row.key: Fetch(**row._mapping) for row in found}


def _feed(row: sa.Row[Any]) -> Feed:
    return Feed(**{f.name: row._mapping[f.name] for f in fields(Feed)})
