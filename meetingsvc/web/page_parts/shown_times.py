"""Times as pages write them: a span of a session in words, the same on the clocks of several places, and where it is
night.

Pages only, in the words of who reads. Not here: computing local times and moments (calendars/local_time), pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from meetingsvc.calendars.local_time import city, clock_times, in_day, moment
from meetingsvc.environment import zones
from meetingsvc.translations import Catalogue
from meetingsvc.web.context import words

#: Between these hours of the wall clock nobody is asked to meet without being told so.
NIGHT_BEFORE, NIGHT_FROM = 7, 22


@dataclass(frozen=True, slots=True)
class PlaceTimes:
    """A session as the clocks of one place show it. `day` is there where it is another one than at the venue."""

    place: str
    zone: str
    times: str
    day: str = ""
    note: str = ""


def between(say: Catalogue, starts_at: int, ends_at: int, zone: str) -> str:
    """10:00–13:00, or 22:00–01:00 with the day it ends on."""
    times = f"{say.time(starts_at, zone)}–{say.time(ends_at, zone)}"
    if say.dir == "rtl":  # isolated: else a sentence would turn it round, and a table beside it would not
        times = f"\u2066{times}\u2069"
    if in_day(starts_at, zone) == in_day(ends_at - 1, zone):
        return times
    return say.gettext("{times} (until {day})", times=times, day=say.day(ends_at, zone))


def session_words(say: Catalogue, row: dict[str, Any]) -> str:
    """Friday, 11 December 2026, 10:00–13:00 (Ashgabat)."""
    return say.gettext(
        "{day}, {times} ({place})",
        day=say.day(row["starts_at"], row["zone"]),
        times=between(say, row["starts_at"], row["ends_at"], row["zone"]),
        place=city(row["zone"], say),
    )


def times_in_places(say: Catalogue, row: dict[str, Any], own: str | None = None) -> list[PlaceTimes]:
    """A session where it is held, where the reader is, in UTC, Geneva and New York; each place once."""
    starts, ends, zone = row["starts_at"], row.get("shown_ends_at", row["ends_at"]), row["zone"]
    made = []
    clocks = clock_times(starts, zone, [own] if own in zones() else [], say)
    mine = city(own, say) if own and own in zones() else ""
    # the reader's own stands right after the host's
    for clock in sorted(clocks, key=lambda it: (it.zone != zone, it.place != mine)):
        day = say.day(starts, clock.zone) if clock.day_shift else ""
        name = clock.place
        if name == mine and clock.zone != zone:
            name = say.gettext("Where you are ({place})", place=clock.place)
        made.append(
            PlaceTimes(
                name, clock.zone, between(say, starts, ends, clock.zone), day, day_shift_words(say, clock.day_shift)
            )
        )
    return made


def day_shift_words(say: Catalogue, days: int) -> str:
    """In words on which day it is elsewhere, seen from the venue."""
    return {1: say.gettext("the next day"), -1: say.gettext("the day before")}.get(days, "")


def zones_at_night(starts_at: int, theirs: Iterable[str]) -> list[str]:
    """The zones where it is night when it begins."""
    hours = {zone: moment(starts_at).astimezone(ZoneInfo(zone)).hour for zone in set(theirs) & zones()}
    return sorted(zone for zone, hour in hours.items() if hour < NIGHT_BEFORE or hour >= NIGHT_FROM)


def moment_words(at: int, zone: str) -> str:
    """21 November, 22:15, by the clock of the place."""
    return words().gettext("{day}, {time}", day=words().day(at, zone), time=words().time(at, zone))
