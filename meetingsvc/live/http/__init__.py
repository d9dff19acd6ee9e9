"""HTTP/1.1 as the service speaks it: one server for green threads and for real ones.

Heads are read by h11 and by rules stricter than its own (RFC 9112); every request has deadlines, a fair turn and a
place. What a request means is the application's; WebSockets are handed on to `live`. No eventlet here.
"""

from __future__ import annotations

from meetingsvc.live.http.server import Server

__all__ = ["Server"]
