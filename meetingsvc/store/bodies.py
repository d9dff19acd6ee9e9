"""Bodies, their members, and their regular series. Rows, not a log: who meets is no fact of a meeting.

Does not belong here: meetings (index), people and addresses (contacts).
"""

from __future__ import annotations

import json
import secrets
import string
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from meetingsvc.core.meeting import bare
from meetingsvc.store.engine import Connection
from meetingsvc.store.jcs import jcs
from meetingsvc.store.tables import bodies, members, series

_SIGNS = string.ascii_lowercase + string.digits


@dataclass(frozen=True, slots=True)
class Body:
    """Who meets. `languages`: the first is the body's own. `organizer_*`: in whose name invitations go out."""

    id: str
    name: dict[str, str]
    languages: list[str]
    zone: str
    organizer_name: str
    organizer_address: str | None
    made_at: int = 0
    changed_at: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    id: str
    body: str
    kind: str
    code: str | None = None
    name: str | None = None
    made_at: int = 0
    removed_at: int | None = None


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """A regular series. `starts` and `ends` are wall times of its first occurrence in `zone`; `every`: the interval."""

    uid: str
    body: str
    title: dict[str, str]
    starts: str
    ends: str
    zone: str
    freq: str
    every: int
    count: int
    skipped: list[str]
    room: str | None
    link: str | None
    channels: list[dict[str, Any]]
    made_at: int = 0
    changed_at: int = 0


def new_id() -> str:
    """The id of a body, as it stands in URLs: ten random letters and digits."""
    return "".join(secrets.choice(_SIGNS) for _ in range(10))


def put_body(connection: Connection, body: Body, now: int) -> None:
    """Writes a body, new or changed."""
    values = {
        "name": jcs(body.name),
        "languages": jcs(body.languages),
        "zone": body.zone,
        "organizer_name": body.organizer_name,
        "organizer_address": body.organizer_address,
        "changed_at": now,
    }
    done = connection.execute(sa.update(bodies).where(bodies.c.id == body.id).values(**values))
    if not done.rowcount:
        connection.execute(sa.insert(bodies).values(id=body.id, made_at=now, **values))


def body(connection: Connection, id: str) -> Body | None:
    found = connection.execute(sa.select(bodies).where(bodies.c.id == id)).one_or_none()
    return _body(found) if found else None


def every_body(connection: Connection) -> list[Body]:
    """All bodies, the oldest first."""
    return [_body(row) for row in connection.execute(sa.select(bodies).order_by(bodies.c.made_at, bodies.c.id))]


def add_members(connection: Connection, body: str, rows: list[tuple[str, str | None, str | None]], now: int) -> None:
    """New members: (kind, code, name)."""
    made = [
        {"id": secrets.token_hex(8), "body": body, "kind": kind, "code": code, "name": name, "made_at": now}
        for kind, code, name in rows
    ]
    if made:
        connection.execute(sa.insert(members), made)


def remove_member(connection: Connection, body: str, member: str, now: int) -> bool:
    here = (members.c.id == member, members.c.body == body, members.c.removed_at.is_(None))
    return bool(connection.execute(sa.update(members).where(*here).values(removed_at=now)).rowcount)


def members_of(connection: Connection, body: str) -> list[Member]:
    """Those who belong to a body now."""
    here = (members.c.body == body, members.c.removed_at.is_(None))
    found = connection.execute(sa.select(members).where(*here).order_by(members.c.code, members.c.name, members.c.id))
    return [Member(**row._mapping) for row in found]


def members_mark(connection: Connection, body: str) -> tuple[int, int]:
    """Changes with every change of a body's members: (rows, rows of those who left), and neither ever shrinks."""
    counted = sa.select(sa.func.count(), sa.func.count(members.c.removed_at)).where(members.c.body == body)
    came, left = connection.execute(counted).one()
    return came, left


def put_series(connection: Connection, row: SeriesRow, now: int) -> None:
    """Writes a new series; its UID never changes."""
    values = {
        "uid": row.uid,
        "body": row.body,
        "title": jcs(row.title),
        "starts": row.starts,
        "ends": row.ends,
        "zone": row.zone,
        "freq": row.freq,
        "every": row.every,
        "count": row.count,
        "skipped": jcs(row.skipped),
        "room": row.room,
        "link": row.link,
        "channels": jcs(row.channels),
        "made_at": now,
        "changed_at": now,
    }
    connection.execute(sa.insert(series).values(**values))


def series_of(connection: Connection, body: str) -> list[SeriesRow]:
    """The series of a body, the oldest first."""
    wanted = sa.select(series).where(series.c.body == body).order_by(series.c.made_at, series.c.uid)
    return [_series(row) for row in connection.execute(wanted)]


def series_by_uid(connection: Connection, uids: list[str]) -> dict[str, SeriesRow]:
    found = connection.execute(sa.select(series).where(series.c.uid.in_(uids))) if uids else ()
    return {row.uid: _series(row) for row in found}


def _body(row: sa.Row[Any]) -> Body:
    return Body(**{**row._mapping, "name": json.loads(row.name), "languages": json.loads(row.languages)})


def _series(row: sa.Row[Any]) -> SeriesRow:
    read = {name: json.loads(row._mapping[name]) for name in ("title", "skipped", "channels")}
    ways = [{**way, "address": bare(way["address"])} for way in read["channels"] or ()]
    return SeriesRow(**{**row._mapping, **read, "link": bare(row.link), "channels": ways})
