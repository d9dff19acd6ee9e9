"""Mistakes that nobody may make unnoticed: each is made here, and the test that is there for it must fail."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

import pytest

from meetingsvc.core import decide, time_in_session
from meetingsvc.core.commands.speakers import floor
from tests.core import test_meeting, test_speakers, test_undo

AGAIN = "at if ran or again_since is None else again_since"
#: (what is wrong then, the function, what stands there, what stands there instead, the test that sees it)
MUTANTS: list[tuple[str, Any, str, str, Callable[[], None]]] = [
    (
        "seconds are rounded up",
        floor.ending,
        "row.spent(now) // 1000",
        "-(-row.spent(now) // 1000)",
        test_speakers.test_seconds_spoken_are_whole_seconds_that_have_passed,
    ),
    (
        "over-run is counted below zero",
        floor.ending,
        "max(0, spoken - row.seconds)",
        "spoken - row.seconds",
        test_speakers.test_seconds_spoken_are_whole_seconds_that_have_passed,
    ),
    (
        "entries are written with the clock as it is",
        decide.decide,
        "at = max(now, m.at)",
        "at = now",
        test_meeting.test_a_clock_that_was_set_back_takes_no_time_back,
    ),
    (
        "commands are decided by the clock as it is",
        decide.decide,
        "cmd.decide(m, actor, at)",
        "cmd.decide(m, actor, now)",
        test_meeting.test_a_clock_that_was_set_back_takes_no_time_back,
    ),
    (
        "a floor that did not stand is spoken from",
        decide._clocks,
        f"floor.since, {AGAIN}",
        "floor.since, at",
        test_undo.test_no_time_counts_while_the_meeting_rested_or_an_act_did_not_stand,
    ),
    (
        "an item that did not stand is considered",
        decide._clocks,
        f"item.started_at, {AGAIN}",
        "item.started_at, at",
        test_undo.test_an_item_taken_up_again_was_not_considered_while_it_was_taken_back,
    ),
    (
        "who speaks all along loses time by a redo",
        decide._clocks,
        f"floor.since, {AGAIN}",
        "floor.since, at if again_since is None else again_since",
        test_undo.test_clocks_that_ran_all_along_are_not_touched_by_what_is_done_again,
    ),
    (
        "what was spoken before is forgotten",
        decide._clocks,
        "spoken = floor.spoken_ms + ",
        "spoken = ",
        test_undo.test_what_was_spoken_before_a_pause_is_kept_beside_a_rest,
    ),
    (
        "rests are spoken through",
        time_in_session.ms_in_session,
        "if sits",
        "",
        test_undo.test_an_hour_of_suspension_is_not_spoken_by_whom_a_further_undo_brings_back,
    ),
    (
        "a session counts from its beginning",
        time_in_session.ms_in_session,
        "max(at, since)",
        "at",
        test_undo.test_no_time_counts_while_the_meeting_rested_or_an_act_did_not_stand,
    ),
    (
        "an undone suspension goes on",
        time_in_session.session_turns,
        "now, became = acts[event.batch]",
        "became, now = acts[event.batch]",
        test_undo.test_two_rests_and_an_adjournment_in_between_are_nobodys_time,
    ),
]


def mutated(right: FunctionType, there: str, instead: str) -> CodeType:
    source = textwrap.dedent(inspect.getsource(right))
    assert source.count(there) == 1, f"{there!r} no longer stands once in {right.__name__}: mend this table"
    made: dict[str, Any] = {}
    exec(f"from __future__ import annotations\n{source.replace(there, instead)}", dict(right.__globals__), made)
    code: CodeType = made[right.__name__].__code__
    return code


@pytest.mark.parametrize(("right", "there", "instead", "caught"), [m[1:] for m in MUTANTS], ids=[m[0] for m in MUTANTS])
def test_a_mistake_is_caught(
    right: FunctionType, there: str, instead: str, caught: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    caught()
    monkeypatch.setattr(right, "__code__", mutated(right, there, instead))
    with pytest.raises(AssertionError):
        caught()
