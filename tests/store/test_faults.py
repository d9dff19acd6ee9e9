"""When the database cannot: locked, read-only, full, away, or failing at any statement. Nothing is half done."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from meetingsvc.core.kernel import Refused
from meetingsvc.meetings import Meetings
from meetingsvc.store.engine import Busy, Database
from meetingsvc.store.links import Links
from tests.store.conftest import Postgres
from tests.support.meeting_scenario import CHAIR, MeetingScenario, command

ROOT = Path(__file__).parents[2]


@contextmanager
def locked(url: str, seconds: float | None = None) -> Iterator[None]:
    """Somebody else, say a backup, holds the file's write lock."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), check_same_thread=False)) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(seconds, other.rollback) if seconds else None
        if timer:
            timer.start()
        yield
        if timer:
            timer.join()
        elif other.in_transaction:
            other.rollback()


# ----------------------------------------------------------------------------------------------------------- locked


def test_a_locked_file_is_tried_for_two_seconds_and_then_busy(lite_url: str, opened: Callable[..., Database]) -> None:
    scenario = MeetingScenario(Meetings(opened(lite_url)), "CHE")
    before = len(scenario.rows)
    with locked(lite_url):
        began = time.monotonic()
        with pytest.raises(Busy) as busy:
            scenario.ask("CHE", key="k")
        assert busy.value.code == "store.busy" and not scenario.meetings.database.trouble, "that passes by itself"
        assert 1.9 < time.monotonic() - began < 20  # it gave up; how soon is the machine's affair
        assert len(scenario.sound()) == before, "reading goes on"
    assert not scenario.ask("CHE", key="k").again
    scenario.sound()


def test_a_file_that_is_locked_for_a_moment_is_waited_for(lite_url: str, opened: Callable[..., Database]) -> None:
    scenario = MeetingScenario(Meetings(opened(lite_url)), "CHE")
    with locked(lite_url, 0.4):
        assert scenario.ask("CHE", key="k").said
    scenario.sound()


def test_waiting_for_a_locked_file_leaves_the_meeting_and_its_lock_free(
    lite_url: str, opened: Callable[..., Database]
) -> None:
    meetings = Meetings(opened(lite_url))
    scenario, slowest = MeetingScenario(meetings, "CHE"), 0.0
    with locked(lite_url, 1.6):
        waiting = threading.Thread(target=scenario.ask, args=("CHE",))
        waiting.start()
        until = time.monotonic() + 0.7
        while time.monotonic() < until:
            began = time.monotonic()
            meetings.history(scenario.id)
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.01)
        assert waiting.is_alive() and slowest < 0.7
    waiting.join(5)
    assert scenario.sound()[-1].name == "speakers.floor_requested"


def test_links_wait_and_are_busy_in_the_same_way(lite_url: str, opened: Callable[..., Database]) -> None:
    links = Links(opened(lite_url, 0.2))
    with locked(lite_url), pytest.raises(Busy):
        links.make("abcdefghij", "chair")
    assert links.of_meeting("abcdefghij") == []
    assert links.make("abcdefghij", "chair")


@pytest.mark.postgres
def test_a_row_that_another_transaction_holds_is_busy(postgres: Postgres, opened: Callable[..., Database]) -> None:
    url = postgres.migrated()
    scenario = MeetingScenario(Meetings(opened(url)), "CHE")
    before = len(scenario.rows)
    with closing(sa.create_engine(url).raw_connection()) as other:
        other.cursor().execute("SELECT 1 FROM meeting_index FOR UPDATE")
        with pytest.raises(Busy):
            scenario.ask("CHE", key="k")
        other.rollback()
    assert len(scenario.sound()) == before
    assert not scenario.ask("CHE", key="k").again


# -------------------------------------------------------------------------------------------------------- read-only

READ_ONLY = """
    import os, sys
    sys.path.insert(0, sys.argv[2])
    from meetingsvc.meetings import Busy, Meetings
    from meetingsvc.store.engine import Database
    from tests.support.meeting_scenario import CHAIR, command
    database = Database.open(sys.argv[1], 0.3)
    meeting = Meetings(database).meeting_rows()[0]
    Meetings(database).history(meeting.id)  # loads what Python loads late
    database.engine.dispose()
    folder = os.path.dirname(database.engine.url.database)
    for file in os.scandir(folder):
        os.chmod(file, 0o444)  # opening took them from others; whoever root becomes here is one of those
    os.chmod(folder, 0o555)
    if os.geteuid() == 0:  # root may write anywhere
        os.setgid(65534), os.setuid(65534)
    meetings = Meetings(database)
    assert meetings.history(meeting.id).state.seq == meeting.seq
    try:
        meetings.perform(meeting.id, CHAIR, [command("record.note", text="x")])
    except Busy as busy:
        print("busy:", busy.code, database.trouble, database.prove())
"""


def test_a_file_that_may_only_be_read_is_busy_and_still_read() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/meetings.db"
        with closing(Database.open(url)) as database:
            scenario = MeetingScenario(Meetings(database), "CHE")
            before = scenario.rows
            for file in folder.iterdir():
                file.chmod(0o444)
            done = subprocess.run(
                [sys.executable, "-c", textwrap.dedent(READ_ONLY), url, str(ROOT)],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            folder.chmod(0o755)
            assert done.stdout.split() == ["busy:", *["store.read_only"] * 3], done.stdout + done.stderr[-800:]
            assert done.stderr.count("TAKES NO WRITES") == 1
            assert scenario.sound() == before


@pytest.mark.postgres
def test_a_server_that_only_reads_is_busy(
    postgres: Postgres,
    opened: Callable[..., Database],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = postgres.migrated()
    scenario = MeetingScenario(Meetings(opened(url)), "CHE")
    with closing(sa.create_engine(url, isolation_level="AUTOCOMMIT").raw_connection()) as other:
        name = url.rsplit("/", 1)[1]
        other.cursor().execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        scenario.meetings.database.close()
        with pytest.raises(Busy) as busy:
            scenario.ask("CHE", key="k")
        assert (
            busy.value.code
            == scenario.meetings.database.trouble
            == scenario.meetings.database.prove()
            == "store.read_only"
        )
        before = len(scenario.sound())
        other.cursor().execute("SET default_transaction_read_only = off")
        other.cursor().execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    scenario.meetings.database.close()
    assert scenario.meetings.database.prove() == "store.read_only", "not asked again so soon"
    monkeypatch.setattr("meetingsvc.store.engine.PROOF_RED", 0.0)
    assert scenario.meetings.database.prove() == "", "it is found out without anybody's press"
    assert not scenario.ask("CHE", key="k").again and len(scenario.sound()) == before + 1
    said = [row.message for row in caplog.records if row.name == "meetingsvc.store"]
    assert len(said) == 2 and "TAKES NO WRITES (store.read_only)" in said[0] and "again" in said[1]


# ------------------------------------------------------------------------------------------------------------- full

FULL = """
    import resource, sys
    sys.path.insert(0, sys.argv[2])
    from meetingsvc.meetings import Busy, Meetings
    from meetingsvc.store.engine import Database
    from tests.support.meeting_scenario import CHAIR, command
    meetings = Meetings(Database.open(sys.argv[1]))
    meeting = meetings.meeting_rows()[0].id
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
    acknowledged, busy = 0, 0
    for n in range(400):
        try:
            meetings.perform(meeting, CHAIR, [command("record.note", text=f"{n} " + "x" * 3000)], key=f"k{n}")
            acknowledged += 1
        except Busy:
            busy += 1
            if busy > 5:
                break
    seq = meetings.history(meeting).state.seq
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    meetings.perform(meeting, CHAIR, [command("record.note", text="room again")], key="after")
    print(acknowledged, busy, seq, meetings.history(meeting).state.seq)
"""


def test_a_full_disk_is_busy_keeps_what_was_acknowledged_and_heals_without_a_restart(lite_url: str) -> None:
    scenario = MeetingScenario(Meetings(Database.open(lite_url)))
    before = len(scenario.rows)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL), lite_url, str(ROOT)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-800:]
    acknowledged, busy, seq, last = map(int, done.stdout.split())
    assert acknowledged > 10 and busy > 5
    assert seq == before + acknowledged and last == seq + 1
    assert len(scenario.sound()) == last
    with closing(sqlite3.connect(lite_url.removeprefix("sqlite:///"))) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small disk to fill")
def test_a_small_disk_that_fills_up_is_busy_too() -> None:
    # a folder of its own: what is mounted must not be moved away with old results of the suite
    disk = Path(tempfile.mkdtemp(prefix="meetingsvc-disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        disk.rmdir()
        pytest.skip("this machine does not let root mount a small disk")
    try:
        database = Database.open(f"sqlite:///{disk}/meetings.db")
        scenario, acknowledged = MeetingScenario(Meetings(database)), 0
        before = len(scenario.rows)
        with pytest.raises(Busy) as busy:
            for n in range(1000):
                scenario.act("record.note", text="x" * 3000, key=str(n))
                acknowledged += 1
        assert busy.value.code == database.trouble == "store.disk_full"
        assert acknowledged > 10 and len(scenario.sound()) == before + acknowledged
        subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
        assert not scenario.act("record.note", text="x" * 3000, key=str(acknowledged)).again
        scenario.sound()
        database.close()
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
        disk.rmdir()


# ------------------------------------------------------------------------------------------------------------- away


@pytest.mark.postgres
def test_a_server_that_crashes_is_busy_and_comes_back_with_everything(
    postgres: Postgres, opened: Callable[..., Database]
) -> None:
    scenario = MeetingScenario(Meetings(opened(postgres.migrated(), 0.5)), "CHE", "TKM")
    scenario.ask("CHE", key="before")
    postgres.crash()
    try:
        with pytest.raises(Busy) as busy:
            scenario.ask("TKM", key="press")
        assert busy.value.code == scenario.meetings.database.trouble == "store.unavailable"
    finally:
        postgres.start()
    assert scenario.ask("CHE", key="before").again
    assert not scenario.ask("TKM", key="press").again
    scenario.sound()


def test_a_database_that_cannot_be_opened_is_busy(tmp_path: Path) -> None:
    (tmp_path / "meetings.db").mkdir()
    with pytest.raises(Busy) as busy:
        Database.open(f"sqlite:///{tmp_path}/meetings.db", 0.1)
    assert busy.value.code == "store.unavailable"


# ----------------------------------------------------------------------------------- failing at the k-th statement


class Breaks:
    """Raises at the k-th statement that goes to the database, or just before or just after the COMMIT."""

    def __init__(self, database: Database) -> None:
        self.engine, self.left, self.seen = database.engine, -1, 0
        sa.event.listen(self.engine, "before_cursor_execute", self._count)
        sa.event.listen(self.engine, "commit", self._count)

    def _count(self, *_: Any) -> None:
        self.seen += 1
        self.left -= 1
        if self.left == 0:
            raise sa.exc.OperationalError("broken on purpose", None, sqlite3.OperationalError("broken"))

    def end(self) -> None:
        sa.event.remove(self.engine, "before_cursor_execute", self._count)
        sa.event.remove(self.engine, "commit", self._count)


def test_failing_at_any_statement_leaves_all_or_nothing(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings)
    breaks = Breaks(meetings.database)
    guest = {"name": "Ene Batyr", "post": "Professor"}

    def press(n: int) -> Any:
        return scenario.act("speakers.inscribe", guest={**guest, "name": f"Guest {n}"}, channel="paper", key=f"k{n}")

    press(0)
    breaks.seen = 0
    press(1)
    statements = breaks.seen
    assert statements >= 6
    for k in range(1, statements + 1):
        before = len(scenario.rows)
        breaks.left = k
        with pytest.raises(Exception, match="broken"):
            press(100 + k)
        breaks.left = -1
        assert len(scenario.sound()) == before
        again = press(100 + k)
        assert not again.again and len(scenario.sound()) == before + 2
    breaks.end()
    people = meetings.database.read(lambda c: c.execute(sa.text("SELECT count(*) FROM people")).scalar_one())
    assert people == 2 + statements


def test_a_commit_whose_answer_is_lost_is_settled_by_the_same_key(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    before = len(scenario.rows)
    whole = meetings.database.once

    def lost(work: Callable[..., Any]) -> Any:
        whole(work)
        raise Busy("the connection was lost after COMMIT")

    meetings.database.once = lost  # type: ignore[method-assign]
    with pytest.raises(Busy):
        scenario.ask("CHE", key="k")
    meetings.database.once = whole  # type: ignore[method-assign]
    again = scenario.ask("CHE", key="k")
    assert again.again and again.seq == before + 1 == len(scenario.sound())


def test_twenty_conflicts_are_busy(meetings: Meetings) -> None:
    from meetingsvc.store.engine import Conflict

    scenario, tried = MeetingScenario(meetings, "CHE"), 0
    whole = meetings.database.once

    def lost(_: Callable[..., Any]) -> Any:
        nonlocal tried
        tried += 1
        raise Conflict("somebody was faster")

    meetings.database.once = lost  # type: ignore[method-assign]
    with pytest.raises(Busy, match="faster"):
        scenario.ask("CHE")
    meetings.database.once = whole  # type: ignore[method-assign]
    assert tried == 20 and scenario.sound()


def test_a_refusal_ends_its_transaction(meetings: Meetings) -> None:
    scenario = MeetingScenario(meetings, "CHE")
    for _ in range(30):  # more than there are connections
        with pytest.raises(Refused):
            meetings.perform(scenario.id, scenario.of("CHE"), [command("meeting.adjourn")])
    assert meetings.perform(scenario.id, CHAIR, [command("meeting.adjourn")]).said
