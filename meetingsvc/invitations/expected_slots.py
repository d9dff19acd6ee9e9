"""When those who wait to speak will probably speak, as calendars and letters tell it. Pure: a function of the log.

The sums are those of the screens (views.forecast), reckoned at the moment of the log's last entry. Not here: who is
told of it (plan, calendar_files).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from meetingsvc.calendars.appointment import Slot
from meetingsvc.core.state import MeetingState
from meetingsvc.store.deliveries import ToldTurn
from meetingsvc.translations import Catalogue
from meetingsvc.views.forecast import Turn, begins, list_forecast
from meetingsvc.views.view import Json, Names, rows_of, view

#: Turns are told in steps of five minutes, in calendars and letters alike: an exact minute would claim to be known.
STEP_MS = 5 * 60_000
#: While it is in one of these states, who waits for the floor may move with every entry of the log.
UNDER_WAY = frozenset({"open", "suspended", "adjourned"})


@dataclass(frozen=True, slots=True)
class Expected:
    """A statement that somebody waits to make. Moments in ms UTC."""

    entry: int
    delegation: int
    item: int
    place: int
    start: int
    to: int


def expected(m: MeetingState, names: Names) -> list[Expected]:
    """All statements that are waited for, of which a time can be told."""
    if m.meeting.state not in UNDER_WAY:
        return []
    seen = view(m, names, "delegate")
    return list(_after_a_break(m, names, seen) if m.meeting.state == "adjourned" else _in_session(m, seen))


def _in_session(m: MeetingState, seen: Json) -> Iterator[Expected]:
    current = m.agenda.current
    for list_id, row in seen["speakers"]["lists"].items():
        if current is not None and row.get("item") == current:
            yield from _of_list(seen, list_id, row, current, m.at, 0)


def _after_a_break(m: MeetingState, names: Names, seen: Json) -> Iterator[Expected]:
    """An adjourned meeting goes on in its next session with what was left: item after item, list after list."""
    begin, elapsed = begins(seen, m.at), 0
    if begin is None:
        return
    for item in m.agenda.in_order():
        for lst in m.speakers.lists.values():
            shown = seen["speakers"]["lists"].get(str(lst.id))
            if item.state != "suspended" or lst.item != item.id or shown is None:
                continue
            row = {**shown, **rows_of(m, lst, names, "delegate")}
            then: Json = {
                **seen,
                "agenda": {**seen["agenda"], "current": item.id},
                "speakers": {"lists": {str(lst.id): row}},
            }
            yield from _of_list(then, str(lst.id), row, item.id, m.at, elapsed)
            if (told := list_forecast(then, lst.id, m.at)) is not None:
                elapsed += told.end - begin


def _of_list(seen: Json, list_id: str, row: Json, item: int, now: int, later: int) -> Iterator[Expected]:
    told = list_forecast(seen, list_id, now)
    for entry, waiting in row.get("waiting", {}).items() if told else ():
        assert told is not None
        if waiting["kind"] == "statement":
            turn: Turn = told.turns[entry]
            start, to = turn.start + later, turn.to + later
            yield Expected(int(entry), waiting["delegation"], item, turn.place, start, to)


def slots(m: MeetingState, names: Names, delegation: int, uid: str, say: Catalogue) -> tuple[Slot, ...]:
    """The expected turns of one delegation, as events of its own calendar."""
    return tuple(
        Slot(
            f"{uid}-turn-{row.entry}",
            row.entry,
            say.text(m.agenda.items[row.item].title),
            row.start,
            row.to,
            row.place,
            m.seq,
            m.at,
        )
        for row in expected(m, names)
        if row.delegation == delegation
    )


def turn_of(m: MeetingState, rows: list[Expected], delegation: int, say: Catalogue) -> ToldTurn | None:
    """The first expected turn of a delegation as a letter tells it."""
    mine = min((row for row in rows if row.delegation == delegation), key=lambda row: row.start, default=None)
    if mine is None:
        return None
    start = mine.start // STEP_MS * STEP_MS
    to = max(-(-mine.to // STEP_MS) * STEP_MS, start + STEP_MS)
    return ToldTurn(start, to, say.text(m.agenda.items[mine.item].title))
