"""The table of rules of procedure: its shape, and what a key says of a delegation. Pure.

Adopting a table writes its values into the log, so that an old meeting keeps the rules it was held under. Does not
belong here: the tables of bodies and their sources (presets), applying a rule (that is `decide`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["member", "observer_state", "regional_org", "igo", "un_entity", "ngo", "nhri", "guest"]
Rank = Literal["HOS", "VP", "CP", "HOG", "DPM", "M", "VM", "PR", "DPR", "CDA", "OTHER"]
Mode = Literal["in_room", "remote"]
#: What somebody asks the floor for. Replies, explanations and motions come with their own rules.
Intervention = Literal["statement", "point_of_order"]
Purpose = Literal["general"]
AskedBy = Literal["web", "seat_button", "video_chat", "paper", "email", "spoken"]


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
