"""One delivery as a mail: its parts as RFC 6047 wants them, to one recipient, the same bytes however often it is tried.

Pure. Does not belong here: sentences (wording), the events of the calendar part (calendars), sending (mail).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from meetingsvc.calendars import files
from meetingsvc.calendars.appointment import Appointment, Attendee, Organizer, Reader, Session
from meetingsvc.calendars.local_time import milliseconds, wall
from meetingsvc.calendars.safe_text import line, mail_address, phone_address, web_address
from meetingsvc.core.meeting.state import WayIn
from meetingsvc.invitations.mails import mail_body, mail_headers, wording
from meetingsvc.invitations.results import Message
from meetingsvc.invitations.rsvp import answer_to
from meetingsvc.store.deliveries import Told
from meetingsvc.translations import Catalogue

#: Every byte is ASCII: no server on the way has a reason to write a part anew.
_POLICY = SMTP.clone(cte_type="7bit")
#: Longer names are cut: they would fill the screen of whoever reads mail on a phone.
_LONGEST_NAME = 120


class Unsendable(Exception):
    """This letter cannot be sent as things stand. `for_good`: not even later. The text is for the secretariat."""

    def __init__(self, text: str, *, for_good: bool) -> None:
        super().__init__(text)
        self.for_good = for_good


@dataclass(frozen=True, slots=True)
class Letter:
    """What a person reads: subject, plain text, and the same as a page."""

    subject: str
    plain: str
    html: str


def letter(message: Message, say: Catalogue) -> bytes:
    """The whole mail."""
    shown, calendar = written(message, say), calendar_part(message, say)
    mail = EmailMessage(policy=_POLICY)
    _head(mail, message)
    mail.set_content(shown.plain, charset="utf-8")
    mail.add_alternative(shown.html, subtype="html", charset="utf-8")
    # RFC 6047, 2.4: the method stands in the type too, and must be the file's own
    kind = {"method": message.delivery.method, "charset": "utf-8"}
    mail.add_alternative(calendar, maintype="text", subtype="calendar", params=kind)
    mail.add_attachment(calendar, maintype="application", subtype="ics", filename="invite.ics")
    mail["Content-Language"] = say.lang
    _bound(mail, message.delivery.message_id)
    # the library's own folding takes quotes off long names, and a comma in one then begins another address
    named = [*_addresses(message), ("Subject", mail_headers.text(shown.subject, "Subject"))]
    return "".join(f"{name}: {value}\r\n" for name, value in named).encode("ascii") + mail.as_bytes()


def written(message: Message, say: Catalogue) -> Letter:
    """The text of a letter, also for whoever looks at it before it is sent."""
    told, before = message.delivery.told, earlier(message)
    about = replace(as_told(message), url=message.series.url) if message.series else as_told(message)
    made = wording.blocks(about, told, before, reader_of(message), _organizer(message), say)
    title = wording.subject(told, before, say)
    return Letter(title, mail_body.plain(made), mail_body.html(made, title, say))


def sent_from(message: Message) -> str:
    """The address the mail leaves from: the service's own, or the organizer's."""
    organizer = _organizer(message)
    return organizer.sender or organizer.address


def earlier(message: Message) -> Told | None:
    """What this person was last told of this event."""
    return message.before.told if message.before else None


def _addresses(message: Message) -> list[tuple[str, str]]:
    organizer, sender = _organizer(message), sent_from(message)
    # RFC 6047, 2.3: From is the organizer's address, or the one that its SENT-BY names
    made = [("From", organizer.name, sender), ("To", message.contact.name, message.contact.address)]
    if sender.lower() != organizer.address.lower():
        made.append(("Reply-To", organizer.name, organizer.address))
    return [
        (field, mail_headers.mailbox(line(name, _LONGEST_NAME), _address(address), field))
        for field, name, address in made
    ]


def _head(mail: EmailMessage, message: Message) -> None:
    delivery = message.delivery
    # it is dated when it was decided, not when it leaves: tried again, it is the same letter
    mail["Date"] = format_datetime(datetime.fromtimestamp(delivery.made_at // 1000, UTC))
    mail["Message-ID"] = f"<{delivery.message_id}>"
    if message.before:
        mail["In-Reply-To"] = f"<{message.before.message_id}>"
        mail["References"] = f"<{message.before.message_id}>"
    # RFC 3834: absence notices are not sent back to a machine
    mail["Auto-Submitted"] = "auto-generated"


def _organizer(message: Message) -> Organizer:
    organizer = message.organizer
    if organizer is None or mail_address(organizer.address) is None:
        why = "Nobody is named who invites. Write down the organizer's address of the body, and the letter goes out."
        raise Unsendable(why, for_good=False)
    return organizer


def _address(address: str | None) -> str:
    bare = mail_address(address)
    if bare is not None and bare.isascii():
        try:
            return str(Address(addr_spec=bare))
        except (ValueError, IndexError, MessageError):  # the grammar of RFC 5322 refuses more than we do
            pass
    raise Unsendable("No mail can be sent to this address. Correct it, and the letter goes out.", for_good=True)


def _bound(mail: EmailMessage, mark: str) -> None:
    """Boundaries, for which the library would throw dice."""
    digest = hashlib.sha256(mark.encode()).hexdigest()[:24]
    for n, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        assert isinstance(part, MIMEPart)
        part.set_boundary(f"=_{digest}_{n}")


# ---------------------------------------------------------------------------------------------- the calendar part


def calendar_part(message: Message, say: Catalogue) -> bytes:
    """The file in the letter: REQUEST or CANCEL, with this recipient as its only ATTENDEE."""
    _address(message.contact.address)
    delivery, organizer = message.delivery, _organizer(message)
    reader, attendee, stamp = reader_of(message), attendee_of(message), delivery.made_at
    if delivery.told.rule is not None:
        assert message.series is not None
        return files.series_invitation(message.series, reader, organizer, attendee, say, stamp=stamp)
    about, session = as_told(message), delivery.told.session
    if delivery.method == "REQUEST":
        return files.invitation(about, session, reader, organizer, attendee, say, stamp=stamp)
    for_everybody = delivery.told.status == "cancelled"
    return files.cancellation(
        about, session, reader, organizer, attendee, say, stamp=stamp, for_everybody=for_everybody
    )


def reader_of(message: Message) -> Reader:
    """For whom the letter is, at the place that was decided with it."""
    mode: Any = message.delivery.told.mode
    contact = message.contact
    return Reader(contact.language, zone=contact.zone, inside=True, mode=mode, link=message.personal_link)


def attendee_of(message: Message) -> Attendee:
    """The recipient, with the answer held to this event. An answer is to a time: for another one it is asked anew."""
    told, contact = message.delivery.told, message.contact
    # a series, and what is one of it, is answered by the meeting's own UID
    uid = message.appointment.uid if told.rule or told.recurs else message.delivery.uid
    answer: Any = answer_to(message.invitation, uid, told.starts_at)
    part: Any = message.invitation.part
    kind: Any = contact.kind
    return Attendee(contact.name, contact.address or "", part, kind, answer)


def as_told(message: Message) -> Appointment:
    """The meeting as this delivery tells of it. If it has moved on since, that is another delivery."""
    appointment, told = message.appointment, message.delivery.told
    sessions = tuple(_session_as_told(row, told) if row.id == told.session else row for row in appointment.sessions)
    cancelled = told.status == "cancelled" and appointment.status == "cancelled"
    return replace(
        appointment,
        sessions=sessions,
        room=told.room,
        ways_in=_ways_in(appointment, told),
        sequence=message.delivery.sequence,
        status="cancelled" if cancelled else "confirmed",
        recurrence=appointment.recurrence if told.recurs is not None else None,
    )


def _session_as_told(row: Session, told: Told) -> Session:
    ends_at = milliseconds(wall(told.ends, told.zone))
    return replace(
        row,
        starts=told.starts,
        ends=told.ends,
        zone=told.zone,
        starts_at=told.starts_at,
        ends_at=ends_at,
        shown_ends_at=max(told.ends_at, ends_at),
        dropped=told.status == "cancelled",
    )


def _ways_in(appointment: Appointment, told: Told) -> tuple[WayIn, ...]:
    """The ways in that were told, by the names they have now. Who sits in the room is told of none."""
    if not told.links:
        return appointment.ways_in if told.mode == "in_room" else ()
    known = {web_address(way.address) or phone_address(way.address): way for way in appointment.ways_in}
    return tuple(known.get(link) or _nameless(link) for link in told.links)


def _nameless(address: str) -> WayIn:
    return WayIn("phone" if address.startswith("tel:") else "video", address)
