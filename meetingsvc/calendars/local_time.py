"""Computing with local times: the one place that reads, writes and turns wall times into moments and back, by the
pinned data of the zones; and one moment on the clocks of several cities.

For pages, calendars and mail alike. Not here: spans and tables as pages show them (web/page_parts/shown_times), whole
sentences of calendars (texts), VTIMEZONE (zones), times as files of others write them (reading/times).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import get_timezone_location

from meetingsvc.calendars import zones
from meetingsvc.core.kernel import Refused, need
from meetingsvc.translations import Catalogue

#: Cities that every clock line names: where most of the reader's colleagues sit.
CITIES = ("Europe/Zurich", "America/New_York")
_WALL, _FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}\Z"), "%Y-%m-%dT%H:%M"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """What a clock shows at one moment: 00:00 in New York; `day_shift` 1 where it is a day later than at the host's."""

    place: str
    zone: str
    time: str
    day_shift: int
    at: int


def read_wall(text: str) -> datetime:
    """A wall time such as 2026-12-11T10:00, of no zone."""
    return datetime.strptime(text, _FORM)


def wall_text(at: datetime) -> str:
    """2026-12-11T10:00."""
    return at.strftime(_FORM)


def end_of(starts: str, first: str, ends: str) -> str:
    """The wall end of an occurrence: as long after its start as the first one lasts, on the clock of the wall."""
    return wall_text(read_wall(starts) + (read_wall(ends) - read_wall(first)))


def utc_ms(text: str, zone: str) -> int:
    """Milliseconds UTC of a wall time; refused where the clocks of the zone skip it or show it twice."""
    need(zone in zones.names(), "meeting.zone_unknown", zone=zone[:64])
    need(_WALL.match(text), "meeting.time_unreadable", time=text[:40])
    try:
        local = read_wall(text).replace(tzinfo=ZoneInfo(zone))
        first, second = local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
        back = first.astimezone(local.tzinfo)
    except (ValueError, OverflowError) as fault:
        raise Refused("meeting.time_unreadable", time=text[:40]) from fault
    # PEP 495: of a time that is skipped, neither reading comes back to it; of one shown twice, both do
    need(back.replace(tzinfo=None) == local.replace(tzinfo=None), "meeting.time_gap", time=text, zone=zone)
    need(first == second, "meeting.time_overlap", time=text, zone=zone)
    return milliseconds(first)


def wall(text: str, zone: str) -> datetime:
    """A wall time in a zone, by the name calendars know the zone under; of one shown twice, the first."""
    plain = read_wall(text)
    return plain.replace(tzinfo=UTC if zones.is_utc(zone) else ZoneInfo(zones.iana(zone)))


def moment(at: int) -> datetime:
    """A moment in ms UTC."""
    return _EPOCH + timedelta(milliseconds=at)


def in_zone(at: int, zone: str) -> datetime:
    """A moment by the clocks of a zone; in UTC if they show that time twice and mean the second one.

    RFC 5545, 3.3.5: a local time that occurs twice refers to the first occurrence.
    """
    found = moment(at)
    local = found if zones.is_utc(zone) else found.astimezone(ZoneInfo(zones.iana(zone)))
    return found if local.fold else local


def on_clock(at: datetime, zone: str) -> datetime:
    """The wall time that the clock of a zone shows at a moment."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND


def clock_times(starts_at: int, zone: str, extra_zones: Iterable[str | None], say: Catalogue) -> list[Clock]:
    """One moment at the host's, in UTC, in Geneva and New York, and wherever else is asked for; each place once."""
    host = in_day(starts_at, zone)
    found: dict[str, Clock] = {}
    for other in (zone, "UTC", *CITIES, *extra_zones):
        if other and other in zones.names():  # a reader's zone is what some browser once said
            place = city(other, say)
            shift = (in_day(starts_at, other) - host).days
            found.setdefault(place, Clock(place, other, say.time(starts_at, other), shift, starts_at))
    return list(found.values())


def in_day(at: int, zone: str) -> datetime:
    """Midnight, without a zone, of the day that a zone's calendar shows at a moment."""
    local = on_clock(moment(at), zone)
    return datetime(local.year, local.month, local.day)


def clock_words(clock: Clock, say: Catalogue) -> str:
    """00:00 New York (day before)."""
    if clock.day_shift == 0:
        return say.gettext("{time} {city}", time=clock.time, city=clock.place)
    if clock.day_shift == 1:
        return say.gettext("{time} {city} (next day)", time=clock.time, city=clock.place)
    if clock.day_shift == -1:
        return say.gettext("{time} {city} (day before)", time=clock.time, city=clock.place)
    day = say.day(clock.at, clock.zone)
    return say.gettext("{time} {city} ({day})", time=clock.time, city=clock.place, day=day)


def clock_line(clocks: Sequence[Clock], say: Catalogue) -> str:
    """10:00 Ashgabat = 05:00 UTC = 06:00 Geneva = 00:00 New York."""
    return " = ".join(clock_words(clock, say) for clock in clocks)


def city(zone: str, say: Catalogue) -> str:
    """The city a zone is named after, in the reader's language; Geneva, whose zone bears its neighbour's name."""
    if zones.is_utc(zone):
        return "UTC"
    if zone == "Europe/Zurich":
        return say.gettext("Geneva")
    return _city(zones.iana(zone), say.lang)


@lru_cache(maxsize=4096)
def _city(zone: str, lang: str) -> str:
    if zone.startswith("Etc/"):  # Etc/GMT+5 is five hours BEHIND: its own name would mislead
        hours = ZoneInfo(zone).utcoffset(datetime(2000, 1, 1)) or timedelta()
        return f"UTC{hours // timedelta(hours=1):+d}" if hours else "UTC"
    found = get_timezone_location(zone, locale=Locale.parse(lang, sep="-"), return_city=True)
    return found.rpartition("/")[2]  # Argentina/Buenos Aires, where Babel knows no city
