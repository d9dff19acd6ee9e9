"""To plan, move and drop sessions, and to say where they are held and how one takes part from far away. Pure.

Does not belong here: calling a new meeting (schedule.py), beginning and ending a session (acts.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from meetingsvc.core.commands.base import Command, Environment, command
from meetingsvc.core.kernel import Actor, Event, Refused, need
from meetingsvc.core.meeting.sessions import Rescheduled, SessionDropped, SessionPlanned, TimesShifted, WaysInSet
from meetingsvc.core.meeting.state import MOST_SESSIONS, WayIn, bare
from meetingsvc.core.schema import concluded
from meetingsvc.core.state import MeetingState

MOST_WAYS_IN = 40
_PHONE = re.compile(r"tel:\+?[0-9().,;#*-]{3,60}")


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
        same_times = (
            replace(
                planned,
                starts=made.starts,
                ends=made.ends,
                zone=made.zone,
                starts_at=made.starts_at,
                ends_at=made.ends_at,
            )
            == planned
        )
        new_room = self.room is not None and (self.room or None) != m.meeting.room
        new_link = self.link is not None and (self.link or None) != m.meeting.link
        if not same_times or new_room or new_link:
            yield made


@command("meeting.set_channels", by="chair secretary")
class SetWaysIn(Command):
    """Say which ways in there are beside the join link; the list replaces the one before."""

    channels: tuple[WayIn, ...]

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        need(len(self.channels) <= MOST_WAYS_IN, "meeting.too_many_channels", most=MOST_WAYS_IN)
        need_ways_in(self.channels)
        if self.channels != m.meeting.channels:
            yield WaysInSet(self.channels)


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


def need_web_address(link: str | None) -> None:
    """Refuse a join link that is not an https or http address, since people will press it, or that hides its host."""
    need(not link or link.startswith(("https://", "http://")), "meeting.link_is_no_address")
    need(link == bare(link), "meeting.link_names_somebody")


def need_ways_in(ways: Iterable[WayIn]) -> None:
    """Refuse a way in that nobody can press: an address of the wrong kind, or no address at all."""
    for way in ways:
        need(way.address, "meeting.channel_has_no_address")
        if way.kind == "phone":
            need(_PHONE.fullmatch(way.address), "meeting.phone_unreadable", given=way.address)
        else:
            need_web_address(way.address)
