"""Which acts the rules refuse just now, so that a screen can say why a button does nothing. Pure.

A fixed table of (command, typical actor, typical body), asked of `decide` at the moment of the last entry.
Refusals that pass with time, or hang on one's own row, never stand in it: they come when one presses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.commands.base import need_right
from meetingsvc.core.commands.lookups import list_for, usual_mode
from meetingsvc.core.commands.speakers.floor import points_waiting
from meetingsvc.core.kernel import Actor, Refused
from meetingsvc.core.schema import read
from meetingsvc.core.state import MeetingState

CHAIR = Actor("typical", "chair")
#: They pass with time, or are about one row or one field: never said in advance.
PASSING = frozenset(
    {
        "speakers.just_changed",
        "speakers.stale",
        "meeting.until_in_the_past",
        "roster.speaks_now",
        "roster.not_accredited",
        "speakers.already_waiting",
        "speakers.already_heard",
        "speakers.has_the_floor",
        "speakers.point_waits",
        "speakers.closing_in_the_past",
        "rights.not_your_delegation",
    }
)


def refusals(m: MeetingState, audience: str) -> dict[str, str]:
    """{command: code} of what is refused now; what is not there is possible."""
    if audience == "staff":
        rows = _staff(m)
    elif audience == "delegate":
        rows = _delegate(m)
    else:
        return {}
    found = ((key, _refusal(m, name, actor, body)) for key, name, actor, body in rows)
    return {key: code for key, code in found if code is not None and code not in PASSING}


def _refusal(m: MeetingState, name: str, actor: Actor, body: dict[str, Any]) -> str | None:
    command = read(COMMANDS[name], body)
    try:
        need_right(actor, command)
        if m.meeting.state == "closed":
            return "meeting.is_closed"
        if m.meeting.state == "cancelled":
            return "meeting.is_cancelled"
        for _ in command.decide(m, actor, m.at):
            pass
    except Refused as refused:
        return refused.code
    return None


def _staff(m: MeetingState) -> Iterator[tuple[str, str, Actor, dict[str, Any]]]:
    floor = m.speakers.floor
    current = {"instead_of": floor.entry} if floor else {}
    for name in (
        "meeting.open",
        "meeting.suspend",
        "meeting.resume",
        "meeting.adjourn",
        "meeting.close",
        "meeting.cancel",
    ):
        yield name, name, CHAIR, {}
    yield "speakers.next", "speakers.next", CHAIR, {"sure": True, **current}
    for name in ("speakers.pause", "speakers.resume", "speakers.end"):
        if floor:
            yield name, name, CHAIR, {"entry": floor.entry}
    yield "speakers.open_list", "speakers.open_list", CHAIR, {}
    yield "speakers.close_list", "speakers.close_list", CHAIR, {}
    here = list_for(m, m.agenda.current)
    waits = next(iter(points_waiting(m) or (here.in_order() if here else [])), None)
    if waits is not None:
        body = {"entry": waits.id, "sure": True, **current}
        yield "speakers.give_floor", "speakers.give_floor", CHAIR, body
    pending = next((i.id for i in m.agenda.in_order() if i.state != "open" and not i.hidden), None)
    if pending is not None:
        yield "agenda.take_up", "agenda.take_up", CHAIR, {"item": pending}


def _delegate(m: MeetingState) -> Iterator[tuple[str, str, Actor, dict[str, Any]]]:
    for row in m.roster.delegations.values():
        if row.withdrawn:
            continue
        actor = Actor("typical", "delegate", row.id)
        lst = list_for(m, m.agenda.current)
        body = {"list": lst.id} if lst else {}
        yield "speakers.request_floor", "speakers.request_floor", actor, body
        point = {**body, "kind": "point_of_order"}
        yield "speakers.request_floor:point_of_order", "speakers.request_floor", actor, point
        yield "roster.check_in", "roster.check_in", actor, {"mode": usual_mode(m)}
        return  # one typical delegation is enough: what hangs on a row of its own is left out
