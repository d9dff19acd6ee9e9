"""The events of the wire: connect, follow, time. Who may hear what; never a command.

`attach` puts the live layer on a Flask app: the admission in front, the fan-out behind, followers'
rooms between. What changed is made by `broadcast`; who somebody is, by the `gate` handed in.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import flask_socketio
from socketio.exceptions import ConnectionRefusedError as ConnectionRefused

from meetingsvc.core.kernel import Refused, UnfoldableEntry
from meetingsvc.core.roles import PUBLIC, audiences
from meetingsvc.live import admission
from meetingsvc.live.housekeeping import Housekeeping
from meetingsvc.live.long_polls import LongPolls
from meetingsvc.live.packets import Encoded
from meetingsvc.live.websocket import WebSocketConnection
from meetingsvc.store.engine import Busy
from meetingsvc.token_bucket import Bucket

if TYPE_CHECKING:
    from meetingsvc.broadcast import Broadcasters
    from meetingsvc.broadcast.replay_buffer import FollowedAudience
    from meetingsvc.live.http.connection import Connection
    from meetingsvc.store.links import Grant

log = logging.getLogger("meetingsvc.live")

#: `gate(auth, environ)` tells who opens a socket: a grant, or None for the public. Raises Refused.
Gate = Callable[[dict[str, Any], dict[str, Any]], "Grant | None"]
#: Those of these grants (ids) that were revoked of late, by whatever process.
Revoked = Callable[[Collection[str]], Collection[str]]


@dataclass(eq=False)
class Follower:
    """One accepted socket. `following` is the audience that it follows now."""

    sid: str
    grant: Grant | None
    link: WebSocketConnection | None
    bucket: Bucket = field(default_factory=lambda: Bucket(1, 10))
    meeting: str = ""
    audience: str = ""
    following: FollowedAudience | None = None
    born: float = field(default_factory=time.monotonic)


class Followers:
    """The live layer of one app. `sio` is the Flask-SocketIO object."""

    def __init__(
        self,
        sio: flask_socketio.SocketIO,
        broadcasters: Broadcasters,
        gate: Gate,
        revoked: Revoked,
    ) -> None:
        self.sio = sio
        self.broadcasters = broadcasters
        self.gate = gate
        self.people: dict[str, Follower] = {}
        self.report = admission.Reporter()
        self.polls = LongPolls(broadcasters, self.report)
        self.housekeeping = Housekeeping(self, revoked)
        broadcasters.attach(self.emit, self.cut_meeting)
        for event, handler in (("connect", self.connect), ("disconnect", self.disconnect)):
            sio.server.on(event, handler)
        for event, answer in (("follow", self.follow), ("time", self.time)):
            sio.server.on(event, answer)

    # Events. They stand on the plain server: a Flask request context is not needed here.

    def connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> bool | None:
        try:
            grant = self.gate(auth if isinstance(auth, dict) else {}, environ)
        except Refused as refused:
            raise ConnectionRefused(refused.code) from None
        except Busy:
            raise ConnectionRefused("http.busy") from None  # said once where it was found; the page tries again
        except Exception:
            log.exception("the gate failed")
            raise ConnectionRefused("http.failed") from None
        link = environ.get("meetingsvc.link")
        if link is not None and link.connection is not None:
            place: Connection = link.connection
            if grant is not None:
                place.proved(None, grant.id)
            # so many sockets of the public, and no more: those with a link always find a place
            if not place.server.places.joined(place, public=grant is None):
                self.report("no place: the share of the public is taken", environ)
                raise ConnectionRefused("http.busy")
        self.people[sid] = Follower(sid, grant, link)
        return None

    def disconnect(self, sid: str, reason: Any = None) -> None:
        follower = self.people.pop(sid, None)
        if follower is not None:
            self._leave(follower)
            if follower.link is not None:
                follower.link.cut()  # an Engine.IO connection without a namespace is of no use

    def follow(self, sid: str, body: Any = None) -> Any:
        """`{meeting, seq, epoch, chain, audience}`; the answer is what came after `seq`, or `fetch`."""
        follower = self.people.get(sid)
        if follower is None:
            return {"ok": False, "code": "sign_in.needed"}
        asked = _follow_shape(body)
        if asked is None:
            return {"ok": False, "code": "shape.follow"}
        if not follower.bucket.take():
            return {"ok": False, "code": "act.too_fast"}
        meeting, audience, seq, epoch, chain = asked
        code = self._refusal(follower.grant, meeting, audience)
        if code is not None:
            return {"ok": False, "code": code}
        try:
            # The room first, then the seq: a change in between comes twice and is skipped once.
            self._enter(follower, meeting, audience)
            return Encoded(self.broadcasters.follow(meeting, audience, seq, epoch, chain))
        except Refused as refused:
            code = refused.code
        except UnfoldableEntry:
            code = "record.stranded"
        except Exception as fault:
            if not isinstance(fault, Busy):
                log.exception("follow failed")
            # Cut, not refused: a page that is cut tries again in a few seconds.
            self._cut(follower)
            code = "http.busy"
        self._leave(follower)
        return {"ok": False, "code": code}

    def time(self, sid: str, *_: Any) -> int:
        """The server's clock, ms UTC, as the meeting that is followed goes by it."""
        follower = self.people.get(sid)
        return self.broadcasters.now(follower.meeting if follower else "")

    def _refusal(self, grant: Grant | None, meeting: str, audience: str) -> str | None:
        """None, or the code of the refusal: which audience a role may follow stands in core/roles.py."""
        if grant is None:
            return None if audience in PUBLIC else "sign_in.needed"
        if grant.meeting != meeting:
            return "rights.other_meeting"
        return None if audience in audiences(grant.role) else "rights.audience"

    def _enter(self, follower: Follower, meeting: str, audience: str) -> None:
        if (follower.meeting, follower.audience) == (meeting, audience) and follower.following is not None:
            return
        self._leave(follower)
        self.sio.server.enter_room(follower.sid, room(meeting, audience))
        follower.meeting, follower.audience = meeting, audience
        follower.following = self.broadcasters.join(meeting, audience)

    def _leave(self, follower: Follower) -> None:
        if not follower.meeting:
            return
        if follower.sid in self.people:
            self.sio.server.leave_room(follower.sid, room(follower.meeting, follower.audience))
        if follower.following is not None:
            self.broadcasters.leave(follower.meeting, follower.following)
        follower.meeting, follower.audience, follower.following = "", "", None

    # What the other layers ask of this one.

    def emit(self, meeting: str, audience: str, event: str, text: str) -> None:
        """`text` is JSON, encoded once for all who hear it."""
        self.sio.server.emit(event, Encoded(text), to=room(meeting, audience))

    def cut_meeting(self, meeting: str) -> None:
        """Cuts all followers of a meeting; they come back by themselves."""
        for follower in tuple(self.people.values()):
            if follower.meeting == meeting:
                self._cut(follower)

    def cut_grant(self, grant: str) -> None:
        """Cuts the sockets of a grant at once, and ends its waits."""
        self.cut_grants({grant})

    def cut_grants(self, grants: Collection[str]) -> None:
        self.polls.cut_grants(grants)
        for follower in tuple(self.people.values()):
            if follower.grant is not None and follower.grant.id in grants:
                self._cut(follower)

    def followers(self) -> int:
        return sum(1 for follower in tuple(self.people.values()) if follower.following is not None) + len(self.polls)

    def _cut(self, follower: Follower) -> None:
        if follower.link is not None:
            follower.link.cut()
        self._leave(follower)  # nothing more reaches it, whatever its reader still does


def room(meeting: str, audience: str) -> str:
    """The server alone chooses rooms; no client names one."""
    return f"{audience}:{meeting}"


def _follow_shape(body: Any) -> tuple[str, str, int, str, str] | None:
    """`(meeting, audience, seq, epoch, chain)`, or None. Epoch and chain may be empty at first."""
    if not isinstance(body, dict) or body.keys() - {"meeting", "audience", "seq", "epoch", "chain"}:
        return None
    meeting, audience, seq = body.get("meeting"), body.get("audience", "follow"), body.get("seq", 0)
    epoch, chain = body.get("epoch", ""), body.get("chain", "")
    for text in (meeting, audience, epoch, chain):
        if not isinstance(text, str) or len(text) > 64:
            return None
    if not isinstance(seq, int) or isinstance(seq, bool) or not 0 <= seq < 2**53:
        return None
    assert isinstance(meeting, str) and isinstance(audience, str)
    return meeting, audience, seq, str(epoch), str(chain)
