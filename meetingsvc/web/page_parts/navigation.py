"""Addresses of pages: where a role begins, the pages beside a page, and back to one after a form.

Not here: who may open a page (page_access), what stands on it (pages).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meetingsvc.core.commands.record import Redact
from meetingsvc.core.commands.roster import ErasePerson
from meetingsvc.core.roles import ROLES
from meetingsvc.store.links import OFFICE
from meetingsvc.web.auth import Identity
from meetingsvc.web.context import services, words

if TYPE_CHECKING:
    from meetingsvc.store.links import Grant


#: Where a role begins. One that is not here has no page yet, and its link opens none.
HOME = {role: row.home for role, row in ROLES.items() if row.home is not None}
#: Who opens the page of what is erased: whoever may erase.
ERASES = Redact.by & ErasePerson.by
#: Roles whose link opens the calendar page as their own.
OWN_CALENDAR = frozenset(role for role, row in ROLES.items() if row.own_calendar)


def has_page(grant: Grant) -> bool:
    """Whether a link opens a page. Those of interpreters and technicians serve programs only, so far."""
    return grant.role == OFFICE or grant.role in HOME


def page_url(meeting: str, page: str, number: int | None) -> str:
    """A page of a meeting, for the claimed link of that number."""
    path = f"/m/{meeting}" if page == "follow" else f"/m/{meeting}/{page}"
    return f"{path}?as={number}" if number else path


def setup_url(body: str, page: str = "", number: int | None = None) -> str:
    """A page of a body's secretariat."""
    path = f"/setup/{body}/{page}" if page else f"/setup/{body}"
    return f"{path}?as={number}" if number else path


def home_url(grant: Grant, number: int | None) -> str:
    """Where whoever claimed this link begins."""
    return (
        setup_url(grant.meeting, "", number)
        if grant.role == OFFICE
        else page_url(grant.meeting, HOME[grant.role], number)
    )


def with_query(url: str, more: str) -> str:
    """The address with one more parameter."""
    return f"{url}{'&' if '?' in url else '?'}{more}"


def words_url(kind: str, lang: str) -> str:
    """The address of a language's words for browsers (api/languages), with its hash."""
    return f"/{kind}/{lang}.json?v={services().words.file(kind, lang)[1]}"


def meeting_tabs(meeting: str, who: Identity) -> list[tuple[str, str, str]]:
    """The pages of a meeting that chair and secretary keep: (page, address, words)."""
    say = words()
    named = [
        ("times", say.gettext("Times and places")),
        ("invitations", say.gettext("Invitations")),
        ("links", say.gettext("Personal links")),
    ]
    if who.grant is not None and who.grant.role in ERASES:
        named.append(("erase", say.gettext("Erase words and names")))
    made = [(page, page_url(meeting, page, who.number), text) for page, text in named]
    return [*made, ("calendar", page_url(meeting, "calendar", None), say.gettext("Calendar page"))]
