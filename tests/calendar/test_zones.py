"""VTIMEZONE: complete and right, for the zones that tools get wrong; `make ics` does it for every zone there is."""

from __future__ import annotations

import random
import subprocess
import sys
import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest

from meetingsvc.calendars import zones
from meetingsvc.calendars.files import meeting_file
from tests.calendar.check import assert_clean
from tests.calendar.ics_check.reader import Results, build
from tests.calendar.ics_check.values import VTZ
from tests.calendar.samples import MEMBER, SAY, appointment, session

#: One rule, no rule, a rule that was just dropped, fasting months, half hours, hours that lead into another day.
TWELVE = (
    "Asia/Ashgabat",
    "Europe/Zurich",
    "America/New_York",
    "America/Vancouver",
    "America/Winnipeg",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "America/Nuuk",
    "Asia/Gaza",
    "Europe/Dublin",
)


def evaluated(zone: str, first: int, last: int) -> VTZ:
    """Our VTIMEZONE as the checker's evaluator reads it; it knows nothing of how we wrote it."""
    results = Results()
    (component,) = build(list(enumerate(zones.vtimezone(zone, first, last))), results)
    return VTZ(component, horizon=last + 3)


def wrong(zone: str, first: int, last: int, step: timedelta) -> list[datetime]:
    """Moments at which our VTIMEZONE says something else than the pinned data."""
    ours, real = evaluated(zone, first, last), zoneinfo.ZoneInfo(zone)
    begin, end = datetime(first, 1, 1), datetime(last + 1, 12, 31)
    at = [begin + step * n for n in range((end - begin) // step)]
    for change in zones.changes(zone, begin, end):
        at += [change.at + timedelta(seconds=s) for s in (-3600, -1, 0, 1, 3600)]
    return [u for u in at if ours.utcoffset(u) != u.replace(tzinfo=UTC).astimezone(real).utcoffset()]


@pytest.mark.parametrize("zone", TWELVE)
def test_readers_see_the_same_times_in_twelve_difficult_zones(zone: str) -> None:
    days = ("2026-12-11", "2027-03-28", "2027-07-11", "2027-10-31")
    sessions = tuple(session(number, f"{day}T10:00", f"{day}T13:00", zone) for number, day in enumerate(days, start=1))
    assert_clean(meeting_file(appointment(zone=zone, sessions=sessions), MEMBER, SAY))


@pytest.mark.parametrize("zone", TWELVE)
@pytest.mark.parametrize("years", [(2026, 2026), (2024, 2031), (2005, 2008), (1968, 1972), (2090, 2093)])
def test_a_vtimezone_is_right_in_any_span_of_years(zone: str, years: tuple[int, int]) -> None:
    assert wrong(zone, *years, timedelta(days=5)) == []


def test_a_vtimezone_is_right_for_every_zone_around_every_change() -> None:
    assert {zone for zone in sorted(zones.names()) if wrong(zone, 2026, 2027, timedelta(days=90))} == set()


def test_a_vtimezone_is_right_in_spans_drawn_at_random() -> None:
    draw = random.Random(7)
    for zone in draw.sample(sorted(zones.names()), 60):
        first = draw.randint(1890, 2150)
        assert wrong(zone, first, first + draw.randint(0, 12), timedelta(days=60)) == [], (zone, first)


def test_a_zone_whose_clocks_never_change_is_one_observance() -> None:
    assert zones.vtimezone("Asia/Ashgabat", 2026, 2026) == (
        "BEGIN:VTIMEZONE",
        "TZID:Asia/Ashgabat",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZNAME:+05",
        "TZOFFSETFROM:+0500",
        "TZOFFSETTO:+0500",
        "END:STANDARD",
        "END:VTIMEZONE",
    )


def test_a_rule_begins_by_the_clock_before_the_change() -> None:
    rows = zones.vtimezone("Europe/Zurich", 2026, 2026)
    assert "DTSTART:19700329T020000" in rows and "DTSTART:19701025T030000" in rows
    assert "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU" in rows


def test_years_that_follow_no_rule_are_listed_without_one() -> None:
    for zone in ("Africa/Casablanca", "America/Vancouver"):
        rows = zones.vtimezone(zone, 2026, 2026)
        assert not [row for row in rows if row.startswith(("RRULE", "RDATE"))]
        assert len([row for row in rows if row.startswith("BEGIN:")]) > 2


def test_the_years_that_follow_a_rule_have_one() -> None:
    """All zones with a yearly rule but Egypt's: at 24:00 on October's last Thursday it may be November."""
    ruled = {zone for zone in zones.names() if zones.posix_rule(zone)}
    written = {zone for zone in ruled if any("RRULE" in row for row in zones.vtimezone(zone, 2029, 2029))}
    assert ruled - written == {"Africa/Cairo", "Egypt"}


@pytest.mark.parametrize(
    ("year", "month", "week", "day", "found"),
    [(2027, 3, 5, 0, 28), (2027, 3, 2, 0, 14), (2026, 11, 1, 0, 1), (2027, 2, 5, 1, 22), (2024, 2, 5, 4, 29)],
)
def test_the_nth_weekday_of_a_month(year: int, month: int, week: int, day: int, found: int) -> None:
    assert zones.nth_weekday(year, month, week, day).day == found


def test_a_name_without_a_region_is_written_by_its_region() -> None:
    assert (zones.iana("Japan"), zones.iana("Cuba"), zones.iana("EST5EDT")) == (
        "Asia/Tokyo",
        "America/Havana",
        "America/New_York",
    )
    assert {zone for zone in zones.names() if "/" not in zones.iana(zone)} == set()
    assert zones.is_utc("Zulu") and zones.is_utc("Etc/UTC") and not zones.is_utc("Europe/London")


def test_the_writer_alone_turns_to_the_pinned_data() -> None:
    """Not the system's: those of a stock Debian 12 had Vancouver an hour wrong in December 2026."""
    asked = (
        "from meetingsvc.calendars.local_time import milliseconds, wall; import zoneinfo;"
        "print(zoneinfo.TZPATH, milliseconds(wall('2026-12-11T10:00', 'America/Vancouver')))"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["()", "1797008400000"]
