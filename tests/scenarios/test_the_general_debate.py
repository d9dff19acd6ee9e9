"""The general debate of 2023, 192 real speakers: everybody presses at once, and everybody sees the same to the end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import requests

from meetingsvc.core.history import History
from meetingsvc.store.event_log import codec
from meetingsvc.store.event_log.export import Exported, load
from meetingsvc.views.view import view
from tests.live.wire import Follower
from tests.support.running_service import ROOT, Json
from tests.support.served_scenario import ServedScenario

DEBATE = ROOT / "tests" / "data" / "unga78_general_debate.csv"
#: Who follows, with which link: (audience, whose, how many).
SEATS = (
    ("follow", None, 140),
    ("delegate", "KAZ", 30),
    ("room", "room", 15),
    ("staff", "chair", 10),
    ("booth", "chair", 5),
)


class Watching(Follower):
    """A follower that compares each view with its neighbours' instead of keeping all of its own."""

    together: dict[tuple[str, int], Json]

    def _stand(self, seq: int, chain: str) -> None:
        self.seq, self.chain = seq, chain
        first = self.together.setdefault((self.audience, seq), self.view)
        assert first == self.view, f"two screens of {self.audience} differ at {seq}"
        self.view = first
        self.seen[seq] = (chain, {})


def exported(scenario: ServedScenario, folder: Path) -> Exported:
    file = folder / "debate.jsonl"
    made = scenario.served.verb("export-log", "--meeting", scenario.served.meeting, "-o", str(file))
    assert made.returncode == 0, made.stderr
    checked = scenario.served.verb("verify", str(file))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    return load(file.read_bytes())


def views(log: Exported) -> Iterator[tuple[int, Any, History]]:
    """(seq, chain, history) at the end of each batch of an exported log."""
    history = History()
    entries = codec.entries(log.rows)
    for _, batch in groupby(entries, key=lambda entry: entry.batch):
        history = history.add(tuple(batch))
        seq = history.state.seq
        yield seq, log.rows[seq - 1].hash[:12], history


@pytest.mark.timeout(600)
def test_two_hundred_followers_see_what_the_log_tells_at_every_seq(scenario: ServedScenario, tmp_path: Path) -> None:
    together: dict[tuple[str, int], Json] = {}
    for audience, whose, count in SEATS:
        for _ in range(count):
            token = scenario.served.token(whose) if whose else None
            one = Watching(scenario.served.url, scenario.served.meeting, audience, token)
            one.together = together
            scenario.crowd.followers.append(one.start())
    words = ["replay", str(DEBATE), "--meeting", scenario.served.meeting, "--url", scenario.served.url, "--speed", "0"]
    words += ["--link", scenario.served.token("secretary")]
    with (tmp_path / "replay.log").open("w") as log:
        playing = subprocess.Popen(
            [sys.executable, "-m", "meetingsvc", *words], cwd=ROOT, env=scenario.served.env, stdout=log, stderr=log
        )
        scenario.crowd.run(lambda: playing.poll() is not None, 400, "the replay did not end")
    said = (tmp_path / "replay.log").read_text()
    assert playing.returncode == 0, said[-2000:]
    assert "192 statements" in said
    scenario.settle(60)
    told = exported(scenario, tmp_path)
    audiences = {audience for audience, *_ in SEATS}
    met = 0
    for seq, chain, history in views(told):
        for audience in audiences:
            if (audience, seq) in together:
                met += 1
                assert together[audience, seq] == view(history.state, told.people, audience), (audience, seq)
        for one in scenario.crowd.followers:
            assert one.seen.get(seq, (chain,))[0] in ("", chain), "a head that was told is not in the chain"
    assert met == len(together), "a screen stood where no batch ends"
    assert met > 192 * len(audiences)


def test_sixty_delegations_press_at_the_same_instant(scenario: ServedScenario) -> None:
    made = scenario.served.verb(
        "import-delegations", str(DEBATE), "--meeting", scenario.served.meeting, "--skip-present"
    )  # the list of the debate, beside those of the demo
    assert made.returncode == 0, made.stdout + made.stderr
    scenario.open()
    rows = scenario.view()["roster"]["delegations"]
    codes = [row["code"] for row in rows.values() if row["code"] not in scenario.served.demo["tokens"]["delegates"]][
        :60
    ]
    tokens = {code: link(scenario, code) for code in codes}
    followers = [
        scenario.follow(audience, who) for audience, who in (("follow", None), ("room", "room")) for _ in range(5)
    ]
    gate = Barrier(60)

    def press(code: str) -> Json:
        with requests.Session() as http:
            http.get(f"{scenario.served.url}/healthz", timeout=30)
            gate.wait()
            answer = http.post(
                f"{scenario.served.url}/api/v1/meetings/{scenario.served.meeting}/commands/speakers.request_floor",
                json={},
                timeout=30,
                headers={"Authorization": f"Bearer {tokens[code]}", "Idempotency-Key": f"press-of-{code}"},
            )
        assert answer.status_code == 200, answer.text
        done: Json = answer.json()
        return done

    with ThreadPoolExecutor(60) as pool:
        places = [done["seq"] for done in pool.map(press, codes)]
    assert len(set(places)) == 60
    scenario.settle()
    order = scenario.waiting()
    assert sorted(order) == sorted(codes)
    for one in followers:
        assert scenario.waiting(one.view | {"roster": scenario.view()["roster"]}) == order


def test_fifty_repeats_of_one_press_are_one_press(scenario: ServedScenario) -> None:
    scenario.open()
    before = scenario.head()
    gate = Barrier(50)

    def press(_: int) -> tuple[int, str]:
        gate.wait()
        answer = requests.post(
            f"{scenario.served.url}/api/v1/meetings/{scenario.served.meeting}/commands/speakers.request_floor",
            json={},
            timeout=30,
            headers={"Authorization": f"Bearer {scenario.served.token('KAZ')}", "Idempotency-Key": "one-press"},
        )
        return answer.status_code, answer.text

    with ThreadPoolExecutor(50) as pool:
        answers = set(pool.map(press, range(50)))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 200
    assert scenario.head() == before + 1
    other = scenario.served.post("KAZ", "speakers.request_floor", {"kind": "point_of_order"}, key="one-press")
    assert (other.status_code, other.json()["code"]) == (409, "act.key_reused")


def link(scenario: ServedScenario, code: str) -> str:
    words = ["--meeting", scenario.served.meeting, "--role", "delegate", "--delegation", code]
    made = scenario.served.verb("links", "make", *words)
    assert made.returncode == 0, made.stderr
    return made.stdout.split("/join/")[1].split()[0]
