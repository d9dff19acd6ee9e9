"""Who takes part, what each role may see, and for whom it may act: one table, a row a role. Pure.

A new role is its row here, its words (`role.<name>` in each catalogue) and its page; all others read the table. An
audience is there when it is some role's own. Not here: which roles may give a command (that stands with the command,
commands/base.py), what an audience sees of a view (views.visibility), secrets and links (store.links).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from meetingsvc.core.kernel import CLOCK, STAFF, Actor, need


@dataclass(frozen=True, slots=True)
class Role:
    """One row: what somebody in this role may see, and where they begin."""

    #: The audiences whose view it may read; its own stands first.
    audiences: tuple[str, ...]
    #: The page where it begins; without one its link opens nothing, and nobody is offered one.
    home: str | None
    #: Whether chair and secretary may make a link for it. One who is invited gets theirs with the invitation.
    linked: bool = False
    #: Whether it is inside the meeting: it may know the join link, and who waits where that is not public.
    inside: bool = False
    #: Whether the page of the calendar is its own: with answers, reminders and a feed.
    own_calendar: bool = False


_STAFF = Role(("staff", "delegate", "booth", "room", "follow"), home="chair", linked=True, inside=True)

ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "chair": _STAFF,
        "secretary": _STAFF,
        "delegate": Role(("delegate", "room", "follow"), home="floor", linked=True, inside=True, own_calendar=True),
        "booth": Role(("booth", "room", "follow"), home=None, inside=True),
        "room": Role(("room", "follow"), home="room", linked=True),
        "follower": Role(("follow",), home="follow", linked=True),
        "invitee": Role(("follow",), home="calendar", inside=True, own_calendar=True),
    }
)

#: Every audience: staff may look at what each of the others is shown.
AUDIENCES = _STAFF.audiences
#: What anybody may read who knows the meeting's address.
PUBLIC = ("follow",)
#: The audiences that are told what is not for the public.
INSIDE = frozenset(row.audiences[0] for row in ROLES.values() if row.inside) - set(PUBLIC)


def audiences(role: str) -> tuple[str, ...]:
    """The audiences whose view a role may read, its own first. The clock hears all; others read what is public."""
    if role == CLOCK.role:
        return AUDIENCES
    return ROLES[role].audiences if role in ROLES else PUBLIC


def speaks_for(actor: Actor, named: int | None) -> int:
    """The delegation an act is about: a delegate's own, or the one that chair or secretary name."""
    if actor.role not in STAFF:
        need(actor.delegation is not None and named in (None, actor.delegation), "rights.not_your_delegation")
        assert actor.delegation is not None
        return actor.delegation
    need(named is not None, "roster.name_a_delegation")
    assert named is not None
    return named
