"""From rows to what calendars are made of, and from those to what one person is told of one event. Pure.

Not here: the shape and how it is kept (store.deliveries), whether they must be told (plan), expected turns to speak
(expected_slots), the bytes of a file (calendars).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from meetingsvc.calendars.appointment import Appointment, Item, Organizer, Reader, Recurrence, Series, Session
from meetingsvc.calendars.local_time import end_of, milliseconds, wall
from meetingsvc.calendars.texts import title_of, ways_in
from meetingsvc.core.calendar_facts import agenda, carried, sessions
from meetingsvc.core.meeting.state import WayIn
from meetingsvc.core.schema import plain
from meetingsvc.core.state import MeetingState
from meetingsvc.store.bodies import Body, SeriesRow
from meetingsvc.store.contacts import Contact, Invitation
from meetingsvc.store.deliveries import Told, ToldRule, ToldTurn
from meetingsvc.store.meeting_index import MeetingRow
from meetingsvc.translations import Catalogue

# ------------------------------------------------------------------------------------------------ of a meeting


def appointment_of(row: MeetingRow, body: Body | None, public_url: str, mail_from: str = "") -> Appointment:
    """A meeting as calendars know it."""
    recurrence = Recurrence(row.series, row.recurs, row.zone) if row.series and row.recurs else None
    planned = [_session_of(each, dropped=False) for each in row.sessions]
    gone = [_session_of(each, dropped=True) for each in row.dropped]
    return Appointment(
        uid=row.uid,
        url=f"{public_url}/m/{row.id}",
        title=row.title,
        status="cancelled" if row.status == "cancelled" else "confirmed",
        sequence=row.sequence,
        made_at=row.made_at,
        changed_at=max(row.shown_at, body.changed_at if body else 0),
        zone=row.zone,
        sessions=tuple(sorted((*planned, *gone), key=lambda each: (each.starts_at, each.id))),
        body=row.body or (body.name if body else None),
        room=row.room,
        ways_in=_ways_in(row.link, row.channels),
        agenda=tuple(Item(each["number"], each["title"]) for each in row.agenda),
        organizer=organizer_of(body, mail_from),
        recurrence=recurrence,
    )


def row_if(row: MeetingRow, state: MeetingState) -> MeetingRow:
    """The meeting's row as it would be if it stood as `state`, one SEQUENCE on."""
    m = state.meeting
    times = m.sessions.values()
    return replace(
        row,
        title=m.title,
        state=m.state,
        status={"none": "none", "cancelled": "cancelled"}.get(m.state, "confirmed"),
        sessions=sessions(state),
        dropped=sessions(state, dropped=True),
        room=m.room,
        link=m.shown_link,
        starts_at=min((each.starts_at for each in times), default=None),
        ends_at=max((each.ends_at for each in times), default=None),
        channels=[plain(way) for way in m.shown_ways_in],
        agenda=agenda(state),
        carried=carried(state),
        sequence=row.sequence + 1,
        seq=state.seq,
        shown_at=state.at,
        changed_at=state.at,
    )


def series_of(row: SeriesRow, body: Body, public_url: str, mail_from: str = "") -> Series:
    """A regular series as calendars know it."""
    freq: Any = row.freq
    return Series(
        uid=row.uid,
        url=f"{public_url}/b/{row.body}",
        title=row.title,
        starts=row.starts,
        ends=row.ends,
        zone=row.zone,
        freq=freq,
        interval=row.every,
        count=row.count,
        skipped=tuple(row.skipped),
        made_at=row.made_at,
        changed_at=max(row.changed_at, body.changed_at),
        room=row.room,
        ways_in=_ways_in(row.link, row.channels),
        body=body.name,
        organizer=organizer_of(body, mail_from),
    )


def organizer_of(body: Body | None, mail_from: str = "") -> Organizer | None:
    """In whose name invitations go out; None where neither the body nor the service has an address."""
    name = body.organizer_name if body else ""
    if body and body.organizer_address:
        return Organizer(name, body.organizer_address, mail_from or None)
    return Organizer(name, mail_from) if mail_from else None


def _session_of(row: Mapping[str, Any], dropped: bool) -> Session:
    names = ("id", "starts", "ends", "zone", "starts_at", "ends_at", "shown_ends_at")
    return Session(**{name: row[name] for name in names}, dropped=dropped)


def _ways_in(link: str | None, further: list[dict[str, Any]]) -> tuple[WayIn, ...]:
    """The join link first: video of the floor; then what else there is."""
    ways = [WayIn("video", link)] if link else []
    return (*ways, *(WayIn(**way) for way in further))


# ------------------------------------------------------------------------------------------------ for somebody


def reader_of(
    contact: Contact,
    invitation: Invitation | None,
    *,
    lang: str | None = None,
    link: str | None = None,
    alarm: int | None = None,
    rich: bool = False,
) -> Reader:
    """Somebody who is invited, with their place."""
    mode: Any = invitation.mode if invitation else contact.mode
    return Reader(lang or contact.language, contact.zone, True, mode, alarm, rich, link)


def link_mark(grant: str | None) -> str | None:
    """What a delivery keeps of the personal link it held: enough to tell another one, useless to others."""
    return hashlib.sha256(grant.encode()).hexdigest()[:16] if grant else None


def told_of(
    appointment: Appointment,
    session: Session,
    reader: Reader,
    say: Catalogue,
    to: str,
    turn: ToldTurn | None = None,
    link: str | None = None,
) -> Told:
    """What a letter about this session says to this reader as things stand. `link`: the mark of the personal one."""
    status = "cancelled" if session.dropped or appointment.status == "cancelled" else "confirmed"
    comes = status == "confirmed"
    first = session.id == min(each.id for each in appointment.sessions)
    return Told(
        title=title_of(appointment.title, say),
        starts=session.starts,
        ends=session.ends,
        zone=session.zone,
        starts_at=session.starts_at,
        ends_at=max(session.shown_ends_at, session.ends_at),
        room=appointment.room,
        links=tuple(address for _, address in ways_in(appointment, reader)) if comes else (),
        mode=reader.mode,
        status=status,
        session=session.id,
        recurs=appointment.recurrence.starts if first and appointment.recurrence else None,
        turn=turn if comes else None,
        link=link if comes else None,
        to=to,
    )


def told_of_series(
    series: Series, reader: Reader, say: Catalogue, to: str, session: int, link: str | None = None
) -> Told:
    """What a letter about a whole series says: its first occurrence, and the rule."""
    return Told(
        title=title_of(series.title, say),
        starts=series.starts,
        ends=series.ends,
        zone=series.zone,
        starts_at=milliseconds(wall(series.starts, series.zone)),
        ends_at=milliseconds(wall(series.ends, series.zone)),
        room=series.room,
        links=tuple(address for _, address in ways_in(series, reader)),
        mode=reader.mode,
        status="confirmed",
        session=session,
        rule=ToldRule(series.freq, series.interval, series.count, tuple(series.skipped)),
        link=link,
        to=to,
    )


def by_rule(master: Told, recurs: str, session: int) -> Told:
    """What somebody who was told of a series knows of one occurrence: what holds of the series, at the rule's time."""
    ends = end_of(recurs, master.starts, master.ends)
    starts_at, ends_at = milliseconds(wall(recurs, master.zone)), milliseconds(wall(ends, master.zone))
    return replace(
        master,
        starts=recurs,
        ends=ends,
        starts_at=starts_at,
        ends_at=ends_at,
        recurs=recurs,
        session=session,
        rule=None,
    )
