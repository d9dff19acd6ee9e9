"""Nobody is left with a wrong calendar: killed processes, failures, mistakes put right, series, closing, races."""

from __future__ import annotations

import threading

from meetingsvc.invitations.mails.letter import written
from meetingsvc.invitations.results import Message
from meetingsvc.store import deliveries
from meetingsvc.store.contacts import Contact
from tests.support.body_scenario import BEGINNING, DAY, HOUR, MINUTE, WORDS, BodyScenario, Clock, events

TWO_DAYS = ("2026-12-11T10:00/2026-12-11T13:00", "2026-12-12T10:00/2026-12-12T13:00")
#: The first of them, an hour after it began.
SESSION = BEGINNING + 10 * DAY - 2 * HOUR


def invited(scenario: BodyScenario, *sessions: str) -> Contact:
    """A meeting of which the Permanent Mission of Kenya was told."""
    scenario.schedule(*sessions)
    kenya = scenario.contact("KEN")
    scenario.invite(kenya)
    assert scenario.told()
    return kenya


def a_series(scenario: BodyScenario, count: int) -> tuple[Contact, list[str]]:
    """A series with the Permanent Mission of Kenya on every list, and nothing sent off."""
    _, made = scenario.series(count)
    kenya = scenario.contact("KEN")
    for meeting in made:
        scenario.guest_list.put_on_list(meeting, [kenya])
    return kenya, made


def said(letters: list[Message]) -> list[tuple[str, str | None]]:
    return [(each.delivery.method, each.delivery.told.recurs) for each in letters]


# -------------------------------------------------------------------------------------- killed after the server's yes


def test_who_may_have_got_a_letter_of_a_killed_process_is_told_of_the_cancelling(scenario: BodyScenario) -> None:
    scenario.schedule()
    scenario.invite(scenario.contact("KEN"))
    (row,) = scenario.due()
    scenario.claimed(row)  # handed over, and then the process was killed
    scenario.wait(10 * MINUTE)
    scenario.do("meeting.cancel")
    assert scenario.told() == [("KEN", "CANCEL", 1)]


def test_who_may_have_been_told_of_a_move_is_told_of_the_way_back(scenario: BodyScenario) -> None:
    invited(scenario)
    scenario.move("2026-12-11T11:00", "2026-12-11T13:00")
    (row,) = scenario.due()
    scenario.claimed(row)
    scenario.wait(10 * MINUTE)
    scenario.undo()
    (letter,) = scenario.send()
    assert (letter.delivery.told.starts, letter.delivery.sequence) == ("2026-12-11T10:00", 2)


def test_a_letter_that_may_have_left_is_sent_again_while_it_is_true(scenario: BodyScenario) -> None:
    scenario.schedule()
    scenario.invite(scenario.contact("KEN"))
    (row,) = scenario.due()
    scenario.claimed(row)
    scenario.wait(10 * MINUTE)
    scenario.invite(scenario.contact("UGA"))
    assert next(each.delivery.message_id for each in scenario.send()) == row.message_id


def test_that_it_may_have_left_is_not_forgotten_when_a_later_letter_takes_its_place(scenario: BodyScenario) -> None:
    scenario.schedule()
    scenario.invite(scenario.contact("KEN"))
    (row,) = scenario.due()
    scenario.claimed(row)
    scenario.wait(10 * MINUTE)
    scenario.move("2026-12-11T15:00", "2026-12-11T18:00")
    scenario.due()
    assert scenario.planner.message(scenario.claimed(row)) is None, "the later one takes its place, and waits"
    scenario.do("meeting.cancel")
    assert scenario.told() == [("KEN", "CANCEL", 2)]


# -------------------------------------------------------------------------------------- what failed, what went back


def test_a_cancellation_that_failed_is_sent_when_the_meeting_is_cancelled_again(scenario: BodyScenario) -> None:
    invited(scenario)
    scenario.do("meeting.cancel")
    (row,) = scenario.due()
    scenario.settle(row, "failed", fault="451 later")
    scenario.undo()
    assert scenario.due() == []
    scenario.do("meeting.cancel")
    assert scenario.told() == [("KEN", "CANCEL", 3)]


def test_an_update_that_failed_is_sent_when_it_becomes_true_again(scenario: BodyScenario) -> None:
    invited(scenario)
    scenario.move("2026-12-11T11:00", "2026-12-11T13:00")
    (row,) = scenario.due()
    scenario.settle(row, "failed", fault="451 later")
    scenario.move("2026-12-11T10:00", "2026-12-11T13:00")
    assert scenario.due() == []
    scenario.move("2026-12-11T11:00", "2026-12-11T13:00")
    assert scenario.told() == [("KEN", "REQUEST", 3)]


def test_what_came_back_and_is_sent_again_by_name_is_an_invitation_again(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya = scenario.contact("KEN")
    scenario.invite(kenya)
    (row,) = scenario.due()
    scenario.settle(row, "bounced", sent_at=scenario.clock.now)
    scenario.invite(kenya)
    (letter,) = scenario.send()
    assert letter.before is None


def test_each_letter_after_a_removal_and_a_return_has_a_higher_sequence(scenario: BodyScenario) -> None:
    kenya = invited(scenario)
    scenario.guest_list.take_off(scenario.meeting, kenya.id)
    scenario.told()
    scenario.invite(kenya)
    scenario.told()
    for hour in (11, 12, 14):
        scenario.move(f"2026-12-11T{hour}:00", f"2026-12-11T{hour + 2}:00")
        scenario.told()
    rows = scenario.meetings.database.read(lambda c: deliveries.of_meeting(c, scenario.meeting))
    assert [row.sequence for row in rows] == [0, 1, 2, 3, 4, 5]


def test_who_is_taken_off_by_mistake_and_put_back_gets_a_living_link_and_keeps_the_answer(
    scenario: BodyScenario,
) -> None:
    scenario.schedule()
    kenya = scenario.contact("KEN")
    scenario.invite(kenya)
    (first,) = scenario.send()
    scenario.replies.answer(scenario.meeting, kenya.id, "accepted")
    scenario.guest_list.take_off(scenario.meeting, kenya.id)
    scenario.guest_list.put_on_list(scenario.meeting, [kenya])
    (letter,) = scenario.send()
    assert letter.delivery.method == "REQUEST" and letter.personal_link not in (None, first.personal_link)
    assert letter.personal_link is not None
    grant = scenario.links.find(letter.personal_link.rpartition("/")[2])
    assert grant is not None and grant.revoked_at is None
    assert "Your personal link is a new one. The one you had no longer works." in written(letter, WORDS["en"]).plain
    found = scenario.guest_list.invitation(scenario.meeting, kenya.id)
    assert found.answer == "accepted" and found.invited_at is not None
    assert scenario.told() == []


def test_who_was_told_of_the_removal_is_asked_anew(scenario: BodyScenario) -> None:
    kenya = invited(scenario)
    scenario.replies.answer(scenario.meeting, kenya.id, "accepted")
    scenario.guest_list.take_off(scenario.meeting, kenya.id)
    assert scenario.told() == [("KEN", "CANCEL", 1)]
    scenario.guest_list.put_on_list(scenario.meeting, [kenya])
    assert scenario.told() == []
    found = scenario.guest_list.invitation(scenario.meeting, kenya.id)
    assert (found.answer, found.invited_at) == ("none", None)


def test_a_removal_that_was_taken_back_is_not_sent_late(scenario: BodyScenario) -> None:
    kenya = invited(scenario)
    scenario.guest_list.take_off(scenario.meeting, kenya.id)
    (row,) = scenario.due()
    scenario.guest_list.put_on_list(scenario.meeting, [kenya])
    assert scenario.planner.message(scenario.claimed(row)) is None
    assert scenario.told() == [("KEN", "REQUEST", 0)]


# ------------------------------------------------------------------------------------------------------- past, held


def test_a_session_that_is_moved_into_the_past_is_told(scenario: BodyScenario, clock: Clock) -> None:
    invited(scenario)
    clock.now = SESSION - 4 * HOUR  # 07:00 in Ashgabat
    scenario.move("2026-12-11T06:00", "2026-12-11T07:01")
    (letter,) = scenario.send()
    assert letter.delivery.told.starts == "2026-12-11T06:00" and letter.delivery.told.ends_at < clock.now


def test_a_letter_that_is_held_back_keeps_nothing_else_waiting(scenario: BodyScenario, clock: Clock) -> None:
    kenya = invited(scenario, *TWO_DAYS)
    clock.now = SESSION
    scenario.do("meeting.open")
    second = scenario.session(1)
    scenario.do("meeting.reschedule", session=second, starts="2026-12-12T11:00", ends="2026-12-12T13:00")
    assert len(scenario.told()) == 1
    scenario.do("meeting.reschedule", session=second, starts="2026-12-12T11:30", ends="2026-12-12T13:00")
    assert scenario.told() == [], "an update each ten minutes"
    scenario.guest_list.take_off(scenario.meeting, kenya.id)
    scenario.invite(scenario.contact("KAZ"))
    assert sorted({row[:2] for row in scenario.told()}) == [("KAZ", "REQUEST"), ("KEN", "CANCEL")]


# ---------------------------------------------------------------------------------------------------------- closing


def test_closing_a_conference_early_tells_of_the_day_that_is_not_held(scenario: BodyScenario, clock: Clock) -> None:
    invited(scenario, *TWO_DAYS)
    clock.now = SESSION
    scenario.do("meeting.open")
    scenario.wait(HOUR)
    scenario.do("meeting.close")
    (letter,) = scenario.send()
    assert (letter.delivery.method, letter.delivery.told.starts) == ("CANCEL", "2026-12-12T10:00")
    shown = {each["DTSTART"]: each["STATUS"] for each in events(scenario.body_feed())}
    assert shown == {"20261211T100000": "CONFIRMED", "20261212T100000": "CANCELLED"}


def test_closing_before_it_sat_tells_that_it_is_not_held(scenario: BodyScenario) -> None:
    invited(scenario)
    uid = events(scenario.file())[0]["UID"]
    scenario.do("meeting.close")
    assert scenario.told() == [("KEN", "CANCEL", 1)]
    assert [(each["UID"], each["STATUS"]) for each in events(scenario.file())] == [(uid, "CANCELLED")]


def test_a_session_dropped_in_the_minute_before_closing_is_told(scenario: BodyScenario, clock: Clock) -> None:
    invited(scenario, *TWO_DAYS)
    clock.now = SESSION
    scenario.do("meeting.open")
    scenario.do("meeting.drop_session", session=scenario.session(1))
    scenario.do("meeting.close")
    assert [method for _, method, _ in scenario.told()] == ["CANCEL"]


def test_a_session_that_nobody_opened_and_is_over_is_no_news_when_the_meeting_is_closed(scenario: BodyScenario) -> None:
    invited(scenario)
    scenario.clock.now = BEGINNING + 12 * DAY
    scenario.do("meeting.close")
    assert scenario.told() == []


# --------------------------------------------------------------------------------------------------------- a series


def test_what_differed_from_the_rule_before_the_invitation_is_told_with_it(scenario: BodyScenario) -> None:
    kenya, made = a_series(scenario, 4)
    scenario.meeting = made[2]
    scenario.move("2026-12-23T15:00", "2026-12-23T16:00")
    scenario.meeting = made[3]
    scenario.do("meeting.cancel")
    assert scenario.due() == []
    scenario.guest_list.send_off(made[0], [kenya.id])
    letters = scenario.send() + scenario.send()
    moved, gone = ("REQUEST", "2026-12-22T15:00"), ("CANCEL", "2026-12-29T15:00")
    assert said(letters)[0] == ("REQUEST", None) and sorted(said(letters)[1:], key=str) == [gone, moved]
    assert scenario.told() == []


def test_a_letter_about_a_series_waits_on_when_one_of_its_meetings_is_closed(
    scenario: BodyScenario, clock: Clock
) -> None:
    _, made = a_series(scenario, 3)
    scenario.guest_list.send_off(made[0])
    (master,) = scenario.due()
    scenario.meeting = made[0]
    clock.now += 8 * DAY
    scenario.do("meeting.open")
    scenario.do("meeting.close")
    assert [row.id for row in scenario.due()] == [master.id]


def test_closing_a_meeting_before_it_sat_is_told_though_the_letter_about_its_series_waits(
    scenario: BodyScenario,
) -> None:
    _, made = a_series(scenario, 3)
    scenario.guest_list.send_off(made[0])
    assert len(scenario.due()) == 1
    scenario.meeting = made[0]
    scenario.do("meeting.close")
    assert said(scenario.send()) == [("REQUEST", None), ("CANCEL", "2026-12-08T15:00")]


def test_a_letter_about_a_series_that_need_not_leave_becomes_one_for_each_meeting(scenario: BodyScenario) -> None:
    kenya, made = a_series(scenario, 3)
    scenario.guest_list.send_off(made[0])
    scenario.due()
    scenario.guest_list.take_off(made[0], kenya.id)
    scenario.due()
    letters = scenario.send()
    assert said(letters) == [("REQUEST", None)] * 2 and not any(each.delivery.told.rule is not None for each in letters)


def test_of_a_series_only_the_meeting_that_is_left_and_joined_again_has_another_link(scenario: BodyScenario) -> None:
    kenya, made = a_series(scenario, 3)
    scenario.guest_list.send_off(made[0])
    assert said(scenario.send()) == [("REQUEST", None)]
    assert scenario.told() == []
    scenario.guest_list.take_off(made[0], kenya.id)
    scenario.guest_list.put_on_list(made[0], [kenya])
    assert said(scenario.send()) == [("REQUEST", "2026-12-08T15:00")]
    assert scenario.told() == []


def test_two_processes_that_plan_two_meetings_of_a_series_write_one_letter_about_it(scenario: BodyScenario) -> None:
    for _ in range(3):
        kenya, made = a_series(scenario, 2)
        for meeting in made:
            scenario.guest_list.send_off(meeting)
        scenario.wait()
        beside, start = BodyScenario.beside(scenario), threading.Barrier(2)

        def plan(each: BodyScenario, meeting: str, start: threading.Barrier = start) -> None:
            start.wait()
            each.planner._plan(meeting, each.clock.now, each.clock.now)

        pairs = [(scenario, made[0]), (beside, made[1])]
        threads = [threading.Thread(target=plan, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        mine = [row for row in scenario.waiting() if row.contact == kenya.id]
        assert len(mine) == 1 and mine[0].told.rule is not None


def test_closing_is_no_reason_to_call_off_what_nobody_was_told_of(scenario: BodyScenario) -> None:
    _, made = a_series(scenario, 2)
    scenario.meeting = made[0]
    scenario.do("meeting.close")
    assert scenario.told() == []
