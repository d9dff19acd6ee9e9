"""Recurring events: plain rules become a series, others are said, and bombs are refused at once."""

from __future__ import annotations

import time

import pytest

from meetingsvc.calendars.reading.meeting_plan import plan
from meetingsvc.calendars.reading.session_times import Session
from meetingsvc.core.kernel import Refused
from tests.reading.calendars import FRIENDS, calendar, codes, event, planned, refusal

BOMBS = [
    ["RRULE:FREQ=SECONDLY"],
    ["RRULE:FREQ=SECONDLY;COUNT=10"],
    ["RRULE:FREQ=MINUTELY;UNTIL=20300101T000000Z"],
    ["RRULE:FREQ=HOURLY;COUNT=100000"],
    ["RRULE:FREQ=DAILY;COUNT=99999999"],
    ["RRULE:FREQ=DAILY;COUNT=" + "9" * 400],
    ["RRULE:FREQ=DAILY;UNTIL=99991231T235959Z"],
    ["RRULE:FREQ=DAILY;UNTIL=00010101T000000Z"],
    ["RRULE:FREQ=DAILY;INTERVAL=999999999999;COUNT=3"],
    ["RRULE:FREQ=DAILY;INTERVAL=0;COUNT=3"],
    ["RRULE:FREQ=DAILY;COUNT=-1"],
    ["RRULE:FREQ=YEARLY;BYMONTH=1,2,3;BYMONTHDAY=1,2,3;BYHOUR=1,2;BYMINUTE=1,2;BYSECOND=0,1"],
    ["RRULE:FREQ=YEARLY;BYDAY=MO,TU;BYMONTH=1;BYWEEKNO=1;BYYEARDAY=1"],
    ["RRULE:FREQ=YEARLY;BYYEARDAY=" + ",".join(map(str, range(1, 100)))],
    ["RRULE:FREQ=DAILY;BYMONTHDAY=" + "1," * 40_000 + "1"],
    ["RRULE:FREQ=DAILY;COUNT=3", "EXRULE:FREQ=SECONDLY"],
    ["RDATE;TZID=Asia/Ashgabat:" + ",".join(["20261212T100000"] * 401)],
    ["RDATE:" + ",".join(["20261212T100000Z"] * 5_800)],
    ["EXDATE:20261212T100000Z"] * 20_000,
    ["RRULE:FREQ=DAILY;COUNT=1000;INTERVAL=99"] * 10_000,
]


@pytest.mark.parametrize("lines", BOMBS, ids=lambda lines: f"{lines[0][:40]} x{len(lines)}")
def test_a_bomb_costs_less_than_a_second(lines: list[str]) -> None:
    data = calendar(event(*lines))
    began = time.process_time()
    try:
        made = plan(data)
    except Refused as why:
        assert why.code in ("ics.rule_too_big", "ics.too_many_dates")
    else:
        assert lines[0].startswith("RRULE:FREQ=DAILY;COUNT=1000")
        assert (len(made.sessions), made.series) == (1, None)
    assert time.process_time() - began < 1


def test_a_hundred_thousand_dates_are_refused() -> None:
    dates = [f"RDATE:{','.join(['20261212T100000Z'] * 50)}" for _ in range(1_100)]
    assert refusal(calendar(event(*dates))) == "ics.too_many_dates"
    assert refusal(calendar(event("RDATE:" + "20261212T100000Z," * 50_000))) == "ics.line_too_long"


def test_a_bomb_in_an_event_that_nobody_chose_does_no_harm() -> None:
    data = calendar(event("RRULE:FREQ=SECONDLY", uid="bomb", title="Bomb"), event(uid="good"))
    assert [row.uid for row in plan(data).choices] == ["bomb", "good"]
    assert len(plan(data, choose=["good"]).sessions) == 1
    assert refusal(data, choose=["bomb"]) == "ics.rule_too_big"


@pytest.mark.parametrize(
    ("rule", "starts"),
    [
        ("FREQ=DAILY;COUNT=3", ["12-11", "12-12", "12-13"]),
        ("FREQ=DAILY;INTERVAL=2;UNTIL=20261215", ["12-11", "12-13", "12-15"]),
        ("FREQ=WEEKLY;COUNT=2;BYDAY=FR;WKST=MO", ["12-11", "12-18"]),
        ("freq=weekly;count=2", ["12-11", "12-18"]),
        ("FREQ=WEEKLY;UNTIL=20261218T050000Z", ["12-11", "12-18"]),
        ("FREQ=WEEKLY;UNTIL=20261218T045900Z", ["12-11"]),
        ("FREQ=MONTHLY;BYDAY=2FR;COUNT=4", ["12-11", "01-08", "02-12", "03-12"]),
        ("FREQ=MONTHLY;BYDAY=FR;BYSETPOS=2;INTERVAL=2;COUNT=2", ["12-11", "02-12"]),
    ],
)
def test_plain_rules_are_a_series(rule: str, starts: list[str]) -> None:
    made = planned(f"RRULE:{rule}")
    assert made.series is not None
    assert [row.starts[5:10] for row in made.series.meets] == starts
    assert {row.starts[11:] for row in made.series.meets} == {"10:00"}
    assert made.series.count == len(starts)
    assert made.sessions == (Session("2026-12-11T10:00", "2026-12-11T13:00", "Asia/Ashgabat"),)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("FREQ=WEEKLY", "series_without_end"),
        ("FREQ=WEEKLY;COUNT=61", "series_too_long"),
        ("FREQ=WEEKLY;UNTIL=20991231", "series_too_long"),
        ("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4", "rule_not_plain"),
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=4", "rule_not_plain"),
        ("FREQ=MONTHLY;BYMONTHDAY=11;COUNT=4", "rule_not_plain"),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=4", "rule_not_plain"),
        ("FREQ=YEARLY;COUNT=4", "rule_not_plain"),
        ("FREQ=DAILY;UNTIL=20200101T000000Z", "rule_not_plain"),
        ("FREQ=NEVER", "rule_unreadable"),
        ("COUNT=4", "rule_not_plain"),
        ("FREQ=DAILY;COUNT=many", "rule_unreadable"),
        ("FREQ=DAILY;RSCALE=CHINESE;COUNT=2", "rule_not_plain"),
        ("=;=;", "rule_not_plain"),
        ("nonsense", "rule_unreadable"),
    ],
)
def test_other_rules_give_their_first_time_and_are_said(rule: str, code: str) -> None:
    made = planned(f"RRULE:{rule}")
    assert made.series is None
    assert len(made.sessions) == 1
    assert code in codes(made)


def test_a_series_keeps_the_time_of_day_when_clocks_change() -> None:
    zurich = "DTSTART;TZID=Europe/Zurich:20261012T090000", "DTEND;TZID=Europe/Zurich:20261012T100000"
    made = planned("RRULE:FREQ=WEEKLY;COUNT=4", times=zurich)
    assert made.series
    assert {row.starts[11:] for row in made.series.meets} == {"09:00"}


def test_an_occurrence_in_the_hour_that_clocks_skip_is_left_out_and_said() -> None:
    night = "DTSTART;TZID=Europe/Zurich:20270327T023000", "DTEND;TZID=Europe/Zurich:20270327T033000"
    made = planned("RRULE:FREQ=DAILY;COUNT=3", times=night)
    assert made.series
    assert made.series.skipped == ("2027-03-28T02:30",)
    assert [row.starts[8:10] for row in made.series.meets] == ["27", "29"]
    assert "time_gap" in codes(made)


def test_exceptions_in_every_shape() -> None:
    def instead(was: str, *lines: str, times: tuple[str, ...] = FRIENDS) -> str:
        return event(f"RECURRENCE-ID{was}", *lines, times=times)

    data = calendar(
        event("RRULE:FREQ=DAILY;COUNT=6", "EXDATE;VALUE=DATE:20261212", "EXDATE:20261213T050000Z,20290101T050000Z"),
        instead(":20261214T050000Z", "STATUS:CANCELLED"),
        instead(":20261215T050000Z", times=("DTSTART:20261215T110000Z", "DTEND:20261215T120000Z")),
        instead(";TZID=Asia/Ashgabat:20301231T100000"),
        instead(
            ";TZID=Asia/Ashgabat:20261216T100000",
            times=("DTSTART;TZID=Asia/Ashgabat:20261216T100000", "DTEND;TZID=Asia/Ashgabat:20261216T130000"),
        ),
    )
    made = plan(data, zone="Asia/Ashgabat")
    assert made.series
    assert [day[8:10] for day in made.series.skipped] == ["12", "13", "14"]
    assert [(row.was[8:10], row.starts) for row in made.series.moved] == [("15", "2026-12-15T16:00")]
    assert [row.starts[8:] for row in made.series.meets] == ["11T10:00", "15T16:00", "16T10:00"]
    assert codes(made).count("exception") == 2
    assert "exception_elsewhere" in codes(made)


def test_a_single_occurrence_without_its_series_is_an_ordinary_meeting() -> None:
    assert len(planned("RECURRENCE-ID;TZID=Asia/Ashgabat:20261211T100000").sessions) == 1


def test_when_the_first_is_left_out_the_next_one_is_shown() -> None:
    made = planned("RRULE:FREQ=DAILY;COUNT=2", "EXDATE;TZID=Asia/Ashgabat:20261211T100000")
    assert made.sessions[0].starts == "2026-12-12T10:00"


def test_whole_days_that_recur_are_days() -> None:
    made = planned("RRULE:FREQ=WEEKLY;COUNT=5", times=("DTSTART;VALUE=DATE:20261211",))
    assert (made.series, made.days) == (None, ("2026-12-11",))
    assert "rule_in_company" in codes(made)
