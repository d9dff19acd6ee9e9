"""Engine.IO's pings from one row for all: a task for each follower would sleep on for a minute after the follower left,
with everything that belonged to it.

Not here: what becomes of those who do not answer (Engine.IO ends them by the receive timeout).
"""

from __future__ import annotations

import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from engineio import packet
from engineio.socket import Socket


class Pings:
    """Stands in for `start_background_task` of an Engine.IO server. Called each second: `round`."""

    def __init__(self, server: Any) -> None:
        self._start: Callable[..., Any] = server.start_background_task
        self._every = float(server.ping_interval)
        self._due: deque[tuple[float, weakref.ref[Any]]] = deque()  # all wait equally long, so they stand in order
        server.start_background_task = self.start

    def start(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """A ping is put in the row; all other tasks are started as ever."""
        if getattr(target, "__func__", None) is Socket._send_ping:
            self._due.append((time.monotonic() + self._every, weakref.ref(target.__self__)))  # type: ignore[attr-defined]
            return None
        return self._start(target, *args, **kwargs)

    def round(self, now: float) -> None:
        """Sends what is due."""
        while self._due and self._due[0][0] <= now:
            follower = self._due.popleft()[1]()
            if follower is not None and not follower.closing and not follower.closed:
                follower.last_ping = time.time()  # Engine.IO's own mark, compared with nothing of ours
                follower.send(packet.Packet(packet.PING))
