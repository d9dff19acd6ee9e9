"""What is erased is in no row, no file and no process any more; everything else of the log stays and proves itself."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from meetingsvc import meeting_cache
from meetingsvc.log_reading import PORTION
from meetingsvc.meeting_cache import LoadedMeeting
from meetingsvc.meetings import Meetings
from meetingsvc.store import tables
from meetingsvc.store.engine import OVERWRITES, Database
from meetingsvc.store.event_log.chain import examine, uid_of
from meetingsvc.store.event_log.export import verify_file, write
from tests.support.making import command
from tests.support.meeting_scenario import CHAIR, SECRETARY, Clock, MeetingScenario, refused

WORDS, NAME, EARLIER, POST = "canary words of a note", "canary-name", "canary-earlier", "canary-post"


class Erasing(MeetingScenario):
    """A meeting with a note and a named speaker, whose name was corrected once."""

    def __init__(self, meetings: Meetings) -> None:
        super().__init__(meetings, "AZE", "BOL")
        self.note = self.act("record.note", text=WORDS, key="of the note").seq
        self.act(
            "roster.set_speaker",
            delegation=self.delegations["AZE"],
            speaker={"name": EARLIER, "post": POST},
            key="of the speaker",
        )
        person = meetings.history(self.id).state.roster.delegations[self.delegations["AZE"]].person
        assert person
        self.person = person
        self.act("roster.change_person", person=person, name=NAME)

    def redact(self) -> int:
        return self.act("record.redact", by=SECRETARY, seq=self.note).seq

    def erase(self) -> int:
        return self.act("roster.erase_person", by=SECRETARY, person=self.person).seq

    def exported(self) -> bytes:
        return "".join(write(self.id, self.rows, self.meetings.names(self.id))).encode()


@pytest.fixture
def erasing(meetings: Meetings) -> Erasing:
    return Erasing(meetings)


def everything(database: Database) -> str:
    """All rows of all tables, as whoever may read the database reads them."""

    def look(connection: sa.Connection) -> str:
        return repr([connection.execute(sa.select(table)).all() for table in tables.metadata.sorted_tables])

    return database.read(look)


def files(database: Database) -> bytes:
    """All bytes of an SQLite database, and of what lies beside it."""
    file = Path(str(database.engine.url.database))
    return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))


def held(kept: LoadedMeeting) -> str:
    """All that a process remembers of a meeting: each state, each entry, each name."""
    return repr((list(kept.history.entries()), kept.history, kept.names))


# -------------------------------------------------------------------------------------------------------------- rows


def test_the_words_and_their_salt_go_and_the_log_still_proves_itself(erasing: Erasing) -> None:
    before = erasing.rows
    seq = erasing.redact()
    after = erasing.sound()
    gone = replace(before[erasing.note - 1], text=None, text_salt=None)
    assert after[:-1] == [gone if row.seq == erasing.note else row for row in before], "nothing else was touched"
    assert (after[-1].seq, after[-1].name, after[-1].data, after[-1].text) == (
        seq,
        "record.redacted",
        f'{{"seq":{erasing.note}}}',
        None,
    )
    assert examine(after[:-1], uid_of(after)) is not None, "without the entry that says so it is a flaw"
    assert verify_file(erasing.exported()) is None
    assert WORDS not in everything(erasing.meetings.database)


def test_the_names_of_a_person_go_in_all_their_rows(erasing: Erasing) -> None:
    before = erasing.rows
    erasing.erase()
    assert erasing.sound()[:-1] == before, "the log never knew the name"
    found = everything(erasing.meetings.database)
    assert not [text for text in (NAME, EARLIER, POST) if text in found]
    assert erasing.meetings.names(erasing.id) == {(erasing.person, rev): {"name": "", "post": ""} for rev in (1, 2)}
    exported = erasing.exported()
    assert verify_file(exported) is None and b"canary" not in exported.replace(WORDS.encode(), b"")


def test_another_persons_name_stays(erasing: Erasing) -> None:
    erasing.act("roster.set_speaker", delegation=erasing.delegations["BOL"], speaker={"name": "Somebody else"})
    erasing.erase()
    assert "Somebody else" in everything(erasing.meetings.database)


def test_the_log_sees_no_other_update(erasing: Erasing) -> None:
    seen: list[str] = []
    sa.event.listen(
        erasing.meetings.database.engine, "before_cursor_execute", lambda c, k, statement, *_: seen.append(statement)
    )
    erasing.act("record.note", text="Another")
    erasing.erase()
    assert not [text for text in seen if text.startswith("UPDATE log") or text.startswith("DELETE FROM log")]
    erasing.redact()
    changed = [re.findall(r"(\w+)=", text.split(" WHERE")[0]) for text in seen if text.startswith("UPDATE log")]
    assert changed == [["text", "text_salt"]]


def test_no_digest_of_what_was_sent_proves_a_guess(erasing: Erasing) -> None:
    def digests() -> dict[str, str]:
        rows = sa.select(tables.answers.c.key, tables.answers.c.body_hash)
        return dict(erasing.meetings.database.read(lambda c: c.execute(rows).all()))  # type: ignore[arg-type]

    assert all(digests().values())
    erasing.act("record.note", text="Another", key="of another")
    erasing.redact()
    erasing.erase()
    assert {key for key, digest in digests().items() if not digest} == {"of the note", "of the speaker"}
    seq = erasing.rows[-1].seq
    refused("act.key_reused", lambda: erasing.act("record.note", text=WORDS, key="of the note"))
    assert erasing.rows[-1].seq == seq and erasing.act("record.note", text="Another", key="of another").again


def test_the_same_press_again_is_answered_and_writes_nothing(erasing: Erasing) -> None:
    first = erasing.act("record.redact", by=SECRETARY, seq=erasing.note, key="once")
    again = erasing.act("record.redact", by=SECRETARY, seq=erasing.note, key="once")
    assert (again.seq, again.said, again.again) == (first.seq, first.said, True)
    assert erasing.act("record.redact", by=SECRETARY, seq=erasing.note).said == []


def test_it_is_done_in_a_meeting_that_is_closed(erasing: Erasing) -> None:
    erasing.act("meeting.close")
    erasing.act("roster.change_person", person=erasing.person, post="Another post")
    erasing.redact()
    erasing.erase()
    erasing.sound()
    assert "canary" not in everything(erasing.meetings.database)


# --------------------------------------------------------------------------------------------------------- processes


def test_nothing_that_a_process_remembers_holds_it(erasing: Erasing) -> None:
    assert WORDS in held(erasing.meetings.remembered(erasing.id)), "the test sees what is remembered"
    erasing.redact()
    erasing.erase()
    assert "canary" not in held(erasing.meetings.remembered(erasing.id))


def test_another_process_forgets_it_with_its_next_look(
    erasing: Erasing, url: str, opened: Callable[..., Database], clock: Clock
) -> None:
    other = Meetings(opened(url, 20.0), clock)
    other.hold(erasing.id)
    line = other.remembered(erasing.id).line
    told: list[str] = []
    other.on_erasure(told.append)
    assert WORDS in held(other.remembered(erasing.id)) and NAME in held(other.remembered(erasing.id))
    erasing.redact()
    assert WORDS not in held(other.remembered(erasing.id)) and told == [erasing.id]
    erasing.erase()
    assert "canary" not in held(other.remembered(erasing.id)) and told == [erasing.id] * 2
    kept = other.remembered(erasing.id)
    fresh = Meetings(opened(url, 20.0), clock).remembered(erasing.id)
    assert (kept.history, kept.names, kept.head) == (fresh.history, fresh.names, fresh.head)
    assert kept.line is line, "it is the same log"
    assert other.perform(erasing.id, CHAIR, [command("record.note", text="After it")]).seq == kept.seq + 1, (
        "and the meeting goes on"
    )


def test_an_erasure_far_behind_the_head_is_found_too(
    erasing: Erasing, url: str, opened: Callable[..., Database], clock: Clock
) -> None:
    other = Meetings(opened(url, 20.0), clock)
    assert WORDS in held(other.remembered(erasing.id))
    for n in range(2 * PORTION):
        erasing.act("record.note", text="More")
        if n == PORTION + 5:  # further than one look reads
            erasing.redact()
    assert WORDS not in held(other.remembered(erasing.id))
    erasing.erase()
    assert "canary" not in held(other.remembered(erasing.id)) + held(erasing.meetings.remembered(erasing.id))


def test_what_is_erased_while_a_long_log_is_read_is_not_remembered(
    erasing: Erasing, url: str, opened: Callable[..., Database], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(PORTION + 5):
        erasing.act("record.note", text="More")
    late = Meetings(opened(url, 20.0), clock)
    read, times = meeting_cache.read_tail, list[int]()

    def slowly(*asked: Any) -> Any:
        """Whoever reads first has read the words already when they are erased, and then reads that they are."""
        times.append(1)
        tail = read(*asked)
        if len(times) == 1:
            erasing.redact()
            erasing.act("record.note", text="More")
            more = read(asked[0], asked[1], asked[2] + len(tail.entries), tail.uid, tail.hashes[-1])
            tail.entries += more.entries
            tail.hashes += more.hashes
        return tail

    monkeypatch.setattr(meeting_cache, "read_tail", slowly)
    assert WORDS not in held(late.remembered(erasing.id))


def test_who_may_not_erases_nothing(erasing: Erasing) -> None:
    refused("rights.not_yours", lambda: erasing.act("record.redact", seq=erasing.note))
    refused("rights.not_yours", lambda: erasing.act("roster.erase_person", person=erasing.person))
    assert WORDS in everything(erasing.meetings.database)


# ------------------------------------------------------------------------------------------------------------- files


@pytest.fixture
def lite(lite_url: str, opened: Callable[..., Database], clock: Clock) -> Erasing:
    return Erasing(Meetings(opened(lite_url), clock))


def canaries(found: bytes) -> list[str]:
    return [text for text in (WORDS, NAME, EARLIER, POST) if text.encode() in found]


def test_no_byte_of_the_files_and_of_a_backup_holds_it(lite: Erasing, tmp_path: Path) -> None:
    database = lite.meetings.database
    assert canaries(files(database)) == [WORDS, NAME, EARLIER, POST]
    lite.redact()
    assert canaries(files(database)) == [NAME, EARLIER, POST]
    lite.erase()
    assert canaries(files(database)) == []
    file = str(database.engine.url.database)
    source = sqlite3.connect(file)
    with sqlite3.connect(tmp_path / "backup.db") as target:
        source.backup(target)
    source.execute("VACUUM INTO ?", (str(tmp_path / "vacuumed.db"),))
    source.close()
    for copy in ("backup.db", "vacuumed.db"):
        found = (tmp_path / copy).read_bytes()
        assert canaries(found) == [] and b"record.redacted" in found


@pytest.mark.parametrize("seed", range(6))
def test_no_byte_holds_it_however_the_pages_were_filled(lite: Erasing, seed: int) -> None:
    """Short words and such that take pages of their own, in a file that grew, split its pages and was checkpointed."""
    notes = []
    for n in range(40):
        words = f"{WORDS} {n} " * (1 + (seed + 1) * n * 3 % 200)
        notes.append(lite.act("record.note", text=words[:9_000]).seq)
        lite.act("roster.accredit", kind="guest", speaker={"name": f"{NAME} {n}" * (1 + n * seed % 20)})
        if n == 10 * seed:
            with sqlite3.connect(str(lite.meetings.database.engine.url.database)) as raw:
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    people = {person for person, _ in lite.meetings.names(lite.id)}
    for seq in (lite.note, *notes):
        lite.act("record.redact", by=SECRETARY, seq=seq)
    for person in people:
        lite.act("roster.erase_person", by=SECRETARY, person=person)
    assert canaries(files(lite.meetings.database)) == []
    lite.sound()


def test_what_a_killed_process_left_beside_the_file_is_gone_at_the_next_start(
    lite: Erasing, opened: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Database, "scrub", lambda self: None)
    lite.redact()
    assert canaries(files(lite.meetings.database))[:1] == [WORDS], "the -wal still holds it"
    left = tmp_path / "left"
    left.mkdir()
    for path in tmp_path.glob("meetings.db*"):
        shutil.copy(path, left / path.name)
    found = opened(f"sqlite:///{left}/meetings.db")
    assert WORDS not in canaries(files(found)) and NAME in canaries(files(found))


def test_who_reads_an_older_moment_only_delays_it(
    lite: Erasing, lite_url: str, opened: Callable[..., Database], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    meetings = Meetings(opened(lite_url, 0.2), clock)
    reader = sqlite3.connect(str(lite.meetings.database.engine.url.database), isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM log").fetchone()
    meetings.perform(lite.id, SECRETARY, [command("record.redact", seq=lite.note)])
    assert "it is tried again" in caplog.text and canaries(files(lite.meetings.database))[:1] == [WORDS]
    meetings.database.prove()
    assert canaries(files(lite.meetings.database))[:1] == [WORDS]
    reader.close()
    meetings.database.prove()
    assert WORDS not in canaries(files(lite.meetings.database))


def test_a_file_that_was_written_without_care_is_made_anew_once(
    lite_url: str, opened: Callable[..., Database], clock: Clock
) -> None:
    database = opened(lite_url)
    file = str(database.engine.url.database)
    database.close()
    careless = sqlite3.connect(file, isolation_level=None)
    careless.execute("PRAGMA secure_delete=OFF")
    for n in range(50):
        careless.execute("INSERT INTO people VALUES (?, 1, ?, '')", (f"p{n}", NAME * 20))
    careless.execute("DELETE FROM people")
    careless.execute("PRAGMA user_version = 0")
    careless.close()
    assert NAME.encode() in Path(file).read_bytes(), "a row that was deleted is in the file still"
    again = opened(lite_url)
    assert NAME.encode() not in files(again)
    with again.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA user_version").scalar_one() == OVERWRITES
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar_one() == 1


# -------------------------------------------------------------------------------------------------------- PostgreSQL


@pytest.mark.postgres
def test_no_dump_of_postgresql_holds_it_and_no_file_of_a_table(
    postgres: Any, opened: Callable[..., Database], clock: Clock
) -> None:
    url = postgres.migrated()
    erasing = Erasing(Meetings(opened(url, 20.0), clock))
    dump = shutil.which("pg_dump") or str(postgres.programs / "pg_dump")

    def dumped() -> bytes:
        done = subprocess.run([dump, url.replace("+psycopg", "")], capture_output=True, check=True)
        return done.stdout

    assert canaries(dumped()) == [WORDS, NAME, EARLIER, POST]
    erasing.redact()
    erasing.erase()
    assert canaries(dumped()) == [] and b"record.redacted" in dumped()

    def dead(connection: sa.Connection) -> list[str]:
        asked = "SELECT relname FROM pg_stat_user_tables WHERE relname IN ('log', 'people') AND last_vacuum IS NULL"
        connection.exec_driver_sql("SELECT pg_stat_clear_snapshot()")
        return list(connection.exec_driver_sql(asked).scalars())

    assert erasing.meetings.database.read(dead) == []
    with erasing.meetings.database.engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("CHECKPOINT")
        own = connection.exec_driver_sql("SELECT oid FROM pg_database WHERE datname = current_database()").scalar_one()
    tables_of_it = list((postgres.folder / "data" / "base" / str(own)).iterdir())
    assert len(tables_of_it) > 100
    assert canaries(b"".join(path.read_bytes() for path in tables_of_it)) == []
