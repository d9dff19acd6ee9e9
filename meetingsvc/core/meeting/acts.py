"""That the meeting was called to order, suspended, resumed, adjourned, closed or cancelled: the facts. Pure.

What may be asked, and what else it writes, is in commands/meeting/acts.py.
"""

from __future__ import annotations

from dataclasses import replace

from meetingsvc.core.kernel import Entry, Event, UnfoldableEntry, event
from meetingsvc.core.meeting.state import MOVES, Meeting, ended, session_of
from meetingsvc.core.rules import Rules, Source


@event("meeting.rules_adopted", headline=0)
class RulesAdopted(Event):
    """The whole table with its sources, so that an old meeting can always say why."""

    preset: str
    rules: Rules
    sources: dict[str, Source]

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        return replace(part, preset=self.preset, rules=self.rules, sources=self.sources)


@event("meeting.opened", headline=5, minute="The meeting was called to order.")
class Opened(Event):
    session: int

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        if part.state not in MOVES["open"]:
            raise UnfoldableEntry(entry, f"the meeting is {part.state}")
        begun = replace(session_of(part, self.session, entry), began_at=entry.at)
        return replace(
            part,
            state="open",
            session=self.session,
            opened_at=entry.at,
            sessions={**part.sessions, self.session: begun},
        )


@event("meeting.suspended", headline=5, minute="The meeting was suspended.")
class Suspended(Event):
    until: int | None = None

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        if part.state not in MOVES["suspend"]:
            raise UnfoldableEntry(entry, f"the meeting is {part.state}")
        return replace(part, state="suspended", until=self.until)


@event("meeting.resumed", headline=5, minute="The meeting was resumed.")
class Resumed(Event):
    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        if part.state not in MOVES["resume"]:
            raise UnfoldableEntry(entry, f"the meeting is {part.state}")
        return replace(part, state="open", until=None)


@event("meeting.adjourned", headline=5, minute="The meeting was adjourned.")
class Adjourned(Event):
    session: int

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        if part.state not in MOVES["adjourn"] or part.session != self.session:
            raise UnfoldableEntry(entry, f"the meeting is {part.state}")
        return replace(part, state="adjourned", session=None, until=None, sessions=ended(part, entry))


@event("meeting.closed", headline=5, minute="The meeting was declared closed.")
class Closed(Event):
    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        if part.state not in MOVES["close"]:
            raise UnfoldableEntry(entry, f"the meeting is {part.state}")
        return replace(part, state="closed", session=None, until=None, sessions=ended(part, entry))


@event("meeting.cancelled", headline=5, minute="The meeting was cancelled.")
class Cancelled(Event):
    """The meeting will not be held, or not go on. Calendars keep it, and say so."""

    def apply(self, part: Meeting, entry: Entry) -> Meeting:
        if part.state not in MOVES["cancel"]:
            raise UnfoldableEntry(entry, f"the meeting is {part.state}")
        return replace(part, state="cancelled", until=None)
