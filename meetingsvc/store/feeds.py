"""Addresses of personal calendars, and when each calendar file was last fetched.

A secret is stored as its digest only. Does not belong here: what a calendar holds.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from meetingsvc.store.engine import Connection
from meetingsvc.store.links import digest
from meetingsvc.store.tables import feeds, fetches


@dataclass(frozen=True, slots=True)
class Feed:
    """A personal calendar: whose, in which language, with an alarm so many minutes before, in the rich variant.

    `meeting`: the only one it shows; None: all that its owner is invited to.
    """

    id: str
    contact: str
    language: str
    alarm: int | None = None
    rich: bool = False
    made_at: int = 0
    revoked_at: int | None = None
    meeting: str | None = None


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
    contact: str,
    language: str,
    now: int,
    alarm: int | None = None,
    rich: bool = False,
    meeting: str | None = None,
) -> tuple[Feed, str]:
    """A new personal calendar: (feed, secret). The secret (192 random bits) cannot be shown again."""
    secret = secrets.token_urlsafe(24)
    feed = Feed(secrets.token_hex(8), contact, language, alarm, rich, now, meeting=meeting)
    values = {
        "id": feed.id, "secret": digest(secret), "contact": contact, "language": language,
        "alarm": alarm, "rich": rich, "made_at": now, "meeting": meeting,
    }  # fmt: skip
    connection.execute(sa.insert(feeds).values(**values))
    return feed, secret


def find(connection: Connection, secret: str) -> Feed | None:
    """The feed of a secret, also one that was revoked: whoever asks looks at `revoked_at`."""
    if not secret or len(secret) > 200:
        return None
    found = connection.execute(sa.select(feeds).where(feeds.c.secret == digest(secret))).one_or_none()
    return _feed(found) if found else None


def of_contacts(connection: Connection, contacts: Iterable[str], meeting: str | None = None) -> list[Feed]:
    """The feeds of these contacts that were not revoked; with `meeting` those that show it."""
    shows = sa.true() if meeting is None else sa.or_(feeds.c.meeting.is_(None), feeds.c.meeting == meeting)
    here = (feeds.c.contact.in_(list(contacts)), feeds.c.revoked_at.is_(None), shows)
    return [_feed(row) for row in connection.execute(sa.select(feeds).where(*here).order_by(feeds.c.made_at))]


def revoke(connection: Connection, feed: str, contact: str, now: int) -> bool:
    here = (feeds.c.id == feed, feeds.c.contact == contact, feeds.c.revoked_at.is_(None))
    return bool(connection.execute(sa.update(feeds).where(*here).values(revoked_at=now)).rowcount)


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
    return Feed(**{key: value for key, value in row._mapping.items() if key != "secret"})
