"""One connection of one follower, as Engine.IO sees it: wait, send, close.

The bytes of a client pass the admission here before Engine.IO gets them. This class waits and
writes like any blocking socket; `eventlet_connection.py` has the one that never waits. No eventlet here.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from meetingsvc.live import frames
from meetingsvc.live.admission import judge
from meetingsvc.live.packets import EVENTS, BadPacket
from meetingsvc.token_bucket import Bucket
from meetingsvc.waiting import waiting

if TYPE_CHECKING:
    from meetingsvc.live.http.connection import Connection

log = logging.getLogger("meetingsvc.live")

#: Seconds in which a connection must be accepted in the namespace.
JOIN_WITHIN = 10.0
#: Seconds for which a write may stand still before the connection is cut.
STALL = 15.0
#: Bytes the kernel keeps for one follower: without it, it would be up to 4 MB for one that sleeps.
SEND_BUFFER = 262_144


class Reports(Protocol):
    """Where a link says why it was cut: one counted, rationed line, never a traceback."""

    def __call__(self, reason: str, environ: dict[str, Any]) -> None: ...


class WebSocketConnection:
    """A WebSocket with the admission in it. `sock` is any object with recv, sendall, shutdown.

    `connection`: the place and the turns of this socket (live/http); None where nobody shares them out.
    """

    events = EVENTS

    def __init__(self, sock: Any, environ: dict[str, Any], report: Reports) -> None:
        self.socket = sock  # Engine.IO sets the receive timeout on this very attribute
        self.environ = environ
        self.report = report
        self.closed = False
        self.accepted = False  # the CONNECT answer has been written
        self.born = time.monotonic()
        self.connection: Connection | None = environ.get("meetingsvc.connection")
        self._address = str(environ.get("REMOTE_ADDR", "?"))
        self._reader = frames.Reader()
        self._texts: deque[str] = deque()
        self._bucket = Bucket(rate=20, burst=100)
        self._bytes = Bucket(rate=16_384, burst=131_072)
        self._connects = 0
        self._lock = threading.Lock()
        for level, option, value in (
            (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
            (socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER),
        ):
            sock.setsockopt(level, option, value)

    # What Engine.IO calls.

    def wait(self) -> str | None:
        """The next text of the client, or None when the connection is over. What is done with it is done in a turn."""
        if self.connection is not None:
            self.connection.rest()
        while not self._texts:
            if self.closed:
                return None
            try:
                data = self.socket.recv(16_384)
            except (OSError, EOFError):
                data = b""
            if not data:
                self.cut()
                return None
            if self.connection is not None:
                self.connection.turn()
            self.take(data)
            if not self._texts and self.connection is not None:
                self.connection.rest()
        if self.connection is not None:
            self.connection.turn()
        return self._texts.popleft()

    def send(self, message: str | bytes) -> None:
        """One text message. Raises OSError when the connection is over, as Engine.IO expects."""
        if self.closed:
            raise OSError("closed")
        text = message if isinstance(message, str) else message.decode()
        self.write(frames.pack(text.encode()))
        if not self.accepted and text.startswith("40"):
            self.was_accepted()

    def close(self) -> None:
        """Says goodbye and closes. May be called twice."""
        if not self.closed:
            with contextlib.suppress(OSError):
                self.write(frames.pack(struct.pack("!H", 1000), frames.CLOSE))
            self.cut()

    # What the rest of the live layer calls.

    def write(self, data: bytes) -> None:
        """Puts whole frames on the wire, in order; never with a turn of the server in hand, which a reader has that
        answers a ping, since a follower that does not read may be waited for."""
        with waiting(), self._lock:
            if self.connection is None:
                self.socket.sendall(data)
                return
            self.connection.send_within(STALL, data)

    def was_accepted(self) -> None:
        """The CONNECT answer stands on the wire: broadcasts may follow it now."""
        self.accepted = True

    def cut(self, reason: str | None = None) -> None:
        """Ends the connection at once; its reader wakes up and Engine.IO clears away."""
        if self.closed:
            return
        self.closed = True
        if reason is not None:
            self.report(reason, {"REMOTE_ADDR": self._address})
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    # The admission.

    def take(self, data: bytes) -> None:
        """Bytes of the client, as they come."""
        before = self._reader.frames
        try:
            messages = self._reader.feed(data)
            count = self._reader.frames - before
            if not (self._bytes.take(len(data)) and self._bucket.take(count)):
                raise frames.BadFrame("too much at once", 1008)
            for opcode, payload in messages:
                self._message(opcode, payload)
        except frames.BadFrame as bad:
            self._goodbye(bad.status)
            self.cut(bad.reason)
        except BadPacket as bad:
            self._goodbye(1008)
            self.cut(str(bad))

    def _message(self, opcode: int, payload: bytes) -> None:
        if opcode == frames.TEXT:
            text = judge(payload, self.events)
            if text.startswith("40"):
                self._connects += 1
                if self._connects > 3:
                    raise BadPacket("too many tries to connect")
            self._texts.append(text)
        elif opcode == frames.PING:
            self.write(frames.pack(payload, frames.PONG))
        elif opcode == frames.CLOSE:
            self._goodbye(1000)
            self.cut()

    def _goodbye(self, status: int) -> None:
        with contextlib.suppress(OSError):
            self.write(frames.pack(struct.pack("!H", status), frames.CLOSE))


class WebSocketApp:
    """Stands where Engine.IO keeps its WebSocket class: `made(handler)(environ, start_response)`.

    The one seam is `engineio.Server._async["websocket"]`; a contract test holds it. `kind` is the class of links;
    `unaccepted` collects those that are not yet accepted.
    """

    def __init__(
        self,
        handler: Callable[[WebSocketConnection], Any],
        report: Reports,
        unaccepted: set[WebSocketConnection],
        kind: type[WebSocketConnection] = WebSocketConnection,
    ) -> None:
        self.handler = handler
        self.report = report
        self.unaccepted = unaccepted
        self.kind = kind

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return self._served(environ, start_response)
        finally:
            _forgotten(self.handler)

    def _served(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = frames.handshake(environ)
        if answer is None:  # the front door refuses these before
            start_response("400 Bad Request", [("Connection", "close"), ("Content-Length", "0")])
            return [b""]
        connection: Connection = environ["meetingsvc.connection"]
        sock, data = connection.take()
        link = environ["meetingsvc.link"] = self.kind(sock, environ, self.report)
        self.unaccepted.add(link)
        try:
            link.write(answer)
            link.take(data)
            self.handler(link)
        except OSError:
            pass  # the client is gone already
        finally:
            self.unaccepted.discard(link)
            link.close()
            _let_go(link)
        return []


def _forgotten(handler: Callable[[WebSocketConnection], Any]) -> None:
    """Engine.IO forgets a socket only when it is closed, and closes it only where its handler came to run."""
    socket_of_engine = getattr(handler, "__self__", None)
    if socket_of_engine is not None and not socket_of_engine.closed:
        socket_of_engine.close(wait=False, abort=True)
        socket_of_engine.server.sockets.pop(socket_of_engine.sid, None)


def _let_go(link: WebSocketConnection) -> None:
    """Nothing of a connection that is over lives on in a circle until the collector comes."""
    link.environ.pop("meetingsvc.link", None)
    link.environ = {}
