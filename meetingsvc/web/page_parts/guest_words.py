"""What became of one guest, in words: answer, mail, calendar.

Not here: the pages of them (pages/guest_list, pages/guest), what is counted (pages/guest_list).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meetingsvc.invitations.rsvp import Standing
from meetingsvc.web.context import words
from meetingsvc.web.page_parts.labels import answer_words
from meetingsvc.web.page_parts.shown_times import moment_words

if TYPE_CHECKING:
    from meetingsvc.invitations import PersonLife
    from meetingsvc.store.deliveries import Delivery


def standing_words(held: Standing) -> str:
    """What somebody answered, and whether it was to another time than the one that holds."""
    told = answer_words(held.answer)
    return words().gettext("{answer} (to an earlier time)", answer=told) if held.earlier else told


def mail_words(life: PersonLife, zone: str) -> tuple[str, str]:
    """(what became of the last mail, its state)."""
    say, mail = words(), life.mail
    if not life.invitation.contact.address:
        return say.gettext("No address: give the file or the link"), "none"
    if mail is None:
        sent = life.invitation.invited_at is not None
        return (say.gettext("Waits to leave"), "waiting") if sent else (say.gettext("Not invited yet"), "none")
    return mail_state(mail, zone), mail.state


def mail_state(mail: Delivery, zone: str) -> str:
    """What became of a mail."""
    say, fault = words(), mail.fault or ""
    told = {
        "sent": say.gettext(
            "Sent {moment}, version {n}", moment=moment_words(mail.sent_at or mail.made_at, zone), n=mail.sequence
        ),
        "failed": say.gettext("Failed: {fault}", fault=fault),
        "bounced": say.gettext("Came back: {fault}", fault=fault),
        "waiting": say.gettext("Waits: {fault}", fault=fault) if fault else say.gettext("Waits to leave"),
    }
    return told.get(mail.state, mail.state)


def calendar_words(life: PersonLife, zone: str) -> str:
    """When their own calendar address was last looked at."""
    say = words()
    looked = [feed for feed in life.feeds if feed.fetch]
    if not looked:
        return say.gettext("Subscribed, not fetched yet") if life.feeds else ""
    last = max(looked, key=lambda feed: feed.fetch.last_at if feed.fetch else 0)
    assert last.fetch is not None
    told = say.gettext("Fetched {moment}", moment=moment_words(last.fetch.last_at, zone))
    return told if last.fresh else say.gettext("{told}, before the last change", told=told)
