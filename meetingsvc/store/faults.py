"""Which faults of a database mean what: tried again at once, "try again later", or a mistake of ours.

Belongs here: result codes of SQLite, SQLSTATEs of PostgreSQL, and the disk under an SQLite file. Not here: waiting,
connections, what a person is told (the codes are keys of sentences).
"""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

#: What `Busy` says beside its text: why the database cannot take this. The first passes by itself within moments.
BUSY, FULL, READ_ONLY, AWAY = "store.busy", "store.disk_full", "store.read_only", "store.unavailable"

#: SQLite's primary result codes (the low byte of the extended ones).
_LOCKED_LITE = {5, 6}  # BUSY, LOCKED
_BUSY_LITE = {7: AWAY, 8: READ_ONLY, 10: AWAY, 13: FULL, 14: AWAY}  # NOMEM, READONLY, IOERR, FULL, CANTOPEN
_MOVED_LITE = 1032  # READONLY_DBMOVED: the file was taken away under us
_TAKEN_LITE = {1555, 2067}  # CONSTRAINT_PRIMARYKEY, CONSTRAINT_UNIQUE: extended codes
#: SQLSTATE: lost a race and may try again at once.
_RACED_POSTGRES = {"40001", "40P01", "23505"}  # not serializable, deadlock, key taken
#: SQLSTATE and their classes, the longest first: out of room, read-only; then connection, resources, operator, I/O.
_BUSY_POSTGRES = {
    "53100": FULL,
    "25006": READ_ONLY,
    "53300": BUSY,
    "57014": BUSY,
    "55P03": BUSY,
    "08": AWAY,
    "53": AWAY,
    "57": AWAY,
    "58": AWAY,
}
#: What the system says of a disk.
_DISK = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY,
}
#: Bytes that must be free beside an SQLite file: more than any press needs.
ROOM = 256 * 1024


class Busy(Exception):
    """The database cannot take this now: locked, full, read-only, away. Nothing was written; try again.

    `code` says which of them, and is the key of the sentence.
    """

    def __init__(self, text: str, code: str = BUSY) -> None:
        super().__init__(text)
        self.code = code


class Conflict(Exception):
    """Somebody else wrote first; what was decided must be decided again."""


class Locked(Exception):
    """Somebody else holds the database at this moment."""


def named(fault: Exception, folder: Path | None) -> Exception:
    """What a driver's fault means to us; the fault itself when it is nobody's bad luck but a mistake.

    `folder`: where an SQLite file lies, whose disk is asked when SQLite cannot tell what is wrong.
    """
    if isinstance(fault, PoolTimeout):
        return Busy("all connections are in use")
    original = fault if isinstance(fault, sqlite3.Error) else getattr(fault, "orig", None)
    if isinstance(original, sqlite3.Error):
        return _lite(original, folder) or fault
    state = str(getattr(original, "sqlstate", None) or "")
    if state in _RACED_POSTGRES:
        return Conflict(state)
    for known, code in _BUSY_POSTGRES.items():
        if state.startswith(known):
            return Busy(f"{original} ({state})".replace("\n", " "), code)
    lost = isinstance(fault, DBAPIError) and fault.connection_invalidated
    if lost or (not state and isinstance(fault, sa.exc.OperationalError)):
        return Busy(f"the database does not answer ({state or 'no connection'})", AWAY)
    return fault


def _lite(error: sqlite3.Error, folder: Path | None) -> Exception | None:
    extended = getattr(error, "sqlite_errorcode", 0)
    code = extended & 0xFF
    if extended in _TAKEN_LITE:
        return Conflict(str(error))
    if code in _LOCKED_LITE:
        return Locked(str(error))
    if code not in _BUSY_LITE:
        return None
    why = AWAY if extended == _MOVED_LITE else _BUSY_LITE[code]
    if why == AWAY and folder:  # an I/O error or a file that cannot be opened may be a full disk as well
        why = getattr(disk_fault(folder), "code", AWAY)
    return Busy(str(error), why)


def disk_fault(folder: Path) -> Busy | None:
    """What keeps a folder from taking `ROOM` bytes more; None where they fit."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, ROOM)
    except OSError as fault:
        return Busy(f"{folder}: {fault.strerror}", _DISK.get(fault.errno or 0, AWAY))
    return None
