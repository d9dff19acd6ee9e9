"""Plain forms with many fields: what was typed, read strictly, kept as typed, and what is wrong with it at each field.

Not here: which fields a page has, tokens of forms (web/auth).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import request

from meetingsvc.core.kernel import Refused, need
from meetingsvc.core.schema import InvalidShape, read
from meetingsvc.environment import zones
from meetingsvc.web.context import words


@dataclass(frozen=True, slots=True)
class _Line:
    text: str


@dataclass(slots=True)
class FormFields:
    """What somebody typed. `wrong`: {field: the sentence that stands beside it}."""

    values: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    @classmethod
    def sent(cls) -> FormFields:
        """The fields of this request's form, without what belongs to the form itself."""
        return cls({name: value for name, value in request.form.items() if name not in ("form", "do", "sure")})

    def get(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)

    def numbers(self, prefix: str, most: int) -> list[int]:
        """The numbers of the rows that were sent: from_0, from_2 -> [0, 2]."""
        found = {name.removeprefix(prefix) for name in self.values if name.startswith(prefix)}
        return sorted(int(n) for n in found if n.isascii() and n.isdigit() and len(n) < 4 and int(n) < most)

    @contextmanager
    def at(self, name: str, label: str = "") -> Iterator[None]:
        """What is refused inside is said at this field. The first thing wrong with a field is the one that is said."""
        try:
            yield
        except (Refused, InvalidShape) as error:
            self.wrong.setdefault(name, sentence(error, label))

    def line(self, name: str, label: str, text: str | None = None) -> str:
        """One line of text as it may be stored; empty where something is wrong with it."""
        with self.at(name, label):
            return read(_Line, {"text": self.get(name) if text is None else text}).text
        return ""

    def zone(self, name: str, *, optional: bool = False) -> str:
        given = self.get(name).strip().replace(" ", "_")
        with self.at(name):
            need(given in zones() or (optional and not given), "meeting.zone_unknown", zone=given[:64])
        return given

    def whole_number(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number between two bounds."""
        given = self.get(name).strip() or str(default)
        number = int(given) if given.isascii() and given.isdigit() and len(given) < 8 else -1
        with self.at(name):
            need(least <= number <= most, "setup.number_unreadable", given=given[:20], least=least, most=most)
        return number if least <= number <= most else default

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        """A choice; what is none of those offered is taken as the first."""
        return self.get(name) if self.get(name) in allowed else allowed[0]


def sentence(error: Refused | InvalidShape, label: str = "") -> str:
    """What an exception says about a field, to whoever fills it in."""
    facts: Mapping[str, Any] = error.facts
    if isinstance(error, InvalidShape):
        facts = {"path": label or error.path.removeprefix("$."), **error.facts}
    return words().refusal(error.code, facts)
