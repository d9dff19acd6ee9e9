"""The roster: delegations, who speaks for them, who is present and where. Pure.

Names of people are not here: `person` and `rev` point to the directory, whose rows are never changed: a name that is
corrected is a new row, and `revs` says which one holds. What may be asked is in commands/roster.py.
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


#: Stands in `revs` for a person whose names were erased: the directory has no such row.
ERASED = 0
#: The first row of a person in the directory.
FIRST_REV = 1


@dataclass(frozen=True, slots=True)
class Roster:
    """State of this part. `revs`: {person: the row of the directory that holds}, of those whose names were touched."""

    delegations: dict[int, Delegation] = field(default_factory=dict)
    revs: dict[str, int] = field(default_factory=dict)

    def row_of(self, person: str | None, rev: int | None) -> tuple[str, int] | None:
        """Where a person that was recorded with a row stands in the directory now; None where there is no name."""
        if person is None or rev is None:
            return None
        holds = self.revs.get(person, rev)
        return None if holds == ERASED else (person, holds)


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


@event("roster.person_changed", headline=2, untold="rev")
class PersonChanged(Event):
    """Another row of the directory holds for a person, wherever they are named: whoever spoke is the same person."""

    person: str
    rev: int

    def apply(self, part: Roster, entry: Entry) -> Roster:
        if part.revs.get(self.person) == ERASED:
            raise UnfoldableEntry(entry, f"person {self.person} was erased")
        return replace(part, revs={**part.revs, self.person: self.rev})


@event("roster.person_erased", headline=2)
class PersonErased(Event):
    """The names of a person are gone for good: the store blanks their rows in the same transaction."""

    person: str

    def apply(self, part: Roster, entry: Entry) -> Roster:
        return replace(part, revs={**part.revs, self.person: ERASED})


def _row(part: Roster, delegation: int, entry: Entry) -> Delegation:
    if delegation not in part.delegations:
        raise UnfoldableEntry(entry, f"delegation {delegation} is not accredited")
    return part.delegations[delegation]


def _with(part: Roster, row: Delegation) -> Roster:
    return replace(part, delegations={**part.delegations, row.id: row})
