"""To call a meeting: its title, languages, place, sessions, and the rules of procedure it adopts. Pure.

Does not belong here: what is changed later about its sessions (sessions.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from meetingsvc.core import presets
from meetingsvc.core.commands.base import Command, Environment, command, in_words
from meetingsvc.core.commands.meeting.sessions import need_ways_in, need_web_address
from meetingsvc.core.kernel import Actor, Event, LocalizedText, need
from meetingsvc.core.meeting.acts import RulesAdopted
from meetingsvc.core.meeting.sessions import MeetingScheduled, Retitled, SessionPlanned, WaysInSet
from meetingsvc.core.meeting.state import MOST_SESSIONS, Format, WayIn
from meetingsvc.core.schema import concluded
from meetingsvc.core.speakers.lists import ListPrepared
from meetingsvc.core.state import MeetingState

#: A language as BCP 47 writes it: en, pt-BR, zh-Hans.
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """A session as it is planned: wall times such as 2023-12-11T10:00, and the zone if it is another one."""

    starts: str
    ends: str
    zone: str | None = None
    starts_at: int = concluded(0)
    ends_at: int = concluded(0)


@command("meeting.schedule", by="secretary")
class Schedule(Command):
    """Call a meeting. The rules of `preset` are adopted, or the usual ones; a list for points of order is prepared."""

    title: LocalizedText | str
    languages: tuple[str, ...]
    zone: str
    format: Format
    sessions: tuple[PlannedSession, ...]
    body: LocalizedText | str | None = None
    room: str | None = None
    link: str | None = None
    channels: tuple[WayIn, ...] = ()
    body_id: str | None = None
    series: str | None = None
    recurs: str | None = None
    preset: str | None = None
    uid: str = concluded("")

    def settle(self, m: MeetingState, environment: Environment) -> Schedule:
        def settled(row: PlannedSession) -> PlannedSession:
            zone = row.zone or self.zone
            starts, ends = environment.moment(row.starts, zone), environment.moment(row.ends, zone)
            return replace(row, zone=zone, starts_at=starts, ends_at=ends)

        return replace(self, uid=environment.fresh(), sessions=tuple(settled(row) for row in self.sessions))

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        need(self.languages, "meeting.needs_a_language")
        for language in self.languages:
            need(LANGUAGE.fullmatch(language), "meeting.language_unreadable", given=language)
        need(len(set(self.languages)) == len(self.languages), "meeting.language_twice")
        need(0 < len(self.sessions) <= MOST_SESSIONS, "meeting.needs_a_session", most=MOST_SESSIONS)
        for row in self.sessions:
            need(row.ends_at > row.starts_at, "meeting.ends_before_start")
        in_turn = sorted(self.sessions, key=lambda row: row.starts_at)
        for earlier, later in pairwise(in_turn):
            need(earlier.ends_at <= later.starts_at, "meeting.sessions_overlap")
        need_web_address(self.link)
        need_ways_in(self.channels)
        rules = self.preset or presets.DEFAULT
        need(rules in presets.names(), "meeting.no_such_preset", given=rules, known=", ".join(presets.names()))
        title = in_words(self.title, self.languages)
        body = None if self.body is None else in_words(self.body, self.languages)
        yield MeetingScheduled(
            self.uid,
            title,
            self.languages,
            self.zone,
            self.format,
            body,
            self.room or None,
            self.link or None,
            self.body_id,
            self.series,
            self.recurs,
        )
        yield RulesAdopted(rules, presets.rules_of(rules), presets.sources_of(rules))
        for row in self.sessions:
            yield SessionPlanned(row.starts, row.ends, row.zone or self.zone, row.starts_at, row.ends_at)
        if self.channels:
            yield WaysInSet(self.channels)
        yield ListPrepared("general")


@command("meeting.retitle", by="chair secretary")
class Retitle(Command):
    """Call the meeting by another name."""

    title: LocalizedText | str

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        title = in_words(self.title, m.meeting.languages)
        if title != m.meeting.title:
            yield Retitled(title)
