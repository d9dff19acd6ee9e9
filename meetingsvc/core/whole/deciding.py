"""What a command would add to the log, and the command that takes an act back. Pure.

An undo is judged by its result: the log is folded without the act, and what that leaves wrong is either set right in
the same batch (clocks, places) or is the reason of the refusal.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from meetingsvc.core import rights
from meetingsvc.core.agenda import TimeSet
from meetingsvc.core.kernel import STAFF, Actor, Command, Entry, Event, Refused, Stranded, command, need
from meetingsvc.core.record import Undone
from meetingsvc.core.speakers.floor import ClockSet
from meetingsvc.core.speakers.requests import ListReordered, key_for, unmoved
from meetingsvc.core.whole.history import Batch, History, root_of, standing
from meetingsvc.core.whole.state import Broken, Whole, check, faults, step

#: What a closed meeting still takes.
AFTER_CLOSING = frozenset({"record.redact", "roster.change_person", "roster.erase_person"})
#: What a cancelled meeting still takes: the cancelling can be taken back.
AFTER_CANCELLING = AFTER_CLOSING | {"record.undo", "record.note"}
#: While the meeting rested nobody spoke, and no item was considered.
RESTS = frozenset({"meeting.suspended", "meeting.adjourned"})


@command("record.undo", by="chair secretary")
class Undo(Command):
    """Take back the last act of chair or secretary, or, with the batch of an undo, do it again.

    What delegates and the clock did since stays.
    """

    batch: int

    def decide(self, m: Whole, actor: Actor, now: int) -> Iterator[Event]:
        assert actor.role in STAFF
        last, back = m.record.done.top, m.record.undone.top
        need(last or back, "record.nothing_to_undo")
        possible = {row.batch for row in (last, back) if row}
        need(self.batch in possible, "record.not_the_last_act", batch=last.batch if last else None)
        yield Undone(self.batch)


def decide(history: History, cmd: Command, actor: Actor, now: int) -> list[Entry]:
    """The entries that a command would add; none when nothing changes. Raises `Refused`, or `Forgotten`."""
    m = history.whole
    rights.check(actor, cmd)
    need((m.seq == 0) == (cmd.wire == "meeting.schedule"), "meeting.exists" if m.seq else "meeting.not_found")
    need(m.meeting.state != "closed" or cmd.wire in AFTER_CLOSING, "meeting.is_closed")
    need(m.meeting.state != "cancelled" or cmd.wire in AFTER_CANCELLING, "meeting.is_cancelled")
    at = max(now, m.at)  # time never runs back
    events = list(cmd.decide(m, actor, at))
    if isinstance(cmd, Undo):
        events = _taken_back(history, cmd.batch, _entries(m, events, actor, at), actor)
    return _entries(m, events, actor, at)


def _entries(m: Whole, events: list[Event], actor: Actor, at: int) -> list[Entry]:
    first = m.seq + 1
    return [Entry(first + n, first, at, actor.id, actor.role, event) for n, event in enumerate(events)]


# ------------------------------------------------------------------------------------------------- taking an act back


def _taken_back(history: History, batch: int, entries: list[Entry], actor: Actor) -> list[Event]:
    """The events of an undo that is possible: the undo itself, and what it has to set right beside."""
    before, at = history.whole, entries[0].at
    after = _possible(history, entries)
    rows = {row.batch: row for row in history.batches}
    rested = _rested(rows[batch])
    beside = [*_clocks(before, after, rested), *_places(after)]
    if isinstance(rows[batch].entries[0].event, Undone):
        _need_notice(before, after, at)
    changed = _speaker(before) != _speaker(after)
    events: list[Event] = [Undone(batch, changed), *beside]
    _possible(history, _entries(before, events, actor, at))
    return events


def _speaker(m: Whole) -> int | None:
    return m.speakers.floor.entry if m.speakers.floor else None


def _rested(row: Batch) -> int | None:
    """Since when no time may count: an act that did not stand, or a meeting that did not sit."""
    first = row.entries[0]
    if isinstance(first.event, Undone) or any(entry.event.wire in RESTS for entry in row.entries):
        return first.at
    return None


def _clocks(before: Whole, after: Whole, since: int | None) -> Iterator[Event]:
    """Clocks that start to run by the undo go on where they stood; an undone end of a speech runs on as it was."""
    if since is None:
        return
    floor, was = after.speakers.floor, before.speakers.floor
    if floor and floor.since is not None and not (was and was.entry == floor.entry and was.since is not None):
        yield ClockSet(floor.entry, floor.delegation, max(floor.spoken_ms, floor.spent(since)))
    current = after.agenda.current
    if current is None:
        return
    item, old = after.agenda.items[current], before.agenda.items.get(current)
    if item.started_at is not None and (old is None or old.started_at is None):
        yield TimeSet(current, item.spent_ms + max(0, since - item.started_at))


def _places(after: Whole) -> Iterator[Event]:
    """Who asked while another level held stands where the rules put them now; the chair's moves stay."""
    for lst in after.speakers.lists.values():
        keys = {}
        for row in lst.waiting.values():
            key = key_for(after, after.roster.delegations[row.delegation], row.kind, row.id)
            if unmoved(row) and key != row.key:
                keys[str(row.id)] = key
        if keys:
            yield ListReordered(lst.id, keys)


def _need_notice(before: Whole, after: Whole, at: int) -> None:
    """Refuse to announce again a closing whose moment has passed: nobody would have notice of it."""
    for lst in after.speakers.lists.values():
        new = lst.id not in before.speakers.lists or before.speakers.lists[lst.id].closes_at != lst.closes_at
        need(lst.closes_at is None or not new or lst.closes_at > at, "speakers.closing_in_the_past", at=lst.closes_at)


def _possible(history: History, entries: list[Entry]) -> Whole:
    """The meeting after an undo; refused when something later depends on the act, which is named."""
    try:
        after = history.add(entries).whole
        check(after)
    except Stranded as why:
        raise _in_the_way(why.entry) from why
    except Broken as why:
        raise _in_the_way(_culprit(history, entries)) from why
    return after


def _in_the_way(entry: Entry) -> Refused:
    return Refused("record.in_the_way", seq=entry.seq, act=entry.event.wire)


def _culprit(history: History, entries: list[Entry]) -> Entry:
    """The first later entry with which the meeting no longer makes sense."""
    n = root_of(history.batches, entries[0])
    since = standing([*(line for row in history.batches[n:] for line in row.entries), *entries])
    m = history.batches[n].before
    for _, batch in groupby(since, key=lambda entry: entry.batch):
        for entry in batch:
            m = step(m, entry)
        if next(faults(m), None):
            return entry
    return entries[0]
