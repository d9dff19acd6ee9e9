"""The table meeting_index: one row per meeting, with what lists and calendars ask over many meetings at once;
and its note in the table outbox when calendars have to be told.

Both are written in the transaction that appends to the log, and can be made again from it. Does not belong here: what
is done with the outbox (deliveries), calendar files, mail.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from meetingsvc.core.calendar_facts import agenda, carried, runs_on, sessions
from meetingsvc.core.meeting import bare
from meetingsvc.core.schema import plain
from meetingsvc.core.state import MeetingState
from meetingsvc.store.engine import Connection
from meetingsvc.store.jcs import jcs
from meetingsvc.store.tables import log, meeting_index, outbox

#: What of a meeting an appointment in somebody's calendar hangs on: a change of it is a new SEQUENCE, and is sent.
_CALENDAR = ("status", "sessions", "dropped", "room", "link", "channels")
#: What a calendar file shows beside.
_SHOWN = (*_CALENDAR, "title", "body", "languages", "format", "agenda", "carried", "zone")
_JSON = ("title", "body", "languages", "sessions", "channels", "agenda", "dropped", "carried")
_FURTHER = (
    sa.update(meeting_index)
    .where(meeting_index.c.id == sa.bindparam("of"))
    .values(due_at=sa.bindparam("due"), seq=sa.bindparam("to"), hash=sa.bindparam("sealed"))
)


_OF_BODY = sa.select(meeting_index).where(meeting_index.c.body_id == sa.bindparam("of")).order_by(meeting_index.c.id)
# made once: calendars and public pages are asked for again and again
_LISTED = _OF_BODY.with_only_columns(meeting_index.c.id, meeting_index.c.shown, meeting_index.c.state)
_STAMPS = _OF_BODY.with_only_columns(meeting_index.c.id, meeting_index.c.shown, meeting_index.c.shown_at)


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
    body_id: str | None
    series: str | None
    recurs: str | None
    channels: list[dict[str, Any]]
    agenda: list[dict[str, Any]]
    dropped: list[dict[str, Any]]
    carried: dict[str, Any]
    shown: str
    shown_at: int


def put(connection: Connection, meeting: str, before: MeetingState, after: MeetingState, hash_: str) -> None:
    """Writes the meeting's row; if calendar facts changed, SEQUENCE goes up and the outbox gets a row."""
    same = before.meeting is after.meeting and before.agenda is after.agenda
    if same and not runs_on(after) and after.meeting.state != "adjourned":  # nearly every act
        here = {"of": meeting, "due": _due(after), "to": after.seq, "sealed": hash_}
        connection.execute(_FURTHER, here)
        return
    made, was = _row(after), _row(before)
    changed = _significant(was, made, after)
    values: dict[str, Any] = {**made, "seq": after.seq, "hash": hash_}
    if before.seq == 0:
        values |= {"id": meeting, "sequence": 0, "made_at": after.at, "changed_at": after.at, "shown_at": after.at}
        connection.execute(sa.insert(meeting_index).values(**values))
    else:
        if made["shown"] != was["shown"]:
            values["shown_at"] = after.at
        if changed:
            values |= {"sequence": meeting_index.c.sequence + 1, "changed_at": after.at}
        connection.execute(sa.update(meeting_index).where(meeting_index.c.id == meeting).values(**values))
    if changed:
        sequence = sa.select(meeting_index.c.sequence).where(meeting_index.c.id == meeting).scalar_subquery()
        connection.execute(sa.insert(outbox).values(kind="calendar", meeting=meeting, sequence=sequence, at=after.at))


def _significant(was: dict[str, Any], made: dict[str, Any], after: MeetingState) -> bool:
    """Whether an appointment changed. That the next session began with those carried over is no change."""
    if any(made[name] != was[name] for name in _CALENDAR):
        return True
    began = after.meeting.state == "open" and after.meeting.session == json.loads(was["carried"]).get("session")
    return made["carried"] != was["carried"] and not began


def made_again(connection: Connection, meeting: str, state: MeetingState) -> None:
    """Writes the row anew from the folded meeting, where an older version of this service had written it."""
    here = meeting_index.c.id == meeting
    values = {**_row(state), "shown_at": meeting_index.c.changed_at}
    connection.execute(sa.update(meeting_index).where(here, meeting_index.c.shown == UNKNOWN).values(**values))


#: The digest in a row that an older version wrote.
UNKNOWN = "unknown"


def old(connection: Connection) -> list[str]:
    """The meetings whose row must be made again."""
    wanted = sa.select(meeting_index.c.id).where(meeting_index.c.shown == UNKNOWN)
    return list(connection.execute(wanted).scalars())


def get(connection: Connection, meeting: str) -> MeetingRow | None:
    found = connection.execute(sa.select(meeting_index).where(meeting_index.c.id == meeting)).one_or_none()
    return _read(found._mapping) if found else None


def every(connection: Connection) -> list[MeetingRow]:
    """All meetings, the earliest first."""
    return _rows(connection, sa.true())


def these(connection: Connection, meetings: Iterable[str]) -> list[MeetingRow]:
    """The meetings of these ids, the earliest first."""
    return _rows(connection, meeting_index.c.id.in_(list(meetings)))


def of_body(connection: Connection, body: str) -> list[MeetingRow]:
    """The meetings of a body, the earliest first."""
    return _rows(connection, meeting_index.c.body_id == body)


def stamps_of_body(connection: Connection, body: str) -> list[tuple[str, str, int]]:
    """(id, shown, shown_at) of a body's meetings: enough to tell whether its calendar changed."""
    return [tuple(row) for row in connection.execute(_STAMPS, {"of": body})]  # type: ignore[misc]


def listed(connection: Connection, body: str) -> list[tuple[str, str, str]]:
    """(id, shown, state) of a body's meetings: enough to tell whether a list of them changed."""
    return [tuple(row) for row in connection.execute(_LISTED, {"of": body})]  # type: ignore[misc]


def stamps(connection: Connection, meetings: Iterable[str]) -> list[tuple[str, str, int, int, str]]:
    """(id, shown, shown_at, seq, state) of these meetings."""
    it = meeting_index.c
    wanted = sa.select(it.id, it.shown, it.shown_at, it.seq, it.state).where(it.id.in_(list(meetings)))
    return [tuple(row) for row in connection.execute(wanted.order_by(it.id))]  # type: ignore[misc]


def _rows(connection: Connection, where: Any) -> list[MeetingRow]:
    order = (meeting_index.c.starts_at, meeting_index.c.id)
    return [_read(row._mapping) for row in connection.execute(sa.select(meeting_index).where(where).order_by(*order))]


def due(connection: Connection, now: int) -> list[str]:
    """The meetings where an announced moment has come (ms UTC)."""
    wanted = sa.select(meeting_index.c.id).where(meeting_index.c.due_at <= now).order_by(meeting_index.c.due_at)
    return list(connection.execute(wanted).scalars())


def later(connection: Connection, moment: int) -> list[tuple[str, int, str]]:
    """(id, moment of the last entry, state) of the meetings whose log goes beyond a moment (ms UTC)."""
    it, last = meeting_index.c, log.c
    wanted = sa.select(it.id, last.at, it.state).join(log, sa.and_(last.meeting == it.id, last.seq == it.seq))
    return [(row.id, row.at, row.state) for row in connection.execute(wanted.where(last.at > moment))]


def _row(state: MeetingState) -> dict[str, Any]:
    m = state.meeting
    times = list(m.sessions.values())
    made: dict[str, Any] = {
        "uid": m.uid,
        "title": jcs(m.title),
        "body": None if m.body is None else jcs(m.body),
        "languages": jcs(m.languages),
        "format": m.format,
        "state": m.state,
        "status": {"none": "none", "cancelled": "cancelled"}.get(m.state, "confirmed"),
        "zone": m.zone,
        "sessions": jcs(sessions(state)),
        "dropped": jcs(sessions(state, dropped=True)),
        "starts_at": min((session.starts_at for session in times), default=None),
        "ends_at": max((session.ends_at for session in times), default=None),
        "room": m.room,
        "link": m.link,
        "channels": jcs([plain(way) for way in m.channels]),
        "agenda": jcs(agenda(state)),
        "carried": jcs(carried(state)),
        "body_id": m.body_id,
        "series": m.series,
        "recurs": m.recurs,
        "due_at": _due(state),
    }
    return made | {"shown": hashlib.sha256(jcs([made[name] for name in _SHOWN]).encode()).hexdigest()}


def _due(state: MeetingState) -> int | None:
    """When the clock has something to do next."""
    lists = state.speakers.lists.values() if state.meeting.state not in ("closed", "cancelled") else ()
    closing = [row.closes_at for row in lists if row.opened and row.closes_at is not None]
    return min(closing, default=None)


def _read(row: Any) -> MeetingRow:
    read = {name: json.loads(row[name]) if row[name] is not None else None for name in _JSON}
    ways = [{**way, "address": bare(way["address"])} for way in read["channels"] or ()]
    return MeetingRow(**{**row, **read, "link": bare(row["link"]), "channels": ways})
