"""HTTP requests that must arrive in time: against clients that drip headers or bodies.

A subclass of eventlet's protocol. Without it 1,025 half-open requests stop the server for
as long as they stay open. What a request means is not looked at here.
"""

from __future__ import annotations

import io
from typing import Any

from eventlet import greenio, hubs, wsgi

#: Seconds for the whole header, from its beginning; idle time between requests is beside it.
HEADER_WITHIN = 6.0
#: Seconds for a body.
BODY_WITHIN = 20.0
#: Bodies up to this size are read before the application is asked, so that it never waits.
SMALL = 65_536
#: No body may be larger, in bytes: imports of delegations are far below.
LARGE = 8 * 1_048_576

_REFUSAL = (
    b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n"
    b"X-Content-Type-Options: nosniff\r\n\r\n"
)


class DeadlineProtocol(wsgi.HttpProtocol):  # type: ignore[misc]
    """One HTTP connection. Buffers stay small: thousands of followers keep theirs for hours."""

    rbufsize = 4096
    wbufsize = 4096

    _timer: Any = None
    _first = True

    def _read_request_line(self) -> Any:
        idle = 0 if self._first else float(self.server.keepalive or 0)
        self._first = False
        self._limit(idle + HEADER_WITHIN)
        return super()._read_request_line()

    def get_environ(self) -> dict[str, Any]:
        self._limit(None)
        environ: dict[str, Any] = super().get_environ()
        return environ

    def handle_one_response(self) -> None:
        try:
            refusal = self._body()
        finally:
            self._limit(None)
        if refusal is None:
            super().handle_one_response()
        else:
            self.close_connection = True
            self.wfile.write(_REFUSAL % refusal)
            self.wfile.flush()

    def _body(self) -> bytes | None:
        """Reads a small body whole; the status line if the body cannot be taken."""
        request = self.environ["eventlet.input"]
        if request.chunked_input:
            return b"411 Length Required"
        size = request.content_length or 0
        if size > LARGE:
            return b"413 Content Too Large"
        if 0 < size <= SMALL and not request.should_send_hundred_continue:
            self._limit(BODY_WITHIN)
            body = request.rfile.read(size)
            if len(body) < size:
                return b"400 Bad Request"
            request.rfile = io.BytesIO(body)
        elif size:
            # The application reads it; its socket timeout bounds each pause.
            self.connection.settimeout(BODY_WITHIN)
        return None

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        finally:
            self._limit(None)

    def _limit(self, seconds: float | None) -> None:
        """Ends the connection after so many seconds, unless called again before."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if seconds is not None:
            self._timer = hubs.get_hub().schedule_call_global(seconds, self._overdue)

    def _overdue(self) -> None:
        self._timer = None
        greenio.shutdown_safe(self.connection)
