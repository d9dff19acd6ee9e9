"""Python and JavaScript mean the same view: what is made, what meetingsvc/views/view_types.py says, and view.d.ts.

mypy holds the making of a view to its types, the TypeScript checker holds the screens to view.d.ts. Here: that the two
descriptions are one, field by field, and that a view really holds what they say. Not here: who sees which field.
"""

from __future__ import annotations

import re
import types
import typing
from collections import defaultdict
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from meetingsvc.core.roles import AUDIENCES
from meetingsvc.views.view import view
from meetingsvc.views.view_types import View
from tests.support.any_meeting import walk
from tests.support.story import HOUR, Story, asked, given, scheduled
from tools import view_types

SHAPES = list(view_types.shapes())
CODES = ("AZE", "BOL", "CUB", "DJI")


def asked_for() -> dict[str, dict[str, str]]:
    """{type: {field: its type}} as static/js/view.d.ts has it."""
    text = view_types.TARGET.read_text("utf-8")
    found = re.findall(r"export interface (\w+) \{\n(.*?)\n\}", text, re.DOTALL)
    return {name: dict(re.findall(r"^  (\w+\??): (.+);$", rows, re.MULTILINE)) for name, rows in found}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_field_of_the_view_is_asked_for_in_javascript(shape: type) -> None:
    ours, theirs = view_types.fields_of(shape), asked_for().get(shape.__name__, {})
    hint = "static/js/view.d.ts is older than meetingsvc/views/view_types.py: run `make types`"
    assert sorted(ours.keys() - theirs.keys()) == [], hint
    assert sorted(theirs.keys() - ours.keys()) == [], hint
    assert theirs == ours, hint


def test_the_file_is_what_make_types_writes() -> None:
    assert view_types.TARGET.read_text("utf-8") == view_types.document(), "run `make types`"


hints_of = cache(get_type_hints)


def misfits(value: Any, kind: Any, path: str, seen: dict[str, set[str]]) -> list[str]:
    """Where a value is not what its type says; the fields that it has go into `seen`."""
    if typing.is_typeddict(kind):
        hints = hints_of(kind)
        absent = [name for name, hint in hints.items() if name not in value and type(None) not in get_args(hint)]
        wrong = [f"{path}.{name}" for name in (*absent, *(value.keys() - hints.keys()))]
        seen[kind.__name__] |= value.keys()
        inside = [misfits(value[name], hints[name], f"{path}.{name}", seen) for name in value.keys() & hints.keys()]
        return wrong + [each for found in inside for each in found]
    origin, inner = get_origin(kind), get_args(kind)
    if origin is dict and isinstance(value, dict):
        return [each for key, row in value.items() for each in misfits(row, inner[1], f"{path}.{key}", seen)]
    if origin is list and isinstance(value, list):
        return [each for n, row in enumerate(value) for each in misfits(row, inner[0], f"{path}.{n}", seen)]
    if origin in (types.UnionType, typing.Union):
        there = [each for each in inner if each is not type(None)]
        return min((misfits(value, each, path, seen) for each in there), key=len)
    if origin is Literal:
        return [] if value in inner else [path]
    return [] if kind is Any or type(value) is kind else [path]


def a_morning() -> Story:
    """What random acts seldom come to: five heard in full, a guest beyond the time, and a point of order."""
    story = asked(given(*CODES, "EST"), *CODES)
    story.given("speakers.inscribe", guest={"name": "A. Guest", "post": "Author"}, channel="paper")
    for _ in range(5):
        story.next(after=60).given("speakers.end", entry=story.m.speakers.floor.entry, after=900)  # type: ignore[union-attr]
    asked(story, "EST").next(after=60).given("speakers.request_floor", by="BOL", kind="point_of_order", after=10)
    story.given("speakers.close_list", at=story.now + HOUR)
    point = story.entry("BOL", "point_of_order")
    return story.given("speakers.give_floor", entry=point, instead_of=story.entry("EST"))


def test_a_view_holds_what_its_types_say_and_every_field_is_filled_in_sometime() -> None:
    seen: dict[str, set[str]] = defaultdict(set)

    def watch(story: Story) -> None:
        for audience in AUDIENCES:
            assert misfits(view(story.m, story.environment.names, audience), View, "view", seen) == []

    def never() -> set[str]:
        rows = {shape.__name__: seen[shape.__name__] for shape in SHAPES}
        rows["RowsView"] = rows["ListView"]  # the same rows, asked for one list
        fields = {shape.__name__: shape.__annotations__.keys() for shape in SHAPES}
        return {f"{shape}.{name}" for shape, names in fields.items() for name in names - rows[shape]}

    watch(scheduled(body={"en": "The General Assembly"}))
    watch(a_morning())
    for seed in range(60):
        walk(seed, 60, watch=watch)
        if seed > 4 and not never():
            break
    assert never() == set(), (
        "no meeting of this test has them: a field that is never there, or a meeting to be added above"
    )
