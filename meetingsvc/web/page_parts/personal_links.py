"""A personal link as people see it: where it leads, and as whom.

Not here: making and revoking links (pages/links), claiming one (pages/join).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from meetingsvc.store import bodies
from meetingsvc.store.links import OFFICE
from meetingsvc.web.context import services, words
from meetingsvc.web.page_parts.navigation import HOME, page_url, setup_url
from meetingsvc.web.refusals import delegation_name

if TYPE_CHECKING:
    from meetingsvc.store.links import Grant


@dataclass(frozen=True, slots=True)
class PersonalLink:
    """A claimed link as people see it: where it leads and as whom."""

    url: str
    title: str
    who: str
    state: str = ""
    when: str = ""
    delegation: str = ""
    label: str = ""


def personal_link(grant: Grant, page: str | None = None) -> PersonalLink:
    """Where a grant leads; `page` instead of the role's own."""
    if grant.role == OFFICE:
        return _secretariat_link(grant, page or "")
    say, m = words(), services().meetings.history(grant.meeting).state
    row = m.roster.delegations.get(grant.delegation) if grant.delegation else None
    session = min(m.meeting.sessions.values(), key=lambda s: s.starts_at, default=None)
    town = session.zone.rpartition("/")[2].replace("_", " ") if session else ""
    when = f"{say.day(session.starts_at, session.zone)}, {session.starts[11:]} ({town})" if session else ""
    return PersonalLink(
        url=page_url(grant.meeting, page or HOME[grant.role], grant.number),
        title=say.text(m.meeting.title),
        who=say.gettext(f"role.{grant.role}"),
        state=say.gettext(f"state.{m.meeting.state}"),
        when=when,
        delegation=delegation_name(say, grant.meeting, row, staff=False) if row else "",
        label=grant.label,
    )


def _secretariat_link(grant: Grant, page: str) -> PersonalLink:
    """The secretariat of a body: its link is for no single meeting."""
    say = words()
    body = services().meetings.database.read(lambda connection: bodies.body(connection, grant.meeting))
    name = say.text(body.name) if body else ""
    return PersonalLink(
        setup_url(grant.meeting, page, grant.number), name, say.gettext("role.office"), label=grant.label
    )
