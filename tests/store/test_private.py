"""Files with names of people in them are for their owner alone, whatever the folder, the umask and older files say."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from meetingsvc.meetings import Meetings
from meetingsvc.store.engine import Database
from tests.support.meeting_scenario import MeetingScenario
from tests.support.running_service import ROOT


@pytest.fixture
def loose(tmp_path: Path) -> Iterator[Path]:
    """A folder that was there and is open to all, in a process whose files are."""
    folder = tmp_path / "there"
    folder.mkdir()
    folder.chmod(0o777)
    was = os.umask(0)
    yield folder
    os.umask(was)


def modes(folder: Path) -> dict[str, str]:
    return {file.name: f"{stat.S_IMODE(file.stat().st_mode):o}" for file in folder.iterdir()}


def test_a_database_in_a_folder_that_was_there_is_its_owners_alone(
    loose: Path, opened: Callable[..., Database], caplog: pytest.LogCaptureFixture
) -> None:
    MeetingScenario(Meetings(opened(f"sqlite:///{loose}/m.db")), "CHE")
    assert modes(loose) == {"m.db": "600", "m.db-wal": "600", "m.db-shm": "600"}
    assert not caplog.records


def test_a_database_that_others_could_read_is_closed_to_them_and_it_is_said(
    loose: Path, opened: Callable[..., Database], caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite:///{loose}/m.db"
    scenario = MeetingScenario(Meetings(opened(url)), "CHE")
    for file in loose.iterdir():
        file.chmod(0o664)
    with caplog.at_level("WARNING"):
        again = Meetings(opened(url))
    assert modes(loose) == {"m.db": "600", "m.db-wal": "600", "m.db-shm": "600"}
    assert [record.getMessage().split("/")[-1] for record in caplog.records] == [
        f"m.db{beside} could be read by others (664). It is 600 now." for beside in ("", "-wal", "-shm")
    ]
    assert again.history(scenario.id).state == scenario.meetings.history(scenario.id).state


def test_what_the_command_line_writes_is_its_owners_alone(loose: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MEETINGSVC_")}
    env = kept | {"MEETINGSVC_DATABASE_URL": str(loose / "m.db")}
    (loose / "log.jsonl").touch()  # also one that was there

    def verb(*words: str) -> str:
        words = (sys.executable, "-m", "meetingsvc", *words)
        return subprocess.run(words, cwd=ROOT, env=env, check=True, capture_output=True, text=True, timeout=60).stdout

    meeting = verb("demo").rpartition("/m/")[2].split()[0]
    verb("export-log", "--meeting", meeting, "-o", str(loose / "log.jsonl"))
    written = modes(loose)
    assert {"m.db", "secret.key", "log.jsonl"} < written.keys() and len(written) >= 4
    assert set(written.values()) == {"600"}
