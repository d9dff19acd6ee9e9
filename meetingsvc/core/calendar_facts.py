"""What calendars are told of a meeting, as a function of the whole: sessions with their ends, what was carried over.

Pure. Not here: files, people, what is sent to whom.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meetingsvc.core.meeting import Session
from meetingsvc.core.state import MeetingState

#: A session that runs on moves its end in steps, so that nobody's calendar changes more often than that.
STEP_MS = 10 * 60 * 1000


def shown_end(m: MeetingState, session: Session) -> int:
    """When a session ends as calendars show it (ms UTC): as planned, or later while it runs on beyond that.

    It runs on when it still sits after its planned end, or is suspended until a moment after it.
    """
    if session.began_at is None:
        return session.ends_at
    reached = session.ended_at if session.ended_at is not None else m.at
    if session.ended_at is None and m.meeting.state == "suspended" and m.meeting.until is not None:
        reached = max(reached, m.meeting.until)
    beyond = max(0, reached - session.ends_at)
    return session.ends_at + -(-beyond // STEP_MS) * STEP_MS


def runs_on(m: MeetingState) -> bool:
    """Whether the session in progress is past its planned end: then time alone moves what calendars show."""
    here = m.meeting.sessions.get(m.meeting.session or 0)
    return here is not None and m.at > here.ends_at


def is_held(m: MeetingState, session: Session) -> bool:
    """Whether a session is, was or will be held: when the meeting is closed, what never began will not be."""
    return m.meeting.state != "closed" or session.began_at is not None


def sessions(m: MeetingState, *, dropped: bool = False) -> list[dict[str, Any]]:
    """The sessions in order of time; or those that were dropped, or left over when the meeting was closed."""
    planned = m.meeting.sessions.values()
    rows = [row for row in planned if is_held(m, row) is not dropped]
    rows += m.meeting.dropped.values() if dropped else ()
    return [
        {
            "id": row.id,
            "starts": row.starts,
            "ends": row.ends,
            "zone": row.zone,
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "shown_ends_at": shown_end(m, row),
        }
        for row in sorted(rows, key=lambda row: (row.starts_at, row.id))
    ]


def agenda(m: MeetingState) -> list[dict[str, Any]]:
    """The items everybody may see, numbered as they stand: [{number, title}]."""
    rows = [item for item in m.agenda.in_order() if not item.hidden]
    return [{"number": item.number or str(n), "title": item.title} for n, item in enumerate(rows, 1)]


def carried(m: MeetingState) -> dict[str, Any]:
    """Who is still to be heard when an adjourned meeting sits again: {session, rows: [[entry, delegation, item]]}."""
    if m.meeting.state != "adjourned":
        return {}
    ahead = [row for row in m.meeting.sessions.values() if row.ended_at is None]
    rows = list(_to_be_heard(m))
    if not ahead or not rows:
        return {}
    coming = min(ahead, key=lambda row: (row.starts_at, row.id))
    return {"session": coming.id, "rows": rows}


def _to_be_heard(m: MeetingState) -> Iterator[list[int]]:
    suspended = [item for item in m.agenda.in_order() if item.state == "suspended"]
    for item in suspended:
        for lst in m.speakers.lists.values():
            if lst.item == item.id:
                yield from ([row.id, row.delegation, item.id] for row in lst.in_order())
