"""The roster: delegations, who speaks for them, who is present and where. Pure.

Names of people are not here: `person` and `rev` point to the directory. Commands that also touch lists
(set_speaker, withdraw_accreditation) stand in `core.whole`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from meetingsvc.core.commands.lookups import delegation_of
from meetingsvc.core.kernel import Actor, Command, Entry, Environment, Event, UnfoldableEntry, command, event, need
from meetingsvc.core.roles import speaks_for
from meetingsvc.core.rules import Kind, Mode, Rank
from meetingsvc.core.schema import concluded

if TYPE_CHECKING:
    from meetingsvc.core.state import MeetingState

CODE = re.compile(r"[A-Z][A-Z0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Named:
    """A person as somebody writes them down; `perform` makes the directory row and fills in the ids."""

    name: str
    post: str = ""
    person: str = concluded("")
    rev: int = concluded(0)

    def written(self, environment: Environment) -> Named:
        """With the person's ids. Refused without a name or a post: there would be nothing to show."""
        need(self.name or self.post, "roster.speaker_has_no_name")
        person, rev = environment.person(self.name, self.post)
        return replace(self, person=person, rev=rev)


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


# ---------------------------------------------------------------------------------------------------------- events


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


# -------------------------------------------------------------------------------------------------------- commands


@command("roster.accredit", by="chair secretary")
class Accredit(Command):
    """Put a delegation on the roster: a State or body by its code, anyone else by name."""

    kind: Kind
    code: str | None = None
    name: str | None = None
    rank: Rank = "OTHER"
    mode: Mode | None = None
    speaker: Named | None = None

    def settle(self, m: MeetingState, environment: Environment) -> Accredit:
        return self if self.speaker is None else replace(self, speaker=self.speaker.written(environment))

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        need(self.code or self.name or (self.kind == "guest" and self.speaker), "roster.needs_code_or_name")
        need(not self.code or CODE.fullmatch(self.code), "roster.code_unreadable", given=self.code)
        need(self.kind != "guest" or (self.speaker and not self.name), "roster.guest_is_a_person")
        if self.mode is not None:
            need_mode(m, self.mode)
        before = next((row for row in m.roster.delegations.values() if self.code and row.code == self.code), None)
        if before is not None:
            need(before.withdrawn, "roster.already_accredited", delegation=before.id)
        speaker = self.speaker
        yield Accredited(
            self.kind, self.rank, self.mode or usual_mode(m), self.code or None, self.name or None,
            speaker.person if speaker else None, speaker.rev if speaker else None,
            before.id if before else None,
        )  # fmt: skip


@command("roster.check_in", by="chair secretary delegate")
class CheckIn(Command):
    """Be present, in the room or remotely. One active place each: checking in elsewhere moves the place."""

    mode: Mode
    delegation: int | None = None

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        row = delegation_of(m, speaks_for(actor, self.delegation))
        need_mode(m, self.mode)
        need_silent(m, row, self.mode)
        if not row.present:
            yield CheckedIn(row.id, self.mode)
        elif row.mode != self.mode:
            yield ModeSet(row.id, self.mode)


@command("roster.set_mode", by="chair secretary delegate")
class SetMode(Command):
    """Say from where a delegation will speak. It may change until it speaks."""

    mode: Mode
    delegation: int | None = None

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        row = delegation_of(m, speaks_for(actor, self.delegation))
        need_mode(m, self.mode)
        need_silent(m, row, self.mode)
        if row.mode != self.mode:
            yield ModeSet(row.id, self.mode)


@command("roster.leave", by="chair secretary delegate")
class Leave(Command):
    """Be no longer present. Requests for the floor stay in the list."""

    delegation: int | None = None

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        row = delegation_of(m, speaks_for(actor, self.delegation))
        if row.present:
            yield Left(row.id)


def need_silent(m: MeetingState, row: Delegation, mode: Mode) -> None:
    """Refuse to move somebody who has the floor, or is held, to another place."""
    rows = (*m.speakers.held.values(), *([m.speakers.floor] if m.speakers.floor else []))
    speaks = any(floor.delegation == row.id for floor in rows)
    need(not speaks or row.mode == mode, "roster.speaks_now", delegation=row.id)


def usual_mode(m: MeetingState) -> Mode:
    """Where somebody is expected who did not say."""
    return "remote" if m.meeting.format == "online" else "in_room"


def need_mode(m: MeetingState, mode: Mode) -> None:
    """Refuse a place that the format of the meeting does not have."""
    need(not (m.meeting.format == "online" and mode == "in_room"), "roster.meeting_is_online")
    need(not (m.meeting.format == "in_person" and mode == "remote"), "roster.meeting_is_in_person")
