"""What is erased, where something is wrong beside: a damaged log, a start while others read, an old look, a fault."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from meetingsvc.log_reading import PORTION
from meetingsvc.meetings import Meetings
from meetingsvc.store import engine, tables
from meetingsvc.store.engine import Database, Locked
from tests.store.test_erasing import NAME, WORDS, Erasing, canaries, files
from tests.support.meeting_scenario import Clock


@pytest.fixture
def erasing(meetings: Meetings) -> Erasing:
    return Erasing(meetings)


@pytest.fixture
def lite(lite_url: str, opened: Callable[..., Database], clock: Clock) -> Erasing:
    return Erasing(Meetings(opened(lite_url), clock))


def spoil(erasing: Erasing, seq: int) -> None:
    """Somebody, or a bad disk, changed what an entry says."""
    here = sa.and_(tables.log.c.meeting == erasing.id, tables.log.c.seq == seq)
    erasing.meetings.database.write(
        lambda connection: connection.execute(sa.update(tables.log).where(here).values(at=1))
    )


@pytest.mark.parametrize("more", [5, PORTION + 50])
def test_a_damaged_log_in_which_something_was_erased_later_is_read_once(
    erasing: Erasing, url: str, opened: Callable[..., Database], clock: Clock, more: int
) -> None:
    for _ in range(more):
        erasing.act("record.note", text="More")
    erasing.redact()
    damaged = erasing.note + 1
    spoil(erasing, damaged)
    late = Meetings(opened(url, 20.0), clock)
    told: list[str] = []
    late.on_erasure(told.append)
    found: list[int] = []

    def look() -> None:
        found.append(late.remembered(erasing.id).seq)
        found.append(late.remembered(erasing.id).seq)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    looking.join(20)
    assert found == [damaged - 1] * 2, "as far as it can be read, and not again and again"
    count = len(told)
    late.remembered(erasing.id)
    assert len(told) == count, "nobody is told again of what was erased long ago"


def test_a_press_that_changed_nothing_leaves_no_digest_of_a_name_either(erasing: Erasing) -> None:
    erasing.act("record.note", text="Something between")
    same = erasing.act("roster.change_person", person=erasing.person, name=NAME, key="of nothing new")
    assert same.said == []
    erasing.erase()
    rows = sa.select(tables.answers.c.body_hash).where(tables.answers.c.key == "of nothing new")
    assert erasing.meetings.database.read(lambda c: c.execute(rows).scalar_one()) == ""


def test_a_start_while_somebody_reads_goes_on_with_what_a_killed_process_left(
    lite: Erasing, lite_url: str, opened: Callable[..., Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(Database, "scrub", lambda self: None)
        reader = sqlite3.connect(str(lite.meetings.database.engine.url.database), isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM log").fetchone()
        lite.redact()
    started = opened(lite_url, 0.2)
    assert canaries(files(started))[:1] == [WORDS], "the reader is in the way"
    reader.close()
    started.prove()
    assert WORDS not in canaries(files(started))


def test_who_waited_long_for_a_turn_tries_a_locked_file_as_long_as_others(
    lite_url: str, opened: Callable[..., Database]
) -> None:
    """Such as a press that had to wait until the log was read again, in which something was erased."""
    tries: list[int] = []

    def attempt() -> str:
        tries.append(1)
        if len(tries) == 1:
            time.sleep(0.4)
            raise Locked
        return "done"

    assert opened(lite_url, 0.2).patiently(attempt) == "done"


def test_no_line_of_the_server_tells_what_was_to_be_written(erasing: Erasing, caplog: pytest.LogCaptureFixture) -> None:
    """A fault that nobody foresaw is logged with its trace; what stands in the statement is nobody's business."""
    erasing.meetings.database.write(_refuse_all)
    with pytest.raises(Exception) as fault:
        erasing.act("record.note", text="another " + WORDS)
    logging.getLogger("here").error("it failed", exc_info=fault.value)
    assert "it failed" in caplog.text and WORDS not in caplog.text
    with pytest.raises(Exception) as fault:
        erasing.act("roster.change_person", person=erasing.person, name="a third " + NAME)
    logging.getLogger("here").error("it failed again", exc_info=fault.value)
    assert "it failed again" in caplog.text and NAME not in caplog.text


def _refuse_all(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "CREATE TRIGGER no_more BEFORE INSERT ON log BEGIN SELECT RAISE(ABORT, 'no more of it'); END"
        )
    else:
        connection.exec_driver_sql(
            "CREATE FUNCTION no_more() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no more of it'; END $$"
        )
        connection.exec_driver_sql("CREATE TRIGGER no_more BEFORE INSERT ON log EXECUTE FUNCTION no_more()")


@pytest.mark.postgres
def test_postgresql_is_told_again_while_an_older_moment_was_looked_at(
    postgres: Any, opened: Callable[..., Database], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "SCRUB_AGAIN", 0.0)
    url = postgres.migrated()
    erasing = Erasing(Meetings(opened(url, 20.0), clock))
    reader = opened(url, 20.0).engine.connect()
    reader.exec_driver_sql("SELECT count(*) FROM log")
    erasing.erase()
    erasing.redact()
    assert _in_tables(postgres, erasing) != [], "what a backup under way still reads stays until it has ended"
    reader.close()
    erasing.meetings.database.prove()
    assert _in_tables(postgres, erasing) == []


@pytest.mark.postgres
def test_postgresql_is_told_at_the_start_too(
    postgres: Any, opened: Callable[..., Database], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.migrated()
    erasing = Erasing(Meetings(opened(url, 20.0), clock))
    with monkeypatch.context() as killed:
        killed.setattr(Database, "scrub", lambda self: None)
        erasing.erase()
        erasing.redact()
    assert _in_tables(postgres, erasing) != []
    opened(url, 20.0).prove()
    assert _in_tables(postgres, erasing) == []


def _in_tables(postgres: Any, erasing: Erasing) -> list[str]:
    with erasing.meetings.database.engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("CHECKPOINT")
        own = connection.exec_driver_sql("SELECT oid FROM pg_database WHERE datname = current_database()").scalar_one()
    folder = Path(postgres.folder) / "data" / "base" / str(own)
    return canaries(b"".join(path.read_bytes() for path in folder.iterdir()))
