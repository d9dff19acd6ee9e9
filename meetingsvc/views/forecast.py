"""When will it be whose turn? Added up from the facts of a view and a moment; nothing here is ever sent or stored.

The same sums as static/js/forecast.js: tests/data/forecast_cases.json holds the two equal. Does not belong here:
words, time zones, anything that looks at a clock. A cycle is the time from giving the floor to giving it to the next:
until five have been heard it is the time limit and the change of speakers, then what was measured (`cycle_s`).
Views are what `view.view` returns; `now` and all results are ms UTC.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Four times in five a turn comes between these shares of a cycle before and after, times the root of those before.
EARLIER, LATER = 0.45, 0.6

View = Mapping[str, Any]
#: Whoever asks next, or waits where only the count is public.
SOMEBODY = {"kind": "statement"}


@dataclass(frozen=True, slots=True)
class Turn:
    """A place in the list (1 is next) and its expected time, with the range it will probably lie in."""

    place: int
    at: int
    start: int
    to: int


@dataclass(frozen=True, slots=True)
class ListForecast:
    """`turns` by entry; `next`, the turn of somebody who asked now; `end`, when the last name is done."""

    turns: dict[str, Turn]
    next: Turn
    end: int


def ordered(rows: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    """Rows in the order of their `sort`."""
    return sorted((rows or {}).items(), key=lambda row: str(row[1]["sort"]))


def begins(view: View, now: int) -> int | None:
    """From when the floor can be given: now, or when the meeting opens or resumes; None if nobody knows."""
    meeting = view["meeting"]
    state = meeting["state"]
    if state == "open":
        return now
    if state == "suspended":
        return max(now, meeting["until"]) if "until" in meeting else None
    if state in ("closed", "cancelled"):
        return None
    coming = [int(session["starts_at"]) for session in meeting["sessions"].values() if session["ends_at"] > now]
    if state == "scheduled":
        return max(now, min(coming)) if coming else None
    return min((start for start in coming if start > now), default=None)


def list_forecast(view: View, list_id: int | str, now: int) -> ListForecast | None:
    """The turns of one list; None where no time can be told (its item is not taken up, the meeting is over)."""
    row = view["speakers"].get("lists", {}).get(str(list_id))
    start = begins(view, now)
    if row is None or start is None:
        return None
    if "item" in row and row["item"] != view["agenda"].get("current"):
        return None
    rows = ordered(row.get("waiting"))
    ahead = 1 if "floor" in view["speakers"] else 0
    at = start + _unfinished(view, now)
    turns: dict[str, Turn] = {}

    def turn(place: int, waiting: Mapping[str, Any]) -> Turn:
        spread = _cycle(view, row, waiting) * 1000 * math.sqrt(place - 1 + ahead)
        earliest = max(start, at - math.floor(EARLIER * spread + 0.5))
        return Turn(place, at, earliest, at + math.floor(LATER * spread + 0.5))

    for index, (entry, waiting) in enumerate(rows):
        turns[entry] = turn(index + 1, waiting)
        at += _cycle(view, row, waiting) * 1000
    before = len(rows)
    if "waiting" not in row:
        before = int(row.get("count", 0))
        at += before * _cycle(view, row, SOMEBODY) * 1000
    return ListForecast(turns, turn(before + 1, SOMEBODY), at)


def agenda_forecast(view: View, now: int) -> dict[str, int]:
    """When the items after the one taken up should begin: {item: ms}, as far as planned times reach."""
    current = view["agenda"].get("current")
    start = begins(view, now)
    begin: dict[str, int] = {}
    if start is None:
        return begin
    rows = ordered(view["agenda"].get("items"))
    here = next((index for index, (item_id, _) in enumerate(rows) if item_id == str(current)), -1)
    at = start
    if here >= 0:
        told = _end_of_item(view, rows[here][1], current, start, now)
        if told is None:
            return begin
        at = told
    for item_id, item in rows[here + 1 :]:
        if item["state"] != "pending":
            continue
        begin[item_id] = at
        if "planned_s" not in item:
            break
        at += item["planned_s"] * 1000
    return begin


def _end_of_item(view: View, item: Mapping[str, Any], current: int, start: int, now: int) -> int | None:
    """When the item taken up should end: its list or its planned time, whichever is later."""
    spent = item.get("spent_s", 0) * 1000 + (max(0, now - item["started_at"]) if "started_at" in item else 0)
    ends = []
    for list_id, row in view["speakers"].get("lists", {}).items():
        if row.get("item") == current:
            forecast = list_forecast(view, list_id, now)
            ends.append(forecast.end if forecast else 0)
    if "planned_s" not in item and not any(ends):
        return None
    planned = max(0, item["planned_s"] * 1000 - spent) if "planned_s" in item else 0
    return max(start, start + planned, *ends)


def _cycle(view: View, row: Mapping[str, Any], waiting: Mapping[str, Any]) -> int:
    """From giving the floor to giving it on, in seconds. What was measured are statements, not points of order."""
    if "cycle_s" in row and waiting["kind"] == "statement":
        return int(row["cycle_s"])
    return _limit(view, row, waiting) + int(view["meeting"]["rules"]["changeover_s"])


def _limit(view: View, row: Mapping[str, Any], waiting: Mapping[str, Any]) -> int:
    """The time somebody will be granted: the list's limit, else what the rules give to such a delegation."""
    kind, rules = waiting["kind"], view["meeting"]["rules"]
    if kind in row.get("limits", {}):
        return int(row["limits"][kind])
    time = rules.get("time", {})
    if kind in time:
        return int(time[kind])
    who = view.get("roster", {}).get("delegations", {}).get(str(waiting.get("delegation")), {})
    return int(time.get(rules.get("group_of_kind", {}).get(who.get("kind")), row["seconds"]))


def _unfinished(view: View, now: int) -> int:
    """What the speaker, and those held for a point of order, still need, in ms."""
    speakers = view["speakers"]
    total = 0
    for floor in [*([speakers["floor"]] if "floor" in speakers else []), *speakers.get("held", {}).values()]:
        row = speakers.get("lists", {}).get(str(floor["list"]), {})
        whole = row.get("cycle_s", floor["seconds"] + view["meeting"]["rules"]["changeover_s"])
        spent = floor["spoken"] * 1000 + (max(0, now - floor["since"]) if "since" in floor else 0)
        total += max(0, whole * 1000 - spent)
    return total
