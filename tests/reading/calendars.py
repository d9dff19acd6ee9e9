"""Calendars for tests: files in the manner of six products, and small ones made of lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from meetingsvc.calendars.reading.meeting_plan import Plan, plan
from meetingsvc.core.kernel import Refused

DATA = Path(__file__).parent / "data"
FRIENDS = "DTSTART;TZID=Asia/Ashgabat:20261211T100000", "DTEND;TZID=Asia/Ashgabat:20261211T130000"


def product(name: str) -> bytes:
    """A file as a product writes it, on the wire with CRLF."""
    return (DATA / f"{name}.ics").read_bytes().replace(b"\n", b"\r\n")


def event(*lines: str, uid: str = "one", title: str = "Friends", times: tuple[str, ...] = FRIENDS) -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{title}", *times, *lines, "END:VEVENT"])


def calendar(*parts: str) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *parts, "END:VCALENDAR", ""]).encode()


def planned(*lines: str, zone: str | None = None, times: tuple[str, ...] = FRIENDS, title: str = "Friends") -> Plan:
    """The plan of a calendar with one event."""
    return plan(calendar(event(*lines, times=times, title=title)), zone)


def refusal(data: bytes, **options: Any) -> str:
    """The code that a file is refused with."""
    with pytest.raises(Refused) as caught:
        plan(data, **options)
    return caught.value.code


def codes(made: Plan) -> list[str]:
    return [remark.code for remark in made.remarks]


def facts(made: Plan, code: str) -> dict[str, Any]:
    return next(dict(remark.facts) for remark in made.remarks if remark.code == code)
