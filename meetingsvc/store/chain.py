"""The chain of seals over a meeting's log, and its verifier: needs the rows and nothing else.

The framing is fixed for ever by docs/decisions/0002-chain.md and its test vectors.
Does not belong here: reading rows from the database (log), what the entries mean (codec).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from meetingsvc.store.jcs import NotCanonical, jcs, parse

SALT = re.compile(r"[0-9a-f]{32}\Z")
DIGEST = re.compile(r"[0-9a-f]{64}\Z")
REDACTED = "record.redacted"


@dataclass(frozen=True, slots=True)
class Row:
    """One stored line of a log. `data` and `text` are canonical JSON; salts and digests lowercase hex."""

    seq: int
    batch: int
    at: int
    by: str
    role: str
    name: str
    v: int
    data: str
    text: str | None
    salt: str
    text_salt: str | None
    text_seal: str | None
    seal: str
    hash: str


@dataclass(frozen=True, slots=True)
class Flaw:
    """What a verifier found: the first entry that is wrong (0: the head of a file) and why."""

    seq: int
    why: str


def first_hash(uid: str) -> str:
    """The hash before the first entry."""
    return _digest(b"\x03", uid.encode())


def seal_text(text_salt: str, text: str) -> str:
    return _digest(b"\x02", bytes.fromhex(text_salt), text.encode())


def seal_row(uid: str, row: Row) -> str:
    """The seal of everything in a row but its free text, which stands for itself by `text_seal`."""
    before = jcs([uid, row.seq, row.batch, row.at, row.by, row.role, row.name, row.v])
    # `data` is canonical already, so it is set in as it stands: the whole is the canonical form of one array
    whole = f"{before[:-1]},{row.data},{jcs(row.text_seal)}]"
    return _digest(b"\x00", bytes.fromhex(row.salt), whole.encode())


def next_hash(before: str, seal: str) -> str:
    return _digest(b"\x01", bytes.fromhex(before), bytes.fromhex(seal))


def flaw(row: Row, uid: str, before: str) -> str | None:
    """Why this row does not follow the hash before it; None when it does. Missing texts pass here."""
    try:
        if not isinstance(parse(row.data), dict) or (row.text and not isinstance(parse(row.text), dict)):
            return "data or text is not an object"
        return _broken(row, uid, before)
    except (ValueError, TypeError) as fault:  # what is no JSON, no UTF-8, no number
        return f"it cannot be read ({fault})"


def examine(rows: Sequence[Row], uid: str, head: tuple[int, str] | None = None) -> Flaw | None:
    """The first flaw of a whole log; `head` is the (seq, hash) it must end with, where that is known."""
    redacted = _redacted(rows)
    before = first_hash(uid)
    for number, row in enumerate(rows, 1):
        if row.seq != number:
            return Flaw(number, f"entry {number} is missing")
        why = flaw(row, uid, before)
        gone = row.text_seal is not None and row.text is None
        if why is None and gone and redacted.get(row.seq, 0) <= row.seq:
            why = "the text is missing and no later entry says that it was redacted"
        if why is not None:
            return Flaw(number, why)
        before = row.hash
    if head is not None and head != (len(rows), before):
        if head[0] > len(rows):
            return Flaw(len(rows) + 1, f"entry {len(rows) + 1} is missing")
        return Flaw(len(rows), "the log does not end where it was said to end")
    return None


def uid_of(rows: Sequence[Row]) -> str:
    """The meeting's uid, from its first entry; empty when that cannot be read."""
    try:
        return str(parse(rows[0].data)["uid"]) if rows else ""
    except (NotCanonical, KeyError, TypeError):
        return ""


def _broken(row: Row, uid: str, before: str) -> str | None:
    if not (SALT.match(row.salt) and DIGEST.match(row.seal) and DIGEST.match(row.hash)):
        return "a salt or a seal is not in its form"
    if row.text_seal is None:
        if row.text is not None or row.text_salt is not None:
            return "there is a text that was never sealed"
    elif not DIGEST.match(row.text_seal) or (row.text is None) != (row.text_salt is None):
        return "the text's seal or salt is not in its form"
    elif not _text_fits(row):
        return "the text does not match its seal"
    if seal_row(uid, row) != row.seal:
        return "the entry does not match its seal"
    if next_hash(before, row.seal) != row.hash:
        return "the hash does not follow from the entry before"
    return None


def _text_fits(row: Row) -> bool:
    if row.text is None or row.text_salt is None:
        return True
    return bool(SALT.match(row.text_salt)) and seal_text(row.text_salt, row.text) == row.text_seal


def _redacted(rows: Iterable[Row]) -> dict[int, int]:
    """{seq: the last entry that says it was redacted}."""
    named: dict[int, int] = {}
    for row in rows:
        if row.name == REDACTED:
            try:
                named[int(parse(row.data)["seq"])] = row.seq
            except (NotCanonical, KeyError, TypeError, ValueError):
                continue
    return named


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()
