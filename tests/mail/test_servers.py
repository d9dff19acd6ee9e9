"""The outbox and its servers: down, slow, choosy, set up later; what somebody left in their hands; told to stop."""

from __future__ import annotations

from pathlib import Path

import pytest

from meetingsvc.mail.outbox import ENOUGH, wait_ms
from tests.mail.letterbox import Letterbox, calendar, found, listening
from tests.mail.office import MINUTE, STATES, Office, at
from tests.serving import free_port

HOUR = 60 * MINUTE


def test_while_the_server_is_down_letters_wait_and_when_it_is_up_again_each_goes_out_once(
    tmp_path: Path, url: str
) -> None:
    box = Letterbox(free_port())
    office = Office(tmp_path, SMTP_URL=box.url, DATABASE_URL=url, SECRET_KEY="k" * 32)
    meeting = office.send_off(25)
    for minutes in (1, 2, 4, 8, 16, 32, 60, 60):
        done = office.post.round()
        assert (done.sent, done.failed) == (0, 0) and "cannot be reached" in done.faults[0]
        rows = office.deliveries(meeting)
        assert {row.state for row in rows} == {"waiting"} and len(rows) == 25
        assert {row.next_at - office.clock.now for row in rows} == {minutes * MINUTE}
        assert all("Connection refused" in str(row.fault) for row in rows)
        assert office.post.round().faults == [], "not before its time"
        office.rest(minutes)
    assert office.post.status()["smtp"]["fault"].endswith("Connection refused")
    with listening(box):
        assert office.post.round().sent == 25
    assert len({mail.recipient for mail in box.taken}) == len({mail.id for mail in box.taken}) == len(box.taken) == 25
    smtp = office.post.status()["smtp"]
    assert (smtp["configured"], smtp["good_at"], smtp["fault"]) == (True, office.clock.now, None)
    assert all(row.fault is None for row in office.deliveries(meeting))
    office.close()


def test_what_changed_while_the_server_was_down_is_sent_as_it_is_now(tmp_path: Path) -> None:
    box = Letterbox(free_port())
    office = Office(tmp_path, SMTP_URL=box.url)
    meeting = office.send_off(3)
    office.post.round()
    office.move(meeting, "15:00", "18:00")
    office.rest(10)
    with listening(box):
        office.post.round()
    assert [found(r"^SEQUENCE:(\d+)", mail) for mail in box.taken] == ["1"] * 3
    assert all("DTSTART;TZID=Asia/Ashgabat:20261211T150000" in calendar(mail) for mail in box.taken)
    assert office.states(meeting) == {"superseded": 3, "sent": 3}
    office.close()


def test_a_server_that_wants_to_be_asked_twice_is_asked_twice(office: Office, box: Letterbox) -> None:
    box.later = 1
    meeting = office.send_off(5)
    done = office.post.round()
    assert (done.sent, done.put_off) == (0, 5)
    assert {row.fault for row in office.deliveries(meeting)} == {"451 4.7.1 Greylisted, come back in a minute"}
    office.rest(1)
    assert office.post.round().sent == 5
    assert len({mail.id for mail in box.taken}) == 5


def test_one_address_that_is_refused_for_good_stops_nobody_else(office: Office, box: Letterbox) -> None:
    gone = f"canary-{STATES[1].lower()}@missions.example"
    box.refuses = {gone: "550 5.1.1 No such mission"}
    meeting = office.send_off(4)
    done = office.post.round()
    assert (done.sent, done.failed) == (3, 1)
    (failed,) = [row for row in office.deliveries(meeting) if row.state == "failed"]
    assert (failed.fault, failed.tries) == ("550 5.1.1 No such mission", 1)
    office.rest(100)
    assert office.post.round().sent == 0


def test_after_three_days_of_no_for_now_a_letter_is_given_up(office: Office, box: Letterbox) -> None:
    box.later = 10_000
    meeting = office.send_off(1, sessions=[{"starts": "2027-03-01T10:00", "ends": "2027-03-01T13:00"}])
    began, tries = office.clock.now, 0
    office.people.plan_due()
    while office.states(meeting) == {"waiting": 1}:
        office.post.round()
        tries += 1
        office.rest(60)
    days = (office.clock.now - began) / (24 * HOUR)
    assert office.states(meeting) == {"failed": 1} and 3 <= days < 3.2 and tries > ENOUGH


def test_waiting_grows_to_an_hour() -> None:
    assert [wait_ms(n) // MINUTE for n in (1, 2, 3, 6, 7, 8, 1000)] == [1, 2, 4, 32, 60, 60, 60]


def test_without_a_mail_server_letters_wait_and_only_those_still_true_go_when_there_is_one(
    tmp_path: Path, box: Letterbox
) -> None:
    without = Office(tmp_path)
    meeting = without.send_off(3)
    assert without.post.round().planned == 3
    assert without.post.status()["smtp"] == {"configured": False, "good_at": None, "fault": None, "fault_at": None}
    without.move(meeting, "15:00", "18:00")
    without.rest()
    without.post.round()
    assert without.states(meeting) == {"superseded": 3, "waiting": 3}
    without.rest(7 * 24 * 60)
    with_one = at(without, SMTP_URL=box.url)
    assert with_one.post.round().sent == 3
    assert all("20261211T150000" in calendar(mail) for mail in box.taken)
    with_one.close()
    without.close()


def test_nobody_is_written_to_about_what_is_over(tmp_path: Path, box: Letterbox) -> None:
    without = Office(tmp_path)
    meeting = without.send_off(2)
    without.post.round()
    without.rest(30 * 24 * 60)
    with_one = at(without, SMTP_URL=box.url)
    assert with_one.post.round().sent == 0 and not box.taken
    assert without.states(meeting) == {"superseded": 2}
    with_one.close()
    without.close()


# ----------------------------------------------------------------------------------------------------- several at work


def test_two_processes_send_each_letter_once(tmp_path: Path, box: Letterbox) -> None:
    one = Office(tmp_path, SMTP_URL=box.url)
    two = at(one)
    meeting = one.send_off(12)
    one.people.plan_due()
    taking = one.post._people.message  # between the two, each claims what the other has not
    turns = iter(range(100))

    def both(delivery: object) -> object:
        if next(turns) == 0:
            assert two.post.round().sent == 0  # it has no server of its own
            at(one, SMTP_URL=box.url).post.round()
        return taking(delivery)  # type: ignore[arg-type]

    one.post._people.message = both  # type: ignore[method-assign, assignment]
    one.post.round()
    assert len(box.taken) == len({mail.id for mail in box.taken}) == 12
    assert one.states(meeting) == {"sent": 12}
    one.close()
    two.close()


def test_a_letter_left_in_somebodys_hands_goes_out_again_as_the_same(office: Office, box: Letterbox) -> None:
    meeting = office.send_off(2)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    settle, office.post._settle = office.post._settle, die  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        office.post.round()
    office.post._settle = settle  # type: ignore[method-assign]
    office.clock.now += 1_000
    assert office.post.round().sent == 1, "the other one"
    office.rest(5)
    assert office.post.round().sent == 1
    first, _, again = box.taken
    assert first.raw == again.raw and first.recipient == again.recipient
    assert len({mail.id for mail in box.taken}) == 2
    assert office.states(meeting) == {"sent": 2}


def test_a_letter_that_cannot_be_made_keeps_nobody_else_waiting(
    office: Office, box: Letterbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    meeting = office.send_off(3)
    office.people.plan_due()
    bad = office.deliveries(meeting)[0].id
    taking = office.people.message

    def message(delivery: object) -> object:
        if getattr(delivery, "id", 0) == bad:
            raise RuntimeError("a mistake of ours")
        return taking(delivery)  # type: ignore[arg-type]

    monkeypatch.setattr(office.people, "message", message)
    done = office.post.round()
    assert (done.sent, done.put_off) == (2, 1) and "could not be made" in caplog.text
    assert "tried again" in str(office.deliveries(meeting)[0].fault)


def test_a_beat_looks_only_when_there_is_something(office: Office, box: Letterbox) -> None:
    planned: list[int] = []
    plan = office.people.plan_due
    office.people.plan_due = lambda now=None: (planned.append(1), plan(now))[1]  # type: ignore[method-assign]
    office.post.beat()
    assert not planned
    meeting = office.send_off(2)
    office.post.beat()
    office.post.beat()
    assert len(planned) == 1 and len(box.taken) == 2 and office.states(meeting) == {"sent": 2}


def test_told_to_stop_it_ends_after_the_letter_in_its_hands(office: Office, box: Letterbox) -> None:
    meeting = office.send_off(5)
    office.post.round(lambda: len(box.taken) >= 2)
    assert len(box.taken) == 2 and office.states(meeting) == {"sent": 2, "waiting": 3}
