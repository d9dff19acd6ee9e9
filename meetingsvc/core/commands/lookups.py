"""Questions that several parts put to the whole meeting, each with its refusal. Pure.

Parts never import each other: they ask here. Does not belong here: a question that only one part asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meetingsvc.core.kernel import need

if TYPE_CHECKING:
    from meetingsvc.core.agenda import Item
    from meetingsvc.core.roster import Delegation
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
