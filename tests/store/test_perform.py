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
from tests.any_meeting import acts, begin
from tests.store.hall import CHAIR, SECRETARY, Clock, Hall, at_once, command, refused, rows_in, schedule

# ------------------------------------------------------------------------------------------------------------ one batch


def test_a_meeting_is_made_and_found_again(meetings: Meetings) -> None:
    hall = Hall(meetings, "CHE")
    assert len(hall.id) == 10 and hall.id.isalnum() and hall.id == hall.id.lower()
    row = hall.row
    assert (row.title, row.zone, row.format, row.state) == (
        {"en": "Group of Friends of Neutrality"}, "Asia/Ashgabat", "hybrid", "open",
    )  # fmt: skip
    assert (row.starts_at, row.ends_at) == (1702270800000, 1702281600000)
    assert [found.id for found in meetings.meeting_rows()] == [hall.id]
    assert row.uid == meetings.history(hall.id).whole.meeting.uid
    hall.sound()


def test_an_unknown_meeting_is_refused_and_leaves_nothing_behind(meetings: Meetings) -> None:
    refused("meeting.not_found", lambda: meetings.perform("nosuchone1", CHAIR, [command("meeting.open")], "k"))
    refused("meeting.not_found", lambda: meetings.history("nosuchone1"))
    assert meetings.meeting_row("nosuchone1") is None
    assert not meetings._memory._rooms and not rows_in(meetings, answers)


def test_several_commands_are_one_batch_each_decided_on_what_came_before(meetings: Meetings) -> None:
    hall = Hall(meetings)
    seq = meetings.history(hall.id).whole.seq
    answer = meetings.perform(
        hall.id, SECRETARY,
        [
            command("roster.accredit", kind="member", code="CHE"),
            command("roster.accredit", kind="member", code="TKM"),
            command("speakers.inscribe", delegation=seq + 2, channel="paper"),
            command("speakers.inscribe", delegation=seq + 1, channel="paper"),
        ],
    )  # fmt: skip
    assert answer.seq == seq + 4 and [row["seq"] for row in answer.said] == [seq + 1, seq + 2, seq + 3, seq + 4]
    assert {row.batch for row in hall.sound()[seq:]} == {seq + 1}
    hall.act("record.undo", batch=seq + 1)
    assert not meetings.history(hall.id).whole.roster.delegations
    hall.sound()


def test_what_is_rehearsed_is_what_would_be_performed_and_nothing_is_written(meetings: Meetings) -> None:
    hall = Hall(meetings, "CHE")
    before, persons = meetings.history(hall.id), rows_in(meetings, people)
    wanted = [
        command("roster.accredit", kind="member", code="TKM", speaker={"name": "Ene Batyr", "post": "Counsellor"}),
        command("speakers.inscribe", delegation=before.whole.seq + 1, channel="paper"),
    ]
    seen = rehearse(before, wanted, SECRETARY, meetings.now(hall.id)).whole
    assert meetings.history(hall.id) is before and rows_in(meetings, people) == persons
    meetings.perform(hall.id, SECRETARY, wanted)
    done = meetings.history(hall.id).whole
    assert (seen.seq, seen.roster.delegations.keys()) == (done.seq, done.roster.delegations.keys())
    assert seen.speakers.lists.keys() == done.speakers.lists.keys()
    refused("roster.already_accredited", lambda: rehearse(before, [*wanted, wanted[0]], SECRETARY, done.at))
    nobody = Actor("f" * 16, "follower")
    refused("rights.not_yours", lambda: rehearse(before, wanted, nobody, done.at))


def test_a_batch_with_one_command_that_is_refused_does_nothing_at_all(meetings: Meetings) -> None:
    hall = Hall(meetings, "CHE")
    before, persons = len(hall.rows), rows_in(meetings, people)
    double = [
        command("roster.accredit", kind="member", code="TKM", speaker={"name": "Ene Batyr", "post": "Counsellor"}),
        command("roster.accredit", kind="member", code="CHE"),
    ]
    refused("roster.already_accredited", lambda: meetings.perform(hall.id, SECRETARY, double, "import"))
    assert len(hall.sound()) == before and rows_in(meetings, people) == persons
    assert rows_in(meetings, answers) == 0


def test_an_empty_batch_and_an_undo_among_others_are_mistakes_of_the_caller(meetings: Meetings) -> None:
    hall = Hall(meetings)
    for commands in ([], [command("record.undo", batch=1), command("meeting.adjourn")]):
        with pytest.raises(ValueError, match="batch"):
            meetings.perform(hall.id, CHAIR, commands)


def test_time_never_runs_back(meetings: Meetings, clock: Clock) -> None:
    hall = Hall(meetings, "CHE")
    clock.now += 60_000
    hall.ask("CHE")
    clock.now -= 3_600_000
    hall.act("record.note", text="the clock was set back")
    moments = [row.at for row in hall.sound()]
    assert moments == sorted(moments)


def test_what_does_not_come_back_from_the_codec_is_never_written(
    meetings: Meetings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = Hall(meetings, "CHE")
    before = len(hall.rows)
    from meetingsvc.store.event_log import codec

    whole = codec.decode
    monkeypatch.setattr(codec, "decode", lambda *found: replace(whole(*found), kind="point_of_order"))
    with pytest.raises(InternalFault):
        hall.ask("CHE", key="k")
    monkeypatch.undo()
    assert len(hall.sound()) == before and rows_in(meetings, answers) == 0
    assert not hall.ask("CHE", key="k").again


def test_what_makes_no_sense_is_never_written(meetings: Meetings, monkeypatch: pytest.MonkeyPatch) -> None:
    from meetingsvc import meetings as module
    from meetingsvc.core.state import InvariantBroken

    hall = Hall(meetings, "CHE")
    before = len(hall.rows)

    def never(_: object) -> None:
        raise InvariantBroken("two speakers")

    monkeypatch.setattr(module, "check", never)
    with pytest.raises(InternalFault, match="two speakers"):
        hall.ask("CHE")
    monkeypatch.undo()
    assert len(hall.sound()) == before


# ---------------------------------------------------------------------------------------------------- persons, calendar


def test_persons_are_made_with_the_batch_and_named_by_id_only(meetings: Meetings) -> None:
    hall = Hall(meetings)
    answer = hall.act("speakers.inscribe", guest={"name": "Ene Batyr", "post": "Professor"}, channel="paper", key="k")
    hall.act("speakers.inscribe", guest={"name": "Ene Batyr", "post": "Professor"}, channel="paper", key="k")
    names = list(meetings.names(hall.id).values())
    assert names == [{"name": "Ene Batyr", "post": "Professor"}] and rows_in(meetings, people) == 1
    assert not any("Ene" in row.data or "Ene" in (row.text or "") for row in hall.sound())
    assert "Ene" not in str(answer.said)
    fresh = Meetings(meetings.database)
    assert list(fresh.names(hall.id).values()) == names


def test_sequence_goes_up_when_the_calendars_facts_change_and_only_then(meetings: Meetings) -> None:
    hall = Hall(meetings, "CHE")
    assert (hall.row.sequence, rows_in(meetings, outbox)) == (0, 1)
    hall.ask("CHE")
    assert (hall.row.sequence, rows_in(meetings, outbox)) == (0, 1)
    session = next(iter(meetings.history(hall.id).whole.meeting.sessions))
    times = {"session": session, "starts": "2023-12-11T15:00", "ends": "2023-12-11T18:00"}
    moved = hall.act("meeting.reschedule", **times)
    assert (hall.row.sequence, hall.row.starts_at) == (1, 1702288800000)
    hall.act("meeting.reschedule", **times, room="Hall 2")
    assert (hall.row.sequence, hall.row.room) == (2, "Hall 2")
    hall.act("meeting.reschedule", **times)
    assert hall.row.sequence == 2
    hall.act("record.undo", batch=hall.row.seq)
    assert (hall.row.sequence, hall.row.room) == (3, None)
    hall.act("meeting.reschedule", **times, link="https://meet.example/1", key="link")
    hall.act("meeting.reschedule", **times, link="https://meet.example/1", key="link")
    assert (hall.row.sequence, hall.row.link) == (4, "https://meet.example/1")
    found = meetings.database.read(lambda c: list(c.execute(sa.select(outbox.c.kind, outbox.c.sequence))))
    assert sorted(map(tuple, found)) == [("calendar", n) for n in range(5)]
    assert moved.seq


# ------------------------------------------------------------------------------------------------------------ acts back


def test_an_act_can_be_taken_back_from_far_behind(meetings: Meetings, clock: Clock) -> None:
    hall = Hall(meetings, *(f"A{a}{b}" for a in "ABCDEFGH" for b in "ABCDEFGH"))
    batch = hall.act("speakers.set_limit", seconds=60).seq
    for code in hall.delegations:  # 64 batches of others: more than a process keeps the states before
        hall.ask(code)
    hall.act("record.undo", batch=batch)
    rows = hall.sound()
    hall.act("record.undo", batch=rows[-1].batch)
    hall.sound()
    lists = meetings.history(hall.id).whole.speakers.lists.values()
    assert next(row for row in lists if row.item == hall.item).limits["statement"] == 60
    other = Meetings(meetings.database, clock)
    other.perform(hall.id, CHAIR, [command("record.note", text="by another process")])
    hall.sound()


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**9))
def test_any_meeting_is_the_same_from_memory_and_from_the_log(meetings: Meetings, clock: Clock, seed: int) -> None:
    story, dice = begin(), Random(seed)
    meeting = meetings.create(SECRETARY, schedule(title=f"Meeting {seed}", languages=["en", "fr"], sessions=[
        {"starts": "2023-12-11T10:00", "ends": "2023-12-11T13:00"},
        {"starts": "2023-12-12T10:00", "ends": "2023-12-12T13:00"},
    ]))  # fmt: skip
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
    hall = Hall.__new__(Hall)
    hall.meetings, hall.id = meetings, meeting
    hall.sound()
    assert other.history(meeting).whole == meetings.history(meeting).whole
    assert done > 3


# ----------------------------------------------------------------------------------------------------------------- tick


def test_tick_closes_the_lists_whose_time_has_come_once(meetings: Meetings, clock: Clock) -> None:
    hall, quiet = Hall(meetings, "CHE"), Hall(meetings)
    hall.act("speakers.close_list", at=clock.now + 5_000)
    quiet.act("speakers.close_list", at=clock.now + 60_000)
    assert tick(meetings) == 0
    clock.now += 5_000
    assert at_once([partial(tick, meetings) for _ in range(4)]).count(1) == 1
    last = hall.sound()[-1]
    assert (last.name, last.by, last.role) == ("speakers.list_closed", CLOCK.id, "clock")
    assert tick(meetings) == 0 and quiet.rows[-1].name == "speakers.closing_announced"
    assert hall.row.due_at is None and quiet.row.due_at == clock.now + 55_000


def test_a_listener_that_fails_does_not_spoil_an_answer(meetings: Meetings, caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall(meetings, "CHE")
    told: list[int] = []

    def fails(_meeting: str, _seq: int) -> None:
        raise RuntimeError("nobody is at home")

    meetings.on_commit(fails)
    meetings.on_commit(lambda _meeting, seq: told.append(seq))
    assert told == [] and hall.ask("CHE").seq == told[0]
    assert "nobody is at home" in caplog.text


def test_the_log_takes_no_seq_twice(meetings: Meetings) -> None:
    hall = Hall(meetings)
    row = hall.rows[-1]
    from dataclasses import asdict

    from meetingsvc.store.engine import Conflict

    with pytest.raises(Conflict):
        meetings.database.once(lambda c: c.execute(sa.insert(log_table), [{"meeting": hall.id, **asdict(row)}]))
    hall.sound()


def test_who_lost_their_link_neither_acts_nor_hears_an_old_answer_again(meetings: Meetings) -> None:
    hall, links = Hall(meetings, "CHE"), Links(meetings.database)
    grant, _ = links.make(hall.id, "chair")
    chair = Actor(grant.id, "chair")
    first = hall.act("record.note", by=chair, key="pressed", text="before")
    assert hall.act("record.note", by=chair, key="pressed", text="before").seq == first.seq
    links.revoke(hall.id, grant.id)
    for key in ("pressed", "another", None):
        refused("sign_in.revoked", lambda key=key: hall.act("record.note", by=chair, key=key, text="before"))  # type: ignore[misc]
    refused("sign_in.revoked", lambda: meetings.create(replace(chair, role="secretary"), schedule()))
    assert hall.rows[-1].seq == first.seq
