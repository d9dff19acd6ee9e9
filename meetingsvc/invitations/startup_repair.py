"""Repairs at start: index rows that an older version of the service wrote are made again, and meetings whose time zone
got new rules keep their local times while their moments in UTC move.

Run once by `serve`. Not here: steps of the database (migrations), the rule that a local time stays (core), the data of
the zones (calendars/zones).
"""

from __future__ import annotations

from meetingsvc.calendars.local_time import utc_ms
from meetingsvc.core.commands.meeting.sessions import ShiftTimes
from meetingsvc.core.kernel import CLOCK, Refused, UnfoldableEntry
from meetingsvc.meetings import Meetings
from meetingsvc.store import meeting_index
from meetingsvc.store.meeting_index import MeetingRow


def set_right(meetings: Meetings) -> list[str]:
    """Sets right what an update of the service or of its zones made wrong; a sentence for each meeting moved."""
    for meeting in meetings.database.read(meeting_index.old):
        try:
            state = meetings.history(meeting).state
        except (Refused, UnfoldableEntry):
            continue  # what cannot be read is not shown either
        meetings.database.write(lambda c, meeting=meeting, state=state: meeting_index.made_again(c, meeting, state))  # type: ignore[misc]
    return [said for row in meetings.meeting_rows() if (said := _shifted(meetings, row))]


def _shifted(meetings: Meetings, row: MeetingRow) -> str | None:
    if row.state in ("closed", "cancelled") or not _moved(row, meetings.clock()):
        return None
    try:
        done = meetings.perform(row.id, CLOCK, [ShiftTimes()])
    except (Refused, UnfoldableEntry):
        return None
    if not done.said:
        return None
    return f"Meeting {row.id}: the rules of its time zone changed; its local times stay, in UTC they moved."


def _moved(row: MeetingRow, now: int) -> bool:
    """Whether a session ahead stands at another moment by today's data: cheap, and nearly always not."""
    for each in row.sessions:
        if each["starts_at"] <= now:
            continue
        try:
            moments = utc_ms(each["starts"], each["zone"]), utc_ms(each["ends"], each["zone"])
        except Refused:
            continue  # a local time that the new rules skip or show twice: the moment that was agreed stays
        if moments != (each["starts_at"], each["ends_at"]):
            return True
    return False
