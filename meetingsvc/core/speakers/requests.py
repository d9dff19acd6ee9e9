"""Who asked for the floor: that they entered a list, left it, were moved in it. Pure.

Who speaks is in floor.py; who may enter, and where they stand, is in commands/speakers/requests.py.
"""

from __future__ import annotations

from dataclasses import replace

from meetingsvc.core.kernel import Entry, Event, UnfoldableEntry, event
from meetingsvc.core.rules import AskedBy, Intervention
from meetingsvc.core.speakers.state import Speakers, SpeakersList, Waiting, listed


@event("speakers.floor_requested", headline=2)
class FloorRequested(Event):
    list: int
    delegation: int
    kind: Intervention
    key: str

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        return _entered(part, entry, self.list, self.delegation, self.kind, self.key, None)


@event("speakers.inscribed", headline=4, staff_only="channel")
class Inscribed(Event):
    list: int
    delegation: int
    kind: Intervention
    key: str
    channel: AskedBy

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        return _entered(part, entry, self.list, self.delegation, self.kind, self.key, self.channel)


@event("speakers.withdrawn", headline=2)
class Withdrawn(Event):
    entry: int
    list: int
    delegation: int

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        return part.with_list(without(listed(part, self.list, entry), self.entry, entry))


@event("speakers.entry_moved", headline=2)
class EntryMoved(Event):
    """`place` is the place the entry came to, counted from 1, for the sentence about it."""

    entry: int
    list: int
    delegation: int
    key: str
    place: int

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        return part.with_list(_placed(listed(part, self.list, entry), {self.entry: self.key}, entry))


@event("speakers.list_reordered", headline=1)
class ListReordered(Event):
    """The places that changed: {entry: key}. Who waits no more, since an act was done again, has no place."""

    list: int
    keys: dict[str, str]

    def apply(self, part: Speakers, entry: Entry) -> Speakers:
        waits = listed(part, self.list, entry).waiting
        changed = {int(who): key for who, key in self.keys.items() if int(who) in waits}
        return part.with_list(_placed(listed(part, self.list, entry), changed, entry))


def _entered(
    part: Speakers,
    entry: Entry,
    list_id: int,
    delegation: int,
    kind: Intervention,
    key: str,
    channel: AskedBy | None,
) -> Speakers:
    row = listed(part, list_id, entry)
    made = Waiting(entry.seq, list_id, delegation, kind, key, entry.at, channel)
    return part.with_list(replace(row, waiting={**row.waiting, entry.seq: made}, given=row.given.put(key)))


def without(row: SpeakersList, who: int, entry: Entry) -> SpeakersList:
    """The list without somebody who waited in it; strict."""
    if who not in row.waiting:
        raise UnfoldableEntry(entry, f"entry {who} does not wait in list {row.id}")
    return replace(row, waiting={id: w for id, w in row.waiting.items() if id != who})


def _placed(row: SpeakersList, keys: dict[int, str], entry: Entry) -> SpeakersList:
    for who in keys:
        if who not in row.waiting:
            raise UnfoldableEntry(entry, f"entry {who} does not wait in list {row.id}")
    placed = {who: replace(row.waiting[who], key=key) for who, key in keys.items()}
    return replace(row, waiting={**row.waiting, **placed}, given=row.given.put_all(keys.values()))
