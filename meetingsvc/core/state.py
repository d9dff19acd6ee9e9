"""The whole meeting: its parts, one step of the fold, and what must always hold. Pure.

Folding with acts taken back is in history.py; what may be asked of the meeting in commands/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from meetingsvc.core.agenda import Agenda
from meetingsvc.core.decisions import Decisions
from meetingsvc.core.kernel import Entry, UnfoldableEntry
from meetingsvc.core.meeting import Meeting
from meetingsvc.core.record import Record
from meetingsvc.core.roster import Roster
from meetingsvc.core.speakers.state import Floor, Speakers, Waiting


class InvariantBroken(Exception):
    """A state that must never be: the rules of the fold were wrong, nothing may be written."""


@dataclass(frozen=True, slots=True)
class MeetingState:
    """Six parts, the seq they stand at, and when that entry was written (ms UTC)."""

    seq: int = 0
    at: int = 0
    meeting: Meeting = field(default_factory=Meeting)
    agenda: Agenda = field(default_factory=Agenda)
    roster: Roster = field(default_factory=Roster)
    speakers: Speakers = field(default_factory=Speakers)
    decisions: Decisions = field(default_factory=Decisions)
    record: Record = field(default_factory=Record)


def step(m: MeetingState, entry: Entry) -> MeetingState:
    """One event changes one part. Strict: raises `UnfoldableEntry` when the event does not fit."""
    part = entry.event.part
    return replace(m, seq=entry.seq, at=entry.at, **{part: _applied(getattr(m, part), entry)})


def walk(m: MeetingState, entries: Iterable[Entry]) -> MeetingState:
    """The state after entries none of which takes an act back: as many steps, one `MeetingState` made at their end."""
    parts: dict[str, Any] = {}
    last: Entry | None = None
    for last in entries:
        part = last.event.part
        parts[part] = _applied(parts[part] if part in parts else getattr(m, part), last)
    return replace(m, seq=last.seq, at=last.at, **parts) if last else m


def _applied(part: Any, entry: Entry) -> Any:
    try:
        return entry.event.apply(part, entry)
    except (KeyError, AttributeError, ValueError, AssertionError) as why:
        raise UnfoldableEntry(entry, f"{type(why).__name__}: {why}") from why


def check(m: MeetingState) -> None:
    """Raise `InvariantBroken` unless the meeting makes sense: one speaker, nobody waits twice in one quality."""
    for why in faults(m):
        raise InvariantBroken(why)


def faults(m: MeetingState) -> Iterator[str]:
    """What is wrong with a state, in words."""
    if m.speakers.floor and m.speakers.floor.entry in m.speakers.held:
        yield "somebody is held and has the floor"
    if m.speakers.held and not m.speakers.floor:
        yield "somebody is held for nobody"
    if len(m.speakers.held) > 1:
        yield "two speakers are held"
    if m.speakers.floor and m.speakers.floor.since is not None and m.meeting.state != "open":
        yield "a clock runs while the meeting does not sit"
    if m.agenda.current is not None and m.agenda.items[m.agenda.current].state != "open":
        yield "the item taken up is not open"
    yield from _faults_of_lists(m)
    yield from _faults_of_qualities(m)


def _faults_of_qualities(m: MeetingState) -> Iterator[str]:
    """Nobody waits or speaks twice in one quality: a statement in one list, a point of order in the whole meeting."""
    seen: set[tuple[object, ...]] = set()
    waiting = [row for lst in m.speakers.lists.values() for row in lst.waiting.values()]
    rows: list[Floor | Waiting] = [*m.speakers.speaking(), *waiting]
    for row in rows:
        who = m.roster.delegations.get(row.delegation)
        if who is None or who.withdrawn:
            yield f"delegation {row.delegation} is in a list and not accredited"
        quality = (row.delegation, row.kind, None if row.kind == "point_of_order" else row.list)
        if quality in seen:
            yield f"delegation {row.delegation} is there twice"
        seen.add(quality)


def _faults_of_lists(m: MeetingState) -> Iterator[str]:
    speaking = {row.entry for row in m.speakers.speaking()}
    for lst in m.speakers.lists.values():
        if lst.item is not None and lst.item not in m.agenda.items:
            yield f"list {lst.id} belongs to no item"
        for row in lst.waiting.values():
            if row.id in speaking or row.id in lst.heard:
                yield f"entry {row.id} waits and speaks"
        if len({row.key for row in lst.waiting.values()}) != len(lst.waiting):
            yield f"two entries of list {lst.id} stand at one place"
