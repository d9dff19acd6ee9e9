"""People at work with the real server over HTTP, and somebody who kills it again and again with SIGKILL.

Every client repeats a press with the same key until it is answered, as a phone does. Afterwards judge.py judges.
"""

from __future__ import annotations

import json
import random
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from meetingsvc.core.history import fold
from meetingsvc.store.engine import Database
from meetingsvc.store.event_log import codec
from meetingsvc.store.event_log.export import Exported, load
from meetingsvc.store.links import Links
from meetingsvc.views.view import view
from tests.chaos.judge import Press, Sighting, faults
from tests.support.running_service import RunningService

Json = dict[str, Any]

DELEGATES = 8
#: How long one press is repeated before the storm counts it as never answered.
PATIENCE_S = 60.0
AWAY = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


@dataclass(slots=True)
class Report:
    """What the storm was like and what was found."""

    kills: int = 0
    presses: list[Press] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    up_again: list[float] = field(default_factory=list)
    entries: int = 0
    faults: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        acknowledged = sum(press.status == 200 for press in self.presses)
        repeated = sum(press.tries > 1 for press in self.presses)
        return [
            f"{self.kills} SIGKILLs, {len(self.presses)} presses, {acknowledged} acknowledged, "
            f"{repeated} sent more than once, {sum(len(press.again) for press in self.presses)} asked again afterwards",
            f"{self.entries} entries, {len(self.sightings)} looks of screens, "
            f"up again after {max(self.up_again, default=0):.2f} s at most",
            *(self.faults or ["nothing acknowledged was lost or doubled, no gap, the chain verifies"]),
        ]


class Client:
    """One person with one link. `dice` decides what is pressed next."""

    def __init__(self, served: RunningService, token: str, grant: str, role: str, seed: str) -> None:
        self.api = f"{served.url}/api/v1/meetings/{served.meeting}"
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer {token}"
        self.grant, self.role, self.dice = grant, role, random.Random(seed)
        self.presses, self.sightings = list[Press](), list[Sighting]()
        self.highest = 0

    def work(self, stop: threading.Event) -> None:
        while not stop.is_set():
            seen = self.look()
            if seen is not None:
                name, body = self.choose(seen)
                self.press(name, body)
            time.sleep(self.dice.uniform(0.0, 0.05 if self.role in ("chair", "secretary") else 1.0))

    def look(self) -> Json | None:
        """The state, if the server is there."""
        try:
            answer = self.http.get(f"{self.api}/state", timeout=10)
        except AWAY:
            time.sleep(0.05)
            return None
        if answer.status_code != 200:
            return None
        state: Json = answer.json()
        self.sightings.append(Sighting(self.grant, state["seq"], state["chain"], time.monotonic()))
        assert state["seq"] >= self.highest, f"{self.role} was answered {self.highest} and reads {state['seq']}"
        return state

    def press(self, name: str, body: Json) -> None:
        """One act, repeated with its key until it is answered."""
        made = Press(self.grant, name, secrets.token_hex(16), time.monotonic())
        self.presses.append(made)
        while time.monotonic() - made.began < PATIENCE_S:
            made.tries += 1
            answer = self._send(name, body, made.key)
            if answer is not None and answer.status_code not in (429, 503):
                made.status, made.answer, made.ended = answer.status_code, answer.json(), time.monotonic()
                break
            time.sleep(self.dice.uniform(0.02, 0.2))
        if made.status == 200:
            self.highest = max(self.highest, made.answer["seq"])
            if self.dice.random() < 0.2 and (again := self._send(name, body, made.key)) is not None:
                made.again += [again.json()] if again.status_code == 200 else []

    def _send(self, name: str, body: Json, key: str) -> requests.Response | None:
        try:
            return self.http.post(
                f"{self.api}/commands/{name}", json=body, headers={"Idempotency-Key": key}, timeout=10
            )
        except AWAY:
            return None

    def choose(self, state: Json) -> tuple[str, Json]:
        if self.role == "delegate":
            mode = self.dice.choice(["in_room", "remote"])
            return self.dice.choice(
                [("speakers.request_floor", {})] * 4
                + [("roster.check_in", {"mode": mode}), ("roster.leave", {}), ("roster.set_mode", {"mode": mode})]
            )
        speakers = state["view"]["speakers"]
        waiting = [int(row) for lst in speakers["lists"].values() for row in lst.get("waiting", {})]
        floor = speakers.get("floor")
        instead = {"instead_of": floor["entry"]} if floor else {}
        acts: list[tuple[str, Json]] = [
            ("speakers.next", {**instead, "sure": True}),
            ("record.note", {"text": secrets.token_hex(200)}),
            ("speakers.inscribe", {"guest": {"name": "A guest", "post": "Professor"}, "channel": "paper"}),
            ("speakers.inscribe", {"delegation": self._anyone(state), "channel": "email"}),
            ("speakers.set_limit", {"seconds": self.dice.choice([120, 180, 300])}),
        ]
        if floor:
            pressed = self.dice.choice(["pause", "resume", "end"])
            acts.append((f"speakers.{pressed}", {"entry": floor["entry"]}))
        if len(waiting) > 1:
            acts.append(("speakers.move", {"entry": self.dice.choice(waiting), "before": self.dice.choice(waiting)}))
        undoable = state["view"].get("record", {}).get("undoable")
        if undoable:
            acts.append(("record.undo", {"batch": undoable["batch"]}))
        return self.dice.choice(acts)

    def _anyone(self, state: Json) -> int:
        return int(self.dice.choice(list(state["view"]["roster"]["delegations"])))


def storm(folder: Path, kills: int, seed: int, say: Callable[[str], None] = lambda _: None) -> Report:
    """The whole run on a new database in `folder`."""
    report, dice = Report(), random.Random(seed)
    served = RunningService(folder)
    clients = _clients(served, seed)
    served.start()
    with ExitStack() as at_the_end:
        at_the_end.callback(served.kill)
        for name, body in _opening(served):
            served.do("chair", name, **body)
        start = served.state("chair")["seq"]
        stop = threading.Event()
        failed: list[str] = []
        threads = [threading.Thread(target=_guarded, args=(client, stop, failed)) for client in clients]
        at_the_end.callback(stop.set)
        for thread in threads:
            thread.start()
        for n in range(kills):
            time.sleep(dice.uniform(0.2, 2.0))
            served.kill()
            time.sleep(dice.uniform(0.0, 0.3))
            began = time.monotonic()
            served.start()
            report.up_again.append(time.monotonic() - began)
            say(f"kill {n + 1} of {kills}: {sum(len(client.presses) for client in clients)} presses so far")
        time.sleep(1.0)
        stop.set()
        for thread in threads:
            thread.join(PATIENCE_S + 20)
        report.faults += failed + [f"{thread.name} hangs" for thread in threads if thread.is_alive()]
        state = served.state("chair", "staff")
        code = served.stop()
        report.faults += [] if code == 0 else [f"the server ended with {code}: {served.log()[-500:]}"]
    report.kills = kills
    report.presses = [press for client in clients for press in client.presses]
    report.sightings = [seen for client in clients for seen in client.sightings]
    _judge(served, report, state, start)
    return report


def _clients(served: RunningService, seed: int) -> list[Client]:
    codes = sorted(served.demo["tokens"]["delegates"])[:DELEGATES]
    people = [("chair", "chair"), ("secretary", "secretary"), *((code, "delegate") for code in codes)]
    with closing(Database.open(f"sqlite:///{served.folder}/meetingsvc.db")) as database:
        links = Links(database)
        grants = {who: links.find(served.token(who)) for who, _ in people}
    made = [(who, role, grants[who]) for who, role in people]
    return [Client(served, served.token(who), grant.id, role, f"{seed} {who}") for who, role, grant in made if grant]


def _opening(served: RunningService) -> list[tuple[str, Json]]:
    items = served.state("chair")["view"]["agenda"]["items"]
    return [("meeting.open", {}), ("agenda.take_up", {"item": min(map(int, items))})]


def _guarded(client: Client, stop: threading.Event, failed: list[str]) -> None:
    try:
        client.work(stop)
    except Exception as fault:
        failed.append(f"a client failed: {type(fault).__name__}: {fault}")


def _judge(served: RunningService, report: Report, state: Json, start: int) -> None:
    file = served.folder / "log.jsonl"
    for verb in (("export-log", "--meeting", served.meeting, "-o", str(file)), ("verify", str(file))):
        done = served.verb(*verb)
        if done.returncode:
            report.faults.append(f"{verb[0]}: {done.stdout} {done.stderr}")
            return
    log = load(file.read_bytes())
    report.entries = len(log.rows)
    report.faults += faults(log.rows, log.uid, report.presses, report.sightings, start)
    if _view(log) != state["view"]:
        report.faults.append("the chair's screen is not what the log tells")


def _view(log: Exported) -> Json:
    told: Json = json.loads(json.dumps(view(fold(codec.entries(log.rows)), log.people, "staff")))
    return told
