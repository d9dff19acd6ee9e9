"""Headers of a mail that hold what people typed, folded by hand: whatever a name holds, it stays one name. Pure.

Words that are no plain atoms are written as encoded words (RFC 2047), in which no sign means anything to who parses
addresses. Not here: which headers a letter has (letter).
"""

from __future__ import annotations

import re
from base64 import b64encode

#: RFC 5322, 2.1.1: what a line should not exceed.
_WIDTH = 78
#: RFC 2047, 2: an encoded word has 75 signs at most; of UTF-8 in base64 that is 45 bytes.
_BYTES = 45
#: Atoms of RFC 5322, 3.2.3, that nobody reads as anything else.
_ATOMS = re.compile(r"[A-Za-z0-9'_-]{1,60}(?: [A-Za-z0-9'_-]{1,60})*\Z")
#: Unstructured text that may stand as it is.
_PLAIN = re.compile(r"[!-~]{1,60}(?: [!-~]{1,60})*\Z")


def mailbox(name: str, address: str, field: str) -> str:
    """Name <address>. The address is a bare one in ASCII that was checked before."""
    words = _words(name, _ATOMS)
    return _folded([*words, f"<{address}>"] if words else [address], field)


def text(what: str, field: str) -> str:
    """A subject."""
    return _folded(_words(what, _PLAIN), field)


def _words(what: str, plain: re.Pattern[str]) -> list[str]:
    """The words a header is folded between."""
    # what looks like an encoded word would be decoded by some even within another one
    shown = " ".join(what.split()).replace("=?", "= ?")
    if not shown or plain.match(shown):
        return shown.split()
    return [f"=?utf-8?b?{b64encode(part.encode()).decode()}?=" for part in _parts(shown)]


def _parts(what: str) -> list[str]:
    """Pieces that fit an encoded word; no sign is torn apart (RFC 2047, 5)."""
    made = [""]
    for sign in what:
        if len((made[-1] + sign).encode()) > _BYTES:
            made.append("")
        made[-1] += sign
    return made


def _folded(words: list[str], field: str) -> str:
    rows, width = [""], len(field) + 2
    for word in words:
        if rows[-1] and width + 1 + len(word) > _WIDTH:
            rows.append("")
            width = 0
        rows[-1] += f" {word}" if rows[-1] else word
        width += 1 + len(word)
    return "\r\n ".join(rows)
