"""Who is told what: first, when something changes, when it is taken back, when it is over."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from meetingsvc.core.kernel import Refused
from meetingsvc.store import deliveries
from tests.support.body_scenario import BEGINNING, DAY, HOUR, MINUTE, BodyScenario, command
from tests.support.meeting_scenario import at_once


def test_nobody_is_told_before_the_secretariat_sends(scenario: BodyScenario) -> None:
    scenario.schedule()
    scenario.guest_list.put_on_list(scenario.meeting, [scenario.contact("KEN")])
    scenario.move("2026-12-11T15:00", "2026-12-11T18:00")
    assert [row.what for row in scenario.planner.preview(scenario.meeting)] == ["not_invited"]
    assert scenario.told() == []


def test_who_gets_what_is_known_before_it_is_sent(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya, laos = scenario.contact("KEN"), scenario.contact("LAO", address=None)
    scenario.guest_list.put_on_list(scenario.meeting, [kenya, laos])
    rows = scenario.planner.preview(scenario.meeting, sending=[kenya.id, laos.id])
    assert {row.contact.code: row.what for row in rows} == {"KEN": "invitation", "LAO": "no_address"}
    assert scenario.guest_list.send_off(scenario.meeting) == 1
    assert scenario.told() == [("KEN", "REQUEST", 0)]
    assert [row.what for row in scenario.planner.preview(scenario.meeting)] == ["nothing", "no_address"]
    times = {"starts": "2026-12-11T15:00", "ends": "2026-12-11T18:00"}
    moved = command("meeting.reschedule", session=scenario.session(), **times)
    after = scenario.planner.appointment_if(scenario.meeting, [moved])
    rows = scenario.planner.preview(scenario.meeting, after)
    assert [row.what for row in rows] == ["update", "no_address"]
    (change,) = rows[0].changes
    assert (change.field, change.old.starts, change.new.starts) == (
        "time",
        "2026-12-11T10:00",
        "2026-12-11T15:00",
    )
    after = scenario.planner.appointment_if(scenario.meeting, [command("meeting.cancel")])
    assert [row.what for row in scenario.planner.preview(scenario.meeting, after)] == ["cancellation", "no_address"]
    with pytest.raises(Refused, match=r"meeting\.no_such_session"):
        scenario.planner.appointment_if(scenario.meeting, [command("meeting.drop_session", session=99)])
    assert scenario.due() == [], "looking ahead changes nothing"


def test_a_move_is_the_same_event_with_the_next_sequence_and_a_later_stamp(scenario: BodyScenario) -> None:
    scenario.schedule()
    scenario.invite(scenario.contact("KEN"))
    (first,) = scenario.send()
    scenario.move("2026-12-11T15:00", "2026-12-11T18:00")
    (update,) = scenario.send()
    assert update.delivery.uid == first.delivery.uid == first.appointment.uid
    assert (first.delivery.sequence, update.delivery.sequence) == (0, 1)
    assert update.delivery.made_at > first.delivery.made_at
    assert update.before is not None and update.before.message_id == first.delivery.message_id
    assert update.delivery.message_id != first.delivery.message_id


def test_a_change_of_the_room_is_told(scenario: BodyScenario) -> None:
    scenario.schedule()
    scenario.invite(scenario.contact("KEN"))
    scenario.send()
    scenario.do(
        "meeting.reschedule",
        session=scenario.session(),
        starts="2026-12-11T10:00",
        ends="2026-12-11T13:00",
        room="Hall 2",
    )
    (update,) = scenario.send()
    assert (update.delivery.method, update.delivery.sequence, update.delivery.told.room) == ("REQUEST", 1, "Hall 2")


def test_title_and_agenda_are_told_by_feeds_only(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya = scenario.contact("KEN")
    scenario.invite(kenya)
    scenario.send()
    secret = scenario.feed(kenya)
    scenario.do("meeting.retitle", title="Consultations")
    scenario.do("agenda.add_item", title="Adoption of the agenda")
    assert scenario.told() == []
    assert "Consultations" in scenario.fetch(secret) and "Adoption of the agenda" in scenario.fetch(secret)


def test_a_cancelled_meeting_is_called_off_and_stays_in_the_feed_as_cancelled(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya = scenario.contact("KEN")
    scenario.invite(kenya)
    scenario.send()
    secret = scenario.feed(kenya)
    scenario.do("meeting.cancel")
    (letter,) = scenario.send()
    assert (letter.delivery.method, letter.delivery.sequence) == ("CANCEL", 1)
    assert letter.delivery.told.status == "cancelled" and letter.delivery.told.links == ()
    assert "STATUS:CANCELLED" in scenario.fetch(secret) and "SUMMARY;LANGUAGE=en:Cancelled: " in scenario.fetch(secret)
    scenario.undo()
    (letter,) = scenario.send()
    assert (letter.delivery.method, letter.delivery.sequence) == ("REQUEST", 2)
    assert letter.delivery.told.status == "confirmed"


def test_who_is_taken_off_is_told_alone_and_nobody_else(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya, uganda, laos = (scenario.contact(code) for code in ("KEN", "UGA", "LAO"))
    scenario.invite(kenya, uganda)
    scenario.guest_list.put_on_list(scenario.meeting, [laos])
    scenario.send()
    scenario.guest_list.take_off(scenario.meeting, kenya.id)
    scenario.guest_list.take_off(scenario.meeting, laos.id)
    (letter,) = scenario.send()
    assert (letter.contact.code, letter.delivery.method, letter.delivery.sequence) == ("KEN", "CANCEL", 1)
    assert letter.delivery.told.status == "removed" and letter.delivery.told.links == ()
    assert letter.personal_link is None
    scenario.move("2026-12-11T15:00", "2026-12-11T18:00")
    assert scenario.told() == [("UGA", "REQUEST", 1)]
    scenario.invite(kenya)
    assert scenario.told() == [("KEN", "REQUEST", 2)], "newer than what called it off"


def test_an_undo_within_the_grace_sends_nothing(scenario: BodyScenario) -> None:
    scenario.schedule()
    scenario.invite(scenario.contact("KEN"))
    scenario.send()
    scenario.do("meeting.cancel")
    scenario.wait(30_000)
    assert scenario.planner.plan_due() == 0
    scenario.undo()
    scenario.wait(30_000)
    assert scenario.planner.plan_due() == 0, "the minute begins anew with each change"
    row = scenario.meetings.meeting_row(scenario.meeting)
    assert row is not None and row.sequence == 2
    assert scenario.told() == []


def test_whoever_goes_on_changing_things_is_not_waited_for_without_end(scenario: BodyScenario) -> None:
    scenario.schedule()
    scenario.invite(scenario.contact("KEN"))
    scenario.send()
    for minute in range(12):
        scenario.move(f"2026-12-11T15:{minute:02}", "2026-12-11T18:00")
        scenario.wait(50_000)
        scenario.planner.plan_due()
    assert scenario.waiting(), "after ten minutes what holds is told"


def test_a_letter_that_waits_is_replaced_and_never_sent(scenario: BodyScenario) -> None:
    scenario.schedule()
    scenario.invite(scenario.contact("KEN"))
    (first,) = scenario.due()
    scenario.move("2026-12-11T15:00", "2026-12-11T18:00")
    (second,) = scenario.due()
    assert first.id != second.id and (second.sequence, second.told.starts) == (1, "2026-12-11T15:00")
    scenario.do("meeting.cancel")
    assert scenario.due() == [], "who was never told of it needs no cancellation"
    states = scenario.meetings.database.read(
        lambda c: [row.state for row in deliveries.of_meeting(c, scenario.meeting)]
    )
    assert states == ["superseded", "superseded"]


def test_a_letter_that_says_what_is_wanted_keeps_waiting(scenario: BodyScenario) -> None:
    scenario.schedule()
    scenario.invite(scenario.contact("KEN"))
    (first,) = scenario.due()
    scenario.invite(scenario.contact("UGA"))
    assert scenario.due()[0] == first


def test_two_processes_that_plan_at_once_write_each_letter_once(scenario: BodyScenario) -> None:
    scenario.schedule()
    scenario.invite(*(scenario.contact(code) for code in ("KEN", "UGA", "LAO")))
    scenario.wait()
    others = [BodyScenario.beside(scenario) for _ in range(3)]
    made = at_once([other.planner.plan_due for other in others])
    assert sorted(made) == [0, 0, 3]  # type: ignore[type-var]
    assert len(scenario.waiting()) == 3


def test_what_is_being_sent_counts_as_told(scenario: BodyScenario) -> None:
    scenario.schedule()
    scenario.invite(scenario.contact("KEN"))
    (first,) = scenario.due()
    scenario.clock.now += 1
    claimed = scenario.meetings.database.write(
        lambda c: deliveries.claim(c, first.id, scenario.clock.now, scenario.clock.now + HOUR)
    )
    assert claimed is not None
    scenario.move("2026-12-11T15:00", "2026-12-11T18:00")
    second = scenario.due()[-1]
    assert second.id != first.id and second.told.starts == "2026-12-11T15:00"
    assert scenario.planner.message(first) is None, "put back by the mail server, it is older than what came after it"


def test_what_failed_is_not_tried_again_until_something_changes(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya = scenario.contact("KEN")
    scenario.invite(kenya)
    (first,) = scenario.due()
    scenario.settle(first, "failed", fault="no such mailbox")
    scenario.invite(scenario.contact("UGA"))
    assert [row.contact != kenya.id for row in scenario.due()] == [True]
    assert scenario.guest_list.send_off(scenario.meeting, [kenya.id]) == 1, "unless the secretariat asks for it by name"
    assert {row.contact == kenya.id for row in scenario.due()} == {True, False}


def test_a_new_address_is_told_what_the_old_one_was_and_no_letter_goes_astray(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya, uganda = scenario.contact("KEN"), scenario.contact("UGA")
    scenario.invite(kenya)
    scenario.send()
    kenya = scenario.contacts.put_contact(replace(kenya, address="new@missions.example"))
    gone, letter = scenario.send()
    assert (gone.contact.address, gone.delivery.method) == ("ken@missions.example", "CANCEL")
    assert letter.contact.address == "new@missions.example" and letter.before is None
    scenario.invite(uganda)
    (waits,) = scenario.due()
    scenario.contacts.put_contact(replace(uganda, address="other@missions.example"))
    assert scenario.planner.message(waits) is None
    assert [row.contact for row in scenario.due()] == [uganda.id]


def test_nobody_is_written_to_about_what_is_over(scenario: BodyScenario) -> None:
    scenario.schedule("2026-12-11T10:00/2026-12-11T13:00", "2026-12-12T10:00/2026-12-12T13:00")
    scenario.invite(scenario.contact("KEN"))
    assert len(scenario.send()) == 2
    scenario.clock.now = BEGINNING + 11 * DAY  # 12 December, 08:00 UTC: both are over
    scenario.do("meeting.set_channels", channels=[{"kind": "audio", "address": "https://video.example/fr"}])
    assert scenario.told() == []


def test_a_two_day_conference_is_one_letter_for_each_session(scenario: BodyScenario) -> None:
    scenario.schedule("2026-12-11T10:00/2026-12-11T13:00", "2026-12-12T10:00/2026-12-12T13:00")
    scenario.invite(scenario.contact("KEN"))
    first, second = scenario.send()
    assert second.delivery.uid == f"{first.delivery.uid}-{scenario.session(1)}"
    scenario.do("meeting.reschedule", session=scenario.session(1), starts="2026-12-12T15:00", ends="2026-12-12T18:00")
    assert [each.delivery.uid for each in scenario.send()] == [second.delivery.uid], "the other day stays as it was"
    scenario.do("meeting.drop_session", session=scenario.session(1))
    (letter,) = scenario.send()
    assert (letter.delivery.uid, letter.delivery.method) == (second.delivery.uid, "CANCEL")
    assert "STATUS:CANCELLED" in scenario.file(), "files go on saying so"


def test_a_session_whose_planning_is_undone_is_called_off(scenario: BodyScenario) -> None:
    scenario.schedule()
    scenario.invite(scenario.contact("KEN"))
    scenario.send()
    scenario.do("meeting.plan_session", starts="2026-12-12T10:00", ends="2026-12-12T13:00")
    (added,) = scenario.send()
    scenario.undo()
    (letter,) = scenario.send()
    assert (letter.delivery.uid, letter.delivery.method) == (added.delivery.uid, "CANCEL")
    assert any(each.id == added.delivery.told.session and each.dropped for each in letter.appointment.sessions)
    assert scenario.told() == []


def test_a_place_that_changes_is_told_to_its_owner_only(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya, uganda = scenario.contact("KEN", mode="in_room"), scenario.contact("UGA")
    scenario.invite(kenya, uganda)
    first = scenario.send()[0]
    assert first.delivery.told.links == ()
    scenario.guest_list.set_place(scenario.meeting, kenya.id, mode="remote")
    (letter,) = scenario.send()
    assert letter.contact.code == "KEN" and letter.delivery.told.links == ("https://video.example/room-1",)


def test_a_place_that_somebody_chose_is_no_news_to_them_unless_they_need_the_link(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya, uganda = scenario.contact("KEN", mode="in_room"), scenario.contact("UGA")
    scenario.invite(kenya, uganda)
    scenario.send()
    scenario.replies.answer(scenario.meeting, uganda.id, "accepted", mode="in_room")
    scenario.replies.answer(scenario.meeting, kenya.id, "accepted", mode="remote")
    assert scenario.told() == [("KEN", "REQUEST", 1)]


# ---------------------------------------------------------------------------------------------------- while it sits


def open_session(scenario: BodyScenario) -> None:
    """The meeting of 11 December is called to order on time, and everybody was told of it."""
    scenario.schedule("2026-12-11T10:00/2026-12-11T13:00", "2026-12-12T10:00/2026-12-12T13:00")
    scenario.invite(scenario.contact("KEN"))
    scenario.send()
    scenario.clock.now = (
        scenario.meetings.history(scenario.meeting).state.meeting.sessions[scenario.session()].starts_at
    )
    scenario.do("meeting.open")


def test_a_session_that_runs_on_is_told_in_steps_of_ten_minutes(scenario: BodyScenario) -> None:
    open_session(scenario)
    scenario.clock.now += 3 * HOUR + MINUTE
    ends, sent = [], []
    for _ in range(30):  # an act each minute, and the outbox is looked at each minute
        scenario.do("record.note", text="The interpreters were thanked.")
        scenario.planner.plan_due()
        for row in scenario.waiting():
            scenario.settle(row, "sent")
            sent.append(scenario.clock.now)
            ends.append(row.told.ends_at)
        scenario.clock.now += MINUTE
    assert len(ends) >= 2
    assert ends == sorted(set(ends)), "each tells a later end"
    assert all((end - ends[0]) % (10 * MINUTE) == 0 for end in ends)
    assert all(b - a >= 10 * MINUTE for a, b in pairwise(sent)), "at most one each ten minutes"


def test_a_suspension_beyond_the_end_moves_the_end(scenario: BodyScenario) -> None:
    open_session(scenario)
    scenario.clock.now += 2 * HOUR
    scenario.do("meeting.suspend", until=scenario.clock.now + 2 * HOUR + 5 * MINUTE)
    (letter,) = scenario.send()
    assert letter.delivery.told.ends_at - letter.delivery.told.starts_at == 4 * HOUR + 10 * MINUTE
    row = scenario.meetings.meeting_row(scenario.meeting)
    assert row is not None and letter.delivery.sequence == row.sequence


def test_an_update_that_comes_too_soon_while_it_sits_waits_its_turn(scenario: BodyScenario) -> None:
    open_session(scenario)
    second = scenario.session(1)
    scenario.do("meeting.reschedule", session=second, starts="2026-12-12T11:00", ends="2026-12-12T13:00")
    assert len(scenario.send()) == 1
    scenario.do("meeting.reschedule", session=second, starts="2026-12-12T12:00", ends="2026-12-12T13:00")
    assert scenario.due() == []
    scenario.wait(10 * MINUTE)
    (letter,) = scenario.send()
    assert letter.delivery.told.starts == "2026-12-12T12:00"


def test_a_meeting_that_is_closed_writes_to_nobody_about_what_was_held(scenario: BodyScenario) -> None:
    open_session(scenario)
    scenario.do("meeting.adjourn")
    scenario.do("meeting.open")
    scenario.do("meeting.close")
    scenario.guest_list.set_place(
        scenario.meeting, scenario.guest_list.on_list(scenario.meeting)[0].contact.id, mode="in_room"
    )
    scenario.guest_list.put_on_list(scenario.meeting, [scenario.contact("UGA")])
    assert scenario.told() == []


# -------------------------------------------------------------------------------------------------------- a series


def test_a_series_is_told_once_and_then_only_what_differs(scenario: BodyScenario) -> None:
    row, meetings = scenario.series(4)
    kenya = scenario.contact("KEN")
    for meeting in meetings:
        scenario.guest_list.put_on_list(meeting, [kenya])
    scenario.guest_list.send_off(meetings[0])
    (master,) = scenario.send()
    assert (master.delivery.uid, master.delivery.told.rule.count) == (row.uid, 4)
    assert master.series is not None and master.delivery.told.recurs is None
    assert all(scenario.guest_list.invitation(meeting, kenya.id).invited_at for meeting in meetings)
    scenario.meeting = meetings[2]
    scenario.move("2026-12-23T15:00", "2026-12-23T16:00")
    (moved,) = scenario.send()
    assert (moved.delivery.uid, moved.delivery.told.recurs) == (row.uid, "2026-12-22T15:00")
    assert moved.before is not None and moved.before.told.starts == "2026-12-22T15:00"
    assert moved.appointment.recurrence is not None
    scenario.meeting = meetings[1]
    scenario.do("meeting.cancel")
    (letter,) = scenario.send()
    assert (letter.delivery.method, letter.delivery.told.recurs) == ("CANCEL", "2026-12-15T15:00")
    assert letter.delivery.sequence > master.delivery.sequence
    scenario.guest_list.take_off(meetings[3], kenya.id)
    (letter,) = scenario.send()
    assert (letter.delivery.method, letter.delivery.told.status) == ("CANCEL", "removed")
    assert letter.delivery.told.recurs == "2026-12-29T15:00"


def test_one_meeting_of_a_series_is_an_event_of_its_own_to_whoever_comes_to_no_other(scenario: BodyScenario) -> None:
    row, meetings = scenario.series(3)
    scenario.invite(scenario.contact("KEN"), meeting=meetings[1])
    (letter,) = scenario.send()
    assert letter.delivery.uid == letter.appointment.uid != row.uid
    assert letter.appointment.recurrence is None and letter.series is None


def test_a_body_feed_shows_a_series_with_its_moved_occurrence(scenario: BodyScenario) -> None:
    row, meetings = scenario.series(4)
    assert scenario.body_feed().count("BEGIN:VEVENT") == 1
    scenario.meeting = meetings[2]
    scenario.move("2026-12-23T15:00", "2026-12-23T16:00")
    feed = scenario.body_feed()
    assert feed.count(f"UID:{row.uid}\n") == 2 and "RRULE:FREQ=WEEKLY;COUNT=4" in feed
    assert "RECURRENCE-ID;TZID=Europe/Zurich:20261222T150000" in feed
    assert "DTSTART;TZID=Europe/Zurich:20261223T150000" in feed
