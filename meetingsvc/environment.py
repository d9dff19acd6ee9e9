"""What commands ask of the outside before they are decided: moments of wall times, persons, identities.

Time zones come from the pinned tzdata package only, which readings.calendar.zones sees to: the system's own go
stale (twelve zones were an hour wrong on a stock Debian 12). Does not belong here: deciding (core), the
transaction (perform).
"""

from __future__ import annotations

import re
import uuid
import zoneinfo
from datetime import UTC, datetime, timedelta

from meetingsvc.calendars.zones import names
from meetingsvc.core.kernel import Refused, need
from meetingsvc.store.directory import Names, new_id

_WALL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class RealEnvironment:
    """The world of one attempt. `people` are the persons written down in it, to be kept if it succeeds."""

    def __init__(self) -> None:
        self.people: Names = {}

    def moment(self, local: str, zone: str) -> int:
        """Milliseconds UTC of a wall time such as 2023-12-11T10:00 in an IANA zone."""
        return moment(local, zone)

    def person(self, name: str, post: str) -> tuple[str, int]:
        key = new_id(), 1
        self.people[key] = {"name": name, "post": post}
        return key

    def fresh(self) -> str:
        """Independent of host, title, time and language, as a calendar's UID must be."""
        return str(uuid.uuid4())


def moment(local: str, zone: str) -> int:
    """Milliseconds UTC of a wall time; refused where the clocks of the zone skip it or show it twice."""
    need(zone in zones(), "meeting.zone_unknown", zone=zone[:64])
    need(_WALL.match(local), "meeting.time_unreadable", time=local[:40])
    try:
        wall = datetime.strptime(local, "%Y-%m-%dT%H:%M").replace(tzinfo=zoneinfo.ZoneInfo(zone))
        first, second = wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
        back = first.astimezone(wall.tzinfo)
    except (ValueError, OverflowError) as fault:
        raise Refused("meeting.time_unreadable", time=local[:40]) from fault
    # PEP 495: of a time that is skipped, neither reading comes back to it; of one shown twice, both do
    need(back.replace(tzinfo=None) == wall.replace(tzinfo=None), "meeting.time_gap", time=local, zone=zone)
    need(first == second, "meeting.time_overlap", time=local, zone=zone)
    return (first - _EPOCH) // _MILLISECOND


def zones() -> frozenset[str]:
    """The names of all zones that the pinned data know."""
    return names()
