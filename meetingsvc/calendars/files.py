"""Whole calendar files: a meeting's, a feed, an invitation, a cancellation. Pure: facts in, bytes out.

The same facts give the same bytes in every process. Files and feeds bear no METHOD and no ATTENDEE; a message bears
one UID and one ATTENDEE. Not here: single events (events), who gets what (invitations), mails (mail).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from icalendar import Calendar, Event, vCalAddress, vDuration, vUri

from meetingsvc.calendars import events, zones
from meetingsvc.calendars.appointment import Appointment, Attendee, Organizer, Reader, Series, Slot
from meetingsvc.calendars.events import uid_of
from meetingsvc.calendars.local_time import moment
from meetingsvc.calendars.safe_text import Text, line, mail_address, web_address
from meetingsvc.calendars.series import starts_of
from meetingsvc.translations import Catalogue

__all__ = ["cancellation", "feed", "invitation", "meeting_file", "series_invitation", "uid_of"]

PRODID = "-//meetingsvc//Calendar 1.0//EN"
#: RFC 5545, 3.1: lines of at most 75 octets, without the line break.
_LONGEST = 75
_ROLES = {
    "chair": "CHAIR",
    "member": "REQ-PARTICIPANT",
    "observer": "OPT-PARTICIPANT",
    "information": "NON-PARTICIPANT",
}
#: So many events are about five milliseconds of work.
_BREATH = 8
_COLOUR = re.compile(r"[a-z]{3,30}\Z")


# ---------------------------------------------------------------- files and feeds


def meeting_file(appointment: Appointment, reader: Reader, say: Catalogue) -> bytes:
    """The file of one meeting."""
    return _to_bytes(_calendar(), events.meeting_events(appointment, reader, say))


def feed(
    name: str,
    entries: Iterable[tuple[Appointment, Reader, Sequence[Slot]]],
    say: Catalogue,
    *,
    series: Sequence[tuple[Series, Reader]] = (),
    source: str | None = None,
    colour: str | None = None,
    refresh: int = 1,
    pause: Callable[[], object] = int,
) -> bytes:
    """A calendar to subscribe to. `source` only for public feeds: a secret must not travel in a forwarded file.

    `refresh` hours are a wish; `colour` is a name of CSS3. Cancelled meetings stay in it, said to be cancelled.
    `pause` is called every few milliseconds of work, for a caller who has others to serve.
    """
    rules = [rule for rule, _ in series]
    written = [events.series_event(rule, reader, say) for rule, reader in series]
    for number, (appointment, reader, slots) in enumerate(entries):
        if number % _BREATH == 0:
            pause()
        written += events.meeting_events(appointment, reader, say, rules)
        if appointment.status != "cancelled":
            written += [events.slot_event(appointment, slot, reader, say) for slot in slots]
    return _to_bytes(_feed_calendar(name, say, source, colour, refresh), written, rules, pause)


def _feed_calendar(name: str, say: Catalogue, source: str | None, colour: str | None, refresh: int) -> Calendar:
    calendar = _calendar()
    title = line(name) or say.gettext("Meetings")
    calendar["NAME"], calendar["X-WR-CALNAME"] = Text(title), Text(title)
    every = vDuration(timedelta(hours=max(1, refresh)))
    calendar["X-PUBLISHED-TTL"] = every
    # RFC 7986, 5.7 and 5.8: VALUE must be written
    calendar["REFRESH-INTERVAL"] = vDuration(every.td, params={"VALUE": "DURATION"})
    if address := web_address(source):
        calendar["SOURCE"] = vUri(address, params={"VALUE": "URI"})
    if colour and _COLOUR.match(colour):
        calendar["COLOR"] = Text(colour)
    return calendar


# ---------------------------------------------------------------- messages


def invitation(
    appointment: Appointment,
    session_id: int,
    reader: Reader,
    organizer: Organizer,
    attendee: Attendee,
    say: Catalogue,
    *,
    stamp: int,
) -> bytes:
    """METHOD:REQUEST for one session to one person; sent again with a higher SEQUENCE it is the update."""
    session = next(one for one in appointment.sessions if one.id == session_id)
    if session.dropped or appointment.status == "cancelled":
        raise ValueError("what is cancelled is not invited to (RFC 5546, 3.2.2): send a cancellation")
    event = events.session_event(appointment, session, reader, say)
    return _message("REQUEST", event, organizer, attendee, stamp)


def series_invitation(
    series: Series, reader: Reader, organizer: Organizer, attendee: Attendee, say: Catalogue, *, stamp: int
) -> bytes:
    """METHOD:REQUEST for a whole series to one person."""
    return _message("REQUEST", events.series_event(series, reader, say), organizer, attendee, stamp, [series])


def cancellation(
    appointment: Appointment,
    session_id: int,
    reader: Reader,
    organizer: Organizer,
    attendee: Attendee,
    say: Catalogue,
    *,
    stamp: int,
    sequence: int | None = None,
    for_everybody: bool = True,
) -> bytes:
    """METHOD:CANCEL. Without `for_everybody` this person alone is no longer invited to the session."""
    session = next(one for one in appointment.sessions if one.id == session_id)
    # no way in for who is no longer to come, no alarm (RFC 5546, 3.2.5)
    event = events.session_event(appointment, session, replace(reader, inside=False, alarm=None), say)
    if sequence is not None:
        event["SEQUENCE"] = Text(str(sequence))
    if for_everybody:
        event["STATUS"] = Text("CANCELLED")
    else:
        del event["STATUS"]  # RFC 5546, 3.2.5: STATUS would say that the meeting is cancelled for all
    return _message("CANCEL", event, organizer, attendee, stamp)


def _message(
    method: Literal["REQUEST", "CANCEL"],
    event: Event,
    organizer: Organizer,
    attendee: Attendee,
    stamp: int,
    series: Sequence[Series] = (),
) -> bytes:
    """One message to one person: nobody else's address stands in it."""
    host = events.organizer_of(organizer)
    if host is None:
        raise ValueError("the organizer has no mail address")
    event["ORGANIZER"] = host
    event["ATTENDEE"] = _attendee(attendee, asked=method == "REQUEST")
    # with METHOD, DTSTAMP is when the message was made (RFC 5545, 3.8.7.2)
    del event["DTSTAMP"]
    event.add("dtstamp", moment(stamp).replace(microsecond=0))
    calendar = _calendar()
    calendar["METHOD"] = Text(method)
    return _to_bytes(calendar, [event], series)


def _attendee(attendee: Attendee, *, asked: bool) -> vCalAddress:
    address = mail_address(attendee.address)
    if address is None:
        raise ValueError("the attendee has no mail address")
    return vCalAddress.new(
        address,
        cn=line(attendee.name) or None,
        cutype=attendee.kind.upper(),
        role=_ROLES[attendee.part],
        partstat="NEEDS-ACTION" if attendee.answer == "none" else attendee.answer.upper(),
        rsvp=True if asked else None,
    )


# ---------------------------------------------------------------- bytes


def _calendar() -> Calendar:
    # Calendar.new() would invent a UID, which makes vdirsyncer take a whole feed for one item
    calendar = Calendar()
    calendar["VERSION"], calendar["PRODID"], calendar["CALSCALE"] = Text("2.0"), Text(PRODID), Text("GREGORIAN")
    return calendar


def _to_bytes(
    calendar: Calendar, written: Sequence[Event], series: Sequence[Series] = (), pause: Callable[[], object] = int
) -> bytes:
    """The file: what is said of all, then the time zones by name, then the events."""
    spans = _spans(written, series)
    if spans and "REFRESH-INTERVAL" in calendar:
        # the zone that most events are in; of two the first by name
        calendar["X-WR-TIMEZONE"] = Text(max(sorted(spans), key=lambda zone: len(spans[zone])))
    rows: list[str] = calendar.content_lines()[:-2]
    for zone in sorted(spans):
        rows += zones.vtimezone(zone, min(spans[zone]), max(spans[zone]))
    parts = [_folded(row.encode()) for row in rows]
    for number, event in enumerate(written):
        if number % _BREATH == 0:
            pause()
        parts += [_folded(row.encode()) for row in event.content_lines()[:-1]]
    return b"".join((*parts, b"END:VCALENDAR\r\n"))


def _spans(written: Sequence[Event], series: Sequence[Series]) -> dict[str, list[int]]:
    """{zone: the years its times are in}, of every time that is written by the clocks of a zone."""
    spans: dict[str, list[int]] = {}
    for event in written:
        for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
            at = getattr(event.get(name), "dt", None)
            if isinstance(at, datetime) and at.tzinfo is not UTC:
                spans.setdefault(str(at.tzinfo), []).append(at.year)
    for rule in series:
        if not zones.is_utc(rule.zone):
            spans.setdefault(zones.iana(rule.zone), []).append(int(starts_of(rule)[-1][:4]) + 1)
    return spans


def _folded(row: bytes) -> bytes:
    """A line and its line break, folded where neither a character nor an escape is cut (Google drops such events)."""
    if len(row) <= _LONGEST:
        return row + b"\r\n"
    parts, begin, room = [], 0, _LONGEST
    while len(row) - begin > room:
        end = begin + room
        while row[end] & 0xC0 == 0x80:  # inside a character of several octets
            end -= 1
        head = row[begin:end]
        if (len(head) - len(head.rstrip(b"\\"))) % 2:  # between a backslash and what it escapes
            end -= 1
        parts.append(row[begin:end])
        begin, room = end, _LONGEST - 1
    parts.append(row[begin:])
    return b"\r\n ".join(parts) + b"\r\n"
