"""Facts of a refusal in words: delegations by name, items by title, moments as times of the place.

The facts themselves hold ids and numbers; only the sentence that goes to one person names things, and only things
that person may see. Not here: any sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from babel import Locale, UnknownLocaleError

from meetingsvc.core.record import told
from meetingsvc.translations import Catalogue
from meetingsvc.web.context import services

if TYPE_CHECKING:
    from meetingsvc.core.history import History
    from meetingsvc.core.roster import Delegation
    from meetingsvc.core.state import MeetingState

MOMENTS = frozenset({"until", "at", "closes_at"})
CLOCKS = frozenset({"seconds", "spoken", "over_run", "planned_s"})
#: Facts whose values are words of ours, each with an entry `<fact>.<value>` in the catalogue.
OUR_WORDS = frozenset({"state", "role", "mode", "kind"})


def in_words(say: Catalogue, meeting: str, staff: bool, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as they stand in a sentence."""
    history = services().meetings.history(meeting)
    m = history.state
    shown: dict[str, Any] = dict(facts)
    if "entry" in facts and facts.get("delegation") is None:
        shown["delegation"] = _delegation_of(m, facts["entry"])
    for name, value in list(shown.items()):
        if value is not None:
            shown[name] = _word(say, m, name, value, staff)
    if "delegation" in shown:
        row = m.roster.delegations.get(facts.get("delegation") or _delegation_of(m, facts.get("entry", 0)) or 0)
        shown["delegation"] = delegation_name(say, meeting, row, staff) if row else None
    if "act" in facts:
        shown["act"] = _act(say, meeting, staff, history, facts)
    return {name: value for name, value in shown.items() if value is not None}


def delegation_name(say: Catalogue, meeting: str, row: Delegation, staff: bool) -> str:
    """What a delegation is called: what the secretariat wrote, else the State's name, else the guest's own."""
    if row.name:
        return row.name
    if row.code:
        return say.state(row.code)
    named = services().meetings.named(meeting, row.person, row.rev) if staff else None
    return named["name"] or named["post"] if named else say.gettext("A guest")


def item_name(say: Catalogue, m: MeetingState, item: int, staff: bool) -> str:
    row = m.agenda.items.get(item)
    if row is None or (row.hidden and not staff):
        return say.gettext("(not shown)")
    title = say.text(row.title)
    return f"{row.number}. {title}" if row.number else title


def _word(say: Catalogue, m: MeetingState, name: str, value: Any, staff: bool) -> Any:
    if name in MOMENTS and isinstance(value, int):
        return say.time(value, m.meeting.zone)
    if name in CLOCKS and isinstance(value, int):
        return _digits(value)
    if name == "item":
        return item_name(say, m, value, staff)
    if name == "list":
        row = m.speakers.lists.get(value)
        return item_name(say, m, row.item, staff) if row and row.item else say.gettext("points of order")
    if name == "session" and value in m.meeting.sessions:
        session = m.meeting.sessions[value]
        return f"{say.day(session.starts_at, session.zone)}, {say.time(session.starts_at, session.zone)}"
    if name == "language":
        return _language(say, str(value))
    if name in OUR_WORDS and say.has(f"{name}.{value}"):
        return say.gettext(f"{name}.{value}")
    return value


def _digits(seconds: int) -> str:
    """4:07, as clocks of the screens show it."""
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    shown = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return f"\N{MINUS SIGN}{shown}" if seconds < 0 else shown


def _language(say: Catalogue, code: str) -> str:
    try:
        return Locale.parse(code, sep="-").get_display_name(say.lang) or code
    except (ValueError, UnknownLocaleError):
        return code


def _delegation_of(m: MeetingState, entry: int) -> int | None:
    """Whose an entry is, wherever it stands."""
    floors = [*m.speakers.held.values(), *([m.speakers.floor] if m.speakers.floor else [])]
    for floor in floors:
        if floor.entry == entry:
            return floor.delegation
    for row in m.speakers.lists.values():
        for place in (row.waiting, row.heard):
            if entry in place:
                return place[entry].delegation
    return None


def _act(say: Catalogue, meeting: str, staff: bool, history: History, facts: Mapping[str, Any]) -> str:
    """The sentence about the entry that stands in the way of an undo."""
    for batch in history.batches:
        for entry in batch.entries:
            if entry.seq == facts.get("seq"):
                return say.said(entry.event.wire, in_words(say, meeting, staff, told(entry.event)))
    return say.said(str(facts["act"]), {})
