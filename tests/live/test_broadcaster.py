"""Broadcasters without sockets: changes, replay buffers, encoded views, waiting, dying."""

from __future__ import annotations

import gzip
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from meetingsvc.broadcast import Broadcasters, broadcaster, broadcasters, epoch, replay_buffer
from meetingsvc.core.history import fold
from meetingsvc.core.kernel import Refused
from meetingsvc.core.roles import AUDIENCES
from meetingsvc.meetings import Meetings
from meetingsvc.store.engine import Busy, Database
from meetingsvc.store.event_log import codec
from meetingsvc.views.view import view
from tests.live.wire import merged
from tests.support.meeting_scenario import SECRETARY, MeetingScenario

Json = dict[str, Any]


class Room:
    """A meeting, its broadcasters, and what they said: [(audience, event, body)]."""

    def __init__(self, file: Path) -> None:
        self.database = Database.open(f"sqlite:///{file}")
        self.meetings = Meetings(self.database)
        self.scenario = MeetingScenario(self.meetings, "AZE", "BOL", "CUB")
        self.said: list[tuple[float, str, str, Json]] = []
        self.cuts: list[str] = []
        self.all = self.broadcasters(self.meetings)

    def broadcasters(self, meetings: Meetings) -> Broadcasters:
        made = Broadcasters(meetings, meetings.log, files="files")
        made.attach(
            lambda meeting, audience, event, text: self.said.append(
                (time.monotonic(), audience, event, json.loads(text))
            ),
            self.cuts.append,
        )
        return made

    @property
    def meeting(self) -> str:
        return self.scenario.id

    def note(self, count: int = 1) -> int:
        return [self.scenario.act("record.note", text=f"note {n}").seq for n in range(count)][-1]

    def redact(self, seq: int) -> int:
        return self.scenario.act("record.redact", by=SECRETARY, seq=seq).seq

    def changes(self, audience: str) -> list[Json]:
        bodies = [b for _, a, e, b in self.said if a == audience and e == "change"]
        return [change for body in bodies for change in body["changes"]]

    def wait(self, so: Callable[[], bool], timeout: float = 5) -> None:
        until = time.monotonic() + timeout
        while not so():
            assert time.monotonic() < until
            time.sleep(0.005)

    def follow(self, seq: int, audience: str = "staff", **other: str) -> Json:
        state = self.all.state(self.meeting, audience)
        epoch_, chain = other.get("epoch", state["epoch"]), other.get("chain", self.chain(seq))
        answer: Json = json.loads(self.all.follow(self.meeting, audience, seq, epoch_, chain))
        return answer

    def chain(self, seq: int) -> str:
        rows = self.meetings.log.rows(self.meeting, after=seq - 1, upto=seq)
        return rows[0].hash[:12] if rows else "0" * 12


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path / "x.db")
    yield made
    made.all.close()
    made.database.close()


def test_every_change_leads_from_view_to_view_for_every_audience(room: Room) -> None:
    views = {a: room.all.state(room.meeting, a)["view"] for a in AUDIENCES}
    at = {a: room.all.head(room.meeting)["seq"] for a in AUDIENCES}
    for audience in AUDIENCES:
        room.all.join(room.meeting, audience)
    scenario = room.scenario
    scenario.act("speakers.open_list", item=scenario.item)
    for code in scenario.delegations:
        scenario.act("speakers.request_floor", by=scenario.of(code))
    scenario.act("speakers.next")
    last = scenario.act("record.note", text="seen").seq
    room.wait(lambda: all(c and c[-1]["seq"] == last for c in map(room.changes, AUDIENCES)))
    entries = codec.entries(room.meetings.log.rows(room.meeting))
    names = room.meetings.names(room.meeting)
    for audience in AUDIENCES:
        for change in room.changes(audience):
            assert change["base"] == at[audience]
            views[audience] = merged(views[audience], change["patch"])
            at[audience] = change["seq"]
            state = fold([entry for entry in entries if entry.seq <= change["seq"]])
            assert views[audience] == view(state, names, audience)
    assert {change["seq"] for change in room.changes("follow")} == {c["seq"] for c in room.changes("staff")}
    assert any(not change["patch"] for change in room.changes("follow"))  # a note: an empty patch is sent too


def test_a_single_change_leaves_at_once_and_a_burst_in_step(room: Room) -> None:
    room.all.join(room.meeting, "staff")
    room.wait(lambda: bool(room.said))
    time.sleep(0.1)
    pressed = time.monotonic()
    room.note()
    room.wait(lambda: bool(room.changes("staff")))
    assert room.said[-1][0] - pressed < 0.045
    last = room.note(40)
    room.wait(lambda: room.changes("staff")[-1]["seq"] == last)
    times = [when for when, _, event, _ in room.said if event == "change"]
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert min(gaps) >= replay_buffer.PACE - 0.002, gaps
    assert len(room.changes("staff")) == 41  # joined, never merged


def test_an_audience_without_followers_gets_nothing(room: Room) -> None:
    followed_audience = room.all.join(room.meeting, "staff")
    other = room.all.join(room.meeting, "follow")
    room.all.leave(room.meeting, other)
    last = room.note()
    room.wait(lambda: bool(room.changes("staff")))
    assert not room.changes("follow")
    assert room.follow(last, "follow")["changes"] == []
    room.all.leave(room.meeting, followed_audience)


def test_the_ring_gives_what_came_after_and_nothing_else(room: Room) -> None:
    start = room.all.head(room.meeting)["seq"]
    room.all.join(room.meeting, "staff")
    last = room.note(10)
    for seq in range(start, last + 1):
        answer = room.follow(seq)
        assert answer["ok"] and answer["seq"] == last and answer["chain"] == room.chain(last)
        assert [c["base"] for c in answer["changes"]] == list(range(seq, last))
    assert room.follow(1)["fetch"] is True  # further back than anything kept
    assert room.follow(start + 3, chain="f" * 12)["fetch"] is True  # another log: a restored backup
    assert room.follow(start + 3, chain="")["fetch"] is True
    assert room.follow(last, chain="f" * 12)["fetch"] is True
    assert room.follow(start + 3, epoch="other")["fetch"] is True
    assert room.follow(last + 50)["fetch"] is True
    assert "changes" not in room.follow(last + 50)


def test_the_ring_holds_500_without_a_hole(room: Room) -> None:
    room.all.join(room.meeting, "staff")
    last = room.note(replay_buffer.KEPT + 30)
    room.wait(lambda: room.all.of(room.meeting).seq == last)
    assert len(room.follow(last - replay_buffer.KEPT)["changes"]) == replay_buffer.KEPT
    assert room.follow(last - replay_buffer.KEPT - 1).get("fetch") is True


def test_a_new_ring_reaches_back_before_its_start(room: Room) -> None:
    last = room.note(broadcaster.BEFORE_START + 5)
    again = room.broadcasters(Meetings(room.database))
    room.all, before = again, room.all
    again.join(room.meeting, "staff")
    answer = room.follow(last - 3)
    assert [c["seq"] for c in answer["changes"]] == [last - 2, last - 1, last]
    assert room.follow(last - broadcaster.BEFORE_START - 3)["fetch"] is True
    before.close()


def test_the_ring_is_dropped_a_while_after_the_last_follower(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_buffer, "LINGER", 0.05)
    start = room.note(20)
    followed_audience = room.all.join(room.meeting, "follow")
    room.note()
    room.all.leave(room.meeting, followed_audience)
    time.sleep(0.1)
    last = room.note()
    room.all.head(room.meeting)
    assert room.follow(start, "follow").get("fetch") is True
    assert room.follow(last, "follow")["changes"] == []


def test_what_another_process_wrote_is_found_within_a_second(room: Room) -> None:
    room.all.join(room.meeting, "staff")
    elsewhere = Meetings(room.database)
    room.wait(lambda: bool(room.said))
    room.scenario.meetings = elsewhere
    last = room.note(60)  # more than the states that are kept
    room.wait(lambda: bool(room.changes("staff")) and room.changes("staff")[-1]["seq"] == last, 2.5)
    bases = [change["base"] for change in room.changes("staff")]
    assert bases == list(range(last - 60, last))


def test_heads_come_while_nothing_happens(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasters, "HEAD", 0.2)
    room.all.join(room.meeting, "room")
    time.sleep(1)
    heads = [(when, body) for when, _, event, body in room.said if event == "head"]
    assert 4 <= len(heads) <= 7
    state = room.all.state(room.meeting, "room")
    assert heads[-1][1].keys() == {"meeting", "seq", "epoch", "chain", "now"}
    assert heads[-1][1]["chain"] == state["chain"] == room.chain(state["seq"])


def test_what_erases_is_fetched_and_empties_the_replay_buffers(room: Room) -> None:
    room.all.join(room.meeting, "staff")
    start = room.note(3)
    room.wait(lambda: len(room.changes("staff")) == 3)
    last = room.redact(start)
    room.wait(lambda: len(room.changes("staff")) == 4)
    assert room.changes("staff")[-1] == {"base": start, "seq": last, "fetch": True}
    assert room.follow(start)["fetch"] is True
    assert room.follow(last)["changes"] == []
    assert "note 2" not in json.dumps(room.all.state(room.meeting, "staff"))
    assert room.cuts == [], "it is the same log: nobody is cut"
    room.note()
    room.wait(lambda: room.changes("staff")[-1].get("base") == last)
    assert "note 2" not in json.dumps(room.follow(last)), "patches go on from there"


def test_what_waits_to_be_sent_is_not_sent_once_it_is_erased(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_buffer, "PACE", 0.5)
    room.all.join(room.meeting, "staff")
    first = room.note()  # leaves at once; what follows waits
    room.wait(lambda: len(room.changes("staff")) == 1)
    secret = room.scenario.act("record.note", text="canary words").seq
    room.wait(lambda: room.all.of(room.meeting).seq == secret)
    last = room.redact(secret)
    room.wait(lambda: room.changes("staff")[-1]["seq"] == last)
    assert room.changes("staff")[1:] == [{"base": first, "seq": last, "fetch": True}]
    assert "canary" not in json.dumps([body for *_, body in room.said])


def test_what_another_process_erased_is_dropped_here(room: Room) -> None:
    there = Meetings(Database.open(f"sqlite:///{room.database.engine.url.database}"))
    here = room.broadcasters(there)
    here.attach(lambda *_: None, lambda _: None)
    followed_audience = here.join(room.meeting, "staff")
    secret = room.scenario.act("record.note", text="canary words").seq
    room.wait(lambda: here.of(room.meeting).seq == secret)
    assert "canary" in repr((followed_audience.changes, followed_audience.view)), "it stands in the replay buffer"
    last = room.redact(secret)
    room.wait(lambda: here.of(room.meeting).seq == last)
    broadcaster = here.of(room.meeting)
    assert "canary" not in repr(
        (broadcaster.audiences, broadcaster._states, broadcaster.meeting_state, broadcaster._past)
    )
    assert "canary" not in json.dumps(here.state(room.meeting, "staff"))
    here.close()
    there.database.close()


def test_states_are_made_once_and_carry_a_fresh_time(room: Room) -> None:
    first = room.all.encoded(room.meeting, "follow")
    assert room.all.encoded(room.meeting, "follow") is first
    state = room.all.state(room.meeting, "follow")
    assert state.keys() == {"meeting", "seq", "epoch", "chain", "files", "now", "audience", "view"}
    for now in (1_702_270_800_000, 9):
        plain = first.json(now)
        assert json.loads(plain) == state | {"now": now}
        assert gzip.decompress(first.gzip(now)) == plain
    room.note()
    second = room.all.encoded(room.meeting, "follow")
    assert second is not first and second.seq == first.seq + 1


def test_waiting_ends_when_the_meeting_moves(room: Room) -> None:
    seq = room.all.head(room.meeting)["seq"]
    assert room.all.wait_beyond(room.meeting, seq, 10) is False, "nobody reads the log where nobody follows"
    room.all.join(room.meeting, "follow")
    began = time.monotonic()
    assert room.all.wait_beyond(room.meeting, seq, 0.1) is False
    assert 0.08 < time.monotonic() - began < 1
    threading.Timer(0.1, room.note).start()
    began = time.monotonic()
    assert room.all.wait_beyond(room.meeting, seq, 10) is True
    assert time.monotonic() - began < 1
    assert room.all.wait_beyond(room.meeting, seq, 10) is True
    woken = threading.Event()
    threading.Timer(0.1, woken.set).start()
    began = time.monotonic()
    assert room.all.wait_beyond(room.meeting, seq + 1, 10, woken) is False
    assert time.monotonic() - began < 1


def test_waiting_ends_with_the_log_that_is_waited_for(room: Room) -> None:
    """Who waits goes to the next broadcaster at once, which proves where they stand."""
    seq = room.all.head(room.meeting)["seq"]
    room.all.join(room.meeting, "follow")
    threading.Timer(0.1, lambda: room.all._bury(room.all.of(room.meeting))).start()
    began = time.monotonic()
    assert room.all.wait_beyond(room.meeting, seq, 10) is False
    assert time.monotonic() - began < 1


def test_what_another_process_wrote_ends_a_wait_within_a_second(room: Room) -> None:
    seq = room.all.head(room.meeting)["seq"]
    room.all.join(room.meeting, "follow")
    room.scenario.meetings = Meetings(room.database)
    threading.Timer(0.1, room.note).start()
    assert room.all.wait_beyond(room.meeting, seq, 2.5) is True


def test_one_that_dies_cuts_its_followers_turns_red_and_is_followed_by_another(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = room.all.join(room.meeting, "staff")
    room.wait(lambda: bool(room.said))
    assert room.all.ready()

    def broken(*_: Any) -> Json:
        raise ZeroDivisionError

    with monkeypatch.context() as during:
        during.setattr(broadcaster, "elements", broken)
        room.note()
        room.wait(lambda: room.cuts == [room.meeting])
    assert not room.all.ready()
    room.all.leave(room.meeting, old)  # as their sockets end, some after the new one has begun
    room.all.join(room.meeting, "staff")
    last = room.note()
    room.wait(lambda: bool(room.changes("staff")) and room.changes("staff")[-1]["seq"] == last)
    monkeypatch.setattr(broadcasters, "RED", 0.0)
    assert room.all.ready()


def test_a_database_that_is_busy_ends_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.all.join(room.meeting, "staff")
    room.wait(lambda: bool(room.said))

    def busy(meeting: str) -> Any:
        raise Busy("locked")

    with monkeypatch.context() as during:
        during.setattr(room.meetings, "remembered", busy)
        last = room.note()
        time.sleep(0.1)
        assert not room.changes("staff")
    room.wait(lambda: bool(room.changes("staff")) and room.changes("staff")[-1]["seq"] == last)
    assert room.cuts == [] and room.all.ready()


def test_a_late_goodbye_does_not_count_against_a_new_broadcaster(room: Room) -> None:
    old = room.all.join(room.meeting, "staff")
    room.all._bury(room.all.of(room.meeting))
    room.all.join(room.meeting, "staff")
    room.all.leave(room.meeting, old)
    last = room.note()
    room.wait(lambda: bool(room.changes("staff")) and room.changes("staff")[-1]["seq"] == last)


def test_an_unknown_meeting_is_refused_and_leaves_nothing_behind(room: Room) -> None:
    with pytest.raises(Refused):
        room.all.join("nosuchmeet", "staff")
    assert "nosuchmeet" not in room.all._all


def test_an_idle_broadcaster_goes(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcaster, "LINGER", 0.1)
    monkeypatch.setattr(replay_buffer, "LINGER", 0.1)
    monkeypatch.setattr(broadcasters, "LOOK", 0.05)
    followed_audience = room.all.join(room.meeting, "staff")
    room.all.leave(room.meeting, followed_audience)
    room.wait(lambda: room.meeting not in room.all._all)
    room.wait(lambda: f"announce {room.meeting}" not in {thread.name for thread in threading.enumerate()})


def test_the_epoch_hangs_on_the_meeting() -> None:
    assert epoch("one") == epoch("one") != epoch("two")
    assert len(epoch("one")) == 12
