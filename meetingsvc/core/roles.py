"""Who may give which command: the one table, collected from the commands themselves. Pure.

Deny first: a role that a command does not name may not give it, and a delegate acts for its own delegation only.
"""

from __future__ import annotations

from meetingsvc.core.kernel import COMMANDS, STAFF, Actor, Command, need

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


def table() -> dict[str, frozenset[str]]:
    """{command name: roles that may give it}."""
    return {name: cls.by for name, cls in sorted(COMMANDS.items())}


def check(actor: Actor, command: Command | type[Command]) -> None:
    """Refuse a command that this role may not give."""
    need(actor.role in command.by, "rights.not_yours", command=command.wire, role=actor.role)


def speaks_for(actor: Actor, named: int | None) -> int:
    """The delegation an act is about: a delegate's own, or the one that chair or secretary name."""
    if actor.role not in STAFF:
        need(actor.delegation is not None and named in (None, actor.delegation), "rights.not_your_delegation")
        assert actor.delegation is not None
        return actor.delegation
    need(named is not None, "roster.name_a_delegation")
    assert named is not None
    return named
