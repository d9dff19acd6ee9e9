"""A meeting whose log is ahead of the clock of a process: time goes on from its last entry, and it is said."""

from __future__ import annotations

import pytest

from meetingsvc.core.speakers.state import SpeakersList
from meetingsvc.meetings import Meetings, tick
from tests.support.meeting_scenario import Clock, MeetingScenario

DAY = 86_400_000


@pytest.fixture
def ahead(meetings: Meetings, clock: Clock) -> MeetingScenario:
    """A scenario that acted while the clock was a day ahead; the clock is right again."""
    scenario = MeetingScenario(meetings, "CHE", "TKM")
    scenario.ask("CHE"), scenario.ask("TKM")
    clock.now += DAY
    scenario.act("speakers.next")
    clock.now -= DAY
    return scenario


def general(scenario: MeetingScenario) -> SpeakersList:
    lists = scenario.meetings.history(scenario.id).state.speakers.lists.values()
    return next(row for row in lists if row.item == scenario.item)


def test_another_process_goes_on_from_the_last_entry_and_says_so(
    ahead: MeetingScenario, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    last = ahead.rows[-1].at
    ahead.meetings = meetings = Meetings(ahead.meetings.database, clock)
    beside = MeetingScenario(meetings, "AZE")
    assert meetings.troubles() == [] and meetings.notice(ahead.id) == ""
    meetings.look_ahead()
    assert meetings.troubles() == ["clock.ahead"] and meetings.notice(ahead.id) == "clock.ahead"
    assert meetings.notice(beside.id) == "" and meetings.now(beside.id) == clock.now, "no other meeting is touched"
    clock.now += 60_000
    floor = meetings.history(ahead.id).state.speakers.floor
    assert floor
    ahead.act("speakers.next", instead_of=floor.entry)
    assert abs(ahead.rows[-1].at - last - 60_000) < 1_000
    heard = general(ahead).heard[floor.entry]
    assert heard.spoken == 59, "a minute less what the small steps take: neither 0 nor a day"
    assert sum("IS AHEAD" in row.message for row in caplog.records) == 1


def test_an_announced_closing_comes_by_the_time_of_the_meeting(ahead: MeetingScenario, clock: Clock) -> None:
    meetings = Meetings(ahead.meetings.database, clock)
    meetings.look_ahead()
    ahead.meetings = meetings
    ahead.act("speakers.close_list", list=general(ahead).id, at=meetings.now(ahead.id) + 30_000)
    assert tick(meetings) == 0
    clock.now += 31_000
    assert tick(meetings) == 1 and not general(ahead).opened


def test_nobody_is_asked_back_for_a_day(ahead: MeetingScenario, clock: Clock) -> None:
    ahead.meetings = meetings = Meetings(ahead.meetings.database, clock)
    meetings.history(ahead.id)  # the first look at a meeting finds out, without a look at all of them
    for _ in range(2):
        clock.now += 3_000
        floor = meetings.history(ahead.id).state.speakers.floor
        assert floor
        assert ahead.act("speakers.next", instead_of=floor.entry).said
