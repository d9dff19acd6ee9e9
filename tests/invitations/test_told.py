"""Nobody is left with a wrong calendar: killed processes, failures, mistakes put right, series, closing, races."""

from __future__ import annotations

import threading

from meetingsvc.invitations.mails.letter import written
from meetingsvc.invitations.results import Message
from meetingsvc.store import deliveries
from meetingsvc.store.contacts import Contact
from tests.invitations.office import BEGINNING, DAY, HOUR, MINUTE, WORDS, Clock, Office, events

TWO_DAYS = ("2026-12-11T10:00/2026-12-11T13:00", "2026-12-12T10:00/2026-12-12T13:00")
#: The first of them, an hour after it began.
SITTING = BEGINNING + 10 * DAY - 2 * HOUR


def invited(office: Office, *sessions: str) -> Contact:
    """A meeting of which the Permanent Mission of Kenya was told."""
    office.schedule(*sessions)
    kenya = office.contact("KEN")
    office.invite(kenya)
    assert office.told()
    return kenya


def a_series(office: Office, count: int) -> tuple[Contact, list[str]]:
    """A series with the Permanent Mission of Kenya on every list, and nothing sent off."""
    _, made = office.series(count)
    kenya = office.contact("KEN")
    for meeting in made:
        office.guest_list.put_on_list(meeting, [kenya])
    return kenya, made


def said(letters: list[Message]) -> list[tuple[str, str | None]]:
    return [(each.delivery.method, each.delivery.told.recurs) for each in letters]


# -------------------------------------------------------------------------------------- killed after the server's yes


def test_who_may_have_got_a_letter_of_a_killed_process_is_told_of_the_cancelling(office: Office) -> None:
    office.schedule()
    office.invite(office.contact("KEN"))
    (row,) = office.due()
    office.claimed(row)  # handed over, and then the process was killed
    office.wait(10 * MINUTE)
    office.do("meeting.cancel")
    assert office.told() == [("KEN", "CANCEL", 1)]


def test_who_may_have_been_told_of_a_move_is_told_of_the_way_back(office: Office) -> None:
    invited(office)
    office.move("2026-12-11T11:00", "2026-12-11T13:00")
    (row,) = office.due()
    office.claimed(row)
    office.wait(10 * MINUTE)
    office.undo()
    (letter,) = office.send()
    assert (letter.delivery.told.starts, letter.delivery.sequence) == ("2026-12-11T10:00", 2)


def test_a_letter_that_may_have_left_is_sent_again_while_it_is_true(office: Office) -> None:
    office.schedule()
    office.invite(office.contact("KEN"))
    (row,) = office.due()
    office.claimed(row)
    office.wait(10 * MINUTE)
    office.invite(office.contact("UGA"))
    assert next(each.delivery.message_id for each in office.send()) == row.message_id


def test_that_it_may_have_left_is_not_forgotten_when_a_later_letter_takes_its_place(office: Office) -> None:
    office.schedule()
    office.invite(office.contact("KEN"))
    (row,) = office.due()
    office.claimed(row)
    office.wait(10 * MINUTE)
    office.move("2026-12-11T15:00", "2026-12-11T18:00")
    office.due()
    assert office.planner.message(office.claimed(row)) is None, "the later one takes its place, and waits"
    office.do("meeting.cancel")
    assert office.told() == [("KEN", "CANCEL", 2)]


# -------------------------------------------------------------------------------------- what failed, what went back


def test_a_cancellation_that_failed_is_sent_when_the_meeting_is_cancelled_again(office: Office) -> None:
    invited(office)
    office.do("meeting.cancel")
    (row,) = office.due()
    office.settle(row, "failed", fault="451 later")
    office.undo()
    assert office.due() == []
    office.do("meeting.cancel")
    assert office.told() == [("KEN", "CANCEL", 3)]


def test_an_update_that_failed_is_sent_when_it_becomes_true_again(office: Office) -> None:
    invited(office)
    office.move("2026-12-11T11:00", "2026-12-11T13:00")
    (row,) = office.due()
    office.settle(row, "failed", fault="451 later")
    office.move("2026-12-11T10:00", "2026-12-11T13:00")
    assert office.due() == []
    office.move("2026-12-11T11:00", "2026-12-11T13:00")
    assert office.told() == [("KEN", "REQUEST", 3)]


def test_what_came_back_and_is_sent_again_by_name_is_an_invitation_again(office: Office) -> None:
    office.schedule()
    kenya = office.contact("KEN")
    office.invite(kenya)
    (row,) = office.due()
    office.settle(row, "bounced", sent_at=office.clock.now)
    office.invite(kenya)
    (letter,) = office.send()
    assert letter.before is None


def test_each_letter_after_a_removal_and_a_return_has_a_higher_sequence(office: Office) -> None:
    kenya = invited(office)
    office.guest_list.take_off(office.meeting, kenya.id)
    office.told()
    office.invite(kenya)
    office.told()
    for hour in (11, 12, 14):
        office.move(f"2026-12-11T{hour}:00", f"2026-12-11T{hour + 2}:00")
        office.told()
    rows = office.meetings.database.read(lambda c: deliveries.of_meeting(c, office.meeting))
    assert [row.sequence for row in rows] == [0, 1, 2, 3, 4, 5]


def test_who_is_taken_off_by_mistake_and_put_back_gets_a_living_link_and_keeps_the_answer(office: Office) -> None:
    office.schedule()
    kenya = office.contact("KEN")
    office.invite(kenya)
    (first,) = office.send()
    office.replies.answer(office.meeting, kenya.id, "accepted")
    office.guest_list.take_off(office.meeting, kenya.id)
    office.guest_list.put_on_list(office.meeting, [kenya])
    (letter,) = office.send()
    assert letter.delivery.method == "REQUEST" and letter.personal_link not in (None, first.personal_link)
    assert letter.personal_link is not None
    grant = office.links.find(letter.personal_link.rpartition("/")[2])
    assert grant is not None and grant.revoked_at is None
    assert "Your personal link is a new one. The one you had no longer works." in written(letter, WORDS["en"]).plain
    found = office.guest_list.invitation(office.meeting, kenya.id)
    assert found.answer == "accepted" and found.invited_at is not None
    assert office.told() == []


def test_who_was_told_of_the_removal_is_asked_anew(office: Office) -> None:
    kenya = invited(office)
    office.replies.answer(office.meeting, kenya.id, "accepted")
    office.guest_list.take_off(office.meeting, kenya.id)
    assert office.told() == [("KEN", "CANCEL", 1)]
    office.guest_list.put_on_list(office.meeting, [kenya])
    assert office.told() == []
    found = office.guest_list.invitation(office.meeting, kenya.id)
    assert (found.answer, found.invited_at) == ("none", None)


def test_a_removal_that_was_taken_back_is_not_sent_late(office: Office) -> None:
    kenya = invited(office)
    office.guest_list.take_off(office.meeting, kenya.id)
    (row,) = office.due()
    office.guest_list.put_on_list(office.meeting, [kenya])
    assert office.planner.message(office.claimed(row)) is None
    assert office.told() == [("KEN", "REQUEST", 0)]


# ------------------------------------------------------------------------------------------------------- past, held


def test_a_session_that_is_moved_into_the_past_is_told(office: Office, clock: Clock) -> None:
    invited(office)
    clock.now = SITTING - 4 * HOUR  # 07:00 in Ashgabat
    office.move("2026-12-11T06:00", "2026-12-11T07:01")
    (letter,) = office.send()
    assert letter.delivery.told.starts == "2026-12-11T06:00" and letter.delivery.told.ends_at < clock.now


def test_a_letter_that_is_held_back_keeps_nothing_else_waiting(office: Office, clock: Clock) -> None:
    kenya = invited(office, *TWO_DAYS)
    clock.now = SITTING
    office.do("meeting.open")
    second = office.session(1)
    office.do("meeting.reschedule", session=second, starts="2026-12-12T11:00", ends="2026-12-12T13:00")
    assert len(office.told()) == 1
    office.do("meeting.reschedule", session=second, starts="2026-12-12T11:30", ends="2026-12-12T13:00")
    assert office.told() == [], "an update each ten minutes"
    office.guest_list.take_off(office.meeting, kenya.id)
    office.invite(office.contact("KAZ"))
    assert sorted({row[:2] for row in office.told()}) == [("KAZ", "REQUEST"), ("KEN", "CANCEL")]


# ---------------------------------------------------------------------------------------------------------- closing


def test_closing_a_conference_early_tells_of_the_day_that_is_not_held(office: Office, clock: Clock) -> None:
    invited(office, *TWO_DAYS)
    clock.now = SITTING
    office.do("meeting.open")
    office.wait(HOUR)
    office.do("meeting.close")
    (letter,) = office.send()
    assert (letter.delivery.method, letter.delivery.told.starts) == ("CANCEL", "2026-12-12T10:00")
    shown = {each["DTSTART"]: each["STATUS"] for each in events(office.body_feed())}
    assert shown == {"20261211T100000": "CONFIRMED", "20261212T100000": "CANCELLED"}


def test_closing_before_it_sat_tells_that_it_is_not_held(office: Office) -> None:
    invited(office)
    uid = events(office.file())[0]["UID"]
    office.do("meeting.close")
    assert office.told() == [("KEN", "CANCEL", 1)]
    assert [(each["UID"], each["STATUS"]) for each in events(office.file())] == [(uid, "CANCELLED")]


def test_a_session_dropped_in_the_minute_before_closing_is_told(office: Office, clock: Clock) -> None:
    invited(office, *TWO_DAYS)
    clock.now = SITTING
    office.do("meeting.open")
    office.do("meeting.drop_session", session=office.session(1))
    office.do("meeting.close")
    assert [method for _, method, _ in office.told()] == ["CANCEL"]


def test_a_session_that_nobody_opened_and_is_over_is_no_news_when_the_meeting_is_closed(office: Office) -> None:
    invited(office)
    office.clock.now = BEGINNING + 12 * DAY
    office.do("meeting.close")
    assert office.told() == []


# --------------------------------------------------------------------------------------------------------- a series


def test_what_differed_from_the_rule_before_the_invitation_is_told_with_it(office: Office) -> None:
    kenya, made = a_series(office, 4)
    office.meeting = made[2]
    office.move("2026-12-23T15:00", "2026-12-23T16:00")
    office.meeting = made[3]
    office.do("meeting.cancel")
    assert office.due() == []
    office.guest_list.send_off(made[0], [kenya.id])
    letters = office.send() + office.send()
    moved, gone = ("REQUEST", "2026-12-22T15:00"), ("CANCEL", "2026-12-29T15:00")
    assert said(letters)[0] == ("REQUEST", None) and sorted(said(letters)[1:], key=str) == [gone, moved]
    assert office.told() == []


def test_a_letter_about_a_series_waits_on_when_one_of_its_meetings_is_closed(office: Office, clock: Clock) -> None:
    _, made = a_series(office, 3)
    office.guest_list.send_off(made[0])
    (master,) = office.due()
    office.meeting = made[0]
    clock.now += 8 * DAY
    office.do("meeting.open")
    office.do("meeting.close")
    assert [row.id for row in office.due()] == [master.id]


def test_closing_a_meeting_before_it_sat_is_told_though_the_letter_about_its_series_waits(office: Office) -> None:
    _, made = a_series(office, 3)
    office.guest_list.send_off(made[0])
    assert len(office.due()) == 1
    office.meeting = made[0]
    office.do("meeting.close")
    assert said(office.send()) == [("REQUEST", None), ("CANCEL", "2026-12-08T15:00")]


def test_a_letter_about_a_series_that_need_not_leave_becomes_one_for_each_meeting(office: Office) -> None:
    kenya, made = a_series(office, 3)
    office.guest_list.send_off(made[0])
    office.due()
    office.guest_list.take_off(made[0], kenya.id)
    office.due()
    letters = office.send()
    assert said(letters) == [("REQUEST", None)] * 2 and not any(each.delivery.told.rule is not None for each in letters)


def test_of_a_series_only_the_meeting_that_is_left_and_joined_again_has_another_link(office: Office) -> None:
    kenya, made = a_series(office, 3)
    office.guest_list.send_off(made[0])
    assert said(office.send()) == [("REQUEST", None)]
    assert office.told() == []
    office.guest_list.take_off(made[0], kenya.id)
    office.guest_list.put_on_list(made[0], [kenya])
    assert said(office.send()) == [("REQUEST", "2026-12-08T15:00")]
    assert office.told() == []


def test_two_processes_that_plan_two_meetings_of_a_series_write_one_letter_about_it(office: Office) -> None:
    for _ in range(3):
        kenya, made = a_series(office, 2)
        for meeting in made:
            office.guest_list.send_off(meeting)
        office.wait()
        beside, start = Office.beside(office), threading.Barrier(2)

        def plan(each: Office, meeting: str, start: threading.Barrier = start) -> None:
            start.wait()
            each.planner._plan(meeting, each.clock.now, each.clock.now)

        pairs = [(office, made[0]), (beside, made[1])]
        threads = [threading.Thread(target=plan, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        mine = [row for row in office.waiting() if row.contact == kenya.id]
        assert len(mine) == 1 and mine[0].told.rule is not None


def test_closing_is_no_reason_to_call_off_what_nobody_was_told_of(office: Office) -> None:
    _, made = a_series(office, 2)
    office.meeting = made[0]
    office.do("meeting.close")
    assert office.told() == []
