"""Times of other systems: zones by any name, UTC and floating, hours that a clock skips or shows twice."""

from __future__ import annotations

import pytest

from meetingsvc.calendars.reading.meeting_plan import plan
from meetingsvc.calendars.reading.times import resolve
from meetingsvc.core.kernel import Refused
from tests.reading.calendars import calendar, codes, event, facts, planned, refusal

UTC = "DTSTART:20261211T050000Z", "DTEND:20261211T080000Z"
FLOATING = "DTSTART:20261211T100000", "DTEND:20261211T130000"


def at(start: str, end: str, zone: str = "Europe/Zurich") -> tuple[str, str]:
    return f"DTSTART;TZID={zone}:{start}", f"DTEND;TZID={zone}:{end}"


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Asia/Ashgabat", "Asia/Ashgabat"),
        ("asia/ashgabat", "Asia/Ashgabat"),
        ('"Europe/Zurich"', "Europe/Zurich"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("West Asia Standard Time", "Asia/Tashkent"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("/freeassociation.sourceforge.net/Europe/Zurich", "Europe/Zurich"),
        ("/freeassociation.sourceforge.net/Tzfile/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("/citadel.org/20210210_1/Asia/Shanghai", "Asia/Shanghai"),
        ("Customized Time Zone", None),
        ("(UTC+01:00) Amsterdam, Berlin, Bern", None),
        ("UTC+5", None),
        ("Factory", None),
        ("../../etc/passwd", None),
        ("", None),
        ("/", None),
        ("x" * 10_000, None),
    ],
)
def test_zones_are_known_by_many_names(name: str, zone: str | None) -> None:
    assert resolve(name) == zone


def test_a_zone_of_its_own_is_refused_by_name_until_somebody_chooses() -> None:
    data = calendar(event(times=at("20261211T100000", "20261211T130000", "Customized Time Zone")))
    with pytest.raises(Refused) as caught:
        plan(data)
    assert (caught.value.code, caught.value.facts) == ("ics.zone_unknown", {"zone": "Customized Time Zone"})
    made = plan(data, zone="Asia/Ashgabat")
    assert made.sessions[0].zone == "Asia/Ashgabat"
    assert facts(made, "zone_read_as")["given"] == "Customized Time Zone"


def test_a_name_of_windows_is_the_chosen_zone_where_that_has_the_same_clock() -> None:
    times = at("20261211T100000", "20261211T130000", "West Asia Standard Time")
    assert planned(times=times).sessions[0].zone == "Asia/Tashkent"
    assert planned(times=times, zone="Asia/Ashgabat").sessions[0].zone == "Asia/Ashgabat"
    assert planned(times=times, zone="Europe/Zurich").sessions[0].zone == "Asia/Tashkent"


def test_a_name_that_the_file_explains_is_taken_as_explained() -> None:
    rules = "BEGIN:VTIMEZONE\r\nTZID:Home\r\nX-LIC-LOCATION:Asia/Ashgabat\r\nEND:VTIMEZONE"
    made = plan(calendar(rules, event(times=at("20261211T100000", "20261211T130000", "Home"))))
    assert made.sessions[0].zone == "Asia/Ashgabat"


def test_utc_is_put_on_the_clock_of_the_chosen_zone_or_of_the_file() -> None:
    assert refusal(calendar(event(times=UTC))) == "ics.needs_zone"
    session = planned(times=UTC, zone="Asia/Ashgabat").sessions[0]
    assert (session.starts, session.ends) == ("2026-12-11T10:00", "2026-12-11T13:00")
    assert plan(calendar("X-WR-TIMEZONE:West Asia Standard Time", event(times=UTC))).sessions[0].zone == "Asia/Tashkent"
    assert refusal(calendar("X-WR-TIMEZONE:Nowhere", event(times=UTC))) == "ics.zone_unknown"


def test_utc_by_another_name_is_utc() -> None:
    for name in ("UTC", "Etc/UTC", "tzone://Microsoft/Utc"):
        assert refusal(calendar(event(times=at("20261211T050000", "20261211T080000", name)))) == "ics.needs_zone"


def test_floating_times_need_a_zone() -> None:
    assert refusal(calendar(event(times=FLOATING))) == "ics.needs_zone"
    assert planned(times=FLOATING, zone="Asia/Ashgabat").sessions[0].starts == "2026-12-11T10:00"
    assert refusal(calendar(event(times=FLOATING)), zone="Mars/Olympus") == "meeting.zone_unknown"


def test_a_zone_that_the_event_names_is_kept() -> None:
    assert planned(zone="Asia/Ashgabat", times=at("20261211T100000", "20261211T130000")).sessions[0].zone == (
        "Europe/Zurich"
    )


def test_an_end_in_another_zone_is_put_on_the_clock_of_the_beginning() -> None:
    made = planned(times=("DTSTART;TZID=Asia/Ashgabat:20261211T100000", "DTEND;TZID=Europe/Zurich:20261211T090000"))
    assert made.sessions[0].ends == "2026-12-11T13:00"


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("20270328T023000", "20270328T043000", "time_gap"),
        ("20270328T013000", "20270328T023000", "time_gap"),
        ("20261025T023000", "20261025T043000", "time_overlap"),
        ("20261025T003000", "20261025T023000", "time_overlap"),
        ("20261211T130000", "20261211T100000", "ends_before_start"),
        ("20261211T130000", "20261211T130000", "ends_before_start"),
    ],
)
def test_times_that_no_clock_shows_are_left_out_and_said(start: str, end: str, code: str) -> None:
    made = planned(times=at(start, end))
    assert made.sessions == ()
    assert codes(made) == [code]
    assert made.remarks[0].level == "left"


def test_utc_that_falls_into_an_hour_shown_twice_is_left_out() -> None:
    made = planned(times=("DTSTART:20261025T003000Z", "DTEND:20261025T030000Z"), zone="Europe/Zurich")
    assert codes(made) == ["time_overlap"]


def test_a_meeting_across_the_change_of_clocks_lasts_as_long_as_it_says() -> None:
    night = "DTSTART;TZID=Europe/Zurich:20270327T230000"
    assert planned(times=(night, "DURATION:PT6H")).sessions[0].ends == "2027-03-28T06:00"
    assert planned(times=(night, "DURATION:P1D")).sessions[0].ends == "2027-03-28T23:00"


@pytest.mark.parametrize(
    "lasting", ["DURATION:-PT1H", "DURATION:P", "DURATION:forever", "DURATION:P" + "9" * 5000 + "W"]
)
def test_without_a_readable_end_an_hour_is_assumed_and_said(lasting: str) -> None:
    made = planned(lasting, times=("DTSTART;TZID=Asia/Ashgabat:20261211T100000",))
    assert made.sessions[0].ends == "2026-12-11T11:00"
    assert codes(made) == ["no_end", "taken"]


@pytest.mark.parametrize(
    "start",
    [
        "20261332T100000",
        "20261211T250000",
        "19691231T235900",
        "99991231T235900",
        "00000000T000000",
        "tomorrow",
        "",
        "2026-12-11T10:00",
        "20261211T10",
        "٢٠٢٦١٢١١T100000",
        "20261211T100061",
    ],
)
def test_an_unreadable_beginning_leaves_the_event_out(start: str) -> None:
    made = planned(times=(f"DTSTART;TZID=Asia/Ashgabat:{start}",))
    assert (made.sessions, codes(made)) == ((), ["no_start"])


def test_seconds_are_dropped_and_said() -> None:
    made = planned(times=at("20261211T100030", "20261211T130059"))
    assert made.sessions[0].starts == "2026-12-11T10:00"
    assert "seconds_dropped" in codes(made)


def test_days_without_a_pause_are_said() -> None:
    assert "long" in codes(planned(times=at("20261211T090000", "20261213T170000")))


def test_other_rules_for_a_known_zone_are_said() -> None:
    """GMT with the clocks of London, and a zone with an offset that is not in force."""
    london = [
        "BEGIN:VTIMEZONE",
        "TZID:GMT",
        "BEGIN:STANDARD",
        "DTSTART:19701025T020000",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0000",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "END:STANDARD",
        "BEGIN:DAYLIGHT",
        "DTSTART:19700329T010000",
        "TZOFFSETFROM:+0000",
        "TZOFFSETTO:+0100",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "END:DAYLIGHT",
        "END:VTIMEZONE",
    ]
    made = plan(calendar(*london, event(times=at("20260611T100000", "20260611T110000", "GMT"))))
    assert "zone_differs" in codes(made)
    vienna = [row.replace("GMT", "Europe/London") for row in london]
    assert "zone_differs" not in codes(
        plan(calendar(*vienna, event(times=at("20260611T100000", "20260611T110000", "Europe/London"))))
    )
    old = [
        "BEGIN:VTIMEZONE",
        "TZID:Asia/Ashgabat",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZOFFSETFROM:+0400",
        "TZOFFSETTO:+0400",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]
    assert "zone_differs" in codes(plan(calendar(*old, event())))


def test_rules_that_a_file_brings_do_not_stay_for_the_next_file() -> None:
    evil = [
        "BEGIN:VTIMEZONE",
        "TZID:Asia/Ashgabat",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZOFFSETFROM:-1100",
        "TZOFFSETTO:-1100",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]
    plan(calendar(*evil, event()))
    made = planned("RDATE:20261214T050000Z")
    assert made.sessions[1].starts == "2026-12-14T10:00"
