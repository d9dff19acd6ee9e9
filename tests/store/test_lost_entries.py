"""A database that loses its last entries while the service runs: a failover to a lagging copy, a restored backup.

Nothing is acknowledged over the hole, what was remembered is dropped, screens come to what the database has, and the
log says so once, loudly.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from meetingsvc.core.history import fold
from meetingsvc.core.roles import AUDIENCES
from meetingsvc.meetings import Meetings
from meetingsvc.store.engine import Database
from meetingsvc.store.event_log import codec
from meetingsvc.store.event_log.chain import examine, uid_of
from meetingsvc.store.meeting_index import get
from meetingsvc.store.tables import answers, log, meeting_index
from meetingsvc.views.view import view
from tests.live.wire import Crowd, Follower
from tests.store.conftest import Postgres
from tests.support.making import schedule
from tests.support.meeting_scenario import SECRETARY, MeetingScenario, refused
from tests.support.running_service import RunningService

LOUD = "THE DATABASE HAS LOST ENTRIES"
WHO = {"staff": "chair", "delegate": "TKM", "booth": "secretary", "room": "room", "follow": None}


# --------------------------------------------------------------------------------------------- the door of the meetings


def lose(database: Database, meeting: str, upto: int, keys: bool = True) -> None:
    """Another connection takes away what came after `upto`, as if it had never arrived in this database."""

    def work(connection: sa.Connection) -> None:
        connection.execute(sa.delete(log).where(log.c.meeting == meeting, log.c.seq > upto))
        if keys:
            connection.execute(sa.delete(answers).where(answers.c.seq > upto))
        head = connection.execute(sa.select(log.c.hash).where(log.c.meeting == meeting, log.c.seq == upto)).scalar()
        here = meeting_index.c.id == meeting
        gone = sa.delete(meeting_index).where(here)
        connection.execute(sa.update(meeting_index).where(here).values(seq=upto, hash=head) if head else gone)

    database.write(work)


def note(scenario: MeetingScenario, text: str, key: str | None = None) -> Any:
    return scenario.act("record.note", text=text, key=key)


@pytest.fixture
def other(url: str, database: Database, opened: Callable[..., Database]) -> Database:
    """The same database as another process has it."""
    return opened(url, 20.0)


def test_a_press_after_the_loss_stands_on_what_is_there(
    meetings: Meetings, other: Database, caplog: pytest.LogCaptureFixture
) -> None:
    scenario, told = MeetingScenario(meetings, "CHE"), list[tuple[str, int]]()
    meetings.on_loss(lambda meeting, seq: told.append((meeting, seq)))
    stood = len(scenario.rows)
    for n in range(3):
        note(scenario, f"lost {n}", key=f"k{n}")
    lose(other, scenario.id, stood)
    assert note(scenario, "after", key="after").seq == stood + 1
    assert scenario.sound()[-1].text == '{"text":"after"}'
    assert not note(scenario, "lost 1", key="k1").again, "what was lost was not done"
    scenario.sound()
    loud = [record for record in caplog.records if LOUD in record.getMessage()]
    assert len(loud) == 1 and loud[0].levelno == logging.CRITICAL
    assert f"MEETING {scenario.id}" in loud[0].getMessage() and f"ENTRY {stood + 3} " in loud[0].getMessage()
    assert told == [(scenario.id, stood)]


def test_a_look_after_the_loss_sees_what_is_there(meetings: Meetings, other: Database) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    before = meetings.history(scenario.id).state
    note(scenario, "lost")
    lose(other, scenario.id, before.seq)
    assert meetings.history(scenario.id).state == before
    assert meetings.heads([scenario.id])[scenario.id][0] == before.seq
    scenario.sound()


def test_other_entries_in_the_place_of_those_that_were_lost(meetings: Meetings, other: Database) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    stood = len(scenario.rows)
    for n in range(3):
        note(scenario, f"lost {n}")
    lose(other, scenario.id, stood)
    elsewhere = MeetingScenario.__new__(MeetingScenario)
    elsewhere.meetings, elsewhere.id = Meetings(other, meetings.clock), scenario.id
    for n in range(4):
        note(elsewhere, f"instead {n}")
    assert note(scenario, "after").seq == stood + 5
    assert [row.text for row in scenario.sound()[stood:]] == [
        *(f'{{"text":"instead {n}"}}' for n in range(4)),
        '{"text":"after"}',
    ]


def test_a_meeting_that_is_gone_as_a_whole_is_not_there(meetings: Meetings, other: Database) -> None:
    scenario, told = MeetingScenario(meetings, "CHE"), list[tuple[str, int]]()
    meetings.on_loss(lambda meeting, seq: told.append((meeting, seq)))
    meetings.hold(scenario.id)
    lose(other, scenario.id, 0)
    refused("meeting.not_found", lambda: meetings.history(scenario.id))
    refused("meeting.not_found", lambda: note(scenario, "into nothing"))
    assert scenario.rows == [] and told == [(scenario.id, 0)]


def test_an_answer_whose_entry_is_gone_is_not_told_again(meetings: Meetings, other: Database) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    stood = len(scenario.rows)
    kept, lost = note(scenario, "kept", key="kept"), note(scenario, "lost", key="lost")
    lose(other, scenario.id, kept.seq, keys=False)
    assert note(scenario, "kept", key="kept") == type(kept)(kept.seq, kept.said, again=True)
    again = note(scenario, "lost", key="lost")
    assert not again.again and again.seq == lost.seq == stood + 2
    assert note(scenario, "lost", key="lost").again
    made = meetings.create(SECRETARY, schedule(), key="made")
    assert meetings.create(SECRETARY, schedule(), key="made") == made
    lose(other, made, 0, keys=False)
    assert meetings.create(SECRETARY, schedule(), key="made") != made


def test_a_meeting_that_is_held_stays_folded_whatever_else_is_looked_at(
    meetings: Meetings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("meetingsvc.meeting_cache.MOST_MEETINGS", 2)
    scenarios = [MeetingScenario(meetings) for _ in range(5)]
    held, *others = [scenario.id for scenario in scenarios]
    meetings.hold(held)
    first, second = meetings.remembered(held), meetings.remembered(others[0])
    for meeting in others[1:]:
        meetings.history(meeting)
    assert meetings.remembered(held) is first
    assert meetings.remembered(others[0]).line is not second.line, "the least used are forgotten"
    meetings.release(held)
    for meeting in others[1:]:
        meetings.history(meeting)
    assert meetings.remembered(held).line is not first.line


def test_heads_of_many_meetings_are_one_statement(meetings: Meetings) -> None:
    scenarios, seen = [MeetingScenario(meetings) for _ in range(5)], list[str]()
    note(scenarios[2], "further")
    sa.event.listen(meetings.database.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    heads = meetings.heads([*(scenario.id for scenario in scenarios), "nosuchmeet"])
    assert len([statement for statement in seen if "SELECT" in statement]) == 1
    assert heads == {scenario.id: (len(scenario.rows), scenario.rows[-1].hash) for scenario in scenarios}


# ------------------------------------------------------------------------------------------------ under the service


class FileCopy:
    """A copy of the SQLite file, taken and put back while the service runs, as its documentation does it."""

    def __init__(self, file: Path) -> None:
        self.file, self.copy = file, file.with_suffix(".copy")
        self.url = f"sqlite:///{file}"

    def take(self) -> None:
        self._over(self.file, self.copy)

    def put_back(self) -> None:
        self._over(self.copy, self.file)

    @staticmethod
    def _over(source: Path, target: Path) -> None:
        with closing(sqlite3.connect(source, timeout=10)) as one, closing(sqlite3.connect(target, timeout=10)) as two:
            one.backup(two)


class Standby:
    """A database that stayed behind, and takes the place of the first: every connection breaks."""

    def __init__(self, server: Postgres) -> None:
        self.server, self.url = server, server.migrated()
        self.name = self.url.rsplit("/", 1)[1]

    def take(self) -> None:
        with self._alone():
            self.server._admin(f"CREATE DATABASE {self.name}_behind TEMPLATE {self.name}")

    def put_back(self) -> None:
        with self._alone():
            self.server._admin(f"ALTER DATABASE {self.name} RENAME TO {self.name}_first")
            self.server._admin(f"ALTER DATABASE {self.name}_behind RENAME TO {self.name}")

    def _alone(self) -> Any:
        """Nobody else is connected meanwhile."""
        from contextlib import contextmanager

        @contextmanager
        def alone() -> Iterator[None]:
            self.server._admin(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS false")
            self.server._admin(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.name}'")
            time.sleep(0.2)
            try:
                yield
            finally:
                for name in (self.name, f"{self.name}_first"):
                    try:
                        self.server._admin(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
                    except sa.exc.DBAPIError:
                        continue

        return alone()


Copy = FileCopy | Standby


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def copy(request: pytest.FixtureRequest, tmp_path: Path) -> Copy:
    if request.param == "sqlite":
        return FileCopy(tmp_path / "meetingsvc.db")
    return Standby(request.getfixturevalue("postgres"))


@pytest.fixture
def served(copy: Copy, tmp_path: Path) -> Iterator[RunningService]:
    key = {"MEETINGSVC_DATABASE_URL": copy.url, "MEETINGSVC_SECRET_KEY": "a secret of the tests " * 2}
    service = RunningService(tmp_path, key)
    assert service.meeting
    service.start()
    service.do("chair", "meeting.open")
    yield service
    service.stop()


def press(served: RunningService, text: str) -> int:
    """Presses until it is acknowledged, as a screen does; the database may be away for a moment."""
    until = time.monotonic() + 20
    while (answer := served.post("chair", "record.note", {"text": text})).status_code == 503:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["seq"])


@pytest.mark.parametrize("first", ["a press", "a look"])
def test_three_entries_vanish_under_the_running_service(served: RunningService, copy: Copy, first: str) -> None:
    tokens = {audience: served.token(who) if who else None for audience, who in WHO.items()}
    crowd = Crowd([Follower(served.url, served.meeting, each, tokens[each]).start() for each in AUDIENCES])
    stood = press(served, "kept")
    crowd.at(stood)
    copy.take()
    assert [press(served, f"lost {n}") for n in range(3)] == [stood + 1, stood + 2, stood + 3]
    crowd.at(stood + 3)
    copy.put_back()
    if first == "a look":
        crowd.at(stood, 25)
    # fewer, as many and more than were lost: each screen must be right at each
    for n in range(5):
        assert press(served, f"after {n}") == stood + 1 + n
        if n != 1:
            crowd.at(stood + 1 + n, 25)
    with closing(Database.open(copy.url, 10)) as database:
        meetings = Meetings(database)
        rows, row = meetings.log.rows(served.meeting), database.read(lambda c: get(c, served.meeting))
        names = meetings.remembered(served.meeting).names
    assert row and examine(rows, uid_of(rows), (row.seq, row.hash)) is None
    assert [one.text for one in rows[stood:]] == [f'{{"text":"after {n}"}}' for n in range(5)]
    state = fold(codec.entries(rows))
    for one in crowd.followers:
        assert one.chain in ("", rows[-1].hash[:12]) and one.view == view(state, names, one.audience), one.audience
    crowd.stop()
    loud = [line for line in served.log().splitlines() if LOUD in line]
    assert len(loud) == 1 and f"MEETING {served.meeting}" in loud[0] and f"ENTRY {stood + 3} " in loud[0]
    exported = served.verb("export-log", "--meeting", served.meeting, "--output", str(served.folder / "log.jsonl"))
    assert exported.returncode == 0, exported.stderr
    assert served.verb("verify", str(served.folder / "log.jsonl")).returncode == 0


def test_the_service_says_of_a_meeting_that_is_gone_that_it_is_not_there(served: RunningService, copy: Copy) -> None:
    copy.take()
    database = Database.open(copy.url, 10)
    made = Meetings(database).create(SECRETARY, schedule())
    database.close()
    state = f"{served.url}/api/v1/meetings/{made}/state"
    one = Follower(served.url, made).start()
    crowd = Crowd([one])
    crowd.at(one.seq)
    copy.put_back()
    crowd.run(lambda: one.refused == "meeting.not_found", 25)
    assert served.http.get(state).status_code == 404
    assert served.http.get(state.replace("/state", "/log")).status_code == 404
    crowd.stop()
