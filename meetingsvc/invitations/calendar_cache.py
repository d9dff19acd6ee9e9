"""What one process keeps of what it made: files and pages under a digest of all they show; and which fetches it noted.

Only a cache: everything in it could be made again. Not here: what a file holds (calendar_files), what a page shows.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")

KEPT_BYTES = 32_000_000
#: What a thing costs beside its bytes.
BESIDE = 1_000
#: A file that is fetched again and again is noted this often.
NOTED_MS = 10 * 60 * 1000
NOTED_KEYS = 20_000


class BoundedCache(Generic[T]):
    """Things under their digests, so many bytes in all; the least used make way. Safe for several threads."""

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self.most = most
        self.size = 0
        self._held: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: str) -> T | None:
        with self._lock:
            found = self._held.get(key)
            if found is None:
                return None
            self._held.move_to_end(key)
            return found[0]

    def clear(self) -> None:
        with self._lock:
            self._held.clear()
            self.size = 0

    def put(self, key: str, made: T, size: int) -> None:
        """Keeps a thing of `size` bytes, in the place of what was there."""
        with self._lock:
            _, before = self._held.pop(key, (None, 0))
            self._held[key] = made, size + BESIDE
            self.size += size + BESIDE - before
            while self.size > self.most:
                _, (_, gone) = self._held.popitem(last=False)
                self.size -= gone


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
