"""What commands ask of the outside before they are decided: moments of wall times, persons, identities.

Time zones come from the pinned tzdata package only, which calendars.zones sees to: the system's own go stale (twelve
zones were an hour wrong on a stock Debian 12). Does not belong here: computing a wall time (calendars.local_time),
deciding (core), the transaction (meetings).
"""

from __future__ import annotations

import uuid

from meetingsvc.calendars.local_time import utc_ms
from meetingsvc.calendars.zones import names
from meetingsvc.store.directory import Names, new_id


class RealEnvironment:
    """The environment of one attempt. `people` are the persons written down in it, to be kept if it succeeds."""

    def __init__(self) -> None:
        self.people: Names = {}

    def moment(self, local: str, zone: str) -> int:
        """Milliseconds UTC of a wall time such as 2023-12-11T10:00 in an IANA zone."""
        return utc_ms(local, zone)

    def person(self, name: str, post: str) -> tuple[str, int]:
        key = new_id(), 1
        self.people[key] = {"name": name, "post": post}
        return key

    def fresh(self) -> str:
        """Independent of host, title, time and language, as a calendar's UID must be."""
        return str(uuid.uuid4())


def zones() -> frozenset[str]:
    """The names of all zones that the pinned data know."""
    return names()
