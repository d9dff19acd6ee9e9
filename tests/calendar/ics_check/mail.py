"""Rules of iMIP (RFC 6047) for a mail with an invitation: MIME structure, method, charset, encoding, addresses."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses

from tests.calendar.ics_check.reader import Comp, Results, build, raw_rules


def eml_rules(raw: bytes, r: Results) -> bytes | None:
    """Returns the calendar part."""
    msg = message_from_bytes(raw, policy=policy.default)
    r.rule("mail.structure", "mail.content-type", "mail.encoding", "mail.headers", "mail.addresses")
    parts = [p for p in msg.walk() if p.get_content_type() == "text/calendar"]
    inline = [p for p in parts if p.get_content_disposition() != "attachment"]
    r.check("mail.structure", len(inline) == 1, f"{len(inline)} inline text/calendar parts")
    alternative_rules(msg, r)
    for h in ("From", "To", "Date", "Message-ID", "Subject", "MIME-Version"):
        r.check("mail.headers", msg[h] is not None, f"no {h}")
    head = raw.split(b"\r\n\r\n", 1)[0] if b"\r\n\r\n" in raw else raw.split(b"\n\n", 1)[0]
    r.check("mail.encoding", not re.search(rb"[\x80-\xff]", head), "8-bit bytes in the headers")
    short = all(len(line) <= 998 for line in raw.split(b"\n"))
    r.check("mail.encoding", short, "a line longer than 998 octets")
    return part_rules(msg, inline[0], r) if inline else None


def alternative_rules(msg: EmailMessage, r: Results) -> None:
    alternatives = [p for p in msg.walk() if p.get_content_type() == "multipart/alternative"]
    if not alternatives:
        r.fail("mail.structure", "no multipart/alternative")
        return
    kinds = [p.get_content_type() for p in alternatives[0].iter_parts()]
    both = "text/plain" in kinds and "text/calendar" in kinds
    r.check("mail.structure", both, f"multipart/alternative holds {kinds}")
    last = bool(kinds) and kinds[-1] == "text/calendar"
    r.check("mail.structure", last, f"text/calendar should be the last alternative, order is {kinds}")
    if "text/html" in kinds:
        first = kinds.index("text/plain") < kinds.index("text/html")
        r.check("mail.structure", first, "text/plain must come before text/html")


def part_rules(msg: EmailMessage, part: EmailMessage, r: Results) -> bytes:
    content = part["Content-Type"].params
    utf8 = (content.get("charset") or "").lower() == "utf-8"
    r.check("mail.content-type", utf8, f"charset is {content.get('charset')!r}")
    cte = (part.get("Content-Transfer-Encoding") or "7bit").lower()
    payload = part.get_payload(decode=True)
    if re.search(rb"[\x80-\xff]", payload):
        safe = cte in ("base64", "quoted-printable")
        r.check("mail.encoding", safe, f"Content-Transfer-Encoding {cte} for 8-bit data")
    if b"\r\n" not in payload:  # transport may have normalised the line ends
        payload = payload.replace(b"\n", b"\r\n")
    scratch = Results()
    roots = build(raw_rules(payload, scratch), scratch)
    if not roots:
        return payload
    method, said = (roots[0].val("METHOD") or "").upper(), content.get("method")
    same = bool(method) and (said or "").upper() == method
    r.check("mail.content-type", same, f"method={said!r} but METHOD:{method}")
    component = content.get("component")
    one = component is None or component.upper() == "VEVENT"
    r.check("mail.content-type", one, f"component={component}")
    if method in ("REQUEST", "CANCEL"):
        people_rules(msg, roots[0], r)
    return payload


def people_rules(msg: EmailMessage, cal: Comp, r: Results) -> None:
    """From or Sender is the ORGANIZER or its SENT-BY; the recipient is an ATTENDEE."""

    def bare(address: str | None) -> str:
        return (address or "").lower().removeprefix("mailto:")

    def named(*headers: str) -> set[str]:
        return {a.lower() for h in headers for _, a in getaddresses([str(x) for x in msg.get_all(h, [])])}

    senders = named("From", "Sender")
    recipients = named("To", "Cc")
    for e in (s for s in cal.subs if s.name == "VEVENT"):
        if o := e.one("ORGANIZER"):
            known = bool(senders & {bare(o.value), bare(o.p("SENT-BY"))})
            r.check("mail.addresses", known, f"From {sorted(senders)} is neither ORGANIZER nor SENT-BY")
            asked = bool(recipients & {bare(a.value) for a in e.all("ATTENDEE")})
            r.check("mail.addresses", asked, f"recipient {sorted(recipients)} is not an ATTENDEE")
