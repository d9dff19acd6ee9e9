"""One VEVENT: of a session, of the bar over several days, of a regular series, of somebody's expected turn to speak.

Here: identity, times, status, place and people as properties. Not here: words (texts), files and messages (files).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from icalendar import Alarm, Component, Event, Parameters, vCalAddress, vUri

from meetingsvc.calendars import texts
from meetingsvc.calendars.appointment import Appointment, Organizer, Reader, Series, Session, Slot
from meetingsvc.calendars.local_time import in_zone, milliseconds, moment, wall
from meetingsvc.calendars.safe_text import Text, language, line, mail_address, web_address
from meetingsvc.calendars.series import belongs, differs, rule_of, skipped
from meetingsvc.translations import Catalogue

#: Expected turns are told in steps of five minutes: an exact minute would claim to be known.
_STEP = 5 * 60_000
_MINUTE = timedelta(minutes=1)
#: Four weeks: an alarm earlier than that is a mistake.
_ALARM = 40_320
_FEATURES = {"video": ["AUDIO", "VIDEO"], "audio": ["AUDIO"], "phone": ["AUDIO", "PHONE"]}


class Place(Component):
    """RFC 9073, 7.2."""

    name = "VLOCATION"


class Person(Component):
    """RFC 9073, 7.1."""

    name = "PARTICIPANT"


# ---------------------------------------------------------------- identity


def uid_of(appointment: Appointment, session_id: int) -> str:
    """The UID of a session, for life: the first one bears the meeting's (or its series'), the others their number."""
    if session_id != _first(appointment):
        return f"{appointment.uid}-{session_id}"
    return appointment.recurrence.uid if appointment.recurrence else appointment.uid


def _first(appointment: Appointment) -> int:
    return min(session.id for session in appointment.sessions)


# ---------------------------------------------------------------- times


def span(session: Session) -> tuple[datetime, datetime]:
    """Start and end as they are written. While a session runs on, its end is the one that is shown."""
    starts, ends = wall(session.starts, session.zone), wall(session.ends, session.zone)
    if session.shown_ends_at > session.ends_at:
        ends = in_zone(max(session.shown_ends_at, milliseconds(ends)), session.zone)
    # a zone's new rule may swallow a session in the hour that its clocks skip; readers refuse such an event
    return starts, ends if milliseconds(ends) > milliseconds(starts) else starts + _MINUTE


def _days(appointment: Appointment) -> tuple[date, date] | None:
    """First day and the day after the last, if sessions are held on more than one day."""
    days = sorted({wall(one.starts, one.zone).date() for one in appointment.sessions if not one.dropped})
    return (days[0], days[-1] + timedelta(days=1)) if len(days) > 1 else None


# ---------------------------------------------------------------- events


def meeting_events(
    appointment: Appointment, reader: Reader, say: Catalogue, series: Sequence[Series] = ()
) -> list[Event]:
    """All events of a meeting in a file: the bar first, then its sessions.

    An occurrence is an exception of its series only beside the series (RFC 5545, 3.8.4.4); alone it stands for itself.
    """
    rule = next((one for one in series if belongs(appointment, one)), None)
    parent = None
    found = []
    if (days := _days(appointment)) is not None:
        parent = f"{appointment.uid}-days"
        found.append(_days_event(appointment, days, parent, reader, say))
    for session in appointment.sessions:
        first = session.id == _first(appointment)
        if first and rule and not differs(appointment, session, rule):
            continue
        event = session_event(appointment, session, reader, say, alone=not rule)
        if parent:
            event["RELATED-TO"] = _valued(Text(parent), RELTYPE="PARENT")
        found.append(event)
    return found


def session_event(
    appointment: Appointment, session: Session, reader: Reader, say: Catalogue, *, alone: bool = False
) -> Event:
    """The event of one session. `alone`: an occurrence whose series is not told of here."""
    cancelled = appointment.status == "cancelled" or session.dropped
    first = session.id == _first(appointment)
    uid = appointment.uid if first and alone else uid_of(appointment, session.id)
    if cancelled:
        reader = replace(reader, inside=False, alarm=None)  # nobody is called to what is not held
    event = _event(uid, appointment, appointment.sequence, reader, say, cancelled=cancelled)
    starts, ends = span(session)
    event.add("dtstart", starts)
    event.add("dtend", ends)
    if first and appointment.recurrence and not alone:
        event.add("recurrence-id", wall(appointment.recurrence.starts, appointment.recurrence.zone))
    _text(event, "DESCRIPTION", texts.description(appointment, session, reader, say))
    _alarm(event, f"{uid}-{session.id}-alarm", reader)
    return event


def _days_event(appointment: Appointment, days: tuple[date, date], uid: str, reader: Reader, say: Catalogue) -> Event:
    """The bar over the days of a conference: it takes nobody's time, its sessions do."""
    cancelled = appointment.status == "cancelled"
    event = _event(uid, appointment, appointment.sequence, reader, say, cancelled=cancelled, takes_time=False)
    event.add("dtstart", days[0])
    event.add("dtend", days[1])
    event["X-MICROSOFT-CDO-ALLDAYEVENT"] = Text("TRUE")
    event["X-MICROSOFT-CDO-BUSYSTATUS"] = Text("FREE")
    _text(event, "DESCRIPTION", texts.days_description(appointment, reader, say))
    return event


def series_event(series: Series, reader: Reader, say: Catalogue) -> Event:
    """The master of a regular series."""
    event = _event(series.uid, series, series.sequence, reader, say)
    starts, ends = wall(series.starts, series.zone), wall(series.ends, series.zone)
    event.add("dtstart", starts)
    event.add("dtend", ends if milliseconds(ends) > milliseconds(starts) else starts + _MINUTE)
    event["RRULE"] = rule_of(series)
    if gone := skipped(series):
        event.add("exdate", [wall(at, series.zone) for at in gone])
    _text(event, "DESCRIPTION", texts.series_description(series, reader, say))
    _alarm(event, f"{series.uid}-alarm", reader)
    return event


def slot_event(appointment: Appointment, slot: Slot, reader: Reader, say: Catalogue) -> Event:
    """Somebody's expected turn to speak: tentative, in steps of five minutes, taking nobody's time."""
    zone = next((one.zone for one in appointment.sessions if one.starts_at <= slot.start < one.shown_ends_at), None)
    zone = zone or next((one.zone for one in appointment.sessions if not one.dropped), appointment.zone)
    start = slot.start // _STEP * _STEP
    to = max(-(-slot.to // _STEP) * _STEP, start + _STEP)
    event = Event()
    event["UID"] = Text(slot.uid)
    _stamps(event, slot.at, slot.at)
    event["SEQUENCE"] = _number(slot.seq)
    event["STATUS"], event["TRANSP"], event["CLASS"] = Text("TENTATIVE"), Text("TRANSPARENT"), Text("PUBLIC")
    event["SUMMARY"] = _valued(Text(texts.slot_title(slot, say)), LANGUAGE=say.lang)
    event.add("dtstart", in_zone(start, zone))
    event.add("dtend", in_zone(to, zone))
    event["X-MICROSOFT-CDO-BUSYSTATUS"] = Text("TENTATIVE")
    _where(event, appointment, reader, say)
    _text(event, "DESCRIPTION", texts.slot_description(appointment, slot, (start, to), zone, reader, say))
    return event


def _event(
    uid: str,
    meeting: Appointment | Series,
    sequence: int,
    reader: Reader,
    say: Catalogue,
    *,
    cancelled: bool = False,
    takes_time: bool = True,
) -> Event:
    """What all events of a meeting have in common: everything but times and description."""
    event = Event()
    event["UID"] = Text(uid)
    _stamps(event, meeting.made_at, meeting.changed_at)
    event["SEQUENCE"] = _number(sequence)
    event["STATUS"] = Text("CANCELLED" if cancelled else "CONFIRMED")
    # what is cancelled leaves its time free
    event["TRANSP"] = Text("OPAQUE" if takes_time and not cancelled else "TRANSPARENT")
    event["CLASS"] = Text("PUBLIC")
    title = Text(texts.title_of(meeting.title, say, cancelled=cancelled))
    event["SUMMARY"] = _valued(title, LANGUAGE=texts.language_of(meeting.title, say))
    if body := line(say.text(meeting.body)):
        event["CATEGORIES"] = Text(body)
    if meeting.organizer and (organizer := organizer_of(meeting.organizer)):
        event["ORGANIZER"] = organizer
    _where(event, meeting, reader, say, conference=takes_time)
    return event


# ---------------------------------------------------------------- properties


def _where(
    event: Event, meeting: Appointment | Series, reader: Reader, say: Catalogue, *, conference: bool = True
) -> None:
    """The page; the room, or for who joins a meeting without one the link; every way in (RFC 7986, 5.11)."""
    if url := web_address(meeting.url):
        event["URL"] = vUri(url)
    ways = texts.ways_in(meeting, reader)
    room = line(meeting.room)
    links = [address for way, address in ways if way.kind != "phone"]
    _text(event, "LOCATION", room or next(iter(links), ""))
    if ways and conference:
        event["CONFERENCE"] = [
            _valued(
                vUri(address),
                VALUE="URI",
                FEATURE=_FEATURES[way.kind],
                LABEL=texts.label_of(way, say),
                LANGUAGE=language(way.language),
            )
            for way, address in ways
        ]
    if reader.rich:
        _rich(event, meeting, room, links)


def _rich(event: Event, meeting: Appointment | Series, room: str, links: Sequence[str]) -> None:
    """RFC 9073: places and persons as components. Opt-in, since some programs drop an event that holds them."""
    uid = str(event["UID"])
    places: list[tuple[str, str, Text | vUri]] = [("room", "NAME", Text(room))] if room else []
    places += [(f"link-{number}", "URL", vUri(link)) for number, link in enumerate(links)]
    for name, kind, value in places:
        place = Place()
        place["UID"], place[kind] = Text(f"{uid}-{name}"), value
        event.add_component(place)
    if meeting.organizer and (address := mail_address(meeting.organizer.address)):
        person = Person()
        person["UID"], person["PARTICIPANT-TYPE"] = Text(f"{uid}-organizer"), Text("CONTACT")
        person["CALENDAR-ADDRESS"] = vUri(f"mailto:{address}")
        event.add_component(person)


def organizer_of(organizer: Organizer) -> vCalAddress | None:
    """ORGANIZER, with SENT-BY where mails leave from another address; None if the address is none."""
    address, sender = mail_address(organizer.address), mail_address(organizer.sender)
    if address is None:
        return None
    sent_by = sender if sender and sender.lower() != address.lower() else None
    return vCalAddress.new(address, cn=line(organizer.name) or None, sent_by=sent_by)


def _alarm(event: Event, uid: str, reader: Reader) -> None:
    """An alarm if the reader chose one; it repeats the title, as DISPLAY must say something (RFC 5545, 3.6.6)."""
    if reader.alarm is not None and 0 <= reader.alarm <= _ALARM:
        alarm = Alarm.new_display(description="-", trigger=-reader.alarm * _MINUTE, uid=uid)
        alarm["DESCRIPTION"] = Text(str(event["SUMMARY"]))
        event.add_component(alarm)


def _stamps(event: Event, made_at: int, changed_at: int) -> None:
    """Without METHOD, DTSTAMP is the last change (RFC 5545, 3.8.7.2): never the moment somebody fetched a file."""
    event.add("created", _second(made_at))
    event.add("dtstamp", _second(changed_at))
    event.add("last-modified", _second(changed_at))


def _second(at: int) -> datetime:
    return moment(at).astimezone(UTC).replace(microsecond=0)


def _text(event: Event, name: str, text: str) -> None:
    # an empty property is an error to libical
    if text:
        event[name] = Text(text)


def _number(number: int) -> Text:
    return Text(str(max(0, number)))


def _valued(value: Text | vUri, **parameters: str | list[str] | None) -> Text | vUri:
    value.params = Parameters({name: given for name, given in parameters.items() if given})
    return value
