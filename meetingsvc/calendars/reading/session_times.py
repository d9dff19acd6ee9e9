"""When an event sits: its beginning and end on the clock of one zone, or the days whose times somebody must give.

A time that no clock shows, or that it shows twice, is left out and said. Does not belong here: series (series.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from meetingsvc.calendars.local_time import wall_text
from meetingsvc.calendars.reading.events import Found
from meetingsvc.calendars.reading.ics import Remark
from meetingsvc.calendars.reading.times import Clocks, When, at, later, read_all, read_duration, read_when
from meetingsvc.core.kernel import Refused
from meetingsvc.core.meeting import MOST_SESSIONS

#: An event that does not say when it ends is given an hour, and that is said.
_HOUR = (timedelta(0), timedelta(hours=1))
_LONG = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Session:
    """One session as it would be scheduled: wall times such as 2026-12-11T10:00 in an IANA zone."""

    starts: str
    ends: str
    zone: str


@dataclass(frozen=True, slots=True)
class Span:
    """An event with times that a clock shows."""

    found: Found
    starts: datetime
    ends: datetime
    zone: str

    @property
    def moments(self) -> tuple[datetime, datetime]:
        return at(self.starts, self.zone), at(self.ends, self.zone)

    @property
    def session(self) -> Session:
        return Session(wall_text(self.starts), wall_text(self.ends), self.zone)

    def moved(self, starts: datetime) -> Span:
        """The same at another beginning: it lasts as long on the clock."""
        return Span(self.found, starts, starts + (self.ends - self.starts), self.zone)


@dataclass(frozen=True, slots=True)
class Timetable:
    """Reads the times of events, and tells what it could not. `days` collects whole days."""

    clocks: Clocks
    remarks: list[Remark]
    days: list[str] = field(default_factory=list)

    def spans(self, found: Found) -> list[Span]:
        """The times of an event: one, or several where dates are listed; none where no clock can show them."""
        if found.whole_days:
            self._whole_days(found)
            return []
        listed = [] if found.recurs else [when for row in found.part.all("RDATE") for when in read_all(row)]
        made = []
        for when in dict.fromkeys([found.starts, *(each for each in listed if each.kind != "day")]):
            try:
                made.append(self._span(found, when))
            except Refused as why:
                if not why.code.startswith("meeting.time_"):
                    raise  # the zone is somebody's to choose
                self.remarks.append(found.remark(why.code.removeprefix("meeting."), "left", **why.facts))
        return [row for row in made if row]

    def _span(self, found: Found, when: When) -> Span | None:
        # a listed date that names no zone is on the clock of the event
        zone = self.clocks.zone(when if when.kind == "zoned" else found.starts)
        starts = self.clocks.wall(when, zone)
        span = Span(found, starts, self._end(found, when, starts, zone), zone)
        begins, over = span.moments
        facts = {"starts": wall_text(span.starts), "ends": wall_text(span.ends)}
        if over <= begins:
            self.remarks.append(found.remark("ends_before_start", "left", **facts))
            return None
        if when.seconds:
            self.remarks.append(found.remark("seconds_dropped"))
        if self.clocks.doubted(when, zone):
            self.remarks.append(found.remark("zone_differs", zone=zone))
        elif when.kind == "zoned" and when.zone != zone:
            self.remarks.append(found.remark("zone_read_as", given=when.zone, zone=zone))
        if over - begins > _LONG:
            self.remarks.append(found.remark("long", **facts))
        return span

    def _end(self, found: Found, when: When, starts: datetime, zone: str) -> datetime:
        """When it ends on the clock it starts by; an hour later where nothing says."""
        end = read_when(found.part.first("DTEND"))
        if end and end.kind != "day":
            wall = self.clocks.wall(end, zone)
            # a listed date lasts as long on the clock as the event itself
            return wall if when == found.starts else starts + (wall - self.clocks.wall(found.starts, zone))
        lasting = read_duration(found.part.first("DURATION"))
        if lasting is None:
            self.remarks.append(found.remark("no_end"))
        return later(starts, zone, lasting or _HOUR)

    def _whole_days(self, found: Found) -> None:
        end = read_when(found.part.first("DTEND"))
        lasting = read_duration(found.part.first("DURATION"))
        first = found.starts.wall
        count = (end.wall - first).days if end else lasting[0].days if lasting else 1
        days = [f"{first + timedelta(days=n):%Y-%m-%d}" for n in range(max(1, min(count, MOST_SESSIONS)))]
        self.days.extend(days)
        self.remarks.append(found.remark("whole_days", "taken", first=days[0], last=days[-1]))
