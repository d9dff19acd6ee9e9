"""Which meeting a request is about, and as whom it may look or act there.

A meeting that one may not see and one that is not there look the same: 404. Not here: rights to single commands.
"""

from __future__ import annotations

import re

from flask import request

from meetingsvc.core.kernel import STAFF
from meetingsvc.core.roles import PUBLIC, audiences
from meetingsvc.web.auth import Identity, identity
from meetingsvc.web.context import services
from meetingsvc.web.errors import Problem

MEETING = re.compile(r"[A-Za-z0-9]{10}")


def existing(meeting: str) -> str:
    """The meeting's id, or 404."""
    known = services().known
    if meeting not in known:
        if not MEETING.fullmatch(meeting) or services().meetings.log.head(meeting) is None:
            raise Problem(404, "http.not_found")
        known.add(meeting)  # meetings never go away, unless the database does (Meetings.on_loss)
    return meeting


def looking(meeting: str) -> Identity:
    """Who looks at a meeting: a grant for it, or the public. A bad credential is refused, never passed over."""
    who = identity(meeting)
    if who.problem:
        raise Problem(403, who.problem)
    if who.grant is not None and who.grant.meeting != meeting:
        raise Problem(403, "rights.other_meeting")
    return who


def acting(meeting: str) -> Identity:
    """Who acts in a meeting: somebody with a grant for it."""
    who = looking(meeting)
    if who.grant is None:
        raise Problem(403, "sign_in.needed")
    return who


def audience(who: Identity) -> str:
    """The audience asked for by ?audience=, if this role may read it; without, the role's own."""
    allowed = audiences(who.grant.role) if who.grant else PUBLIC
    asked = request.args.get("audience")
    if asked is None:
        return allowed[0]
    if asked not in allowed:
        raise Problem(403, "rights.audience")
    return asked


def is_staff(who: Identity) -> bool:
    """Whether chair or secretary asks."""
    return who.grant is not None and who.grant.role in STAFF
