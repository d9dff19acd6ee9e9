"""The presets: a file of rules of procedure for each kind of body, read and checked. Pure.

A file holds a value, its source and a note for each key of `Rules`. A new preset is a new file here and its name
(`preset.<file>`) in each catalogue. Does not belong here: what a rule means (rules.py), applying one (`decide`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, get_args

from meetingsvc.core.order import DIGITS
from meetingsvc.core.rules import Intervention, Kind, Rank, Rules, Source
from meetingsvc.core.schema import InvalidShape, fields, read

#: What a meeting adopts that names no other.
DEFAULT = "gof"

_KEY = re.compile(r"\s*\[\s*([^\]\s]+)\s*\]")
_FIELD = re.compile(r"\s*(\w+)\s*=")
_RULES = frozenset(name for name, *_ in fields(Rules))
_ROW = ("value", "source", "note")
#: The least that a number may be.
_LEAST = {"statements_per_delegation_per_item": 0, "waiting_points_of_order": 1, "changeover": 0, "warning": 0}


class BrokenPreset(Exception):
    """A file of rules that cannot be used: which one, where in it, and why, in a sentence."""

    def __init__(self, name: str, line: int, key: str, why: str) -> None:
        super().__init__(f"presets/{name}.toml, line {line}, {key or 'before the first key'}: {why}.")
        self.line, self.key = line, key


@cache
def names() -> tuple[str, ...]:
    """Every preset there is: the usual one, then the others by name."""
    found = {each.name.removesuffix(".toml") for each in files(__name__).iterdir() if each.name.endswith(".toml")}
    return (DEFAULT, *sorted(found - {DEFAULT}))


def read_all() -> None:
    """Reads every file, so that a broken one is told when the service starts, and not to whoever schedules."""
    for name in names():
        _read(name)


def rules_of(name: str) -> Rules:
    """The values of a preset, as a meeting adopts them."""
    return _read(name)[0]


def sources_of(name: str) -> dict[str, Source]:
    """The source and the note of each key of a preset."""
    return _read(name)[1]


@cache
def _read(name: str) -> tuple[Rules, dict[str, Source]]:
    return parsed(name, files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def parsed(name: str, text: str) -> tuple[Rules, dict[str, Source]]:
    """The rules in the text of a file, and where each is documented. Raises `BrokenPreset`."""
    try:
        document: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        found = re.search(r"at line (\d+)", str(wrong))
        line = int(found[1]) if found else _last(text)
        raise BrokenPreset(name, line, _key_at(text, line), str(wrong)) from wrong
    for key, row in document.items():
        if (wrong_at := _fault_of_row(key, row)) is not None:
            raise BrokenPreset(name, _line_of(text, key, wrong_at[0]), key, wrong_at[1])
    try:
        rules = read(Rules, {key: row["value"] for key, row in document.items()}, sent=False)
    except InvalidShape as wrong:
        key = re.split(r"[.\[]", wrong.path.removeprefix("$."))[0]
        raise BrokenPreset(name, _line_of(text, key, "value"), key, _shape(wrong)) from wrong
    for key, why in _faults(rules):
        raise BrokenPreset(name, _line_of(text, key, "value"), key, why)
    return rules, {key: Source(row["source"], row["note"]) for key, row in document.items()}


# ------------------------------------------------------------------------------------------------------ what is checked


def _fault_of_row(key: str, row: Any) -> tuple[str, str] | None:
    """(field, why) of what is wrong with a key or its three fields."""
    if key not in _RULES:
        return "", "there is no rule of this name"
    if not isinstance(row, dict):
        return "", "it is no table with value, source and note"
    for field in (*_ROW, *row):
        if field not in row or field not in _ROW:
            return field, f"{field} {'is not one of value, source and note' if field in row else 'is missing'}"
    for field in ("source", "note"):
        if not isinstance(row[field], str) or not row[field].strip():
            return field, f"{field} is empty or no text"
    return None


def _shape(wrong: InvalidShape) -> str:
    if wrong.code == "shape.missing":
        return "this key is missing"
    return f"{wrong.path.removeprefix('$.')} must be {wrong.facts.get('wanted', 'another value')}"


def _faults(rules: Rules) -> Iterator[tuple[str, str]]:
    """(key, why) of every value that has the right shape and cannot be applied."""
    if rules.order != ("group", "rank", "inscription"):
        yield "order", "speakers stand by group, rank and inscription, and by nothing else yet"
    groups = {"point_of_order", "group", "member", *rules.group_of_kind.values()}
    yield from _unlike("groups", rules.groups, groups)
    if not all(len(sign) == 1 and sign in DIGITS for sign in rules.groups.values()):
        yield "groups", "a group is one digit or letter"
    yield from _unlike("group_of_kind", rules.group_of_kind, get_args(Kind))
    yield from _unlike("rank_ladder", rules.rank_ladder, get_args(Rank))
    if not all(0 < rank < len(DIGITS) for rank in rules.rank_ladder.values()):
        yield "rank_ladder", f"a rank is a number from 1 to {len(DIGITS) - 1}"
    yield from _unlike("time", rules.time, groups)
    if not all(seconds > 0 for seconds in rules.time.values()):
        yield "time", "a time is a number of seconds above 0"
    for key in ("asked_on_closed_list", "may_interrupt"):
        yield from _unlike(key, getattr(rules, key), get_args(Intervention))
        if not {0, 1} >= set(getattr(rules, key).values()):
            yield key, "0 stands for no and 1 for yes"
    if rules.list_public not in (0, 1):
        yield "list_public", "0 stands for no and 1 for yes"
    for key, least in _LEAST.items():
        if getattr(rules, key) < least:
            yield key, f"the number must be {least} or more"
    if list(rules.prepare) != sorted({n for n in rules.prepare if n > 0}, reverse=True):
        yield "prepare", "the numbers must be above 0, the largest first"


def _unlike(key: str, table: Mapping[str, object], wanted: Iterable[str]) -> Iterator[tuple[str, str]]:
    lacking, unknown = sorted(set(wanted) - table.keys()), sorted(table.keys() - set(wanted))
    if lacking:
        yield key, f"it says nothing of {', '.join(lacking)}"
    if unknown:
        yield key, f"it speaks of {', '.join(unknown)}, which is not known"


# ------------------------------------------------------------------------------------------------------ where it stands


def _last(text: str) -> int:
    return max(1, len(text.splitlines()))


def _key_at(text: str, line: int) -> str:
    """The key that a line belongs to."""
    headers = [found[1] for row in text.splitlines()[:line] if (found := _KEY.match(row))]
    return headers[-1] if headers else ""


def _line_of(text: str, key: str, field: str) -> int:
    """The line of a field of a key; where there is none, of the key; of a key that is missing, the last of the file."""
    header, here = 0, ""
    for number, row in enumerate(text.splitlines(), 1):
        if (found := _KEY.match(row)) is not None:
            here = found[1]
            header = number if here == key else header
        elif here == key and (found := _FIELD.match(row)) is not None and found[1] == field:
            return number
    return header or _last(text)
