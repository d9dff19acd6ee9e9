"""Which fetches of a calendar this process wrote down, so that one that asks each minute is noted each ten.

Not here: the rows that say when a calendar was fetched (store/feeds), the files (calendar_files).
"""

from __future__ import annotations

import threading
from collections import OrderedDict

#: A file that is fetched again and again is noted this often.
NOTED_MS = 10 * 60 * 1000
NOTED_KEYS = 20_000


class NotedFetches:
    """Which fetches were written down. Safe for several threads."""

    def __init__(self) -> None:
        self._noted: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def notes(self, key: str, now: int, modified: int) -> bool:
        """Whether a fetch is to be written down: the first in ten minutes, or of something newer."""
        with self._lock:
            at, seen = self._noted.get(key, (0, 0))
            if now - at < NOTED_MS and modified <= seen:
                return False
            self._noted[key] = (now, max(seen, modified))
            self._noted.move_to_end(key)
            if len(self._noted) > NOTED_KEYS:
                self._noted.popitem(last=False)
            return True

    def forget(self, key: str) -> None:
        """The fetch could not be written down: the next one will be."""
        with self._lock:
            self._noted.pop(key, None)
