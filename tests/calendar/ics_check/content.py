"""What a file says: facts for comparison with other readers and with what was meant; canaries of hostile input."""

from __future__ import annotations

import contextlib
from collections import Counter
from datetime import datetime
from typing import Any

from tests.calendar.ics_check.reader import Comp, Prop, Results, untext
from tests.calendar.ics_check.tables import LIST_TEXT_PROPS, TEXT_PROPS
from tests.calendar.ics_check.times import resolve
from tests.calendar.ics_check.values import VTZ, parse_dur


def facts(cal: Comp) -> dict[str, dict[str, Any]]:
    """Our own reading: {uid, or uid|recurrence in UTC: {...}}."""
    zones: dict[str, VTZ] = {}
    for z in (s for s in cal.subs if s.name == "VTIMEZONE"):
        with contextlib.suppress(Exception):
            zones[z.val("TZID", "")] = VTZ(z)
    out = {}
    for ev in (s for s in cal.subs if s.name == "VEVENT"):
        rid = ev.one("RECURRENCE-ID")
        key = ev.val("UID", "") + ("|" + (_written(rid, zones) or "") if rid else "")
        out[key] = {
            "start": _written(ev.one("DTSTART"), zones),
            "end": _end(ev, zones),
            "summary": untext(ev.val("SUMMARY", "")),
            "location": untext(ev.val("LOCATION", "")),
            "description": untext(ev.val("DESCRIPTION", "")),
            "status": (ev.val("STATUS") or "").upper(),
            "attendees": sorted(a.value.lower() for a in ev.all("ATTENDEE")),
        }
    return out


def _written(p: Prop | None, zones: dict[str, VTZ]) -> str | None:
    x = resolve(p, zones) if p else None
    if x is None:
        return None
    if x.kind == "date":
        return x.value.isoformat()
    return x.utc.strftime("%Y-%m-%dT%H:%M:%SZ") if x.utc else x.value.isoformat() + " floating"


def _end(ev: Comp, zones: dict[str, VTZ]) -> str | None:
    start, end = ev.one("DTSTART"), ev.one("DTEND")
    if end or not start or not ev.one("DURATION"):
        return _written(end, zones)
    with contextlib.suppress(Exception):
        x = resolve(start, zones)
        d = (x.utc or x.value) + parse_dur(ev.val("DURATION"))
        return d.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(d, datetime) else d.isoformat()
    return None


def expect_rules(cal: Comp, r: Results, want: dict[str, Any] | None, canaries: list[str]) -> None:
    if want:
        wanted_rules(cal, r, want)
    for canary in canaries:
        canary_rules(cal, r, canary.lower())


def wanted_rules(cal: Comp, r: Results, want: dict[str, Any]) -> None:
    """The file says what the application meant: {components, method, events, allowed_properties}."""
    r.rule("expect.components", "expect.events", "expect.values", "expect.properties")
    names = Counter(c.name for c in cal.walk())
    for n, k in want.get("components", {}).items():
        r.check("expect.components", names.get(n, 0) == k, f"{n}: {names.get(n, 0)} instead of {k}")
    if "method" in want:
        r.check("expect.values", (cal.val("METHOD") or None) == want["method"], f"METHOD {cal.val('METHOD')}")
    have = facts(cal)
    wanted = {
        e["uid"] + ("|" + e["recurrence_id"] if e.get("recurrence_id") else ""): e for e in want.get("events", [])
    }
    if "events" in want:
        extra, missing = sorted(set(have) - set(wanted)), sorted(set(wanted) - set(have))
        r.check("expect.events", not extra and not missing, f"extra {extra}, missing {missing}")
    for key, event in wanted.items():
        if key in have:
            _same(key, have[key], event, r)
    if allowed := want.get("allowed_properties"):
        for c in cal.walk():
            for p in c.props:
                r.check("expect.properties", p.name in allowed, f"line {p.line}: {p.name}")


def _same(key: str, have: dict[str, Any], event: dict[str, Any], r: Results) -> None:
    for f in ("start", "end", "summary", "location", "description", "status"):
        if f in event:
            w = event[f]
            w = w.replace("\r\n", "\n").replace("\r", "\n") if isinstance(w, str) else w
            r.check("expect.values", have[f] == w, f"{key}: {f} is {have[f]!r}, expected {w!r}")
    if "attendees" in event:
        lower = [a.lower() for a in event["attendees"]]
        w = sorted(a if a.startswith("mailto:") else f"mailto:{a}" for a in lower)
        r.check("expect.values", have["attendees"] == w, f"{key}: attendees {have['attendees']}")


def canary_rules(cal: Comp, r: Results, canary: str) -> None:
    """What hostile input carried stayed inside text."""
    r.rule("canary.contained")
    for c in cal.walk():
        if canary in c.name.lower():
            r.fail("canary.contained", f"component {c.name}")
        for p in c.props:
            if canary in p.name.lower() or any(canary in x.lower() for x in p.params):
                r.fail("canary.contained", f"line {p.line}: name {p.name}")
            free = p.name in TEXT_PROPS | LIST_TEXT_PROPS or p.name.startswith(("X-ALT", "X-WR"))
            if canary in p.value.lower() and not free:
                r.fail("canary.contained", f"line {p.line}: value of {p.name}")
