"""The meeting itself: its name, place, sessions, rules, and whether it is open. Pure.

Commands that also write in other parts (schedule, suspend, resume, adjourn, close) stand in `core.whole`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from meetingsvc.core.kernel import Actor, Command, Entry, Event, Stranded, Words, World, command, event, need
from meetingsvc.core.rules import Rules, Source
from meetingsvc.core.shape import concluded

if TYPE_CHECKING:
    from meetingsvc.core.whole import Whole

Format = Literal["in_person", "online", "hybrid"]
State = Literal["none", "scheduled", "open", "suspended", "adjourned", "closed"]

#: What is said where the state of the meeting does not lead on.
CANNOT: dict[str, str] = {
    "open": "meeting.cannot_open",
    "suspend": "meeting.cannot_suspend",
    "resume": "meeting.cannot_resume",
    "adjourn": "meeting.cannot_adjourn",
    "close": "meeting.cannot_close",
}
#: From which states an act leads on (rules 76/118 and 67/108).
MOVES: dict[str, frozenset[str]] = {
    "open": frozenset({"scheduled", "adjourned"}),
    "suspend": frozenset({"open"}),
    "resume": frozenset({"suspended"}),
    "adjourn": frozenset({"open", "suspended"}),
    "close": frozenset({"scheduled", "open", "suspended", "adjourned"}),
}


@dataclass(frozen=True, slots=True)
class Session:
    """One sitting. `starts` and `ends` are the agreed wall time in `zone`; `*_at` are ms UTC."""

    id: int
    starts: str
    ends: str
    zone: str
    starts_at: int
    ends_at: int
    began_at: int | None = None
    ended_at: int | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """State of this part."""

    uid: str = ""
    title: Words = field(default_factory=dict)
    body: Words | None = None
    languages: tuple[str, ...] = ()
    zone: str = ""
    format: str = "hybrid"
    room: str | None = None
    link: str | None = None
    state: State = "none"
    sessions: dict[int, Session] = field(default_factory=dict)
    session: int | None = None
    opened_at: int | None = None
    until: int | None = None
    preset: str = ""
    rules: Rules | None = None
    sources: dict[str, Source] = field(default_factory=dict)

    @property
    def adopted(self) -> Rules:
        """The rules of procedure in force."""
        assert self.rules is not None, "a meeting adopts its rules when it is scheduled"
        return self.rules


def allow(m: Whole, act: str) -> None:
    """Refuse an act that the state of the meeting does not lead to."""
    need(m.meeting.state in MOVES[act], CANNOT[act], state=m.meeting.state)


# ---------------------------------------------------------------------------------------------------------- events


@event("meeting.scheduled", headline=5, minute="The meeting was scheduled.")
class MeetingScheduled(Event):
    uid: str
    title: Words
    languages: tuple[str, ...]
    zone: str
    format: Format
    body: Words | None = None
    room: str | None = None
    link: str | None = None

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        if part.state != "none":
            raise Stranded(entry, "the meeting is scheduled already")
        return replace(
            part, uid=self.uid, title=self.title, body=self.body, languages=self.languages, zone=self.zone,
            format=self.format, room=self.room or None, link=self.link or None, state="scheduled",
        )  # fmt: skip


@event("meeting.rules_adopted", headline=0)
class RulesAdopted(Event):
    """The whole table with its sources, so that an old meeting can always say why."""

    preset: str
    rules: Rules
    sources: dict[str, Source]

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        return replace(part, preset=self.preset, rules=self.rules, sources=self.sources)


@event("meeting.session_planned", headline=0)
class SessionPlanned(Event):
    starts: str
    ends: str
    zone: str
    starts_at: int
    ends_at: int

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        planned = Session(entry.seq, self.starts, self.ends, self.zone, self.starts_at, self.ends_at)
        return replace(part, sessions={**part.sessions, entry.seq: planned})


@event("meeting.rescheduled", headline=5, minute="A session was rescheduled.")
class Rescheduled(Event):
    session: int
    starts: str
    ends: str
    zone: str
    starts_at: int
    ends_at: int
    room: str | None = None
    link: str | None = None

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        planned = _session(part, self.session, entry)
        moved = replace(
            planned, starts=self.starts, ends=self.ends, zone=self.zone,
            starts_at=self.starts_at, ends_at=self.ends_at,
        )  # fmt: skip
        return replace(
            part,
            sessions={**part.sessions, self.session: moved},
            room=part.room if self.room is None else self.room or None,
            link=part.link if self.link is None else self.link or None,
        )


@event("meeting.opened", headline=5, minute="The meeting was called to order.")
class Opened(Event):
    session: int

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        if part.state not in MOVES["open"]:
            raise Stranded(entry, f"the meeting is {part.state}")
        begun = replace(_session(part, self.session, entry), began_at=entry.at)
        return replace(
            part, state="open", session=self.session, opened_at=entry.at,
            sessions={**part.sessions, self.session: begun},
        )  # fmt: skip


@event("meeting.suspended", headline=5, minute="The meeting was suspended.")
class Suspended(Event):
    until: int | None = None

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        if part.state not in MOVES["suspend"]:
            raise Stranded(entry, f"the meeting is {part.state}")
        return replace(part, state="suspended", until=self.until)


@event("meeting.resumed", headline=5, minute="The meeting was resumed.")
class Resumed(Event):
    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        if part.state not in MOVES["resume"]:
            raise Stranded(entry, f"the meeting is {part.state}")
        return replace(part, state="open", until=None)


@event("meeting.adjourned", headline=5, minute="The meeting was adjourned.")
class Adjourned(Event):
    session: int

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        if part.state not in MOVES["adjourn"] or part.session != self.session:
            raise Stranded(entry, f"the meeting is {part.state}")
        return replace(part, state="adjourned", session=None, until=None, sessions=_ended(part, entry))


@event("meeting.closed", headline=5, minute="The meeting was declared closed.")
class Closed(Event):
    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        if part.state not in MOVES["close"]:
            raise Stranded(entry, f"the meeting is {part.state}")
        return replace(part, state="closed", session=None, until=None, sessions=_ended(part, entry))


def _session(part: Meeting, session: int, entry: Entry) -> Session:
    if session not in part.sessions:
        raise Stranded(entry, f"there is no session {session}")
    return part.sessions[session]


def _ended(part: Meeting, entry: Entry) -> dict[int, Session]:
    if part.session is None:
        return part.sessions
    return {**part.sessions, part.session: replace(part.sessions[part.session], ended_at=entry.at)}


# -------------------------------------------------------------------------------------------------------- commands


@command("meeting.reschedule", by="chair secretary")
class Reschedule(Command):
    """Move a session to another time, room or link; what is not named stays. An empty room or link is cleared."""

    session: int
    starts: str
    ends: str
    zone: str | None = None
    room: str | None = None
    link: str | None = None
    starts_at: int = concluded(0)
    ends_at: int = concluded(0)

    def settle(self, m: Whole, world: World) -> Reschedule:
        planned = m.meeting.sessions.get(self.session)
        zone = self.zone or (planned.zone if planned else m.meeting.zone)
        starts, ends = world.moment(self.starts, zone), world.moment(self.ends, zone)
        return replace(self, zone=zone, starts_at=starts, ends_at=ends)

    def decide(self, m: Whole, actor: Actor, now: int) -> Iterator[Event]:
        planned = m.meeting.sessions.get(self.session)
        need(planned, "meeting.no_such_session", session=self.session)
        assert planned is not None and self.zone is not None
        need(planned.ended_at is None, "meeting.session_over", session=self.session)
        need(self.ends_at > self.starts_at, "meeting.ends_before_start")
        need_web_address(self.link)
        made = Rescheduled(
            self.session,
            self.starts,
            self.ends,
            self.zone,
            self.starts_at,
            self.ends_at,
            self.room,
            self.link,
        )
        same_times = replace(
            planned, starts=made.starts, ends=made.ends, zone=made.zone,
            starts_at=made.starts_at, ends_at=made.ends_at,
        ) == planned  # fmt: skip
        new_room = self.room is not None and (self.room or None) != m.meeting.room
        new_link = self.link is not None and (self.link or None) != m.meeting.link
        if not same_times or new_room or new_link:
            yield made


@command("meeting.open", by="chair secretary")
class Open(Command):
    """Call the meeting to order: begin a session, by default the first that is still to come."""

    session: int | None = None

    def decide(self, m: Whole, actor: Actor, now: int) -> Iterator[Event]:
        allow(m, "open")
        ahead = [s for s in m.meeting.sessions.values() if s.ended_at is None]
        if self.session is None:
            need(ahead, "meeting.no_session_left")
            chosen = min(ahead, key=lambda s: (s.starts_at, s.id)).id
        else:
            need(self.session in m.meeting.sessions, "meeting.no_such_session", session=self.session)
            need(any(s.id == self.session for s in ahead), "meeting.session_over", session=self.session)
            chosen = self.session
        yield Opened(chosen)


def need_web_address(link: str | None) -> None:
    """Refuse a join link that is not an https or http address, since people will press it."""
    need(not link or link.startswith(("https://", "http://")), "meeting.link_is_no_address")


#: Longer than any announcement; and later moments are none that a browser can show.
FARTHEST_MS = 366 * 24 * 3600 * 1000


def need_near(moment: int, now: int) -> None:
    """Refuse a moment that is more than a year away: somebody mistook seconds for milliseconds, or a digit slipped."""
    need(moment - now <= FARTHEST_MS, "meeting.moment_too_far", at=moment)
