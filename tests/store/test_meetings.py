"""Commands through the one door, on both databases: keys, batches, races, persons, the calendar's SEQUENCE."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetingsvc.core.kernel import CLOCK, Actor, Refused
from meetingsvc.meetings import InternalFault, Meetings, rehearse, tick
from meetingsvc.store.links import Links
from meetingsvc.store.tables import answers, outbox, people
from meetingsvc.store.tables import log as log_table
from tests.support.any_meeting import acts, begin
from tests.support.making import schedule
from tests.support.meeting_scenario import (
    CHAIR,
    SECRETARY,
    Clock,
    MeetingScenario,
    at_once,
    command,
    refused,
    rows_in,
)

# ------------------------------------------------------------------------------------------------------------ one batch


def test_a_meeting_is_made_and_found_again(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    assert len(scenario.id) == 10 and scenario.id.isalnum() and scenario.id == scenario.id.lower()
    row = scenario.row
    assert (row.title, row.zone, row.format, row.state) == (
        {"en": "Group of Friends of Neutrality"},
        "Asia/Ashgabat",
        "hybrid",
        "open",
    )
    assert (row.starts_at, row.ends_at) == (1702270800000, 1702281600000)
    assert [found.id for found in meetings.meeting_rows()] == [scenario.id]
    assert row.uid == meetings.history(scenario.id).state.meeting.uid
    scenario.sound()


def test_an_unknown_meeting_is_refused_and_leaves_nothing_behind(meetings: Meetings) -> None:
    refused("meeting.not_found", lambda: meetings.perform("nosuchone1", CHAIR, [command("meeting.open")], "k"))
    refused("meeting.not_found", lambda: meetings.history("nosuchone1"))
    assert meetings.meeting_row("nosuchone1") is None
    assert not meetings._memory._rooms and not rows_in(meetings, answers)


def test_several_commands_are_one_batch_each_decided_on_what_came_before(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings)
    seq = meetings.history(scenario.id).state.seq
    answer = meetings.perform(
        scenario.id,
        SECRETARY,
        [
            command("roster.accredit", kind="member", code="CHE"),
            command("roster.accredit", kind="member", code="TKM"),
            command("speakers.inscribe", delegation=seq + 2, channel="paper"),
            command("speakers.inscribe", delegation=seq + 1, channel="paper"),
        ],
    )
    assert answer.seq == seq + 4 and [row["seq"] for row in answer.said] == [seq + 1, seq + 2, seq + 3, seq + 4]
    assert {row.batch for row in scenario.sound()[seq:]} == {seq + 1}
    scenario.act("record.undo", batch=seq + 1)
    assert not meetings.history(scenario.id).state.roster.delegations
    scenario.sound()


def test_what_is_rehearsed_is_what_would_be_performed_and_nothing_is_written(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    before, persons = meetings.history(scenario.id), rows_in(meetings, people)
    wanted = [
        command("roster.accredit", kind="member", code="TKM", speaker={"name": "Ene Batyr", "post": "Counsellor"}),
        command("speakers.inscribe", delegation=before.state.seq + 1, channel="paper"),
    ]
    seen = rehearse(before, wanted, SECRETARY, meetings.now(scenario.id)).state
    assert meetings.history(scenario.id) is before and rows_in(meetings, people) == persons
    meetings.perform(scenario.id, SECRETARY, wanted)
    done = meetings.history(scenario.id).state
    assert (seen.seq, seen.roster.delegations.keys()) == (done.seq, done.roster.delegations.keys())
    assert seen.speakers.lists.keys() == done.speakers.lists.keys()
    refused("roster.already_accredited", lambda: rehearse(before, [*wanted, wanted[0]], SECRETARY, done.at))
    nobody = Actor("f" * 16, "follower")
    refused("rights.not_yours", lambda: rehearse(before, wanted, nobody, done.at))


def test_a_batch_with_one_command_that_is_refused_does_nothing_at_all(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    before, persons = len(scenario.rows), rows_in(meetings, people)
    double = [
        command("roster.accredit", kind="member", code="TKM", speaker={"name": "Ene Batyr", "post": "Counsellor"}),
        command("roster.accredit", kind="member", code="CHE"),
    ]
    refused("roster.already_accredited", lambda: meetings.perform(scenario.id, SECRETARY, double, "import"))
    assert len(scenario.sound()) == before and rows_in(meetings, people) == persons
    assert rows_in(meetings, answers) == 0


def test_an_empty_batch_and_an_undo_among_others_are_mistakes_of_the_caller(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings)
    for commands in ([], [command("record.undo", batch=1), command("meeting.adjourn")]):
        with pytest.raises(ValueError, match="batch"):
            meetings.perform(scenario.id, CHAIR, commands)


def test_time_never_runs_back(meetings: Meetings, clock: Clock) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    clock.now += 60_000
    scenario.ask("CHE")
    clock.now -= 3_600_000
    scenario.act("record.note", text="the clock was set back")
    moments = [row.at for row in scenario.sound()]
    assert moments == sorted(moments)


def test_what_does_not_come_back_from_the_codec_is_never_written(
    meetings: Meetings, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    before = len(scenario.rows)
    from meetingsvc.store.event_log import codec

    whole = codec.decode
    monkeypatch.setattr(codec, "decode", lambda *found: replace(whole(*found), kind="point_of_order"))
    with pytest.raises(InternalFault):
        scenario.ask("CHE", key="k")
    monkeypatch.undo()
    assert len(scenario.sound()) == before and rows_in(meetings, answers) == 0
    assert not scenario.ask("CHE", key="k").again


def test_what_makes_no_sense_is_never_written(meetings: Meetings, monkeypatch: pytest.MonkeyPatch) -> None:
    from meetingsvc import meetings as module
    from meetingsvc.core.state import InvariantBroken

    scenario = MeetingScenario(meetings, "CHE")
    before = len(scenario.rows)

    def never(_: object) -> None:
        raise InvariantBroken("two speakers")

    monkeypatch.setattr(module, "check", never)
    with pytest.raises(InternalFault, match="two speakers"):
        scenario.ask("CHE")
    monkeypatch.undo()
    assert len(scenario.sound()) == before


# ---------------------------------------------------------------------------------------------------- persons, calendar


def test_persons_are_made_with_the_batch_and_named_by_id_only(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings)
    answer = scenario.act(
        "speakers.inscribe", guest={"name": "Ene Batyr", "post": "Professor"}, channel="paper", key="k"
    )
    scenario.act("speakers.inscribe", guest={"name": "Ene Batyr", "post": "Professor"}, channel="paper", key="k")
    names = list(meetings.names(scenario.id).values())
    assert names == [{"name": "Ene Batyr", "post": "Professor"}] and rows_in(meetings, people) == 1
    assert not any("Ene" in row.data or "Ene" in (row.text or "") for row in scenario.sound())
    assert "Ene" not in str(answer.said)
    fresh = Meetings(meetings.database)
    assert list(fresh.names(scenario.id).values()) == names


def test_sequence_goes_up_when_the_calendars_facts_change_and_only_then(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    assert (scenario.row.sequence, rows_in(meetings, outbox)) == (0, 1)
    scenario.ask("CHE")
    assert (scenario.row.sequence, rows_in(meetings, outbox)) == (0, 1)
    session = next(iter(meetings.history(scenario.id).state.meeting.sessions))
    times = {"session": session, "starts": "2023-12-11T15:00", "ends": "2023-12-11T18:00"}
    moved = scenario.act("meeting.reschedule", **times)
    assert (scenario.row.sequence, scenario.row.starts_at) == (1, 1702288800000)
    scenario.act("meeting.reschedule", **times, room="Hall 2")
    assert (scenario.row.sequence, scenario.row.room) == (2, "Hall 2")
    scenario.act("meeting.reschedule", **times)
    assert scenario.row.sequence == 2
    scenario.act("record.undo", batch=scenario.row.seq)
    assert (scenario.row.sequence, scenario.row.room) == (3, None)
    scenario.act("meeting.reschedule", **times, link="https://meet.example/1", key="link")
    scenario.act("meeting.reschedule", **times, link="https://meet.example/1", key="link")
    assert (scenario.row.sequence, scenario.row.link) == (4, "https://meet.example/1")
    found = meetings.database.read(lambda c: list(c.execute(sa.select(outbox.c.kind, outbox.c.sequence))))
    assert sorted(map(tuple, found)) == [("calendar", n) for n in range(5)]
    assert moved.seq


# ------------------------------------------------------------------------------------------------------------ acts back


def test_an_act_can_be_taken_back_from_far_behind(meetings: Meetings, clock: Clock) -> None:
    scenario = MeetingScenario(meetings, *(f"A{a}{b}" for a in "ABCDEFGH" for b in "ABCDEFGH"))
    batch = scenario.act("speakers.set_limit", seconds=60).seq
    for code in scenario.delegations:  # 64 batches of others: more than a process keeps the states before
        scenario.ask(code)
    scenario.act("record.undo", batch=batch)
    rows = scenario.sound()
    scenario.act("record.undo", batch=rows[-1].batch)
    scenario.sound()
    lists = meetings.history(scenario.id).state.speakers.lists.values()
    assert next(row for row in lists if row.item == scenario.item).limits["statement"] == 60
    other = Meetings(meetings.database, clock)
    other.perform(scenario.id, CHAIR, [command("record.note", text="by another process")])
    scenario.sound()


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**9))
def test_any_meeting_is_the_same_from_memory_and_from_the_log(meetings: Meetings, clock: Clock, seed: int) -> None:
    story, dice = begin(), Random(seed)
    meeting = meetings.create(
        SECRETARY,
        schedule(
            title=f"Meeting {seed}",
            languages=["en", "fr"],
            sessions=[
                {"starts": "2023-12-11T10:00", "ends": "2023-12-11T13:00"},
                {"starts": "2023-12-12T10:00", "ends": "2023-12-12T13:00"},
            ],
        ),
    )
    other, done = Meetings(meetings.database, clock), 0
    for code, delegation in [(code, id) for code, id in story.known.items() if len(code) == 3]:
        body = {"kind": "member", "code": code, "speaker": {"name": code, "post": ""}}
        story.known[code] = meetings.perform(meeting, SECRETARY, [command("roster.accredit", **body)]).seq
        assert delegation
    for n in range(60):
        clock.now += dice.choice([0, 400, 3_000, 20_000])
        story.history, story.now = meetings.history(meeting), clock.now
        # closed too early, a meeting has nothing more to tell
        possible = [act for act in acts(story, dice) if n > 50 or act[0] != "meeting.close"]
        name, by, body = dice.choice(possible)
        try:
            writer = dice.choice([meetings, meetings, other])
            done += bool(writer.perform(meeting, story.actor(by), [command(name, **body)]).said)
        except Refused:
            continue
    scenario = MeetingScenario.__new__(MeetingScenario)
    scenario.meetings, scenario.id = meetings, meeting
    scenario.sound()
    assert other.history(meeting).state == meetings.history(meeting).state
    assert done > 3


# ----------------------------------------------------------------------------------------------------------------- tick


def test_tick_closes_the_lists_whose_time_has_come_once(meetings: Meetings, clock: Clock) -> None:
    scenario, quiet = MeetingScenario(meetings, "CHE"), MeetingScenario(meetings)
    scenario.act("speakers.close_list", at=clock.now + 5_000)
    quiet.act("speakers.close_list", at=clock.now + 60_000)
    assert tick(meetings) == 0
    clock.now += 5_000
    assert at_once([partial(tick, meetings) for _ in range(4)]).count(1) == 1
    last = scenario.sound()[-1]
    assert (last.name, last.by, last.role) == ("speakers.list_closed", CLOCK.id, "clock")
    assert tick(meetings) == 0 and quiet.rows[-1].name == "speakers.closing_announced"
    assert scenario.row.due_at is None and quiet.row.due_at == clock.now + 55_000


def test_a_listener_that_fails_does_not_spoil_an_answer(meetings: Meetings, caplog: pytest.LogCaptureFixture) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    told: list[int] = []

    def fails(_meeting: str, _seq: int) -> None:
        raise RuntimeError("nobody is at home")

    meetings.on_commit(fails)
    meetings.on_commit(lambda _meeting, seq: told.append(seq))
    assert told == [] and scenario.ask("CHE").seq == told[0]
    assert "nobody is at home" in caplog.text


def test_the_log_takes_no_seq_twice(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings)
    row = scenario.rows[-1]
    from dataclasses import asdict

    from meetingsvc.store.engine import Conflict

    with pytest.raises(Conflict):
        meetings.database.once(lambda c: c.execute(sa.insert(log_table), [{"meeting": scenario.id, **asdict(row)}]))
    scenario.sound()


def test_who_lost_their_link_neither_acts_nor_hears_an_old_answer_again(meetings: Meetings) -> None:
    scenario, links = MeetingScenario(meetings, "CHE"), Links(meetings.database)
    grant, _ = links.make(scenario.id, "chair")
    chair = Actor(grant.id, "chair")
    first = scenario.act("record.note", by=chair, key="pressed", text="before")
    assert scenario.act("record.note", by=chair, key="pressed", text="before").seq == first.seq
    links.revoke(scenario.id, grant.id)
    for key in ("pressed", "another", None):
        refused("sign_in.revoked", lambda key=key: scenario.act("record.note", by=chair, key=key, text="before"))  # type: ignore[misc]
    refused("sign_in.revoked", lambda: meetings.create(replace(chair, role="secretary"), schedule()))
    assert scenario.rows[-1].seq == first.seq
