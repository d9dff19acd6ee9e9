"""The chain of seals: its frozen vectors, and that any flipped byte is found, in the database and in a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from meetingsvc.core.kernel import Entry, Text, UnfoldableEntry
from meetingsvc.core.record import Noted
from meetingsvc.meetings import Meetings
from meetingsvc.store.engine import Database
from meetingsvc.store.event_log.chain import Row, examine, first_hash, next_hash, seal_row, seal_text, uid_of
from meetingsvc.store.event_log.export import Damaged, load, verify_file, write
from meetingsvc.store.event_log.log import read_rows, sealed
from meetingsvc.store.tables import log
from tests.support.any_meeting import walk
from tests.support.meeting_scenario import MeetingScenario, command

UID = "5f0c2b1e-7d55-4b7e-9a53-0d6d2f3c8a11"
FIRST_HASH = "18a4992737c416198abd8067b9fb4a5c5dc1f6280f10c9d12e4be4aae437ab86"
VECTORS = (
    Row(
        seq=1,
        batch=1,
        at=1702270800000,
        by="9c1185a5c5e9fc54",
        role="secretary",
        name="meeting.scheduled",
        v=1,
        data='{"title":{"en":"Neutralité – \\"é\\""},"uid":"5f0c2b1e-7d55-4b7e-9a53-0d6d2f3c8a11"}',
        text=None,
        salt="000102030405060708090a0b0c0d0e0f",
        text_salt=None,
        text_seal=None,
        seal="16f682952652d56ba5f9b3645babcd627c3f7d2adb60b39155275980e96a2f4c",
        hash="2301f1d5f051df9e4b0c53ab19b855edf17b180fa6681e3bfd75ea508a02c473",
    ),
    Row(
        seq=2,
        batch=2,
        at=1702270801234,
        by="3f2b",
        role="chair",
        name="record.noted",
        v=1,
        data="{}",
        text='{"text":"Merci, 謝謝, شكرا"}',
        salt="f0" * 16,
        text_salt="0f" * 16,
        text_seal="af51766ba25979f156acca4f05e471fdb261d90bde8fe5723271474a94f2419b",
        seal="b8a9535e5dda4862263d45d01a4741d9226ca98a31e2954ebc0e9e616bd5b666",
        hash="c003dd602050137e8f2884afcf682a068cf8b32aab7902ecdf64b2a6fa5f2ce2",
    ),
)


def verify(rows: Sequence[Row], uid: str) -> int | None:
    """The seq of the first bad entry, or None when every one is as it was written."""
    found = examine(rows, uid)
    return found.seq if found else None


def a_log(length: int = 60) -> list[Row]:
    """A sealed log of random acts, notes with text among them."""
    story, rows = walk(11, length), list[Row]()
    for entry in [*story.log, Entry(len(story.log) + 1, len(story.log) + 1, story.now, "s", "chair", Noted(Text("x")))]:
        rows.append(sealed(entry, "uid-of-the-story", rows[-1].hash if rows else first_hash("uid-of-the-story")))
    assert any(row.text for row in rows)
    return rows


LOG = a_log()
FILE = "".join(write("abcdefghij", LOG, {("p1", 1): {"name": "Ann Orr", "post": "Ambassador"}})).encode()


# --------------------------------------------------------------------------------------------------------- vectors


def test_the_frozen_vectors() -> None:
    assert first_hash(UID) == FIRST_HASH
    assert verify(VECTORS, UID) is None and uid_of(VECTORS) == UID


def test_the_vectors_by_the_words_of_the_decision_alone() -> None:
    before = hashlib.sha256(b"\x03" + UID.encode()).digest()
    for row in VECTORS:
        text_seal = None
        if row.text is not None:
            text_seal = hashlib.sha256(b"\x02" + bytes.fromhex(str(row.text_salt)) + row.text.encode()).hexdigest()
        array = [UID, row.seq, row.batch, row.at, row.by, row.role, row.name, row.v, json.loads(row.data), text_seal]
        jcs = json.dumps(array, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
        seal = hashlib.sha256(b"\x00" + bytes.fromhex(row.salt) + jcs).digest()
        before = hashlib.sha256(b"\x01" + before + seal).digest()
        assert (row.text_seal, row.seal, row.hash) == (text_seal, seal.hex(), before.hex())


# -------------------------------------------------------------------------------------------------------- one flaw


def test_a_log_that_was_left_alone_is_sound() -> None:
    assert verify(LOG, "uid-of-the-story") is None and verify_file(FILE) is None
    assert verify(LOG, "another-uid") == 1


@pytest.mark.parametrize("change", ["lost", "twice", "swapped", "put in"])
def test_entries_lost_doubled_swapped_or_put_in_are_found(change: str) -> None:
    rows = list(LOG)
    if change == "lost":
        del rows[6]
    elif change == "twice":
        rows.insert(6, rows[5])
    elif change == "swapped":
        rows[6], rows[7] = rows[7], rows[6]
    else:
        rows.insert(6, replace(rows[6], by="somebody"))
    assert verify(rows, "uid-of-the-story") == 7


def test_a_tail_that_was_cut_off_is_found_by_who_knows_the_end() -> None:
    head = (LOG[-1].seq, LOG[-1].hash)
    assert verify(LOG[:-2], "uid-of-the-story") is None
    found = examine(LOG[:-2], "uid-of-the-story", head)
    assert found and found.seq == len(LOG) - 1
    lines = FILE.splitlines(keepends=True)
    damaged = verify_file(b"".join(lines[:-2]))
    assert damaged and damaged.seq == len(LOG) - 1


def test_a_log_sealed_anew_from_somewhere_is_found_by_who_knows_the_end() -> None:
    rows = LOG[:20]
    for row in LOG[20:]:
        made = replace(row, role="room" if row.seq == 21 else row.role)
        seal = seal_row("uid-of-the-story", made)
        rows.append(replace(made, seal=seal, hash=next_hash(rows[-1].hash, seal)))
    assert verify(rows, "uid-of-the-story") is None
    assert examine(rows, "uid-of-the-story", (LOG[-1].seq, LOG[-1].hash)) is not None


def test_a_missing_text_is_accepted_only_where_a_later_entry_redacted_it() -> None:
    noted = next(row for row in LOG if row.text)
    blank = [replace(row, text=None, text_salt=None) if row is noted else row for row in LOG]
    assert verify(blank, "uid-of-the-story") == noted.seq

    def redacted(which: int, uid: str = "uid-of-the-story") -> list[Row]:
        last = blank[-1]
        bare = replace(
            last,
            seq=last.seq + 1,
            batch=last.seq + 1,
            name="record.redacted",
            data=f'{{"seq":{which}}}',
            text=None,
            text_salt=None,
            text_seal=None,
            salt="ab" * 16,
        )
        seal = seal_row(uid, bare)
        return [*blank, replace(bare, seal=seal, hash=next_hash(last.hash, seal))]

    assert verify(redacted(noted.seq), "uid-of-the-story") is None
    assert verify(redacted(noted.seq + 1), "uid-of-the-story") == noted.seq
    kept_salt = [replace(row, text_salt="00" * 16) if row.seq == noted.seq else row for row in redacted(noted.seq)]
    assert verify(kept_salt, "uid-of-the-story") == noted.seq
    other_text = [
        replace(row, text='{"text":"other"}', text_salt="00" * 16) if row.seq == noted.seq else row
        for row in redacted(noted.seq)
    ]
    assert verify(other_text, "uid-of-the-story") == noted.seq


def test_salts_are_fresh_each_time() -> None:
    entry = Entry(1, 1, 0, "s", "chair", Noted(Text("the same")))
    one, two = sealed(entry, UID, FIRST_HASH), sealed(entry, UID, FIRST_HASH)
    assert len({one.salt, one.text_salt, two.salt, two.text_salt}) == 4
    assert (one.seal, one.text_seal) != (two.seal, two.text_seal)
    assert one.text_seal == seal_text(str(one.text_salt), str(one.text))


# ---------------------------------------------------------------------------------------------------- flipped bytes


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
@example(FILE.index(b"\n"), 0x0A ^ 0x0D)
@example(len(FILE) - 1, 0x0A ^ 0x20)
@example(FILE.index(b"Ann"), 1)
def test_any_flipped_byte_of_a_file_is_found_and_its_entry_named(at: int, bits: int) -> None:
    flipped = FILE[:at] + bytes([FILE[at] ^ bits]) + FILE[at + 1 :]
    found = verify_file(flipped)
    line = FILE[:at].count(b"\n")
    assert found is not None
    # a line that is torn or joined is named where it begins or where the next one is missing
    assert found.seq in ({line} if FILE[at : at + 1] != b"\n" else {line, line + 1, len(LOG)}) or (
        bytes([FILE[at] ^ bits]) == b"\n" and found.seq in (line, line + 1)
    )


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Database, str]:
    database = Database.open(f"sqlite:///{tmp_path_factory.mktemp('chain')}/meetings.db")
    scenario = MeetingScenario(Meetings(database), "CHE", "TKM")
    for code in scenario.delegations:
        scenario.ask(code)
    for n in range(4):
        scenario.act("record.note", text=f"Note {n}: the delegate of Switzerland – «merci» 謝謝")
    scenario.act("speakers.next")
    return database, scenario.id


COLUMNS = [column.name for column in log.columns if column.name not in ("meeting", "seq")]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_flipped_byte_of_any_column_is_found_and_its_entry_named(
    stored: tuple[Database, str], data: st.DataObject
) -> None:
    database, meeting = stored
    rows = database.read(lambda c: read_rows(c, meeting))
    row = data.draw(st.sampled_from(rows))
    column = data.draw(st.sampled_from(COLUMNS))
    old = getattr(row, column)
    new: object
    if old is None:
        new = data.draw(st.text(max_size=40))
    elif isinstance(old, int):
        new = old ^ data.draw(st.sampled_from([1 << n for n in range(40)]))
    else:
        raw = bytearray(old.encode())
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
        try:
            new = raw.decode()
        except UnicodeDecodeError:
            new = raw.decode("latin-1")
    changed = [replace(other, **{column: new}) if other is row else other for other in rows]
    assert verify(changed, uid_of(changed) if row.seq > 1 else uid_of(rows)) == row.seq


def test_bytes_flipped_in_the_database_itself_strand_that_meeting_only(
    lite_url: str, opened: Callable[..., Database]
) -> None:
    database = opened(lite_url)
    meetings = Meetings(database)
    scenario, other = MeetingScenario(meetings, "CHE"), MeetingScenario(meetings, "CHE")
    scenario.ask("CHE")
    bad = scenario.rows[5]
    spoiled = sa.update(log).where(log.c.meeting == scenario.id, log.c.seq == 6).values(at=bad.at + 1)
    database.write(lambda c: c.execute(spoiled))
    found = examine(scenario.rows, uid_of(scenario.rows))
    assert found and (found.seq, found.why) == (6, "the entry does not match its seal")
    fresh = Meetings(database)
    for _ in range(2):
        with pytest.raises(UnfoldableEntry) as found:
            fresh.perform(scenario.id, scenario.of("CHE"), [command("roster.leave")])
        assert found.value.entry.seq == 6 and found.value.entry.event.wire == bad.name
    assert fresh.history(scenario.id).state.seq == 5 and fresh.unfoldable(scenario.id)
    assert fresh.perform(other.id, other.of("CHE"), [command("speakers.request_floor")]).said
    assert fresh.unfoldable(other.id) is None


# ------------------------------------------------------------------------------------------------------------ files


def test_a_file_gives_back_what_was_stored(tmp_path: Path) -> None:
    found = load(FILE)
    assert found.rows == tuple(LOG) and found.uid == "uid-of-the-story" and found.meeting == "abcdefghij"
    assert found.people == {("p1", 1): {"name": "Ann Orr", "post": "Ambassador"}}
    lines = [json.loads(line) for line in FILE.splitlines()]
    assert all(isinstance(line["data"], dict) for line in lines[1:])
    assert "text" not in lines[1] and set(lines[1]) < set(asdict(LOG[0]))


@pytest.mark.parametrize(
    "spoilt", [{"data": "{"}, {"data": '{"b":1, "a":2}'}, {"data": "[]"}, {"at": 2**60}, {"salt": "é"}, {"text": "{"}]
)
def test_a_spoilt_log_can_still_be_written_and_its_entry_is_named(spoilt: dict[str, object]) -> None:
    rows = [replace(row, **spoilt) if row.seq == 9 else row for row in LOG]  # type: ignore[arg-type]
    found = verify_file("".join(write("abcdefghij", rows, {})).encode())
    assert found and found.seq == 9


@pytest.mark.parametrize("file", [b"", b"\n", b"{}\n", b"[]\n", b"\xff\n", FILE[:40], b'{"format":"other"}\n'])
def test_what_is_no_log_is_refused_at_its_head(file: bytes) -> None:
    with pytest.raises(Damaged) as damaged:
        load(file)
    assert damaged.value.flaw.seq == 0
