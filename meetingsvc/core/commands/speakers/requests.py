"""Who may enter a speakers' list and where they stand; to ask for the floor, to inscribe, withdraw, move. Pure.

Inscribing a guest also writes on the roster. Who speaks is in floor.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from meetingsvc.core import order
from meetingsvc.core.commands.base import Command, Environment, Named, command
from meetingsvc.core.commands.lookups import delegation_of, list_named, usual_mode, waiting
from meetingsvc.core.kernel import STAFF, Actor, Event, need
from meetingsvc.core.roles import speaks_for
from meetingsvc.core.roster import Accredited, Delegation
from meetingsvc.core.rules import AskedBy, Intervention
from meetingsvc.core.speakers.requests import EntryMoved, FloorRequested, Inscribed, Withdrawn
from meetingsvc.core.speakers.state import SpeakersList, Waiting
from meetingsvc.core.state import MeetingState

# ------------------------------------------------------------------------------------------------------------ rules


def unmoved(row: Waiting) -> bool:
    """Whether an entry stands where the table of rules put it."""
    return row.key[3:] == order.number(row.id)


def key_for(m: MeetingState, row: Delegation, kind: Intervention, inscription: int) -> str:
    """The place that the table of rules gives: group, rank, inscription."""
    rules = m.meeting.adopted
    return order.place(rules.group(row.kind, kind), rules.rank(row.rank, kind), inscription)


def need_admission(m: MeetingState, lst: SpeakersList, row: Delegation, kind: Intervention, now: int) -> None:
    """Refuse whom the rules do not let into the list now, by the server's clock."""
    rules = m.meeting.adopted
    if not rules.asked_on_closed_list[kind]:
        need(lst.opened is not None, "speakers.list_not_open", list=lst.id)
        need(lst.takes_names(now), "speakers.list_closed", list=lst.id)
    if kind == "point_of_order":
        _need_room_for_point(m, row)
    else:
        _need_room_for_statement(m, lst, row)


def _need_room_for_point(m: MeetingState, row: Delegation) -> None:
    rows = [w for lst in m.speakers.lists.values() for w in lst.waiting.values()]
    mine = [w for w in rows if (w.delegation, w.kind) == (row.id, "point_of_order")]
    need(len(mine) < m.meeting.adopted.waiting_points_of_order, "speakers.point_waits", delegation=row.id)
    floor = m.speakers.floor  # nobody interrupts itself
    need(floor is None or floor.delegation != row.id, "speakers.has_the_floor", delegation=row.id)


def _need_room_for_statement(m: MeetingState, lst: SpeakersList, row: Delegation) -> None:
    """One statement for each delegation and item (UN practice); points of order do not count."""
    mine = next((w for w in lst.waiting.values() if (w.delegation, w.kind) == (row.id, "statement")), None)
    need(mine is None, "speakers.already_waiting", delegation=row.id, entry=mine.id if mine else None)
    speaking = any((f.list, f.delegation, f.kind) == (lst.id, row.id, "statement") for f in m.speakers.speaking())
    need(not speaking, "speakers.has_the_floor", delegation=row.id)
    heard = sum((h.delegation, h.kind) == (row.id, "statement") for h in lst.heard.values())
    most = m.meeting.adopted.statements_per_delegation_per_item
    need(lst.item is None or not most or heard < most, "speakers.already_heard", delegation=row.id, most=most)


# --------------------------------------------------------------------------------------------------------- commands


@command("speakers.request_floor", by="delegate")
class RequestFloor(Command):
    """Ask for the floor for one's own delegation."""

    list: int | None = None
    kind: Intervention = "statement"

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        row = delegation_of(m, speaks_for(actor, None))
        lst = list_named(m, self.list)
        hidden = lst.item is not None and m.agenda.items[lst.item].hidden
        need(not hidden, "speakers.no_such_list", list=lst.id)  # a delegation does not know of it
        need_admission(m, lst, row, self.kind, now)
        yield FloorRequested(lst.id, row.id, self.kind, key_for(m, row, self.kind, m.seq + 1))


@command("speakers.inscribe", by="chair secretary")
class Inscribe(Command):
    """Enter somebody who asked by another way; `guest` is a person without a delegation."""

    list: int | None = None
    delegation: int | None = None
    guest: Named | None = None
    kind: Intervention = "statement"
    channel: AskedBy = "spoken"

    def settle(self, m: MeetingState, environment: Environment) -> Inscribe:
        return self if self.guest is None else replace(self, guest=self.guest.written(environment))

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        need((self.delegation is None) != (self.guest is None), "speakers.delegation_or_guest")
        lst = list_named(m, self.list)
        if self.guest is not None:
            row = Delegation(m.seq + 1, "guest", "OTHER", usual_mode(m), person=self.guest.person, rev=self.guest.rev)
            yield Accredited(row.kind, row.rank, row.mode, person=row.person, rev=row.rev)
        else:
            assert self.delegation is not None
            row = delegation_of(m, self.delegation)
        need_admission(m, lst, row, self.kind, now)
        inscription = m.seq + (2 if self.guest else 1)
        yield Inscribed(lst.id, row.id, self.kind, key_for(m, row, self.kind, inscription), self.channel)


@command("speakers.withdraw", by="chair secretary delegate")
class Withdraw(Command):
    """Leave the list: a delegate its own place, chair and secretary anybody's."""

    entry: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        row = waiting(m, self.entry)
        mine = actor.role in STAFF or actor.delegation == row.delegation
        need(mine, "rights.not_your_delegation")
        yield Withdrawn(row.id, row.list, row.delegation)


@command("speakers.move", by="chair secretary")
class Move(Command):
    """Put an entry directly before another one of its group, or at the end of the group."""

    entry: int
    before: int | None = None

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        row = waiting(m, self.entry)
        need(self.before != self.entry, "speakers.before_itself")
        lst, group = m.speakers.lists[row.list], order.group_of(row.key)
        target = None
        if self.before is not None:
            target = waiting(m, self.before)
            need(target.list == row.list, "speakers.other_list")
            need(order.group_of(target.key) == group, "speakers.other_group")
        rest = [w for w in lst.in_order() if w.id != row.id and order.group_of(w.key) == group]
        place = rest.index(target) if target else len(rest)
        ahead = [w for w in lst.in_order() if order.group_of(w.key) < group]
        if lst.in_order()[len(ahead) + place].id == row.id:
            return  # it stands there already
        key = order.moved(group, target.key if target else None, lst.given, m.seq + 1)
        yield EntryMoved(row.id, lst.id, row.delegation, key, len(ahead) + place + 1)
