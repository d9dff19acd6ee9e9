"""Forms that make something which is shown once, such as a link: sent twice, they are done once.

A second tap takes the first answer's place on the screen, so for a little while it says the same. Kept in this process.
Not here: commands of a meeting, which have their key (store/idempotency); what the forms make.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar, cast

from meetingsvc.waiting import waiting

#: Seconds in which the same form is answered with what it made: a second tap, not a reload after lunch.
SECOND_TAP = 20.0
MOST = 1_000
_UNDER_WAY = object()

Made = TypeVar("Made")


class SentForms:
    """{mark of a form: what it made, and until when that is said again}."""

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[str, str], tuple[Any, float]] = OrderedDict()
        self._lock = threading.Lock()  # nothing yields under it

    def once(self, who: str, mark: str, make: Callable[[], Made]) -> Made | None:
        """What `make` gives, at the first time and for a second tap of the same person; None for a later one. If it
        raises, nothing was made, and the corrected form may come with the same mark."""
        key = (who, mark)
        while True:
            with self._lock:
                made, until = self._rows.get(key, (None, 0.0))
                if key not in self._rows:
                    self._rows[key] = (_UNDER_WAY, float("inf"))
                    break
            if made is not _UNDER_WAY:
                return cast(Made, made) if time.monotonic() < until else None
            with waiting():
                time.sleep(0.05)
        try:
            new = make()
        except BaseException:
            with self._lock:
                del self._rows[key]
            raise
        with self._lock:
            self._rows[key] = (new, time.monotonic() + SECOND_TAP)
        self.forget()
        return new

    def forget(self) -> None:
        """Once a second: secrets are not kept longer than they are said again, and marks not for ever."""
        now = time.monotonic()
        with self._lock:
            for key, (made, until) in self._rows.items():
                if made is not None and until < now:
                    self._rows[key] = (None, 0.0)
            for key in list(self._rows)[: max(0, len(self._rows) - MOST)]:
                if self._rows[key][0] is not _UNDER_WAY:
                    del self._rows[key]
