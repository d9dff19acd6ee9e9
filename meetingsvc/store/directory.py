"""People: their names and posts, as rows that are never changed, only blanked. The log knows ids only.

Does not belong here: which person holds which place (core.roster), links (links).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence

import sqlalchemy as sa

from meetingsvc.store.engine import Connection
from meetingsvc.store.tables import people

#: (person, rev)
Key = tuple[str, int]
Names = dict[Key, dict[str, str]]
#: SQLite takes some 32,000 parameters in one statement; people are asked for by their ids in portions.
_PORTION = 5_000


def new_id() -> str:
    """A new person: random, since ids stand in the log for ever and must say nothing."""
    return secrets.token_hex(8)


def write_people(connection: Connection, names: Names) -> None:
    """New rows for these (person, rev)."""
    if names:
        rows = [{"person": person, "rev": rev, **words} for (person, rev), words in names.items()]
        connection.execute(sa.insert(people), rows)


def erase_people(connection: Connection, persons: Collection[str]) -> None:
    """Blanks all rows of these persons, also those that hold no more."""
    connection.execute(sa.update(people).where(people.c.person.in_(list(persons))).values(name="", post=""))


def read_people(connection: Connection, keys: Iterable[Key]) -> Names:
    """The names of these (person, rev); who is not there is left out."""
    wanted = set(keys)
    found: Names = {}
    for persons in _portions(sorted({person for person, _ in wanted})):
        for row in connection.execute(sa.select(people).where(people.c.person.in_(persons))):
            if (row.person, row.rev) in wanted:
                found[row.person, row.rev] = {"name": row.name, "post": row.post}
    return found


def _portions(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _PORTION] for start in range(0, len(ids), _PORTION))
