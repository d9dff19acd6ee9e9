"""Rules of recurring events: the plain ones become a series of at most sixty, others are said, bombs are refused.

Nothing is expanded without a bound, and only wall times are counted, never moments. Does not belong here: what an
occurrence is to a meeting (meeting_plan.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from icalendar.prop import vRecur

from meetingsvc.calendars.local_time import on_clock, wall_text
from meetingsvc.calendars.reading.events import Found
from meetingsvc.calendars.reading.ics import Part, Remark, shown
from meetingsvc.calendars.reading.session_times import Session, Span, Timetable
from meetingsvc.calendars.reading.times import FIRST, LAST, Clocks, read_all
from meetingsvc.core.kernel import Refused, need
from meetingsvc.core.meeting import MOST_SESSIONS

#: Beyond these nobody means a meeting.
LARGEST_COUNT = 1_000
LARGEST_INTERVAL = 99
MOST_DATES = 400
_MOST_VALUES = 40
_LONGEST_RULE = 500
_HUGE = re.compile(r"(?i)(COUNT|INTERVAL)=[+-]?[0-9]{5}")
_PLAIN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYSETPOS", "WKST"})
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
Frequency = Literal["DAILY", "WEEKLY", "MONTHLY"]


@dataclass(frozen=True, slots=True)
class Moved:
    """An occurrence that meets at another time than the rule puts it; all are wall times in the series' zone."""

    was: str
    starts: str
    ends: str


@dataclass(frozen=True, slots=True)
class Series:
    """A plain rule from the wall times of its first occurrence on; MONTHLY is by weekday, as the second Tuesday.

    `count` counts all that the rule names; of these, `skipped` are not met and `moved` at another time. `meets` is
    what remains, in order.
    """

    freq: Frequency
    interval: int
    count: int
    starts: str
    ends: str
    zone: str
    skipped: tuple[str, ...] = ()
    moved: tuple[Moved, ...] = ()
    meets: tuple[Session, ...] = ()


class _Unfit(Exception):
    """Why a rule is no plain series: the code of a remark."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_series(found: list[Found]) -> bool:
    """Whether these are one recurring event and nothing but its exceptions."""
    masters = [each for each in found if each.recurs]
    if len(masters) != 1 or masters[0].whole_days:
        return False
    return all(each is masters[0] or (each.uid == masters[0].uid and each.instead) for each in found)


def need_no_bomb(event: Part) -> None:
    """Refuse rules and lists of dates that were made to exhaust whoever expands them."""
    dates = sum(found.value.count(",") + 1 for name in ("RDATE", "EXDATE") for found in event.all(name))
    need(dates <= MOST_DATES, "ics.too_many_dates", most=MOST_DATES)
    for found in event.all("RRULE") + event.all("EXRULE"):
        _need_no_bomb(found.value)


def _need_no_bomb(text: str) -> None:
    # numbers that the reader of rules gives up at are refused before it sees them
    rule = _read(text) if len(text) <= _LONGEST_RULE and not _HUGE.search(text) else {}
    said = shown(text, 80)
    need(rule is None or rule, "ics.rule_too_big", rule=said)
    if not rule:
        return
    lists = [values for key, values in rule.items() if key.startswith("BY")]
    small = (
        str(_one(rule, "FREQ")).upper() not in ("SECONDLY", "MINUTELY", "HOURLY")
        and not rule.keys() & {"BYSECOND", "BYMINUTE"}
        and len(lists) <= 3
        and sum(map(len, lists)) <= _MOST_VALUES
        and _within(rule, "COUNT", LARGEST_COUNT)
        and _within(rule, "INTERVAL", LARGEST_INTERVAL)
    )
    until = _one(rule, "UNTIL")
    need(small and (not isinstance(until, date) or FIRST <= until.year <= LAST), "ics.rule_too_big", rule=said)


def read_series(first: Span, exceptions: list[Found], table: Timetable) -> Series | None:
    """The series that a recurring event makes; None, with a remark, where its rule is not plain. It is no bomb."""
    event, zone = first.found, first.zone
    try:
        freq, interval, walls = _occurrences(event.part, first.starts, zone)
    except _Unfit as why:
        facts = {"rule": shown(event.part.all("RRULE")[0].value, 80), "most": MOST_SESSIONS}
        table.remarks.append(event.remark(why.code, **facts))
        table.remarks.extend(each.remark("exception_left_out", "left") for each in exceptions)
        return None
    spans = {wall: first.moved(wall) for wall in walls}
    gone = _excluded(event.part, walls, zone, table.clocks) | _unshown(spans, table.remarks)
    changed = _exceptions(exceptions, spans, zone, table)
    gone |= {was for was, span in changed.items() if span is None}
    instead = {was: span for was, span in changed.items() if span and was not in gone}
    others = [(was, span) for was, span in instead.items() if span.moments != spans[was].moments]
    return Series(
        freq,
        interval,
        len(walls),
        wall_text(first.starts),
        wall_text(first.ends),
        zone,
        tuple(wall_text(wall) for wall in walls if wall in gone),
        tuple(Moved(wall_text(was), *_on_clock(span, zone)) for was, span in others),
        tuple(instead.get(wall, spans[wall]).session for wall in walls if wall not in gone),
    )


def _exceptions(
    exceptions: list[Found], spans: dict[datetime, Span], zone: str, table: Timetable
) -> dict[datetime, Span | None]:
    """What the exceptions put in the place of occurrences: another time, or nothing."""
    changed: dict[datetime, Span | None] = {}
    for each in exceptions:
        was = _replaced(each, zone, table.clocks)
        if was not in spans:
            table.remarks.append(each.remark("exception_elsewhere", "left"))
            continue
        times = [] if each.cancelled else table.spans(each)
        changed[was] = times[0] if times else None
        if times:
            facts = {"starts": wall_text(times[0].starts), "zone": times[0].zone}
            table.remarks.append(each.remark("exception", "taken", was=wall_text(was), **facts))
        else:
            table.remarks.append(each.remark("exception_skipped", "taken", was=wall_text(was)))
    return changed


def _replaced(each: Found, zone: str, clocks: Clocks) -> datetime | None:
    when = each.instead
    assert when, "is_series lets none without it through"
    try:
        return clocks.wall(when, zone)
    except Refused as why:
        if not why.code.startswith("meeting."):
            raise
        return None


def _unshown(spans: dict[datetime, Span], remarks: list[Remark]) -> set[datetime]:
    """The occurrences whose times no clock shows, or shows twice."""
    gone = set()
    for wall, span in spans.items():
        try:
            _ = span.moments
        except Refused as why:
            gone.add(wall)
            remarks.append(span.found.remark(why.code.removeprefix("meeting."), **why.facts))
    return gone


def _on_clock(span: Span, zone: str) -> tuple[str, str]:
    starts, ends = (wall_text(on_clock(moment, zone)) for moment in span.moments)
    return starts, ends


def _occurrences(event: Part, first: datetime, zone: str) -> tuple[Frequency, int, list[datetime]]:
    """(freq, interval, wall times) of a plain rule with an end; raises `_Unfit`."""
    rules = event.all("RRULE")
    rule = _read(rules[0].value)
    if not rule:
        raise _Unfit("rule_unreadable")
    if len(rules) > 1 or event.first("EXRULE") or event.first("RDATE") or not _plain(rule, first):
        raise _Unfit("rule_not_plain")
    count, until = _one(rule, "COUNT"), _until(rule, zone)
    if count is None and until is None:
        raise _Unfit("series_without_end")
    freq: Any = str(_one(rule, "FREQ")).upper()
    interval = int(_one(rule, "INTERVAL") or 1)
    walls: list[datetime] = []
    for wall in _walls(freq, first, interval):
        if (count is not None and len(walls) >= count) or (until is not None and wall > until):
            break
        if len(walls) == MOST_SESSIONS:
            raise _Unfit("series_too_long")
        walls.append(wall)
    if not walls:
        raise _Unfit("rule_not_plain")
    return freq, interval, walls


def _read(text: str) -> dict[str, list[Any]] | None:
    """The parts of a rule in capitals, None where they cannot be read."""
    try:
        return {str(key).upper(): list(values) for key, values in vRecur.from_ical(text.strip()).items()} or None
    except ValueError:
        return None


def _one(rule: dict[str, list[Any]], key: str) -> Any:
    return rule[key][0] if rule.get(key) else None


def _within(rule: dict[str, list[Any]], key: str, most: int) -> bool:
    return all(isinstance(value, int) and 0 < value <= most for value in rule.get(key, []))


def _until(rule: dict[str, list[Any]], zone: str) -> datetime | None:
    """The last wall time that a rule allows. A day counts whole."""
    until = _one(rule, "UNTIL")
    if isinstance(until, datetime):
        return on_clock(until, zone) if until.tzinfo else until
    return datetime(until.year, until.month, until.day, 23, 59) if isinstance(until, date) else None


def _plain(rule: dict[str, list[Any]], first: datetime) -> bool:
    """Whether a rule is every n-th day, week or weekday of the month, counted from its own first time."""
    freq = str(_one(rule, "FREQ")).upper()
    days = [str(day).upper() for day in rule.get("BYDAY", [])]
    places = rule.get("BYSETPOS", [])
    if not rule.keys() <= _PLAIN or any(len(rule.get(key, [])) > 1 for key in _PLAIN - {"BYDAY"}):
        return False
    own, place = _DAYS[first.weekday()], (first.day - 1) // 7 + 1
    if freq == "MONTHLY":
        # a fifth weekday is missing in most months, and the last one is another each time
        named = (days == [f"{place}{own}"] or days == [f"+{place}{own}"]) and not places
        return place < 5 and (named or (days == [own] and places == [place]))
    if freq == "DAILY":
        return not days and not places
    return freq == "WEEKLY" and days in ([], [own]) and not places


def _walls(freq: str, first: datetime, interval: int) -> Iterator[datetime]:
    """Wall times by a plain rule, until the years end that a meeting may be in."""
    wall, step = first, timedelta(days=interval * (7 if freq == "WEEKLY" else 1))
    place = (first.day - 1) // 7
    while wall.year <= LAST:
        yield wall
        if freq != "MONTHLY":
            wall += step
            continue
        months = wall.year * 12 + wall.month - 1 + interval
        start = wall.replace(year=months // 12, month=months % 12 + 1, day=1)
        wall = start + timedelta(days=(first.weekday() - start.weekday()) % 7 + 7 * place)


def _excluded(event: Part, walls: list[datetime], zone: str, clocks: Clocks) -> set[datetime]:
    """The occurrences that EXDATE takes out. A day takes out all of it, as some write it."""
    times = [when for row in event.all("EXDATE") for when in read_all(row)]
    days = {when.wall.date() for when in times if when.kind == "day"}
    found = {wall for wall in walls if wall.date() in days}
    for when in (when for when in times if when.kind != "day"):
        try:
            found.add(clocks.wall(when, zone))
        except Refused as why:
            # a time that its clock does not show cannot be one that the rule names
            if not why.code.startswith("meeting."):
                raise
    return found
