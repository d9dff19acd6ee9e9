"""The view: a snapshot and the changes since always make the next snapshot, and audiences are kept apart."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetingsvc.core.history import fold
from meetingsvc.core.roles import AUDIENCES
from meetingsvc.views.merge_patch import apply_patch, merge_patch
from meetingsvc.views.view import said, view
from tests.support.any_meeting import walk
from tests.support.story import Story, asked
from tests.support.story import given as a_meeting

INSIDE = ("staff", "delegate", "booth")
SEEDS = st.integers(0, 10**9)


def nulls_and_growing(value: Any, path: str = "$") -> list[str]:
    if value is None:
        return [path]
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in nulls_and_growing(inner, f"{path}.{key}")]
    return []


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_snapshot_and_changes_make_the_next_snapshot_for_every_audience(seed: int) -> None:
    held: dict[str, Any] = {}

    def watch(story: Story) -> None:
        for audience in AUDIENCES:
            fresh = view(story.m, story.environment.names, audience)
            assert nulls_and_growing(fresh) == []
            if audience in held:
                patch = json.loads(json.dumps(merge_patch(held[audience], fresh)))
                assert apply_patch(held[audience], patch) == fresh
            held[audience] = fresh

    walk(seed, 50, watch=watch)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_a_view_is_a_function_of_the_log_alone(seed: int) -> None:
    story = walk(seed, 40)
    again = fold(story.log)
    for audience in AUDIENCES:
        assert view(again, story.environment.names, audience) == view(story.m, story.environment.names, audience)


CANARIES = {
    "canary-hidden-title": ("staff",),
    "canary-link": INSIDE,
    "canary-name": INSIDE,
    "canary-post": INSIDE,
    "canary-name-never": ("staff",),
    "canary-note": ("staff",),
    '"channel"': ("staff",),
    '"undoable"': ("staff",),
    '"rank"': INSIDE,
}


@pytest.mark.parametrize("seed", range(25))
def test_what_an_audience_may_not_see_is_never_in_its_bytes(seed: int) -> None:
    seen: dict[str, str] = defaultdict(str)
    called: set[str] = set()
    before = {"m": None}

    def watch(story: Story) -> None:
        hidden = all(item.hidden for item in story.m.agenda.items.values() if "canary" in json.dumps(item.title))
        floor = story.m.speakers.floor
        rows = [floor, *story.m.speakers.held.values()] if floor else list(story.m.speakers.held.values())
        called.update(str(row.delegation) for row in rows if row)
        for audience in AUDIENCES:
            shown = view(story.m, story.environment.names, audience)
            if audience not in INSIDE:
                for part in ("floor", "held"):
                    shown["speakers"].pop(part, None)  # a name is public once somebody is called
                for row in shown["speakers"]["lists"].values():
                    for statement in row.get("heard", {}).values():
                        statement.pop("speaker", None)
            text = json.dumps(shown)
            if story.last and before["m"] is not None:
                text += json.dumps(said(before["m"], story.m, story.last, audience))
            if audience != "staff" and not hidden:
                text = text.replace("canary-hidden-title", "")
            seen[audience] += text
        before["m"] = story.m  # type: ignore[assignment]

    walk(seed, 40, watch=watch)
    for canary, allowed in CANARIES.items():
        for audience in AUDIENCES:
            if audience not in allowed:
                assert canary not in seen[audience], f"{audience} was sent {canary}"


def test_a_speakers_name_is_public_once_called() -> None:
    story = a_meeting("CUB")
    speaker = {"name": "A. Speaker", "post": "Minister"}
    story.given("roster.set_speaker", delegation=story.known["CUB"], speaker=speaker)
    asked(story, "CUB")
    assert "A. Speaker" not in json.dumps(view(story.m, story.environment.names, "follow"))
    story.next()
    assert view(story.m, story.environment.names, "follow")["speakers"]["floor"]["speaker"] == speaker


def test_the_clock_loses_no_millisecond_on_its_way_through_whole_seconds() -> None:
    story = asked(a_meeting("CUB"), "CUB").next()
    story.given("speakers.pause", entry=story.entry("CUB"), after=10.4)
    story.given("speakers.resume", entry=story.entry("CUB"), after=100)
    floor = view(story.wait(5).m, story.environment.names, "room")["speakers"]["floor"]
    assert floor["spoken"] * 1000 + story.now - floor["since"] == 15_400


def test_the_mean_cycle_is_told_after_five_statements() -> None:
    codes = ("AZE", "BOL", "CUB", "DJI", "EST", "FJI")
    story = asked(a_meeting(*codes), *codes)
    for _ in range(5):
        story.next(after=60).given("speakers.end", entry=story.m.speakers.floor.entry, after=240)  # type: ignore[union-attr]
    lists = view(story.m, story.environment.names, "follow")["speakers"]["lists"]
    assert lists[str(max(story.m.speakers.lists))]["cycle_s"] == (5 * 240 + 4 * 60) // 5


def test_rows_of_a_list_keep_their_sort_when_others_come_and_go() -> None:
    story = asked(a_meeting("AZE", "BOL", "CUB"), "AZE", "BOL")

    def sorts() -> dict[str, str]:
        rows = view(story.m, story.environment.names, "delegate")["speakers"]["lists"][str(max(story.m.speakers.lists))]
        return {key: row["sort"] for key, row in rows["waiting"].items()}

    first = sorts()
    asked(story, "CUB").given("speakers.withdraw", by="AZE", entry=story.entry("AZE"))
    assert sorts().items() >= {(key, sort) for key, sort in first.items() if int(key) == story.entry("BOL")}


def test_may_says_why_and_never_what_passes_with_time() -> None:
    story = a_meeting("CUB")
    assert view(story.m, {}, "delegate")["may"] == {}
    story.given("speakers.close_list")
    assert view(story.m, {}, "delegate")["may"] == {"speakers.request_floor": "speakers.list_closed"}
    assert view(story.m, {}, "follow")["may"] == {}
    assert view(story.m, {}, "staff")["may"]["speakers.next"] == "speakers.nobody_waits"


def test_every_batch_end_is_a_base() -> None:
    story = asked(a_meeting("AZE", "UGA", items=2), "AZE", "UGA").next().next(after=5)
    ends = [list(batch)[-1].seq for _, batch in groupby(story.log, key=lambda entry: entry.batch)]
    held = view(fold(story.log[: ends[0]]), {}, "staff")
    for end in ends[1:]:
        fresh = view(fold(story.log[:end]), {}, "staff")
        held = apply_patch(held, merge_patch(held, fresh))
        assert held == fresh
