"""When and where the meeting sits: scheduled, planned, moved, dropped; title, room, ways in from far away. Pure.

Every fact that an appointment in somebody's calendar hangs on is here. Calling to order and closing: acts.py.
"""

from __future__ import annotations

from dataclasses import replace

from meetingsvc.core.kernel import Entry, Event, LocalizedText, UnfoldableEntry, event
from meetingsvc.core.meeting.state import Format, Meeting, Session, WayIn, session_of


@event("meeting.scheduled", headline=5, minute="The meeting was scheduled.")
class MeetingScheduled(Event):
    uid: str
    title: LocalizedText
    languages: tuple[str, ...]
    zone: str
    format: Format
    body: LocalizedText | None = None
    room: str | None = None
    link: str | None = None
    body_id: str | None = None
    series: str | None = None
    recurs: str | None = None

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        if part.state != "none":
            raise UnfoldableEntry(entry, "the meeting is scheduled already")
        return replace(
            part,
            uid=self.uid,
            title=self.title,
            body=self.body,
            languages=self.languages,
            zone=self.zone,
            format=self.format,
            room=self.room or None,
            link=self.link or None,
            state="scheduled",
            body_id=self.body_id,
            series=self.series,
            recurs=self.recurs,
        )


@event("meeting.session_planned", headline=0)
class SessionPlanned(Event):
    starts: str
    ends: str
    zone: str
    starts_at: int
    ends_at: int

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        planned = Session(entry.seq, self.starts, self.ends, self.zone, self.starts_at, self.ends_at)
        return replace(part, sessions={**part.sessions, entry.seq: planned})


@event("meeting.rescheduled", headline=5, minute="A session was rescheduled.")
class Rescheduled(Event):
    session: int
    starts: str
    ends: str
    zone: str
    starts_at: int
    ends_at: int
    room: str | None = None
    link: str | None = None

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        planned = session_of(part, self.session, entry)
        moved = replace(
            planned,
            starts=self.starts,
            ends=self.ends,
            zone=self.zone,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
        )
        return replace(
            part,
            sessions={**part.sessions, self.session: moved},
            room=part.room if self.room is None else self.room or None,
            link=part.link if self.link is None else self.link or None,
        )


@event("meeting.session_dropped", headline=5, minute="A session was dropped.")
class SessionDropped(Event):
    """The session will not be held. It is no longer among the sessions; calendars go on saying that it is cancelled."""

    session: int

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        gone = session_of(part, self.session, entry)
        left = {id: row for id, row in part.sessions.items() if id != self.session}
        return replace(part, sessions=left, dropped={**part.dropped, self.session: gone})


@event("meeting.times_shifted", headline=5, minute="The moment of a session moved with its time zone's rules.")
class TimesShifted(Event):
    """The rules of a time zone changed: the agreed local time stays, and is another moment now."""

    session: int
    starts_at: int
    ends_at: int

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        moved = replace(session_of(part, self.session, entry), starts_at=self.starts_at, ends_at=self.ends_at)
        return replace(part, sessions={**part.sessions, self.session: moved})


@event("meeting.channels_set", headline=4)
class WaysInSet(Event):
    """All the ways in beside the join link: interpretation, telephone."""

    channels: tuple[WayIn, ...]

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        return replace(part, channels=self.channels)


@event("meeting.retitled", headline=4, minute="The title of the meeting was changed.")
class Retitled(Event):
    title: LocalizedText

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        return replace(part, title=self.title)
