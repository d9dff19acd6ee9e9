"""What a command would add to the log, and what taking an act back has to set right. Pure.

An undo is judged by its result: the log is folded without the act, and what that leaves wrong is either set right in
the same batch (clocks, places) or is the reason of the refusal.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from meetingsvc.core.agenda import TimeSet
from meetingsvc.core.commands.base import Command, need_right
from meetingsvc.core.commands.record import Redact, Undo
from meetingsvc.core.commands.roster import ErasePerson
from meetingsvc.core.commands.speakers.requests import key_for, unmoved
from meetingsvc.core.history import History, Steps
from meetingsvc.core.kernel import STAFF, Actor, Entry, Event, Refused, UnfoldableEntry, need
from meetingsvc.core.record import Undone
from meetingsvc.core.schema import text_fields
from meetingsvc.core.speakers.floor import ClockSet
from meetingsvc.core.speakers.requests import ListReordered
from meetingsvc.core.state import InvariantBroken, MeetingState, check, faults, walk
from meetingsvc.core.time_in_session import ms_in_session, session_turns

#: What a closed meeting still takes.
AFTER_CLOSING = frozenset({"record.redact", "roster.change_person", "roster.erase_person"})
#: What a cancelled meeting still takes: the cancelling can be taken back.
AFTER_CANCELLING = AFTER_CLOSING | {"record.undo", "record.note"}


def prepared(history: History, cmd: Undo, actor: Actor) -> Steps[None]:
    """Folds in steps what an undo unfolds. `decide` finds it done, and need not make others wait for it."""
    m = history.state
    if actor.role in STAFF and cmd.batch in {row.batch for row in (m.record.done.top, m.record.undone.top) if row}:
        try:
            yield from history.adding(_entries(m, [Undone(cmd.batch)], actor, m.at))
        except UnfoldableEntry:
            return  # so it will be refused


def decide(history: History, cmd: Command, actor: Actor, now: int) -> list[Entry]:
    """The entries that a command would add; none when nothing changes. Raises `Refused`."""
    m = history.state
    need_right(actor, cmd)
    need((m.seq == 0) == (cmd.wire == "meeting.schedule"), "meeting.exists" if m.seq else "meeting.not_found")
    need(m.meeting.state != "closed" or cmd.wire in AFTER_CLOSING, "meeting.is_closed")
    need(m.meeting.state != "cancelled" or cmd.wire in AFTER_CANCELLING, "meeting.is_cancelled")
    _need_subject(history, cmd)
    at = max(now, m.at)  # time never runs back
    events = list(cmd.decide(m, actor, at))
    if isinstance(cmd, Undo):
        events = _taken_back(history, cmd.batch, _entries(m, events, actor, at), actor)
    return _entries(m, events, actor, at)


def _need_subject(history: History, cmd: Command) -> None:
    """What is to be erased must be there. The whole log is asked: what was taken back still holds words and names."""
    if isinstance(cmd, Redact):
        need(0 < cmd.seq <= history.state.seq, "record.no_such_entry", seq=cmd.seq)
        event = history.entry(cmd.seq).event
        need(text_fields(type(event)), "record.no_words", seq=cmd.seq, act=event.wire)
    if isinstance(cmd, ErasePerson):
        named = any(getattr(entry.event, "person", None) == cmd.person for entry in history.entries())
        need(named, "roster.no_such_person")


def _entries(m: MeetingState, events: list[Event], actor: Actor, at: int) -> list[Entry]:
    first = m.seq + 1
    return [Entry(first + n, first, at, actor.id, actor.role, event) for n, event in enumerate(events)]


# ------------------------------------------------------------------------------------------------- taking an act back


def _taken_back(history: History, batch: int, entries: list[Entry], actor: Actor) -> list[Event]:
    """The events of an undo that is possible: the undo itself, and what it has to set right beside."""
    before, at = history.state, entries[0].at
    after = _possible(history, entries)
    undone = history.entry(batch)
    again_since = undone.at if isinstance(undone.event, Undone) else None
    beside = [*_clocks(history, after, again_since, at), *_places(after)]
    if again_since is not None:
        _need_notice(before, after, at)
    changed = _speaker(before) != _speaker(after)
    events: list[Event] = [Undone(batch, changed), *beside]
    _possible(history, _entries(before, events, actor, at))
    return events


def _speaker(m: MeetingState) -> int | None:
    return m.speakers.floor.entry if m.speakers.floor else None


def _clocks(history: History, after: MeetingState, again_since: int | None, at: int) -> Iterator[Event]:
    """Clocks that run after an undo count what the meeting sat, however many acts back it rested.

    An undone end of a speech runs on as it was. What is done again did not stand since `again_since` (ms UTC): a
    clock that did not run meanwhile goes on where it stood.
    """
    before, turns = history.state, session_turns(history.entries())
    floor, was = after.speakers.floor, before.speakers.floor
    if floor and floor.since is not None:
        ran = was is not None and was.entry == floor.entry and was.since is not None
        spoken = floor.spoken_ms + ms_in_session(turns, floor.since, at if ran or again_since is None else again_since)
        if spoken != floor.spent(at):
            yield ClockSet(floor.entry, floor.delegation, spoken)
    if after.agenda.current is None:
        return
    item, old = after.agenda.items[after.agenda.current], before.agenda.items.get(after.agenda.current)
    if item.started_at is not None:
        ran = old is not None and old.started_at is not None
        spent = item.spent_ms + ms_in_session(turns, item.started_at, at if ran or again_since is None else again_since)
        if spent != item.spent_ms + at - item.started_at:
            yield TimeSet(item.id, spent)


def _places(after: MeetingState) -> Iterator[Event]:
    """Who asked while another level held stands where the rules put them now; the chair's moves stay."""
    for lst in after.speakers.lists.values():
        keys = {}
        for row in lst.waiting.values():
            key = key_for(after, after.roster.delegations[row.delegation], row.kind, row.id)
            if unmoved(row) and key != row.key:
                keys[str(row.id)] = key
        if keys:
            yield ListReordered(lst.id, keys)


def _need_notice(before: MeetingState, after: MeetingState, at: int) -> None:
    """Refuse to announce again a closing whose moment has passed: nobody would have notice of it."""
    for lst in after.speakers.lists.values():
        new = lst.id not in before.speakers.lists or before.speakers.lists[lst.id].closes_at != lst.closes_at
        need(lst.closes_at is None or not new or lst.closes_at > at, "speakers.closing_in_the_past", at=lst.closes_at)


def _possible(history: History, entries: list[Entry]) -> MeetingState:
    """The meeting after an undo; refused when something later depends on the act, which is named."""
    try:
        after = history.add(entries).state
        check(after)
    except UnfoldableEntry as why:
        raise _in_the_way(why.entry) from why
    except InvariantBroken as why:
        raise _in_the_way(_culprit(history, entries)) from why
    return after


def _in_the_way(entry: Entry) -> Refused:
    return Refused("record.in_the_way", seq=entry.seq, act=entry.event.wire)


def _culprit(history: History, entries: list[Entry]) -> Entry:
    """The first later entry with which the meeting no longer makes sense."""
    act = history.root_of(entries[0])
    start = history.before_of(act, entries)
    m = start.before
    for number, batch in groupby(start.entries, key=lambda entry: entry.batch):
        lines = list(batch)
        m = walk(m, lines)
        if number >= act and next(faults(m), None):
            return next(line for line in lines if line.seq >= act)
    return entries[0]
