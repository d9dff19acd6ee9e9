"""export-log and verify: what is written verifies, and any flipped byte is named with its entry."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from meetingsvc.cli.setup import open_setup, secretary
from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.schema import read
from meetingsvc.store.event_log.export import load, verify_file
from tests.cli.conftest import Run


def small(run: Run, folder: Path) -> bytes:
    """The log of a meeting with a dozen entries, names and a note among them."""
    with open_setup() as setup:
        plan = {
            "title": "Réunion",
            "languages": ["fr"],
            "zone": "UTC",
            "format": "online",
            "sessions": [{"starts": "2030-01-01T10:00", "ends": "2030-01-01T11:00"}],
        }
        meeting = setup.meetings.create(secretary(), read(COMMANDS["meeting.schedule"], plan))
        speaker = {"name": "Ó. Nobody", "post": "Minister"}
        for name, body in (
            ("agenda.add_item", {"title": "Élection"}),
            ("roster.accredit", {"kind": "member", "code": "KEN", "rank": "M", "speaker": speaker}),
            ("record.note", {"text": "A note\nof two lines"}),
        ):
            setup.meetings.perform(meeting, secretary(), [read(COMMANDS[name], body)])
    assert run("export-log", "--meeting", meeting, "-o", str(folder / "log.jsonl")).code == 0
    return (folder / "log.jsonl").read_bytes()


def test_what_is_exported_verifies(run: Run, demo: dict[str, Any], folder: Path) -> None:
    out = folder / "log.jsonl"
    written = run("export-log", "--meeting", demo["meeting"], "-o", str(out))
    assert written.code == 0 and stat.S_IMODE(out.stat().st_mode) == 0o600
    ran = run("verify", str(out))
    log = load(out.read_bytes())
    assert ran.code == 0 and f"All {log.seq} entries of meeting {demo['meeting']}" in ran.out and log.hash in ran.out
    assert len(log.people) == 25


def test_without_a_file_it_goes_to_the_pipe(run: Run, demo: dict[str, Any], folder: Path) -> None:
    run("export-log", "--meeting", demo["meeting"], "-o", str(folder / "log.jsonl"))
    assert run("export-log", "--meeting", demo["meeting"]).out == (folder / "log.jsonl").read_text("utf-8")


def test_every_flipped_byte_is_found_at_its_entry(run: Run, folder: Path) -> None:
    whole = small(run, folder)
    line = 0
    for place, byte in enumerate(whole):
        flaw = verify_file(whole[:place] + bytes([byte ^ 1]) + whole[place + 1 :])
        assert flaw is not None and flaw.seq == line, (place, whole[place - 20 : place + 20], flaw)
        line += byte == ord("\n")


def test_the_first_bad_entry_is_named(run: Run, folder: Path) -> None:
    whole = small(run, folder)
    lines = whole.splitlines(keepends=True)
    spoilt = {
        "Entry 3 is wrong": b"".join([*lines[:3], lines[3].replace(b'"at":', b'"at":1'), *lines[4:]]),
        "Entry 2 is wrong": b"".join([*lines[:2], *lines[3:]]),
        "The head of the file is wrong": whole.replace(b"Nobody", b"Nobodz"),
        f"Entry {len(lines) - 1} is wrong": b"".join(lines[:-1]),
        "Entry 1 is wrong": lines[0],
    }
    for words, data in spoilt.items():
        (folder / "bad.jsonl").write_bytes(data)
        ran = run("verify", str(folder / "bad.jsonl"))
        assert ran.code == 1 and ran.out.startswith(words), (words, ran)


def test_files_that_are_none(run: Run, folder: Path) -> None:
    (folder / "empty").write_bytes(b"")
    assert run("verify", str(folder / "empty")).code == 1
    for path in (folder, folder / "nowhere"):
        ran = run("verify", str(path))
        assert ran.code == 1 and "cannot be read" in ran.err
    meeting = load(small(run, folder)).meeting
    for path, words in ((folder, "cannot be written"), (folder / "no" / "log", "No such file or directory")):
        ran = run("export-log", "--meeting", meeting, "-o", str(path))
        assert ran.code == 1 and ran.err.startswith(f"{path} cannot be written") and words in ran.err
    assert sorted(one.name for one in folder.iterdir() if one.name.startswith(".")) == []
    ran = run("export-log", "--meeting", "nope")
    assert ran.code == 1 and f"Known are:\n  {meeting}" in ran.err
