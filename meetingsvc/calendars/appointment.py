"""What a calendar file is made from: plain frozen shapes. Times: wall times `2026-12-11T10:00`, moments in ms UTC.

An Appointment is what everybody shares; a Reader is for whom a file is made; a Slot is somebody's turn to speak.
Not here: where they come from (invitations.told), how they are written (events, files).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from meetingsvc.core.kernel import LocalizedText
from meetingsvc.core.meeting.state import WayIn

Mode = Literal["in_room", "remote"]
#: Who somebody is to a meeting, as RFC 5545 ROLE knows it: chair, member (required), observer (optional),
#: information (non-participant).
Part = Literal["chair", "member", "observer", "information"]
#: What an address stands for: a person, an office that several read, or a room.
Kind = Literal["individual", "group", "room"]


@dataclass(frozen=True, slots=True)
class Session:
    """One session as calendars show it. `shown_ends_at` is later than `ends_at` while it runs on beyond its end."""

    id: int
    starts: str
    ends: str
    zone: str
    starts_at: int
    ends_at: int
    shown_ends_at: int
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the agenda as it stands in a description."""

    number: str
    title: LocalizedText


@dataclass(frozen=True, slots=True)
class Document:
    """A paper of the meeting with its address."""

    title: LocalizedText
    address: str


@dataclass(frozen=True, slots=True)
class Organizer:
    """Who calls the meeting: name and bare address. `sender` is the address mails leave from, if it is another one."""

    name: str
    address: str
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Recurrence:
    """One occurrence of a series: the series' UID, and the wall time and zone at which the rule puts this one."""

    uid: str
    starts: str
    zone: str


@dataclass(frozen=True, slots=True)
class Appointment:
    """One meeting. `sequence` is the calendar's SEQUENCE, `made_at` CREATED, `changed_at` the last change of anything
    a file shows (DTSTAMP without METHOD, LAST-MODIFIED). `sessions`: sessions in order of time, dropped ones too."""

    uid: str
    url: str
    title: LocalizedText
    status: Literal["confirmed", "cancelled"]
    sequence: int
    made_at: int
    changed_at: int
    zone: str
    sessions: tuple[Session, ...]
    body: LocalizedText | None = None
    room: str | None = None
    ways_in: tuple[WayIn, ...] = ()
    agenda: tuple[Item, ...] = ()
    documents: tuple[Document, ...] = ()
    organizer: Organizer | None = None
    recurrence: Recurrence | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A regular series whose rule is real: `DAILY`, `WEEKLY`, or `MONTHLY` by weekday of the month (the second Tuesday;
    a fifth one means the last). `skipped` are wall starts that `count` counts and nobody meets at."""

    uid: str
    url: str
    title: LocalizedText
    starts: str
    ends: str
    zone: str
    freq: Literal["DAILY", "WEEKLY", "MONTHLY"]
    interval: int
    count: int
    skipped: tuple[str, ...]
    made_at: int
    changed_at: int
    room: str | None = None
    ways_in: tuple[WayIn, ...] = ()
    body: LocalizedText | None = None
    organizer: Organizer | None = None
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """Somebody's expected turn to speak: between `start` and `to`. `seq` is the log's seq it was reckoned at (the
    SEQUENCE of its event, since it only rises), `at` the moment of that entry."""

    uid: str
    entry: int
    item: str
    start: int
    to: int
    place: int
    seq: int
    at: int


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a file is made. `inside`: may have the join links (a member, an invitee); the public may not.

    `mode` is one's own place (None: not known, or the public), `zone` the reader's own zone if known, `alarm` minutes
    before, `rich` the opt-in variant with RFC 9073 names, `link` the reader's own page (never in public files).
    """

    lang: str
    zone: str | None = None
    inside: bool = False
    mode: Mode | None = None
    alarm: int | None = None
    rich: bool = False
    link: str | None = None
    delegation: str = ""


@dataclass(frozen=True, slots=True)
class Attendee:
    """The one recipient of a message."""

    name: str
    address: str
    part: Part = "member"
    kind: Kind = "individual"
    answer: Literal["none", "accepted", "tentative", "declined"] = "none"
