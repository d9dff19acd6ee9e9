"""What commands ask of the outside: moments by the pinned time-zone data, persons, identities."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from meetingsvc.calendars.local_time import utc_ms
from meetingsvc.core.kernel import Refused
from meetingsvc.environment import RealEnvironment, zones


def test_only_the_pinned_time_zone_data_are_used() -> None:
    assert zoneinfo.TZPATH == ()
    # the system's data of 2025 still had these an hour off in December 2026
    assert utc_ms("2026-12-11T10:00", "America/Vancouver") == 1_797_008_400_000
    assert utc_ms("2023-12-11T10:00", "Asia/Ashgabat") == 1_702_270_800_000


@pytest.mark.parametrize(
    ("local", "zone", "code"),
    [
        ("2027-03-28T02:30", "Europe/Zurich", "time_gap"),
        ("2026-10-25T02:30", "Europe/Zurich", "time_overlap"),
        ("2011-12-30T10:00", "Pacific/Apia", "time_gap"),
        ("2023-12-11 10:00", "UTC", "time_unreadable"),
        ("2023-12-11T10:00:00", "UTC", "time_unreadable"),
        ("2023-02-30T10:00", "UTC", "time_unreadable"),
        ("2023-12-11T24:00", "UTC", "time_unreadable"),
        ("0001-01-01T00:00", "Asia/Tokyo", "time_unreadable"),
        ("٢٠٢٣-12-11T10:00", "UTC", "time_unreadable"),
        ("2023-12-11T10:00\n", "UTC", "time_unreadable"),
        ("2023-12-11T10:00", "Europe", "zone_unknown"),
        ("2023-12-11T10:00", "europe/zurich", "zone_unknown"),
        ("2023-12-11T10:00", "../etc/passwd", "zone_unknown"),
        ("2023-12-11T10:00", "", "zone_unknown"),
        ("2023-12-11T10:00", "Factory", "zone_unknown"),
    ],
)
def test_what_is_no_moment_is_refused(local: str, zone: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        utc_ms(local, zone)
    assert refused.value.code == f"meeting.{code}"


@given(st.datetimes(datetime(1970, 1, 2), datetime(2099, 12, 30)), st.sampled_from(sorted(zones())))
@example(datetime(2026, 10, 25, 3, 0), "Europe/Zurich")
@example(datetime(2024, 2, 29, 23, 59), "Asia/Kathmandu")
def test_a_moment_shows_the_wall_time_it_was_made_of(wall: datetime, zone: str) -> None:
    wall = wall.replace(second=0, microsecond=0)
    try:
        found = utc_ms(wall.isoformat(timespec="minutes"), zone)
    except Refused as refused:
        assert refused.code in ("meeting.time_gap", "meeting.time_overlap")
        return
    shown = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=found)).astimezone(zoneinfo.ZoneInfo(zone))
    assert shown.replace(tzinfo=None) == wall


def test_persons_and_identities_are_new_each_time() -> None:
    environment = RealEnvironment()
    one, two = environment.person("Ann Orr", "Ambassador"), environment.person("Ann Orr", "Ambassador")
    assert one != two and environment.people[one] == {"name": "Ann Orr", "post": "Ambassador"}
    assert environment.fresh() != environment.fresh() and len(environment.fresh()) <= 80
