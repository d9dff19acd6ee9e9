"""What one process keeps of calendar files: the bytes that were made last, and which fetches it wrote down.

Only a cache: everything in it could be made again. Not here: what a file holds (calendars).
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from meetingsvc.invitations.shapes import Sheet

KEPT_BYTES = 32_000_000
#: A file that is fetched again and again is noted this often.
NOTED_MS = 10 * 60 * 1000
NOTED_KEYS = 20_000


class Shelf:
    """Safe for several threads."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, tuple[Sheet, bytes]] = OrderedDict()
        self._noted: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, etag: str) -> tuple[Sheet, bytes] | None:
        with self._lock:
            if etag in self._files:
                self._files.move_to_end(etag)
            return self._files.get(etag)

    def put(self, made: tuple[Sheet, bytes]) -> None:
        """Keeps a file; the least used make way."""
        with self._lock:
            if made[0].etag not in self._files:
                self._files[made[0].etag] = made
                self._size += len(made[1])
            while self._size > KEPT_BYTES:
                _, (_, data) = self._files.popitem(last=False)
                self._size -= len(data)

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
