"""Names: each term of docs/glossary.md stands once and where it says, no name has a banned word, no link is dead.

A word of the last column may be no module and no class; with a star it is part of no name at all, in the service and in
its tests. What stands in strings is not looked at: the wire, addresses and tables keep their names.

Not here: which module may import which (test_architecture).
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SERVICE, TESTS = ROOT / "meetingsvc", ROOT / "tests"
GLOSSARY = ROOT / "docs" / "glossary.md"
PAPERS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s#]+)(?:#[^)]*)?\)")
_TICKED = re.compile(r"`([^`]+)`")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_FILE = re.compile(r"[\w.-]+(/[\w.-]+)*(/|\.(py|toml|html|css|js|md))|(\w+/)+messages\.po")


@dataclass(frozen=True)
class Term:
    """A row of the glossary: where it stands in the code, and what it is not called."""

    name: str
    places: tuple[str, ...]
    banned: tuple[str, ...]


@cache
def terms() -> tuple[Term, ...]:
    rows = [line.strip("| ").split(" | ") for line in GLOSSARY.read_text("utf-8").splitlines() if line.startswith("|")]
    found = [row for row in rows if row[0] != "Term" and not row[0].startswith("---")]
    return tuple(
        Term(row[0], tuple(_TICKED.findall(row[2])), tuple(_TICKED.findall(row[3])) if len(row) > 3 else ())
        for row in found
    )


def sources() -> list[Path]:
    return sorted(path for top in (SERVICE, TESTS) for path in top.rglob("*.py") if "versions" not in path.parts)


def module_of(path: Path) -> str:
    return path.parent.name if path.stem == "__init__" else path.stem


def classes(tree: ast.AST) -> set[str]:
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def given(tree: ast.AST) -> set[str]:
    """Every name that is given here: to functions, classes, parameters, attributes, variables, and in an import."""
    found: set[str] = classes(tree)
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                found.add(name)
            case ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                found.add(name)
    return found


def words_of(name: str) -> set[str]:
    """was_told, WasTold, WAS_TOLD: was, told."""
    return {word.lower() for word in _WORD.findall(name)}


def banned(star: bool) -> dict[str, str]:
    """{word: the term to say instead}: what is no name of a module or class, or with a `star` part of no name."""
    every = [(word, term.name) for term in terms() for word in term.banned]
    return {word.rstrip("*"): name for word, name in every if word.endswith("*") == star}


def test_the_glossary_is_read() -> None:
    assert len(terms()) > 60
    assert sum(len(term.banned) for term in terms()) > 80


def test_each_term_stands_once() -> None:
    assert [name for name, count in Counter(term.name.lower() for term in terms()).items() if count > 1] == []
    words = Counter(word.rstrip("*").lower() for term in terms() for word in {each.lower() for each in term.banned})
    assert [word for word, count in words.items() if count > 1] == [], "banned twice: which word is meant instead?"


@pytest.mark.parametrize("term", terms(), ids=lambda term: term.name)
def test_a_term_stands_where_the_glossary_says(term: Term) -> None:
    assert term.places, "say where it stands in the code"
    assert [place for place in term.places if not stands(place)] == []


def stands(place: str) -> bool:
    """Whether it is there, in that folder or in one below."""
    folder, _, name = place.rpartition("/")
    return (SERVICE / place).exists() or any((SERVICE / folder).rglob(name))


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_has_a_name_that_the_glossary_bans(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    no_class, no_name = banned(star=False), banned(star=True)
    modules = {module_of(path)} if path.is_relative_to(SERVICE) else set()
    found = {name: no_class[name] for name in classes(tree) | modules if name in no_class}
    for name in given(tree) | {module_of(path)}:
        found.update((name, no_name[word]) for word in words_of(name) & no_name.keys())
    assert not found, f"{path.relative_to(ROOT)}: say it as the glossary does: {found}"


def test_the_check_finds_names_of_every_kind() -> None:
    kinds = """
import json as a
class B:
    c: int
    def d(self, e, *f, g=1, **h):
        self.i = j = [k for k in f]
        try: pass
        except OSError as m: pass
        with open(e) as n, open(g) as (o, p): pass
async def q(): (r := 1)
"""
    assert given(ast.parse(kinds)) == {*"aBcdefghijkmnopqr", "self"}
    assert words_of("FrontDoor") == words_of("_front_door") == words_of("FRONT_DOOR") == {"front", "door"}
    assert words_of("test_a_background_task_of_HTTPServer2") == {
        "test",
        "a",
        "background",
        "task",
        "of",
        "http",
        "server",
    }


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_paper_links_to_what_is_there(paper: Path) -> None:
    for text, target in _LINK.findall(paper.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        there = (paper.parent / target).resolve()
        assert there.exists(), f"{text} leads to {target}, which is not there"
        if "/" in text or text.endswith((".py", ".js")):
            assert str(there).endswith(text.strip("`")), f"{text} leads to {target}"


def test_what_the_recipes_name_is_there() -> None:
    text = (ROOT / "docs" / "CONTRIBUTING.md").read_text("utf-8")
    named = {word for word in _TICKED.findall(text) if "/" in word and _FILE.fullmatch(word)}
    assert len(named) > 25
    assert sorted(word for word in named if not any((root / word).exists() for root in (ROOT, SERVICE))) == []
