"""Addresses that open an event in somebody's calendar on the web: Google, Outlook, Office 365.

They make a copy that nobody keeps up to date; the page says so. Not here: files and feeds (feeds).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from meetingsvc.calendars.safe_text import line

#: Longer addresses are cut off by some browsers and servers on the way.
LONGEST_TEXT = 600


def buttons(title: str, row: dict[str, Any], place: str, text: str) -> list[tuple[str, str]]:
    """(name of the calendar, address) for one sitting."""
    title, place, text = line(title), line(place), text[:LONGEST_TEXT]
    starts, ends = _utc(row["starts_at"]), _utc(row.get("shown_ends_at", row["ends_at"]))
    google = {
        "action": "TEMPLATE",
        "text": title,
        "dates": f"{starts:%Y%m%dT%H%M%SZ}/{ends:%Y%m%dT%H%M%SZ}",
        "details": text,
        "location": place,
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": title,
        "startdt": f"{starts:%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
        "body": text,
        "location": place,
    }
    return [
        ("Google", f"https://calendar.google.com/calendar/render?{_query(google)}"),
        ("Outlook", f"https://outlook.live.com/calendar/0/deeplink/compose?{_query(outlook)}"),
        ("Office 365", f"https://outlook.office.com/calendar/0/deeplink/compose?{_query(outlook)}"),
    ]


def _query(given: dict[str, str]) -> str:
    # Outlook shows a plus where a form would mean a blank
    return urlencode({key: value for key, value in given.items() if value}, quote_via=quote)


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1000, UTC)
