"""Dates, durations, offsets, and an evaluator of VTIMEZONE written from RFC 5545 alone. Not here: rules about them."""

from __future__ import annotations

import bisect
import re
from datetime import UTC, date, datetime, timedelta

from dateutil.rrule import rrulestr

from tests.calendar.ics_check.reader import Comp
from tests.calendar.ics_check.tables import DUR


def parse_dt(v: str) -> date | datetime:
    """-> date | naive datetime | aware UTC datetime; ValueError when impossible."""
    if re.fullmatch(r"\d{8}", v):
        return date(int(v[:4]), int(v[4:6]), int(v[6:8]))
    m = re.fullmatch(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(Z?)", v)
    if not m:
        raise ValueError(f"not a date or date-time: {v!r}")
    d = datetime(*map(int, m.groups()[:6]))
    return d.replace(tzinfo=UTC) if m.group(7) else d


def parse_dur(v: str) -> timedelta:
    if not DUR.match(v) or v.lstrip("+-") in ("P", "PT") or v.endswith("T"):
        raise ValueError(f"not a duration: {v!r}")
    n = {k: int(x) for x, k in re.findall(r"(\d+)([WDHMS])", v)}
    td = timedelta(
        weeks=n.get("W", 0), days=n.get("D", 0), hours=n.get("H", 0), minutes=n.get("M", 0), seconds=n.get("S", 0)
    )
    return -td if v.startswith("-") else td


def offset(v: str) -> timedelta:
    m = re.fullmatch(r"([+-])(\d\d)(\d\d)(\d\d)?", v)
    if not m or (m.group(1) == "-" and int(m.group(2) + m.group(3)) == 0) or int(m.group(3)) > 59:
        raise ValueError(f"not a UTC offset: {v!r}")
    td = timedelta(hours=int(m.group(2)), minutes=int(m.group(3)), seconds=int(m.group(4) or 0))
    return td if m.group(1) == "+" else -td


class VTZ:
    """Evaluates a VTIMEZONE by itself, exactly as RFC 5545 3.6.5 says. `tr`: (naive UTC, offset after, before)."""

    def __init__(self, comp: Comp, horizon: int = 2045) -> None:
        tr = []
        for s in comp.subs:
            try:
                before, after = offset(s.val("TZOFFSETFROM", "")), offset(s.val("TZOFFSETTO", ""))
                start = parse_dt(s.val("DTSTART", ""))
            except ValueError:
                continue
            onsets = {start}
            for p in s.all("RDATE"):
                onsets.update(parse_dt(v.split("/")[0]) for v in p.value.split(","))
            if s.one("RRULE"):
                onsets |= self._repeated(s.val("RRULE"), start, before, horizon)
            tr += [(o - before, after, before) for o in onsets]
        tr.sort()
        self.at, self.tr = [t[0] for t in tr], tr

    @staticmethod
    def _repeated(rule: str, start: datetime, before: timedelta, horizon: int) -> set[datetime]:
        m = re.search(r"UNTIL=(\d{8}T\d{6})Z", rule)
        if m:  # UNTIL is UTC here; compare on the local scale of TZOFFSETFROM
            local = parse_dt(m.group(1)) + before
            rule = rule.replace(m.group(0), f"UNTIL={local:%Y%m%dT%H%M%S}")
        onsets = set()
        for d in rrulestr(rule, dtstart=start):
            if d.year > horizon:
                break
            onsets.add(d)
        return onsets

    def utcoffset(self, u: datetime) -> timedelta | None:
        """offset at a naive UTC instant"""
        i = bisect.bisect_right(self.at, u) - 1
        return self.tr[i][1] if i >= 0 else (self.tr[0][2] if self.tr else None)

    def to_utc(self, local: datetime) -> datetime | None:
        for off in sorted({t[1] for t in self.tr} | {t[2] for t in self.tr}, reverse=True):
            u = local - off
            if self.utcoffset(u) == off:
                return u
        return local - self.utcoffset(local) if self.tr else None
