"""Who may see what of a meeting: the one table that the view and what is said of a change are filtered by. Pure.

A fact that is not for everybody has a row here, and nothing else decides about it. Not here: rights to act (core),
which audience somebody may ask for (core.roles), what a view is made of (view.py).
"""

from __future__ import annotations

from meetingsvc.core.roles import INSIDE
from meetingsvc.core.state import MeetingState

_STAFF = frozenset({"staff"})

#: What is not for everybody, and for whom it is. What has no row here is for everybody.
SEES: dict[str, frozenset[str]] = {
    "meeting.link": INSIDE,
    "meeting.channels": INSIDE,
    "item.hidden": _STAFF,  # an item that is hidden, all that is said of it, and that it is
    "roster.rank": _STAFF,  # who speaks for whom is the staff's to know until there is an inscription
    "roster.speaker": _STAFF,
    "waiting": INSIDE,  # others where the rules make the list public
    "waiting.rank": INSIDE,
    "waiting.speaker": INSIDE,  # a name is public once somebody is called
    "waiting.channel": _STAFF,
    "record": _STAFF,
}
#: Facts of events by their names, and the row above that they fall under. What has none is for everybody.
TOLD = {
    "rank": "roster.rank",
    "channel": "waiting.channel",
    "hidden": "item.hidden",
    "batch": "record",
    "act": "record",
}


def sees(audience: str, what: str) -> bool:
    """Whether a row of the table is for an audience."""
    return audience in SEES[what]


def sees_waiting(m: MeetingState, audience: str) -> bool:
    """Whether an audience sees who waits in the lists of a meeting; others see how many."""
    return sees(audience, "waiting") or bool(m.meeting.adopted.list_public)
