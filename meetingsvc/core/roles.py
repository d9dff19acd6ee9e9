"""What a role may read, and for whom it may act: a delegate for its own delegation only. Pure.

Does not belong here: which roles may give a command, which the command itself names (commands/base.py).
"""

from __future__ import annotations

from meetingsvc.core.kernel import STAFF, Actor, need

#: The audiences whose view a role may read; its own stands first. Without a role one may read `follow`.
AUDIENCES: dict[str, tuple[str, ...]] = {
    "chair": ("staff", "delegate", "booth", "room", "follow"),
    "secretary": ("staff", "delegate", "booth", "room", "follow"),
    "delegate": ("delegate", "room", "follow"),
    "booth": ("booth", "room", "follow"),
    "room": ("room", "follow"),
    "follower": ("follow",),
    "invitee": ("follow",),
}


def speaks_for(actor: Actor, named: int | None) -> int:
    """The delegation an act is about: a delegate's own, or the one that chair or secretary name."""
    if actor.role not in STAFF:
        need(actor.delegation is not None and named in (None, actor.delegation), "rights.not_your_delegation")
        assert actor.delegation is not None
        return actor.delegation
    need(named is not None, "roster.name_a_delegation")
    assert named is not None
    return named
