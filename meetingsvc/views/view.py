"""The view: the one JSON document that a screen holds, for each audience, and what is said of a change. Pure.

A view is a function of (log up to seq, audience): nothing in it moves with the clock. It holds no null and no
array that grows. What an audience may not see (`visibility.py`) is never in its bytes. Which acts are possible:
`allowed_commands.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from meetingsvc.core import order
from meetingsvc.core.agenda import Item
from meetingsvc.core.kernel import Entry
from meetingsvc.core.record import Act, Undone, told
from meetingsvc.core.roster import Delegation
from meetingsvc.core.schema import plain
from meetingsvc.core.speakers.state import Floor, Heard, SpeakersList, Waiting
from meetingsvc.core.state import MeetingState
from meetingsvc.views.allowed_commands import refusals
from meetingsvc.views.visibility import TOLD, sees, sees_waiting

__all__ = ["rows_of", "said", "view"]

Json = dict[str, Any]
#: Names of people by (person, rev): rows of the directory that never change.
Names = Mapping[tuple[str, int], Mapping[str, str]]

#: Facts about who waits: where the list is not public, others learn only that something happened.
OF_WAITING = frozenset({"speakers.floor_requested", "speakers.inscribed", "speakers.withdrawn", "speakers.entry_moved"})
#: So many statements must have been measured before their mean says more than the plan.
MEASURED = 5
#: A longer gap between or within statements is a break, not a change-over.
LONGEST_GAP_MS = 15 * 60 * 1000


def view(m: MeetingState, names: Names, audience: str) -> Json:
    """What one audience's screens hold at `m.seq`. Times in ms UTC, durations in seconds."""
    made = {
        "meeting": _meeting(m, audience),
        "agenda": _agenda(m, audience),
        "roster": _roster(m, names, audience),
        "speakers": _speakers(m, names, audience),
        "may": refusals(m, audience),
    }
    if sees(audience, "record"):
        made["record"] = _record(m)
    return made


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


def _meeting(m: MeetingState, audience: str) -> Json:
    part, rules = m.meeting, m.meeting.adopted
    sessions = {
        str(row.id): {
            "starts": row.starts, "ends": row.ends, "zone": row.zone,
            "starts_at": row.starts_at, "ends_at": row.ends_at, **_given(began_at=row.began_at, ended_at=row.ended_at),
        }
        for row in part.sessions.values()
    }  # fmt: skip
    channels = [plain(row) for row in part.shown_channels]
    return {
        "title": part.title,
        "state": part.state,
        "format": part.format,
        "languages": list(part.languages),
        "tz": part.zone,
        "sessions": sessions,
        "rules": {
            "preset": part.preset, "changeover_s": rules.changeover, "warn_s": rules.warning,
            "time": rules.time,
            "group_of_kind": rules.group_of_kind,
            "prepare": list(rules.prepare), "overrun": rules.overrun,
        },
        **_given(
            body=part.body, session=part.session, until=part.until, opened_at=part.opened_at, room=part.room,
            link=part.shown_link if sees(audience, "meeting.link") else None,
            channels=channels or None if sees(audience, "meeting.channels") else None,
        ),
    }  # fmt: skip


def _agenda(m: MeetingState, audience: str) -> Json:
    listed = [item for item in m.agenda.in_order() if not item.hidden]
    numbers = {item.id: str(n) for n, item in enumerate(listed, 1)}  # the same numbers for every audience
    shown = m.agenda.in_order() if sees(audience, "item.hidden") else listed
    items = {str(item.id): _item(item, numbers.get(item.id, "–")) for item in shown}
    return {"items": items, **_given(current=m.agenda.current)}


def _item(item: Item, number: str) -> Json:
    spent, started = _clock(item.spent_ms, item.started_at)
    return {
        "number": item.number or number,
        "title": item.title,
        "state": item.state,
        "spent_s": spent,
        "sort": item.sort,
        **_given(planned_s=item.planned_s, started_at=started, hidden=item.hidden or None),
    }


def _roster(m: MeetingState, names: Names, audience: str) -> Json:
    rows = m.roster.delegations.values()
    here = [row for row in rows if row.present and not row.withdrawn]
    present = {mode: sum(row.mode == mode for row in here) for mode in ("in_room", "remote")}
    return {
        "present": present,
        "delegations": {str(row.id): _delegation(row, names, audience) for row in rows},
    }


def _delegation(row: Delegation, names: Names, audience: str) -> Json:
    speaker = _person(row.person, row.rev, names) if sees(audience, "roster.speaker") else None
    return {
        "kind": row.kind,
        "mode": row.mode,
        "sort": order.number(row.id),
        **_given(
            code=row.code, name=row.name, present=row.present or None, withdrawn=row.withdrawn or None,
            rank=row.rank if sees(audience, "roster.rank") else None, speaker=speaker,
        ),
    }  # fmt: skip


def _person(person: str | None, rev: int | None, names: Names) -> Json | None:
    if person is None or rev is None:
        return None
    written = names[(person, rev)]
    return {key: written[key] for key in ("name", "post") if written.get(key)}


def _speakers(m: MeetingState, names: Names, audience: str) -> Json:
    part = m.speakers
    lists = {
        str(lst.id): _list(m, lst, names, audience)
        for lst in part.lists.values()
        if lst.item is None or not m.agenda.items[lst.item].hidden or sees(audience, "item.hidden")
    }
    held = {str(row.entry): _floor(m, row, names) for row in part.held.values()}
    floor = _floor(m, part.floor, names) if part.floor else None
    return {"lists": lists, **_given(floor=floor, held=held or None)}


def _floor(m: MeetingState, row: Floor, names: Names) -> Json:
    spoken, since = _clock(row.spoken_ms, row.since)
    return {
        "entry": row.entry,
        "list": row.list,
        "delegation": row.delegation,
        "kind": row.kind,
        "mode": row.mode,
        "seconds": row.seconds,
        "spoken": spoken,
        "given_at": row.given_at,
        **_given(since=since, speaker=_person(row.person, row.rev, names)),
    }


def _list(m: MeetingState, lst: SpeakersList, names: Names, audience: str) -> Json:
    rules = m.meeting.adopted
    limits = {kind: lst.limits[kind] for kind in sorted(lst.limits)}
    made = {
        "purpose": lst.purpose,
        "state": m.speakers.state(lst.id),
        "seconds": lst.limits.get("statement", rules.time["member"]),
        "limits": limits,
        "count": len(lst.waiting),
        **_given(item=lst.item, closes_at=lst.closes_at, cycle_s=cycle_s(lst)),
    }
    if carries_rows(m, lst):
        made |= rows_of(m, lst, names, audience)
    return made


def carries_rows(m: MeetingState, lst: SpeakersList) -> bool:
    """Whether the view shows who waits: open lists, those of what is taken up, and any with a point of order."""
    rules = m.meeting.adopted
    urgent = any(rules.may_interrupt[row.kind] for row in lst.waiting.values())
    return bool(lst.opened) or lst.item == m.agenda.current or urgent


def rows_of(m: MeetingState, lst: SpeakersList, names: Names, audience: str) -> Json:
    """Who waits in a list and who was heard, as far as the audience may see it."""
    shown = lst.waiting.values() if sees_waiting(m, audience) else ()
    waiting = {str(row.id): _waiting(m, row, names, audience) for row in shown}
    heard = {str(row.entry): _heard(m, row, names) for row in lst.heard.values()}
    return _given(waiting=waiting or None, heard=heard or None)


def _waiting(m: MeetingState, row: Waiting, names: Names, audience: str) -> Json:
    who = m.roster.delegations[row.delegation]
    speaker = _person(who.person, who.rev, names) if sees(audience, "waiting.speaker") else None
    return {
        "delegation": row.delegation,
        "kind": row.kind,
        "mode": who.mode,
        "sort": row.key,
        "asked_at": row.asked_at,
        **_given(
            rank=who.rank if sees(audience, "waiting.rank") else None, speaker=speaker,
            channel=row.channel if sees(audience, "waiting.channel") else None,
        ),
    }  # fmt: skip


def _heard(m: MeetingState, row: Heard, names: Names) -> Json:
    guest = m.roster.delegations[row.delegation].kind == "guest"  # a guest has no other name
    return {
        "delegation": row.delegation, "kind": row.kind, "spoken": row.spoken, "ended_at": row.ended_at,
        **_given(
            over_run=row.over_run or None, speaker=_person(row.person, row.rev, names) if guest else None
        ),
    }  # fmt: skip


def cycle_s(lst: SpeakersList) -> int | None:
    """The measured mean from one statement to the next in seconds, once enough were heard."""
    rows = sorted((row for row in lst.heard.values() if row.kind == "statement"), key=lambda row: row.given_at)
    if len(rows) < MEASURED:
        return None
    spoken = sum(row.spoken * 1000 for row in rows)
    paused = [row.ended_at - row.given_at - row.spoken * 1000 for row in rows]
    between = [b.given_at - a.ended_at for a, b in pairwise(rows)]
    return (spoken + sum(gap for gap in (*paused, *between) if 0 < gap <= LONGEST_GAP_MS)) // len(rows) // 1000


def _record(m: MeetingState) -> Json:
    last, back = m.record.done.top, m.record.undone.top
    notes = {str(note.id): {"at": note.at, "text": note.text} for note in m.record.notes}
    return _given(
        undoable=_act(last) if last else None, redoable=_act(back) if back else None, notes=notes or None
    )  # fmt: skip


def _act(act: Act) -> Json:
    return {"batch": act.batch, "code": act.code, "facts": act.facts}


# ----------------------------------------------------------------------------------------------------------- tools


def _clock(spent_ms: int, since: int | None) -> tuple[int, int | None]:
    """Whole seconds and a beginning moved back by the rest, so that no millisecond is lost on the way."""
    seconds, rest = divmod(spent_ms, 1000)
    return seconds, None if since is None else since - rest


def _given(**values: Any) -> Json:
    return {key: value for key, value in values.items() if value is not None}
