"""Names: each term of docs/glossary.md stands once and where it says, no banned word is used, no link in docs is dead.

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
SERVICE = ROOT / "meetingsvc"
GLOSSARY = ROOT / "docs" / "glossary.md"
PAPERS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s#]+)(?:#[^)]*)?\)")
_TICKED = re.compile(r"`([^`]+)`")
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
    return sorted(path for path in SERVICE.rglob("*.py") if "versions" not in path.parts)


def names(path: Path) -> set[str]:
    """A module's own name and those of its classes."""
    tree = ast.parse(path.read_text("utf-8"))
    module = path.parent.name if path.stem == "__init__" else path.stem
    return {module} | {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def test_the_glossary_is_read() -> None:
    assert len(terms()) > 60
    assert sum(len(term.banned) for term in terms()) > 80


def test_each_term_stands_once() -> None:
    assert [name for name, count in Counter(term.name.lower() for term in terms()).items() if count > 1] == []
    banned = Counter(word for term in terms() for word in term.banned)
    assert [word for word, count in banned.items() if count > 1] == [], "banned twice: which word is meant instead?"


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
    instead = {word: term.name for term in terms() for word in term.banned}
    found = {name: instead[name] for name in names(path) if name in instead}
    assert not found, f"{path.relative_to(ROOT)}: say it as the glossary does: {found}"


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
