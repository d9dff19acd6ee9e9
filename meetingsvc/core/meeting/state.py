"""The state of the meeting: its name, place, sessions, rules, and what is common to all its acts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from meetingsvc.core.kernel import Entry, LocalizedText, UnfoldableEntry, need
from meetingsvc.core.rules import Rules, Source

if TYPE_CHECKING:
    from meetingsvc.core.state import MeetingState

Format = Literal["in_person", "online", "hybrid"]
State = Literal["none", "scheduled", "open", "suspended", "adjourned", "closed", "cancelled"]
Way = Literal["video", "audio", "phone"]

#: What is said where the state of the meeting does not lead on.
CANNOT: dict[str, str] = {
    "open": "meeting.cannot_open",
    "suspend": "meeting.cannot_suspend",
    "resume": "meeting.cannot_resume",
    "adjourn": "meeting.cannot_adjourn",
    "close": "meeting.cannot_close",
    "cancel": "meeting.cannot_cancel",
}
#: From which states an act leads on (rules 76/118 and 67/108).
MOVES: dict[str, frozenset[str]] = {
    "open": frozenset({"scheduled", "adjourned"}),
    "suspend": frozenset({"open"}),
    "resume": frozenset({"suspended"}),
    "adjourn": frozenset({"open", "suspended"}),
    "close": frozenset({"scheduled", "open", "suspended", "adjourned"}),
    "cancel": frozenset({"scheduled", "adjourned"}),
}


@dataclass(frozen=True, slots=True)
class Session:
    """One session. `starts` and `ends` are the agreed wall time in `zone`; `*_at` are ms UTC."""

    id: int
    starts: str
    ends: str
    zone: str
    starts_at: int
    ends_at: int
    began_at: int | None = None
    ended_at: int | None = None


@dataclass(frozen=True, slots=True)
class WayIn:
    """One more way in from far away: an interpretation's sound, another camera, a telephone number."""

    kind: Way
    address: str
    label: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """State of this part.

    `series` is the UID of the series this meeting is one occurrence of, `recurs` the wall time at which the series'
    rule puts it. Sessions that were dropped stand in `dropped`: calendars must go on saying so.
    """

    uid: str = ""
    title: LocalizedText = field(default_factory=dict)
    body: LocalizedText | None = None
    languages: tuple[str, ...] = ()
    zone: str = ""
    format: str = "hybrid"
    room: str | None = None
    link: str | None = None
    channels: tuple[WayIn, ...] = ()
    body_id: str | None = None
    series: str | None = None
    recurs: str | None = None
    state: State = "none"
    sessions: dict[int, Session] = field(default_factory=dict)
    dropped: dict[int, Session] = field(default_factory=dict)
    session: int | None = None
    opened_at: int | None = None
    until: int | None = None
    preset: str = ""
    rules: Rules | None = None
    sources: dict[str, Source] = field(default_factory=dict)

    @property
    def shown_link(self) -> str | None:
        """The join link as people may see it."""
        return bare(self.link)

    @property
    def shown_channels(self) -> tuple[WayIn, ...]:
        """The further ways in as people may see them."""
        return tuple(replace(way, address=bare(way.address) or "") for way in self.channels)

    @property
    def adopted(self) -> Rules:
        """The rules of procedure in force."""
        assert self.rules is not None, "a meeting adopts its rules when it is scheduled"
        return self.rules


def allow(m: MeetingState, act: str) -> None:
    """Refuse an act that the state of the meeting does not lead to."""
    need(m.meeting.state in MOVES[act], CANNOT[act], state=m.meeting.state)


def session_of(part: Meeting, session: int, entry: Entry) -> Session:
    if session not in part.sessions:
        raise UnfoldableEntry(entry, f"there is no session {session}")
    return part.sessions[session]


def ended(part: Meeting, entry: Entry) -> dict[int, Session]:
    if part.session is None:
        return part.sessions
    return {**part.sessions, part.session: replace(part.sessions[part.session], ended_at=entry.at)}


#: `user:password@` before the host, by which one site poses as another; browsers take any number of slashes.
_NAMED = re.compile(r"(?i)\A(\s*https?:[/\\]*)[^/?#]*@")


def bare(address: str | None) -> str | None:
    """A web address without the name and password in it: what an older log holds is shown without them."""
    return _NAMED.sub(r"\1", address) if address else address


def need_web_address(link: str | None) -> None:
    """Refuse a join link that is not an https or http address, since people will press it, or that hides its host."""
    need(not link or link.startswith(("https://", "http://")), "meeting.link_is_no_address")
    need(link == bare(link), "meeting.link_names_somebody")


#: Longer than any announcement; and later moments are none that a browser can show.
FARTHEST_MS = 366 * 24 * 3600 * 1000


def need_near(moment: int, now: int) -> None:
    """Refuse a moment that is more than a year away: somebody mistook seconds for milliseconds, or a digit slipped."""
    need(moment - now <= FARTHEST_MS, "meeting.moment_too_far", at=moment)


_PHONE = re.compile(r"tel:\+?[0-9().,;#*-]{3,60}")


def need_channels(channels: Iterable[WayIn]) -> None:
    """Refuse a way in that nobody can press: an address of the wrong kind, or no address at all."""
    for channel in channels:
        need(channel.address, "meeting.channel_has_no_address")
        if channel.kind == "phone":
            need(_PHONE.fullmatch(channel.address), "meeting.phone_unreadable", given=channel.address)
        else:
            need_web_address(channel.address)
