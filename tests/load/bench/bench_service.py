"""A meeting of real size for the bench: the 192 speakers of the general debate, inscribed, on a file of its own."""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

from meetingsvc.cli.drivers import LocalDriver
from meetingsvc.cli.replay_script import prepare
from meetingsvc.core.kernel import Actor
from meetingsvc.imports import read_delegations
from meetingsvc.meetings import Meetings
from meetingsvc.store.engine import Database
from meetingsvc.store.links import Links
from tests.load.bench.tools import CACHE, ROOT, Http, median
from tests.support.making import command, scheduled
from tests.support.running_service import RunningService

Json = dict[str, Any]

CSV = ROOT / "tests" / "data" / "unga78_general_debate.csv"
SECRETARY = Actor("the-bench", "secretary")


class BenchService:
    """One database, one server. `debate` has everybody inscribed; `quiet` is another meeting, where nothing happens."""

    def __init__(self) -> None:
        CACHE.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="bench-", dir=CACHE))  # the disk that the product would use
        self.served = RunningService(self.folder, {"MEETINGSVC_ASYNC_MODE": "eventlet"})
        self.file = self.folder / "meetingsvc.db"
        self.database = Database.open(f"sqlite:///{self.file}", patience_s=10)
        self.meetings, self.links = Meetings(self.database), Links(self.database)
        self.report = read_delegations(CSV)
        self.debate, self.quiet = self.schedule(), self.schedule()
        for _ in prepare(LocalDriver(self.meetings, self.debate), self.report):
            pass
        self.chair = self.links.make(self.debate, "chair")[1]

    def schedule(self) -> str:
        day = [{"starts": "2023-09-19T09:00", "ends": "2023-09-19T21:00"}]
        return scheduled(self.meetings, SECRETARY, title="General debate", zone="UTC", sessions=day)

    def act(self, meeting: str, name: str, /, **body: Any) -> int:
        return self.meetings.perform(meeting, SECRETARY, [command(name, **body)]).seq

    def start(self) -> tuple[int, int]:
        """(port, pid) of the server."""
        self.served.start()
        assert self.served.process is not None
        return self.served.port, self.served.process.pid

    def stand(self, meeting: str, audience: str = "follow") -> Json:
        """The body of a `follow` from where the meeting stands now."""
        state = self.served.http.get(f"{self.served.url}/api/v1/meetings/{meeting}/state", timeout=30).json()
        return {key: state[key] for key in ("meeting", "seq", "epoch", "chain")} | {"audience": audience}

    def request(self, token: str, meeting: str, name: str, body: Json) -> bytes:
        head = {"Authorization": f"Bearer {token}", "Idempotency-Key": secrets.token_hex(16)}
        return Http.post(self.served.port, f"/api/v1/meetings/{meeting}/commands/{name}", body, head)

    def bare_commits(self, count: int) -> list[float]:
        """Seconds for each commit of the rows that the last command wrote, with nothing around them."""
        raw = sqlite3.connect(self.file, timeout=10, isolation_level=None)
        raw.row_factory = sqlite3.Row
        raw.execute("PRAGMA synchronous=FULL")
        rows = {
            table: dict(raw.execute(f"SELECT * FROM {table} ORDER BY rowid DESC LIMIT 1").fetchone())
            for table in ("log", "answers")
        }
        statements = {
            table: f"INSERT INTO {table} ({', '.join(map(_quoted, row))}) VALUES ({', '.join('?' * len(row))})"
            for table, row in rows.items()
        }
        taken = []
        for n in range(count):
            rows["log"] |= {"meeting": f"bench{secrets.token_hex(2)}", "seq": n + 1}
            rows["answers"] |= {"meeting": "bench", "key": secrets.token_hex(8)}
            began = time.perf_counter()
            raw.execute("BEGIN IMMEDIATE")
            for table, row in rows.items():
                raw.execute(statements[table], tuple(row.values()))
            raw.execute("UPDATE meeting_index SET seq = seq WHERE id = ?", (self.debate,))
            raw.execute("COMMIT")
            taken.append(time.perf_counter() - began)
        raw.execute("DELETE FROM log WHERE meeting LIKE 'bench%'")
        raw.execute("DELETE FROM answers WHERE meeting = 'bench'")
        raw.close()
        return taken

    def bare_commit(self) -> float:
        return median(self.bare_commits(60))

    def close(self) -> None:
        self.served.stop()
        self.database.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Chair:
    """Presses "Next speaker" over one keep-alive connection, as a chair whose screen is up to date."""

    def __init__(self, bench: BenchService) -> None:
        self.bench, self.http = bench, Http(bench.served.port)
        self.floor: int | None = None

    def next(self) -> tuple[float, float]:
        """(wall time of the press, seconds to the acknowledgement)."""
        body = {"sure": True} | ({} if self.floor is None else {"instead_of": self.floor})
        request = self.bench.request(self.bench.chair, self.bench.debate, "speakers.next", body)
        pressed = time.time()
        seconds, status, answer = self.http.ask(request)
        if status != 200:
            raise RuntimeError(f"next: {status} {answer[:200]!r}")
        given = [s for s in json.loads(answer)["said"] if s["code"] == "speakers.floor_given"]
        self.floor = given[-1]["facts"]["entry"]
        return pressed, seconds


def _quoted(column: str) -> str:
    return f'"{column}"'
