"""One TCP connection that speaks HTTP: reads a head and a body in time, asks the application in its turn, answers.

A socket that becomes a WebSocket is taken over by `live`. Not here: the grammar of heads (heads), who may have a place
(connection_limits) or a turn (fair_turns), accepting (server).
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from meetingsvc.live.http.body import NOWHERE, Body
from meetingsvc.live.http.early_answers import refusal
from meetingsvc.live.http.heads import END, LARGEST, BadHead, Head, environ_of, read, shown
from meetingsvc.waiting import TURN, waiting

if TYPE_CHECKING:
    from meetingsvc.live.http.acceptor import Acceptor
    from meetingsvc.live.http.server import Server

log = logging.getLogger("meetingsvc.live")

#: Seconds for a whole head, from its first byte; idle time between requests is beside it.
HEADER_WITHIN = 6.0
#: Seconds a connection may rest between two requests.
KEEPALIVE = 15.0
#: Seconds from the end of the head to the last byte of a body: one deadline for the whole, however it drips.
BODY_WITHIN = 20.0
#: The same where a file comes with it.
UPLOAD_WITHIN = 60.0
#: Seconds in which an answer must have been fetched.
ANSWER_WITHIN = 30.0
#: Bodies up to this size are read before the application is asked, so that it never waits for them.
SMALL = 65_536
#: No body may be larger, in bytes: imports of delegations are far below.
LARGE = 8 * 1_048_576
#: What is left of a refused body is read and forgotten up to here: else the client never sees the answer.
LEFT_OVER = 2 * 1_048_576
#: Seconds for that.
LINGER = 5.0
#: Answers below this need no count: the kernel takes them at once.
LITTLE = 16_384


class Gone(OSError):
    """The client is not there any more, or was cut. What reads a body knows such errors."""


def host_of(address: str) -> str:
    """What counts as one host: an address, of IPv6 the half that a network gives to one."""
    try:
        six = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(six.ipv4_mapped or six.exploded[:19])


class Connection:
    """`who`: whose request is under way, where its credential was proved; of a socket, who it is. `busy`: a request is
    under way. `host`: who counts as one in the round.

    The application finds it as `environ["meetingsvc.connection"]`.
    """

    __slots__ = (
        "__weakref__",
        "_acceptor",
        "_began",
        "_data",
        "_first",
        "_waits",
        "address",
        "buckets",
        "busy",
        "cut_for",
        "host",
        "public",
        "server",
        "sock",
        "taken",
        "wake",
        "who",
    )

    def __init__(self, sock: Any, address: str, server: Server) -> None:
        self.sock, self.address, self.server = sock, address, server
        self.host = host_of(address)
        self.who: str | None = None
        self.buckets: dict[Any, Any] = {}  # how often it may ask, counted by the application
        self.public = False  # a socket that follows without a credential
        self.busy = False
        self.taken = False  # it is a WebSocket now
        self.cut_for: str | None = None
        self.wake: Callable[[], object] | None = None  # ends the wait of a request that waits for what happens
        self._data = b""
        self._first = True
        self._waits = False  # for a turn
        self._acceptor: Acceptor | None = None  # while it has no thread yet
        self._began: float | None = None  # when our turn began, while we have one

    # -------------------------------------------------------------------------------------------- what others call

    def proved(self, credential: str | None, who: str) -> None:
        """Whoever asks here has shown a good credential: from now on its requests go before those of strangers."""
        self.who = who
        if credential is not None:
            self.server.known.proved(credential, who)
        self.server.places.proved(self)

    def take(self) -> tuple[Any, bytes]:
        """The socket for a WebSocket, and what was read of it already."""
        self.taken, self.busy = True, False
        self.server.deadlines.clear(self)
        self.rest()
        self.server.places.answered(self)
        data, self._data = self._data, b""
        return self.sock, data

    def overdue(self) -> str | None:
        """What is to be said of it now that its time is up: nothing of one that rests, as every browser's does."""
        if self.taken:
            return "reads too slowly"
        return "not in time" if self.busy or self._data else None

    def turn(self) -> None:
        """Waits for a turn; who was cut needs none to end."""
        if self._began is None and self.cut_for is None:
            self._waits = True
            self._began = self.server.turns.enter(self.who, self.host)
            self._waits = False

    def rest(self) -> bool:
        """Gives the turn back, if we have it; whether we had."""
        if self._began is None:
            return False
        began, self._began = self._began, None
        self.server.turns.leave(began)
        return True

    def cut(self, reason: str | None) -> None:
        """Ends it, whatever it is at; the line of the log is its own thread's. None: nothing to speak of."""
        wake = self.wake
        if self.cut_for is None:
            self.cut_for = reason
        with contextlib.suppress(OSError):
            # reset, so that the kernel does not keep what nobody fetches either
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.sock.shutdown(socket.SHUT_RDWR)
            if (self._waits or wake) and not self.taken:
                self.sock.close()  # many may wait: the descriptor is needed now
        if wake is not None:
            wake()
        if self._acceptor is not None:
            self._acceptor.drop(self)

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """While we wait for what it says, nothing is done for it: it has neither a turn nor the place of work."""
        self.server.places.waits(self)
        with waiting():
            yield
        self.server.places.asks(self)

    # -------------------------------------------------------------------------------------------------- its thread

    def run(self, began: float | None = None) -> None:
        """Serves until it is over, and never raises. `began`: the moment its first turn began, where it has one."""
        TURN.set(self)
        self._acceptor, self._began = None, began
        try:
            while self._one():
                if self.server.acceptor is not None and not self.has_head():
                    self.server.acceptor.back(self)  # from here on it is no more ours
                    return
        except OSError:
            pass
        except Exception:
            log.exception("a connection failed")
        self.end()

    def end(self) -> None:
        """It is over: what it had is free, and the log says why where there is a reason."""
        self.rest()
        self.server.left(self)
        if self.cut_for is not None:
            self.server.report(self.cut_for, {"REMOTE_ADDR": self.address})

    def expect_head(self, acceptor: Acceptor) -> None:
        """It waits there for its next head, and has from now on so long to say it."""
        self._acceptor = acceptor
        self._head_is_due()

    def _head_is_due(self) -> None:
        within = HEADER_WITHIN if self._first or self._data else KEEPALIVE
        self.server.deadlines.set(self, time.monotonic() + within)

    def known(self) -> str | None:
        """Who is known by what the head shows."""
        return self.server.known.who(self.server.credential(shown(self._data)))

    def hear(self, flags: int = 0) -> bool:
        """Reads what comes next; whether there is a whole head now. Raises `Gone`."""
        began = bool(self._data)
        self._data += self.receive(4096, flags)
        has_head = self.has_head()
        if has_head:
            self.server.deadlines.clear(self)
        elif self._data and not began and not self._first:
            self.server.deadlines.set(self, time.monotonic() + HEADER_WITHIN)
        return has_head

    def has_head(self) -> bool:
        """Whether a whole head was read, or what can never become one. Lines before it are passed over, as RFC 9112,
        2.2, asks."""
        if self._data[:1] in (b"\r", b"\n"):
            self._data = self._data.lstrip(b"\r\n")
        return END in self._data or b"\n\n" in self._data or len(self._data) > LARGEST

    def _one(self) -> bool:
        """One request; whether another may follow."""
        try:
            data = self._head()
            # of each request, not of the connection: a proxy sends those of many people over one
            credential = self.server.credential(shown(data))
            self.who = self.server.known.who(credential)
            self._wait_for_turn()  # reading a head is work too: hundreds that read would leave nothing for others
            head = read(data)
            if head.length > LARGE:
                raise BadHead("a body too large", "413 Content Too Large")
        except BadHead as bad:
            self.rest()
            self._refuse(bad)
            return False
        self.busy = True
        if self.who is not None:
            self.server.places.asks(self)  # a press keeps its place while its body comes
        body = self._body(head)
        self.server.places.asks(self)
        status, headers, said = self._asked(head, body, credential)
        if self.taken:
            return False
        close = any(name.lower() == "connection" and value.lower() == "close" for name, value in headers)
        keep = head.keep and body.left == 0 and not close and not self.server.ending
        self.server.places.answered(self)  # from here on we wait for it
        self._answer(head, status, headers, said, keep)
        if body.left:
            self._forget(body)
        self.busy = False
        return keep and not self.server.ending

    def _wait_for_turn(self) -> None:
        """Raises `Gone` if it was cut meanwhile: nobody is answered who had to make way."""
        self.turn()
        if self.cut_for is not None:
            raise Gone

    def _head(self) -> bytes:
        """The next whole head: where there is none yet, it is waited for, without a turn."""
        if not self.has_head():
            self.rest()
            self._head_is_due()
            while not self.hear():
                pass
        self._first = False
        self.server.deadlines.clear(self)
        end = self._data.find(END)
        if 0 <= end <= LARGEST - 4:
            data, self._data = self._data[: end + 4], self._data[end + 4 :]
            return data
        if len(self._data) > LARGEST:
            raise BadHead("a head too large", "431 Request Header Fields Too Large")
        raise BadHead("a head with stray line ends or control signs")

    def receive(self, most: int, flags: int = 0) -> bytes:
        """What comes next. Raises `Gone`."""
        data: bytes = self.sock.recv(most, flags)
        if not data:
            raise Gone
        return data

    def _body(self, head: Head) -> Body:
        body = Body(self, head.length, self._data[: head.length], head.expects)
        self._data = self._data[head.length :]
        if head.length <= SMALL and not head.expects:
            if body.left:
                self.server.deadlines.set(self, time.monotonic() + BODY_WITHIN)
            body.read_whole()
            self.server.deadlines.clear(self)
        else:
            within = BODY_WITHIN if head.length <= SMALL else UPLOAD_WITHIN
            self.server.deadlines.set(self, time.monotonic() + within)
        return body

    def _asked(self, head: Head, body: Body, credential: str | None) -> tuple[str, list[tuple[str, str]], bytes]:
        """What the application answers: (status, headers, body)."""
        environ = environ_of(head)
        host, port = self.server.address
        environ |= {
            "SERVER_NAME": host,
            "SERVER_PORT": str(port),
            "REMOTE_ADDR": self.address,
            "wsgi.input": body.stream(),
            "wsgi.errors": NOWHERE,
            "wsgi.multithread": True,
            "meetingsvc.connection": self,
            "meetingsvc.proved": lambda who: self.proved(credential, who),
        }
        said: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            said[:] = [status, headers]
            return None

        self.turn()
        try:
            data = _joined(self.server.app(environ, start))
        except Gone:
            raise
        except Exception:
            # the application answers for its own faults: this is a fault of what stands around it
            log.exception("a request failed")
            said[:], data = ["500 Internal Server Error", [("Content-Type", "text/plain")]], b""
        finally:
            self.rest()
            environ.clear()  # what it held in a circle is let go now, not when the collector comes
        self.server.deadlines.clear(self)
        if self.taken:
            return "", [], b""
        return said[0], said[1], data

    # --------------------------------------------------------------------------------------------------- answering

    def _answer(self, head: Head, status: str, headers: list[tuple[str, str]], data: bytes, keep: bool) -> None:
        given = {name.lower() for name, _ in headers}
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        bare = status[:3] in ("204", "304")
        if not bare and "content-length" not in given:
            lines.append(f"Content-Length: {len(data)}")
        if "date" not in given:
            lines.append(f"Date: {formatdate(usegmt=True)}")
        if not keep and "connection" not in given:
            lines.append("Connection: close")
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("a header with a line end in it")
        packed = "\r\n".join(lines).encode("latin-1") + END
        self._send(packed if bare or head.method == "HEAD" else packed + data)

    def _send(self, data: bytes) -> None:
        """The whole of it, in time. Who fetches too slowly is cut; so is one of many that hold much together."""
        if len(data) > LITTLE:
            for slow in self.server.places.sending(self, len(data)):
                slow.cut("answers that nobody fetches")
        try:
            self.send_within(ANSWER_WITHIN, data)
        finally:
            self.server.places.sent(self)

    def send_within(self, seconds: float, data: bytes) -> None:
        """Sends it, or is cut. Raises `OSError`."""
        self.server.deadlines.set(self, time.monotonic() + seconds)
        try:
            self.sock.sendall(data)
        finally:
            self.server.deadlines.clear(self)

    def _refuse(self, bad: BadHead) -> None:
        self.cut_for = bad.reason
        self._send(refusal(bad.status))
        self._forget(None)

    def _forget(self, body: Body | None) -> None:
        """Says that no more is said, and reads what is still coming: a reset would take the answer with it."""
        self.server.deadlines.set(self, time.monotonic() + (BODY_WITHIN if body and not body.expects else LINGER))
        with contextlib.suppress(OSError, Gone):
            self.sock.shutdown(socket.SHUT_WR)
            left = LEFT_OVER if body is None else min(body.left, LEFT_OVER)
            while left > 0:
                left -= len(self.receive(65_536))
        self.server.deadlines.clear(self)


def _joined(answer: Iterable[bytes]) -> bytes:
    """All of an answer: ours are made whole, and a turn must not wait for a slow reader."""
    try:
        return b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
