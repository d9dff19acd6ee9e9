"""A cache of so many bytes: things under a digest of all they show, the least used make way.

For files and pages that cost much to make and little to keep. Everything in it could be made again. Not here: what
is kept (calendar files in invitations/calendar_files, pages in web/page_cache).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")

KEPT_BYTES = 32_000_000
#: What a thing costs beside its bytes.
BESIDE = 1_000


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
