"""Mails as they come back to a letter: answers as Google, Outlook and Apple send them, forged ones, bounces.

The calendars are those of tests/reading/data, told of the letter at hand. Not here: a mailbox.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

from tests.mail.letterbox import Taken
from tests.reading.calendars import product
from tests.support.mail_scenario import OFFICE, START

MINUTE = 60_000


def calendar_of(sent: Taken) -> str:
    return sent.body("text/calendar").replace("\r\n ", "")


def line_of(sent: Taken, name: str) -> str:
    found = re.search(rf"^{name}[:;](.*)$", calendar_of(sent), re.MULTILINE)
    assert found
    return found[1].strip()


def reply(
    name: str,
    sent: Taken,
    answer: str = "ACCEPTED",
    *,
    minutes: int = 10,
    answers_ours: bool = True,
    **other: str,
) -> bytes:
    """An answer of a product to a letter of ours, so long after the first of them. `other`: UID, SEQUENCE, address,
    sender, DESCRIPTION."""
    address = other.get("address", sent.recipient)
    text = product(f"reply_{name}").decode().replace("\r\n", "\n").replace("\n ", "")
    text = re.sub(r"^UID:.*$", f"UID:{other.get('UID', line_of(sent, 'UID'))}", text, flags=re.M)
    text = re.sub(r"^SEQUENCE:.*$", f"SEQUENCE:{other.get('SEQUENCE', line_of(sent, 'SEQUENCE'))}", text, flags=re.M)
    stamp = datetime.fromtimestamp((START + minutes * MINUTE) // 1000, UTC)
    text = re.sub(r"^DTSTAMP:.*$", f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}", text, flags=re.M)
    text = re.sub(r"^RECURRENCE-ID.*\n", "", text, flags=re.M)
    text = re.sub(r"^(ORGANIZER.*?)mailto:.*$", rf"\1mailto:{OFFICE}", text, flags=re.M | re.I)
    text = re.sub(r'^(ATTENDEE.*EMAIL=)"[^"]*"', rf'\1"{address}"', text, flags=re.M)
    text = re.sub(r"^(ATTENDEE.*:)mailto:.*$", rf"\1mailto:{address}", text, flags=re.M | re.I)
    text = re.sub(r"PARTSTAT=\w+", f"PARTSTAT={answer}", text)
    if "DESCRIPTION" in other:
        text = text.replace("END:VEVENT", f"DESCRIPTION:{other['DESCRIPTION']}\nEND:VEVENT")
    elif name == "google":  # it sends back what it was sent
        text = re.sub(r"^DESCRIPTION:.*$", lambda _: f"DESCRIPTION:{line_of(sent, 'DESCRIPTION')}", text, flags=re.M)
    return _mail(text.replace("\n", "\r\n").encode(), sent, other.get("sender", address), answers_ours)


def _mail(data: bytes, sent: Taken, sender: str, answers_ours: bool) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, OFFICE, "Accepted: Group of Friends"
    mail["Message-ID"] = f"<answer-{abs(hash(data))}@missions.example>"
    if answers_ours:
        mail["In-Reply-To"] = mail["References"] = sent.id
    mail.set_content("The mission has answered.")
    mail.add_alternative(data, "text", "calendar", params={"method": "REPLY", "charset": "utf-8"})
    mail.add_attachment(data, "application", "ics", filename="invite.ics")
    return mail.as_bytes()


def bounce(sent: Taken, *, id: str | None = None, action: str = "failed") -> bytes:
    """What a mail server says of a letter that it could not bring."""
    return (
        "From: Mail Delivery System <MAILER-DAEMON@mx.example.org>\r\nTo: meetings@service.example\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        f"Final-Recipient: rfc822; {sent.recipient}\r\nAction: {action}\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 No such\x07 mission\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {id or sent.id}\r\nSubject: Invitation\r\n\r\n"
        "--b--\r\n"
    ).encode()


def of_a_person(sent: Taken) -> bytes:
    """A mail in words: for people."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sent.recipient, OFFICE, "Re: Invitation"
    mail["Message-ID"], mail["In-Reply-To"] = "<words@missions.example>", sent.id
    mail.set_content("Our minister arrives at eleven. Could she speak in the afternoon?")
    return mail.as_bytes()
