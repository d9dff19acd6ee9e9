"""The forecast, by the same cases as static/js/forecast.js, and by the numbers of a real day."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from meetingsvc.views.forecast import Turn, agenda_forecast, list_forecast

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "forecast_cases.json").read_text("utf-8")
)


def _shared(turn: Turn) -> dict[str, int]:
    row = asdict(turn)
    return {"place": row["place"], "at": row["at"], "from": row["start"], "to": row["to"]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    found = list_forecast(case["view"], case["list"], case["now"])
    plain = None
    if found is not None:
        turns = {entry: _shared(turn) for entry, turn in found.turns.items()}
        plain = {"turns": turns, "next": _shared(found.next), "end": found.end}
    assert plain == case["expected"]["list"]
    assert agenda_forecast(case["view"], case["now"]) == case["expected"]["agenda"]


def test_the_numbers_of_a_list_that_does_not_finish() -> None:
    """20 speakers of five minutes and three to change: 160 minutes. Later 7 more at the measured 646 s: 75 minutes."""
    by_name = {case["name"]: case for case in CASES}
    planned = next(case for name, case in by_name.items() if name.startswith("twenty speakers"))
    measured = next(case for name, case in by_name.items() if name.startswith("after five"))
    for case, minutes in ((planned, 160), (measured, 75)):
        found = list_forecast(case["view"], case["list"], case["now"])
        assert found is not None
        assert (found.end - case["now"]) // 60_000 == minutes


def test_turns_come_one_after_the_other() -> None:
    for case in CASES:
        found = list_forecast(case["view"], case["list"], case["now"])
        if found is None:
            continue
        times = [turn.at for turn in found.turns.values()]
        assert times == sorted(times)
        assert all(turn.start <= turn.at <= turn.to for turn in found.turns.values())
