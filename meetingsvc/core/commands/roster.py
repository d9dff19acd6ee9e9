"""What may be asked of the roster: to accredit, name a speaker, check in, leave, withdraw; people's names. Pure.

A new level ranks waiting entries again, and a withdrawal takes them out of the lists. Names stand in the directory: one
is corrected by a further row, all of a person's are erased; whether the log knows a person is judged in decide.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from meetingsvc.core.commands.base import Command, Environment, Named, command
from meetingsvc.core.commands.lookups import delegation_of, usual_mode
from meetingsvc.core.commands.speakers.floor import ending
from meetingsvc.core.commands.speakers.requests import key_for
from meetingsvc.core.kernel import Actor, Event, need
from meetingsvc.core.roles import speaks_for
from meetingsvc.core.roster import (
    ERASED,
    FIRST_REV,
    AccreditationWithdrawn,
    Accredited,
    CheckedIn,
    Delegation,
    Left,
    ModeSet,
    PersonChanged,
    PersonErased,
    SpeakerSet,
)
from meetingsvc.core.rules import Kind, Mode, Rank
from meetingsvc.core.schema import concluded
from meetingsvc.core.speakers.floor import FloorReturned
from meetingsvc.core.speakers.requests import ListReordered, Withdrawn
from meetingsvc.core.state import MeetingState

#: A State or body as delegations are listed by it: CHE, UNDP, EU.
CODE = re.compile(r"[A-Z][A-Z0-9]{1,9}")


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
            self.kind,
            self.rank,
            self.mode or usual_mode(m),
            self.code or None,
            self.name or None,
            speaker.person if speaker else None,
            speaker.rev if speaker else None,
            before.id if before else None,
        )


@command("roster.set_speaker", by="chair secretary")
class SetSpeaker(Command):
    """Name who speaks for a delegation, and on which level. A new level ranks waiting entries again."""

    delegation: int
    speaker: Named
    rank: Rank | None = None

    def settle(self, m: MeetingState, environment: Environment) -> SetSpeaker:
        return replace(self, speaker=self.speaker.written(environment))

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        row = delegation_of(m, self.delegation)
        speaks = any(floor.delegation == row.id for floor in m.speakers.speaking())
        need(not speaks, "roster.speaks_now", delegation=row.id)
        after = replace(row, rank=self.rank or row.rank)
        yield SpeakerSet(row.id, self.speaker.person, self.speaker.rev, after.rank)
        yield from _ranked_again(m, row, after)


def _ranked_again(m: MeetingState, before: Delegation, row: Delegation) -> Iterator[Event]:
    """Ranking again makes a fresh key and forgets the move; the inscription stays. Points of order have no level."""
    rank = m.meeting.adopted.rank
    for lst in m.speakers.lists.values():
        waits = [w for w in lst.waiting.values() if w.delegation == row.id]
        mine = [w for w in waits if rank(before.rank, w.kind) != rank(row.rank, w.kind)]
        fresh = {w.id: key_for(m, row, w.kind, w.id) for w in mine}
        keys = {str(w.id): fresh[w.id] for w in mine if fresh[w.id] != w.key}
        if keys:
            yield ListReordered(lst.id, keys)


@command("roster.withdraw_accreditation", by="chair secretary")
class WithdrawAccreditation(Command):
    """Strike a delegation off the roster, with its requests and, if it speaks, the floor."""

    delegation: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        row = delegation_of(m, self.delegation)
        for lst in m.speakers.lists.values():
            for entry in lst.in_order():
                if entry.delegation == row.id:
                    yield Withdrawn(entry.id, lst.id, row.id)
        floor = m.speakers.floor
        mine = floor is not None and floor.delegation == row.id
        kept = []
        for held in m.speakers.held.values():
            if held.delegation == row.id:
                yield ending(held, now, "withdrawn")
            else:
                kept.append(held)
        if floor and mine:
            yield ending(floor, now, "withdrawn")
            for held in kept:
                yield FloorReturned(held.entry, held.delegation)
        yield AccreditationWithdrawn(row.id)


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


@command("roster.change_person", by="chair secretary")
class ChangePerson(Command):
    """Correct the name or the function of a person, wherever they are named; what is not sent stays.

    Another person who speaks is `roster.set_speaker`. Done in a closed meeting as well.
    """

    person: str
    name: str | None = None
    post: str | None = None
    rev: int = concluded(0)

    def settle(self, m: MeetingState, environment: Environment) -> ChangePerson:
        holds = m.roster.revs.get(self.person, FIRST_REV)
        need(holds != ERASED, "roster.person_was_erased")
        return replace(self, rev=environment.renamed(self.person, holds, self.name, self.post))

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        if self.rev != m.roster.revs.get(self.person, FIRST_REV):
            yield PersonChanged(self.person, self.rev)


@command("roster.erase_person", by="secretary")
class ErasePerson(Command):
    """Erase the name and the function of a person for good, and all that stood there before.

    What they did stays in the record; there is no undo. Done in a closed meeting as well.
    """

    person: str

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        if m.roster.revs.get(self.person) != ERASED:
            yield PersonErased(self.person)


def need_silent(m: MeetingState, row: Delegation, mode: Mode) -> None:
    """Refuse to move somebody who has the floor, or is held, to another place."""
    rows = (*m.speakers.held.values(), *([m.speakers.floor] if m.speakers.floor else []))
    speaks = any(floor.delegation == row.id for floor in rows)
    need(not speaks or row.mode == mode, "roster.speaks_now", delegation=row.id)


def need_mode(m: MeetingState, mode: Mode) -> None:
    """Refuse a place that the format of the meeting does not have."""
    need(not (m.meeting.format == "online" and mode == "in_room"), "roster.meeting_is_online")
    need(not (m.meeting.format == "in_person" and mode == "remote"), "roster.meeting_is_in_person")
