"""Between events and what is stored: canonical JSON, free text set apart, old shapes lifted when read.

Does not belong here: seals (chain), rows and statements (log), what a shape may hold (core.schema).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from meetingsvc.core.kernel import EVENTS, Entry, Event, Text, UnfoldableEntry
from meetingsvc.core.schema import InvalidShape, fields, plain, read, text_fields
from meetingsvc.store.event_log.chain import Row
from meetingsvc.store.jcs import jcs

#: (event name, version) -> what makes data of the next version of it. Stored rows keep their version.
UPCASTS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}


class Unreadable(Exception):
    """A stored entry that this code cannot make an event of."""


@dataclass(frozen=True, slots=True)
class Unread(Event):
    """Stands for an event that cannot be read, where a refusal has to name its entry."""

    wire: str  # type: ignore[misc]


def version(name: str) -> int:
    """The version in which events of this name are written now."""
    v = 1
    while (name, v) in UPCASTS:
        v += 1
    return v


def encode(event: Event) -> tuple[int, str, str | None]:
    """(version, data, text) in canonical JSON; text has the fields of type `Text`, None if there are none."""
    kind: Any = type(event)
    whole = plain(event)
    text = {name: whole.pop(name) for name in text_fields(kind) if name in whole}
    return version(event.wire), jcs(whole), jcs(text) if text else None


def decode(name: str, v: int, data: str, text: str | None) -> Event:
    """The event, or `Unreadable`. A text that was redacted is read as empty."""
    cls: Any = EVENTS.get(name)
    if cls is None or v > version(name):
        raise Unreadable(f"{name} in version {v} is not known to this version of the service")
    try:
        whole: dict[str, Any] = json.loads(data)
        if text is None:
            whole.update({field: "" for field, kind, *_ in fields(cls) if kind is Text})
        else:
            whole.update(json.loads(text))
        for step in range(v, version(name)):
            whole = UPCASTS[name, step](whole)
        event: Event = read(cls, whole, sent=False)
        return event
    except (ValueError, TypeError, KeyError, AttributeError, InvalidShape) as fault:
        raise Unreadable(str(fault)) from fault


def entry(row: Row) -> Entry:
    """The entry of a row; `UnfoldableEntry` when it cannot be read."""
    try:
        event = decode(row.name, row.v, row.data, row.text)
    except Unreadable as fault:
        raise unfoldable(row, str(fault)) from fault
    return Entry(row.seq, row.batch, row.at, row.by, row.role, event)


def entries(rows: Iterable[Row]) -> list[Entry]:
    return [entry(row) for row in rows]


def unfoldable(row: Row, why: str) -> UnfoldableEntry:
    """The exception that names a row which is not what it should be."""
    return UnfoldableEntry(Entry(row.seq, row.batch, row.at, row.by, row.role, Unread(row.name)), why)
