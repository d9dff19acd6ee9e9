"""replay: a general debate from the first speaker to the last, in a meeting of its own or in one that is there."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

from werkzeug.serving import make_server

from meetingsvc.app import create_app
from meetingsvc.cli import drivers
from meetingsvc.cli.drivers import LocalDriver
from meetingsvc.cli.replay_script import play
from meetingsvc.cli.setup import open_setup, secretary
from meetingsvc.config import Config
from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.schema import read
from meetingsvc.imports import read_delegations
from tests.cli.conftest import DEBATE, Run

Look = Callable[[str], Any]


def test_all_192_speak_in_the_order_of_the_rules(run: Run, look: Look) -> None:
    ran = run("replay", DEBATE, "--speed", "0")
    assert ran.code == 0 and "The list is exhausted: 192 statements." in ran.out
    found = re.search(r"/m/(\w{10})", ran.out)
    assert found is not None
    state = look(found[1])
    (heard,) = [row.heard.values() for row in state.speakers.lists.values() if row.item]
    rows = [state.roster.delegations[one.delegation] for one in sorted(heard, key=lambda one: one.ended_at)]
    assert len(rows) == 192 and state.speakers.floor is None
    ladder = state.meeting.adopted.rank_ladder
    order = [(row.kind != "member", ladder[row.rank]) for row in rows]
    assert order == sorted(order), "members by level, observers last"
    assert [row.code for row in rows][:3] == ["BRA", "USA", "COL"]


def test_a_replay_goes_on_where_it_was_stopped(run: Run, demo: dict[str, Any], look: Look, tmp_path: Path) -> None:
    few = tmp_path / "few.csv"
    few.write_text("Code,Speaker,Post\nKEN,A,President\nUGA,B,President\nRWA,C,President\nFRA,D,President\n")
    waited: list[float] = []
    with open_setup() as setup:
        meetings = LocalDriver(setup.meetings, demo["meeting"])
        lines = play(meetings, read_delegations(few), 60, waited.append)
        said = [next(lines) for _ in range(6)]
        assert said[:4] == [
            "1 delegation accredited.",
            "The meeting is open.",
            "Taken up: Adoption of the agenda.",
            "4 delegations inscribed.",
        ]
        setup.meetings.perform(demo["meeting"], secretary(), [read(COMMANDS["meeting.suspend"], {})])
        again = list(play(meetings, read_delegations(few), 60, waited.append))
    assert again[0] == "The meeting is open." and again[1] == "0 delegations inscribed."
    assert again[-1] == "The list is exhausted: 2 statements."
    assert all(300 * 0.6 / 60 <= one <= 300 * 1.15 / 60 for one in waited)
    state = look(demo["meeting"])
    (listed,) = [row for row in state.speakers.lists.values() if row.item]
    assert len(listed.heard) == 4 and not listed.waiting and listed.opened is False


def test_somebody_else_at_the_same_console_is_no_hindrance(demo: dict[str, Any], tmp_path: Path) -> None:
    few = tmp_path / "few.csv"
    few.write_text("Code\nKEN\nUGA\nRWA\n")
    with open_setup() as setup:
        meetings = LocalDriver(setup.meetings, demo["meeting"])
        original = meetings.act
        pressed: list[str] = []

        def act(name: str, body: dict[str, Any]) -> None:
            if name == "speakers.next" and not pressed:
                pressed.append(name)
                original(name, body)  # the chair was a moment faster
            original(name, body)

        meetings.act = act  # type: ignore[method-assign]
        said = list(play(meetings, read_delegations(few), 0))
    assert said[-1] == "The list is exhausted: 2 statements."


def test_what_cannot_be_played_is_said(run: Run, demo: dict[str, Any], tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("Code\nKEN\nKEN\n")
    assert "Line 3: Kenya is on line 2 already." in run("replay", str(wrong), "--meeting", demo["meeting"]).err
    assert "The list has errors" in run("replay", str(wrong)).err
    assert "There is no meeting" in run("replay", DEBATE, "--meeting", "nope").err
    assert "together" in run("replay", DEBATE, "--url", "http://127.0.0.1:1").err
    assert run("replay", DEBATE, "--speed", "-1").code == 2
    with open_setup() as setup:
        setup.meetings.perform(demo["meeting"], secretary(), [read(COMMANDS["meeting.close"], {})])
    assert "The meeting is closed" in run("replay", DEBATE, "--meeting", demo["meeting"]).err


def test_a_replay_over_http(folder: Path, tmp_path: Path, run: Run, look: Look, monkeypatch: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("MEETINGSVC_PORT", str(port))
    monkeypatch.setenv("MEETINGSVC_ASYNC_MODE", "threading")
    demo = json.loads(run("demo", "--json").out)
    few = tmp_path / "few.csv"
    few.write_text("Code,Post\nKEN,President\nFRA,President\n,\nEU,President\n")
    app = create_app(Config.load())
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    here = ("replay", str(few), "--speed", "0", "--meeting", demo["meeting"], "--url", demo["url"], "--link")
    try:
        played = run(*here, f"{demo['url']}/join/{demo['tokens']['chair']}")
        again = run(*here, demo["tokens"]["secretary"])
        delegate = run(*here, demo["tokens"]["delegates"]["KEN"])
        nobody = run(*here, "not-a-secret")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["meetingsvc"].meetings.database.close()
    assert played.code == 0 and "The list is exhausted: 3 statements." in played.out, played
    assert again.out.splitlines() == ["0 delegations inscribed.", "The list is exhausted: 0 statements."]
    assert delegate.code == nobody.code == 1
    assert delegate.err.startswith("The server refuses: ") and nobody.err.startswith("The server refuses: ")
    (listed,) = [row for row in look(demo["meeting"]).speakers.lists.values() if row.item]
    assert len(listed.heard) == 3


def test_a_server_that_is_not_there(run: Run, demo: dict[str, Any], monkeypatch: Any) -> None:
    monkeypatch.setattr(drivers, "PATIENCE_S", 0.1)
    here = ("replay", DEBATE, "--meeting", demo["meeting"], "--link", "x", "--url")
    ran = run(*here, "http://127.0.0.1:9")
    assert ran.code == 1 and "cannot be reached" in ran.err
    assert "is no address of a server" in run(*here, "file:///etc/passwd").err
