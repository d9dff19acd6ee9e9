"""The sender and its servers: down, slow, choosy, set up later; what somebody left in their hands; told to stop."""

from __future__ import annotations

from pathlib import Path

import pytest

from meetingsvc.invitations.planner import Planner
from meetingsvc.mail.mail_sender import ENOUGH, wait_ms
from meetingsvc.store.deliveries import Delivery
from tests.mail.letterbox import Letterbox, calendar, found, listening
from tests.support.mail_scenario import MINUTE, STATES, MailScenario, at
from tests.support.running_service import free_port

HOUR = 60 * MINUTE


def test_while_the_server_is_down_letters_wait_and_when_it_is_up_again_each_goes_out_once(
    tmp_path: Path, url: str
) -> None:
    box = Letterbox(free_port())
    scenario = MailScenario(tmp_path, SMTP_URL=box.url, DATABASE_URL=url, SECRET_KEY="k" * 32)
    meeting = scenario.send_off(25)
    for minutes in (1, 2, 4, 8, 16, 32, 60, 60):
        done = scenario.mail_sender.round()
        assert (done.sent, done.failed) == (0, 0) and "cannot be reached" in done.faults[0]
        rows = scenario.deliveries(meeting)
        assert {row.state for row in rows} == {"waiting"} and len(rows) == 25
        assert {row.next_at - scenario.clock.now for row in rows} == {minutes * MINUTE}
        assert all("Connection refused" in str(row.fault) for row in rows)
        assert scenario.mail_sender.round().faults == [], "not before its time"
        scenario.rest(minutes)
    assert scenario.mail_sender.status()["smtp"]["fault"].endswith("Connection refused")
    with listening(box):
        assert scenario.mail_sender.round().sent == 25
    assert len({mail.recipient for mail in box.taken}) == len({mail.id for mail in box.taken}) == len(box.taken) == 25
    smtp = scenario.mail_sender.status()["smtp"]
    assert (smtp["configured"], smtp["good_at"], smtp["fault"]) == (True, scenario.clock.now, None)
    assert all(row.fault is None for row in scenario.deliveries(meeting))
    scenario.close()


def test_what_changed_while_the_server_was_down_is_sent_as_it_is_now(tmp_path: Path) -> None:
    box = Letterbox(free_port())
    scenario = MailScenario(tmp_path, SMTP_URL=box.url)
    meeting = scenario.send_off(3)
    scenario.mail_sender.round()
    scenario.move(meeting, "15:00", "18:00")
    scenario.rest(10)
    with listening(box):
        scenario.mail_sender.round()
    assert [found(r"^SEQUENCE:(\d+)", mail) for mail in box.taken] == ["1"] * 3
    assert all("DTSTART;TZID=Asia/Ashgabat:20261211T150000" in calendar(mail) for mail in box.taken)
    assert scenario.states(meeting) == {"superseded": 3, "sent": 3}
    scenario.close()


def test_a_server_that_wants_to_be_asked_twice_is_asked_twice(scenario: MailScenario, box: Letterbox) -> None:
    box.later = 1
    meeting = scenario.send_off(5)
    done = scenario.mail_sender.round()
    assert (done.sent, done.put_off) == (0, 5)
    assert {row.fault for row in scenario.deliveries(meeting)} == {"451 4.7.1 Greylisted, come back in a minute"}
    scenario.rest(1)
    assert scenario.mail_sender.round().sent == 5
    assert len({mail.id for mail in box.taken}) == 5


def test_one_address_that_is_refused_for_good_stops_nobody_else(scenario: MailScenario, box: Letterbox) -> None:
    gone = f"canary-{STATES[1].lower()}@missions.example"
    box.refuses = {gone: "550 5.1.1 No such mission"}
    meeting = scenario.send_off(4)
    done = scenario.mail_sender.round()
    assert (done.sent, done.failed) == (3, 1)
    (failed,) = [row for row in scenario.deliveries(meeting) if row.state == "failed"]
    assert (failed.fault, failed.tries) == ("550 5.1.1 No such mission", 1)
    scenario.rest(100)
    assert scenario.mail_sender.round().sent == 0


def test_after_three_days_of_no_for_now_a_letter_is_given_up(scenario: MailScenario, box: Letterbox) -> None:
    box.later = 10_000
    meeting = scenario.send_off(1, sessions=[{"starts": "2027-03-01T10:00", "ends": "2027-03-01T13:00"}])
    began, tries = scenario.clock.now, 0
    scenario.invitations.planner.plan_due()
    while scenario.states(meeting) == {"waiting": 1}:
        scenario.mail_sender.round()
        tries += 1
        scenario.rest(60)
    days = (scenario.clock.now - began) / (24 * HOUR)
    assert scenario.states(meeting) == {"failed": 1} and 3 <= days < 3.2 and tries > ENOUGH


def test_waiting_grows_to_an_hour() -> None:
    assert [wait_ms(n) // MINUTE for n in (1, 2, 3, 6, 7, 8, 1000)] == [1, 2, 4, 32, 60, 60, 60]


def test_without_a_mail_server_letters_wait_and_only_those_still_true_go_when_there_is_one(
    tmp_path: Path, box: Letterbox
) -> None:
    without = MailScenario(tmp_path)
    meeting = without.send_off(3)
    assert without.mail_sender.round().planned == 3
    assert without.mail_sender.status()["smtp"] == {
        "configured": False,
        "good_at": None,
        "fault": None,
        "fault_at": None,
    }
    without.move(meeting, "15:00", "18:00")
    without.rest()
    without.mail_sender.round()
    assert without.states(meeting) == {"superseded": 3, "waiting": 3}
    without.rest(7 * 24 * 60)
    with_one = at(without, SMTP_URL=box.url)
    assert with_one.mail_sender.round().sent == 3
    assert all("20261211T150000" in calendar(mail) for mail in box.taken)
    with_one.close()
    without.close()


def test_nobody_is_written_to_about_what_is_over(tmp_path: Path, box: Letterbox) -> None:
    without = MailScenario(tmp_path)
    meeting = without.send_off(2)
    without.mail_sender.round()
    without.rest(30 * 24 * 60)
    with_one = at(without, SMTP_URL=box.url)
    assert with_one.mail_sender.round().sent == 0 and not box.taken
    assert without.states(meeting) == {"superseded": 2}
    with_one.close()
    without.close()


# ----------------------------------------------------------------------------------------------------- several at work


def test_two_processes_send_each_letter_once(tmp_path: Path, box: Letterbox, monkeypatch: pytest.MonkeyPatch) -> None:
    one = MailScenario(tmp_path, SMTP_URL=box.url)
    two = at(one)
    meeting = one.send_off(12)
    one.invitations.planner.plan_due()
    taking = Planner.message  # between the two, each claims what the other has not
    turns = iter(range(100))

    def both(planner: Planner, delivery: Delivery) -> object:
        if next(turns) == 0:
            assert two.mail_sender.round().sent == 0  # it has no server of its own
            at(one, SMTP_URL=box.url).mail_sender.round()
        return taking(planner, delivery)

    monkeypatch.setattr(Planner, "message", both)
    one.mail_sender.round()
    assert len(box.taken) == len({mail.id for mail in box.taken}) == 12
    assert one.states(meeting) == {"sent": 12}
    one.close()
    two.close()


def test_a_letter_left_in_somebodys_hands_goes_out_again_as_the_same(scenario: MailScenario, box: Letterbox) -> None:
    meeting = scenario.send_off(2)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    settle, scenario.mail_sender._settle = scenario.mail_sender._settle, die  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        scenario.mail_sender.round()
    scenario.mail_sender._settle = settle  # type: ignore[method-assign]
    scenario.clock.now += 1_000
    assert scenario.mail_sender.round().sent == 1, "the other one"
    scenario.rest(5)
    assert scenario.mail_sender.round().sent == 1
    first, _, again = box.taken
    assert first.raw == again.raw and first.recipient == again.recipient
    assert len({mail.id for mail in box.taken}) == 2
    assert scenario.states(meeting) == {"sent": 2}


def test_a_letter_that_cannot_be_made_keeps_nobody_else_waiting(
    scenario: MailScenario, box: Letterbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    meeting = scenario.send_off(3)
    scenario.invitations.planner.plan_due()
    bad = scenario.deliveries(meeting)[0].id
    taking = Planner.message

    def message(planner: Planner, delivery: Delivery) -> object:
        if delivery.id == bad:
            raise RuntimeError("a mistake of ours")
        return taking(planner, delivery)

    monkeypatch.setattr(Planner, "message", message)
    done = scenario.mail_sender.round()
    assert (done.sent, done.put_off) == (2, 1) and "could not be made" in caplog.text
    assert "tried again" in str(scenario.deliveries(meeting)[0].fault)


def test_it_looks_only_when_there_is_something(
    scenario: MailScenario, box: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned: list[int] = []
    plan = Planner.plan_due

    def noted(planner: Planner, now: int | None = None) -> int:
        planned.append(1)
        return plan(planner, now)

    monkeypatch.setattr(Planner, "plan_due", noted)
    scenario.mail_sender.run_due()
    assert not planned
    meeting = scenario.send_off(2)
    scenario.mail_sender.run_due()
    scenario.mail_sender.run_due()
    assert len(planned) == 1 and len(box.taken) == 2 and scenario.states(meeting) == {"sent": 2}


def test_told_to_stop_it_ends_after_the_letter_in_its_hands(scenario: MailScenario, box: Letterbox) -> None:
    meeting = scenario.send_off(5)
    scenario.mail_sender.round(lambda: len(box.taken) >= 2)
    assert len(box.taken) == 2 and scenario.states(meeting) == {"sent": 2, "waiting": 3}
