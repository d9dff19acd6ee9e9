"""Rules about time: zones, ends, kinds, and that each VTIMEZONE says what the IANA data say.

Not here: repeating events (recurrence), how a value is read (values).
"""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.calendar.ics_check.reader import Comp, Prop, Results
from tests.calendar.ics_check.tables import DATE_PROPS
from tests.calendar.ics_check.values import VTZ, parse_dt, parse_dur

RULES = (
    "time.vtimezone-present",
    "time.vtimezone-unique",
    "time.vtimezone-complete",
    "time.tzid-is-iana",
    "time.vtimezone-correct",
    "time.no-tzid-on-utc",
    "time.no-floating",
    "time.end-after-start",
    "time.same-kind",
    "time.rrule",
    "time.exdate",
    "time.recurrence-id",
    "time.unique",
)
#: (TZID, naive UTC) of everything that a file says happens
Instants = list[tuple[str | None, datetime]]


class Time(NamedTuple):
    """A value with its kind: date, utc, local or floating; `utc` is naive, or None where there is none."""

    kind: str
    value: date | datetime
    utc: datetime | None


def resolve(p: Prop, zones: dict[str, VTZ]) -> Time | None:
    try:
        d = parse_dt(p.value)
    except ValueError:
        return None
    tzid = p.p("TZID")
    if not isinstance(d, datetime):
        return Time("date", d, None)
    if d.tzinfo:
        return Time("utc", d, d.replace(tzinfo=None))
    if tzid is None:
        return Time("floating", d, None)
    return Time("local", d, iana_utc(tzid, d) or (zones[tzid].to_utc(d) if tzid in zones else None))


def zone(tzid: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(tzid)  # type: ignore[arg-type]
    except Exception:
        return None


def iana_utc(tzid: str | None, naive: datetime) -> datetime | None:
    z = zone(tzid)
    return naive.replace(tzinfo=z).astimezone(UTC).replace(tzinfo=None) if z else None


def zone_rules(cal: Comp, r: Results, allow_floating: bool) -> dict[str, VTZ]:
    """Every TZID has its VTIMEZONE and an IANA name; nothing floats; returns the VTIMEZONEs."""
    zones: dict[str, VTZ] = {}
    for z in (s for s in cal.subs if s.name == "VTIMEZONE"):
        tid = z.val("TZID", "")
        r.check("time.vtimezone-unique", tid not in zones, f"two VTIMEZONE for {tid}")
        whole = any(s.name in ("STANDARD", "DAYLIGHT") for s in z.subs)
        r.check("time.vtimezone-complete", whole, f"{tid} has no STANDARD or DAYLIGHT")
        try:
            zones[tid] = VTZ(z)
        except Exception as e:
            r.fail("time.vtimezone-complete", f"{tid}: {e}")
    used = tzid_rules(cal, r, allow_floating)
    for tid in used:
        r.check("time.vtimezone-present", tid in zones, f"no VTIMEZONE for TZID {tid}")
        known = zone(tid) is not None and "/" in tid
        r.check("time.tzid-is-iana", known, f"TZID {tid!r} is not a region/city IANA name")
    for tid in zones:
        r.check("time.vtimezone-present", tid in used or not used, f"VTIMEZONE {tid} is not used")
    return zones


def tzid_rules(cal: Comp, r: Results, allow_floating: bool) -> dict[str, None]:
    """Where a TZID may stand; returns those that are used, in order."""
    used: dict[str, None] = {}
    for c in cal.walk():
        if c.name in ("STANDARD", "DAYLIGHT", "VTIMEZONE"):
            continue
        for p in c.props:
            tzid = p.p("TZID")
            if tzid is None:
                if p.name in DATE_PROPS and re.fullmatch(r"\d{8}T\d{6}", p.value) and not allow_floating:
                    r.fail("time.no-floating", f"line {p.line}: {p.name} has neither TZID nor Z")
                continue
            used[tzid] = None
            if p.value.endswith("Z"):
                r.fail("time.no-tzid-on-utc", f"line {p.line}: {p.name} has TZID and Z")
            if (p.p("VALUE") or "").upper() == "DATE":
                r.fail("time.no-tzid-on-utc", f"line {p.line}: {p.name} is a DATE with a TZID")
    return used


def event_times(ev: Comp, zones: dict[str, VTZ], instants: Instants, r: Results) -> Time | None:
    """Start and end of one event; returns its start."""
    sp, ep, where = ev.one("DTSTART"), ev.one("DTEND"), f"event at line {ev.line}"
    s = resolve(sp, zones) if sp else None
    if not s:
        return None
    if s.utc:
        instants.append((sp.p("TZID"), s.utc))
    e = resolve(ep, zones) if ep else None
    if e:
        if (s.kind == "date") != (e.kind == "date"):
            r.fail("time.same-kind", f"{where}: DTSTART is {s.kind}, DTEND is {e.kind}")
        else:
            a, b = (s.value, e.value) if s.kind in ("date", "floating") else (s.utc, e.utc)
            if a is not None and b is not None and type(a) is type(b):
                r.check("time.end-after-start", b > a, f"{where}: ends at or before its start")
        if e.utc:
            instants.append((ep.p("TZID"), e.utc))
    if ev.one("DURATION"):
        with contextlib.suppress(ValueError):
            positive = parse_dur(ev.val("DURATION")) > timedelta(0)
            r.check("time.end-after-start", positive, f"{where}: DURATION is not positive")
    return s


def vtimezone_rules(zones: dict[str, VTZ], instants: Instants, r: Results) -> None:
    """A VTIMEZONE says what the IANA data say, around every instant and for a year after."""
    for tid, vtz in zones.items():
        z = zone(tid)
        points = [u for t, u in instants if t == tid]
        if not z or not points or not vtz.tr:
            continue
        probes = _probes(z, points)
        wrong = [u for u in sorted(probes) if vtz.utcoffset(u) != _offset(z, u)]
        if wrong:
            says, real = vtz.utcoffset(wrong[0]), _offset(z, wrong[0])
            rest = f"({len(wrong)} of {len(probes)} probes differ)"
            message = f"{tid}: at {wrong[0]:%Y-%m-%d %H:%M}Z says {says}, IANA says {real} {rest}"
            r.fail("time.vtimezone-correct", message)


def _offset(z: ZoneInfo, u: datetime) -> timedelta | None:
    return u.replace(tzinfo=UTC).astimezone(z).utcoffset()


def _probes(z: ZoneInfo, points: list[datetime]) -> set[datetime]:
    """The points, every day until a year after them, and the minutes around every change of the clocks."""
    lo, hi = min(points) - timedelta(days=1), min(max(points) + timedelta(days=370), datetime(2037, 12, 31))
    probes, t, before = set(points), lo, _offset(z, lo)
    while t < hi:
        following = t + timedelta(days=1)
        after = _offset(z, following)
        if after != before:  # bisect the change to the minute and look around it
            a, b = t, following
            while b - a > timedelta(minutes=1):
                middle = a + (b - a) / 2
                a, b = (middle, b) if _offset(z, middle) == before else (a, middle)
            b = (b + timedelta(seconds=30)).replace(second=0, microsecond=0)
            probes.update(b + timedelta(minutes=minutes) for minutes in (-61, -31, -2, 2, 31, 59, 61))
            before = after
        probes.add(following)
        t = following
    return probes
