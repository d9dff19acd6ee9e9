"""What a mail that came back changes: answers are handed on, letters that never arrived are marked.

Nothing in a mail is believed for being in a mail: whose answer counts is judged by invitations. Not here: fetching it
(mailbox), reading it (reader, in a process of its own).
"""

from __future__ import annotations

import hashlib
import logging
import time

from meetingsvc.calendars.reading.mails import Bounce
from meetingsvc.calendars.safe_text import line
from meetingsvc.core.kernel import Refused
from meetingsvc.invitations.replies import Replies
from meetingsvc.meetings import Busy, Meetings
from meetingsvc.reader.client import ReaderProcess
from meetingsvc.store import contacts, deliveries
from meetingsvc.store.contacts import ReplyRow
from meetingsvc.store.engine import Connection

log = logging.getLogger(__name__)

UNREADABLE = "unreadable"


def take(meetings: Meetings, replies: Replies, raw: bytes, reader: ReaderProcess) -> bool:
    """Does what a mail asks for; whether it was one for us. Raises `Busy` only: then it comes again.

    A mail that cannot be read within the limits is one that nobody understood, and is not tried again.
    """
    try:
        mail = reader.mail(raw)
        if mail.bounce is not None:
            return _bounced(meetings, mail.bounce)
        for reply in mail.replies:
            replies.answer_from_reply(reply, message_ids=mail.message_ids, sender=mail.sender, via="mail")
            time.sleep(0)  # each is a transaction, and there may be sixty: whoever waits goes first
        return bool(mail.replies)
    except Refused as why:
        if why.code == "reading.busy":
            raise Busy("the reader of mails is busy") from why
    except Busy:
        raise
    except Exception:
        log.exception("a mail in the mailbox could not be taken; it is left for people")
    _unreadable(meetings, raw)
    return False


def _bounced(meetings: Meetings, bounce: Bounce) -> bool:
    """Marks the letter that came back. It is known by its Message-ID only, which nobody else can guess."""
    said = line(f"{bounce.status} {bounce.diagnostic}", 300)

    def work(connection: Connection) -> bool:
        found = deliveries.by_message_id(connection, [bounce.message_id] if bounce.message_id else [])
        for delivery in found:
            if bounce.final and delivery.state == "sent":
                deliveries.settle(connection, delivery.id, state="bounced", fault=said)
        return bool(found)

    return meetings.database.write(work)


def _unreadable(meetings: Meetings, raw: bytes) -> None:
    """Notes that a mail came which nobody understood, once."""
    seen = hashlib.sha256(b"unreadable\0")
    seen.update(raw)
    mark, now = seen.hexdigest(), meetings.clock()

    def work(connection: Connection) -> None:
        if not contacts.known_reply(connection, mark):
            contacts.add_reply(connection, ReplyRow(mark, now, "mail", UNREADABLE))

    meetings.database.write(work)
