"""Rules about repeating events (RRULE, EXDATE, RECURRENCE-ID), and all rules about time in their order."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from dateutil.rrule import rruleset, rrulestr

from tests.calendar.ics_check.reader import Comp, Prop, Results
from tests.calendar.ics_check.times import (
    RULES,
    Instants,
    Time,
    event_times,
    iana_utc,
    vtimezone_rules,
    zone,
    zone_rules,
)
from tests.calendar.ics_check.values import parse_dt


class Master(NamedTuple):
    """An event without RECURRENCE-ID: its DTSTART, and its occurrences in local time if it has a rule."""

    start_prop: Prop
    start: Time
    occurrences: list[datetime] | None


def time_rules(cal: Comp, r: Results, allow_floating: bool = False) -> None:
    r.rule(*RULES)
    zones = zone_rules(cal, r, allow_floating)
    instants: Instants = []
    masters: dict[str | None, Master] = {}
    seen = set()
    events = [s for s in cal.subs if s.name == "VEVENT"]
    for ev in events:
        where, rid = f"event at line {ev.line}", ev.one("RECURRENCE-ID")
        key = (ev.val("UID"), rid.value if rid else None)
        twice = f"{where}: UID {key[0]} appears twice" + (f" for {key[1]}" if key[1] else "")
        r.check("time.unique", key not in seen, twice)
        seen.add(key)
        s = event_times(ev, zones, instants, r)
        if not s:
            continue
        start = ev.one("DTSTART")
        occurrences = rule_rules(ev, start, s, instants, r) if ev.val("RRULE") is not None else None
        exdate_rules(ev, Master(start, s, occurrences), r)
        if rid is None:
            masters[ev.val("UID")] = Master(start, s, occurrences)
    for ev in events:
        override_rules(ev, masters, cal, r)
    vtimezone_rules(zones, instants, r)


def rule_rules(ev: Comp, start: Prop, s: Time, instants: Instants, r: Results) -> list[datetime] | None:
    """RRULE; returns its first occurrences in local time."""
    where, rule, until, found = f"event at line {ev.line}", ev.val("RRULE"), None, None
    parts = dict(x.split("=", 1) for x in rule.split(";") if "=" in x)
    r.check("time.rrule", "FREQ" in parts, f"{where}: RRULE without FREQ")
    r.check("time.rrule", not ("UNTIL" in parts and "COUNT" in parts), f"{where}: RRULE with UNTIL and COUNT")
    if "UNTIL" in parts:
        try:
            until = _until(parse_dt(parts["UNTIL"]), start, s, where, r)
        except ValueError as x:
            r.fail("time.rrule", f"{where}: {x}")
    try:
        found = _occurrences(rule, _midnight(s.value).replace(tzinfo=None), until, 2000)
    except Exception as x:
        r.fail("time.rrule", f"{where}: {x}")
    if s.kind == "local":
        tzid = start.p("TZID")
        instants += [(tzid, iana_utc(tzid, o) or o) for o in (found or [])[:200]]
    return found


def _until(u, start: Prop, s: Time, where: str, r: Results) -> datetime:
    """UNTIL in local time; it must be of the kind that RFC 5545, 3.3.10 asks for."""
    local = u
    if s.kind == "date":
        r.check("time.rrule", not isinstance(u, datetime), f"{where}: UNTIL must be a DATE")
    elif s.kind == "floating":
        r.check("time.rrule", isinstance(u, datetime) and not u.tzinfo, f"{where}: UNTIL must be local")
    else:
        utc = isinstance(u, datetime) and u.tzinfo is not None
        r.check("time.rrule", utc, f"{where}: UNTIL must be UTC")
        z = zone(start.p("TZID"))
        if utc and s.kind == "local" and z:
            local = u.astimezone(z).replace(tzinfo=None)
        elif isinstance(u, datetime):
            local = u.replace(tzinfo=None)
    return _midnight(local)


def _midnight(d) -> datetime:
    return d if isinstance(d, datetime) else datetime(d.year, d.month, d.day)


def _occurrences(rule: str, start: datetime, until: datetime | None, limit: int) -> list[datetime]:
    if until:
        rule = re.sub(r"UNTIL=[0-9TZ]+", f"UNTIL={until:%Y%m%dT%H%M%S}", rule)
    rules = rruleset()
    rules.rrule(rrulestr(rule, dtstart=start))
    rules.rdate(start)
    found = []
    for d in rules:
        found.append(d)
        if len(found) >= limit:
            break
    return found


def _same_kind(d, p: Prop, master: Master) -> bool:
    return (
        isinstance(d, datetime) == (master.start.kind != "date")
        and p.p("TZID") == master.start_prop.p("TZID")
        and bool(getattr(d, "tzinfo", None)) == (master.start.kind == "utc")
    )


def exdate_rules(ev: Comp, master: Master, r: Results) -> None:
    for p in ev.all("EXDATE"):
        for x in p.value.split(","):
            try:
                d = parse_dt(x)
            except ValueError:
                continue
            where = f"event at line {ev.line}: EXDATE {x}"
            same = _same_kind(d, p, master)
            r.check("time.exdate", same, f"{where} is not of the kind of DTSTART")
            if same and master.occurrences is not None:
                hit = _midnight(d).replace(tzinfo=None) in master.occurrences
                r.check("time.exdate", hit, f"{where} hits no occurrence")


def override_rules(ev: Comp, masters: dict[str | None, Master], cal: Comp, r: Results) -> None:
    """RECURRENCE-ID names an occurrence of its master."""
    rid, where = ev.one("RECURRENCE-ID"), f"event at line {ev.line}"
    if not rid:
        return
    master = masters.get(ev.val("UID"))
    if not master:
        if not cal.val("METHOD"):
            r.fail("time.recurrence-id", f"{where}: no master event for its UID")
        return
    try:
        d = parse_dt(rid.value)
    except ValueError:
        return
    same = _same_kind(d, rid, master)
    r.check("time.recurrence-id", same, f"{where}: RECURRENCE-ID is not of the kind of the master's DTSTART")
    if same and master.occurrences is not None:
        hit = _midnight(d).replace(tzinfo=None) in master.occurrences
        r.check("time.recurrence-id", hit, f"{where}: RECURRENCE-ID hits no occurrence")
