"""The row per meeting that questions over many meetings are asked of, and the outbox beside it.

Both are written in the transaction that appends to the log. Does not belong here: calendar files, mail.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from meetingsvc.core.whole import Whole
from meetingsvc.store.engine import Connection
from meetingsvc.store.jcs import jcs
from meetingsvc.store.tables import meeting_index, outbox

#: What of a meeting an appointment in somebody's calendar shows and hangs on.
_CALENDAR = ("status", "sessions", "room", "link")
_JSON = ("title", "body", "languages", "sessions")
_FURTHER = (
    sa.update(meeting_index)
    .where(meeting_index.c.id == sa.bindparam("of"))
    .values(due_at=sa.bindparam("due"), seq=sa.bindparam("to"), hash=sa.bindparam("sealed"))
)


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """One meeting as lists and calendars need it. Moments: ms UTC. `sequence`: the calendar's SEQUENCE."""

    id: str
    uid: str
    title: dict[str, str]
    body: dict[str, str] | None
    languages: list[str]
    format: str
    state: str
    status: str
    zone: str
    sessions: list[dict[str, Any]]
    starts_at: int | None
    ends_at: int | None
    room: str | None
    link: str | None
    sequence: int
    made_at: int
    changed_at: int
    due_at: int | None
    seq: int
    hash: str


def put(connection: Connection, meeting: str, before: Whole, after: Whole, hash_: str) -> None:
    """Writes the meeting's row; if calendar facts changed, SEQUENCE goes up and the outbox gets a row."""
    if before.meeting is after.meeting:  # nearly every act: nothing that the row tells of the meeting itself
        here = {"of": meeting, "due": _due(after), "to": after.seq, "sealed": hash_}
        connection.execute(_FURTHER, here)
        return
    made = _row(after)
    changed = _calendar(made) != _calendar(_row(before))
    values: dict[str, Any] = {**made, "seq": after.seq, "hash": hash_}
    if before.seq == 0:
        values |= {"id": meeting, "sequence": 0, "made_at": after.at, "changed_at": after.at}
        connection.execute(sa.insert(meeting_index).values(**values))
    else:
        if changed:
            values |= {"sequence": meeting_index.c.sequence + 1, "changed_at": after.at}
        connection.execute(sa.update(meeting_index).where(meeting_index.c.id == meeting).values(**values))
    if changed:
        sequence = sa.select(meeting_index.c.sequence).where(meeting_index.c.id == meeting).scalar_subquery()
        connection.execute(sa.insert(outbox).values(kind="calendar", meeting=meeting, sequence=sequence, at=after.at))


def get(connection: Connection, meeting: str) -> MeetingRow | None:
    found = connection.execute(sa.select(meeting_index).where(meeting_index.c.id == meeting)).one_or_none()
    return _read(found._mapping) if found else None


def every(connection: Connection) -> list[MeetingRow]:
    """All meetings, the earliest first."""
    order = (meeting_index.c.starts_at, meeting_index.c.id)
    return [_read(row._mapping) for row in connection.execute(sa.select(meeting_index).order_by(*order))]


def due(connection: Connection, now: int) -> list[str]:
    """The meetings where an announced moment has come (ms UTC)."""
    wanted = sa.select(meeting_index.c.id).where(meeting_index.c.due_at <= now).order_by(meeting_index.c.due_at)
    return list(connection.execute(wanted).scalars())


def _row(whole: Whole) -> dict[str, Any]:
    m = whole.meeting
    sessions = sorted(m.sessions.values(), key=lambda session: (session.starts_at, session.id))
    return {
        "uid": m.uid,
        "title": jcs(m.title),
        "body": None if m.body is None else jcs(m.body),
        "languages": jcs(m.languages),
        "format": m.format,
        "state": m.state,
        # an appointment is confirmed from the day it is scheduled; cancelling one is a later command
        "status": "none" if m.state == "none" else "confirmed",
        "zone": m.zone,
        "sessions": jcs(
            [
                {key: getattr(session, key) for key in ("id", "starts", "ends", "zone", "starts_at", "ends_at")}
                for session in sessions
            ]
        ),
        "starts_at": min((session.starts_at for session in sessions), default=None),
        "ends_at": max((session.ends_at for session in sessions), default=None),
        "room": m.room,
        "link": m.link,
        "due_at": _due(whole),
    }


def _due(whole: Whole) -> int | None:
    """When the clock has something to do next."""
    lists = whole.speakers.lists.values() if whole.meeting.state != "closed" else ()
    closing = [row.closes_at for row in lists if row.opened and row.closes_at is not None]
    return min(closing, default=None)


def _calendar(row: dict[str, Any]) -> list[Any]:
    return [row[name] for name in _CALENDAR]


def _read(row: Any) -> MeetingRow:
    read = {name: json.loads(row[name]) if row[name] is not None else None for name in _JSON}
    return MeetingRow(**{**row, **read})
