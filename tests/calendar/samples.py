"""What the tests of calendars begin with: an appointment as in the scenario, readers, a series, a catalogue."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from meetingsvc.calendars.appointment import (
    Appointment,
    Attendee,
    Document,
    Item,
    Organizer,
    Reader,
    Recurrence,
    Series,
    Session,
    Slot,
)
from meetingsvc.calendars.local_time import milliseconds, wall
from meetingsvc.core.meeting.state import WayIn
from meetingsvc.translations import Catalogues

SAY = Catalogues.load()["en"]
ASHGABAT, GENEVA = "Asia/Ashgabat", "Europe/Zurich"
MADE = milliseconds(datetime(2026, 10, 1, 8, tzinfo=UTC))
CHANGED = milliseconds(datetime(2026, 11, 1, 8, tzinfo=UTC))
STAMP = milliseconds(datetime(2026, 11, 2, 8, tzinfo=UTC))
HOUR = 3_600_000

PUBLIC = Reader("en")
MEMBER = Reader("en", inside=True)
REMOTE = Reader("en", "Pacific/Auckland", inside=True, mode="remote", link="https://hybrid.example/u/7f3a")
IN_ROOM = Reader("en", inside=True, mode="in_room", link="https://hybrid.example/u/7f3a")

ORGANIZER = Organizer("Secretariat, Ashgabat", "meetings@hybrid.example", "noreply@hybrid.example")
ATTENDEE = Attendee('Amélie "A." D^Arc; Mission', "a@mission.example")
WAYS_IN = (
    WayIn("video", "https://hybrid.example/join/42", "Floor"),
    WayIn("audio", "https://hybrid.example/join/42/fr", "Français", "fr"),
    WayIn("phone", "+993 12 000000,,42#"),
)


def session(id: int, starts: str, ends: str, zone: str = ASHGABAT, *, dropped: bool = False, late: int = 0) -> Session:
    """`late` minutes beyond its end."""
    begin, end = milliseconds(wall(starts, zone)), milliseconds(wall(ends, zone))
    return Session(id, starts, ends, zone, begin, end, end + late * 60_000, dropped)


MORNING = session(3, "2026-12-11T10:00", "2026-12-11T13:00")
NEXT_DAY = session(5, "2026-12-12T10:00", "2026-12-12T13:00")


def appointment(**changes: Any) -> Appointment:
    """The regular hybrid meeting of the scenario: Ashgabat, 11 December 2026, 10:00."""
    facts: dict[str, Any] = {
        "uid": "0d5a6a4e-3f11-4f0e-9a52-8a3c2d1e0f42",
        "url": "https://hybrid.example/m/42",
        "title": {"en": "Regular hybrid meeting", "zh": "定期混合会议", "ar": "اجتماع هجين منتظم"},
        "status": "confirmed",
        "sequence": 0,
        "made_at": MADE,
        "changed_at": CHANGED,
        "zone": ASHGABAT,
        "sessions": (MORNING,),
        "body": {"en": "Conference on Hybrid, Ashgabat"},
        "room": "Conference Hall 1; Ashgabat",
        "ways_in": WAYS_IN,
        "agenda": (Item("1", {"en": "Adoption of the agenda"}), Item("2", {"en": "Statements, part one"})),
        "documents": (Document({"en": "Draft report"}, "https://hybrid.example/d/1.pdf"),),
        "organizer": ORGANIZER,
    }
    return Appointment(**(facts | changes))


def series(**changes: Any) -> Series:
    """Tuesdays at 10:00 in Geneva, eight times from 2 March 2027: across the change to summer time."""
    facts: dict[str, Any] = {
        "uid": "5e7a1d3c-weekly",
        "url": "https://hybrid.example/s/5",
        "title": {"en": "Weekly briefing"},
        "starts": "2027-03-02T10:00",
        "ends": "2027-03-02T12:00",
        "zone": GENEVA,
        "freq": "WEEKLY",
        "interval": 1,
        "count": 8,
        "skipped": ("2027-03-16T10:00",),
        "made_at": MADE,
        "changed_at": CHANGED,
        "room": "Room XX",
    }
    return Series(**(facts | changes))


def occurrence(number: int, day: str, moved_to: str | None = None, **changes: Any) -> Appointment:
    """One meeting of that series, held as the rule says unless it was moved."""
    starts, ends = (moved_to or f"{day}T10:00", moved_to[:11] + "23:00" if moved_to else f"{day}T12:00")
    facts: dict[str, Any] = {
        "uid": f"occurrence-{number}",
        "url": f"https://hybrid.example/m/{number}",
        "title": {"en": "Weekly briefing"},
        "zone": GENEVA,
        "sessions": (session(number, starts, ends, GENEVA),),
        "body": None,
        "room": "Room XX",
        "ways_in": (),
        "agenda": (),
        "documents": (),
        "organizer": None,
        "recurrence": Recurrence("5e7a1d3c-weekly", f"{day}T10:00", GENEVA),
    }
    return appointment(**(facts | changes))


def slot(**changes: Any) -> Slot:
    """A turn to speak, expected between 11:42 and 12:03 in Ashgabat."""
    begin = MORNING.starts_at + 102 * 60_000
    facts: dict[str, Any] = {
        "uid": "slot-9",
        "entry": 9,
        "item": "Item 2",
        "start": begin,
        "to": begin + 21 * 60_000,
        "place": 4,
        "seq": 812,
        "at": STAMP,
    }
    return Slot(**(facts | changes))


def properties(data: bytes, name: str) -> list[str]:
    """All content lines of a file that begin with a name, unfolded; not those of its time zones."""
    said = re.sub(r"BEGIN:VTIMEZONE.*END:VTIMEZONE\r\n", "", data.decode(), flags=re.DOTALL)
    rows = said.replace("\r\n ", "").split("\r\n")
    return [row for row in rows if row.startswith((f"{name}:", f"{name};"))]


def text(data: bytes) -> str:
    """A file unfolded, its line breaks in texts as they are read."""
    return data.decode().replace("\r\n ", "").replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";")
