"""A restored copy takes the name of the database's file under the running service: nothing goes into the old one."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.support.running_service import RunningService


@pytest.mark.parametrize("how", ["replaced", "deleted"])
def test_what_is_acknowledged_is_in_the_file_that_bears_the_name(tmp_path: Path, how: str) -> None:
    served = RunningService(tmp_path)
    assert served.demo
    served.start()
    file, copy = tmp_path / "meetingsvc.db", tmp_path / "copy.db"
    stood = served.do("chair", "record.note", text="a")["seq"]
    with sqlite3.connect(file) as source, sqlite3.connect(copy) as to:
        source.backup(to)
    served.do("chair", "record.note", text="b")
    served.do("chair", "record.note", text="c")
    copy.replace(file) if how == "replaced" else file.unlink()
    for end in ("-wal", "-shm"):
        Path(f"{file}{end}").unlink(missing_ok=True)
    answer = served.post("chair", "record.note", {"text": "d"})
    log = served.log()
    if how == "deleted":
        assert answer.status_code == 503 and answer.json()["code"] == "store.unavailable"
        assert served.http.get(served.url + "/readyz", timeout=5).status_code == 503
        assert not file.exists(), "nothing new and empty was made in its place"
        copy.replace(file)
        answer = served.post("chair", "record.note", {"text": "d"})
    else:
        assert log.count("ANOTHER FILE STANDS WHERE THE DATABASE WAS") == 1
    assert answer.status_code == 200 and answer.json()["seq"] == stood + 1
    assert served.log().count("THE DATABASE HAS LOST ENTRIES") == 1
    served.stop()
    with sqlite3.connect(file) as now:
        rows = now.execute("SELECT count(*) FROM log WHERE meeting = ?", (served.meeting,)).fetchone()[0]
    assert rows == stood + 1
    exported = served.verb("export-log", "--meeting", served.meeting, "-o", str(tmp_path / "log.jsonl"))
    assert exported.returncode == 0, exported.stderr
