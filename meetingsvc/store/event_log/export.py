"""A meeting's log as a file, one line of canonical JSON per entry, and how such a file is read and verified.

Line 1 is the head: {"format", "meeting", "uid", "seq", "hash", "people", "sum"}; then one line per entry.
`data` and `text` are objects there, so that people and programs can read them. `sum` guards the head against
damage only: names stand outside the chain, because they can be erased.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from meetingsvc.store.event_log.chain import Flaw, Row, examine, first_hash, uid_of
from meetingsvc.store.jcs import LARGEST, NotCanonical, jcs, parse

FORMAT = "meetingsvc-log-1"
COLUMNS = frozenset(field.name for field in fields(Row))

#: (person, rev) -> {"name", "post"}
Names = Mapping[tuple[str, int], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was read: its head, its rows as they were stored, and the names by (person, rev)."""

    meeting: str
    uid: str
    seq: int
    hash: str
    people: dict[tuple[str, int], dict[str, str]]
    rows: tuple[Row, ...]


class Damaged(Exception):
    """A file that cannot be read; `flaw` says where and why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.why)
        self.flaw = flaw


def write(meeting: str, rows: Sequence[Row], people: Names) -> Iterator[str]:
    """The lines of the file, each ending with a newline."""
    uid = uid_of(rows)
    head: dict[str, Any] = {
        "format": FORMAT,
        "meeting": meeting,
        "uid": uid,
        "seq": len(rows),
        "hash": rows[-1].hash if rows else first_hash(uid),
        "people": [
            {"person": person, "rev": rev, "name": words["name"], "post": words["post"]}
            for (person, rev), words in sorted(people.items())
        ],
    }
    yield jcs({**head, "sum": _sum(head)}) + "\n"
    for row in rows:
        line = {key: _as_json(value) for key, value in asdict(row).items() if value is not None}
        yield jcs({**line, **{key: _shown(line[key]) for key in ("data", "text") if key in line}}) + "\n"


def _shown(text: Any) -> Any:
    """The object that a text is. What was spoilt is written as it stands: the verifier has to see it."""
    try:
        return parse(text)
    except (NotCanonical, TypeError):
        return text


def _as_json(value: Any) -> Any:
    return str(value) if isinstance(value, int) and abs(value) > LARGEST else value


def load(file: bytes) -> Exported:
    """The file, or `Damaged`. What the chain says about its rows is for `verify_file`."""
    *lines, rest = file.split(b"\n")
    if not lines:
        raise Damaged(Flaw(0, "the file is empty or its first line is cut off"))
    head = _head(lines[0])
    rows = tuple(_row(line, number) for number, line in enumerate(lines[1:], 1))
    if rest:
        raise Damaged(Flaw(len(lines), "the last line is cut off"))
    people = {(p["person"], p["rev"]): {"name": p["name"], "post": p["post"]} for p in head["people"]}
    return Exported(head["meeting"], head["uid"], head["seq"], head["hash"], people, rows)


def verify_file(file: bytes) -> Flaw | None:
    """The first flaw of an exported file, or None."""
    try:
        found = load(file)
    except Damaged as damaged:
        return damaged.flaw
    return examine(found.rows, found.uid, (found.seq, found.hash))


def _head(line: bytes) -> dict[str, Any]:
    try:
        head: dict[str, Any] = parse(line.decode())
        if head["format"] != FORMAT:
            raise Damaged(Flaw(0, f"this is not a log of the form {FORMAT}"))
        if _sum({key: value for key, value in head.items() if key != "sum"}) != head["sum"]:
            raise Damaged(Flaw(0, "the head of the file does not match its sum"))
        return head
    except (ValueError, KeyError, TypeError) as fault:
        raise Damaged(Flaw(0, "the head of the file cannot be read")) from fault


def _row(line: bytes, number: int) -> Row:
    try:
        found = parse(line.decode())
        text = found.get("text")
        kept = {"text_salt": None, "text_seal": None, **found, "data": jcs(found["data"])}
        kept["text"] = None if text is None else jcs(text)
        if set(kept) != COLUMNS:
            raise NotCanonical("fields are missing or unknown")
        return Row(**kept)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise Damaged(Flaw(number, f"line {number + 1} cannot be read")) from fault


def _sum(head: dict[str, Any]) -> str:
    return hashlib.sha256(jcs(head).encode()).hexdigest()
