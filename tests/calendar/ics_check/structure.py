"""Rules about components, properties and parameters, each by itself. Not here: values (properties), time (times)."""

from __future__ import annotations

from collections import Counter

from tests.calendar.ics_check.properties import value_rules
from tests.calendar.ics_check.reader import Comp, Results
from tests.calendar.ics_check.tables import COMP, NEST, X_KNOWN

RULES = (
    "structure.x-properties",
    "structure.components",
    "structure.required",
    "structure.once",
    "structure.known-properties",
    "structure.known-parameters",
    "structure.values",
    "structure.text-escaping",
    "structure.value-type",
    "structure.alarms",
    "structure.not-empty",
)


def structure_rules(cal: Comp, r: Results, allow_x: set[str] = frozenset()) -> None:
    r.rule(*RULES)
    if not [s for s in cal.subs if s.name != "VTIMEZONE"]:
        r.fail("structure.not-empty", "no event, task, journal or free-busy component")
    for c in cal.walk():
        if c.parent and c.name not in NEST.get(c.parent.name, set()) and not c.name.startswith("X-"):
            r.fail("structure.components", f"line {c.line}: {c.name} inside {c.parent.name}")
        count = Counter(p.name for p in c.props)
        table_rules(c, count, r)
        if c.name == "VEVENT":
            event_rules(c, count, bool(cal.val("METHOD")), r)
        for p in c.props:
            value_rules(c, p, r)
            if p.name.startswith("X-") and not X_KNOWN.match(p.name) and p.name not in allow_x:
                r.fail("structure.x-properties", f"line {p.line}: {p.name} (not in the list; use --allow-x)")
        if c.name == "VALARM":
            alarm_rules(c, count, r)


def table_rules(c: Comp, count: Counter[str], r: Results) -> None:
    spec = COMP.get(c.name)
    if spec:
        for n, (least, most) in spec.items():
            if count[n] < least:
                r.fail("structure.required", f"{c.name} at line {c.line} has no {n}")
            if count[n] > most:
                r.fail("structure.once", f"{c.name} at line {c.line} has {count[n]} {n}")
        for p in c.props:
            if p.name not in spec and not p.name.startswith("X-"):
                r.fail("structure.known-properties", f"line {p.line}: {p.name} in {c.name}")
    elif c.name in ("VTODO", "VJOURNAL", "VFREEBUSY"):
        for n in ("UID", "DTSTAMP"):
            if count[n] != 1:
                r.fail("structure.required", f"{c.name} at line {c.line}: {count[n]} {n}")


def event_rules(c: Comp, count: Counter[str], method: bool, r: Results) -> None:
    if not method and not count["DTSTART"]:
        r.fail("structure.required", f"VEVENT at line {c.line} has no DTSTART")
    if count["DTEND"] and count["DURATION"]:
        r.fail("structure.once", f"VEVENT at line {c.line} has both DTEND and DURATION")
    if count["ATTENDEE"] and not count["ORGANIZER"]:
        r.fail("structure.required", f"VEVENT at line {c.line} has ATTENDEE but no ORGANIZER")


def alarm_rules(c: Comp, count: Counter[str], r: Results) -> None:
    action = (c.val("ACTION") or "").upper()
    need = {"DISPLAY": ["DESCRIPTION"], "EMAIL": ["DESCRIPTION", "SUMMARY", "ATTENDEE"]}.get(action, [])
    for n in need:
        r.check("structure.alarms", count[n] >= 1, f"{action} alarm at line {c.line} has no {n}")
    both = bool(count["DURATION"]) == bool(count["REPEAT"])
    r.check("structure.alarms", both, f"alarm at line {c.line}: DURATION and REPEAT must come together")
