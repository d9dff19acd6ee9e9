"""One key is one effect and one answer; and what happens when many press at the same instant. On both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
import sqlalchemy as sa

from meetingsvc.core.kernel import Actor, Refused
from meetingsvc.meetings import Answer, Meetings
from meetingsvc.store import faults, idempotency
from meetingsvc.store.engine import Connection, Database
from meetingsvc.store.links import Links
from tests.store.conftest import Postgres
from tests.support.making import schedule
from tests.support.meeting_scenario import CHAIR, SECRETARY, Clock, MeetingScenario, at_once, command, refused

# ----------------------------------------------------------------------------------------------------------------- keys


def test_the_same_key_gives_the_same_answer_whatever_happened_since(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    first = scenario.ask("CHE", key="press-1")
    scenario.act("speakers.close_list")
    scenario.act("meeting.close")
    again = scenario.ask("CHE", key="press-1")
    assert (again.seq, again.said) == (first.seq, first.said) and again.again and not first.again
    refused("meeting.is_closed", lambda: scenario.ask("CHE", key="press-2"))


def test_a_key_is_one_actors_and_one_meetings(meetings: Meetings) -> None:
    scenario, other = MeetingScenario(meetings, "CHE", "TKM"), MeetingScenario(meetings, "CHE")
    assert not scenario.ask("CHE", key="k").again
    assert not scenario.ask("TKM", key="k").again
    assert not other.ask("CHE", key="k").again


def test_a_key_with_another_command_or_body_is_refused(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    scenario.act("record.note", text="one", key="k")
    refused("act.key_reused", lambda: scenario.act("record.note", text="two", key="k"))
    refused("act.key_reused", lambda: scenario.act("meeting.suspend", key="k"))
    assert scenario.act("record.note", text="one", key="k").again
    by_fingerprint = partial(meetings.perform, scenario.id, CHAIR, [command("meeting.suspend")], "f")
    by_fingerprint(fingerprint="aa")
    refused("act.key_reused", lambda: by_fingerprint(fingerprint="bb"))
    assert by_fingerprint(fingerprint="aa").again


def test_a_refusal_is_not_remembered(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    scenario.act("speakers.close_list")
    refused("speakers.list_closed", lambda: scenario.ask("CHE", key="k"))
    scenario.act("speakers.open_list", item=scenario.item)
    assert not scenario.ask("CHE", key="k").again


def test_a_success_that_changed_nothing_is_remembered_and_never_acts_later(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    here = partial(scenario.act, "roster.check_in", by=scenario.of("CHE"), mode="in_room")
    here(key="first")
    nothing = here(key="second")
    assert nothing.said == [] and nothing.seq == meetings.history(scenario.id).state.seq
    scenario.act("roster.leave", by=scenario.of("CHE"), key="third")
    length = len(scenario.rows)
    assert here(key="second") == Answer(nothing.seq, [], True)
    assert len(scenario.sound()) == length


@pytest.mark.parametrize("key", ["", "k" * 201, "a\nb", "ключ", "a\x00"])
def test_a_key_that_no_column_should_hold_is_refused(meetings: Meetings, key: str) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    refused("act.key_unreadable", lambda: scenario.ask("CHE", key=key))


def test_a_meeting_is_made_once_per_key(meetings: Meetings) -> None:
    made = at_once([partial(meetings.create, SECRETARY, schedule(), "k") for _ in range(12)])
    assert len(set(map(str, made))) == 1 and len(meetings.meeting_rows()) == 1
    refused("act.key_reused", lambda: meetings.create(SECRETARY, schedule(title="Another"), "k"))
    assert meetings.create(SECRETARY, schedule(), "l") not in made


def test_fifty_repeats_of_one_key_are_one_effect_and_one_answer(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    before = len(scenario.rows)
    told: list[tuple[str, int]] = []
    meetings.on_commit(lambda *what: told.append(what))
    found = at_once([partial(scenario.ask, "CHE", key="press") for _ in range(50)])
    assert {(answer.seq, str(answer.said)) for answer in found if isinstance(answer, Answer)} == {
        (before + 1, str(found[0].said))  # type: ignore[union-attr]
    }
    assert sum(not answer.again for answer in found if isinstance(answer, Answer)) == 1
    assert len(scenario.sound()) == before + 1 and told == [(scenario.id, before + 1)]


def test_repeats_on_several_processes_are_one_effect_too(
    url: str, opened: Callable[..., Database], clock: Clock
) -> None:
    processes = [Meetings(opened(url, 20.0), clock) for _ in range(4)]
    scenario = MeetingScenario(processes[0], "CHE")
    before = len(scenario.rows)
    ask = [command("speakers.request_floor")]
    found = at_once(
        [partial(processes[n % 4].perform, scenario.id, scenario.of("CHE"), ask, "press") for n in range(24)]
    )
    assert all(isinstance(answer, Answer) and answer.seq == before + 1 for answer in found), found
    assert len(scenario.sound()) == before + 1


# ---------------------------------------------------------------------------------------------------------------- races


def test_forty_threads_append_and_nothing_is_lost(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings)
    before = len(scenario.rows)

    def notes(n: int) -> list[int]:
        return [scenario.act("record.note", text=f"note {n}.{k}", key=f"{n}.{k}").seq for k in range(5)]

    found = at_once([partial(notes, n) for n in range(40)])
    seqs = [seq for seqs in found for seq in seqs]  # type: ignore[union-attr]
    assert sorted(seqs) == list(range(before + 1, before + 201))
    rows = scenario.sound()
    assert [row.seq for row in rows] == list(range(1, before + 201))
    assert all(list(mine) == sorted(mine) for mine in found if isinstance(mine, list))


def test_several_processes_append_to_one_meeting(url: str, opened: Callable[..., Database], clock: Clock) -> None:
    processes = [Meetings(opened(url, 30.0), clock) for _ in range(4)]
    scenario = MeetingScenario(processes[0])
    before = len(scenario.rows)

    def notes(meetings: Meetings) -> None:
        for n in range(15):
            meetings.perform(scenario.id, CHAIR, [command("record.note", text=f"note {n}")])

    assert at_once([partial(notes, meetings) for meetings in processes]) == [None] * 4
    assert len(scenario.sound()) == before + 60
    assert len({meetings.history(scenario.id).state.seq for meetings in processes}) == 1


def test_sixty_delegates_press_at_the_same_instant(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings, *(f"{a}{b}X" for a in "ABCDEFGHIJ" for b in "ABCDEF"))
    found = at_once([partial(scenario.ask, code, key="press") for code in scenario.delegations])
    assert len({answer.seq for answer in found if isinstance(answer, Answer)}) == 60
    scenario.sound()
    lists = meetings.history(scenario.id).state.speakers.lists.values()
    waiting = next(row for row in lists if row.item == scenario.item).in_order()
    assert len({row.delegation for row in waiting}) == 60 and len({row.key for row in waiting}) == 60


def test_two_chairs_press_next_at_once_and_one_speaker_has_the_floor(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings, "CHE", "TKM")
    scenario.ask("CHE"), scenario.ask("TKM")
    found = at_once([partial(scenario.act, "speakers.next", by=Actor(f"chair-{n}", "chair")) for n in range(6)])
    assert sum(isinstance(answer, Answer) for answer in found) == 1
    assert all(isinstance(answer, Answer | Refused) for answer in found)
    scenario.sound()


@pytest.mark.postgres
def test_a_press_that_is_sent_to_two_processes_at_once_waits_for_itself_and_is_not_refused(
    postgres: Postgres, opened: Callable[..., Database], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.migrated()
    here, there = Meetings(opened(url), clock), Meetings(opened(url), clock)
    scenario, name = MeetingScenario(there, "CHE"), url.rsplit("/", 1)[1]
    ask = (scenario.id, scenario.of("CHE"), [command("speakers.request_floor")])
    look, found = idempotency.look, list[Answer]()
    second = threading.Thread(target=lambda: found.append(there.perform(*ask, key="press")))
    queued = sa.text(
        "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database WHERE NOT granted AND datname = :name"
    )

    def slow(connection: Connection, asked: idempotency.Asked) -> object:
        told = look(connection, asked)
        if second.ident is None:
            second.start()
            while not here.log.database.read(lambda c: c.execute(queued, {"name": name}).scalar_one()):
                assert second.is_alive(), "it looked before we had written"
        return told

    monkeypatch.setattr(idempotency, "look", slow)
    first = here.perform(*ask, key="press")
    second.join(10)
    assert not first.again and [(row.seq, row.again) for row in found] == [(first.seq, True)]
    scenario.sound()


@pytest.mark.postgres
def test_lost_races_leave_nothing_in_the_log_of_the_server(
    postgres: Postgres, opened: Callable[..., Database], clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    url = postgres.migrated()
    processes = [Meetings(opened(url, 20.0), clock) for _ in range(3)]
    links = [Links(meetings.database, clock) for meetings in processes]
    scenario = MeetingScenario(processes[0], "CHE")
    _, secret = links[0].make(scenario.id, "chair")
    session, _ = links[0].claim(secret) or ("", 0)
    log = postgres.folder / "log"
    before = log.stat().st_size

    def acts(n: int) -> None:
        meetings = processes[n]
        for k in range(20):
            meetings.perform(scenario.id, CHAIR, [command("record.note", text=f"note {n}.{k}")], key=f"note {n}.{k}")
            meetings.perform(scenario.id, CHAIR, [command("record.note", text=f"all {k}")], key=f"all {k}")
            meetings.create(SECRETARY, schedule(), key=f"meeting {k}")
            assert links[n].claim(secret, session)

    assert at_once([partial(acts, n) for n in (0, 1, 2)]) == [None] * 3
    assert "ERROR" not in log.read_bytes()[before:].decode(), "PostgreSQL has nothing to complain of"
    assert capfd.readouterr() == ("", "")
    assert len(processes[0].meeting_rows()) == 21
    assert [row.name for row in scenario.sound()].count("record.noted") == 80


def test_threads_of_one_process_queue_for_the_file_and_never_meet_its_lock(
    lite_url: str, opened: Callable[..., Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = opened(lite_url)
    scenarios = [MeetingScenario(Meetings(database)) for _ in range(8)]
    met: list[str] = []
    monkeypatch.setattr(faults, "Locked", lambda why: met.append(why) or faults.Conflict(why))

    def notes(scenario: MeetingScenario) -> None:
        for n in range(20):
            scenario.act("record.note", text=f"note {n}")

    assert at_once([partial(notes, scenario) for scenario in scenarios]) == [None] * 8
    assert met == []
