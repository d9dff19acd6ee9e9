"""What must hold before a handler sees anything of a socket: the request of the socket path (a WSGI middleware), each
Engine.IO packet, and one line in the log for each reason to cut, not for each cut.

Limits of single frames are in `frames.py`, the packets a client may send in `packets.py`,
slow heads are ended in `http/connection.py`. Who somebody is, is not decided here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any
from urllib.parse import parse_qs

from meetingsvc.live.frames import handshake
from meetingsvc.live.packets import EVENTS, BadPacket, understand

log = logging.getLogger("meetingsvc.live")

Environ = dict[str, Any]
App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

#: The path of the socket, as the browser's library asks for it.
PATH = "/socket.io/"


def judge(payload: bytes, events: Collection[str] = EVENTS) -> str:
    """The text of one Engine.IO packet of a client, if it may be one. Raises BadPacket.

    Engine.IO would write a traceback for each bad packet; so it never sees one.
    """
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        raise BadPacket("not UTF-8") from None
    kind = text[:1]
    if kind == "4":
        understand(text[1:], events)
    elif kind not in ("1", "3") or len(text) > 64:
        raise BadPacket("unknown packet")
    return text


class Reporter:
    """One line per reason at once, then one each `every_s` seconds with the count of the rest.

    Reasons are ours: no byte of a client ever comes in.
    """

    def __init__(self, every_s: float = 10.0) -> None:
        self.every_s = every_s
        self.counts: dict[str, int] = {}
        self._said: dict[str, tuple[float, int]] = {}  # when it was last said, and how many there were then

    def __call__(self, reason: str, environ: Environ) -> None:
        count = self.counts[reason] = self.counts.get(reason, 0) + 1
        at, told = self._said.get(reason, (float("-inf"), 0))
        now = time.monotonic()
        if now - at < self.every_s:
            return
        self._said[reason] = (now, count)
        others = f"; {count - told - 1} more not shown" if count - told > 1 else ""
        address = str(environ.get("REMOTE_ADDR", "?"))[:64]
        log.warning("connection cut: %s (from %s%s)", reason, address, others)


class SocketAdmission:
    """WSGI middleware: lets through to the socket path only what can be a client of ours.

    A cookie comes with any site's script, so a cookie needs an Origin from the list. An Origin that
    is there must be on the list even without a cookie.
    """

    def __init__(self, app: App, origins: Collection[str], report: Reporter) -> None:
        self.app = app
        self.origins = frozenset(origins)
        self.report = report

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(PATH):
            return self.app(environ, start_response)
        # Browsers always offer permessage-deflate; it is never taken up.
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        refusal = self._refusal(environ)
        if refusal is None:
            return self.app(environ, start_response)
        status, reason = refusal
        self.report(reason, environ)
        body = reason.encode()
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
        ]
        if status.startswith("426"):
            headers += [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
        start_response(status, headers)
        return [body]

    def _refusal(self, environ: Environ) -> tuple[str, str] | None:
        query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        origin = environ.get("HTTP_ORIGIN")
        if environ.get("REQUEST_METHOD") != "GET" or query.get("transport") != ["websocket"]:
            return "400 Bad Request", "only WebSocket is spoken here"
        # JSONP ("j") hands a session's id to any page, and "sid" somebody else's session.
        if "j" in query or "sid" in query or query.get("EIO") != ["4"]:
            return "400 Bad Request", "unknown query"
        if origin is not None and origin not in self.origins:
            return "403 Forbidden", "origin not allowed"
        if origin is None and environ.get("HTTP_COOKIE"):
            return "403 Forbidden", "a cookie needs an origin"
        if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13":
            return "426 Upgrade Required", "WebSocket version 13 is needed"
        if handshake(environ) is None:
            return "400 Bad Request", "no WebSocket handshake"
        return None
