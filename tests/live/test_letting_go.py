"""Whoever left is gone: no circle of objects waits for the collector, no task sleeps on for them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.live.test_long_polls import Poll
from tests.live.wire import Wire
from tests.support.running_service import ROOT, RunningService


@pytest.fixture
def services(tmp_path: Path) -> Any:
    made = RunningService(tmp_path)
    assert made.meeting
    with (tmp_path / "server.log").open("ab") as log:
        program = [sys.executable, "-m", "tests.live.watched", str(tmp_path / "asked")]
        made.process = subprocess.Popen(program, cwd=ROOT, env=made.env, stdout=log, stderr=log)
    made.wait_up()
    yield made
    made.stop()


def told(services: RunningService) -> dict[str, Any]:
    told = services.folder / "asked.told"
    told.unlink(missing_ok=True)
    (services.folder / "asked").touch()
    until = time.monotonic() + 20
    while not told.exists():
        assert time.monotonic() < until, services.log()
        time.sleep(0.05)
    found: dict[str, Any] = json.loads(told.read_text())
    return found


def come_and_go(services: RunningService, count: int) -> None:
    state = services.state("chair")
    body = {key: state[key] for key in ("meeting", "seq", "epoch", "chain")} | {"audience": "staff"}
    wires = [Wire(services.url, {"token": services.token("chair")}) for _ in range(count)]
    for wire in wires:
        assert wire.call("follow", body)["ok"]
    for wire in wires:
        wire.close()
    time.sleep(0.5)


def test_a_hundred_followers_that_left_leave_nothing(services: RunningService) -> None:
    come_and_go(services, 10)
    told(services)
    come_and_go(services, 100)
    found = told(services)
    assert found["garbage"] < 100, "less than one object for each"
    for kind in ("Socket", "EventletConnection", "WebSocketConnection", "Person", "Connection", "Reader"):
        assert found["alive"].get(kind, 0) <= 5, kind


def test_a_hundred_requests_leave_no_connection_behind(services: RunningService) -> None:
    def ask() -> None:
        for path in ("/", f"/m/{services.meeting}", f"/join/{'x' * 32}", "/nothing"):
            requests.get(services.url + path, timeout=10)

    ask()
    told(services)
    for _ in range(25):
        ask()
    found = told(services)  # what Flask leaves in circles is collected by now
    for kind in ("Connection", "Body", "Head", "Request"):
        assert found["alive"].get(kind, 0) <= 5, kind


def wait_and_go(services: RunningService, count: int) -> None:
    """Requests that wait; half of them are answered, the others go."""
    state = services.state()
    polls = [Poll(services, state, 1) for _ in range(count)]
    for poll in polls[::2]:
        poll.sock.close()
    assert {poll.answer()[0] for poll in polls[1::2]} == {204}
    time.sleep(1.5)


def test_a_hundred_that_waited_leave_nothing_behind(services: RunningService) -> None:
    wait_and_go(services, 10)
    told(services)
    wait_and_go(services, 100)
    found = told(services)
    assert found["garbage"] < 1_500, "what Flask leaves of each request, and no more"
    for kind in ("Connection", "LongPoll", "Body", "Head", "Request"):
        assert found["alive"].get(kind, 0) <= 5, kind
