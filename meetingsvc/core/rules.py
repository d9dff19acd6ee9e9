"""The table of rules of procedure: its shape, and the presets it is read from. Pure.

A preset holds a value, its source and a note for each key; adopting one writes the values into the log, so that
an old meeting keeps the rules it was held under. Does not belong here: applying a rule (that is `decide`).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from meetingsvc.core.schema import read

Kind = Literal["member", "observer_state", "regional_org", "igo", "un_entity", "ngo", "nhri", "guest"]
Rank = Literal["HOS", "VP", "CP", "HOG", "DPM", "M", "VM", "PR", "DPR", "CDA", "OTHER"]
Mode = Literal["in_room", "remote"]
#: What somebody asks the floor for. Replies, explanations and motions come with their own rules.
Intervention = Literal["statement", "point_of_order"]
Purpose = Literal["general"]
Channel = Literal["web", "seat_button", "video_chat", "paper", "email", "spoken"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule is documented, and why it is so: what a screen says to whoever asks why."""

    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Rules:
    """One body's rules. Times in seconds; 1 and 0 stand for yes and no where a table holds numbers."""

    order: tuple[str, ...]
    groups: dict[str, str]
    group_of_kind: dict[str, str]
    rank_ladder: dict[str, int]
    time: dict[str, int]
    statements_per_delegation_per_item: int
    waiting_points_of_order: int
    asked_on_closed_list: dict[str, int]
    may_interrupt: dict[str, int]
    overrun: Literal["soft"]
    list_public: int
    changeover: int
    warning: int
    prepare: tuple[int, ...]

    def group(self, delegation_kind: str, intervention: str, on_behalf: bool = False) -> str:
        """The character of the group in which an entry stands."""
        if intervention == "point_of_order":
            return self.groups["point_of_order"]
        return self.groups["group" if on_behalf else self.group_of_kind[delegation_kind]]

    def rank(self, level: str, intervention: str) -> int:
        """The place on the ladder; points of order are heard as they were raised, whoever raised them."""
        return 1 if intervention == "point_of_order" else self.rank_ladder[level]

    def seconds(self, delegation_kind: str, intervention: str, on_behalf: bool = False) -> int:
        """The time granted where the list has no limit of its own."""
        if intervention == "point_of_order":
            return self.time["point_of_order"]
        return self.time["group" if on_behalf else self.group_of_kind[delegation_kind]]


@cache
def document(name: str) -> dict[str, dict[str, Any]]:
    """The whole preset as {key: {value, source, note}}."""
    text = files("meetingsvc.core").joinpath("presets", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def sources(name: str) -> dict[str, Source]:
    """The source and the note of each key of a preset."""
    return {key: Source(row["source"], row["note"]) for key, row in document(name).items()}


@cache
def preset(name: str) -> Rules:
    """The values of a preset, as a meeting adopts them."""
    return read(Rules, {key: row["value"] for key, row in document(name).items()}, sent=False)
