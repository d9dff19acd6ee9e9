"""A calendar file of any other system as parts and properties. Hostile bytes are the normal case: all is bounded.

Belongs here: bytes, encodings, folded lines, nesting, names, escapes. Does not belong here: times (times.py), what
a meeting is (meeting_plan.py), answers (replies.py). Lines and values are read by icalendar; its reader of whole files
is not used, because it keeps the zones that a file brings for every later file of the process.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from icalendar.parser import Contentline, unescape_backslash

from meetingsvc.calendars.safe_text import clean, line
from meetingsvc.core.kernel import need

LARGEST = 1_000_000  # bytes
LONGEST_LINE = 100_000  # characters of one property, unfolded
MOST_PARTS = 2_000
MOST_PROPERTIES = 30_000
DEEPEST = 4

#: Parts whose properties are read; of others only the number is known.
_OPEN = frozenset({"VCALENDAR", "VEVENT", "VTIMEZONE", "STANDARD", "DAYLIGHT"})
#: Properties that mean something here, beside those that begin with X-. All others are passed over unread.
_WANTED = frozenset(
    {
        "METHOD",
        "PRODID",
        "NAME",
        "UID",
        "DTSTAMP",
        "DTSTART",
        "DTEND",
        "DURATION",
        "SUMMARY",
        "DESCRIPTION",
        "LOCATION",
        "URL",
        "STATUS",
        "SEQUENCE",
        "CLASS",
        "RRULE",
        "RDATE",
        "EXDATE",
        "EXRULE",
        "RECURRENCE-ID",
        "RELATED-TO",
        "CONFERENCE",
        "ORGANIZER",
        "ATTENDEE",
        "COMMENT",
        "TZID",
        "TZOFFSETTO",
    }
)
_NAME = re.compile(r"\s*([A-Za-z0-9-]{1,60})\s*(?=[:;])")
#: Name and parameters up to the colon that is in no quotes. Possessive, so that nothing is tried twice.
_HEAD = re.compile(r'[^":]*+(?:"[^"]*+"[^":]*+)*+:')
_LONGEST_HEAD = 4_000
_BREAK = re.compile(rb"\r\n|\n|\r")
_MISLEADING = re.compile("[\u202a-\u202e\u2066-\u2069]")
#: Names that a mail may give the encoding; Python knows more of them, which are no encodings of text.
_CHARSET = re.compile(r"(?i)(iso-?8859-?\d+|windows-?\d+|cp\d+|koi8-?[a-z]+|gbk?|gb2312|gb18030|big5|euc-?\w+)\Z")
_BOMS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to tell about a file. `line` is where the event begins; `level`: an event was taken, or left out.

    Its sentence is `remark.<code>` of the catalogue.
    """

    code: str
    facts: Mapping[str, Any]
    level: Literal["taken", "left", "note"] = "note"
    line: int = 0
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Property:
    """One line of a part. `value` is as written; `params` have upper-case names."""

    name: str
    params: Mapping[str, str]
    value: str

    @property
    def text(self) -> str:
        """The value of a TEXT property: escapes undone, nothing else."""
        return str(unescape_backslash(self.value))


@dataclass(slots=True)
class Part:
    """What stands between BEGIN and END. `complete` is false when its END never came."""

    kind: str
    line: int
    properties: list[Property] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    complete: bool = False

    def all(self, name: str) -> list[Property]:
        return [found for found in self.properties if found.name == name]

    def first(self, name: str) -> Property | None:
        return next((found for found in self.properties if found.name == name), None)

    def word(self, name: str) -> str:
        """A value such as CANCELLED or REPLY, in capitals; '' where there is none."""
        found = self.first(name)
        return shown(found.text, 60).upper() if found else ""

    def line_of(self, name: str, limit: int = 250) -> str:
        """A text on one harmless line."""
        found = self.first(name)
        return shown(found.text, limit) if found else ""

    def text_of(self, name: str) -> str:
        """A text with its line breaks, harmless."""
        found = self.first(name)
        return harmless(clean(found.text)) if found else ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """All calendars of a file together. `others` counts parts that are no events: VTODO, VJOURNAL and such."""

    methods: frozenset[str]
    name: str
    zone: str
    events: tuple[Part, ...]
    zones: tuple[Part, ...]
    others: Mapping[str, int]
    remarks: tuple[Remark, ...]


def read_calendar(data: bytes, charset: str | None = None) -> Calendar:
    """The calendar in these bytes; refused when it is none. `charset` is what a mail says, believed last."""
    need(len(data) <= LARGEST, "ics.too_big", most=LARGEST // 1_000_000)
    plain, remarks = _one_encoding(data)
    start = plain.lstrip(b" \t\r\n\0")
    need(start, "ics.empty")
    need(not start.startswith((b"<!", b"<html", b"<HTML")), "ics.is_a_page")
    need(re.search(rb"BEGIN:VCALENDAR", plain, re.IGNORECASE), "ics.not_a_calendar")
    built = _Builder()
    strange = False
    for number, raw in _unfolded(plain):
        text, sure = _decoded(raw, charset)
        strange = strange or not sure
        built.take(number, text)
    if strange:
        remarks.append(Remark("not_utf8", {}))
    return built.calendar(remarks)


def harmless(text: str) -> str:
    """A cleaned text without signs that can show one name and mean another: texts of a meeting have none."""
    return _MISLEADING.sub("", text)


def shown(text: str, limit: int = 250) -> str:
    """A text of somebody else on one harmless line."""
    return harmless(line(text, limit)).strip()


def _one_encoding(data: bytes) -> tuple[bytes, list[Remark]]:
    """UTF-16 becomes UTF-8; everything else stays, since the encoding of the others is found line by line."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _from_utf16(data[2:], encoding)
    if data[:200].count(0) > len(data[:200]) // 4:  # lost its mark: every other byte of a plain line is zero
        return _from_utf16(data, "utf-16-le" if data[1:2] == b"\0" else "utf-16-be")
    return data.removeprefix(codecs.BOM_UTF8), []


def _from_utf16(data: bytes, encoding: str) -> tuple[bytes, list[Remark]]:
    return data.decode(encoding, "replace").encode("utf-8", "replace"), [Remark("utf16", {})]


def _unfolded(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Lines with their continuations, and the number each begins on. In bytes: some fold within a character."""
    begins, parts = 0, [b""]
    # a file that somebody indented as a whole has no continuations of its own at that depth
    margin = data[: len(data) - len(data.lstrip(b" \t"))]
    for number, raw in enumerate(_BREAK.split(data), 1):
        row = raw.removeprefix(margin)
        if row[:1] in (b" ", b"\t") and begins:
            parts.append(row[1:])
            continue
        if begins and any(parts):
            yield begins, b"".join(parts)
        begins, parts = number, [row]
    yield begins, b"".join(parts)


def _decoded(raw: bytes, charset: str | None) -> tuple[str, bool]:
    """The text of a line, and whether its encoding is sure."""
    try:
        return raw.decode("utf-8"), True
    except UnicodeDecodeError:
        pass
    if charset and _CHARSET.match(charset):
        try:
            return raw.decode(charset), True
        except (UnicodeDecodeError, LookupError):
            pass
    return raw.decode("cp1252", "replace"), False


class _Builder:
    """Takes line after line and keeps the parts that are open."""

    def __init__(self) -> None:
        self.tops: list[Part] = []
        self.open: list[Part] = []
        self.parts = self.properties = self.junk = 0

    def take(self, number: int, text: str) -> None:
        found = _NAME.match(text)
        if not found:
            self.junk += bool(text.strip("\0 \t"))
            return
        name = found[1].upper()
        if name == "BEGIN":
            self._begin(text[found.end() + 1 :].strip().upper()[:60], number)
        elif name == "END":
            self._end(text[found.end() + 1 :].strip().upper()[:60])
        elif self.open and self.open[-1].kind in _OPEN and (name in _WANTED or name.startswith("X-")):
            self._property(name, number, text[found.start(1) :])

    def _begin(self, kind: str, number: int) -> None:
        if not self.open and kind != "VCALENDAR":
            self.junk += 1  # nothing stands outside a calendar
            return
        # a calendar or event that begins says that those before it have ended, whatever is missing
        while self.open and (kind == "VCALENDAR" or (kind == "VEVENT" and len(self.open) > 1)):
            self.open.pop()
        self.parts += 1
        need(self.parts <= MOST_PARTS, "ics.too_many_parts", most=MOST_PARTS)
        need(len(self.open) < DEEPEST, "ics.too_deep", most=DEEPEST)
        part = Part(kind, number)
        (self.open[-1].parts if self.open else self.tops).append(part)
        self.open.append(part)

    def _end(self, kind: str) -> None:
        if all(part.kind != kind for part in self.open):
            self.junk += 1
            return
        while (part := self.open.pop()).kind != kind:
            pass
        part.complete = True

    def _property(self, name: str, number: int, text: str) -> None:
        if len(text) > LONGEST_LINE:
            # what nobody reads may be as long as it likes; of the rest a piece would mean something else
            need(name not in _WANTED, "ics.line_too_long", line=number, most=LONGEST_LINE)
            return
        self.properties += 1
        need(self.properties <= MOST_PROPERTIES, "ics.too_many_lines", most=MOST_PROPERTIES)
        made = _property(name, text)
        if made is None:
            self.junk += 1
        else:
            self.open[-1].properties.append(made)

    def calendar(self, remarks: list[Remark]) -> Calendar:
        inner = [part for top in self.tops for part in top.parts]
        if self.junk:
            remarks.append(Remark("junk", {"lines": self.junk}))
        others = Counter(part.kind for part in inner if part.kind not in ("VEVENT", "VTIMEZONE"))
        return Calendar(
            frozenset(top.word("METHOD") for top in self.tops) - {""},
            next(filter(None, (top.line_of("X-WR-CALNAME") or top.line_of("NAME") for top in self.tops)), ""),
            next(filter(None, (top.line_of("X-WR-TIMEZONE", 80) for top in self.tops)), ""),
            tuple(part for part in inner if part.kind == "VEVENT"),
            tuple(part for part in inner if part.kind == "VTIMEZONE"),
            others,
            tuple(remarks),
        )


def _property(name: str, text: str) -> Property | None:
    """One line as name, parameters and value; None where it cannot be told apart."""
    head = _HEAD.match(text)
    if not head or head.end() > _LONGEST_HEAD:
        return None
    value = text[head.end() :]
    if ";" not in head[0]:
        return Property(name, {}, value)
    try:
        _, params, _ = Contentline(head[0]).raw_parts()  # type: ignore[no-untyped-call]
    except ValueError:
        return None
    plain = {key: found if isinstance(found, str) else ",".join(map(str, found)) for key, found in params.items()}
    return Property(name, plain, value)
