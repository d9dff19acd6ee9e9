"""Every remark about a calendar has its sentence, and each sentence is told its facts."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from meetingsvc.calendars import reading
from meetingsvc.translations import Catalogues, places

ENGLISH = Catalogues.load()["en"]
FILES = sorted(Path(str(reading.__file__)).parent.glob("*.py"))
#: Codes that are handed on, with the facts they come with.
HANDED_ON = {
    "time_gap": {"title", "time", "zone"},
    "time_overlap": {"title", "time", "zone"},
    "time_unreadable": {"title", "time"},
}


def remarks() -> dict[str, list[set[str]]]:
    """Every code of a remark, with the sets of facts that it comes with."""
    found: dict[str, list[set[str]]] = defaultdict(list, {code: [facts] for code, facts in HANDED_ON.items()})
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                not isinstance(node, ast.Call)
                or not node.args
                or not isinstance(node.args[0], ast.Constant | ast.IfExp)
            ):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            first = node.args[0]
            choices = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
            codes = [str(choice.value) for choice in choices if isinstance(choice, ast.Constant)]
            if name == "Remark":
                assert isinstance(node.args[1], ast.Dict)
                facts = {str(key.value) for key in node.args[1].keys if isinstance(key, ast.Constant)}
            elif name == "remark":
                facts = {"title"} | {keyword.arg or "**" for keyword in node.keywords}
            elif name == "_Unfit":
                facts = {"title", "rule", "most"}
            else:
                continue
            for code in codes:
                found[code].append(facts)
    return found


def test_every_remark_has_a_sentence_and_none_is_left_over() -> None:
    keys = {key.removeprefix("remark.") for key in ENGLISH.texts if key.startswith("remark.")}
    # these are handed over as variables; a test of each stands beside this one
    assert keys == set(remarks()) | {"cut_off", "no_start"} | {"other_title", "other_room", "other_link"}


@pytest.mark.parametrize("code", sorted(remarks()))
def test_a_sentence_is_told_its_facts(code: str) -> None:
    for facts in remarks()[code]:
        # facts that are handed over as a table are looked at by the tests that read them
        assert "**" in facts or places(ENGLISH.texts[f"remark.{code}"][0]) <= facts
