"""The bounds of `make attack`: a run in which nothing was noticed misses none, and each kind of harm is named."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest

from tests.attack import table
from tests.support.running_service import Json

WELL: Json = {
    "title": "an attack",
    "holds": True,
    "ended": False,
    "press": [[[0.01] * 20, [0.02] * 20]] * 3,
    "newcomer": [[0.1], [0.2], [0.1]],
    "fails": [[0, ""]] * 3,
    "gaps": [4.6, 4.7, 4.5],
    "numbers": [{"open": 220, "kb": 100_000, "log": 80}, None, {"open": 235, "kb": 109_000, "log": 900}],
    "most": {"open": 320, "kb": 120_000},
    "secrets": 0,
    "attacker": {"opened": 500, "cut": 500, "sent": 10_000, "cpu": 0.2, "still_open": 0},
}


def test_nothing_is_missed_where_nobody_noticed() -> None:
    assert table.missed(WELL) == []
    assert table.row(WELL)[:4] == ["an attack", "10/20", "10/20", "10/20"]
    assert "220 > 320 > 235" in table.text([WELL], "title")


HARM: dict[str, tuple[Callable[[Json], object], str]] = {
    "late during": (lambda r: r["press"].__setitem__(1, [[0.01] * 60, [1.2]]), "a press took 1.2 s at p99 during"),
    "late afterwards": (lambda r: r["press"].__setitem__(2, [[1.5], []]), "a press took 1.5 s at p99 afterwards"),
    "no press": (lambda r: r["press"].__setitem__(2, [[], []]), "nobody could press afterwards"),
    "a newcomer waits": (lambda r: r["newcomer"].__setitem__(2, [9.0]), "a newcomer waited 9.0 s ()"),
    "no newcomer": (lambda r: r["newcomer"].__setitem__(slice(None), [[], [], []]), "a newcomer waited nan s ()"),
    "silence": (lambda r: r["gaps"].__setitem__(1, 8.2), "a follower heard no head for 8.2 s"),
    "descriptors": (lambda r: r["numbers"][2].update(open=260), "descriptors went from 220 to 260"),
    "memory": (lambda r: r["numbers"][2].update(kb=111_000), "memory in KB went from 100000 to 111000"),
    "log": (lambda r: r["numbers"][2].update(log=80_000), "79920 bytes of log"),
    "a secret": (lambda r: r.update(secrets=1), "1 secrets of links stand in the log"),
    "held": (lambda r: r["attacker"].update(still_open=3), "3 connections are still open"),
    "the end": (lambda r: r.update(ended=True), "the server ended"),
    "gone": (lambda r: r["numbers"].__setitem__(2, None), "the server ended"),
    "idle attacker": (lambda r: r.update(attacker={}), "nobody attacked"),
}


@pytest.mark.parametrize("name", HARM)
def test_each_kind_of_harm_is_named(name: str) -> None:
    harm, said = HARM[name]
    result = deepcopy(WELL)
    harm(result)
    assert said in table.missed(result)
    assert len(table.row(result)) == len(table.HEADS)
