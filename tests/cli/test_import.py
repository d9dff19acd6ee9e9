"""import-delegations on a real list: all of it comes in, or nothing does; and one undo takes it back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from meetingsvc.cli.setup import open_setup, secretary
from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.schema import read
from tests.cli.conftest import DEBATE, Run

Look = Callable[[str], Any]


def ranks(state: Any) -> dict[str, str]:
    return {row.code: row.rank for row in state.roster.delegations.values()}


def test_the_general_debate_comes_in(run: Run, demo: dict[str, Any], look: Look) -> None:
    ran = run("import-delegations", DEBATE, "--meeting", demo["meeting"])
    assert ran.code == 0, ran
    state = look(demo["meeting"])
    assert len(state.roster.delegations) == 192
    assert {code: ranks(state)[code] for code in ("BRA", "ESP", "ITA", "LBN", "BIH", "EU", "PRK", "TKM", "VAT")} == {
        "BRA": "HOS",
        "ESP": "HOG",
        "ITA": "HOG",
        "LBN": "HOG",
        "BIH": "HOS",
        "EU": "OTHER",
        "PRK": "OTHER",
        "TKM": "HOS",
        "VAT": "M",
    }
    for line in ("line 94:", "line 190:", "line 195:", "line 87:"):
        assert line in ran.out
    assert "167 delegations came in, 25 others brought up to date" in ran.out


def test_every_row_is_reported(run: Run, demo: dict[str, Any]) -> None:
    out = run("import-delegations", DEBATE, "--meeting", demo["meeting"], "--dry-run").out
    numbered = [line for line in out.splitlines() if line[:5].strip().isdigit()]
    assert len(numbered) == 192
    assert "  108  KWT  HOG   Kuwait: Sheikh Ahmad Nawaf Al-Ahmad Al-Sabah, Prime Minister" in numbered


def test_a_dry_run_writes_nothing(run: Run, demo: dict[str, Any], look: Look) -> None:
    before = look(demo["meeting"])
    ran = run("import-delegations", DEBATE, "--meeting", demo["meeting"], "--dry-run")
    assert ran.code == 0 and "Nothing was written" in ran.out
    assert look(demo["meeting"]) == before


def test_one_undo_takes_all_of_it_back(run: Run, demo: dict[str, Any], look: Look) -> None:
    before = look(demo["meeting"])
    run("import-delegations", DEBATE, "--meeting", demo["meeting"])
    with open_setup() as setup:
        batch = look(demo["meeting"]).record.done[-1].batch
        setup.meetings.perform(demo["meeting"], secretary(), [read(COMMANDS["record.undo"], {"batch": batch})])
    assert look(demo["meeting"]).roster == before.roster


def test_the_same_list_again_changes_nothing(run: Run, demo: dict[str, Any], look: Look) -> None:
    run("import-delegations", DEBATE, "--meeting", demo["meeting"])
    seq = look(demo["meeting"]).seq
    ran = run("import-delegations", DEBATE, "--meeting", demo["meeting"])
    assert ran.code == 0 and "has all of it already" in ran.out and look(demo["meeting"]).seq == seq


def test_whom_the_meeting_has_can_be_left_alone(run: Run, demo: dict[str, Any], look: Look) -> None:
    ran = run("import-delegations", DEBATE, "--meeting", demo["meeting"], "--skip-present")
    state = look(demo["meeting"])
    assert ran.code == 0 and len(state.roster.delegations) == 192 and ranks(state)["TKM"] == "M"


def test_one_wrong_row_keeps_everything_out(run: Run, demo: dict[str, Any], look: Look, tmp_path: Path) -> None:
    before = look(demo["meeting"])
    wrong = tmp_path / "list.csv"
    wrong.write_bytes(Path(DEBATE).read_bytes().replace(b"78,KEN,", b"78,KEX,"))
    ran = run("import-delegations", str(wrong), "--meeting", demo["meeting"])
    assert ran.code == 1 and "line 90: “KEX” is no code of a State. KEN is Kenya" in ran.out
    assert "Nothing was brought in: 1 line to correct first." in ran.out
    assert look(demo["meeting"]) == before


def test_wrong_files_and_meetings_are_sentences(run: Run, demo: dict[str, Any], tmp_path: Path) -> None:
    workbook = tmp_path / "list.xlsx"
    workbook.write_bytes(b"PK\x03\x04")
    for argv, words in (
        ((str(workbook), "--meeting", demo["meeting"]), "Save it as CSV"),
        ((str(tmp_path), "--meeting", demo["meeting"]), "is a folder"),
        (("nowhere.csv", "--meeting", demo["meeting"]), "There is no file nowhere.csv."),
        ((DEBATE, "--meeting", "nope"), f"There is no meeting 'nope'. Known are:\n  {demo['meeting']}"),
    ):
        ran = run("import-delegations", *argv)
        assert (ran.code, ran.out) == (1, "") and words in ran.err and "Traceback" not in ran.err
