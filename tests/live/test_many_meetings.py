"""Broadcasters of many meetings, of meetings that fail, and what is too large for one message; without sockets."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from meetingsvc import meeting_cache
from meetingsvc import meetings as module
from meetingsvc.broadcast import broadcaster, broadcasters, replay_buffer
from meetingsvc.live import eventlet_connection
from meetingsvc.meetings import Meetings, tick
from meetingsvc.store.engine import Busy
from meetingsvc.views.view import view
from tests.live.test_broadcaster import Json, Room
from tests.live.wire import merged
from tests.support.meeting_scenario import CHAIR, MeetingScenario, command


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path / "x.db")
    yield made
    made.all.close()
    made.database.close()


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING)
    return caplog


def lines(caplog: pytest.LogCaptureFixture, about: str) -> list[str]:
    return [record.getMessage() for record in caplog.records if about in record.getMessage()]


# ---------------------------------------------------------------------------------------------------- many meetings


def test_meetings_that_stand_still_are_not_read_and_those_that_moved_are(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meeting_cache, "MOST_MEETINGS", 2)
    monkeypatch.setattr(broadcasters, "LOOK", 0.05)
    scenarios, looks, reads = (
        [room.scenario, *(MeetingScenario(room.meetings) for _ in range(6))],
        list[int](),
        list[str](),
    )
    for scenario in scenarios:
        room.all.join(scenario.id, "staff")
    room.wait(lambda: len(room.said) == len(scenarios))
    heads, remembered = room.meetings.heads, room.meetings.remembered

    def count(meetings: Any) -> Any:
        looks.append(len(wanted := list(meetings)))
        return heads(wanted)

    def note(meeting: str) -> Any:
        reads.append(meeting)
        return remembered(meeting)

    monkeypatch.setattr(room.meetings, "heads", count)
    monkeypatch.setattr(room.meetings, "remembered", note)
    room.wait(lambda: len(looks) > 3)
    assert set(looks) == {len(scenarios)}, "one look for all"
    assert reads == [], "nothing was read of meetings that stand still"
    moved = scenarios[4]
    moved.meetings = Meetings(room.database)  # another process
    last = moved.act("record.note", text="elsewhere").seq
    room.wait(lambda: bool(room.changes("staff")))
    assert room.changes("staff")[-1]["seq"] == last and set(reads) == {moved.id}


def test_broadcasters_of_meetings_that_are_only_read_go_after_a_while(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcaster, "LINGER", 0.1)
    monkeypatch.setattr(broadcasters, "LOOK", 0.05)
    scenarios = [MeetingScenario(room.meetings) for _ in range(4)]
    for scenario in scenarios:
        room.all.state(scenario.id, "follow")
    assert len(room.all._all) == 4
    room.wait(lambda: not room.all._all)
    assert not room.meetings._memory._held
    assert room.all.state(scenarios[0].id, "follow")["seq"] == len(scenarios[0].rows)


def test_of_broadcasters_that_are_only_read_the_least_used_go(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasters, "MOST_READ", 3)
    room.all.join(room.meeting, "follow")
    scenarios = [MeetingScenario(room.meetings) for _ in range(6)]
    for scenario in scenarios:
        room.all.state(scenarios[0].id, "follow")
        room.all.state(scenario.id, "follow")
    assert set(room.all._all) == {room.meeting, scenarios[0].id, scenarios[4].id, scenarios[5].id}
    assert set(room.meetings._memory._held) == set(room.all._all)


# -------------------------------------------------------------------------------------------- too large for a message


def test_a_follower_that_missed_more_than_half_its_backlog_is_told_to_fetch(room: Room) -> None:
    assert replay_buffer.MOST_BYTES * 2 <= eventlet_connection.BACKLOG
    start = room.all.head(room.meeting)["seq"]
    room.all.join(room.meeting, "staff")
    batch = [command("agenda.add_item", title="\N{CYRILLIC SMALL LETTER ZHE}" * 500) for _ in range(10)]
    ends = [start, *(room.meetings.perform(room.meeting, CHAIR, batch).seq for _ in range(120))]
    state = room.all.state(room.meeting, "staff")
    answers = []
    for seq in ends:
        text = room.all.follow(room.meeting, "staff", seq, state["epoch"], room.chain(seq))
        assert len(text.encode()) < eventlet_connection.BACKLOG / 2 + 1_000
        answers.append(json.loads(text))
    reached = ["changes" in answer for answer in answers]
    assert not reached[0] and reached[-40] and sorted(reached) == reached, "the newest are kept, without a hole"
    for behind, answer in enumerate(reversed(answers)):
        assert answer.get("fetch") or len(answer["changes"]) == behind


def test_what_is_too_large_for_one_message_is_fetched(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.all.join(room.meeting, "staff")
    start = room.all.state(room.meeting, "staff")["seq"]
    monkeypatch.setattr(replay_buffer, "MOST_BYTES", 1_000)
    announced = room.all.of(room.meeting)
    with announced.lock:  # its loop waits: what comes now is joined
        last = room.note(30)
        announced.catch_up()
    room.wait(lambda: bool(room.changes("staff")))
    assert room.changes("staff") == [{"base": start, "seq": last, "fetch": True}]
    assert room.follow(start)["fetch"] is True
    assert [change["base"] for change in room.follow(last - 2)["changes"]] == [last - 2, last - 1]


def test_one_change_that_is_too_large_is_fetched_and_nobody_reaches_back_over_it(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.all.join(room.meeting, "staff")
    start = room.all.state(room.meeting, "staff")["seq"]
    monkeypatch.setattr(replay_buffer, "MOST_BYTES", 300)
    large = room.scenario.act("agenda.add_item", title="x" * 400).seq
    last = room.note()
    room.wait(lambda: room.changes("staff")[-1:] != [] and room.changes("staff")[-1]["seq"] == last)
    assert room.changes("staff")[0] == {"base": start, "seq": large, "fetch": True}
    assert room.follow(start)["fetch"] is True
    assert [change["seq"] for change in room.follow(large)["changes"]] == [last]


# ------------------------------------------------------------------------------------------- what cannot be shown


class FailingView:
    """A mistake in a view: it raises for states whose seq is in `seqs`, for one audience."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, meeting: str, audience: str = "delegate") -> None:
        self.seqs: set[int] = set()

        def broken(state: Any, names: Any, shown_to: str) -> Json:
            if state.seq in self.seqs and shown_to == audience:
                raise ZeroDivisionError(f"at {state.seq}")
            return view(state, names, shown_to)

        monkeypatch.setattr(broadcaster, "view", broken)


def test_a_view_that_raises_leaves_every_screen_where_it_was_until_it_can_go_on(
    room: Room, monkeypatch: pytest.MonkeyPatch, said: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(broadcasters, "LOOK", 0.05)
    monkeypatch.setattr(broadcasters, "HEAD", 0.1)
    monkeypatch.setattr(broadcasters, "RED", 0.3)
    broken, other = FailingView(monkeypatch, room.meeting), MeetingScenario(room.meetings)
    for audience in ("staff", "delegate", "follow"):
        room.all.join(room.meeting, audience)
    room.all.join(other.id, "booth")
    before = room.all.state(room.meeting, "staff")
    start = before["seq"]
    room.wait(lambda: len(room.said) >= 4)
    broken.seqs = {start + 1}
    room.note()
    room.wait(lambda: not room.all.ready())
    told = len(room.said)
    room.wait(lambda: len(room.said) > told + 8)
    heads = [body for _, audience, event, body in room.said[told:] if event == "head" and audience != "booth"]
    assert {(head["seq"], head["chain"]) for head in heads} == {(start, before["chain"])}, "heads go on"
    assert not room.changes("staff") and not room.changes("delegate") and room.cuts == []
    with pytest.raises(ZeroDivisionError):
        room.all.state(room.meeting, "delegate")
    answer = room.all.follow(room.meeting, "staff", start, before["epoch"], before["chain"])
    assert json.loads(answer)["changes"] == [], "who comes now stands where all stand"
    seq = other.act("record.note", text="others go on").seq
    room.wait(lambda: bool(room.changes("booth")))
    assert room.changes("booth")[-1]["seq"] == seq
    assert len(lines(said, "cannot be shown any further")) == 1, "said once, not each second"
    last = room.note()  # what follows can be shown: all go there, by one fetch
    for audience in ("staff", "delegate", "follow"):
        room.wait(lambda audience=audience: bool(room.changes(audience)))  # type: ignore[misc]
        assert room.changes(audience) == [{"base": start, "seq": last, "fetch": True}]
        assert room.all.state(room.meeting, audience)["seq"] == last
    room.wait(room.all.ready)
    assert len(lines(said, "is shown again")) == 1
    after = room.note()
    room.wait(lambda: room.changes("staff")[-1]["seq"] == after)
    assert room.changes("staff")[-1]["base"] == last and "patch" in room.changes("staff")[-1]
    assert room.cuts == []


def test_where_it_is_mended_what_was_held_back_comes_as_changes(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasters, "LOOK", 0.05)
    broken = FailingView(monkeypatch, room.meeting, "staff")
    room.all.join(room.meeting, "staff")
    state = room.all.state(room.meeting, "staff")
    broken.seqs = {state["seq"] + n for n in (1, 2, 3)}
    last = room.note(3)
    time.sleep(0.3)
    assert not room.changes("staff")
    broken.seqs = set()
    room.wait(lambda: len(room.changes("staff")) == 3)
    assert [change["base"] for change in room.changes("staff")] == [last - 3, last - 2, last - 1]
    shown = state["view"]
    for change in room.changes("staff"):
        shown = merged(shown, change["patch"])
    assert shown == room.all.state(room.meeting, "staff")["view"]


def test_a_past_that_cannot_be_shown_keeps_nobody_from_what_holds_now(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = room.note(5)
    broken = FailingView(monkeypatch, room.meeting, "staff")
    broken.seqs = {last - 2}
    room.all.join(room.meeting, "staff")
    assert room.follow(last)["changes"] == [] and room.follow(last - 1)["fetch"] is True
    after = room.note()
    room.wait(lambda: bool(room.changes("staff")))
    assert room.changes("staff")[0]["base"] == last and room.changes("staff")[0]["seq"] == after


# ------------------------------------------------------------------------------------ said once, not each second


def test_a_database_that_cannot_be_read_is_said_once_and_once_when_it_can(
    room: Room, monkeypatch: pytest.MonkeyPatch, said: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(broadcasters, "LOOK", 0.03)
    monkeypatch.setattr(broadcasters, "HEAD", 0.1)
    scenarios = [MeetingScenario(room.meetings) for _ in range(3)]
    for scenario in scenarios:
        room.all.join(scenario.id, "staff")
    room.wait(lambda: len(room.said) >= 3)

    def away(*_: Any) -> Any:
        raise Busy("the database does not answer")

    with monkeypatch.context() as during:
        during.setattr(room.meetings, "remembered", away)
        during.setattr(room.meetings, "heads", away)
        last = scenarios[0].act("record.note", text="held back").seq
        told = len(room.said)
        room.wait(lambda: len(room.said) > told + 12)  # heads go on
        assert len(lines(said, "cannot be read")) == 1 and not room.changes("staff")
    room.wait(lambda: bool(room.changes("staff")))
    assert room.changes("staff")[-1]["seq"] == last
    room.wait(lambda: len(lines(said, "can be read again")) == 1)
    assert len(said.records) == 2 and room.cuts == []


def test_the_clock_goes_on_with_the_other_meetings_whatever_one_of_them_raises(
    room: Room, monkeypatch: pytest.MonkeyPatch, said: pytest.LogCaptureFixture
) -> None:
    scenarios, now = [MeetingScenario(room.meetings) for _ in range(3)], room.meetings.clock()
    for scenario in scenarios:
        lists = room.meetings.history(scenario.id).state.speakers.lists.values()
        scenario.act("speakers.close_list", list=next(row.id for row in lists if row.item), at=now + 60_000)
    clock = room.meetings.clock
    monkeypatch.setattr(room.meetings, "clock", lambda: clock() + 120_000)
    monkeypatch.setattr(room.meetings, "now", lambda _: clock() + 120_000)
    written = module.meeting_index.put
    for fault in (ZeroDivisionError("a mistake"), Busy("a row is held")):

        def fails(connection: Any, meeting: str, *more: Any, fault: Exception = fault) -> None:
            if meeting == scenarios[0].id:
                raise fault
            written(connection, meeting, *more)

        monkeypatch.setattr(module.meeting_index, "put", fails)
        closed = sum(tick(room.meetings) for _ in range(4))
        assert closed == (2 if isinstance(fault, ZeroDivisionError) else 0)
    assert len(lines(said, f"what is due in meeting {scenarios[0].id} cannot be done")) == 2, "once for each reason"
    monkeypatch.setattr(module.meeting_index, "put", written)
    assert tick(room.meetings) == 1 and tick(room.meetings) == 0
    assert len(lines(said, "is done again")) == 1
