"""To call the meeting to order, suspend, resume, adjourn, close and cancel it. Pure.

Most of these also end the floor, leave the item taken up, or close lists.
"""

from __future__ import annotations

from collections.abc import Iterator

from meetingsvc.core.agenda import ItemSuspended, TimeStarted, TimeStopped
from meetingsvc.core.commands.agenda import left_behind
from meetingsvc.core.commands.base import Command, command, need_near
from meetingsvc.core.commands.speakers.floor import ending_all
from meetingsvc.core.kernel import Actor, Event, need
from meetingsvc.core.meeting.acts import Adjourned, Cancelled, Closed, Opened, Resumed, Suspended
from meetingsvc.core.meeting.state import MOVES
from meetingsvc.core.speakers.floor import FloorPaused
from meetingsvc.core.speakers.lists import ListClosed
from meetingsvc.core.state import MeetingState

#: What is said where the state of the meeting does not lead on.
CANNOT: dict[str, str] = {
    "open": "meeting.cannot_open",
    "suspend": "meeting.cannot_suspend",
    "resume": "meeting.cannot_resume",
    "adjourn": "meeting.cannot_adjourn",
    "close": "meeting.cannot_close",
    "cancel": "meeting.cannot_cancel",
}


def allow(m: MeetingState, act: str) -> None:
    """Refuse an act that the state of the meeting does not lead to."""
    need(m.meeting.state in MOVES[act], CANNOT[act], state=m.meeting.state)


@command("meeting.open", by="chair secretary")
class Open(Command):
    """Call the meeting to order: begin a session, by default the first that is still to come."""

    session: int | None = None

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
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


@command("meeting.suspend", by="chair secretary")
class Suspend(Command):
    """Suspend the meeting, by announcement until a moment (ms UTC). Clocks stand still (rule 76/118)."""

    until: int | None = None

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        allow(m, "suspend")
        if self.until is not None:
            need(self.until > now, "meeting.until_in_the_past", until=self.until)
            need_near(self.until, now)
        floor = m.speakers.floor
        if floor and floor.since is not None:
            yield FloorPaused(floor.entry, floor.delegation)
        if m.agenda.current is not None:
            yield TimeStopped(m.agenda.current)
        yield Suspended(self.until)


@command("meeting.resume", by="chair secretary")
class ResumeMeeting(Command):
    """Go on after a suspension. The speaker's clock stays paused until the speaker goes on."""

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        allow(m, "resume")
        yield Resumed()
        if m.agenda.current is not None:
            yield TimeStarted(m.agenda.current)


@command("meeting.adjourn", by="chair secretary")
class Adjourn(Command):
    """End this session. The floor is ended, the item is suspended; lists go on in the next session."""

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        allow(m, "adjourn")
        assert m.meeting.session is not None
        yield from ending_all(m, now, "adjourned")
        if m.agenda.current is not None:
            yield ItemSuspended(m.agenda.current)
        yield Adjourned(m.meeting.session)


@command("meeting.close", by="chair secretary")
class Close(Command):
    """Declare the meeting closed. This cannot be taken back."""

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        allow(m, "close")
        yield from ending_all(m, now, "closed")
        if m.agenda.current is not None:
            yield left_behind(m, m.agenda.items[m.agenda.current], now)
        for lst in m.speakers.lists.values():
            if lst.opened:
                yield ListClosed(lst.id)
        yield Closed()


@command("meeting.cancel", by="chair secretary")
class Cancel(Command):
    """Cancel the meeting before it sits, or before it sits again. Undo brings it back."""

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        allow(m, "cancel")
        yield Cancelled()
