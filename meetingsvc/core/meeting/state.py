"""The state of the meeting: its name, place, sessions, rules, and from which state an act leads on. Pure.

Does not belong here: events (acts.py, sessions.py), and any refusal (commands/meeting/).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Literal

from meetingsvc.core.kernel import Entry, LocalizedText, UnfoldableEntry
from meetingsvc.core.rules import Rules, Source

Format = Literal["in_person", "online", "hybrid"]
State = Literal["none", "scheduled", "open", "suspended", "adjourned", "closed", "cancelled"]
Way = Literal["video", "audio", "phone"]
#: So many sessions a meeting may have. Whoever reads calendar files asks for it too, and needs no command for that.
MOST_SESSIONS = 60
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
    format: Format = "hybrid"
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
    def shown_ways_in(self) -> tuple[WayIn, ...]:
        """The further ways in as people may see them."""
        return tuple(replace(way, address=bare(way.address) or "") for way in self.channels)

    @property
    def adopted(self) -> Rules:
        """The rules of procedure in force."""
        assert self.rules is not None, "a meeting adopts its rules when it is scheduled"
        return self.rules


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
