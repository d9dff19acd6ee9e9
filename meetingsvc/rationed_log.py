"""A log that says once what goes wrong again and again, and once more when it is over.

For loops that try each second. Does not belong here: what goes wrong only once, and what is told to people.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from meetingsvc.store.engine import Busy


class RationedLog:
    """What is wrong now, by what it is about. Safe for several threads: at worst a thing is said twice."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._wrong: dict[str, set[str]] = {}

    def wrong(self, about: str, text: str, fault: BaseException) -> None:
        """Logs `text`, unless the same reason stands for the same thing already. A mistake of ours comes with its
        traceback; that the database cannot be had is no mistake and is one line."""
        said, reason = self._wrong.setdefault(about, set()), type(fault).__name__
        if reason in said:
            return
        said.add(reason)
        if isinstance(fault, Busy):
            self._log.warning("%s (%s)", text, fault)
        else:
            self._log.error("%s", text, exc_info=fault)

    def right(self, about: str, text: str) -> None:
        """It is over: logs `text` if anything was wrong."""
        if self._wrong.pop(about, None) is not None:
            self._log.warning("%s", text)

    def only(self, about: Collection[str]) -> None:
        """Everything else is not tried any more: should it go wrong again, that is said again."""
        self._wrong = {one: said for one, said in self._wrong.items() if one in about}
