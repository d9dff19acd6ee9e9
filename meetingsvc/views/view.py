"""The view: the one JSON document that a screen holds, for each audience, and what is said of a change. Pure.

A view is a function of (log up to seq, audience): nothing in it moves with the clock. It holds no null and no
array that grows. What an audience may not see (`visibility.py`) is never in its bytes. Which acts are possible:
`allowed_commands.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeVar, cast

from meetingsvc.core import order
from meetingsvc.core.agenda import Item
from meetingsvc.core.kernel import Entry
from meetingsvc.core.meeting.state import Session
from meetingsvc.core.record import Act, Undone, told
from meetingsvc.core.roster import Delegation
from meetingsvc.core.schema import plain
from meetingsvc.core.speakers.state import Floor, Heard, SpeakersList, Waiting
from meetingsvc.core.state import MeetingState
from meetingsvc.views.allowed_commands import refusals
from meetingsvc.views.view_types import (
    ActView,
    AgendaView,
    DelegationView,
    FloorView,
    HeardView,
    ItemView,
    ListView,
    MeetingView,
    NoteView,
    PersonView,
    RecordView,
    RosterView,
    RowsView,
    SessionView,
    SpeakersView,
    View,
    WaitingView,
    WayInView,
)
from meetingsvc.views.visibility import TOLD, sees, sees_waiting

__all__ = ["rows_of", "said", "view"]

Json = dict[str, Any]
#: One object of the view.
Row = TypeVar("Row", bound=Mapping[str, object])
#: Names of people by (person, rev): rows of the directory. Which one holds says the roster.
Names = Mapping[tuple[str, int], Mapping[str, str]]

#: Facts about who waits: where the list is not public, others learn only that something happened.
OF_WAITING = frozenset({"speakers.floor_requested", "speakers.inscribed", "speakers.withdrawn", "speakers.entry_moved"})
#: So many statements must have been measured before their mean says more than the plan.
MEASURED = 5
#: A longer gap between or within statements is a break, not a change-over.
LONGEST_GAP_MS = 15 * 60 * 1000


def view(m: MeetingState, names: Names, audience: str) -> Json:
    """What one audience's screens hold at `m.seq`. Times in ms UTC, durations in seconds."""
    made: View = {
        "meeting": _meeting(m, audience),
        "agenda": _agenda(m, audience),
        "roster": _roster(m, names, audience),
        "speakers": _speakers(m, names, audience),
        "may": refusals(m, audience),
        "record": _record(m) if sees(audience, "record") else None,
    }
    return dict(_given(made))


def said(before: MeetingState, after: MeetingState, entries: Sequence[Entry], audience: str) -> list[Json]:
    """What happened, as [{seq, code, facts}]: ids and numbers only, and nothing that is hidden from the audience."""
    rows = []
    for entry in entries:
        event = entry.event
        if event.part == "record" and not isinstance(event, Undone) and not sees(audience, "record"):
            continue
        facts = _facts_undone(before, event.batch) if isinstance(event, Undone) else told(event)
        if not sees(audience, "item.hidden") and _hidden(after, before, entry, facts):
            if entry.event.wire != "agenda.item_edited" or _hidden(before, after, entry, facts):
                continue
            facts = {"item": facts["item"]}  # they see it go, and not what else became of it
        facts = {key: value for key, value in facts.items() if key not in TOLD or sees(audience, TOLD[key])}
        if event.wire in OF_WAITING and not sees_waiting(after, audience):
            facts = {"list": facts["list"]}
        rows.append({"seq": entry.seq, "code": event.wire, "facts": facts})
    return rows


def _facts_undone(before: MeetingState, batch: int) -> Json:
    acts = (before.record.done.top, before.record.undone.top)
    act = next((act for act in acts if act and act.batch == batch), None)
    return {"batch": batch} | ({"act": act.code} if act else {})


def _hidden(m: MeetingState, other: MeetingState, entry: Entry, facts: Json) -> bool:
    """Whether a fact is about an item, or the list of one, that is hidden in `m`; in `other` if it is not there."""
    item = facts.get("item", entry.seq if entry.event.wire == "agenda.item_added" else None)
    if "list" in facts:
        lst = m.speakers.lists.get(facts["list"]) or other.speakers.lists.get(facts["list"])
        item = lst.item if lst else item
    if item is None:
        return False
    row = m.agenda.items.get(item) or other.agenda.items.get(item)
    return bool(row and row.hidden)


# ----------------------------------------------------------------------------------------------------------- parts


def _meeting(m: MeetingState, audience: str) -> MeetingView:
    part, rules = m.meeting, m.meeting.adopted
    assert part.state != "none", "a meeting that has rules was scheduled"
    channels: list[WayInView] = [plain(row) for row in part.shown_ways_in]
    made: MeetingView = {
        "title": part.title,
        "state": part.state,
        "format": part.format,
        "languages": list(part.languages),
        "tz": part.zone,
        "sessions": {str(row.id): _session(row) for row in part.sessions.values()},
        "rules": {
            "preset": part.preset,
            "changeover_s": rules.changeover,
            "warn_s": rules.warning,
            "time": rules.time,
            "group_of_kind": rules.group_of_kind,
            "prepare": list(rules.prepare),
            "overrun": rules.overrun,
        },
        "body": part.body,
        "session": part.session,
        "until": part.until,
        "opened_at": part.opened_at,
        "room": part.room,
        "link": part.shown_link if sees(audience, "meeting.link") else None,
        "channels": channels or None if sees(audience, "meeting.channels") else None,
    }
    return _given(made)


def _session(row: Session) -> SessionView:
    made: SessionView = {
        "starts": row.starts,
        "ends": row.ends,
        "zone": row.zone,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "began_at": row.began_at,
        "ended_at": row.ended_at,
    }
    return _given(made)


def _agenda(m: MeetingState, audience: str) -> AgendaView:
    listed = [item for item in m.agenda.in_order() if not item.hidden]
    numbers = {item.id: str(n) for n, item in enumerate(listed, 1)}  # the same numbers for every audience
    shown = m.agenda.in_order() if sees(audience, "item.hidden") else listed
    items = {str(item.id): _item(item, numbers.get(item.id, "–")) for item in shown}
    made: AgendaView = {"items": items, "current": m.agenda.current}
    return _given(made)


def _item(item: Item, number: str) -> ItemView:
    spent, started = _clock(item.spent_ms, item.started_at)
    made: ItemView = {
        "number": item.number or number,
        "title": item.title,
        "state": item.state,
        "spent_s": spent,
        "sort": item.sort,
        "planned_s": item.planned_s,
        "started_at": started,
        "hidden": item.hidden or None,
    }
    return _given(made)


def _roster(m: MeetingState, names: Names, audience: str) -> RosterView:
    rows = m.roster.delegations.values()
    here = [row for row in rows if row.present and not row.withdrawn]
    remote = sum(row.mode == "remote" for row in here)
    return {
        "present": {"in_room": len(here) - remote, "remote": remote},
        "delegations": {str(row.id): _delegation(m, row, names, audience) for row in rows},
    }


def _delegation(m: MeetingState, row: Delegation, names: Names, audience: str) -> DelegationView:
    made: DelegationView = {
        "kind": row.kind,
        "mode": row.mode,
        "sort": order.number(row.id),
        "code": row.code,
        "name": row.name,
        "present": row.present or None,
        "withdrawn": row.withdrawn or None,
        "rank": row.rank if sees(audience, "roster.rank") else None,
        "speaker": _person(m, row, names) if sees(audience, "roster.speaker") else None,
    }
    return _given(made)


def _person(m: MeetingState, row: Delegation | Floor | Heard, names: Names) -> PersonView | None:
    """The name that holds now of whom a row speaks; none where there is none, or it was erased."""
    key = m.roster.row_of(row.person, row.rev)
    if key is None:
        return None
    written = names[key]
    made: PersonView = {"name": written.get("name") or None, "post": written.get("post") or None}
    return _given(made)


def _speakers(m: MeetingState, names: Names, audience: str) -> SpeakersView:
    part = m.speakers
    lists = {
        str(lst.id): _list(m, lst, names, audience)
        for lst in part.lists.values()
        if lst.item is None or not m.agenda.items[lst.item].hidden or sees(audience, "item.hidden")
    }
    held = {str(row.entry): _floor(m, row, names) for row in part.held.values()}
    floor = _floor(m, part.floor, names) if part.floor else None
    made: SpeakersView = {"lists": lists, "floor": floor, "held": held or None}
    return _given(made)


def _floor(m: MeetingState, row: Floor, names: Names) -> FloorView:
    spoken, since = _clock(row.spoken_ms, row.since)
    made: FloorView = {
        "entry": row.entry,
        "list": row.list,
        "delegation": row.delegation,
        "kind": row.kind,
        "mode": row.mode,
        "seconds": row.seconds,
        "spoken": spoken,
        "given_at": row.given_at,
        "since": since,
        "speaker": _person(m, row, names),
    }
    return _given(made)


def _list(m: MeetingState, lst: SpeakersList, names: Names, audience: str) -> ListView:
    rules = m.meeting.adopted
    waiting, heard = _rows(m, lst, names, audience) if carries_rows(m, lst) else (None, None)
    made: ListView = {
        "purpose": lst.purpose,
        "state": m.speakers.state(lst.id),
        "seconds": lst.limits.get("statement", rules.time["member"]),
        "limits": {kind: lst.limits[kind] for kind in sorted(lst.limits)},
        "count": len(lst.waiting),
        "item": lst.item,
        "closes_at": lst.closes_at,
        "cycle_s": cycle_s(lst),
        "waiting": waiting,
        "heard": heard,
    }
    return _given(made)


def carries_rows(m: MeetingState, lst: SpeakersList) -> bool:
    """Whether the view shows who waits: open lists, those of what is taken up, and any with a point of order."""
    rules = m.meeting.adopted
    urgent = any(rules.may_interrupt[row.kind] for row in lst.waiting.values())
    return bool(lst.opened) or lst.item == m.agenda.current or urgent


def rows_of(m: MeetingState, lst: SpeakersList, names: Names, audience: str) -> Json:
    """Who waits in a list and who was heard, as far as the audience may see it."""
    waiting, heard = _rows(m, lst, names, audience)
    made: RowsView = {"waiting": waiting, "heard": heard}
    return dict(_given(made))


def _rows(
    m: MeetingState, lst: SpeakersList, names: Names, audience: str
) -> tuple[dict[str, WaitingView] | None, dict[str, HeardView] | None]:
    shown = lst.waiting.values() if sees_waiting(m, audience) else ()
    waiting = {str(row.id): _waiting(m, row, names, audience) for row in shown}
    heard = {str(row.entry): _heard(m, row, names) for row in lst.heard.values()}
    return waiting or None, heard or None


def _waiting(m: MeetingState, row: Waiting, names: Names, audience: str) -> WaitingView:
    who = m.roster.delegations[row.delegation]
    made: WaitingView = {
        "delegation": row.delegation,
        "kind": row.kind,
        "mode": who.mode,
        "sort": row.key,
        "asked_at": row.asked_at,
        "rank": who.rank if sees(audience, "waiting.rank") else None,
        "speaker": _person(m, who, names) if sees(audience, "waiting.speaker") else None,
        "channel": row.channel if sees(audience, "waiting.channel") else None,
    }
    return _given(made)


def _heard(m: MeetingState, row: Heard, names: Names) -> HeardView:
    guest = m.roster.delegations[row.delegation].kind == "guest"  # a guest has no other name
    made: HeardView = {
        "delegation": row.delegation,
        "kind": row.kind,
        "spoken": row.spoken,
        "ended_at": row.ended_at,
        "over_run": row.over_run or None,
        "speaker": _person(m, row, names) if guest else None,
    }
    return _given(made)


def cycle_s(lst: SpeakersList) -> int | None:
    """The measured mean from one statement to the next in seconds, once enough were heard."""
    rows = sorted((row for row in lst.heard.values() if row.kind == "statement"), key=lambda row: row.given_at)
    if len(rows) < MEASURED:
        return None
    spoken = sum(row.spoken * 1000 for row in rows)
    paused = [row.ended_at - row.given_at - row.spoken * 1000 for row in rows]
    between = [b.given_at - a.ended_at for a, b in pairwise(rows)]
    return (spoken + sum(gap for gap in (*paused, *between) if 0 < gap <= LONGEST_GAP_MS)) // len(rows) // 1000


def _record(m: MeetingState) -> RecordView:
    over = m.meeting.state == "closed"  # what it still takes stays
    last, back = (None, None) if over else (m.record.done.top, m.record.undone.top)
    notes: dict[str, NoteView] = {str(note.id): {"at": note.at, "text": note.text} for note in m.record.notes}
    made: RecordView = {
        "undoable": _act(last) if last else None,
        "redoable": _act(back) if back else None,
        "notes": notes or None,
    }
    return _given(made)


def _act(act: Act) -> ActView:
    return {"batch": act.batch, "code": act.code, "facts": act.facts}


# ----------------------------------------------------------------------------------------------------------- tools


def _clock(spent_ms: int, since: int | None) -> tuple[int, int | None]:
    """Whole seconds and a beginning moved back by the rest, so that no millisecond is lost on the way."""
    seconds, rest = divmod(spent_ms, 1000)
    return seconds, None if since is None else since - rest


def _given(row: Row) -> Row:
    """The fields that there are. view_types.py writes `| None` for those that may be absent."""
    return cast(Row, {key: value for key, value in row.items() if value is not None})
