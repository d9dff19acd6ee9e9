"""Those who follow by HTTP, where a network lets no WebSocket through: a request that waits until something happens.

While it waits it is a follower as a socket is: it has a place and no turn, its audience's changes are made, and it ends
when its link is taken back. Not here: what is asked and answered (web/api/state), what changed (broadcast).
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from meetingsvc.core.kernel import Refused
from meetingsvc.live.http.connection_limits import Crowd
from meetingsvc.store.engine import Busy

if TYPE_CHECKING:
    from meetingsvc.broadcast import Broadcasters
    from meetingsvc.broadcast.replay_buffer import Missed
    from meetingsvc.live.http.connection import Connection
    from meetingsvc.live.websocket import Reports
    from meetingsvc.store.links import Grant

#: Requests that wait at once, and the share of all places that they may have: each is woken by each change, and where
#: each has a thread of its own, all of these run then.
MOST, SHARE = 2_000, 4
#: Seconds after which one is overdue, beyond those it asked for.
LATE = 10.0


@dataclass(eq=False, slots=True)
class LongPoll:
    """One request that waits until `woken`."""

    grant: Grant | None
    connection: Connection | None
    woken: threading.Event = field(default_factory=threading.Event)
    revoked: bool = False

    def left(self) -> bool:
        """Whether whoever asked has gone: nobody reads of a connection whose request waits."""
        if self.connection is None:
            return False
        sock = self.connection.sock
        try:
            # the real socket: a green one would wait for more
            return not getattr(sock, "fd", sock).recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True


class LongPolls:
    """All requests of one app that wait."""

    def __init__(self, broadcasters: Broadcasters, report: Reports) -> None:
        self.broadcasters, self.report = broadcasters, report
        self.ended = False
        self._lock = threading.Lock()  # nothing yields under it
        self._here: dict[LongPoll, None] = {}
        self._crowd = Crowd()
        self._of: dict[Connection, LongPoll] = {}

    def __len__(self) -> int:
        return len(self._here)

    def missed(
        self,
        environ: dict[str, Any],
        grant: Grant | None,
        meeting: str,
        audience: str,
        stands: tuple[int, str, str],
        seconds: float,
    ) -> Missed:
        """What somebody missed who `stands` at (seq, epoch, chain): at once, or when it happens within these seconds.

        Raises what an unknown meeting raises, Refused where the link is taken back meanwhile, Busy without a place.
        """
        followed = self.broadcasters.join(meeting, audience)  # from now on changes are made and kept for it
        try:
            missed = self.broadcasters.missed(meeting, audience, *stands)
            if missed.changes == [] and seconds and not self.ended:
                poll = LongPoll(grant, environ.get("meetingsvc.connection"))
                self._wait(poll, environ, meeting, stands[0], seconds)
                missed = self.broadcasters.missed(meeting, audience, *stands)
            return missed
        finally:
            self.broadcasters.leave(meeting, followed)

    def _wait(self, poll: LongPoll, environ: dict[str, Any], meeting: str, seq: int, seconds: float) -> None:
        self._enter(poll)
        try:
            with self._as_a_socket(poll, environ, seconds):
                self.broadcasters.wait_beyond(meeting, seq, seconds, poll.woken)
        finally:
            self._leave(poll)
        if poll.revoked:
            raise Refused("sign_in.revoked")

    @contextmanager
    def _as_a_socket(self, poll: LongPoll, environ: dict[str, Any], seconds: float) -> Iterator[None]:
        """Inside, its connection has the place of a socket, and a deadline; and where it is cut, its wait ends."""
        connection = poll.connection
        if connection is None:
            yield
            return
        server, connection.wake = connection.server, poll.woken.set
        try:
            if not server.places.joined(connection, public=poll.grant is None):
                self.report("no place: the share of the public is taken", environ)
                raise Busy("the share of the public is taken", "http.busy")
            server.deadlines.set(connection, time.monotonic() + seconds + LATE)
            if connection.cut_for is not None:
                poll.woken.set()
            yield
        finally:
            connection.wake = None
            server.deadlines.clear(connection)
            server.places.goes_on(connection)

    # Who waits.

    def _enter(self, poll: LongPoll) -> None:
        """One more; where that is too many, the oldest of whoever has most is answered now, and asks again."""
        with self._lock:
            self._here[poll] = None
            connection = poll.connection
            if connection is not None:
                most = max(1, min(MOST, connection.server.places.most // SHARE))
                if len(self._crowd) >= most and (oldest := self._crowd.first()) is not None:
                    self._crowd.remove(oldest)
                    self._of.pop(oldest).woken.set()
                self._crowd.add(connection, connection.who or connection.host)
                self._of[connection] = poll
        if self.ended:
            poll.woken.set()

    def _leave(self, poll: LongPoll) -> None:
        with self._lock:
            self._here.pop(poll, None)
            if poll.connection is not None and self._crowd.remove(poll.connection):
                del self._of[poll.connection]

    # What the other layers ask of this one.

    def grants(self) -> set[str]:
        """The links by which somebody waits."""
        return {poll.grant.id for poll in tuple(self._here) if poll.grant is not None}

    def cut_grants(self, grants: Collection[str]) -> None:
        """These links were taken back."""
        for poll in tuple(self._here):
            if poll.grant is not None and poll.grant.id in grants:
                poll.revoked = True
                poll.woken.set()

    def round(self) -> None:
        """Once a second: whoever has gone gives the place back."""
        for poll in tuple(self._here):
            if poll.left():
                poll.woken.set()

    def end(self) -> None:
        """The service ends: everybody is answered now, and nobody waits any more."""
        self.ended = True
        for poll in tuple(self._here):
            poll.woken.set()
