"""The file of one meeting: identity, times, place and words, for the public and for who takes part."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from meetingsvc.calendars.appointment import Item, Reader
from meetingsvc.calendars.files import meeting_file, uid_of
from meetingsvc.core.meeting.state import WayIn
from meetingsvc.translations import Catalogue
from tests.calendar.check import assert_clean
from tests.calendar.samples import (
    GENEVA,
    HOUR,
    IN_ROOM,
    MEMBER,
    MORNING,
    NEXT_DAY,
    PUBLIC,
    REMOTE,
    SAY,
    appointment,
    properties,
    session,
    text,
)

CONFERENCE = appointment(sessions=(MORNING, NEXT_DAY, replace(NEXT_DAY, id=4, dropped=True)))


def expected(uid: str, start: str, end: str) -> dict[str, object]:
    return {"method": None, "events": [{"uid": uid, "start": start, "end": end, "status": "CONFIRMED"}]}


def test_ten_in_ashgabat_is_five_utc() -> None:
    data = meeting_file(appointment(), PUBLIC, SAY)
    assert_clean(data, expect=expected(appointment().uid, "2026-12-11T05:00:00Z", "2026-12-11T08:00:00Z"))
    assert properties(data, "DTSTART") == ["DTSTART;TZID=Asia/Ashgabat:20261211T100000"]


def test_the_same_facts_give_the_same_bytes_in_every_process() -> None:
    asked = (
        "import sys; from tests.calendar.samples import *; from meetingsvc.calendars.files import *;"
        "from tests.calendar.test_meeting_file import CONFERENCE;"
        "entries = [(CONFERENCE, REMOTE, (slot(),)), (occurrence(7, '2027-03-09', '2027-03-10T11:00'), REMOTE, ())];"
        "sys.stdout.buffer.write(feed('All', entries, SAY, series=[(series(), REMOTE)]))"
    )
    root = Path(__file__).parents[2]
    made = {
        subprocess.run(
            [sys.executable, "-c", asked],
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone},
            cwd=root,
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(made) == 1 and len(made.pop()) > 5000


def test_the_first_session_bears_the_uid_of_the_meeting_and_keeps_it() -> None:
    assert [uid_of(CONFERENCE, one.id) for one in CONFERENCE.sessions] == [
        CONFERENCE.uid,
        f"{CONFERENCE.uid}-5",
        f"{CONFERENCE.uid}-4",
    ]
    first_dropped = replace(CONFERENCE, sessions=(replace(MORNING, dropped=True), NEXT_DAY))
    assert uid_of(first_dropped, MORNING.id) == CONFERENCE.uid


def test_a_conference_of_two_days_is_a_bar_and_its_sessions() -> None:
    data = meeting_file(CONFERENCE, MEMBER, SAY)
    assert_clean(data)
    assert "DTSTART;VALUE=DATE:20261211" in properties(data, "DTSTART")
    assert "DTEND;VALUE=DATE:20261213" in properties(data, "DTEND")
    bar = text(data).split("BEGIN:VEVENT")[1]
    assert f"UID:{CONFERENCE.uid}-days" in bar and "TRANSP:TRANSPARENT" in bar and "RELATED-TO" not in bar
    assert "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE" in bar and "CONFERENCE;" not in bar
    assert "Sessions:\nFriday, 11 December 2026, 10:00 to 13:00 (Ashgabat time)" in bar.replace(
        "Friday 11", "Friday, 11"
    )
    assert properties(data, "RELATED-TO") == [f"RELATED-TO;RELTYPE=PARENT:{CONFERENCE.uid}-days"] * 3


def test_two_sessions_of_one_day_need_no_bar() -> None:
    evening = session(8, "2026-12-11T22:00", "2026-12-12T00:30")
    data = meeting_file(appointment(sessions=(MORNING, evening)), PUBLIC, SAY)
    assert_clean(data)
    assert "-days" not in text(data)


def test_a_dropped_session_is_told_as_cancelled() -> None:
    gone = text(meeting_file(CONFERENCE, REMOTE, SAY)).split("BEGIN:VEVENT")[-1]
    assert "STATUS:CANCELLED" in gone and "Cancelled: Regular hybrid meeting" in gone
    assert "This session is cancelled." in gone and "TRANSP:TRANSPARENT" in gone and "join" not in gone.lower()


def test_a_cancelled_meeting_says_so_in_all_its_events() -> None:
    data = meeting_file(replace(CONFERENCE, status="cancelled", sequence=1), replace(REMOTE, alarm=15), SAY)
    assert_clean(data)
    assert set(properties(data, "STATUS")) == {"STATUS:CANCELLED"} and not properties(data, "TRIGGER")
    assert all("Cancelled: " in row for row in properties(data, "SUMMARY"))


def test_the_public_learns_no_way_in() -> None:
    data = meeting_file(appointment(), replace(REMOTE, inside=False), SAY)
    assert_clean(data)
    said = text(data)
    assert "A hybrid meeting: in the room and online." in said
    for secret in ("/join/", "tel:", "+993", "7f3a", "CONFERENCE;"):
        assert secret not in said


def test_who_is_far_away_has_every_way_in_as_conference_and_in_words() -> None:
    data = meeting_file(appointment(), REMOTE, SAY)
    assert_clean(data)
    assert properties(data, "CONFERENCE") == [
        "CONFERENCE;FEATURE=AUDIO,VIDEO;LABEL=Floor;VALUE=URI:https://hybrid.example/join/42",
        "CONFERENCE;FEATURE=AUDIO;LABEL=Français;LANGUAGE=fr;VALUE=URI:https://hybrid.example/join/42/fr",
        "CONFERENCE;FEATURE=AUDIO,PHONE;LABEL=Telephone;VALUE=URI:tel:+99312000000,,42%23",
    ]
    assert (
        "Join online:\nFloor: https://hybrid.example/join/42\nFrançais: https://hybrid.example/join/42/fr\n"
        "Telephone: +99312000000,,42#\nYour own page: https://hybrid.example/u/7f3a"
    ) in text(data)
    assert properties(data, "LOCATION") == ["LOCATION:Conference Hall 1\\; Ashgabat"]


def test_who_sits_in_the_room_is_told_the_venue_and_one_way_out() -> None:
    said = text(meeting_file(appointment(), IN_ROOM, SAY))
    assert "DESCRIPTION:Room: Conference Hall 1; Ashgabat\n" in said and "/join/" not in said
    assert "you can join online from your own page: https://hybrid.example/u/7f3a" in said


def test_an_online_meeting_is_located_at_its_link_for_who_may_have_it() -> None:
    online = appointment(room=None)
    assert properties(meeting_file(online, MEMBER, SAY), "LOCATION") == ["LOCATION:https://hybrid.example/join/42"]
    public = meeting_file(online, PUBLIC, SAY)
    assert_clean(public)
    assert properties(public, "LOCATION") == [] and "An online meeting." in text(public)


def test_the_description_holds_clocks_agenda_documents_and_the_page() -> None:
    said = text(meeting_file(appointment(), REMOTE, SAY))
    assert "Starts at 10:00 Ashgabat = 05:00 UTC = 06:00 Geneva = 00:00 New York = 18:00 Auckland" in said
    assert "Agenda:\n1. Adoption of the agenda\n2. Statements, part one\n\nDocuments:\nDraft report: https://" in said
    assert "Everything about this meeting: https://hybrid.example/m/42" in said


def test_a_long_agenda_is_cut_and_says_how_much_is_missing() -> None:
    agenda = tuple(Item(str(n), {"en": "An item with words " * 12}) for n in range(1, 101))
    data = meeting_file(appointment(agenda=agenda), PUBLIC, SAY)
    assert_clean(data, parsers=False)
    kept = sum("An item with words" in row for row in text(data).split("\n"))
    assert f"and {100 - kept} more on the meeting's page" in text(data)
    assert len(text(data).split("DESCRIPTION:")[1]) < 8500


def test_while_a_session_runs_on_its_end_is_the_one_that_is_shown() -> None:
    late = appointment(sessions=(session(3, "2026-12-11T10:00", "2026-12-11T13:00", late=45),), sequence=1)
    data = meeting_file(late, PUBLIC, SAY)
    assert_clean(data)
    assert properties(data, "DTEND") == ["DTEND;TZID=Asia/Ashgabat:20261211T134500"]
    assert "10:00 to 13:45 (Ashgabat time)" in text(data)


def test_an_event_across_midnight_utc_stays_one_evening() -> None:
    night = session(3, "2026-12-11T18:30", "2026-12-11T21:00", "America/New_York")
    data = meeting_file(appointment(zone="America/New_York", sessions=(night,)), REMOTE, SAY)
    assert_clean(data, expect=expected(appointment().uid, "2026-12-11T23:30:00Z", "2026-12-12T02:00:00Z"))
    assert "00:30 Geneva (next day)" in text(data)


def test_both_days_of_the_change_to_summer_time_keep_their_wall_times() -> None:
    before = session(1, "2027-03-27T10:00", "2027-03-27T11:00", GENEVA)
    after = session(2, "2027-03-28T10:00", "2027-03-28T11:00", GENEVA)
    data = meeting_file(appointment(zone=GENEVA, sessions=(before, after)), PUBLIC, SAY)
    assert_clean(data)
    assert (after.starts_at - before.starts_at) / HOUR == 23
    assert properties(data, "DTSTART")[-2:] == [
        "DTSTART;TZID=Europe/Zurich:20270327T100000",
        "DTSTART;TZID=Europe/Zurich:20270328T100000",
    ]


def test_an_end_in_the_hour_that_comes_twice_is_still_after_its_start() -> None:
    night = session(1, "2027-10-31T01:00", "2027-10-31T02:15", GENEVA, late=75)
    data = meeting_file(appointment(zone=GENEVA, sessions=(night,)), PUBLIC, SAY)
    assert_clean(data, expect=expected(appointment().uid, "2027-10-30T23:00:00Z", "2027-10-31T01:30:00Z"))


def test_a_meeting_in_utc_needs_no_time_zone() -> None:
    noon = session(1, "2026-12-11T10:00", "2026-12-11T11:00", "UTC")
    data = meeting_file(appointment(zone="UTC", sessions=(noon,)), PUBLIC, SAY)
    assert_clean(data)
    assert properties(data, "DTSTART") == ["DTSTART:20261211T100000Z"] and b"VTIMEZONE" not in data


@pytest.mark.parametrize("zone", ["America/Vancouver", "America/Winnipeg"])
def test_a_meeting_in_canada_in_december_2026_is_right(zone: str) -> None:
    one = session(1, "2026-12-11T10:00", "2026-12-11T11:00", zone)
    data = meeting_file(appointment(zone=zone, sessions=(one,)), PUBLIC, SAY)
    start = {"America/Vancouver": "2026-12-11T17:00:00Z", "America/Winnipeg": "2026-12-11T15:00:00Z"}[zone]
    assert_clean(data, expect={"events": [{"uid": appointment().uid, "start": start}]})


def test_an_alarm_rings_only_by_choice() -> None:
    assert not properties(meeting_file(appointment(), MEMBER, SAY), "TRIGGER")
    data = meeting_file(CONFERENCE, replace(MEMBER, alarm=15), SAY)
    assert_clean(data)
    assert properties(data, "TRIGGER") == ["TRIGGER:-PT15M"] * 2
    assert not properties(meeting_file(appointment(), replace(MEMBER, alarm=10**9), SAY), "TRIGGER")


def test_structured_places_and_persons_are_in_the_rich_variant_only() -> None:
    data = meeting_file(appointment(), replace(MEMBER, rich=True), SAY)
    assert_clean(data, rich=True)
    assert b"BEGIN:VLOCATION" in data and b"BEGIN:PARTICIPANT" in data
    assert b"VLOCATION" not in meeting_file(appointment(), MEMBER, SAY)


def test_a_title_is_in_the_readers_language_and_says_so() -> None:
    chinese = Catalogue("zh", {"Cancelled: {title}": ("已取消：{title}",)}, lambda n: 0)
    data = meeting_file(appointment(status="cancelled"), Reader("zh"), chinese)
    assert_clean(data)
    assert properties(data, "SUMMARY") == ["SUMMARY;LANGUAGE=zh:已取消：定期混合会议"]
    only_english = meeting_file(appointment(title={"en": "Briefing"}), Reader("zh"), chinese)
    assert properties(only_english, "SUMMARY") == ["SUMMARY;LANGUAGE=en:Briefing"]


def test_a_meeting_without_a_title_is_called_a_meeting() -> None:
    for empty in ({}, {"en": ""}, {"en": " \u202e\u200b "}):
        data = meeting_file(appointment(title=empty, room=" ", agenda=(), documents=(), ways_in=()), PUBLIC, SAY)
        assert_clean(data)
        assert [row.partition(":")[2] for row in properties(data, "SUMMARY")] == ["Meeting"]


def test_a_way_in_that_is_no_address_is_left_out() -> None:
    ways = (
        WayIn("video", "javascript:alert(1)"),
        WayIn("phone", "ring the bell"),
        WayIn("audio", "https://ok.example/a", "", "no tag!"),
    )
    data = meeting_file(appointment(ways_in=ways), MEMBER, SAY)
    assert_clean(data)
    assert properties(data, "CONFERENCE") == ["CONFERENCE;FEATURE=AUDIO;LABEL=Sound;VALUE=URI:https://ok.example/a"]
