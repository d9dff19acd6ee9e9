"""Regular series: the wall times at which a rule puts its meetings, its RRULE, and what differs from it.

Not here: how a series came to be (core), the text of events (events, texts).
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice

from icalendar import vRecur

from meetingsvc.calendars.appointment import Appointment, Series, Session
from meetingsvc.calendars.local_time import end_of, read_wall, wall_text
from meetingsvc.calendars.safe_text import line

#: More occurrences, and years, than any regular meeting has: a rule is cut here, whoever wrote it.
MOST, YEARS = 1000, 10
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def starts_of(series: Series) -> tuple[str, ...]:
    """Every wall time the rule names, skipped ones among them."""
    return _starts(series.starts, series.freq, _interval(series), max(1, min(series.count, MOST)))


def _interval(series: Series) -> int:
    return max(1, min(series.interval, 99))


@lru_cache(maxsize=256)
def _starts(starts: str, freq: str, interval: int, count: int) -> tuple[str, ...]:
    first = read_wall(starts)
    if freq == "MONTHLY":
        found = list(islice(_months(first, interval), count))
    else:
        step = timedelta(days=interval) if freq == "DAILY" else timedelta(weeks=interval)
        found = [first + number * step for number in range(count)]
    return tuple(wall_text(at) for at in found if at.year <= first.year + YEARS)


def _months(first: datetime, interval: int) -> Iterator[datetime]:
    """The same weekday of the month, such as the second Tuesday; a fifth one, not in every month, means the last."""
    nth, months = (first.day - 1) // 7, first.year * 12 + first.month - 1
    while months < (first.year + YEARS + 1) * 12:
        year, month = months // 12, months % 12 + 1
        days = [week[first.weekday()] for week in calendar.monthcalendar(year, month) if week[first.weekday()]]
        yield first.replace(year=year, month=month, day=days[nth] if nth < 4 else days[-1])
        months += interval


def rule_of(series: Series) -> vRecur:
    rule: dict[str, object] = {"FREQ": series.freq, "COUNT": len(starts_of(series))}
    if _interval(series) > 1:
        rule["INTERVAL"] = _interval(series)
    if series.freq == "MONTHLY":
        first = read_wall(series.starts)
        nth = (first.day - 1) // 7 + 1
        rule["BYDAY"] = f"{nth if nth < 5 else -1}{_DAYS[first.weekday()]}"
    return vRecur(rule)


def skipped(series: Series) -> list[str]:
    """The skipped starts that the rule really names: an exception that hits nothing is an error (RFC 5545)."""
    return sorted(set(series.skipped) & set(starts_of(series)))


def belongs(appointment: Appointment, series: Series) -> bool:
    """Whether the rule of a series puts this meeting where it says it does."""
    found = appointment.recurrence
    if found is None or (found.uid, found.zone) != (series.uid, series.zone):
        return False
    return found.starts in starts_of(series) and found.starts not in series.skipped


def differs(appointment: Appointment, session: Session, series: Series) -> bool:
    """Whether an occurrence must be written by itself, because it is not what the rule alone would show."""
    assert appointment.recurrence is not None, "only an occurrence of a series is compared with it"
    starts = appointment.recurrence.starts
    by_rule = (starts, end_of(starts, series.starts, series.ends), series.zone)
    return (
        (session.starts, session.ends, session.zone) != by_rule
        or session.shown_ends_at > session.ends_at
        or session.dropped
        or appointment.status == "cancelled"
        or appointment.sequence > 0
        or bool(appointment.agenda or appointment.documents)
        or len(appointment.sessions) > 1
        or line(appointment.room) != line(series.room)
        or (appointment.title, appointment.ways_in) != (series.title, series.ways_in)
    )
