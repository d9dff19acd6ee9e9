"""The command line as a person uses it: one folder, one database, what is printed and the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from meetingsvc.cli import main
from meetingsvc.meetings import Meetings
from meetingsvc.store.engine import Database

DEBATE = str(Path(__file__).parent.parent / "data" / "unga78_general_debate.csv")


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty service: its database and all that is kept beside it."""
    monkeypatch.setenv("MEETINGSVC_DATABASE_URL", str(tmp_path / "m.db"))
    for name in ("PORT", "MEETINGSVC_PORT", "MEETINGSVC_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a verb and gives what it said."""

    def ran(*argv: str) -> Ran:
        code = main(argv)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return ran


@pytest.fixture
def demo(run: Run) -> dict[str, Any]:
    """The demonstration meeting, as `demo --json` prints it."""
    made: dict[str, Any] = json.loads(run("demo", "--json").out)
    return made


@pytest.fixture
def look(folder: Path) -> Callable[[str], Any]:
    """The state of a meeting, read anew from the database."""

    def looked(meeting: str) -> Any:
        database = Database.open(f"sqlite:///{folder / 'm.db'}")
        try:
            return Meetings(database).history(meeting).state
        finally:
            database.close()

    return looked
