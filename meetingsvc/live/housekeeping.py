"""What must happen without anybody asking: sockets that never join, and revoked grants.

One task per process, once a second. Ticks of the clock and heads are elsewhere.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from meetingsvc.live.pings import Pings
from meetingsvc.live.websocket import JOIN_WITHIN, WebSocketConnection

if TYPE_CHECKING:
    from meetingsvc.live.followers import Followers, Revoked

log = logging.getLogger("meetingsvc.live")

#: Seconds in which an accepted socket must follow something.
FOLLOW_WITHIN = 60.0


class Housekeeping:
    """`unaccepted` are the connections that no CONNECT has been answered for."""

    def __init__(self, followers: Followers, revoked: Revoked) -> None:
        self.followers = followers
        self.revoked = revoked
        self.unaccepted: set[WebSocketConnection] = set()
        self.pings = Pings(followers.sio.server.eio)

    def round(self) -> None:
        """One round; never raises, so that one bad round does not end the next."""
        try:
            self.pings.round(time.monotonic())
            self._strangers(time.monotonic())
            self.followers.polls.round()
            self._revoked()
        except Exception:
            log.exception("housekeeping failed; it goes on in a second")

    def _strangers(self, now: float) -> None:
        for link in tuple(self.unaccepted):
            if link.accepted or link.closed:
                self.unaccepted.discard(link)
            elif now - link.born > JOIN_WITHIN:
                link.cut("did not join in time")
                self.unaccepted.discard(link)
        for follower in tuple(self.followers.people.values()):
            if follower.following is None and now - follower.born > FOLLOW_WITHIN and follower.link is not None:
                follower.link.cut("follows nothing")

    def _revoked(self) -> None:
        """Revoking cuts at once where it was done; elsewhere here, within two rounds."""
        held = {p.grant.id for p in tuple(self.followers.people.values()) if p.grant is not None}
        held |= self.followers.polls.grants()
        gone = self.revoked(held) if held else ()
        if gone:
            self.followers.cut_grants(gone)
