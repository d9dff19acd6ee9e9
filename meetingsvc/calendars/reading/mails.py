"""A mail that came back to an invitation: the answers in it, who sent it, and whether a machine says it never arrived.

Headers are read as they stand and by small patterns: readers that understand all of RFC 5322 are slow on hostile ones.
Does not belong here: what an answer says (replies.py), fetching mail, and whose answer counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

from meetingsvc.calendars.reading.ics import shown
from meetingsvc.calendars.reading.replies import MOST_ANSWERS, Reply, agreed, bare, read_replies
from meetingsvc.core.kernel import Refused, need

LARGEST = 2_000_000  # bytes
MOST_PARTS = 50
_MOST_LEVELS = 25
_MOST_DIVIDERS = 1_000
_MOST_ADDRESSES = 100
#: Of all addresses of a kind together: an invitation has one recipient.
_LONGEST_HEADER = 8_000
#: What makes a mail deep: the reader passes each line through every level. What may divide it into parts.
_LEVELS = re.compile(rb"(?i)boundary[*0-9]*\s*=|content-type\s*:\s*message/")
_DIVIDER = re.compile(rb"[\r\n]--")
#: Parameters of these are read again and again, each time all of them.
_FIELD = re.compile(
    rb"(?i)(?:\A|[\r\n])content-(?:type|disposition|transfer-encoding)\s*:[^\r\n]*+(?:(?:\r\n|\r|\n)[ \t][^\r\n]*+)*+"
)
_LONGEST_FIELD = 4_000
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"')
_COMMENT = re.compile(r"\([^()]*+\)")
_ANGLE = re.compile(r"<([^<>]*+)>")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,250})>")
_STATUS = re.compile(r"\s*([245]\.[0-9]{1,3}\.[0-9]{1,3})\b")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A message of ours that did not arrive (`final`) or is delayed. `message_id` without its angle brackets."""

    message_id: str | None
    recipient: str | None
    status: str
    diagnostic: str
    final: bool


@dataclass(frozen=True, slots=True)
class MailReply:
    """One mail. `sender` is the bare address of From, '' where it names none or several; it proves nothing.

    `message_ids` are those it answers, without angle brackets. `auto`: written by a machine; some calendars send their
    answers so, and they count all the same.
    """

    sender: str
    to: tuple[str, ...]
    message_ids: tuple[str, ...]
    replies: tuple[Reply, ...]
    auto: bool
    bounce: Bounce | None = None


def from_mail(message: bytes) -> MailReply:
    """What a mail says. Refused when it is unreadable, or its calendars are no answers or contradict each other."""
    _need_readable(message)
    try:
        mail = message_from_bytes(message, policy=compat32)
        parts = list(_parts(mail))
        need(mail.keys(), "reply.no_mail")
        need(len(parts) <= MOST_PARTS, "reply.mail_too_deep", most=MOST_PARTS)
        bounce = _bounce(mail, parts)
        return MailReply(
            _sender(mail),
            _recipients(mail),
            _message_ids(mail),
            # a bounce brings back what we sent ourselves
            () if bounce else _replies(parts),
            bounce is not None or _by_machine(mail),
            bounce,
        )
    except (ValueError, LookupError, RecursionError, TypeError, AttributeError) as fault:
        # the standard library's reader trips over some headers; to us that is all one
        raise Refused("reply.no_mail") from fault


def _need_readable(message: bytes) -> None:
    """Refuse what would keep the standard library's reader busy for long."""
    need(len(message) <= LARGEST, "reply.mail_too_big", most=LARGEST // 1_000_000)
    levels, dividers = (sum(1 for _ in sign.finditer(message)) for sign in (_LEVELS, _DIVIDER))
    need(levels <= _MOST_LEVELS and dividers <= _MOST_DIVIDERS, "reply.mail_too_deep", most=MOST_PARTS)
    need(all(len(found[0]) <= _LONGEST_FIELD for found in _FIELD.finditer(message)), "reply.no_mail")


def _parts(mail: Message) -> Iterator[Message]:
    """Every part, outermost first; not into messages that are attached, which are not what this one says."""
    waiting = [mail]
    for _ in range(MOST_PARTS + 1):
        if not waiting:
            return
        part = waiting.pop(0)
        yield part
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting += _inside(part)


def _inside(part: Message) -> list[Message]:
    inside = part.get_payload()
    return [row for row in inside if isinstance(row, Message)][: MOST_PARTS + 1] if isinstance(inside, list) else []


def _replies(parts: list[Message]) -> tuple[Reply, ...]:
    """The answers of all calendars in a mail, most of which come twice: as text and as attachment."""
    found: list[Reply] = []
    for part in parts:
        data = part.get_payload(decode=True) if _is_calendar(part) else None
        if isinstance(data, bytes):
            found += read_replies(data, part.get_content_charset())
    made = agreed(found)
    need(len(made) <= MOST_ANSWERS, "reply.too_many", most=MOST_ANSWERS)
    return made


def _is_calendar(part: Message) -> bool:
    if part.is_multipart():
        return False
    name = part.get_filename() or ""
    return part.get_content_type() in ("text/calendar", "application/ics") or name.lower().endswith((".ics", ".ifb"))


def _header(mail: Message, name: str) -> str:
    return str(mail.get(name, ""))[:_LONGEST_HEADER]


def _sender(mail: Message) -> str:
    rows = mail.get_all("From", [])
    found = _addresses(str(rows[0])[:_LONGEST_HEADER]) if len(rows) == 1 else []
    return found[0] if len(found) == 1 else ""


def _recipients(mail: Message) -> tuple[str, ...]:
    rows = [str(row) for name in ("Delivered-To", "X-Original-To", "To", "Cc") for row in mail.get_all(name, [])[:20]]
    return tuple(dict.fromkeys(_addresses(", ".join(rows)[:_LONGEST_HEADER])))[:_MOST_ADDRESSES]


def _addresses(text: str) -> list[str]:
    """The bare addresses of a header. Names in quotes and comments say nothing, whatever they look like."""
    text = _COMMENT.sub(" ", _QUOTED.sub(" ", text))
    inside = _ANGLE.findall(text)
    # a name in front of <...> may hold another address: only what stands alone between commas counts beside those
    alone = [row for row in re.split(r"[,;]", text) if "<" not in row and ">" not in row]
    return [address for row in (*inside, *(row.rpartition(":")[2] for row in alone)) if (address := bare(row))]


def _message_ids(mail: Message) -> tuple[str, ...]:
    rows = _MESSAGE_ID.findall(_header(mail, "In-Reply-To")) + _MESSAGE_ID.findall(_header(mail, "References"))[::-1]
    return tuple(dict.fromkeys(rows))[:_MOST_ADDRESSES]


def _by_machine(mail: Message) -> bool:
    says = _header(mail, "Auto-Submitted").strip().lower()
    return (
        (bool(says) and not says.startswith("no"))
        or _header(mail, "Precedence").strip().lower() in ("bulk", "junk", "auto_reply")
        or "X-Autoreply" in mail
        or "X-Autorespond" in mail
        or _header(mail, "Return-Path").strip() == "<>"
        or _header(mail, "From").lower().lstrip('"<').startswith("mailer-daemon")
    )


def _bounce(mail: Message, parts: list[Message]) -> Bounce | None:
    """What a report of delivery says about the first recipient whom the message did not reach."""
    if mail.get_content_type() != "multipart/report":
        return None
    told = (block for part in parts if part.get_content_type() == "message/delivery-status" for block in _inside(part))
    for block in told:
        action = _header(block, "Action").strip().lower()
        if action not in ("failed", "delayed"):
            continue
        status = _STATUS.match(_header(block, "Status"))
        recipient = _header(block, "Original-Recipient") or _header(block, "Final-Recipient")
        return Bounce(
            _original(parts),
            bare(recipient.rpartition(";")[2]),
            status[1] if status else "",
            shown(_header(block, "Diagnostic-Code")),
            action == "failed",
        )
    return None


def _original(parts: list[Message]) -> str | None:
    """The Message-ID of what was returned: the message, or only its headers."""
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/rfc822":
            returned = _inside(part)
            found = _MESSAGE_ID.search(_header(returned[0], "Message-ID")) if returned else None
        elif kind in ("text/rfc822-headers", "message/rfc822-headers"):
            text = str(part.get_payload())[:100_000]
            found = re.search(r"(?im)^message-id:\s*<([^<>\s]{1,250})>", text)
        else:
            continue
        if found:
            return found[1]
    return None
