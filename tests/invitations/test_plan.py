"""Who is told what: first, when something changes, when it is taken back, when it is over."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from meetingsvc.core.kernel import Refused
from meetingsvc.store import deliveries
from tests.invitations.office import BEGINNING, DAY, HOUR, MINUTE, Office, command
from tests.store.hall import at_once


def test_nobody_is_told_before_the_secretariat_sends(office: Office) -> None:
    office.schedule()
    office.people.put_on_list(office.meeting, [office.contact("KEN")])
    office.move("2026-12-11T15:00", "2026-12-11T18:00")
    assert [row.what for row in office.people.preview(office.meeting)] == ["not_invited"]
    assert office.told() == []


def test_who_gets_what_is_known_before_it_is_sent(office: Office) -> None:
    office.schedule()
    kenya, laos = office.contact("KEN"), office.contact("LAO", address=None)
    office.people.put_on_list(office.meeting, [kenya, laos])
    rows = office.people.preview(office.meeting, sending=[kenya.id, laos.id])
    assert {row.contact.code: row.what for row in rows} == {"KEN": "invitation", "LAO": "no_address"}
    assert office.people.send_off(office.meeting) == 1
    assert office.told() == [("KEN", "REQUEST", 0)]
    assert [row.what for row in office.people.preview(office.meeting)] == ["nothing", "no_address"]
    times = {"starts": "2026-12-11T15:00", "ends": "2026-12-11T18:00"}
    moved = command("meeting.reschedule", session=office.session(), **times)
    after = office.people.appointment_if(office.meeting, [moved])
    rows = office.people.preview(office.meeting, after)
    assert [row.what for row in rows] == ["update", "no_address"]
    (change,) = rows[0].changes
    assert (change.field, change.old["starts"], change.new["starts"]) == (
        "time",
        "2026-12-11T10:00",
        "2026-12-11T15:00",
    )
    after = office.people.appointment_if(office.meeting, [command("meeting.cancel")])
    assert [row.what for row in office.people.preview(office.meeting, after)] == ["cancellation", "no_address"]
    with pytest.raises(Refused, match=r"meeting\.no_such_session"):
        office.people.appointment_if(office.meeting, [command("meeting.drop_session", session=99)])
    assert office.due() == [], "looking ahead changes nothing"


def test_a_move_is_the_same_event_with_the_next_sequence_and_a_later_stamp(office: Office) -> None:
    office.schedule()
    office.invite(office.contact("KEN"))
    (first,) = office.send()
    office.move("2026-12-11T15:00", "2026-12-11T18:00")
    (update,) = office.send()
    assert update.delivery.uid == first.delivery.uid == first.appointment.uid
    assert (first.delivery.sequence, update.delivery.sequence) == (0, 1)
    assert update.delivery.made_at > first.delivery.made_at
    assert update.before is not None and update.before.message_id == first.delivery.message_id
    assert update.delivery.message_id != first.delivery.message_id


def test_a_change_of_the_room_is_told(office: Office) -> None:
    office.schedule()
    office.invite(office.contact("KEN"))
    office.send()
    office.do("meeting.reschedule", session=office.session(), starts="2026-12-11T10:00", ends="2026-12-11T13:00",
              room="Hall 2")  # fmt: skip
    (update,) = office.send()
    assert (update.delivery.method, update.delivery.sequence, update.delivery.facts["room"]) == ("REQUEST", 1, "Hall 2")


def test_title_and_agenda_are_told_by_feeds_only(office: Office) -> None:
    office.schedule()
    kenya = office.contact("KEN")
    office.invite(kenya)
    office.send()
    secret = office.feed(kenya)
    office.do("meeting.retitle", title="Consultations")
    office.do("agenda.add_item", title="Adoption of the agenda")
    assert office.told() == []
    assert "Consultations" in office.fetch(secret) and "Adoption of the agenda" in office.fetch(secret)


def test_a_cancelled_meeting_is_called_off_and_stays_in_the_feed_as_cancelled(office: Office) -> None:
    office.schedule()
    kenya = office.contact("KEN")
    office.invite(kenya)
    office.send()
    secret = office.feed(kenya)
    office.do("meeting.cancel")
    (letter,) = office.send()
    assert (letter.delivery.method, letter.delivery.sequence) == ("CANCEL", 1)
    assert letter.delivery.facts["status"] == "cancelled" and letter.delivery.facts["links"] == []
    assert "STATUS:CANCELLED" in office.fetch(secret) and "SUMMARY;LANGUAGE=en:Cancelled: " in office.fetch(secret)
    office.undo()
    (letter,) = office.send()
    assert (letter.delivery.method, letter.delivery.sequence) == ("REQUEST", 2)
    assert letter.delivery.facts["status"] == "confirmed"


def test_who_is_taken_off_is_told_alone_and_nobody_else(office: Office) -> None:
    office.schedule()
    kenya, uganda, laos = (office.contact(code) for code in ("KEN", "UGA", "LAO"))
    office.invite(kenya, uganda)
    office.people.put_on_list(office.meeting, [laos])
    office.send()
    office.people.take_off(office.meeting, kenya.id)
    office.people.take_off(office.meeting, laos.id)
    (letter,) = office.send()
    assert (letter.contact.code, letter.delivery.method, letter.delivery.sequence) == ("KEN", "CANCEL", 1)
    assert letter.delivery.facts["status"] == "removed" and letter.delivery.facts["links"] == []
    assert letter.personal_link is None
    office.move("2026-12-11T15:00", "2026-12-11T18:00")
    assert office.told() == [("UGA", "REQUEST", 1)]
    office.invite(kenya)
    assert office.told() == [("KEN", "REQUEST", 2)], "newer than what called it off"


def test_an_undo_within_the_grace_sends_nothing(office: Office) -> None:
    office.schedule()
    office.invite(office.contact("KEN"))
    office.send()
    office.do("meeting.cancel")
    office.wait(30_000)
    assert office.people.plan_due() == 0
    office.undo()
    office.wait(30_000)
    assert office.people.plan_due() == 0, "the minute begins anew with each change"
    row = office.meetings.meeting_row(office.meeting)
    assert row is not None and row.sequence == 2
    assert office.told() == []


def test_whoever_goes_on_changing_things_is_not_waited_for_without_end(office: Office) -> None:
    office.schedule()
    office.invite(office.contact("KEN"))
    office.send()
    for minute in range(12):
        office.move(f"2026-12-11T15:{minute:02}", "2026-12-11T18:00")
        office.wait(50_000)
        office.people.plan_due()
    assert office.waiting(), "after ten minutes what holds is told"


def test_a_letter_that_waits_is_replaced_and_never_sent(office: Office) -> None:
    office.schedule()
    office.invite(office.contact("KEN"))
    (first,) = office.due()
    office.move("2026-12-11T15:00", "2026-12-11T18:00")
    (second,) = office.due()
    assert first.id != second.id and (second.sequence, second.facts["starts"]) == (1, "2026-12-11T15:00")
    office.do("meeting.cancel")
    assert office.due() == [], "who was never told of it needs no cancellation"
    states = office.meetings.database.read(lambda c: [row.state for row in deliveries.of_meeting(c, office.meeting)])
    assert states == ["superseded", "superseded"]


def test_a_letter_that_says_what_is_wanted_keeps_waiting(office: Office) -> None:
    office.schedule()
    office.invite(office.contact("KEN"))
    (first,) = office.due()
    office.invite(office.contact("UGA"))
    assert office.due()[0] == first


def test_two_processes_that_plan_at_once_write_each_letter_once(office: Office) -> None:
    office.schedule()
    office.invite(*(office.contact(code) for code in ("KEN", "UGA", "LAO")))
    office.wait()
    others = [Office.beside(office) for _ in range(3)]
    made = at_once([other.people.plan_due for other in others])
    assert sorted(made) == [0, 0, 3]  # type: ignore[type-var]
    assert len(office.waiting()) == 3


def test_what_is_being_sent_counts_as_told(office: Office) -> None:
    office.schedule()
    office.invite(office.contact("KEN"))
    (first,) = office.due()
    office.clock.now += 1
    claimed = office.meetings.database.write(
        lambda c: deliveries.claim(c, first.id, office.clock.now, office.clock.now + HOUR)
    )
    assert claimed is not None
    office.move("2026-12-11T15:00", "2026-12-11T18:00")
    second = office.due()[-1]
    assert second.id != first.id and second.facts["starts"] == "2026-12-11T15:00"
    assert office.people.message(first) is None, "put back by the mail server, it is older than what came after it"


def test_what_failed_is_not_tried_again_until_something_changes(office: Office) -> None:
    office.schedule()
    kenya = office.contact("KEN")
    office.invite(kenya)
    (first,) = office.due()
    office.settle(first, "failed", fault="no such mailbox")
    office.invite(office.contact("UGA"))
    assert [row.contact != kenya.id for row in office.due()] == [True]
    assert office.people.send_off(office.meeting, [kenya.id]) == 1, "unless the secretariat asks for it by name"
    assert {row.contact == kenya.id for row in office.due()} == {True, False}


def test_a_new_address_is_told_what_the_old_one_was_and_no_letter_goes_astray(office: Office) -> None:
    office.schedule()
    kenya, uganda = office.contact("KEN"), office.contact("UGA")
    office.invite(kenya)
    office.send()
    kenya = office.people.put_contact(replace(kenya, address="new@missions.example"))
    gone, letter = office.send()
    assert (gone.contact.address, gone.delivery.method) == ("ken@missions.example", "CANCEL")
    assert letter.contact.address == "new@missions.example" and letter.before is None
    office.invite(uganda)
    (waits,) = office.due()
    office.people.put_contact(replace(uganda, address="other@missions.example"))
    assert office.people.message(waits) is None
    assert [row.contact for row in office.due()] == [uganda.id]


def test_nobody_is_written_to_about_what_is_over(office: Office) -> None:
    office.schedule("2026-12-11T10:00/2026-12-11T13:00", "2026-12-12T10:00/2026-12-12T13:00")
    office.invite(office.contact("KEN"))
    assert len(office.send()) == 2
    office.clock.now = BEGINNING + 11 * DAY  # 12 December, 08:00 UTC: both are over
    office.do("meeting.set_channels", channels=[{"kind": "audio", "address": "https://video.example/fr"}])
    assert office.told() == []


def test_a_two_day_conference_is_one_letter_for_each_session(office: Office) -> None:
    office.schedule("2026-12-11T10:00/2026-12-11T13:00", "2026-12-12T10:00/2026-12-12T13:00")
    office.invite(office.contact("KEN"))
    first, second = office.send()
    assert second.delivery.uid == f"{first.delivery.uid}-{office.session(1)}"
    office.do("meeting.reschedule", session=office.session(1), starts="2026-12-12T15:00", ends="2026-12-12T18:00")
    assert [each.delivery.uid for each in office.send()] == [second.delivery.uid], "the other day stays as it was"
    office.do("meeting.drop_session", session=office.session(1))
    (letter,) = office.send()
    assert (letter.delivery.uid, letter.delivery.method) == (second.delivery.uid, "CANCEL")
    assert "STATUS:CANCELLED" in office.file(), "files go on saying so"


def test_a_session_whose_planning_is_undone_is_called_off(office: Office) -> None:
    office.schedule()
    office.invite(office.contact("KEN"))
    office.send()
    office.do("meeting.plan_session", starts="2026-12-12T10:00", ends="2026-12-12T13:00")
    (added,) = office.send()
    office.undo()
    (letter,) = office.send()
    assert (letter.delivery.uid, letter.delivery.method) == (added.delivery.uid, "CANCEL")
    assert any(each.id == added.delivery.facts["sitting"] and each.dropped for each in letter.appointment.sittings)
    assert office.told() == []


def test_a_place_that_changes_is_told_to_its_owner_only(office: Office) -> None:
    office.schedule()
    kenya, uganda = office.contact("KEN", mode="in_room"), office.contact("UGA")
    office.invite(kenya, uganda)
    first = office.send()[0]
    assert first.delivery.facts["links"] == []
    office.people.set_place(office.meeting, kenya.id, mode="remote")
    (letter,) = office.send()
    assert letter.contact.code == "KEN" and letter.delivery.facts["links"] == ["https://video.example/room-1"]


def test_a_place_that_somebody_chose_is_no_news_to_them_unless_they_need_the_link(office: Office) -> None:
    office.schedule()
    kenya, uganda = office.contact("KEN", mode="in_room"), office.contact("UGA")
    office.invite(kenya, uganda)
    office.send()
    office.people.answer(office.meeting, uganda.id, "accepted", mode="in_room")
    office.people.answer(office.meeting, kenya.id, "accepted", mode="remote")
    assert office.told() == [("KEN", "REQUEST", 1)]


# ---------------------------------------------------------------------------------------------------- while it sits


def sitting(office: Office) -> None:
    """The meeting of 11 December is called to order on time, and everybody was told of it."""
    office.schedule("2026-12-11T10:00/2026-12-11T13:00", "2026-12-12T10:00/2026-12-12T13:00")
    office.invite(office.contact("KEN"))
    office.send()
    office.clock.now = office.meetings.history(office.meeting).whole.meeting.sessions[office.session()].starts_at
    office.do("meeting.open")


def test_a_session_that_runs_on_is_told_in_steps_of_ten_minutes(office: Office) -> None:
    sitting(office)
    office.clock.now += 3 * HOUR + MINUTE
    ends, sent = [], []
    for _ in range(30):  # an act each minute, and the outbox is looked at each minute
        office.do("record.note", text="The interpreters were thanked.")
        office.people.plan_due()
        for row in office.waiting():
            office.settle(row, "sent")
            sent.append(office.clock.now)
            ends.append(row.facts["ends_at"])
        office.clock.now += MINUTE
    assert len(ends) >= 2
    assert ends == sorted(set(ends)), "each tells a later end"
    assert all((end - ends[0]) % (10 * MINUTE) == 0 for end in ends)
    assert all(b - a >= 10 * MINUTE for a, b in pairwise(sent)), "at most one each ten minutes"


def test_a_suspension_beyond_the_end_moves_the_end(office: Office) -> None:
    sitting(office)
    office.clock.now += 2 * HOUR
    office.do("meeting.suspend", until=office.clock.now + 2 * HOUR + 5 * MINUTE)
    (letter,) = office.send()
    assert letter.delivery.facts["ends_at"] - letter.delivery.facts["starts_at"] == 4 * HOUR + 10 * MINUTE
    row = office.meetings.meeting_row(office.meeting)
    assert row is not None and letter.delivery.sequence == row.sequence


def test_an_update_that_comes_too_soon_while_it_sits_waits_its_turn(office: Office) -> None:
    sitting(office)
    second = office.session(1)
    office.do("meeting.reschedule", session=second, starts="2026-12-12T11:00", ends="2026-12-12T13:00")
    assert len(office.send()) == 1
    office.do("meeting.reschedule", session=second, starts="2026-12-12T12:00", ends="2026-12-12T13:00")
    assert office.due() == []
    office.wait(10 * MINUTE)
    (letter,) = office.send()
    assert letter.delivery.facts["starts"] == "2026-12-12T12:00"


def test_a_meeting_that_is_closed_writes_to_nobody_about_what_was_held(office: Office) -> None:
    sitting(office)
    office.do("meeting.adjourn")
    office.do("meeting.open")
    office.do("meeting.close")
    office.people.set_place(office.meeting, office.people.on_list(office.meeting)[0].contact.id, mode="in_room")
    office.people.put_on_list(office.meeting, [office.contact("UGA")])
    assert office.told() == []


# -------------------------------------------------------------------------------------------------------- a series


def test_a_series_is_told_once_and_then_only_what_differs(office: Office) -> None:
    row, meetings = office.series(4)
    kenya = office.contact("KEN")
    for meeting in meetings:
        office.people.put_on_list(meeting, [kenya])
    office.people.send_off(meetings[0])
    (master,) = office.send()
    assert (master.delivery.uid, master.delivery.facts["rule"]["count"]) == (row.uid, 4)
    assert master.series is not None and "recurs" not in master.delivery.facts
    assert all(office.people.invitation(meeting, kenya.id).invited_at for meeting in meetings)
    office.meeting = meetings[2]
    office.move("2026-12-23T15:00", "2026-12-23T16:00")
    (moved,) = office.send()
    assert (moved.delivery.uid, moved.delivery.facts["recurs"]) == (row.uid, "2026-12-22T15:00")
    assert moved.before is not None and moved.before.facts["starts"] == "2026-12-22T15:00"
    assert moved.appointment.recurrence is not None
    office.meeting = meetings[1]
    office.do("meeting.cancel")
    (letter,) = office.send()
    assert (letter.delivery.method, letter.delivery.facts["recurs"]) == ("CANCEL", "2026-12-15T15:00")
    assert letter.delivery.sequence > master.delivery.sequence
    office.people.take_off(meetings[3], kenya.id)
    (letter,) = office.send()
    assert (letter.delivery.method, letter.delivery.facts["status"]) == ("CANCEL", "removed")
    assert letter.delivery.facts["recurs"] == "2026-12-29T15:00"


def test_one_meeting_of_a_series_is_an_event_of_its_own_to_whoever_comes_to_no_other(office: Office) -> None:
    row, meetings = office.series(3)
    office.invite(office.contact("KEN"), meeting=meetings[1])
    (letter,) = office.send()
    assert letter.delivery.uid == letter.appointment.uid != row.uid
    assert letter.appointment.recurrence is None and letter.series is None


def test_a_body_feed_shows_a_series_with_its_moved_occurrence(office: Office) -> None:
    row, meetings = office.series(4)
    assert office.body_feed().count("BEGIN:VEVENT") == 1
    office.meeting = meetings[2]
    office.move("2026-12-23T15:00", "2026-12-23T16:00")
    feed = office.body_feed()
    assert feed.count(f"UID:{row.uid}\n") == 2 and "RRULE:FREQ=WEEKLY;COUNT=4" in feed
    assert "RECURRENCE-ID;TZID=Europe/Zurich:20261222T150000" in feed
    assert "DTSTART;TZID=Europe/Zurich:20261223T150000" in feed
