"""Long meetings with much taken back: what opening one costs, what an undo far back costs, and who waits meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import requests

from meetingsvc.core import order
from meetingsvc.core.commands.record import Undo
from meetingsvc.core.history import History, fold
from meetingsvc.core.kernel import Entry, Event
from meetingsvc.core.record import Undone
from meetingsvc.core.speakers.lists import LimitSet
from meetingsvc.core.speakers.requests import FloorRequested, Withdrawn
from meetingsvc.meetings import Meetings
from meetingsvc.store import meeting_index
from meetingsvc.store.engine import Database
from meetingsvc.store.event_log import codec
from meetingsvc.store.event_log.log import append
from tests.load.bench.bench_service import SECRETARY, BenchService
from tests.load.bench.table import Row, Table
from tests.load.bench.tools import ROOT, Http

LONG, FAR = 20_000, 500
ACTS = 200


class Script:
    """The entries of a meeting in the making, as they would have been written, without asking whether they may."""

    def __init__(self, log: list[Entry]) -> None:
        self.log, m = log, fold(log)
        self.list, self.who = next(iter(m.speakers.lists)), list(m.roster.delegations)

    def write(self, event: Event, role: str = "delegate") -> int:
        last = self.log[-1]
        self.log.append(Entry(last.seq + 1, last.seq + 1, last.at + 1000, role, role, event))
        return last.seq + 1

    def act(self, n: int) -> int:
        return self.write(LimitSet(self.list, "statement", 60 + n), "chair")

    def back(self, batch: int) -> int:
        return self.write(Undone(batch), "chair")

    def come_and_go(self, count: int) -> None:
        """So many entries of delegates who ask for the floor and withdraw."""
        for n in range(count // 2):
            who = self.who[n % len(self.who)]
            key = order.place("5", 1, self.log[-1].seq + 1)
            entry = self.write(FloorRequested(self.list, who, "statement", key))
            self.write(Withdrawn(entry, self.list, who))

    def at_the_end(self, length: int, undos: int) -> None:
        """Acts, then everything of the delegates, then all acts taken back, the last of them first."""
        acts = [self.act(n) for n in range(undos)]
        self.come_and_go(length - len(self.log) - undos)
        for batch in reversed(acts):
            self.back(batch)

    def now_and_then(self, length: int, undos: int) -> None:
        """Ten acts, then delegates, then the ten taken back; and so on."""
        rounds = undos // 10
        each = (length - len(self.log)) // rounds
        for _ in range(rounds):
            acts = [self.act(n) for n in range(10)]
            self.come_and_go(each - 20)
            for batch in reversed(acts):
                self.back(batch)


def add(table: Table) -> None:
    bench = BenchService()
    try:
        table.add(*many_undos(bench))
        for name, script in (("at its end", Script.at_the_end), ("now and then", Script.now_and_then)):
            meeting = _stored(bench, script)
            table.add(*opening(bench, meeting, name), far_undo(bench, meeting, name))
            table.add(waiting(bench, meeting, name))
    finally:
        bench.close()


def many_undos(bench: BenchService) -> list[Row]:
    """In the core alone, against the fold of as many entries none of which takes anything back."""
    log = codec.entries(bench.meetings.log.rows(bench.debate))
    base = len(log)
    script, plain = Script(list(log)), Script(list(log))
    for batch in reversed([script.act(n) for n in range(ACTS)]):
        script.back(batch)
    for n in range(2 * ACTS):
        plain.act(n)
    undone = min(_seconds(lambda: History.of(script.log)) for _ in range(5))
    folded = min(_seconds(lambda: fold(plain.log)) for _ in range(5))
    what = f"{ACTS} acts and their {ACTS} undos after {base} entries: open / fold of as many acts"
    shown = f"{undone / folded:.1f} ({undone * 1000:.0f} ms / {folded * 1000:.0f} ms)"
    return [Row(what, shown, "<= 5", undone / folded, 5)]


def opening(bench: BenchService, meeting: str, name: str) -> list[Row]:
    """CPU and memory of a process of its own, which has opened another meeting before."""
    words = [sys.executable, "-m", "tests.load.bench.history_rows", str(bench.file), bench.quiet, meeting]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    made = json.loads(done.stdout)
    what = f"{LONG} entries with {FAR} far undos {name}: "
    return [
        Row(f"{what}open, s of CPU", f"{made['cpu']:.2f}", "<= 3", made["cpu"], 3),
        Row(f"{what}memory at most, MB", f"{made['mb']:.0f}", "<= 100", made["mb"], 100),
    ]


def far_undo(bench: BenchService, meeting: str, name: str) -> Row:
    """The last act taken back and done again through `perform`, by a process that follows the meeting."""
    meetings = Meetings(bench.database)
    taken = []
    for _ in range(5):
        record = meetings.history(meeting).state.record
        act = record.undone.top or record.done.top
        assert act
        began = time.thread_time()
        meetings.perform(meeting, SECRETARY, [Undo(act.batch)])
        taken.append(time.thread_time() - began)
    what = f"{LONG} entries, {FAR} undos {name}: one undo far back through perform, s of CPU"
    return Row(what, f"{max(taken):.3f} (longest of {len(taken)})", "<= 0.5", max(taken), 0.5)


def waiting(bench: BenchService, meeting: str, name: str) -> Row:
    """What a chair in another meeting of the same server waits for presses while the long one is opened."""
    bench.start()
    base = f"{bench.served.url}/api/v1/meetings"
    token = bench.links.make(bench.quiet, "chair")[1]
    http, waits, opened = Http(bench.served.port), list[float](), list[float]()

    def press() -> None:
        seconds, status, answer = http.ask(bench.request(token, bench.quiet, "record.note", {"text": "press"}))
        assert status == 200, answer
        waits.append(seconds)
        time.sleep(0.15)  # as quick as one person may press

    def look() -> None:
        opened.append(time.perf_counter())
        assert requests.get(f"{base}/{meeting}/state", timeout=60).status_code == 200
        opened.append(time.perf_counter())

    for _ in range(15):
        press()
    usual = max(waits[5:])
    del waits[:]
    looking = threading.Thread(target=look)
    looking.start()
    while looking.is_alive():
        press()
    http.close()
    bench.served.stop()
    longest = 1000 * max(waits)
    what = f"{LONG} entries, {FAR} undos {name}: longest press of another meeting while it is opened, ms"
    shown = f"{longest:.0f} (before {usual * 1000:.0f}; {len(waits)} presses in {opened[1] - opened[0]:.2f} s)"
    return Row(what, shown, "<= 100", longest, 100)


def _stored(bench: BenchService, script: Any) -> str:
    """A meeting whose log is written as it stands."""
    meeting = bench.schedule()
    for code in ("AZE", "BOL", "CUB", "DJI", "EST", "FJI"):
        bench.act(meeting, "roster.accredit", kind="member", code=code)
    bench.act(meeting, "speakers.open_list")
    kept = bench.meetings.remembered(meeting)
    log = list(kept.history.entries())
    first = len(log)
    script(Script(log), LONG, FAR)

    def work(connection: Any) -> None:
        rows = append(connection, meeting, log[first:], kept.uid, kept.head)
        meeting_index.put(connection, meeting, kept.history.state, fold(log), rows[-1].hash)

    bench.database.write(work)
    return meeting


def _seconds(work: Any) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _open(file: str, other: str, meeting: str) -> None:
    meetings = Meetings(Database.open(f"sqlite:///{file}"))
    meetings.history(other)
    before, began = _most_mb(), time.process_time()
    meetings.history(meeting)
    cpu = time.process_time() - began
    print(json.dumps({"cpu": cpu, "mb": _most_mb() - before}))


def _most_mb() -> float:
    """The most that this process has held. What getrusage gives is the parent's, if that was more."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


if __name__ == "__main__":
    _open(*sys.argv[1:])
