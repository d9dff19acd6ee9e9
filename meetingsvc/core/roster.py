"""The roster: delegations, who speaks for them, who is present and where. Pure.

Names of people are not here: `person` and `rev` point to the directory. What may be asked is in commands/roster.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from meetingsvc.core.kernel import Entry, Event, UnfoldableEntry, event
from meetingsvc.core.rules import Kind, Mode, Rank


@dataclass(frozen=True, slots=True)
class Delegation:
    """One row. `name` is only what the secretariat wrote instead of the State's name.

    A withdrawn row stays, since the record speaks of it; accrediting its code again brings it back.
    """

    id: int
    kind: Kind
    rank: Rank
    mode: Mode
    code: str | None = None
    name: str | None = None
    person: str | None = None
    rev: int | None = None
    present: bool = False
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Roster:
    """State of this part."""

    delegations: dict[int, Delegation] = field(default_factory=dict)


@event("roster.accredited", headline=3, untold="rev")
class Accredited(Event):
    kind: Kind
    rank: Rank
    mode: Mode
    code: str | None = None
    name: str | None = None
    person: str | None = None
    rev: int | None = None
    delegation: int | None = None

    def apply(self, part: Roster, entry: Entry) -> Roster:
        if self.delegation is not None and not _row(part, self.delegation, entry).withdrawn:
            raise UnfoldableEntry(entry, f"delegation {self.delegation} is accredited")
        id = self.delegation or entry.seq
        made = Delegation(id, self.kind, self.rank, self.mode, self.code, self.name, self.person, self.rev)
        return _with(part, made)


@event("roster.speaker_set", headline=3, untold="rev")
class SpeakerSet(Event):
    delegation: int
    person: str
    rev: int
    rank: Rank

    def apply(self, part: Roster, entry: Entry) -> Roster:
        was = _row(part, self.delegation, entry)
        return _with(part, replace(was, person=self.person, rev=self.rev, rank=self.rank))


@event("roster.accreditation_withdrawn", headline=3)
class AccreditationWithdrawn(Event):
    delegation: int

    def apply(self, part: Roster, entry: Entry) -> Roster:
        was = _row(part, self.delegation, entry)
        return _with(part, replace(was, present=False, withdrawn=True))


@event("roster.checked_in", headline=2)
class CheckedIn(Event):
    delegation: int
    mode: Mode

    def apply(self, part: Roster, entry: Entry) -> Roster:
        return _with(part, replace(_row(part, self.delegation, entry), present=True, mode=self.mode))


@event("roster.mode_set", headline=2)
class ModeSet(Event):
    delegation: int
    mode: Mode

    def apply(self, part: Roster, entry: Entry) -> Roster:
        return _with(part, replace(_row(part, self.delegation, entry), mode=self.mode))


@event("roster.left", headline=2)
class Left(Event):
    delegation: int

    def apply(self, part: Roster, entry: Entry) -> Roster:
        return _with(part, replace(_row(part, self.delegation, entry), present=False))


def _row(part: Roster, delegation: int, entry: Entry) -> Delegation:
    if delegation not in part.delegations:
        raise UnfoldableEntry(entry, f"delegation {delegation} is not accredited")
    return part.delegations[delegation]


def _with(part: Roster, row: Delegation) -> Roster:
    return Roster({**part.delegations, row.id: row})
