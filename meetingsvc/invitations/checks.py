"""Checks of what is typed about people: names, addresses, choices, places. What is wrong is refused as `people.*`.

Not here: who may do what (web), what follows from it (the services).
"""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import Address
from typing import Any, get_args

from meetingsvc.calendars.reading.ics import shown
from meetingsvc.calendars.safe_text import mail_address
from meetingsvc.calendars.texts import readable
from meetingsvc.core.kernel import Refused, need
from meetingsvc.store.contacts import Contact

LONGEST_NAME = 250
LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets


def visible(text: str, code: str, limit: int = LONGEST_NAME) -> str:
    """A name on one harmless line; refused when there is nothing to see in it, or too much."""
    found = shown(text, limit + 1)
    need(readable(found), code)
    need(len(found) <= limit, "people.text_too_long", most=limit)
    return found


def optional(text: str | None, limit: int = LONGEST_NAME) -> str | None:
    """The same where nothing need be said."""
    found = shown(text or "", limit + 1)
    need(len(found) <= limit, "people.text_too_long", most=limit)
    return found if readable(found) else None


def one_address(text: str | None) -> str | None:
    """One bare address of mail that every server takes, or None; refused if it is something else."""
    given = (text or "").strip()
    if not given:
        return None
    found = mail_address(given)
    fits = found is not None and found.isascii() and len(found) <= LONGEST_ADDRESS
    try:
        fits = fits and str(Address(addr_spec=given)) == given
    except (MessageError, ValueError, IndexError):  # what the header's own grammar refuses
        fits = False
    need(fits, "people.address_unreadable", given=given[:80])
    return given


def one_of(given: str, choice: Any) -> None:
    need(given in get_args(choice), "people.choice_unknown", given=given[:20])


def need_here(contact: Contact | None, body: str | None) -> Contact:
    """A contact that belongs to the meeting's body. One of another body looks like none."""
    if contact is None or contact.removed_at is not None or contact.body != body:
        raise Refused("people.no_such_contact")
    return contact


def need_place(format_: str, mode: str | None) -> None:
    """Refuse a place that the format of the meeting does not have."""
    need(not (format_ == "online" and mode == "in_room"), "roster.meeting_is_online")
    need(not (format_ == "in_person" and mode == "remote"), "roster.meeting_is_in_person")
