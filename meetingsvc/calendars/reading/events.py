"""The events of a file: which of them count, and which belong together as one meeting.

Does not belong here: what their times mean (session_times.py), what is made of them (meeting_plan.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from meetingsvc.calendars.reading.ics import Part, Remark, shown
from meetingsvc.calendars.reading.times import When, read_when

#: A conference of several days is no longer than this; what is longer is a calendar of many meetings.
_LONGEST_CONFERENCE = timedelta(days=31)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """One event that has a beginning. `uid` stands for the line where the file gives none."""

    part: Part
    uid: str
    title: str
    starts: When

    @property
    def whole_days(self) -> bool:
        return self.starts.kind == "day"

    @property
    def cancelled(self) -> bool:
        return self.part.word("STATUS") in ("CANCELLED", "CANCELED")

    @property
    def recurs(self) -> bool:
        return self.part.first("RRULE") is not None

    @property
    def instead(self) -> When | None:
        """The occurrence of a series that this event stands for."""
        return read_when(self.part.first("RECURRENCE-ID"))

    @property
    def version(self) -> tuple[int, str]:
        """The higher, the newer."""
        text = self.part.word("SEQUENCE")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0, self.part.word("DTSTAMP")

    def remark(self, code: str, level: Literal["taken", "left", "note"] = "note", /, **facts: Any) -> Remark:
        return Remark(code, {"title": self.title, **facts}, level, self.part.line, self.uid)


@dataclass(frozen=True, slots=True)
class Group:
    """Events that are one meeting, in the order of the file."""

    events: list[Found]

    @property
    def first(self) -> Found:
        """The one that stands for all: whole days before single hours, then the earliest."""
        return min(self.events, key=lambda found: (not found.whole_days, found.starts.wall))


def events(parts: Iterable[Part], remarks: list[Remark]) -> list[Found]:
    """The events that can be read, each only in its newest version; of the others it is said why not."""
    newest: dict[tuple[str, str], Found] = {}
    for part in parts:
        uid = part.line_of("UID") or f"#{part.line}"
        starts = read_when(part.first("DTSTART"))
        title = part.line_of("SUMMARY") or "?"
        if not part.complete or starts is None:
            code = "cut_off" if not part.complete else "no_start"
            remarks.append(Remark(code, {"title": title}, "left", part.line, uid))
            continue
        found = Found(part, uid, title, starts)
        replaced = found.instead
        key = uid, replaced.written if replaced else ""
        other = newest.get(key)
        if other is None or found.version > other.version:
            newest[key] = found
        if other is not None:
            older = other if newest[key] is found else found
            remarks.append(older.remark("older_version", "left"))
    return list(newest.values())


def grouped(found: list[Found]) -> list[Group]:
    """Events of the same UID, and those that are related to one another, belong together."""
    above: dict[str, str] = {each.uid: each.uid for each in found}

    def top(uid: str) -> str:
        while above[uid] != uid:
            above[uid] = uid = above[above[uid]]
        return uid

    for each in found:
        for related in each.part.all("RELATED-TO"):
            other = shown(related.text)
            if other in above:
                above[top(each.uid)] = top(other)
            elif other:  # a parent that is not in the file holds its children together all the same
                above[other] = above[top(each.uid)]
    groups: dict[str, list[Found]] = {}
    for each in found:
        groups.setdefault(top(each.uid), []).append(each)
    return [Group(rows) for rows in groups.values()]


def is_one_meeting(groups: list[Group]) -> bool:
    """Whether all of a file is one meeting: related, or of one title, or within the days of one conference."""
    found = [each for group in groups for each in group.events]
    if len(groups) < 2:
        return True
    walls = [each.starts.wall for each in found]
    if max(walls) - min(walls) > _LONGEST_CONFERENCE or any(each.recurs for each in found):
        return False
    if len({each.title.casefold() for each in found}) == 1:
        return True
    bars = [each for each in found if each.whole_days]
    if len(bars) != 1:
        return False
    end = read_when(bars[0].part.first("DTEND"))
    over = end.wall if end else bars[0].starts.wall + timedelta(days=1)
    return all(bars[0].starts.wall <= wall < over for wall in walls)
