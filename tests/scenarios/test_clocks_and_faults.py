"""Scenarios about clocks that agree, and about servers that die in the middle of a meeting."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.hall import Hall


def remaining(view: dict[str, Any], at: float) -> float:
    """What a screen shows at a moment of the server's clock (seconds)."""
    floor = view["speakers"]["floor"]
    spent = floor["spoken"] + (at - floor["since"] / 1000 if "since" in floor else 0)
    return float(floor["seconds"] - spent)


def test_scenario_12_the_clock_is_the_same_on_every_screen(hall: Hall) -> None:
    hall.open()
    hall.do("AZE", "speakers.request_floor")
    hall.do("chair", "speakers.set_limit", seconds=420)
    first = hall.follow("room", "room")
    assert hall.next()[0] == 200
    hall.settle()
    time.sleep(1.2)
    late = hall.follow("follow")  # a screen that is reloaded in the middle
    hall.settle()
    server = hall.served.http.get(f"{hall.served.url}/api/v1/time", timeout=5).json()["now"] / 1000
    shown = [remaining(one.view, server) for one in (first, late)]
    assert shown[0] == shown[1]
    assert 410 < shown[0] < 419.5
    assert first.view["meeting"]["rules"]["warn_s"] == 30
    floor = hall.view()["speakers"]["floor"]
    assert floor["seconds"] == 420


def test_scenario_12_over_run_is_soft_and_recorded(hall: Hall) -> None:
    hall.open()
    hall.do("AZE", "speakers.request_floor")
    hall.do("chair", "speakers.set_limit", seconds=2)
    assert hall.next()[0] == 200
    follower = hall.follow()
    entry = hall.entry("AZE")
    time.sleep(3.3)
    assert hall.speaker() == "AZE", "a soft limit never stops anybody"
    hall.do("chair", "speakers.end", entry=entry)
    hall.settle()
    row = follower.view["speakers"]["lists"][str(hall.list["id"])]["heard"][str(entry)]
    assert row["spoken"] == 2 + row["over_run"]
    assert row["over_run"] in (1, 2)


def test_scenario_20_restart_and_reconnect(hall: Hall, restarted: Callable[[], None]) -> None:
    hall.open()
    for code in ("AZE", "UZB", "KAZ"):
        hall.do(code, "speakers.request_floor")
    assert hall.next()[0] == 200
    crowd = [hall.follow("follow") for _ in range(40)]
    chair = hall.follow("staff", "chair")
    sleeper = hall.follow("delegate", "KAZ")
    sleeper.wire.reset()  # type: ignore[union-attr]
    sleeper._lost()
    sleeper._again_at = time.monotonic() + 3600
    hall.crowd.followers.remove(sleeper)
    hall.do("chair", "meeting.suspend", until=int(time.time() * 1000) + 900_000)
    before = hall.view()
    restarted()
    assert hall.view() == before, "nothing lives only in memory"
    hall.crowd.at(hall.head(), 30)
    assert all(one.losses for one in [*crowd, chair])
    hall.do("secretary", "meeting.resume")
    hall.do("UZB", "roster.check_in", mode="remote")
    hall.settle()
    slept = sleeper.seq
    woken = time.monotonic()
    sleeper._again_at = 0.0
    hall.crowd.followers.append(sleeper)
    hall.settle()
    assert time.monotonic() - woken < 3
    assert sleeper.seq > slept
    assert sleeper.view == hall.view("delegate")
    entry = hall.entry("AZE")
    status, said = hall.act("chair", "speakers.pause", entry=entry + 999)
    assert (status, said["code"]) == (409, "speakers.stale")
    public = str(crowd[0].view)
    for secret in ("undoable", "channel", "link", "rank"):
        assert f"'{secret}'" not in public
