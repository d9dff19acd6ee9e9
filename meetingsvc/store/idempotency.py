"""What was answered to which key: a press that is sent again gets the answer of the first time, for ever.

Only success is remembered, also a success that changed nothing: sent again later, it must not act after all.
Does not belong here: who acts and what (meetings).
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from meetingsvc.core.kernel import Refused
from meetingsvc.store.engine import Connection
from meetingsvc.store.jcs import jcs
from meetingsvc.store.tables import answers

_THIS = (
    answers.c.meeting == sa.bindparam("of"),
    answers.c.actor == sa.bindparam("by"),
    answers.c.key == sa.bindparam("under"),
)
_LOOK = sa.select(answers.c.command, answers.c.body_hash, answers.c.seq, answers.c.said).where(*_THIS)
_INSERT = sa.insert(answers)
_DELETE = sa.delete(answers).where(*_THIS)
#: What is said of a press that changed nothing.
_NOTHING = "[]"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which press it is: the key, who pressed, and what (command names, digest of the body)."""

    meeting: str
    actor: str
    key: str
    command: str
    body_hash: str


def look(connection: Connection, asked: Asked) -> tuple[int, Any] | None:
    """(seq, said) of the first time; None if it was never asked. A key used for something else is refused."""
    found = connection.execute(_LOOK, _which(asked)).one_or_none()
    if found is None:
        return None
    if (found.command, found.body_hash) != (asked.command, asked.body_hash):
        raise Refused("act.key_reused")
    return found.seq, json.loads(found.said)


def forget(connection: Connection, asked: Asked) -> None:
    """Takes an answer away whose entry is not in the log any more: it must not be told again."""
    connection.execute(_DELETE, _which(asked))


def erase_digests(connection: Connection, meeting: str, seqs: Collection[int], command: str) -> None:
    """Erases the digest of what was sent with the presses that ended at these entries, and with those of `command`
    that changed nothing, since without a salt it would prove a guess. The same key sent again is refused from now on,
    and does nothing."""
    changed_nothing = sa.and_(answers.c.command == command, answers.c.said == _NOTHING)
    here = sa.and_(answers.c.meeting == meeting, sa.or_(answers.c.seq.in_(list(seqs)), changed_nothing))
    connection.execute(sa.update(answers).where(here).values(body_hash=""))


def _which(asked: Asked) -> dict[str, str]:
    return {"of": asked.meeting, "by": asked.actor, "under": asked.key}


def remember(connection: Connection, asked: Asked, seq: int, said: Any) -> None:
    """Keeps an answer. Another process that was faster with the same key makes an integrity error."""
    connection.execute(_INSERT, {**asdict(asked), "seq": seq, "said": jcs(said)})
