"""Scenarios about clocks that agree, and about servers that die in the middle of a meeting."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.support.served_scenario import ServedScenario


def remaining(view: dict[str, Any], at: float) -> float:
    """What a screen shows at a moment of the server's clock (seconds)."""
    floor = view["speakers"]["floor"]
    spent = floor["spoken"] + (at - floor["since"] / 1000 if "since" in floor else 0)
    return float(floor["seconds"] - spent)


def test_scenario_12_the_clock_is_the_same_on_every_screen(scenario: ServedScenario) -> None:
    scenario.open()
    scenario.do("AZE", "speakers.request_floor")
    scenario.do("chair", "speakers.set_limit", seconds=420)
    first = scenario.follow("room", "room")
    assert scenario.next()[0] == 200
    scenario.settle()
    time.sleep(1.2)
    late = scenario.follow("follow")  # a screen that is reloaded in the middle
    scenario.settle()
    server = scenario.served.http.get(f"{scenario.served.url}/api/v1/time", timeout=5).json()["now"] / 1000
    shown = [remaining(one.view, server) for one in (first, late)]
    assert shown[0] == shown[1]
    assert 410 < shown[0] < 419.5
    assert first.view["meeting"]["rules"]["warn_s"] == 30
    floor = scenario.view()["speakers"]["floor"]
    assert floor["seconds"] == 420


def test_scenario_12_over_run_is_soft_and_recorded(scenario: ServedScenario) -> None:
    scenario.open()
    scenario.do("AZE", "speakers.request_floor")
    scenario.do("chair", "speakers.set_limit", seconds=2)
    assert scenario.next()[0] == 200
    follower = scenario.follow()
    entry = scenario.entry("AZE")
    time.sleep(3.3)
    assert scenario.speaker() == "AZE", "a soft limit never stops anybody"
    scenario.do("chair", "speakers.end", entry=entry)
    scenario.settle()
    row = follower.view["speakers"]["lists"][str(scenario.list["id"])]["heard"][str(entry)]
    assert row["spoken"] == 2 + row["over_run"]
    assert row["over_run"] in (1, 2)


def test_scenario_20_restart_and_reconnect(scenario: ServedScenario, restarted: Callable[[], None]) -> None:
    scenario.open()
    for code in ("AZE", "UZB", "KAZ"):
        scenario.do(code, "speakers.request_floor")
    assert scenario.next()[0] == 200
    crowd = [scenario.follow("follow") for _ in range(40)]
    chair = scenario.follow("staff", "chair")
    sleeper = scenario.follow("delegate", "KAZ")
    sleeper.wire.reset()  # type: ignore[union-attr]
    sleeper._lost()
    sleeper._again_at = time.monotonic() + 3600
    scenario.crowd.followers.remove(sleeper)
    scenario.do("chair", "meeting.suspend", until=int(time.time() * 1000) + 900_000)
    before = scenario.view()
    restarted()
    assert scenario.view() == before, "nothing lives only in memory"
    scenario.crowd.at(scenario.head(), 30)
    assert all(one.losses for one in [*crowd, chair])
    scenario.do("secretary", "meeting.resume")
    scenario.do("UZB", "roster.check_in", mode="remote")
    scenario.settle()
    slept = sleeper.seq
    woken = time.monotonic()
    sleeper._again_at = 0.0
    scenario.crowd.followers.append(sleeper)
    scenario.settle()
    assert time.monotonic() - woken < 3
    assert sleeper.seq > slept
    assert sleeper.view == scenario.view("delegate")
    entry = scenario.entry("AZE")
    status, said = scenario.act("chair", "speakers.pause", entry=entry + 999)
    assert (status, said["code"]) == (409, "speakers.stale")
    public = str(crowd[0].view)
    for secret in ("undoable", "channel", "link", "rank"):
        assert f"'{secret}'" not in public
