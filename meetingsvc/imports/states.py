"""Names of States and what people write for them. Reads data/states.json.

Belongs here: finding a State by code or by a name as written, and the nearest one when there is none.
Does not belong here: ranks of posts (ranks.py), names on screens (translations).
"""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class State:
    """A delegation that has a code: `kind` is member, observer_state or regional_org, `names` is {lang: name}."""

    code: str
    alpha2: str
    kind: str
    names: dict[str, str]
    also: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.names["en"]

    def called(self) -> set[str]:
        """Every name it goes by, folded for comparison."""
        return {folded(name) for name in (*self.names.values(), *self.also)}


def folded(text: str) -> str:
    """Lower case, no accents, no articles, no punctuation: how two writings of one name are compared."""
    flat = "".join(s for s in unicodedata.normalize("NFKD", text) if not unicodedata.combining(s))
    words = re.sub(r"[^\w]+", " ", flat.casefold().replace("&", " and ")).split()
    return " ".join("saint" if word == "st" else word for word in words if word != "the")


@lru_cache(maxsize=1)
def all_states() -> dict[str, State]:
    """Every State by its code (ISO 3166-1 alpha-3; the European Union is EU)."""
    text = files("meetingsvc").joinpath("data", "states.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)["states"]
    return {code: State(code, it["alpha2"], it["kind"], it["names"], tuple(it["also"])) for code, it in table.items()}


@lru_cache(maxsize=1)
def _by_name() -> dict[str, str]:
    return {name: state.code for state in all_states().values() for name in state.called()}


@lru_cache(maxsize=1)
def _by_alpha2() -> dict[str, str]:
    return {state.alpha2: state.code for state in all_states().values()}


def by_code(text: str) -> State | None:
    """The State of an alpha-3 code, or of an alpha-2 code, in any case."""
    code = text.strip().upper()
    return all_states().get(code) or all_states().get(_by_alpha2().get(code, ""))


def by_name(text: str) -> State | None:
    """The State of a name in any of the six languages, or of an everyday or former name."""
    code = _by_name().get(folded(text))
    return all_states()[code] if code else None


def nearest(code: str, name: str) -> State | None:
    """Who may have been meant; for a sentence to a person, never to be taken without asking."""
    for text in (name, code):
        if found := by_name(text) if text else None:
            return found
    if name and (close := difflib.get_close_matches(folded(name), _by_name(), n=1, cutoff=0.75)):
        return all_states()[_by_name()[close[0]]]
    return _like(code.strip().upper()) if code else None


def _like(code: str) -> State | None:
    """For a code alone: a State whose name begins like it (GER), else the code with most of its beginning."""
    begins = [it for name, it in _by_name().items() if len(code) > 2 and name.startswith(code.casefold())]
    if begins:
        return all_states()[begins[0]]
    close = difflib.get_close_matches(code, all_states(), n=8, cutoff=0.6)
    same_start = (it for length in (2, 1, 0) for it in close if it[:length] == code[:length])
    return next((all_states()[it] for it in same_start), None)
