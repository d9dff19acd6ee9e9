"""Times and zones as other systems write them: in a zone, in UTC, floating, days; names of Olson, Windows, others.

A zone that has no IANA name is never guessed from its rules: somebody chooses. Does not belong here: lines and parts
(ics.py), rules of series (series.py), sessions (meeting_plan.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel.core import get_global

from meetingsvc.calendars.reading.ics import Calendar, Part, Property, shown
from meetingsvc.core.kernel import Refused, need
from meetingsvc.environment import moment, zones

#: Years that a meeting may be in; others are slips or bombs.
FIRST, LAST = 1970, 2199
_WHEN = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})?(Z?))?\Z")
_DURATION = re.compile(
    r"\+?P(?:([0-9]{1,3})W)?(?:([0-9]{1,4})D)?(?:T(?:([0-9]{1,4})H)?(?:([0-9]{1,5})M)?(?:([0-9]{1,6})S)?)?\Z"
)
_OFFSET = re.compile(r"([+-])([0-9]{2})([0-9]{2})([0-9]{2})?\Z")
#: Names of UTC that are no IANA names; Microsoft writes the first without the quotes that its colon needs.
_TZONE = "//microsoft/utc:"
_UTC = {"tzone://microsoft/utc": "UTC", "z": "UTC"}


@dataclass(frozen=True, slots=True)
class When:
    """A time as it is written: its minute, and the seconds apart. `zone` is the name that the file gives its clock."""

    wall: datetime
    kind: Literal["day", "floating", "utc", "zoned"]
    zone: str = ""
    seconds: int = 0

    @property
    def written(self) -> str:
        """For a list to choose from: 2026-12-11, or 2026-12-11 10:00 Europe/Zurich."""
        if self.kind == "day":
            return f"{self.wall:%Y-%m-%d}"
        return f"{self.wall:%Y-%m-%d %H:%M} {'UTC' if self.kind == 'utc' else self.zone}".rstrip()


def read_when(found: Property | None) -> When | None:
    """The time that a property gives, None where it gives none that can be read."""
    times = read_all(found) if found and "," not in found.value else ()
    return times[0] if times else None


def read_all(found: Property) -> tuple[When, ...]:
    """All times of a property such as EXDATE; those that cannot be read are left out. Of a period, its start."""
    zone, value = shown(found.params.get("TZID", ""), 120), found.value
    if zone.lower() == "tzone" and value.lower().startswith(_TZONE):  # TZID=tzone://Microsoft/Utc:20261211T100000
        zone, value = "UTC", value[len(_TZONE) :]
    read = (_when(part.partition("/")[0].strip().upper(), zone) for part in value.split(","))
    return tuple(when for when in read if when)


def _when(text: str, zone: str) -> When | None:
    found = _WHEN.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second, utc = found.groups()
    try:
        wall = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0))
    except ValueError:
        return None
    if not FIRST <= wall.year <= LAST or int(second or 0) > 60:
        return None
    if hour is None:
        return When(wall, "day")
    seconds = min(int(second or 0), 59)
    if utc or resolve(zone) in ("UTC", "Etc/UTC"):
        return When(wall, "utc", seconds=seconds)
    return When(wall, "zoned" if zone else "floating", zone, seconds)


def read_duration(found: Property | None) -> tuple[timedelta, timedelta] | None:
    """(days, hours and less): a day is as long as the clocks make it, an hour is always an hour."""
    match = _DURATION.match(found.value.strip().upper()) if found else None
    if not match or not any(match.groups()):
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days), timedelta(hours=hours, minutes=minutes, seconds=seconds)


def wall_text(wall: datetime) -> str:
    """2026-12-11T10:00."""
    return f"{wall:%Y-%m-%dT%H:%M}"


@dataclass(frozen=True, slots=True)
class Clocks:
    """Which clock each time of a file means. `chosen` is the zone that somebody chose, `own` what the file names."""

    chosen: str | None
    own: str
    rules: dict[str, Part]

    @classmethod
    def of(cls, calendar: Calendar, chosen: str | None) -> Clocks:
        need(chosen is None or chosen in zones(), "meeting.zone_unknown", zone=str(chosen)[:64])
        rules = {part.line_of("TZID", 120): part for part in calendar.zones}
        return cls(chosen, calendar.zone, rules)

    def zone(self, when: When) -> str:
        """The IANA zone whose clock shows this time; refused where only a person can know it."""
        if when.kind == "zoned":
            known = self.named(when.zone)
            if self.chosen and (known is None or self._meant(when, known)):
                return self.chosen
            need(known, "ics.zone_unknown", zone=when.zone)
            return str(known)
        if self.chosen:
            return self.chosen
        need(self.own, "ics.needs_zone", time=when.written)
        known = resolve(self.own)
        need(known, "ics.zone_unknown", zone=self.own)
        return str(known)

    def _meant(self, when: When, known: str) -> bool:
        """Whether the chosen zone may be what a name means: those of Windows stand for many zones of one clock."""
        zones = (ZoneInfo(str(self.chosen)), ZoneInfo(known))
        mine, other = (when.wall.replace(tzinfo=zone).utcoffset() for zone in zones)
        return when.zone.lower() != known.lower() and mine == other

    def named(self, name: str) -> str | None:
        """The IANA zone of a name; or of what the file's own rules say that their name stands for."""
        told = self.rules[name].line_of("X-LIC-LOCATION", 120) if name in self.rules else ""
        return resolve(name) or resolve(told)

    def wall(self, when: When, zone: str) -> datetime:
        """The time on the clock of a zone. Refused where a clock skips the time or shows it twice."""
        if when.kind == "utc":
            return turned(when.wall.replace(tzinfo=UTC), zone)
        own = self.zone(when) if when.kind == "zoned" else zone
        return when.wall if own == zone else turned(at(when.wall, own), zone)

    def doubted(self, when: When, zone: str) -> bool:
        """Whether the file's own rules of a zone say something else than the zone of that name."""
        part = self.rules.get(when.zone) if when.kind == "zoned" else None
        return part is not None and resolve(when.zone) == zone and _differs(part, when.wall, ZoneInfo(zone))


def at(wall: datetime, zone: str) -> datetime:
    """The moment of a wall time; refused in a gap or overlap."""
    return datetime.fromtimestamp(moment(wall_text(wall), zone) / 1000, UTC)


def turned(when: datetime, zone: str) -> datetime:
    """What the clock of a zone shows at a moment."""
    return when.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def later(wall: datetime, zone: str, by: tuple[timedelta, timedelta]) -> datetime:
    """The wall time after a duration: days by the calendar, hours by the clock."""
    days, hours = by
    try:
        return turned(at(wall + days, zone) + hours, zone) if hours else wall + days
    except OverflowError as fault:
        raise Refused("meeting.time_unreadable", time=f"{wall:%Y-%m-%dT%H:%M}") from fault


def resolve(name: str) -> str | None:
    """The IANA zone that a name means: itself, a name of Windows, or the tail of a longer one."""
    return _resolve(name.strip().strip('"')[:120])


@lru_cache(maxsize=512)
def _resolve(name: str) -> str | None:
    return next((found for tail in _tails(name.lower()) if (found := _names().get(tail))), None)


def _tails(name: str) -> Iterator[str]:
    """Of /mozilla.org/20070129_1/Europe/Berlin the whole, then its last three, two and one parts."""
    yield name
    if name.startswith("/"):
        parts = name.split("/")
        yield from ("/".join(parts[-count:]) for count in (3, 2, 1) if count < len(parts))


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    windows = {name.lower(): zone for name, zone in get_global("windows_zone_mapping").items() if zone in zones()}
    return {**windows, **_UTC, **{zone.lower(): zone for zone in zones()}}


def _differs(part: Part, wall: datetime, zone: ZoneInfo) -> bool:
    """Looks at offsets only: the file knows none that this zone has then, or turns clocks that this zone does not."""
    offsets = {_offset(found.value) for half in part.parts for found in half.all("TZOFFSETTO")[:1]} - {None}
    if offsets and wall.replace(tzinfo=zone).utcoffset() not in offsets:
        return True
    forever = any(
        "UNTIL" not in rule.value.upper()
        for half in part.parts
        if half.kind == "DAYLIGHT"
        for rule in half.all("RRULE")
    )
    months = {datetime(wall.year, month, 1, 12, tzinfo=zone).utcoffset() for month in range(1, 13)}
    return forever and len(offsets) > 1 and len(months) == 1


def _offset(text: str) -> timedelta | None:
    found = _OFFSET.match(text.strip())
    if not found:
        return None
    sign, hours, minutes, seconds = found.groups()
    size = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0))
    return -size if sign == "-" else size
