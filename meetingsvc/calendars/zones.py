"""Time zones of calendars: VTIMEZONE, complete and right for every zone of the pinned data in every span of years.

Here is the one place that turns zoneinfo to the pinned tzdata package. A rule of clocks is written only if the
years asked for follow it; else each change stands by itself; never history (one old observance made Outlook an hour
wrong). DTSTART of an observance is the clock BEFORE the change (RFC 5545, 3.6.5). Not here: what happens when.
"""

from __future__ import annotations

import calendar
import re
import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import NamedTuple
from zoneinfo import ZoneInfo

# Debian's own data of 2025 have twelve zones an hour wrong in December 2026: only the pinned package counts.
zoneinfo.reset_tzpath(to=[])
ZoneInfo.clear_cache()

_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
#: Names that the pinned table keeps apart, though their clocks have gone with these cities since 1967.
_AMERICAN = {
    "EST5EDT": "America/New_York",
    "CST6CDT": "America/Chicago",
    "MST7MDT": "America/Denver",
    "PST8PDT": "America/Los_Angeles",
}
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
_NAME = r"(?:<[^>]+>|[A-Za-z]{3,})"
_CLOCK = r"[+-]?\d+(?::\d+){0,2}"
_POSIX = re.compile(rf"{_NAME}({_CLOCK})(?:{_NAME}({_CLOCK})?,(M[^,]+),(M[^,]+))?")


class Change(NamedTuple):
    """Clocks of a zone are turned: the moment (naive, UTC), and what they differ from UTC before and after it."""

    at: datetime
    before: timedelta
    after: timedelta


class Turn(NamedTuple):
    """One half of a POSIX rule: `M3.5.0/2` is the last (5) Sunday (0) of March (3), two hours into the day."""

    month: int
    week: int
    day: int
    into: timedelta


class Rule(NamedTuple):
    """A POSIX rule: clocks differ by `standard`, and by `summer` from one turn of the year to the other."""

    standard: timedelta
    summer: timedelta
    begins: Turn
    ends: Turn


# ---------------------------------------------------------------- names


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """The names of all zones that the pinned data know."""
    return frozenset(zoneinfo.available_timezones()) - {"Factory", "localtime"}


@lru_cache(maxsize=1)
def _links() -> dict[str, str]:
    """{old name: today's}, for the names without a region, such as Japan: many calendars know Region/City only."""
    table = resources.files("tzdata.zoneinfo").joinpath("tzdata.zi").read_text("utf-8")
    pairs = (row.split(" ")[1:3] for row in table.splitlines() if row.startswith("L "))
    return _AMERICAN | {old: new for new, old in pairs if "/" not in old}


def iana(zone: str) -> str:
    """The name of a zone as calendars write it: Asia/Tokyo for Japan, Etc/UTC for UTC."""
    return _links().get(zone, zone)


def is_utc(zone: str) -> bool:
    return iana(zone) in ("Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu")


# ---------------------------------------------------------------- what the data say


@lru_cache(maxsize=1024)
def footer(zone: str) -> str:
    """The POSIX rule at the end of a zone's TZif file (RFC 8536, 3.3): what holds after its last listed change."""
    package, _, name = f"tzdata.zoneinfo/{zone}".rpartition("/")
    data = resources.files(package.replace("/", ".")).joinpath(name).read_bytes()
    return data.rsplit(b"\n", 2)[-2].decode("ascii")


def _clock(text: str) -> timedelta:
    hours, minutes, seconds = ([int(part) for part in text.lstrip("+-").split(":")] + [0, 0])[:3]
    found = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -found if text.startswith("-") else found


def _turn(text: str) -> Turn:
    days, _, clock = text[1:].partition("/")
    month, week, day = (int(part) for part in days.split("."))
    return Turn(month, week, day, _clock(clock) if clock else timedelta(hours=2))


@lru_cache(maxsize=1024)
def posix_rule(zone: str) -> Rule | None:
    """The yearly rule of a zone, or None if its footer names none."""
    found = _POSIX.fullmatch(footer(zone))
    if not found or not found[3]:
        return None
    standard = -_clock(found[1])  # POSIX counts west of Greenwich
    summer = -_clock(found[2]) if found[2] else standard + timedelta(hours=1)
    return Rule(standard, summer, _turn(found[3]), _turn(found[4]))


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    found = at.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    assert found is not None
    return found


def changes(zone: str, first: datetime, last: datetime) -> list[Change]:
    """Every turn of the clocks between two moments (naive, UTC), looked for day by day, found to the second."""
    place, found = ZoneInfo(zone), list[Change]()
    day, before = first, _offset(ZoneInfo(zone), first)
    while day < last:
        following = day + _DAY
        after = _offset(place, following)
        if after != before:
            early, late = day, following
            while late - early > _SECOND:
                middle = early + timedelta(seconds=(late - early) // _SECOND // 2)
                early, late = (middle, late) if _offset(place, middle) == before else (early, middle)
            found.append(Change(late, before, after))
        day, before = following, after
    return found


# ---------------------------------------------------------------- nth weekdays


def nth_weekday(year: int, month: int, week: int, day: int) -> datetime:
    """The week-th such day of a month (0 is Sunday); week 5 is the last one, be it the fourth or the fifth."""
    first = datetime(year, month, 1)
    nth = first + timedelta(days=(day - first.isoweekday()) % 7, weeks=week - 1)
    return nth if nth.month == month else nth - timedelta(weeks=1)


def _onset(turn: Turn, year: int) -> datetime:
    """When a turn happens in a year, by the clock before it."""
    return nth_weekday(year, turn.month, turn.week, turn.day) + turn.into


def _rrule(turn: Turn) -> str | None:
    """The RRULE of a turn; None if its hours (-1, 24, 50) lead into another month than the one it is counted in."""
    shift = turn.into // _DAY
    day = _DAYS[(turn.day + shift) % 7]
    if not shift:
        return f"FREQ=YEARLY;BYMONTH={turn.month};BYDAY={-1 if turn.week == 5 else turn.week}{day}"
    longest = calendar.monthrange(2023, turn.month)[1]
    first = shift + (longest - 6 if turn.week == 5 else 7 * turn.week - 6)
    if first < 1 or first + 6 > longest or (turn.month == 2 and turn.week == 5):
        return None
    days = ",".join(str(first + number) for number in range(7))
    return f"FREQ=YEARLY;BYMONTH={turn.month};BYMONTHDAY={days};BYDAY={day}"


# ---------------------------------------------------------------- VTIMEZONE


def _sign(offset: timedelta) -> str:
    seconds = offset // _SECOND
    hours, rest = divmod(abs(seconds), 3600)
    minutes, odd = divmod(rest, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02}{minutes:02}{f'{odd:02}' if odd else ''}"


def _observance(
    kind: str, start: datetime, change: tuple[timedelta, timedelta], name: str, rule: str = ""
) -> list[str]:
    before, after = change
    return [
        f"BEGIN:{kind}",
        # strftime would write the year 930 with three digits
        f"DTSTART:{start.year:04}{start:%m%dT%H%M%S}",
        *([f"RRULE:{rule}"] if rule else []),
        f"TZNAME:{name}",
        f"TZOFFSETFROM:{_sign(before)}",
        f"TZOFFSETTO:{_sign(after)}",
        f"END:{kind}",
    ]


def _ruled(zone: str, real: list[Change], years: range) -> list[str] | None:
    """Two observances with RRULE, if in these years the clocks did nothing else than the zone's yearly rule says."""
    rule = posix_rule(zone)
    if rule is None or not (begin := _rrule(rule.begins)) or not (end := _rrule(rule.ends)):
        return None
    winter, summer = (rule.summer, rule.standard), (rule.standard, rule.summer)
    expected = sorted(
        Change(_onset(turn, year) - before, before, after)
        for year in years
        for turn, (before, after) in ((rule.begins, summer), (rule.ends, winter))
    )
    if expected != real:
        return None
    parts = []
    for turn, way, text in ((rule.ends, winter, end), (rule.begins, summer, begin)):
        name = _zone_name(zone, _onset(turn, years[0]) - way[0])
        # from 1970 on, as everybody writes it: vobject takes a zone that is at UTC until 2020 for UTC itself
        onset = _onset(turn, min(years[0], 1970))
        parts.append((way, _observance(_kind(way), onset, way, name, text)))
    # STANDARD first, whichever of the two Ireland calls so
    return [row for _, part in sorted(parts, key=lambda pair: pair[0][1]) for row in part]


def _kind(way: tuple[timedelta, timedelta]) -> str:
    """Forward is DAYLIGHT: tzdata calls Ireland's winter the exception, which Outlook's table cannot say."""
    return "DAYLIGHT" if way[1] > way[0] else "STANDARD"


def _zone_name(zone: str, at: datetime) -> str:
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).tzname() or zone


@lru_cache(maxsize=2048)
def vtimezone(zone: str, first_year: int, last_year: int) -> tuple[str, ...]:
    """The lines of a VTIMEZONE that is right from the first to the last of these years (and a year around them)."""
    begin, end = datetime(max(first_year - 1, 2), 1, 1), datetime(min(last_year + 2, 9998), 1, 1)
    real = changes(zone, begin, end)
    rows = _ruled(zone, real, range(begin.year, end.year)) if real else None
    if rows is None:
        # one offset to begin with, then every change by itself: Casablanca, or a zone that has just changed its mind
        before = _offset(ZoneInfo(zone), begin)
        start = min(begin, datetime(1970, 1, 1))
        rows = _observance("STANDARD", start, (before, before), _zone_name(zone, begin))
        for at, *way in real:
            pair = (way[0], way[1])
            rows += _observance(_kind(pair), at + pair[0], pair, _zone_name(zone, at))
    return ("BEGIN:VTIMEZONE", f"TZID:{iana(zone)}", *rows, "END:VTIMEZONE")
