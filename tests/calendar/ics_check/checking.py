"""The whole check of one file or mail: every file's rules in their order. Not here: the command line (__main__)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.calendar.ics_check.content import expect_rules
from tests.calendar.ics_check.itip import itip_rules, previous_rules, profile_rules
from tests.calendar.ics_check.mail import eml_rules
from tests.calendar.ics_check.parsers import parser_rules
from tests.calendar.ics_check.reader import Comp, Results, build, raw_rules
from tests.calendar.ics_check.recurrence import time_rules
from tests.calendar.ics_check.structure import structure_rules


@dataclass(frozen=True, slots=True)
class Options:
    """What the check is asked for, as the command line names it."""

    profile: str | None = None
    expect: dict[str, Any] | None = None
    canaries: list[str] = field(default_factory=list)
    previous: bytes | None = None
    allow_x: frozenset[str] = frozenset()
    allow_floating: bool = False
    skip_parsers: bool = False
    allow_missing: bool = False
    rich: bool = False


def check_calendar(data: bytes, options: Options, path: Path | None = None) -> tuple[Results, list[str]]:
    """Results, and the readers that are missing. Without a path, a file is made for the readers."""
    r = Results()
    return r, _calendar(data, options, r, path)


def check_mail(raw: bytes, options: Options) -> tuple[Results, list[str]]:
    """A mail with an invitation, then its calendar part as a file."""
    r = Results()
    payload = eml_rules(raw, r)
    return r, [] if payload is None else _calendar(payload, options, r, None)


def _calendar(data: bytes, options: Options, r: Results, path: Path | None) -> list[str]:
    roots = build(raw_rules(data, r), r)
    cal = roots[0] if roots else Comp("VCALENDAR", 0)
    rooms: dict[str, Callable[[], None]] = {
        "structure": lambda: structure_rules(cal, r, options.allow_x),
        "time": lambda: time_rules(cal, r, options.allow_floating),
        "itip": lambda: itip_rules(cal, r),
    }
    for name, rules in rooms.items():
        try:
            rules()
        except Exception as e:  # a file so odd that a rule could not be evaluated is not a good file
            r.fail(f"{name}.evaluable", f"{type(e).__name__}: {e}")
    if options.profile:
        profile_rules(cal, r, options.profile)
    expect_rules(cal, r, options.expect, options.canaries)
    if options.previous is not None:
        scratch = Results()
        previous_rules(cal, build(raw_rules(options.previous, scratch), scratch)[0], r)
    if options.skip_parsers:
        return []
    if path:
        return parser_rules(path, cal, r, options.allow_missing, options.rich)
    with tempfile.NamedTemporaryFile(suffix=".ics") as file:
        file.write(data)
        file.flush()
        return parser_rules(Path(file.name), cal, r, options.allow_missing, options.rich)
