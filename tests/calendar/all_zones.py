"""Run by `make ics`: one calendar file for every zone of the pinned data, read by all six parsers; ends with a table.

Each file holds a meeting beside every change of the clocks of two years, two plain ones, and a weekly series.
"""

from __future__ import annotations

import sys
import time
import zoneinfo
from collections import Counter
from datetime import datetime, timedelta

from meetingsvc.calendars import zones
from meetingsvc.calendars.files import feed
from tests.calendar.check import stale_in_node, without_stale_node
from tests.calendar.ics_check.checking import Options, check_calendar
from tests.calendar.ics_check.parsers import PARSERS
from tests.calendar.samples import MEMBER, SAY, appointment, series, session

BEGIN, END = datetime(2026, 11, 1), datetime(2028, 11, 1)
WALL = "%Y-%m-%dT%H:%M"


def starts(zone: str) -> list[str]:
    """Wall times: winter, summer, and both sides of each change, five hours away so that no clock shows them twice."""
    found = {"2026-12-11T10:00", "2027-07-11T10:00"}
    place = zoneinfo.ZoneInfo(zone)
    for change in zones.changes(zone, BEGIN, END):
        for hours in (-5, 5):
            local = (change.at + timedelta(hours=hours)).replace(tzinfo=zoneinfo.ZoneInfo("UTC")).astimezone(place)
            found.add(local.strftime(WALL))
    return sorted(found)


def file_of(zone: str) -> bytes:
    sessions = []
    for number, begin in enumerate(starts(zone), start=1):
        end = (datetime.strptime(begin, WALL) + timedelta(hours=1)).strftime(WALL)
        sessions.append(session(number, begin, end, zone))
    meetings = [appointment(uid=f"zone-{one.id}", zone=zone, sessions=(one,)) for one in sessions]
    weekly = series(zone=zone, starts="2027-02-16T12:00", ends="2027-02-16T13:00", count=38, skipped=())
    return feed(zone, [(one, MEMBER, ()) for one in meetings], SAY, series=[(weekly, MEMBER)])


def main() -> int:
    began, broken, old = time.monotonic(), dict[str, dict[str, list[str]]](), list[str]()
    written, events = Counter[str](), 0
    for zone in sorted(zones.names()):
        data = file_of(zone)
        events += data.count(b"BEGIN:VEVENT")
        results, missing = check_calendar(data, Options(profile="feed"))
        if missing:
            print("\n".join(f"MISSING parser {name}" for name in missing))
            return 2
        failed = without_stale_node(results.failed, data)
        if failed:
            broken[zone] = failed
        elif results.failed:
            old.append(zone)
        zone_part = data.split(b"END:VTIMEZONE")[0]
        rule = "yearly rule" if b"RRULE" in zone_part else "changes one by one"
        still = "no VTIMEZONE (UTC)" if b"BEGIN:VTIMEZONE" not in data else "one offset"
        written[rule if zone_part.count(b"TZOFFSETTO") > 1 else still] += 1
    for zone, failed in broken.items():
        for name, messages in failed.items():
            print(f"FAIL {zone}: {name}: {messages[0]}")
    show(written, old, events, len(broken), time.monotonic() - began)
    return 1 if broken else 0


def show(written: Counter[str], old: list[str], events: int, broken: int, seconds: float) -> None:
    print(f"{'VTIMEZONE written as':24}{'zones':>6}")
    for kind, count in written.most_common():
        print(f"{kind:24}{count:>6}")
    total = sum(written.values())
    print(f"{total} files, one for each zone, {events} events and series, {seconds:.0f} s: {total - broken} clean.")
    print(f"Read alike by {', '.join(PARSERS)} in {total - broken - len(old)} of them.")
    if old:
        print(f"In {len(old)} more by all but node-ical, which asks node's own older data: {', '.join(old)}.")
    if unseen := sorted(stale_in_node() - set(old)):
        print(f"node's data differ too in {', '.join(unseen)}, though not at these times.")


if __name__ == "__main__":
    sys.exit(main())
