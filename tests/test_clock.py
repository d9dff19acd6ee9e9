"""The time of the service: it goes by the running clock, follows small steps, and is not led astray by a set one."""

from __future__ import annotations

import logging

import pytest

from meetingsvc.clock import LEEWAY, STEP, Leads, ServerClock
from tests.support.story import START

S = 1_000_000_000


class Machine:
    """A machine whose two clocks move as they are told, in ns."""

    def __init__(self) -> None:
        self.wall, self.running = START * 1_000_000, 77 * S
        self.stops_between = 0

    def clock(self) -> ServerClock:
        return ServerClock(self.look, lambda: self.running)

    def look(self) -> int:
        self.pass_by(self.stops_between)
        return self.wall

    def pass_by(self, ns: int) -> None:
        self.wall, self.running = self.wall + ns, self.running + ns


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_time_begins_at_the_wall_clock_and_goes_by_the_running_one(machine: Machine) -> None:
    clock = machine.clock()
    assert clock() == START
    machine.pass_by(60 * S)
    assert clock() == START + 60_000 and not clock.off


@pytest.mark.parametrize("jump_s", [86_400, -86_400, 2.1, -2.1])
def test_a_clock_that_was_set_moves_nothing_and_is_said_once(
    machine: Machine, caplog: pytest.LogCaptureFixture, jump_s: float
) -> None:
    clock = machine.clock()
    machine.wall += int(jump_s * S)
    for second in range(1, 1_000):
        machine.pass_by(S)
        assert clock() == START + second * 1_000 and clock.off
    said = [row.message for row in caplog.records]
    assert len(said) == 1 and "CLOCK WAS SET" in said[0] and f" {abs(jump_s):.1f} s " in said[0]
    assert ("AHEAD" in said[0]) == (jump_s > 0)


def test_a_clock_that_is_set_right_again_is_said_once_more(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    clock = machine.clock()
    for wrong in (3_600 * S, 0):
        machine.wall = START * 1_000_000 + wrong + machine.running - 77 * S
        machine.pass_by(10 * S)
        clock()
    assert clock() == START + 20_000 and not clock.off
    assert [row.levelno for row in caplog.records] == [logging.ERROR, logging.WARNING]


@pytest.mark.parametrize("jump_s", [1.9, -1.9])
def test_small_steps_are_followed_and_time_never_runs_back(machine: Machine, jump_s: float) -> None:
    clock, before = machine.clock(), START
    machine.wall += int(jump_s * S)
    for _ in range(400):
        machine.pass_by(S)
        now = clock()
        assert abs(now - before - 1_000) <= STEP, "at most so many ms a second, and never back"
        before = now
    assert before == machine.wall // 1_000_000 and not clock.off, "it is followed to the end"


def test_a_clock_at_the_edge_of_being_wrong_is_said_once(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    clock = machine.clock()
    machine.wall += (LEEWAY + 20) * 1_000_000
    for second in range(100):
        machine.pass_by(1)
        machine.wall += 50_000_000 if second % 2 else -50_000_000
        clock()
    assert len(caplog.records) == 1


def test_a_process_that_was_stopped_between_two_looks_blames_no_clock(machine: Machine) -> None:
    clock = machine.clock()
    machine.stops_between = 30 * S
    assert clock() == START + 30_000
    assert not clock.off


def test_a_machine_that_slept_is_no_clock_that_was_set(machine: Machine) -> None:
    clock = machine.clock()
    machine.pass_by(8 * 3_600 * S)  # both clocks go on while the lid is closed
    assert clock() == START + 8 * 3_600_000 and not clock.off


# -------------------------------------------------------------------------------------- a log ahead of the clock


class Hand:
    """A clock in ms that is moved by hand."""

    now = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def hand() -> Hand:
    return Hand()


DAY = 86_400_000


def test_in_a_meeting_whose_log_is_ahead_time_goes_on_from_its_last_entry(
    hand: Hand, caplog: pytest.LogCaptureFixture
) -> None:
    leads = Leads(hand)
    leads.seen("ahead", START + DAY, "open")
    leads.seen("right", START - 5, "open")
    leads.seen("a-bit", START + LEEWAY, "open")
    assert leads.now("ahead") == START + DAY and "ahead" in leads and leads.most() == DAY
    assert leads.now("right") == leads.now("a-bit") == START, "no other meeting is touched"
    hand.now += 60_000
    assert 59_700 <= leads.now("ahead") - (START + DAY) <= 60_000
    leads.seen("ahead", leads.now("ahead"), "open")  # its own next act
    assert len([row for row in caplog.records if "AHEAD" in row.message]) == 1


def test_time_in_it_never_runs_back_and_comes_to_the_clock_by_small_steps(hand: Hand) -> None:
    leads, before = Leads(hand), START + 10_000
    leads.seen("m", START + 10_000, "open")
    for _ in range(2_100):
        hand.now += 1_000
        leads.seen("m", START + 10_000, "open")
        now = leads.now("m")
        assert 1_000 - STEP <= now - before <= 1_000
        before = now
    assert leads.now("m") == hand.now and not leads


def test_a_meeting_that_rests_takes_the_clock_when_it_is_past_the_last_entry(hand: Hand) -> None:
    leads = Leads(hand)
    leads.seen("m", START + DAY, "adjourned")
    hand.now += DAY // 2
    leads.seen("m", START + DAY, "adjourned")
    assert leads, "the clock has not come so far"
    hand.now += DAY // 2
    leads.seen("m", START + DAY, "adjourned")
    assert not leads and leads.now("m") == hand.now


def test_a_meeting_that_is_over_is_ahead_of_nothing(hand: Hand) -> None:
    leads = Leads(hand)
    leads.seen("m", START + DAY, "closed")
    leads.seen("n", START + DAY, "open")
    leads.seen("n", START + DAY, "cancelled")
    assert not leads
