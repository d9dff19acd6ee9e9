"""A long log is opened in portions, and other meetings do not wait meanwhile. On both databases."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
import sqlalchemy as sa

from meetingsvc import log_reading, meeting_cache
from meetingsvc.core.history import fold
from meetingsvc.core.kernel import Entry, Refused, UnfoldableEntry
from meetingsvc.meetings import Meetings
from meetingsvc.store.event_log import codec
from meetingsvc.store.tables import log
from tests.support.any_meeting import acts, begin
from tests.support.making import schedule
from tests.support.meeting_scenario import CHAIR, SECRETARY, Clock, MeetingScenario, command


def long(meetings: Meetings, entries: int = 1000) -> MeetingScenario:
    """A meeting of about so many entries: acts, much that stays, and the acts taken back from far behind."""
    scenario = MeetingScenario(meetings, "CHE", "TKM")
    done = [scenario.act("speakers.set_limit", seconds=60 + n).seq for n in range(10)]
    scenario.ask("CHE")
    for _ in range(entries // 100):
        notes = [command("record.note", text=f"note {n}") for n in range(100)]
        meetings.perform(
            scenario.id, SECRETARY, [*notes, command("speakers.inscribe", guest={"name": "X", "post": ""})]
        )
    for _ in range(entries // 100):
        scenario.act("record.undo", batch=meetings.history(scenario.id).state.record.done[-1].batch)
    for batch in reversed(done[5:]):
        if meetings.history(scenario.id).state.record.done[-1].batch == batch:
            scenario.act("record.undo", batch=batch)
    return scenario


class Others:
    """What others do whenever an opening lets them: they act in another meeting, which no lock may keep them from."""

    def __init__(self, meetings: Meetings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.scenario, self.worked, self.between = MeetingScenario(meetings), 0, [0]
        monkeypatch.setattr(log_reading.time, "sleep", self.work)
        self._count(monkeypatch, log_reading, "proved")

    def work(self, _seconds: float) -> None:
        if self.between[-1]:
            self.worked += 1
            self.between.append(0)
            self.scenario.act("record.note", text="meanwhile")

    def _count(self, monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> None:
        right: Callable[..., Entry] = getattr(module, name)

        def counted(*args: object) -> Entry:
            self.between[-1] += 1
            return right(*args)

        monkeypatch.setattr(module, name, counted)


@pytest.mark.parametrize("press", [False, True], ids=["looked at", "acted in"])
def test_other_meetings_act_while_a_long_one_is_opened(
    meetings: Meetings, clock: Clock, monkeypatch: pytest.MonkeyPatch, press: bool
) -> None:
    scenario = long(meetings)
    fresh = Meetings(meetings.database, clock)
    others = Others(meetings, monkeypatch)
    if press:
        fresh.perform(scenario.id, CHAIR, [command("record.note", text="by a process that has just started")])
    assert fresh.history(scenario.id).state == fold(codec.entries(scenario.rows))
    assert others.worked >= 1000 // log_reading.PORTION
    assert max(others.between) <= log_reading.PORTION
    scenario.sound()
    others.scenario.sound()


def test_a_long_meeting_that_was_opened_is_followed_and_taken_back_like_any_other(
    meetings: Meetings, clock: Clock
) -> None:
    scenario = long(meetings)
    fresh = Meetings(meetings.database, clock)
    names = fresh.remembered(scenario.id).names
    assert names == meetings.remembered(scenario.id).names and names
    back = fresh.history(scenario.id).state.record.undone.top
    assert back
    fresh.perform(scenario.id, CHAIR, [command("record.undo", batch=back.batch)])
    scenario.sound()
    meetings.perform(
        scenario.id, CHAIR, [command("record.undo", batch=fresh.history(scenario.id).state.record.done[-1].batch)]
    )
    scenario.sound()


def test_an_act_far_back_is_unfolded_before_the_transaction_that_takes_it_back(
    meetings: Meetings, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    act = scenario.act("speakers.set_limit", seconds=60).seq
    come_and_go = [command("speakers.request_floor"), command("roster.check_in", mode="in_room")]
    meetings.perform(scenario.id, scenario.of("CHE"), come_and_go)
    for _ in range(5):
        modes = [command("roster.set_mode", mode=mode) for mode in ("remote", "in_room") * 100]
        meetings.perform(scenario.id, scenario.of("CHE"), modes)
    others = Others(meetings, monkeypatch)
    steps: list[int] = []
    monkeypatch.setattr(
        log_reading.time, "sleep", lambda _: steps.append(others.scenario.act("record.note", text="x").seq)
    )
    scenario.act("record.undo", batch=act)
    assert len(steps) >= 1000 // log_reading.PORTION
    scenario.sound()


def test_a_process_far_behind_catches_up_in_portions(
    meetings: Meetings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = long(meetings, 200)
    behind = Meetings(meetings.database, clock)
    assert behind.history(scenario.id).state.seq
    for _ in range(6):
        meetings.perform(scenario.id, SECRETARY, [command("record.note", text="more")] * 90)
    others = Others(meetings, monkeypatch)
    assert behind.history(scenario.id).state == fold(codec.entries(scenario.rows))
    assert others.worked and max(others.between) <= log_reading.PORTION


@pytest.mark.parametrize("press", [False, True], ids=["looked at", "acted in"])
def test_a_long_log_that_was_touched_is_read_up_to_the_batch_before(
    meetings: Meetings, clock: Clock, press: bool
) -> None:
    scenario = long(meetings)
    batch = next(row for row in scenario.rows if row.seq > 700).batch + 101
    touched = next(row for row in scenario.rows if row.seq > batch + 20 and row.name == "record.noted")
    where = (log.c.meeting == scenario.id) & (log.c.seq == touched.seq)
    meetings.database.write(lambda c: c.execute(sa.update(log).where(where).values(at=touched.at + 1)))
    fresh = Meetings(meetings.database, clock)
    for _ in range(2):
        if press:
            with pytest.raises(UnfoldableEntry, match=f"entry {touched.seq} "):
                fresh.perform(scenario.id, CHAIR, [command("record.note", text="x")])
        kept = fresh.remembered(scenario.id)
        assert kept.unfoldable and kept.unfoldable.entry.seq == touched.seq
        assert kept.seq == touched.batch - 1
        assert kept.head == scenario.rows[touched.batch - 2].hash
        assert kept.history.state == fold(codec.entries(scenario.rows[: touched.batch - 1]))


def test_an_entry_that_does_not_fit_strands_a_long_log_at_its_batch(
    meetings: Meetings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = long(meetings)
    bad = next(row for row in scenario.rows if row.seq > 700 and row.name == "record.noted")
    right = codec.decode("agenda.item_concluded", *codec.encode(codec.EVENTS["agenda.item_concluded"](999)))  # type: ignore[call-arg]
    decoded = codec.entry

    def misread(row: codec.Row) -> Entry:
        entry = decoded(row)
        return Entry(entry.seq, entry.batch, entry.at, entry.by, entry.role, right) if row.seq == bad.seq else entry

    monkeypatch.setattr(codec, "entry", misread)
    fresh = Meetings(meetings.database, clock)
    for _ in range(2):
        kept = fresh.remembered(scenario.id)
        assert kept.unfoldable and kept.unfoldable.entry.seq == bad.seq
        assert (kept.seq, kept.head) == (bad.batch - 1, scenario.rows[bad.batch - 2].hash)


@pytest.mark.parametrize("seed", range(4))
def test_however_small_the_portions_the_meeting_is_the_same(
    meetings: Meetings, clock: Clock, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(log_reading, "PORTION", 3 + seed)
    monkeypatch.setattr(meeting_cache, "PORTION", 3 + seed)
    story, dice = begin(), Random(seed)
    meeting = meetings.create(SECRETARY, schedule(languages=["en", "fr"]))
    for code, id in list(story.known.items()):
        if len(code) == 3 and id:
            body = {"kind": "member", "code": code, "speaker": {"name": code, "post": ""}}
            story.known[code] = meetings.perform(meeting, SECRETARY, [command("roster.accredit", **body)]).seq
    for _ in range(60):
        clock.now += dice.choice([0, 400, 3_000, 20_000])
        story.history, story.now = meetings.history(meeting), clock.now
        name, by, body = dice.choice([act for act in acts(story, dice) if act[0] != "meeting.close"])
        try:
            meetings.perform(meeting, story.actor(by), [command(name, **body)])
        except Refused:
            continue
        fresh = Meetings(meetings.database, clock)
        if dice.random() < 0.2:
            assert fresh.remembered(meeting).head == meetings.remembered(meeting).head
            assert fresh.history(meeting).state == meetings.history(meeting).state
