"""Questions that commands put to the whole meeting, each with its refusal. Pure.

Does not belong here: a question that only the commands of one file ask.
"""

from __future__ import annotations

from meetingsvc.core.agenda import Item
from meetingsvc.core.kernel import need
from meetingsvc.core.roster import Delegation
from meetingsvc.core.rules import Mode
from meetingsvc.core.speakers.state import SpeakersList, Waiting
from meetingsvc.core.state import MeetingState


def need_open(m: MeetingState) -> None:
    """Refuse what is only done while the meeting sits."""
    need(m.meeting.state != "suspended", "meeting.is_suspended", until=m.meeting.until)
    need(m.meeting.state == "open", "meeting.not_open", state=m.meeting.state)


def item_of(m: MeetingState, item: int) -> Item:
    """The item, or a refusal that it is not on this agenda."""
    need(item in m.agenda.items, "agenda.no_such_item", item=item)
    return m.agenda.items[item]


def delegation_of(m: MeetingState, delegation: int) -> Delegation:
    """The delegation, or a refusal that it is not accredited."""
    row = m.roster.delegations.get(delegation)
    need(row and not row.withdrawn, "roster.not_accredited", delegation=delegation)
    assert row is not None
    return row


def usual_mode(m: MeetingState) -> Mode:
    """Where somebody is expected who did not say."""
    return "remote" if m.meeting.format == "online" else "in_room"


def list_for(m: MeetingState, item: int | None, purpose: str = "general") -> SpeakersList | None:
    """The list of an item for a purpose; without an item, the meeting's own."""
    rows = (r for r in m.speakers.lists.values() if r.item == item and r.purpose == purpose)
    return next(rows, None)


def list_named(m: MeetingState, named: int | None) -> SpeakersList:
    """The list a command names, or the general list of what is taken up."""
    if named is not None:
        need(named in m.speakers.lists, "speakers.no_such_list", list=named)
        return m.speakers.lists[named]
    row = list_for(m, m.agenda.current)
    need(row, "speakers.no_list_here")
    assert row is not None
    return row


def find_waiting(m: MeetingState, entry: int) -> Waiting | None:
    """The row of somebody who waits, in whatever list."""
    for row in m.speakers.lists.values():
        if entry in row.waiting:
            return row.waiting[entry]
    return None


def waiting(m: MeetingState, entry: int) -> Waiting:
    """The row of somebody who waits, or a refusal that says what became of them."""
    row = find_waiting(m, entry)
    if row is None:
        floor = m.speakers.floor
        need(
            not (floor and floor.entry == entry) and entry not in m.speakers.held, "speakers.has_the_floor", entry=entry
        )
        heard = any(entry in lst.heard for lst in m.speakers.lists.values())
        need(not heard, "speakers.was_heard", entry=entry)
        need(False, "speakers.not_waiting", entry=entry)
    assert row is not None
    return row
