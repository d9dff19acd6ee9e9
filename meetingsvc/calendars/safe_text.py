"""What people typed, made harmless for calendars: texts, lines, names, and the only addresses that may be written.

Everything that comes from outside passes here before it stands in a file. Not here: words of our own (texts), how a
property is composed (events). RFC 5545, 3.3.11 and 3.1: a TEXT may hold no control character but the tab.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from icalendar import vText

from meetingsvc.core.schema import composed

#: A title, a name, a room: one line.
LINE = 250
#: Google cuts descriptions after about eight thousand characters; nothing of ours is longer.
DESCRIPTION = 8000
#: Longer addresses are not shared in calendars.
ADDRESS = 2000

#: Line breaks for somebody: vertical tab, form feed, NEL (U+0085), U+2028 and U+2029 end a line for Python and others.
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
#: Controls, lone surrogates (they cannot be encoded), byte order marks, and Unicode's noncharacters.
_BANNED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufdd0-\ufdef"
    + "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CLOSERS = dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c") | dict.fromkeys("\u2066\u2067\u2068", "\u2069")
#: More embeddings inside each other than any real text has: further ones are dropped.
_DEEPEST = 8

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}\Z")
_MAIL = re.compile(r"[^\s@<>,;:\"\\\x00-\x1f\x7f-\x9f]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\Z")
_DIAL = re.compile(r"\+?[0-9*][0-9*#,]{1,60}\Z")


class Text(vText):
    """A TEXT value that keeps a literal backslash followed by N: the library would make a line break of it."""

    def to_ical(self) -> bytes:
        escaped = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        return escaped.encode()


def clean(text: str | None, limit: int | None = None) -> str:
    """What may stand in a calendar's text: line breaks are \\n, and nothing flips, hides or breaks what follows."""
    text = composed(text or "")
    text = _BANNED.sub("", _BREAKS.sub("\n", text))
    if limit and len(text) > limit:
        text = text[: limit - 1].rstrip("\u200d\\") + "…"
    return _balanced(text) if _BIDI.search(text) else text


def line(text: str | None, limit: int = LINE) -> str:
    """One line: a title, a name, a room."""
    # far more than a line can need, so that a text of megabytes costs nothing; then cut to what is asked
    text = " ".join(clean((text or "")[: 8 * limit]).split())
    return clean(text, limit).strip()


def _balanced(text: str) -> str:
    """Close every bidirectional embedding on its own line, so that an Arabic title cannot turn what follows it."""
    out: list[str] = []
    for row in text.split("\n"):
        waiting: list[str] = []
        kept: list[str] = []
        for char in row:
            if char in _CLOSERS:
                if len(waiting) == _DEEPEST:
                    continue
                waiting.append(_CLOSERS[char])
            elif char in "\u202c\u2069":
                if not waiting or waiting[-1] != char:
                    continue
                waiting.pop()
            kept.append(char)
        out.append("".join([*kept, *reversed(waiting)]))
    return "\n".join(out)


def language(tag: str | None) -> str | None:
    """A language tag that may stand in LANGUAGE, else None."""
    return tag if tag and _LANGUAGE.match(tag) else None


def web_address(url: str | None) -> str | None:
    """An http(s) address as RFC 3986 writes it, or None: never javascript:, never blanks, controls or a hidden host."""
    url = (url or "").strip()
    if not url or len(url) > ADDRESS or re.search(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", url):
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    # user@host is how one site poses as another
    if parts.scheme.lower() not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    host = _ascii_host(host)
    if host is None:
        return None
    tail = quote(url[url.index("//") + 2 + len(parts.netloc) :], safe="/?#[]@!$&'()*+,;=:%~-._")
    return f"{parts.scheme.lower()}://{host}{f':{port}' if port is not None else ''}{tail}"


def _ascii_host(host: str) -> str | None:
    if ":" in host:
        return f"[{host}]" if re.fullmatch(r"[0-9A-Fa-f:.]+", host) else None
    try:
        plain = host.encode("idna").decode()
    except UnicodeError:
        return None
    return plain if re.fullmatch(r"[A-Za-z0-9._-]+", plain) else None


def phone_address(number: str | None) -> str | None:
    """A tel: address as RFC 3966 writes it, of `+993 12 000000,,42#` or `tel:...`; None if it is no number."""
    plain = re.sub(r"(?i)\Atel:", "", (number or "").strip()[:100])
    plain = re.sub(r"[ ().\u00a0/-]", "", plain).replace("%23", "#")
    return "tel:" + plain.replace("#", "%23") if _DIAL.match(plain) else None


def mail_address(address: str | None) -> str | None:
    """A bare mail address, or None."""
    address = (address or "").strip()
    return address if _MAIL.match(address) else None
