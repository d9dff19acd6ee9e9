"""The types of the view: every field that a screen may hold, what it is, and whether it may be absent.

`X | None` means that the field is left out where there is none: a view holds no null. Times are ms UTC, durations
seconds; ids are numbers in values and their decimal strings as keys. static/js/view.d.ts is made from this file by
tools/view_types.py. Does not belong here: who may see a field (visibility.py), how it is made (view.py).
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from meetingsvc.core.agenda import ItemState
from meetingsvc.core.kernel import LocalizedText
from meetingsvc.core.meeting.state import Format, Way
from meetingsvc.core.rules import AskedBy, Intervention, Kind, Mode, Purpose, Rank
from meetingsvc.core.speakers.state import ListState

#: How the meeting stands. There is no view of a meeting that was never scheduled.
MeetingPhase = Literal["scheduled", "open", "suspended", "adjourned", "closed", "cancelled"]


class PersonView(TypedDict):
    """A name and a function, as far as somebody wrote them."""

    name: str | None
    post: str | None


class SessionView(TypedDict):
    """One session. `starts` and `ends` are the agreed wall time in `zone`."""

    starts: str
    ends: str
    zone: str
    starts_at: int
    ends_at: int
    began_at: int | None
    ended_at: int | None


class WayInView(TypedDict):
    """One more way in from far away: an interpretation's sound, another camera, a telephone number."""

    kind: Way
    address: str
    label: str
    language: str | None


class RulesView(TypedDict):
    """What screens need of the rules of procedure."""

    preset: str
    changeover_s: int
    warn_s: int
    time: dict[str, int]
    group_of_kind: dict[str, str]
    prepare: list[int]
    overrun: Literal["soft"]


class MeetingView(TypedDict):
    """The meeting itself. `tz` is its zone, `session` the session in progress, `until` the end of a suspension."""

    title: LocalizedText
    state: MeetingPhase
    format: Format
    languages: list[str]
    tz: str
    sessions: dict[str, SessionView]
    rules: RulesView
    body: LocalizedText | None
    session: int | None
    until: int | None
    opened_at: int | None
    room: str | None
    link: str | None
    channels: list[WayInView] | None


class ItemView(TypedDict):
    """An item. `spent_s` and `started_at` are its clock, which runs while `started_at` is there."""

    number: str
    title: LocalizedText
    state: ItemState
    spent_s: int
    sort: str
    planned_s: int | None
    started_at: int | None
    hidden: bool | None


class AgendaView(TypedDict):
    """The items by id; `current` is the one taken up."""

    items: dict[str, ItemView]
    current: int | None


class PresentView(TypedDict):
    """How many delegations are present, by where they are."""

    in_room: int
    remote: int


class DelegationView(TypedDict):
    """A delegation. `name` is only what the secretariat wrote instead of the State's name."""

    kind: Kind
    mode: Mode
    sort: str
    code: str | None
    name: str | None
    present: bool | None
    withdrawn: bool | None
    rank: Rank | None
    speaker: PersonView | None


class RosterView(TypedDict):
    """The delegations by id."""

    present: PresentView
    delegations: dict[str, DelegationView]


class WaitingView(TypedDict):
    """Somebody who asked for the floor."""

    delegation: int
    kind: Intervention
    mode: Mode
    sort: str
    asked_at: int
    rank: Rank | None
    speaker: PersonView | None
    channel: AskedBy | None


class HeardView(TypedDict):
    """A statement that is over."""

    delegation: int
    kind: Intervention
    spoken: int
    ended_at: int
    over_run: int | None
    speaker: PersonView | None


class FloorView(TypedDict):
    """Somebody who has the floor, or is held. The clock runs while `since` is there."""

    entry: int
    list: int
    delegation: int
    kind: Intervention
    mode: Mode
    seconds: int
    spoken: int
    given_at: int
    since: int | None
    speaker: PersonView | None


class RowsView(TypedDict):
    """Who waits in a list and who was heard, by entry."""

    waiting: dict[str, WaitingView] | None
    heard: dict[str, HeardView] | None


class ListView(TypedDict):
    """A list of speakers. `cycle_s` is the measured mean from one statement to the next."""

    purpose: Purpose
    state: ListState
    seconds: int
    limits: dict[str, int]
    count: int
    item: int | None
    closes_at: int | None
    cycle_s: int | None
    waiting: dict[str, WaitingView] | None
    heard: dict[str, HeardView] | None


class SpeakersView(TypedDict):
    """The lists by id, who has the floor, and who is held for a point of order, by entry."""

    lists: dict[str, ListView]
    floor: FloorView | None
    held: dict[str, FloorView] | None


class ActView(TypedDict):
    """An act that can be taken back or done again: `batch` is what an undo of it names."""

    batch: int
    code: str
    facts: dict[str, Any]


class NoteView(TypedDict):
    """A note for the record."""

    at: int
    text: str


class RecordView(TypedDict):
    """What can be undone and redone, and the notes by id."""

    undoable: ActView | None
    redoable: ActView | None
    notes: dict[str, NoteView] | None


class View(TypedDict):
    """The one document that a screen holds. `may` names each command that is refused now, with the reason's code."""

    meeting: MeetingView
    agenda: AgendaView
    roster: RosterView
    speakers: SpeakersView
    may: dict[str, str]
    record: RecordView | None
