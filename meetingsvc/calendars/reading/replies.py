"""An answer to an invitation, as calendars send it (iTIP REPLY): who answers what, to which version of it.

Everything here is claimed by whoever wrote the file. Does not belong here: the mail around it (mails.py), and whether
somebody may answer for that address, or is too late.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Literal

from meetingsvc.calendars.local_time import utc_ms, wall_text
from meetingsvc.calendars.reading.ics import Part, Property, harmless, read_calendar, shown
from meetingsvc.calendars.reading.times import Clocks, read_when
from meetingsvc.calendars.safe_text import clean, mail_address
from meetingsvc.core.kernel import Refused, need

#: Answers to single occurrences of one series; more come from nobody.
MOST_ANSWERS = 60
LONGEST_COMMENT = 1_000
#: Of one answer; and of all in a file together.
_LONGEST_TEXTS, _LONGEST_ALL = 50_000, 300_000
_ANSWERS: dict[str, Literal["accepted", "tentative", "declined"]] = {
    "ACCEPTED": "accepted",
    "TENTATIVE": "tentative",
    "DECLINED": "declined",
    # who sends somebody else does not come
    "DELEGATED": "declined",
}
_LARGEST_SEQUENCE = 2**31 - 1
_MAILTO = re.compile(r"(?i)\s*mailto:")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Which one of a series: 2026-12-11T10:00 (a whole day: 2026-12-11). `zone` is None where no zone is known.

    `at` (ms UTC) is what tells two apart: Outlook names another zone than the invitation did, of the same clock.
    """

    wall: str
    zone: str | None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `address` is the bare attendee in small letters; `sequence` and `stamp` (ms UTC) may be missing.

    `texts` is everything in which a token of ours may have come back.
    """

    uid: str
    address: str
    answer: Literal["accepted", "tentative", "declined"]
    recurrence: Occurrence | None = None
    sequence: int | None = None
    stamp: int | None = None
    comment: str = ""
    organizer: str | None = None
    delegated_to: str | None = None
    texts: str = ""

    @property
    def says(self) -> tuple[str, str, str | None]:
        """What two copies of one answer must agree on."""
        return self.address, self.answer, self.delegated_to


def read_replies(data: bytes, charset: str | None = None) -> tuple[Reply, ...]:
    """The answers in a file, all to one invitation: one, or one for each of several occurrences of a series."""
    calendar = read_calendar(data, charset)
    # a file without a METHOD is a download of something, and answers nothing
    other = sorted(calendar.methods - {"REPLY"}) if calendar.methods else ["PUBLISH"]
    need(not other, "reply.not_a_reply", method=", ".join(other)[:60])
    need(calendar.events, "reply.no_event")
    need(len(calendar.events) <= MOST_ANSWERS, "reply.too_many", most=MOST_ANSWERS)
    clocks = Clocks.of(calendar, None)
    longest = min(_LONGEST_TEXTS, _LONGEST_ALL // len(calendar.events))
    return agreed(_reply(part, clocks, longest) for part in calendar.events)


def agreed(replies: Iterable[Reply]) -> tuple[Reply, ...]:
    """Each answer once; refused where they are to several invitations, or contradict each other."""
    kept: dict[Occurrence | None, Reply] = {}
    for reply in replies:
        first = kept.setdefault(reply.recurrence, reply)
        need(reply.uid == next(iter(kept.values())).uid, "reply.several_meetings")
        need(reply.says == first.says, "reply.disagrees")
    return tuple(kept.values())


def _reply(part: Part, clocks: Clocks, longest: int) -> Reply:
    need(part.complete, "reply.cut_off")
    uid = part.line_of("UID", 300)
    need(uid, "reply.no_uid")
    attendee = _who_answers(part)
    status = attendee.params.get("PARTSTAT", "").strip().upper()
    address = address_of(attendee)
    need(address, "reply.no_address", given=shown(attendee.value, 80))
    organizer = part.first("ORGANIZER")
    return Reply(
        uid,
        str(address),
        _ANSWERS[status],
        _occurrence(part, clocks),
        _sequence(part),
        _stamp(part),
        _comment(part, attendee),
        address_of(organizer) if organizer else None,
        bare(attendee.params.get("DELEGATED-TO", "").partition(",")[0]) if status == "DELEGATED" else None,
        _texts(part, longest),
    )


def _who_answers(part: Part) -> Property:
    """The one attendee with an answer. Others may be named, as a delegate is, as long as they say nothing."""
    found = [row for row in part.all("ATTENDEE") if row.params.get("PARTSTAT", "").strip().upper() in _ANSWERS]
    need(found, "reply.no_answer")
    need(len(found) == 1, "reply.several_attendees")
    return found[0]


def address_of(found: Property) -> str | None:
    """The bare address of a person of a calendar. Apple writes it beside an address of its own."""
    return bare(found.value) or bare(found.params.get("EMAIL", ""))


def bare(text: str) -> str | None:
    """`MAILTO:Name@Example.org` as name@example.org; None if it is no address of mail."""
    plain = _MAILTO.sub("", text.strip().strip('"'), count=1).strip().removeprefix("<").removesuffix(">")
    address = mail_address(plain) if len(plain) <= 254 else None
    return address.lower() if address else None


def _occurrence(part: Part, clocks: Clocks) -> Occurrence | None:
    found = part.first("RECURRENCE-ID")
    if found is None:
        return None
    when = read_when(found)
    # an answer to one occurrence must never become an answer to all of them
    need(when, "reply.no_occurrence", given=shown(found.value, 40))
    assert when is not None
    if when.kind == "day":
        return Occurrence(f"{when.wall:%Y-%m-%d}", None)
    zone = {"utc": "UTC", "zoned": clocks.named(when.zone)}.get(when.kind)
    wall = wall_text(when.wall)
    try:
        return Occurrence(wall, zone, utc_ms(wall, zone) if zone else None)
    except Refused:  # an hour that its clock skips or shows twice
        return Occurrence(wall, zone)


def _sequence(part: Part) -> int | None:
    """None if there is none. One that cannot be read must not pass for none: it would be an answer to anything."""
    text = part.word("SEQUENCE")
    if not text:
        return None
    fits = text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= _LARGEST_SEQUENCE
    need(fits, "reply.sequence_unreadable", given=shown(text, 40))
    return int(text)


def _stamp(part: Part) -> int | None:
    """When the answer was given; only a time in UTC is one that can be compared."""
    when = read_when(part.first("DTSTAMP"))
    if when is None or when.kind != "utc":
        return None
    return (int(when.wall.replace(tzinfo=UTC).timestamp()) + when.seconds) * 1000


def _comment(part: Part, attendee: Property) -> str:
    """What the person wrote with the answer; Google writes it beside the attendee."""
    rows = [found.text for found in part.all("COMMENT")] or [attendee.params.get("X-RESPONSE-COMMENT", "")]
    return harmless(clean("\n".join(rows).strip(), LONGEST_COMMENT)).strip()


def _texts(part: Part, longest: int) -> str:
    """Bounded, and free of signs that a page could not show."""
    names = ("SUMMARY", "DESCRIPTION", "LOCATION", "URL", "COMMENT")
    rows = [found.text for found in part.properties if found.name in names or found.name.startswith("X-")]
    return harmless(clean("\n".join(rows)[:longest]))
