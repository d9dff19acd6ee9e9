"""What an erasure takes out of the rows: the words of an entry, the names of a person, and what would give them away.

The only UPDATE that the log sees, and the only one of the directory. Inside the transaction that writes the entry which
says so. Does not belong here: whether it may be done (core), clearing it out of the files (engine).
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from meetingsvc.store.engine import Connection
from meetingsvc.store.tables import answers, log, people


def erase_words(connection: Connection, meeting: str, seqs: Collection[int]) -> None:
    """The free text of these entries, with its salt: the seal that stays then says nothing to a guess."""
    here = sa.and_(log.c.meeting == meeting, log.c.seq.in_(list(seqs)))
    connection.execute(sa.update(log).where(here).values(text=None, text_salt=None))


def erase_names(connection: Connection, persons: Collection[str]) -> None:
    """All rows of these persons, also those that hold no more: they stay, and are empty."""
    connection.execute(sa.update(people).where(people.c.person.in_(list(persons))).values(name="", post=""))


def erase_digests(connection: Connection, meeting: str, seqs: Collection[int]) -> None:
    """What was sent with the presses that ended at these entries: a digest without a salt proves a guess. The same key
    sent again is refused from now on, and does nothing."""
    here = sa.and_(answers.c.meeting == meeting, answers.c.seq.in_(list(seqs)))
    connection.execute(sa.update(answers).where(here).values(body_hash=""))
