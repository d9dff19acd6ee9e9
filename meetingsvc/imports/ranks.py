"""The level of a post: the State and the post decide together. Reads data/ranks.toml.

Belongs here: how the table is applied. Does not belong here: any single State or title (they stand in the table),
and the order that levels give (that is the ladder in the rules of procedure).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import get_args

from meetingsvc.core.rules import Rank
from meetingsvc.imports.states import State, all_states, folded

LADDER: tuple[str, ...] = get_args(Rank)
#: Levels that an organization may have as well as a State: heads of missions and those below.
_OF_MISSIONS = frozenset({"PR", "CDA", "OTHER"})
_STATES = frozenset({"member", "observer_state"})
_COURTESY = re.compile(r"^(?:(?:his|her|their) )?(?:excellency|h\.? ?e\.?|hon(?:ou?rable)?\.?) (?:the )?", re.I)
#: Whoever acts in an office speaks at its level.
_ACTING = re.compile(r"^(?:acting|interim|caretaker|ad interim) ")


@dataclass(frozen=True, slots=True)
class Level:
    """`rank` on the ladder; when not `sure` it is OTHER and `why` tells the secretary what to look at."""

    rank: str
    sure: bool
    why: str


@dataclass(frozen=True, slots=True)
class _Row:
    pattern: re.Pattern[str]
    only: frozenset[str] | None
    unless: frozenset[str]
    rank: str | None
    at_most: str
    why: str

    def fits(self, code: str, post: str) -> bool:
        here = (self.only is None or code in self.only) and code not in self.unless
        return here and bool(self.pattern.fullmatch(post))


def level(state: State | None, kind: str, post: str) -> Level:
    """The level of a post in a delegation; `state` is None for delegations without a code."""
    if not post.strip():
        return Level("OTHER", False, "No post is given.")
    found = [row for part in _parts(state, post) if (row := _row(state.code if state else "", part))]
    if not found:
        return Level("OTHER", False, "This post is not in the table of posts.")
    ranked = sorted((row for row in found if row.rank), key=lambda row: LADDER.index(row.rank or ""))
    doubtful = next((row for row in found if row.rank is None), None)
    if doubtful and not (ranked and LADDER.index(ranked[0].rank or "") <= LADDER.index(doubtful.at_most)):
        return Level("OTHER", False, doubtful.why)
    best = ranked[0]
    if kind not in _STATES and best.rank not in _OF_MISSIONS:
        return Level("OTHER", False, "The delegation is not a State, so the ladder of States has no place for it.")
    return Level(best.rank or "OTHER", True, best.why)


def _row(code: str, post: str) -> _Row | None:
    return next((row for row in _rows() if row.fits(code, post)), None)


def _parts(state: State | None, post: str) -> list[str]:
    """The offices of one post: 'Deputy Prime Minister and Minister of Finance' are two."""
    text = _plain(_COURTESY.sub("", post.strip()))
    whole = [_of_the_state(state, text)]
    pieces = re.split(r" and (?:of )?|, |; | / |/", text)
    return whole + [_ACTING.sub("", _of_the_state(state, piece)) for piece in pieces if piece and piece != whole[0]]


def _plain(text: str) -> str:
    flat = re.sub(r"[^\w,;/().'’ -]+", " ", text.replace("&", " and ").casefold().replace("’", "'"))
    words = "".join(_unaccented(sign) for sign in flat).split()
    joined = " ".join(word for word in words if word != "the")
    return re.sub(r"\b(vice|deputy|prime)-(?=\w)", r"\1 ", joined).strip(" .,;")


def _unaccented(sign: str) -> str:
    return unicodedata.normalize("NFKD", sign)[0]


def _of_the_state(state: State | None, post: str) -> str:
    """The post without the State's own name: President of (the Republic of) Kenya is President."""
    post = _ACTING.sub("", post)
    for mark in (" of ", " for "):
        head, found, tail = post.rpartition(mark)
        if state and found and folded(tail) in state.called():
            return head.removesuffix(" of republic").removesuffix(" of kingdom")
    return post


@lru_cache(maxsize=1)
def _rows() -> tuple[_Row, ...]:
    table = tomllib.loads(files("meetingsvc").joinpath("data", "ranks.toml").read_text(encoding="utf-8"))
    sets = {name: frozenset(it["codes"].split()) for name, it in table["states"].items()}
    unknown = {code for codes in sets.values() for code in codes} - all_states().keys()
    assert not unknown, f"ranks.toml names no States: {unknown}"

    def union(names: str) -> frozenset[str]:
        return frozenset().union(*(sets[name] for name in names.split()))

    return tuple(
        _Row(
            re.compile(it["is"]),
            union(it["only"]) if "only" in it else None,
            union(it.get("unless", "")),
            it.get("rank"),
            it.get("at_most", LADDER[0]),
            it["why"],
        )
        for it in table["post"]
    )
