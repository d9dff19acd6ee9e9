"""What people write into an invitation: numbered lines that are an agenda, rooms, and the link to join.

Texts come in cleaned. Does not belong here: which event is the meeting (meeting_plan.py).
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from meetingsvc.calendars.reading.ics import Part, shown
from meetingsvc.calendars.safe_text import web_address

MOST_ITEMS = 100
LONGEST_LINK = 500
#: Hosts whose addresses people join by.
_PLATFORMS = (
    "zoom.us",
    "zoomgov.com",
    "zoom.com",
    "teams.microsoft.com",
    "teams.live.com",
    "meet.google.com",
    "webex.com",
    "meet.jit.si",
    "8x8.vc",
    "whereby.com",
    "gotomeeting.com",
    "meet.goto.com",
    "bluejeans.com",
    "interprefy.com",
    "interprefy.events",
    "kudoway.com",
    "kudo.ai",
    "chime.aws",
    "v.ringcentral.com",
    "bigbluebutton.org",
)
#: What programs write into LOCATION where there is no room.
_NO_ROOM = re.compile(
    r"(?i)(.{0,40}microsoft teams.{0,40}|online|zoom( meeting)?|google meet|webex( meeting)?|virtual)\Z"
)
_LINK = re.compile(r"""https?://[^\s<>"'|\\^`{}]{3,2000}""", re.IGNORECASE)
#: Properties in which products write the address to join by, the standard's own first.
_JOINED_BY = (
    "CONFERENCE",
    "X-GOOGLE-CONFERENCE",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
)

_CHINESE = {sign: n for n, sign in enumerate("一二三四五六七八九", 1)}
_WORD = r"(?:agenda\s+item|item|point|punto|пункт|البند|بند|项目|议程项目)"
_NUMBER = r"(\d{1,3}|[一二三四五六七八九十]{1,3})"
#: `Item 3: Elections`, `Point 3 - Elections`; and without a word `3. Elections`, `3) Elections`, `三、选举`.
_ITEM = re.compile(
    rf"\s*(?:{_WORD}\s*{_NUMBER}\s*[.)、:：–—-]|{_NUMBER}\s*(?:[.)](?!\d)|、))\s*(\S.*)\Z", re.IGNORECASE
)
_TAG = re.compile(r"<[^<>]{0,300}>")
_TAG_BREAK = re.compile(r"(?i)<(?:br|/p|/li|/div|/tr|/h\d)\b[^<>]{0,100}>")


@dataclass(frozen=True, slots=True)
class Lines:
    """A description: the titles of its items in their order, and the other lines."""

    items: tuple[str, ...]
    others: tuple[str, ...]


def agenda(text: str) -> Lines:
    """The numbered lines of a text. A number that does not go on upwards begins no item: it may be a date."""
    items: list[str] = []
    others: list[str] = []
    last = -1
    for row in _without_tags(text).split("\n"):
        found = _ITEM.match(row[:2_000])
        number = _number(found[1] or found[2]) if found else 0
        if found and last < number and len(items) < MOST_ITEMS:
            last = number
            items.append(shown(found[3]))
        elif row.strip():
            others.append(shown(row, 120))
    return Lines(tuple(item for item in items if item), tuple(other for other in others if other))


def link_of(event: Part) -> tuple[str | None, list[str]]:
    """The address to join by, and what looked like one and is not taken."""
    left: list[str] = []
    for name in _JOINED_BY:
        for found in event.all(name):
            link = _address(found.value)
            if link:
                return link, left
            if not found.value.lower().startswith("tel:"):
                left.append(shown(found.value, 80))
    place, text, page = event.text_of("LOCATION"), event.text_of("DESCRIPTION"), event.line_of("URL", LONGEST_LINK)
    known = [link for link in (*_links(page), *_links(place), *_links(text)) if _platform(link)]
    # a place that is an address is where one goes; a URL is as often a page about the meeting
    links = [*known, *_links(place)]
    if page and page not in links:
        left.append(shown(page, 80))
    return (links[0] if links else None), left


def room_of(event: Part) -> str:
    """The place without the addresses in it; '' where it is no room."""
    place = shown(_LINK.sub(" ", event.text_of("LOCATION"))).strip(" ;,|()/-–—")
    return "" if _NO_ROOM.match(place) else place


def _links(text: str) -> list[str]:
    found = (_address(match[0].replace("&amp;", "&").rstrip(").,;:!?]")) for match in _LINK.finditer(text[:20_000]))
    return [link for link in found if link]


def _address(text: str) -> str | None:
    link = web_address(text)
    return link if link and len(link) <= LONGEST_LINK else None


def _platform(link: str) -> bool:
    host = link.split("/")[2].partition(":")[0].lower()
    return any(host == known or host.endswith("." + known) for known in _PLATFORMS)


def _number(text: str) -> int:
    """3, ٣, 三, 二十一."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    return (_CHINESE.get(tens, 1) * 10 if ten else 0) + _CHINESE.get(ones, 0)


def _without_tags(text: str) -> str:
    """Google writes descriptions in HTML: its breaks become lines, its tags go."""
    if not re.search(r"(?i)<(br|p|li|div|b|a|span|html|ul|ol)\b", text):
        return text
    return html.unescape(_TAG.sub("", _TAG_BREAK.sub("\n", text)))
