"""Feeds: what a subscriber's calendar is told, of meetings, series and expected turns to speak."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meetingsvc.calendars.appointment import Recurrence
from meetingsvc.calendars.files import feed, meeting_file
from meetingsvc.calendars.series import starts_of
from tests.calendar.check import assert_clean
from tests.calendar.samples import (
    GENEVA,
    MEMBER,
    PUBLIC,
    REMOTE,
    SAY,
    appointment,
    occurrence,
    properties,
    series,
    session,
    slot,
    text,
)

MOVED = occurrence(7, "2027-03-09", "2027-03-10T11:00", sequence=1)
CANCELLED = occurrence(8, "2027-03-23", status="cancelled", sequence=1)
AS_PLANNED = occurrence(9, "2027-03-30")


def weekly(*entries, **changes) -> bytes:
    return feed("Weekly", [(one, MEMBER, ()) for one in entries], SAY, series=[(series(**changes), MEMBER)])


def test_a_public_feed_names_itself_and_its_source() -> None:
    data = feed(
        "Ashgabat; 2026", [(appointment(), PUBLIC, ())], SAY, source="https://hybrid.example/f.ics", colour="teal"
    )
    assert_clean(data, profile="feed")
    head = text(data).split("BEGIN:VTIMEZONE")[0]
    for row in (
        "NAME:Ashgabat; 2026",
        "X-WR-CALNAME:Ashgabat; 2026",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "COLOR:teal",
        "X-PUBLISHED-TTL:PT1H",
        "SOURCE;VALUE=URI:https://hybrid.example/f.ics",
        "X-WR-TIMEZONE:Asia/Ashgabat",
    ):
        assert row in head
    assert "METHOD" not in head and "\nUID" not in head


def test_a_personal_feed_names_no_source() -> None:
    assert not properties(feed("Mine", [(appointment(), REMOTE, ())], SAY), "SOURCE")


def test_an_empty_feed_is_still_a_calendar() -> None:
    data = feed(" ", [], SAY, refresh=0)
    assert properties(data, "NAME") == ["NAME:Meetings"] and data.endswith(b"END:VCALENDAR\r\n")


def test_an_expected_turn_to_speak_is_tentative_and_honest() -> None:
    data = feed("Mine", [(appointment(), REMOTE, (slot(),))], SAY)
    assert_clean(data, profile="feed")
    turn = text(data).split("BEGIN:VEVENT")[-1]
    assert "DTSTART;TZID=Asia/Ashgabat:20261211T114000" in turn and "DTEND;TZID=Asia/Ashgabat:20261211T120500" in turn
    assert "STATUS:TENTATIVE" in turn and "TRANSP:TRANSPARENT" in turn and "SEQUENCE:812" in turn
    assert "Your statement (expected): Item 2" in turn and "about 11:40 to 12:05 (Ashgabat time)" in turn
    assert "Your place in the list of speakers: 4" in turn and "https://hybrid.example/u/7f3a" in turn
    assert "Calendars lag behind" in turn


def test_nobody_speaks_in_a_cancelled_meeting() -> None:
    data = feed("Mine", [(appointment(status="cancelled", sequence=1), REMOTE, (slot(),))], SAY)
    assert_clean(data, profile="feed")
    assert b"TENTATIVE" not in data and b"STATUS:CANCELLED" in data


def test_a_weekly_series_with_a_moved_a_cancelled_and_a_skipped_meeting() -> None:
    data = weekly(MOVED, CANCELLED, AS_PLANNED)
    assert_clean(data, profile="feed")
    assert properties(data, "RRULE") == ["RRULE:FREQ=WEEKLY;COUNT=8"]
    assert properties(data, "EXDATE") == ["EXDATE;TZID=Europe/Zurich:20270316T100000"]
    assert properties(data, "RECURRENCE-ID") == [
        "RECURRENCE-ID;TZID=Europe/Zurich:20270309T100000",
        "RECURRENCE-ID;TZID=Europe/Zurich:20270323T100000",
    ]
    assert "DTSTART;TZID=Europe/Zurich:20270310T110000" in properties(data, "DTSTART")
    assert text(data).count("UID:5e7a1d3c-weekly") == 3


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({}, False),
        ({"room": "Room I"}, True),
        ({"sequence": 1}, True),
        ({"title": {"en": "Special"}}, True),
        ({"agenda": appointment().agenda}, True),
        ({"documents": appointment().documents}, True),
        ({"ways_in": appointment().ways_in}, True),
        ({"status": "cancelled"}, True),
        ({"sessions": (session(9, "2027-03-30T10:00", "2027-03-30T12:30", GENEVA),)}, True),
        ({"sessions": (session(9, "2027-03-30T10:00", "2027-03-30T12:00", GENEVA, late=15),)}, True),
        (
            {
                "sessions": (
                    session(9, "2027-03-30T10:00", "2027-03-30T12:00", GENEVA),
                    session(12, "2027-03-30T15:00", "2027-03-30T16:00", GENEVA),
                )
            },
            True,
        ),
    ],
)
def test_an_occurrence_is_written_only_if_the_rule_does_not_say_it(change: dict[str, object], differs: bool) -> None:
    data = weekly(replace(AS_PLANNED, **change))
    assert_clean(data, profile="feed")
    assert (len(properties(data, "RECURRENCE-ID")) == 1) is differs


def test_an_occurrence_without_its_series_stands_for_itself() -> None:
    """Readers refuse an exception whose series they do not see."""
    for data in (meeting_file(MOVED, PUBLIC, SAY), feed("Mine", [(MOVED, MEMBER, ())], SAY)):
        assert_clean(data)
        assert properties(data, "UID") == ["UID:occurrence-7"] and not properties(data, "RECURRENCE-ID")


def test_an_occurrence_that_its_rule_does_not_name_stands_for_itself() -> None:
    strange = replace(MOVED, recurrence=Recurrence("5e7a1d3c-weekly", "2027-03-11T10:00", GENEVA))
    skipped = replace(AS_PLANNED, recurrence=Recurrence("5e7a1d3c-weekly", "2027-03-16T10:00", GENEVA))
    data = weekly(strange, skipped)
    assert_clean(data, profile="feed")
    assert not properties(data, "RECURRENCE-ID")


@pytest.mark.parametrize(
    ("rule", "first", "last"),
    [
        ({"freq": "DAILY", "count": 3, "skipped": ("2027-03-03T10:00",)}, "2027-03-02T10:00", "2027-03-04T10:00"),
        ({"interval": 2, "count": 3}, "2027-03-02T10:00", "2027-03-30T10:00"),
        ({"freq": "MONTHLY", "count": 4}, "2027-03-02T10:00", "2027-06-01T10:00"),
        (
            {"freq": "MONTHLY", "count": 3, "starts": "2027-03-30T10:00", "ends": "2027-03-30T11:00"},
            "2027-03-30T10:00",
            "2027-05-25T10:00",
        ),
        ({"freq": "MONTHLY", "count": 3, "interval": 12}, "2027-03-02T10:00", "2029-03-06T10:00"),
    ],
)
def test_readers_repeat_a_series_as_we_do(rule: dict[str, object], first: str, last: str) -> None:
    found = starts_of(series(**rule))
    assert (found[0], found[-1]) == (first, last)
    # an exception for every single meeting: each must hit what the rule says
    data = weekly(skipped=found[1:], **{key: value for key, value in rule.items() if key != "skipped"})
    assert_clean(data, profile="feed")


def test_a_rule_without_end_is_cut() -> None:
    assert len(starts_of(series(count=10**9, freq="DAILY"))) == 1000
    for freq in ("DAILY", "WEEKLY", "MONTHLY"):
        bomb = {"count": 10**9, "interval": 10**9, "freq": freq, "skipped": ()}
        assert starts_of(series(**bomb))[-1] < "2038"
        assert_clean(weekly(**bomb), profile="feed")


def test_a_series_far_into_the_future_keeps_its_time_zone_right() -> None:
    assert_clean(
        weekly(count=300, zone="America/Vancouver", starts="2026-01-06T10:00", ends="2026-01-06T11:00", skipped=())
    )
