"""What commands ask of the outside before they are decided: moments of wall times, persons, identities.

Time zones come from the pinned tzdata package only, which calendars.zones sees to: the system's own go stale (twelve
zones were an hour wrong on a stock Debian 12). Does not belong here: computing a wall time (calendars.local_time),
deciding (core), the transaction (meetings).
"""

from __future__ import annotations

import uuid

from meetingsvc.calendars.local_time import utc_ms
from meetingsvc.calendars.zones import names
from meetingsvc.core.kernel import need
from meetingsvc.store.directory import Names, new_id


class RealEnvironment:
    """The environment of one attempt. `people` are the persons written down in it, to be kept if it succeeds; `known`
    are those that the meeting's log spoke of before."""

    def __init__(self, known: Names | None = None) -> None:
        self.known, self.people = known or {}, Names()

    def moment(self, local: str, zone: str) -> int:
        """Milliseconds UTC of a wall time such as 2023-12-11T10:00 in an IANA zone."""
        return utc_ms(local, zone)

    def person(self, name: str, post: str) -> tuple[str, int]:
        key = new_id(), 1
        self.people[key] = {"name": name, "post": post}
        return key

    def renamed(self, person: str, rev: int, name: str | None, post: str | None) -> int:
        """The next row of a person, with what is new; the row they have where nothing is."""
        known = {**self.known, **self.people}
        need((person, rev) in known, "roster.no_such_person")
        old = known[person, rev]
        new = {"name": old["name"] if name is None else name, "post": old["post"] if post is None else post}
        need(new["name"] or new["post"], "roster.speaker_has_no_name")
        if new == old:
            return rev
        made = 1 + max(rev for one, rev in known if one == person)
        self.people[person, made] = new
        return made

    def fresh(self) -> str:
        """Independent of host, title, time and language, as a calendar's UID must be."""
        return str(uuid.uuid4())


def zones() -> frozenset[str]:
    """The names of all zones that the pinned data know."""
    return names()
