"""Old logs fold the same for ever, and every kind of event stands in one of them."""

from __future__ import annotations

from typing import Any

import pytest

from meetingsvc.core.history import History, fold
from meetingsvc.core.kernel import EVENTS
from meetingsvc.core.schema import plain
from tests.logs import HERE, thawed

LOGS = sorted(HERE.glob("*.jsonl"))


def differences(golden: Any, now: Any, path: str = "$") -> list[str]:
    """Where the state is no longer what it was; what was added since does not count."""
    if isinstance(golden, dict) and isinstance(now, dict):
        return [d for key in golden for d in differences(golden[key], now.get(key), f"{path}.{key}")]
    return [] if golden == now else [f"{path}: {golden!r} became {now!r}"]


@pytest.mark.parametrize("path", LOGS, ids=lambda p: p.stem)
def test_a_golden_log_folds_to_what_it_always_folded_to(path: Any) -> None:
    entries, golden = thawed(path)
    assert differences(golden, plain(fold(entries))) == []
    assert History.of(entries).state == fold(entries)


def test_every_kind_of_event_is_in_a_golden_log() -> None:
    names = {entry.event.wire for path in LOGS for entry in thawed(path)[0]}
    assert set(EVENTS) - names == set(), "freeze a log that holds them: python -m tests.logs NAME SEED LENGTH"
