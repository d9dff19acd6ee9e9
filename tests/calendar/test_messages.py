"""Invitations, updates and cancellations: one message, one session, one person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meetingsvc.calendars.appointment import Attendee, Organizer
from meetingsvc.calendars.files import cancellation, invitation, series_invitation
from tests.calendar.check import assert_clean
from tests.calendar.samples import (
    ATTENDEE,
    CHANGED,
    HOUR,
    MORNING,
    NEXT_DAY,
    ORGANIZER,
    REMOTE,
    SAY,
    STAMP,
    appointment,
    occurrence,
    properties,
    series,
    session,
    text,
)

CONFERENCE = appointment(sessions=(MORNING, NEXT_DAY))
MOVED = appointment(
    sessions=(session(3, "2026-12-11T11:00", "2026-12-11T14:00"), NEXT_DAY), sequence=1, changed_at=CHANGED + HOUR
)


def invite(meeting=CONFERENCE, number=3, who=ATTENDEE, stamp=STAMP, reader=REMOTE, organizer=ORGANIZER) -> bytes:
    return invitation(meeting, number, reader, organizer, who, SAY, stamp=stamp)


def test_an_invitation_an_update_and_a_cancellation_follow_each_other() -> None:
    first = invite(reader=replace(REMOTE, alarm=15))
    update = invite(MOVED, stamp=STAMP + HOUR)
    gone = replace(MOVED, status="cancelled", sequence=2)
    end = cancellation(gone, 3, REMOTE, ORGANIZER, ATTENDEE, SAY, stamp=STAMP + 2 * HOUR)
    assert_clean(first, profile="invite")
    assert_clean(update, profile="invite", previous=first)
    assert_clean(end, profile="invite", previous=update)
    sequences = [properties(data, "SEQUENCE")[0] for data in (first, update, end)]
    assert sequences == ["SEQUENCE:0", "SEQUENCE:1", "SEQUENCE:2"]
    assert {properties(data, "UID")[0] for data in (first, update, end)} == {f"UID:{CONFERENCE.uid}"}
    assert properties(end, "METHOD") == ["METHOD:CANCEL"] and properties(end, "STATUS") == ["STATUS:CANCELLED"]


def test_a_message_is_about_one_session_and_one_person() -> None:
    data = invite(number=5)
    assert_clean(data, profile="invite")
    assert data.count(b"BEGIN:VEVENT") == 1 and properties(data, "UID") == [f"UID:{CONFERENCE.uid}-5"]
    (attendee,) = properties(data, "ATTENDEE")
    assert attendee.endswith(":mailto:a@mission.example") and "CN=\"Amélie ^'A.^' D^^Arc; Mission\"" in attendee
    assert "PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE" in attendee and "RELATED-TO" not in text(data)
    assert 'SENT-BY="mailto:noreply@hybrid.example"' in properties(data, "ORGANIZER")[0]
    assert properties(data, "DTSTAMP") == ["DTSTAMP:20261102T080000Z"]
    assert properties(data, "LAST-MODIFIED") == ["LAST-MODIFIED:20261101T080000Z"]


@pytest.mark.parametrize(
    ("who", "said"),
    [
        (Attendee("C", "c@x.example", "chair"), "ROLE=CHAIR"),
        (Attendee("O", "c@x.example", "observer", answer="accepted"), "PARTSTAT=ACCEPTED;ROLE=OPT-PARTICIPANT"),
        (
            Attendee("I", "c@x.example", "information", "group"),
            "CUTYPE=GROUP;PARTSTAT=NEEDS-ACTION;ROLE=NON-PARTICIPANT",
        ),
        (Attendee("", "c@x.example", kind="room"), "ATTENDEE;CUTYPE=ROOM"),
    ],
)
def test_an_attendee_is_who_they_are(who: Attendee, said: str) -> None:
    data = invite(who=who)
    assert_clean(data, profile="invite", parsers=False)
    assert said in properties(data, "ATTENDEE")[0]


def test_a_person_who_is_removed_is_not_told_that_the_meeting_is_cancelled() -> None:
    data = cancellation(
        CONFERENCE, 3, REMOTE, ORGANIZER, ATTENDEE, SAY, stamp=STAMP + HOUR, sequence=1, for_everybody=False
    )
    assert_clean(data, previous=invite())
    assert not properties(data, "STATUS") and properties(data, "SEQUENCE") == ["SEQUENCE:1"]
    assert "Cancelled" not in text(data) and "/join/" not in text(data) and "7f3a" not in text(data)


def test_one_session_of_a_conference_is_cancelled_alone() -> None:
    shorter = replace(CONFERENCE, sessions=(MORNING, replace(NEXT_DAY, dropped=True)), sequence=1)
    data = cancellation(shorter, 5, REMOTE, ORGANIZER, ATTENDEE, SAY, stamp=STAMP)
    assert_clean(data, profile="invite")
    assert properties(data, "UID") == [f"UID:{CONFERENCE.uid}-5"]
    with pytest.raises(ValueError, match="cancel"):
        invite(shorter, 5)


def test_one_meeting_of_a_series_is_updated_alone() -> None:
    data = invite(occurrence(7, "2027-03-09", "2027-03-10T11:00", sequence=1), 7)
    assert_clean(data, profile="invite")
    assert properties(data, "RECURRENCE-ID") == ["RECURRENCE-ID;TZID=Europe/Zurich:20270309T100000"]
    assert properties(data, "UID") == ["UID:5e7a1d3c-weekly"]


def test_a_whole_series_is_invited_to_at_once() -> None:
    data = series_invitation(series(), REMOTE, ORGANIZER, ATTENDEE, SAY, stamp=STAMP)
    assert_clean(data, profile="invite")
    assert properties(data, "RRULE") == ["RRULE:FREQ=WEEKLY;COUNT=8"]
    assert "Each time 10:00 to 12:00 (Geneva time)" in text(data)
    update = series_invitation(series(skipped=(), sequence=1), REMOTE, ORGANIZER, ATTENDEE, SAY, stamp=STAMP + HOUR)
    assert_clean(update, profile="invite", previous=data)


@pytest.mark.parametrize("address", ["", "nobody", "a@b\r\nBcc: x@y.z", "javascript:alert(1)"])
def test_who_has_no_address_gets_no_message(address: str) -> None:
    with pytest.raises(ValueError, match="attendee"):
        invite(who=Attendee("A", address))
    with pytest.raises(ValueError, match="organizer"):
        invite(organizer=Organizer("O", address))
