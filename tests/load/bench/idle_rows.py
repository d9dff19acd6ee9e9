"""What it costs that many meetings are followed while nothing happens in any of them: one follower each.

Server CPU only: the followers read nothing and never keep the machine busy.
"""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
import time
from contextlib import closing
from pathlib import Path

from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.kernel import Actor
from meetingsvc.core.schema import read
from meetingsvc.meetings import Meetings
from meetingsvc.store.engine import Database
from tests.live.client import Wire
from tests.load.bench.table import Row, Table
from tests.load.bench.tools import CACHE
from tests.support.running_service import RunningService

FEW, MANY = 100, 1_000
#: Of each log, so that folding it again would be seen.
ENTRIES = 30
#: Seconds that are measured: three heads for each follower.
HELD = 13.5
SECRETARY = Actor("the-bench", "secretary")


def add(table: Table) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="idle-", dir=CACHE))
    try:
        meetings = _scheduled(folder, MANY)
        few, many = (_share(folder, meetings[:count]) for count in (FEW, MANY))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    ratio = (many / MANY) / (few / FEW)
    table.add(
        Row(f"idle CPU, {MANY} followed meetings, % of a core", f"{many:.1%} ({few:.1%} with {FEW})", "judge"),
        Row(f"idle CPU for each of {MANY} meetings against each of {FEW}", f"{ratio:.2f}x", "<= 1.2x", ratio, 1.2),
    )


def _scheduled(folder: Path, count: int) -> list[str]:
    plan = {
        "title": "A quiet meeting",
        "languages": ["en"],
        "zone": "UTC",
        "format": "hybrid",
        "sessions": [{"starts": "2031-09-19T09:00", "ends": "2031-09-19T21:00"}],
    }
    with closing(Database.open(f"sqlite:///{folder}/meetingsvc.db", patience_s=10)) as database:
        meetings, made = Meetings(database), list[str]()
        items = [read(COMMANDS["agenda.add_item"], {"title": f"Item {n} of the agenda"}) for n in range(ENTRIES)]
        for _ in range(count):
            made.append(meetings.create(SECRETARY, read(COMMANDS["meeting.schedule"], plan)))
            meetings.perform(made[-1], SECRETARY, items)
        return made


def _share(folder: Path, meetings: list[str]) -> float:
    """The share of a core that a server takes whose followers hear nothing but heads."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    served, wires = RunningService(folder, {"MEETINGSVC_ASYNC_MODE": "eventlet"}).start(), list[Wire]()
    try:
        for meeting in meetings:
            wires.append(Wire(served.url))
            answer = wires[-1].call("follow", {"meeting": meeting, "audience": "follow"})
            assert answer["ok"], answer
        time.sleep(3)
        assert served.process is not None
        before, began = _cpu(served.process.pid), time.monotonic()
        time.sleep(HELD)
        return (_cpu(served.process.pid) - before) / (time.monotonic() - began)
    finally:
        for wire in wires:
            wire.close()
        served.stop()


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
