"""Calendars as six products write them become the plan of a meeting, and every event of them is accounted for."""

from __future__ import annotations

from datetime import date

import pytest

from meetingsvc.calendars.reading.ics import read_calendar
from meetingsvc.calendars.reading.meeting_plan import Plan, plan
from meetingsvc.calendars.reading.series import Moved
from meetingsvc.calendars.reading.session_times import Session
from meetingsvc.core.commands.meeting.schedule import Schedule
from meetingsvc.core.schema import read
from tests.reading.calendars import calendar, codes, event, facts, planned, product, refusal

MORNING = Session("2026-12-11T10:00", "2026-12-11T13:00", "Asia/Ashgabat")
PRODUCTS = ("google", "outlook", "apple", "thunderbird", "nextcloud", "zimbra")


def scheduled(made: Plan) -> Schedule:
    """The command that the plan leads to: whatever a file says, the meeting can be called with it."""
    first = made.sessions[0]
    body = {
        "title": made.title,
        "languages": ["en"],
        "zone": first.zone,
        "format": "hybrid",
        "room": made.room,
        "link": made.link,
        "sessions": [{"starts": row.starts, "ends": row.ends, "zone": row.zone} for row in made.sessions],
    }
    return read(Schedule, body)


def test_google() -> None:
    made = plan(product("google"))
    assert (made.title, made.room) == ("Meeting of the Group of Friends", "Palais des Nations, Salle XX")
    assert made.sessions == (MORNING,)
    assert made.link == "https://meet.google.com/abc-defg-hij"
    assert made.agenda == ("Adoption of the agenda", "Report of the Chair, with annexes", "Any other business")
    assert codes(made) == ["taken", "people_left_out", "text_left_out"]
    assert scheduled(made).title == made.title


def test_outlook() -> None:
    made = plan(product("outlook"))
    assert made.sessions == (Session("2026-12-11T10:00", "2026-12-11T13:00", "Europe/Berlin"),)
    assert made.link == "https://teams.microsoft.com/l/meetup-join/19%3ameeting_x/0?context=%7b%7d"
    assert made.agenda == ("Opening", "Elections")
    assert facts(made, "zone_read_as") == {
        "title": "Preparatory meeting",
        "given": "W. Europe Standard Time",
        "zone": "Europe/Berlin",
    }
    assert "zone_differs" not in codes(made)
    assert scheduled(made).link == made.link


def test_apple_a_weekly_series_with_exceptions() -> None:
    made = plan(product("apple"))
    series = made.series
    assert series is not None
    assert (series.freq, series.interval, series.count, series.zone) == ("WEEKLY", 1, 8, "Europe/Zurich")
    assert (series.starts, series.ends) == ("2026-09-01T14:00", "2026-09-01T15:30")
    assert series.skipped == ("2026-09-15T14:00",)
    assert series.moved == (Moved("2026-09-22T14:00", "2026-09-23T10:00", "2026-09-23T11:30"),)
    assert [row.starts[5:10] for row in series.meets] == ["09-01", "09-08", "09-23", "09-29", "10-06", "10-13", "10-20"]
    assert made.sessions == series.meets[:1]
    assert made.room == "Room 4"
    assert made.link is None
    assert facts(made, "link_left_out")["given"] == "https://example.org/briefing"


def test_thunderbird() -> None:
    made = plan(product("thunderbird"))
    assert made.title == "Заседание группы друзей"
    assert made.sessions == (MORNING,)
    assert (made.room, made.link) == (None, "https://zoom.us/j/123456789?pwd=abc")
    assert made.agenda == ("Утверждение повестки дня", "Разное")


def test_nextcloud_a_conference_of_two_days_is_one_meeting() -> None:
    made = plan(product("nextcloud"))
    assert (made.title, made.room) == ("Conference on Neutrality", "Congress Centre")
    assert made.sessions == (MORNING, Session("2026-12-12T10:00", "2026-12-12T12:00", "Asia/Ashgabat"))
    assert made.days == ("2026-12-11", "2026-12-12")
    assert codes(made).count("other_title") == 2


def test_zimbra_unrelated_events_are_to_choose_from() -> None:
    made = plan(product("zimbra"))
    assert [(row.uid, row.title, row.when) for row in made.choices] == [
        ("b2f1-a", "Bureau", "2026-12-07 09:30 America/New_York"),
        ("b2f1-b", "Dentist", "2027-01-18 09:00 America/New_York"),
    ]
    assert not made.sessions
    assert facts(made, "other_parts") == {"kinds": "VTODO"}
    chosen = plan(product("zimbra"), choose=["b2f1-a"])
    assert chosen.sessions == (Session("2026-12-07T09:30", "2026-12-07T10:30", "America/New_York"),)
    assert not chosen.choices
    assert codes(chosen) == ["other_parts", "not_chosen", "taken", "private"]
    both = plan(product("zimbra"), choose=["b2f1-a", "b2f1-b"])
    assert len(both.sessions) == 2
    assert refusal(product("zimbra"), choose=["b2f1-c"]) == "ics.no_such_event"


@pytest.mark.parametrize("name", PRODUCTS)
def test_every_event_is_accounted_for(name: str) -> None:
    made = plan(product(name))
    lines = {part.line for part in read_calendar(product(name)).events}
    told = {remark.line for remark in made.remarks if remark.level in ("taken", "left")}
    assert told == lines or sum(row.events for row in made.choices) == len(lines)


@pytest.mark.parametrize("name", PRODUCTS)
def test_any_encoding_and_line_end_gives_the_same_plan(name: str) -> None:
    text = product(name).decode()
    wanted = plan(text.encode())
    assert plan(text.replace("\r\n", "\n").encode()) == wanted
    assert plan(b"\xef\xbb\xbf" + text.encode()) == wanted
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        other = plan(text.encode(encoding))
        assert codes(other) == ["utf16", *codes(wanted)], encoding
        assert (other.title, other.sessions, other.agenda) == (wanted.title, wanted.sessions, wanted.agenda)


# -------------------------------------------------------------------------------------------------- what is one meeting


def test_an_older_version_of_an_event_is_left_out() -> None:
    moved = "DTSTART;TZID=Asia/Ashgabat:20261211T150000", "DTEND;TZID=Asia/Ashgabat:20261211T180000"
    made = plan(calendar(event("SEQUENCE:1", times=moved), event("SEQUENCE:0")))
    assert [row.starts for row in made.sessions] == ["2026-12-11T15:00"]
    assert codes(made) == ["older_version", "taken"]


def test_events_of_one_title_are_sessions_of_one_meeting() -> None:
    second = "DTSTART;TZID=Asia/Ashgabat:20261212T100000", "DTEND;TZID=Asia/Ashgabat:20261212T130000"
    made = plan(calendar(event(uid="b", times=second), event(uid="a")))
    assert [row.starts[8:10] for row in made.sessions] == ["11", "12"]


def test_sessions_at_the_same_time_are_not_of_one_meeting() -> None:
    made = plan(calendar(event(uid="a"), event(uid="b")))
    assert made.sessions == (MORNING,)
    assert codes(made) == ["taken", "overlaps"]


def test_listed_dates_are_sessions() -> None:
    made = planned("RDATE;TZID=Asia/Ashgabat:20261214T100000,20261216T100000", "RDATE:20261217T050000Z")
    assert [row.starts[8:] for row in made.sessions] == ["11T10:00", "14T10:00", "16T10:00", "17T10:00"]
    assert {row.ends[11:] for row in made.sessions} == {"13:00"}


def test_more_than_sixty_sessions_are_cut_and_said() -> None:
    dates = ",".join(f"2027{n // 28 + 1:02}{n % 28 + 1:02}T100000" for n in range(70))
    made = planned(f"RDATE;TZID=Asia/Ashgabat:{dates}")
    assert len(made.sessions) == 60
    assert codes(made).count("too_many_sittings") == 11


def test_whole_days_are_known_and_times_must_be_given() -> None:
    made = planned(times=("DTSTART;VALUE=DATE:20261211", "DTEND;VALUE=DATE:20261213"))
    assert (made.sessions, made.days) == ((), ("2026-12-11", "2026-12-12"))
    assert facts(made, "whole_days") == {"title": "Friends", "first": "2026-12-11", "last": "2026-12-12"}
    assert planned(times=("DTSTART;VALUE=DATE:20261211",)).days == ("2026-12-11",)


def test_a_cancelled_event_is_said() -> None:
    assert codes(planned("STATUS:CANCELLED")) == ["cancelled", "taken"]
    made = plan(calendar(event("STATUS:CANCELLED", uid="a"), event("RELATED-TO:a", uid="b")))
    assert codes(made) == ["cancelled_left_out", "taken"]


def test_what_is_over_is_said() -> None:
    assert "past" in codes(plan(product("google"), today=date(2026, 12, 12)))
    assert "past" not in codes(plan(product("google"), today=date(2026, 12, 11)))


# ------------------------------------------------------------------------------------------------------ agendas, links


@pytest.mark.parametrize(
    ("text", "items"),
    [
        (r"1. Adoption of the agenda\n2) Elections\nItem 3: Budget", ("Adoption of the agenda", "Elections", "Budget")),
        (r"١. الافتتاح\n٢) الانتخابات", ("الافتتاح", "الانتخابات")),
        (r"一、通过议程\n二、选举\n十、其他\n十一、结束", ("通过议程", "选举", "其他", "结束")),
        (r"Point 4 - Rapport\nPoint 5: Divers", ("Rapport", "Divers")),
        (r"10:00 Opening\n1.5 hours\n2 speakers", ()),
        (r"1. One\n1. Again\n3. Three", ("One", "Three")),
        (r"Intro\n\n  7.Elections  \nbye", ("Elections",)),
        (r"<ol><li>1. One</li><li>2. Two &amp; more</li></ol>", ("One", "Two & more")),
        ("", ()),
    ],
)
def test_numbered_lines_are_an_agenda(text: str, items: tuple[str, ...]) -> None:
    assert planned(f"DESCRIPTION:{text}").agenda == items


def test_other_lines_are_counted_not_taken() -> None:
    made = planned(r"DESCRIPTION:Dear all\,\n1. Opening\nBring badges.")
    assert made.agenda == ("Opening",)
    assert facts(made, "text_left_out") == {"title": "Friends", "lines": 2, "first": "Dear all,"}


@pytest.mark.parametrize(
    ("lines", "room", "link"),
    [
        (["LOCATION:Hall 2; https://un.zoom.us/j/1"], "Hall 2", "https://un.zoom.us/j/1"),
        (["LOCATION:Online", "URL:https://un.webex.com/meet/x"], None, "https://un.webex.com/meet/x"),
        (["LOCATION:https://rooms.example.org/x"], None, "https://rooms.example.org/x"),
        (["CONFERENCE;VALUE=URI;FEATURE=VIDEO:https://example.org/join"], None, "https://example.org/join"),
        (["CONFERENCE;VALUE=URI:tel:+993123", "DESCRIPTION:https://zoom.us/j/2"], None, "https://zoom.us/j/2"),
        (["URL:https://example.org/about"], None, None),
        (["CONFERENCE:javascript:alert(1)"], None, None),
        (["DESCRIPTION:https://zoom.us@evil.example/j/1"], None, None),
        (["DESCRIPTION:https://zoom.us.evil.example/j/1"], None, None),
        (["LOCATION:data:text/html\\,x"], "data:text/html,x", None),
        (["DESCRIPTION:see https://zoom.us/j/" + "1" * 900], None, None),
    ],
)
def test_rooms_and_links(lines: list[str], room: str | None, link: str | None) -> None:
    made = planned(*lines)
    assert (made.room, made.link) == (room, link)
    scheduled(made)
