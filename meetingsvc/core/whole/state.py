"""The whole meeting: its parts, one step of the fold, and what must always hold. Pure.

Folding with acts taken back is in `history.py`; commands that write in several parts in `across.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from meetingsvc.core.agenda import Agenda
from meetingsvc.core.decisions import Decisions
from meetingsvc.core.kernel import Entry, Stranded
from meetingsvc.core.meeting import Meeting
from meetingsvc.core.record import Record
from meetingsvc.core.roster import Roster
from meetingsvc.core.speakers.state import Speakers


class Broken(Exception):
    """A state that must never be: the rules of the fold were wrong, nothing may be written."""


@dataclass(frozen=True, slots=True)
class Whole:
    """Six parts, the seq they stand at, and when that entry was written (ms UTC)."""

    seq: int = 0
    at: int = 0
    meeting: Meeting = field(default_factory=Meeting)
    agenda: Agenda = field(default_factory=Agenda)
    roster: Roster = field(default_factory=Roster)
    speakers: Speakers = field(default_factory=Speakers)
    decisions: Decisions = field(default_factory=Decisions)
    record: Record = field(default_factory=Record)


def step(m: Whole, entry: Entry) -> Whole:
    """One event changes one part. Strict: raises `Stranded` when the event does not fit."""
    part = entry.event.part
    try:
        after = entry.event.apply(getattr(m, part), entry)
    except (KeyError, AttributeError, ValueError, AssertionError) as why:
        raise Stranded(entry, f"{type(why).__name__}: {why}") from why
    return replace(m, seq=entry.seq, at=entry.at, **{part: after})


def walk(m: Whole, entries: Iterable[Entry]) -> Whole:
    """The state after entries none of which takes an act back."""
    for entry in entries:
        m = step(m, entry)
    return m


def check(m: Whole) -> None:
    """Raise `Broken` unless the meeting makes sense: one speaker, nobody waits twice in one quality."""
    for why in faults(m):
        raise Broken(why)


def faults(m: Whole) -> Iterator[str]:
    """What is wrong with a state, in words."""
    speaking = {row.entry for row in m.speakers.held.values()}
    if m.speakers.floor:
        if m.speakers.floor.entry in speaking:
            yield "somebody is held and has the floor"
        speaking.add(m.speakers.floor.entry)
    if m.speakers.held and not m.speakers.floor:
        yield "somebody is held for nobody"
    if len(m.speakers.held) > 1:
        yield "two speakers are held"
    if m.speakers.floor and m.speakers.floor.since is not None and m.meeting.state != "open":
        yield "a clock runs while the meeting does not sit"
    if m.agenda.current is not None and m.agenda.items[m.agenda.current].state != "open":
        yield "the item taken up is not open"
    for row in (*m.speakers.held.values(), *([m.speakers.floor] if m.speakers.floor else [])):
        if row.delegation not in m.roster.delegations:
            yield f"delegation {row.delegation} speaks and is not accredited"
    yield from _faults_of_lists(m, speaking)


def _faults_of_lists(m: Whole, speaking: set[int]) -> Iterator[str]:
    for lst in m.speakers.lists.values():
        if lst.item is not None and lst.item not in m.agenda.items:
            yield f"list {lst.id} belongs to no item"
        seen: set[tuple[int, str]] = set()
        for row in lst.waiting.values():
            quality = (row.delegation, row.kind)
            if quality in seen:
                yield f"delegation {row.delegation} waits twice in list {lst.id}"
            seen.add(quality)
            if row.id in speaking or row.id in lst.heard:
                yield f"entry {row.id} waits and speaks"
            if row.delegation not in m.roster.delegations:
                yield f"delegation {row.delegation} waits and is not accredited"
        if len({row.key for row in lst.waiting.values()}) != len(lst.waiting):
            yield f"two entries of list {lst.id} stand at one place"
