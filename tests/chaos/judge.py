"""What must be true of a log after the storm, by what the clients remember. Pure: it knows no server and no database.

Every press is one batch or none: acknowledged presses and batches of the log are matched one to one, so nothing that
was acknowledged is lost or doubled, and nothing that was refused has an effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Any

from meetingsvc.store.event_log.chain import Row, examine


@dataclass(slots=True)
class Press:
    """One act of one client: when it was first sent, when it was answered (seconds), and with what."""

    by: str
    name: str
    key: str
    began: float
    ended: float = 0.0
    status: int = 0
    answer: dict[str, Any] = field(default_factory=dict)
    #: Answers to the same key sent again afterwards.
    again: list[dict[str, Any]] = field(default_factory=list)
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a screen was shown: the seq, the first 12 hex digits of the hash there, and when (seconds)."""

    watcher: str
    seq: int
    chain: str
    at: float


def faults(
    rows: Sequence[Row], uid: str, presses: Sequence[Press], sightings: Iterable[Sighting], start: int
) -> list[str]:
    """Everything that is wrong, in words; `start` is the seq before the first press."""
    return [
        *_chain(rows, uid),
        *_matched(rows, presses, start),
        *_order(presses),
        *_seen(rows, sightings),
    ]


def _chain(rows: Sequence[Row], uid: str) -> list[str]:
    found = [] if [row.seq for row in rows] == list(range(1, len(rows) + 1)) else ["there is a gap in seq"]
    flaw = examine(rows, uid)
    if flaw:
        found.append(f"entry {flaw.seq}: {flaw.why}")
    if any(before.at > after.at for before, after in pairwise(rows)):
        found.append("time runs back")
    return found


def _matched(rows: Sequence[Row], presses: Sequence[Press], start: int) -> list[str]:
    found = []
    batches = {batch: list(group) for batch, group in groupby(rows, key=lambda row: row.batch) if batch > start}
    claimed: dict[int, Press] = {}
    for press in presses:
        if press.status not in (200, 403, 409):
            found.append(f"{press.key}: never settled, or an error ({press.status} {press.answer})")
        found += [f"{press.key}: answered otherwise the second time" for again in press.again if again != press.answer]
        said = press.answer.get("said") if press.status == 200 else None
        if not said:
            continue
        batch = batches.get(said[0]["seq"])
        wrote = [(row.seq, row.name) for row in batch or []]
        if batch is None or not {(row["seq"], row["code"]) for row in said} <= set(wrote):
            found.append(f"{press.key}: acknowledged as {said[0]['seq']} and lost")
        elif batch[-1].seq != press.answer["seq"] or {row.by for row in batch} != {press.by}:
            found.append(f"{press.key}: entry {batch[0].seq} is not this client's, or ends elsewhere")
        elif batch[0].seq in claimed:
            found.append(f"{press.key} and {claimed[batch[0].seq].key} were both answered with {batch[0].seq}")
        else:
            claimed[batch[0].seq] = press
    unclaimed = [
        f"batch {batch} ({batches[batch][0].name}) was acknowledged to nobody" for batch in batches.keys() - claimed
    ]
    return found + sorted(unclaimed)


def _order(presses: Sequence[Press]) -> list[str]:
    """What was sent after another press was answered stands after it in the log."""
    done = [press for press in presses if press.status == 200 and press.answer["said"]]
    found, highest = [], 0
    waiting = sorted(done, key=lambda press: press.ended)
    for press in sorted(done, key=lambda press: press.began):
        while waiting and waiting[0].ended < press.began:
            highest = max(highest, waiting.pop(0).answer["seq"])
        if press.answer["seq"] <= highest:
            found.append(f"{press.key}: {press.answer['seq']} was sent after {highest} was answered")
    return found


def _seen(rows: Sequence[Row], sightings: Iterable[Sighting]) -> list[str]:
    """What a screen showed is in the log, and no screen ever went back."""
    found, last = [], dict[str, int]()
    for seen in sorted(sightings, key=lambda seen: seen.at):
        if seen.seq > len(rows) or rows[seen.seq - 1].hash[:12] != seen.chain:
            found.append(f"{seen.watcher} was shown {seen.seq} {seen.chain}, which is not in the log")
        if seen.seq < last.get(seen.watcher, 0):
            found.append(f"{seen.watcher} was shown {seen.seq} after {last[seen.watcher]}")
        last[seen.watcher] = seen.seq
    return found
