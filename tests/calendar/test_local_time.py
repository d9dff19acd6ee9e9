"""One moment on the clocks of several cities, as calendars and pages show it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from meetingsvc.calendars.local_time import city, clock_line, clock_times, in_zone, milliseconds, wall
from meetingsvc.translations import Catalogue
from tests.calendar.samples import ASHGABAT, GENEVA, SAY


def line(starts: str, zone: str, *extra: str | None) -> str:
    return clock_line(clock_times(milliseconds(wall(starts, zone)), zone, extra, SAY), SAY)


def test_ten_in_ashgabat_is_five_utc_and_six_in_geneva() -> None:
    assert line("2026-12-11T10:00", ASHGABAT, "Pacific/Auckland") == (
        "10:00 Ashgabat = 05:00 UTC = 06:00 Geneva = 00:00 New York = 18:00 Auckland"
    )


def test_another_day_is_said() -> None:
    assert line("2026-12-11T03:00", ASHGABAT, "Asia/Shanghai") == (
        "03:00 Ashgabat = 22:00 UTC (day before) = 23:00 Geneva (day before) = 17:00 New York (day before)"
        " = 06:00 Shanghai"
    )
    assert "07:00 Auckland (next day)" in line("2026-12-11T19:00", GENEVA, "Pacific/Auckland")


def test_two_days_apart_are_a_date() -> None:
    found = line("2026-12-11T00:30", "Pacific/Kiritimati", "Pacific/Pago_Pago")
    assert found.endswith("23:30 Pago Pago (Wednesday, 9 December 2026)")


def test_each_place_is_named_once_and_an_unknown_zone_not_at_all() -> None:
    assert line("2026-12-11T10:00", GENEVA, GENEVA, "UTC", "Mars/Base", "../x", None, "") == (
        "10:00 Geneva = 09:00 UTC = 04:00 New York"
    )


@pytest.mark.parametrize("zone", ["America/Vancouver", "America/Winnipeg"])
def test_canada_of_december_2026_is_right_with_the_pinned_data(zone: str) -> None:
    """Both stay on summer time from 2026 on; data of 2025 do not know that."""
    hours = {"America/Vancouver": "22:00", "America/Winnipeg": "00:00"}
    assert clock_times(milliseconds(wall("2026-12-11T10:00", ASHGABAT)), ASHGABAT, (zone,), SAY)[-1].time == hours[zone]


def test_cities_speak_the_readers_language() -> None:
    french = Catalogue("fr", {"Geneva": ("Genève",)}, lambda n: int(n > 1))
    assert [city(zone, french) for zone in (GENEVA, "Asia/Ashgabat", "Europe/Moscow", "UTC")] == [
        "Genève",
        "Achgabat",
        "Moscou",
        "UTC",
    ]
    assert city("Etc/GMT+5", SAY) == "UTC-5"
    assert city("America/Argentina/Buenos_Aires", SAY) == "Buenos Aires"


def test_an_hour_that_comes_twice_is_written_in_utc_the_second_time() -> None:
    """RFC 5545, 3.3.5: a local time that occurs twice means the first."""
    first = milliseconds(datetime(2027, 10, 31, 0, 30, tzinfo=UTC))
    assert in_zone(first, GENEVA).strftime("%H:%M %Z") == "02:30 CEST"
    assert in_zone(first + 3_600_000, GENEVA).strftime("%H:%M %Z") == "01:30 UTC"
