"""The form of a new meeting: what it asks for, checked field by field, as the commands that schedule it.

Every rule is the core's: the commands are rehearsed on an empty meeting, and nothing is written. Not here: the page
(pages/schedule), the dates of a series (calendars.series).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from meetingsvc.calendars.appointment import Series
from meetingsvc.calendars.local_time import end_of, utc_ms
from meetingsvc.calendars.series import starts_of
from meetingsvc.core import presets
from meetingsvc.core.commands import Command
from meetingsvc.core.commands.agenda import LONGEST_PLAN, AddItem
from meetingsvc.core.commands.base import visible
from meetingsvc.core.commands.meeting.schedule import Schedule
from meetingsvc.core.commands.meeting.sessions import need_ways_in, need_web_address
from meetingsvc.core.commands.roster import Accredit
from meetingsvc.core.history import History
from meetingsvc.core.kernel import Actor, need
from meetingsvc.core.meeting import MOST_SESSIONS
from meetingsvc.core.meeting.state import WayIn
from meetingsvc.core.schema import read
from meetingsvc.meetings import rehearse
from meetingsvc.store.bodies import SeriesRow
from meetingsvc.web.context import services, words
from meetingsvc.web.page_parts.form_fields import FormFields

if TYPE_CHECKING:
    from meetingsvc.store.bodies import Body, Member

FORMATS = ("hybrid", "in_person", "online")
KINDS = ("video", "audio", "phone")
RHYTHMS = ("none", "DAILY", "WEEKLY", "MONTHLY")
SOMEBODY = Actor("0" * 16, "secretary")
MOST_WAYS = 40
MOST_ITEMS = 100
MOST_MEETINGS = 60
#: The dates of all of them, with room for spaces.
LONGEST_SKIPPED = 2_000
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
_TIME = re.compile(r"(\d\d:\d\d)(:00)?\Z")


@dataclass(slots=True)
class MeetingDraft:
    """A meeting as the form asks for it. `occurrences`: the wall starts of a series, skipped ones left out."""

    title: dict[str, str] = field(default_factory=dict)
    zone: str = ""
    format: str = "hybrid"
    preset: str | None = None
    room: str = ""
    link: str = ""
    sessions: list[dict[str, Any]] = field(default_factory=list)
    ways: list[dict[str, str]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    rhythm: str = "none"
    every: int = 1
    count: int = 1
    skipped: list[str] = field(default_factory=list)
    occurrences: list[str] = field(default_factory=list)

    def schedule_commands(self, body: Body, uid: str | None = None) -> list[Schedule]:
        """The command of each meeting: one, or one for each occurrence of the series."""
        plan: dict[str, Any] = {
            "title": self.title,
            "languages": list(body.languages),
            "zone": self.zone,
            "format": self.format,
            "body": body.name,
            "body_id": body.id,
            "room": self.room or None,
            "link": self.link or None,
            "channels": self.ways,
            "preset": self.preset,
        }
        if self.rhythm == "none":
            rows = [{"starts": row["starts"], "ends": row["ends"]} for row in self.sessions]
            return [read(Schedule, {**plan, "sessions": rows})]
        lasting = self.sessions[0]
        made = []
        for starts in self.occurrences:
            ends = end_of(starts, lasting["starts"], lasting["ends"])
            given = {**plan, "sessions": [{"starts": starts, "ends": ends}], "series": uid, "recurs": starts}
            made.append(read(Schedule, given))
        return made

    def follow_up_commands(self, members: list[Member]) -> list[Command]:
        """What follows in each meeting: its agenda, and the body's members on its roster."""
        made: list[Command] = [read(AddItem, item) for item in self.items]
        for member in members:
            given = {"kind": member.kind, "code": member.code, "name": member.name}
            made.append(read(Accredit, {key: value for key, value in given.items() if value}))
        return made

    def series_row(self, body: Body, uid: str) -> SeriesRow:
        """The rule, as calendars are told of it."""
        first = self.sessions[0]
        return SeriesRow(
            uid=uid,
            body=body.id,
            title=self.title,
            starts=first["starts"],
            ends=first["ends"],
            zone=self.zone,
            freq=self.rhythm,
            every=self.every,
            count=self.count,
            skipped=self.skipped,
            room=self.room or None,
            link=self.link or None,
            channels=[dict(way) for way in self.ways],
        )


def read_draft(sent: FormFields, body: Body) -> MeetingDraft:
    """What the form asks for; what is wrong stands in `sent.wrong`, and then the draft is not to be used."""
    say = words()
    draft = MeetingDraft(format=sent.one_of("format", FORMATS), rhythm=sent.one_of("rhythm", RHYTHMS))
    for lang in body.languages:
        text = sent.line(f"title_{lang}", say.gettext("Title"))
        if text:
            draft.title[lang] = text
    with sent.at(f"title_{body.languages[0]}"):
        need(draft.title and all(visible(text) for text in draft.title.values()), "agenda.title_is_empty")
    draft.preset = sent.one_of("preset", ("", *presets.names())) or None
    draft.zone = sent.zone("zone")
    draft.room = sent.line("room", say.gettext("Room"))
    draft.link = sent.line("link", say.gettext("Join link"))
    with sent.at("link"):
        need_web_address(draft.link)
    _sessions(sent, draft)
    _ways(sent, draft)
    _items(sent, draft, body.languages[0])
    if draft.rhythm != "none" and not sent.wrong:
        _series(sent, draft)
    if not sent.wrong:
        with sent.at("sessions"):
            commands = [draft.schedule_commands(body, "rehearsal")[0], *draft.follow_up_commands([])]
            rehearse(History(), commands, SOMEBODY, services().meetings.clock())
    return draft


def _sessions(sent: FormFields, draft: MeetingDraft) -> None:
    for n in sent.numbers("date_", MOST_SESSIONS):
        given = [sent.get(f"{name}_{n}").strip() for name in ("date", "from", "to", "last")]
        if any(given):
            row = read_session(sent, f"session_{n}", draft.zone, *given)
            if row:
                draft.sessions.append(row)
    with sent.at("session_0"):
        need(draft.sessions or "zone" in sent.wrong, "meeting.needs_a_session", most=MOST_SESSIONS)


def read_session(
    sent: FormFields, name: str, zone: str, date: str, starts: str, ends: str, last: str = ""
) -> dict[str, Any] | None:
    """One session from its inputs, or None where something is wrong, which is then said at `name`."""
    with sent.at(name):
        need(_DATE.match(date) and (not last or _DATE.match(last)), "setup.date_unreadable", given=(last or date)[:20])
        begin, end = _TIME.match(starts), _TIME.match(ends)
        need(begin and end, "setup.clock_unreadable", given=(ends if begin else starts)[:20])
        assert begin and end
        row: dict[str, Any] = {"starts": f"{date}T{begin[1]}", "ends": f"{last or date}T{end[1]}", "zone": zone}
        if "zone" in sent.wrong:
            return row  # without a zone nothing more can be said of it
        row |= {"starts_at": utc_ms(row["starts"], zone), "ends_at": utc_ms(row["ends"], zone)}
        need(row["ends_at"] > row["starts_at"], "meeting.ends_before_start")
        return row
    return None


def _ways(sent: FormFields, draft: MeetingDraft) -> None:
    draft.ways = read_ways_in(sent)


def read_ways_in(sent: FormFields) -> list[dict[str, str]]:
    """The further ways in. A telephone number may be written as people write it."""
    say, made = words(), []
    for n in sent.numbers("way_address_", MOST_WAYS):
        address = sent.line(f"way_address_{n}", say.gettext("Address"))
        label = sent.line(f"way_label_{n}", say.gettext("Name"))
        language = sent.get(f"way_language_{n}").strip()[:20]
        kind = sent.get(f"way_kind_{n}")
        if not (address or label):
            continue
        if kind == "phone" and address and not address.startswith("tel:"):
            address = "tel:" + re.sub(r"[\s()./-]", "", address)
        row = {"kind": kind if kind in KINDS else "video", "address": address, "label": label, "language": language}
        with sent.at(f"way_address_{n}", say.gettext("Address")):
            need_ways_in([WayIn(kind=row["kind"], address=address)])  # type: ignore[arg-type]
        made.append({key: value for key, value in row.items() if value})
    return made


def _items(sent: FormFields, draft: MeetingDraft, language: str) -> None:
    """The agenda: a line for each item, with its minutes after a bar."""
    lines = [text for text in sent.get("agenda").splitlines() if text.strip()]
    with sent.at("agenda"):
        need(len(lines) <= MOST_ITEMS, "setup.too_many_items", most=MOST_ITEMS)
        for text in lines:
            title, bar, minutes = text.rpartition("|")
            title, minutes = (title, minutes.strip()) if bar else (text, "")
            planned = minutes.isascii() and minutes.isdigit() and 0 < int(minutes[:6]) * 60 <= LONGEST_PLAN
            need(not bar or not minutes or planned, "setup.minutes_unreadable", given=text[:60])
            item: dict[str, Any] = {"title": {language: title}, **({"planned_s": int(minutes) * 60} if minutes else {})}
            need(visible(title), "agenda.title_is_empty")
            read(AddItem, item)
            draft.items.append(item)


def _series(sent: FormFields, draft: MeetingDraft) -> None:
    """The dates of a series. The rule counts the skipped ones too, and nobody meets then."""
    draft.every = sent.whole_number("every", 1, 1, 99)
    draft.count = sent.whole_number("count", 0, 2, MOST_MEETINGS)
    with sent.at("sessions"):
        need(len(draft.sessions) == 1, "setup.series_has_one_session")
    if sent.wrong:
        return
    first = draft.sessions[0]
    rule = Series(
        uid="",
        url="",
        title={},
        starts=first["starts"],
        ends=first["ends"],
        zone=draft.zone,
        freq=draft.rhythm,  # type: ignore[arg-type]
        interval=draft.every,
        count=draft.count,
        skipped=(),
        made_at=0,
        changed_at=0,
    )
    starts = starts_of(rule)
    with sent.at("skipped"):
        need(len(sent.get("skipped")) <= LONGEST_SKIPPED, "setup.date_unreadable", given=sent.get("skipped")[:20])
        for given in re.split(r"[\s,;]+", sent.get("skipped").strip()):
            if given:
                need(_DATE.match(given), "setup.date_unreadable", given=given[:20])
                found = [at for at in starts if at.startswith(given)]
                need(found, "setup.not_in_series", given=given)
                draft.skipped += found
        need(len(set(draft.skipped)) < len(starts), "setup.all_skipped")
    draft.skipped = sorted(set(draft.skipped))
    draft.occurrences = [at for at in starts if at not in draft.skipped]
    with sent.at("rhythm"):
        for at in draft.occurrences:
            utc_ms(at, draft.zone)
            utc_ms(end_of(at, first["starts"], first["ends"]), draft.zone)
