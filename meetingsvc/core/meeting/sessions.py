"""When and where the meeting sits: scheduled, planned, moved, dropped; its room, and the ways in from far away. Pure.

Every fact that an appointment in somebody's calendar hangs on is changed here. Calling to order and closing: acts.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from meetingsvc.core.kernel import (
    Actor,
    Command,
    Entry,
    Environment,
    Event,
    LocalizedText,
    Refused,
    UnfoldableEntry,
    command,
    event,
    need,
)
from meetingsvc.core.meeting.state import (
    Format,
    Meeting,
    Session,
    WayIn,
    need_channels,
    need_web_address,
    session_of,
)  # fmt: skip
from meetingsvc.core.schema import concluded

if TYPE_CHECKING:
    from meetingsvc.core.state import MeetingState

MOST_SESSIONS = 60
MOST_CHANNELS = 40


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
            part, uid=self.uid, title=self.title, body=self.body, languages=self.languages, zone=self.zone,
            format=self.format, room=self.room or None, link=self.link or None, state="scheduled",
            body_id=self.body_id, series=self.series, recurs=self.recurs,
        )  # fmt: skip


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
            planned, starts=self.starts, ends=self.ends, zone=self.zone,
            starts_at=self.starts_at, ends_at=self.ends_at,
        )  # fmt: skip
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
class ChannelsSet(Event):
    """All the ways in beside the join link: interpretation, telephone."""

    channels: tuple[WayIn, ...]

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        return replace(part, channels=self.channels)


@event("meeting.retitled", headline=4, minute="The title of the meeting was changed.")
class Retitled(Event):
    title: LocalizedText

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        return replace(part, title=self.title)


# -------------------------------------------------------------------------------------------------------- commands


@command("meeting.plan_session", by="chair secretary")
class PlanSession(Command):
    """Plan one more session: wall times such as 2023-12-11T10:00, and the zone if it is another one."""

    starts: str
    ends: str
    zone: str | None = None
    starts_at: int = concluded(0)
    ends_at: int = concluded(0)

    def settle(self, m: MeetingState, environment: Environment) -> PlanSession:
        zone = self.zone or m.meeting.zone
        starts, ends = environment.moment(self.starts, zone), environment.moment(self.ends, zone)
        return replace(self, zone=zone, starts_at=starts, ends_at=ends)

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        need(len(m.meeting.sessions) < MOST_SESSIONS, "meeting.too_many_sessions", most=MOST_SESSIONS)
        need(self.ends_at > self.starts_at, "meeting.ends_before_start")
        assert self.zone is not None
        need_apart(m, None, self.starts_at, self.ends_at)
        yield SessionPlanned(self.starts, self.ends, self.zone, self.starts_at, self.ends_at)


@command("meeting.drop_session", by="chair secretary")
class DropSession(Command):
    """Drop a session that has not begun. The last one cannot be dropped: cancel the meeting instead."""

    session: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        planned = m.meeting.sessions.get(self.session)
        need(planned, "meeting.no_such_session", session=self.session)
        assert planned is not None
        need(planned.began_at is None, "meeting.session_has_begun", session=self.session)
        need(len(m.meeting.sessions) > 1, "meeting.last_session", session=self.session)
        yield SessionDropped(self.session)


@command("meeting.reschedule", by="chair secretary")
class Reschedule(Command):
    """Move a session to another time, room or link; what is not named stays. An empty room or link is cleared."""

    session: int
    starts: str
    ends: str
    zone: str | None = None
    room: str | None = None
    link: str | None = None
    starts_at: int = concluded(0)
    ends_at: int = concluded(0)

    def settle(self, m: MeetingState, environment: Environment) -> Reschedule:
        planned = m.meeting.sessions.get(self.session)
        zone = self.zone or (planned.zone if planned else m.meeting.zone)
        starts, ends = environment.moment(self.starts, zone), environment.moment(self.ends, zone)
        return replace(self, zone=zone, starts_at=starts, ends_at=ends)

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        planned = m.meeting.sessions.get(self.session)
        need(planned, "meeting.no_such_session", session=self.session)
        assert planned is not None and self.zone is not None
        need(planned.ended_at is None, "meeting.session_over", session=self.session)
        need(self.ends_at > self.starts_at, "meeting.ends_before_start")
        need_apart(m, self.session, self.starts_at, self.ends_at)
        need_web_address(self.link)
        made = Rescheduled(
            self.session,
            self.starts,
            self.ends,
            self.zone,
            self.starts_at,
            self.ends_at,
            self.room,
            self.link,
        )
        same_times = replace(
            planned, starts=made.starts, ends=made.ends, zone=made.zone,
            starts_at=made.starts_at, ends_at=made.ends_at,
        ) == planned  # fmt: skip
        new_room = self.room is not None and (self.room or None) != m.meeting.room
        new_link = self.link is not None and (self.link or None) != m.meeting.link
        if not same_times or new_room or new_link:
            yield made


@command("meeting.set_channels", by="chair secretary")
class SetChannels(Command):
    """Say which ways in there are beside the join link; the list replaces the one before."""

    channels: tuple[WayIn, ...]

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        need(len(self.channels) <= MOST_CHANNELS, "meeting.too_many_channels", most=MOST_CHANNELS)
        need_channels(self.channels)
        if self.channels != m.meeting.channels:
            yield ChannelsSet(self.channels)


@dataclass(frozen=True, slots=True)
class Shift:
    """Where a session stands now, as the pinned time-zone data have it."""

    session: int
    starts_at: int
    ends_at: int


@command("meeting.shift_times", by="clock")
class ShiftTimes(Command):
    """Newer time-zone data give another moment to an agreed local time: the local time is kept."""

    shifts: tuple[Shift, ...] = concluded(())

    def settle(self, m: MeetingState, environment: Environment) -> ShiftTimes:
        return replace(self, shifts=tuple(_shifts(m, environment)))

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        for shift in self.shifts:
            yield TimesShifted(shift.session, shift.starts_at, shift.ends_at)


def _shifts(m: MeetingState, environment: Environment) -> Iterator[Shift]:
    for row in m.meeting.sessions.values():
        if row.began_at is not None:
            continue
        try:
            starts, ends = environment.moment(row.starts, row.zone), environment.moment(row.ends, row.zone)
        except Refused:
            continue  # a local time that the new rules skip or show twice: the moment that was agreed stays
        if (starts, ends) != (row.starts_at, row.ends_at) and ends > starts:
            yield Shift(row.id, starts, ends)


def need_apart(m: MeetingState, session: int | None, starts_at: int, ends_at: int) -> None:
    """Refuse a session that lies across another one of the same meeting: nobody can sit in both."""
    for other in m.meeting.sessions.values():
        if other.id != session:
            need(ends_at <= other.starts_at or starts_at >= other.ends_at, "meeting.sessions_overlap", session=other.id)
