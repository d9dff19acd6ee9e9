"""The log of each meeting: read, append, redact, and nothing else. Rows are sealed here, as they are written.

Does not belong here: what entries mean (codec), whether the chain holds (chain), who may write (meetings).
Every function with a connection works inside the caller's transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from meetingsvc.core.kernel import Entry
from meetingsvc.store.engine import Connection, Database
from meetingsvc.store.event_log.chain import Row, first_hash, next_hash, seal_row, seal_text
from meetingsvc.store.event_log.codec import encode
from meetingsvc.store.tables import log

_COLUMNS = [log.c[name] for name in Row.__dataclass_fields__]
_UNSEALED = "0" * 64
LARGEST_SEQ = 2**31 - 1
# made once: each command asks for its tail, and building the statement took longer than running it
_PART = (
    sa.select(*_COLUMNS)
    .where(
        log.c.meeting == sa.bindparam("of"),
        log.c.seq > sa.bindparam("after"),
        log.c.seq <= sa.bindparam("upto"),
    )
    .order_by(log.c.seq)
)
_FIRST = _PART.limit(sa.bindparam("most"))
_SEALS = _PART.with_only_columns(log.c.seq, log.c.seal, log.c.hash)
_INSERT = sa.insert(log)
#: SQLite takes some 32,000 parameters in one statement.
_PORTION = 5_000


def _heads() -> sa.Select[Any]:
    """The last entries of the meetings `of`, each found by the key: as quick for long logs as for short ones.

    The first entry of each stands for the meeting; grouping would walk through all entries.
    """
    first, each = log.alias("first"), log.alias("each")
    last = sa.select(sa.func.max(each.c.seq)).where(each.c.meeting == first.c.meeting).correlate(first)
    found = sa.and_(log.c.meeting == first.c.meeting, log.c.seq == last.scalar_subquery())
    heads = sa.select(log.c.meeting, log.c.seq, log.c.hash).select_from(first.join(log, found))
    return heads.where(first.c.seq == 1, first.c.meeting.in_(sa.bindparam("of", expanding=True)))


_HEADS = _heads()


class Log:
    """The logs of one database, each call in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def rows(self, meeting: str, after: int = 0, upto: int | None = None) -> list[Row]:
        """The rows with after < seq <= upto, in order."""
        return self.database.read(lambda connection: read_rows(connection, meeting, after, upto))

    def seals(self, meeting: str, after: int, upto: int) -> list[dict[str, Any]]:
        """{seq, seal, hash} of the same rows: what verifies a chain, without any content."""
        asked = {"of": meeting, "after": after, "upto": upto}
        found = self.database.read(lambda connection: connection.execute(_SEALS, asked).all())
        return [{"seq": seq, "seal": seal, "hash": hash_} for seq, seal, hash_ in found]

    def head(self, meeting: str) -> tuple[int, str] | None:
        """(seq, hash) of the last entry; None for a meeting that is not there."""
        return self.heads([meeting]).get(meeting)

    def heads(self, meetings: Iterable[str]) -> dict[str, tuple[int, str]]:
        """{meeting: (seq, hash)} of the last entries."""
        return self.database.read(lambda connection: read_heads(connection, list(meetings)))


def read_rows(
    connection: Connection, meeting: str, after: int = 0, upto: int | None = None, most: int | None = None
) -> list[Row]:
    """The rows with after < seq <= upto, in order; not more than `most`."""
    asked = {"of": meeting, "after": after, "upto": LARGEST_SEQ if upto is None else upto}
    if most is None:
        return [Row(*found) for found in connection.execute(_PART, asked)]
    return [Row(*found) for found in connection.execute(_FIRST, {**asked, "most": most})]


def read_heads(connection: Connection, meetings: Sequence[str]) -> dict[str, tuple[int, str]]:
    portions = [meetings[start : start + _PORTION] for start in range(0, len(meetings), _PORTION)]
    found = (row for portion in portions for row in connection.execute(_HEADS, {"of": portion}))
    return {row.meeting: (row.seq, row.hash) for row in found}


def append(connection: Connection, meeting: str, entries: Sequence[Entry], uid: str, head: str | None) -> list[Row]:
    """Seals and inserts the entries after `head`, the hash of the entry before (None: a new log).

    The primary key is the judge: a seq that is taken raises an integrity error and the transaction is over.
    """
    before = first_hash(uid) if head is None else head
    rows = []
    for entry in entries:
        rows.append(sealed(entry, uid, before))
        before = rows[-1].hash
    connection.execute(_INSERT, [{"meeting": meeting, **asdict(row)} for row in rows])
    return rows


def redact(connection: Connection, meeting: str, seqs: Collection[int]) -> None:
    """Erases the free text of these entries: the only UPDATE that the log sees, in the transaction that appends the
    entry which says so. The salt goes too: the seal that stays then says nothing to a guess."""
    here = sa.and_(log.c.meeting == meeting, log.c.seq.in_(list(seqs)))
    connection.execute(sa.update(log).where(here).values(text=None, text_salt=None))


def sealed(entry: Entry, uid: str, before: str) -> Row:
    """The row of an entry, with fresh salts: without them a seal would give its content away to a guess."""
    v, data, text = encode(entry.event)
    text_salt = None if text is None else secrets.token_hex(16)
    text_seal = None if text is None or text_salt is None else seal_text(text_salt, text)
    made: dict[str, Any] = {
        "seq": entry.seq,
        "batch": entry.batch,
        "at": entry.at,
        "by": entry.by,
        "role": entry.role,
        "name": entry.event.wire,
        "v": v,
        "data": data,
        "text": text,
        "salt": secrets.token_hex(16),
        "text_salt": text_salt,
        "text_seal": text_seal,
    }
    seal = seal_row(uid, Row(**made, seal=_UNSEALED, hash=_UNSEALED))
    return Row(**made, seal=seal, hash=next_hash(before, seal))
