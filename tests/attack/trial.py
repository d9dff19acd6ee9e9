"""One attack against one server with its followers: what was measured before, during and afterwards, as JSON.

`python -m tests.attack.trial NAME SETTINGS`. While a server rests after its attack the next is attacked: a lock on a
file is held from the start of the server to the end of the attack.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import requests

from tests.attack.people import Chair, Listener, Newcomer, Person
from tests.attack.prepared import served_copy
from tests.attack.storms import STORMS, Aim, Storm
from tests.load.bench.tools import start_load
from tests.support.running_service import ROOT, Json, RunningService

LISTENERS = 2


@dataclass(frozen=True)
class Settings:
    """Seconds before, during and after; `prepared` is the folder prepared; `attacker` the address it comes from."""

    prepared: str
    demo: Json
    followers: int = 200
    before: float = 4.0
    during: float = 10.0
    after: float = 30.0
    attacker: str = "127.0.0.66"

    def text(self) -> str:
        return json.dumps(asdict(self))


class Meter:
    """What the system says of the server's process: descriptors, KB of memory, bytes of log; None when it is gone."""

    def __init__(self, served: RunningService) -> None:
        self.served = served
        self.most_open = self.most_kb = 0
        self.ended = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def read(self) -> Json | None:
        try:
            count, kb = self.served.usage()
        except OSError:
            return None
        return {"open": count, "kb": kb, "log": (self.served.folder / "server.log").stat().st_size}

    def _watch(self) -> None:
        while not self.ended.wait(0.5):
            if now := self.read():
                self.most_open, self.most_kb = max(self.most_open, now["open"]), max(self.most_kb, now["kb"])


def trial(storm: Storm, to: Settings) -> Json:
    prepared = Path(to.prepared)
    with tempfile.TemporaryDirectory(prefix="attacked-") as name, contextlib.ExitStack() as at_the_end:
        with (prepared / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            served = served_copy(prepared, Path(name), to.demo, storm.descriptors)
            served.start()
            at_the_end.callback(_end, served)
            assert served.process is not None
            _visit(served)
            load = _followers(served, to, at_the_end)
            people: list[Person] = [Chair(served, 0.66), Chair(served, 0.66), Newcomer(served, 1.5)]
            people[1].keep = False  # type: ignore[attr-defined]
            time.sleep(1.5)
            listeners = [Listener(served, to.demo["quiet"]) for _ in range(LISTENERS)]
            for one in (*people, *listeners):
                one.start()
            time.sleep(to.before)
            meter = Meter(served)
            marks, numbers = [time.monotonic() - to.before], [meter.read()]
            attacker = _attack(storm, served, to)
            at_the_end.callback(attacker.kill)
            assert attacker.stdout is not None and attacker.stdin is not None
            marks.append(time.monotonic())
            attacker.stdout.readline()
            marks.append(time.monotonic())
            numbers.append(meter.read())
        time.sleep(to.after)
        marks.append(time.monotonic())
        numbers.append(meter.read())
        meter.ended.set()
        counts = json.loads(attacker.communicate("end", timeout=30)[0] or "{}")
        gaps = [max(one.gap(a, b) for one in listeners) for a, b in _spans(marks)]
        for one in (*people, *listeners):
            one.stop()
        load.kill()
        ended = served.process.poll() is not None
        return {
            "name": storm.name,
            "title": storm.title,
            "holds": storm.holds,
            "ended": ended,
            "press": [[_took(p.done, a, b) for p in people[:2]] for a, b in _spans(marks)],
            "newcomer": [_took(people[2].done, a, b) for a, b in _spans(marks)],
            "fails": [[p.fails, p.last] for p in people],
            "gaps": gaps,
            "cuts": sum(one.cuts for one in listeners),
            "numbers": numbers,
            "most": {"open": meter.most_open, "kb": meter.most_kb},
            "attacker": counts,
            "secrets": _secrets_told(served),
            "log_tail": served.log()[-400:],
        }


def _spans(marks: list[float]) -> list[tuple[float, float]]:
    return list(itertools.pairwise(marks))


def _took(done: list[tuple[float, float]], since: float, until: float) -> list[float]:
    return [round(seconds, 4) for due, seconds in done if since <= due < until]


def _visit(served: RunningService) -> None:
    """A busy minute beforehand: what a server learns once, and the room it takes for twenty at a time."""
    served.do("chair", "meeting.open")
    body, meeting, link = served.demo["body"], served.meeting, served.token("secretary")
    gets = (
        f"/b/{body}",
        f"/b/{body}.ics",
        f"/m/{meeting}",
        f"/m/{meeting}.ics",
        f"/join/{link}",
        f"/join/{'x' * 43}",
        f"/setup/{body}/import",
        f"/api/v1/meetings/{meeting}/state",
        "/healthz",
        "/readyz",
        "/nowhere",
    )
    posts = (f"/setup/{body}/import", f"/m/{meeting}/links", f"/join/{'x' * 43}")
    wrong = {"Authorization": f"Bearer {secrets.token_hex()}"}

    def visit(lang: str) -> None:
        with requests.Session() as http:
            for path in gets:
                http.get(served.url + path, headers={"Accept-Language": lang}, timeout=30)
            for path in posts:
                http.post(served.url + path, files={"file": ("x.csv", b"a,b\n" * 20_000)}, timeout=30)
            http.get(f"{served.url}/api/v1/meetings/{meeting}/state", headers=wrong, timeout=30)

    with ThreadPoolExecutor(20) as crowd:
        list(crowd.map(visit, ("en", "fr", "es", "ru", "zh", "ar") * 10))


def _followers(served: RunningService, to: Settings, at_the_end: contextlib.ExitStack) -> subprocess.Popen[str]:
    state = served.http.get(f"{served.url}/api/v1/meetings/{served.meeting}/state", timeout=30).json()
    body = {key: state[key] for key in ("meeting", "seq", "epoch", "chain")} | {"audience": "follow"}
    assert served.process is not None
    whole = to.before + to.during + to.after + 60
    process = start_load(
        served.port,
        served.process.pid,
        n=to.followers,
        follow=json.dumps(body),
        settle=1,
        hold=whole,
        broadcasts=0,
        bursts=0,
        acks=0,
    )
    at_the_end.callback(process.wait)
    at_the_end.callback(process.kill)
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line.startswith(f"connected {to.followers}/"), line
    return process


def _attack(storm: Storm, served: RunningService, to: Settings) -> subprocess.Popen[str]:
    aim = Aim(served.port, served.meeting, served.demo["body"], served.token("room"), to.attacker)
    words = [sys.executable, "-m", "tests.attack.storms", storm.name, str(to.during), aim.text()]
    return subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _secrets_told(served: RunningService) -> int:
    """How many of the links' secrets stand in what the server wrote."""
    tokens = served.demo["tokens"]
    written = served.log()
    return sum(1 for k, v in (tokens | tokens["delegates"]).items() if k != "delegates" and v in written)


def _end(served: RunningService) -> None:
    if served.process is not None and served.process.poll() is None:
        served.stop(signal.SIGKILL)


def main() -> int:
    print(json.dumps(trial(STORMS[sys.argv[1]], Settings(**json.loads(sys.argv[2])))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
