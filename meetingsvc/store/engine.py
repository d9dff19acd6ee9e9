"""The database: how it is opened, how a transaction is run, which faults mean "try again later".

SQLite and PostgreSQL are told apart here and nowhere else. Belongs here: connections, locks, waiting.
Does not belong here: any table.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from meetingsvc.store.migrate import bring_up, require_current
from meetingsvc.store.private import keep_private

T = TypeVar("T")
Connection = sa.Connection

CONFLICTS = 20
#: Seconds between two tries while somebody else holds the database.
NAP = (0.005, 0.050)

#: SQLite's primary result codes (the low byte of the extended ones).
_LOCKED_LITE = {5, 6}  # BUSY, LOCKED
_BUSY_LITE = {7, 8, 10, 13, 14}  # NOMEM, READONLY, IOERR, FULL, CANTOPEN
_TAKEN_LITE = {1555, 2067}  # CONSTRAINT_PRIMARYKEY, CONSTRAINT_UNIQUE: extended codes
#: SQLSTATE: lost a race and may try again at once.
_RACED_POSTGRES = {"40001", "40P01", "23505"}  # not serializable, deadlock, key taken
#: SQLSTATE classes: connection, read-only, resources (disk full), operator (timeout), lock timeout, I/O.
_BUSY_POSTGRES = ("08", "25006", "53", "57", "55P03", "58")
#: No statement may hold a meeting's lock for long.
_LIMITS_POSTGRES = ("statement_timeout=3s", "lock_timeout=3s", "idle_in_transaction_session_timeout=10s")


class Busy(Exception):
    """The database cannot take this now: locked, full, read-only, away. Nothing was written; try again."""


class Conflict(Exception):
    """Somebody else wrote first; what was decided must be decided again."""


class Locked(Exception):
    """Somebody else holds the database at this moment."""


class Database:
    """One database of one process. `patience_s`: how long a locked database is tried before `Busy`."""

    def __init__(self, engine: sa.Engine, patience_s: float = 2.0) -> None:
        self.engine, self.patience_s = engine, patience_s
        self.embedded = engine.dialect.name == "sqlite"
        # SQLite has one writer per file: our own threads queue here instead of meeting its lock
        self._writing: AbstractContextManager[Any] = threading.Lock() if self.embedded else nullcontext()

    @classmethod
    def open(cls, url: str, patience_s: float = 2.0) -> Database:
        """Opens it. SQLite is made and migrated here; PostgreSQL must be current (`Unmigrated` otherwise)."""
        database = cls(_engine(url, patience_s), patience_s)
        try:
            if database.embedded:
                database.patiently(lambda: _prepare(database))
            else:
                database.read(require_current)
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        self.engine.dispose()

    def read(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` in one transaction that sees one moment of the database."""

        return self.patiently(lambda: self.look(work))

    def look(self, work: Callable[[Connection], T]) -> T:
        """One try of a read: raises `Locked` or `Busy`."""
        try:
            with self.engine.connect() as connection, connection.begin():
                return work(connection)
        except (DBAPIError, PoolTimeout) as fault:
            raise _named(fault) from fault.__cause__

    def write(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` in one write transaction; whatever it raises, nothing of it is kept."""
        return self.patiently(lambda: self.once(work))

    def once(self, work: Callable[[Connection], T]) -> T:
        """One try of a write: raises `Locked`, `Conflict` or `Busy`.

        Between BEGIN and COMMIT nothing may give way to another green thread: on SQLite it would find the
        database locked by its own process. So lock and pooled connection are taken before BEGIN.
        """
        try:
            with self._writing, self.engine.connect() as plain:
                connection = plain.execution_options(writes=True)
                with connection.begin():
                    return work(connection)
        except (DBAPIError, PoolTimeout) as fault:
            raise _named(fault) from fault

    def patiently(self, attempt: Callable[[], T]) -> T:
        """Tries again while the database is locked (for `patience_s`) or others are faster (20 times)."""
        until = time.monotonic() + self.patience_s
        conflicts = 0
        while True:
            try:
                return attempt()
            except Locked as locked:
                if time.monotonic() >= until:
                    raise Busy("the database is locked") from locked
            except Conflict as conflict:
                conflicts += 1
                if conflicts >= CONFLICTS:
                    raise Busy(f"{CONFLICTS} times somebody else was faster") from conflict
                if conflicts < 3:
                    continue
            # outside every lock and transaction: under the server this sleep lets all others work
            time.sleep(random.uniform(*NAP))  # noqa: S311 - nobody gains by guessing it


def _engine(url: str, patience_s: float) -> sa.Engine:
    where = sa.make_url(url)
    if where.get_backend_name() == "sqlite":
        return _embedded_engine(where, patience_s)
    return sa.create_engine(
        where.set(drivername="postgresql+psycopg"),
        isolation_level="REPEATABLE READ",  # one moment for the look at `answers` and the log's tail
        pool_pre_ping=True,
        pool_size=10,
        pool_timeout=patience_s,
        connect_args={
            "connect_timeout": 3,
            "keepalives_idle": 15,
            "options": " ".join(f"-c {limit}" for limit in _LIMITS_POSTGRES),
        },
    )


def _embedded_engine(where: sa.URL, patience_s: float) -> sa.Engine:
    assert where.database and where.database != ":memory:", "a database without a file keeps nothing"
    # timeout=0 (busy_timeout): SQLite's own waiting would stop every green thread of the process
    engine = sa.create_engine(where, connect_args={"timeout": 0}, pool_timeout=patience_s)

    @sa.event.listens_for(engine, "connect")
    def _connected(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None  # the driver's own BEGIN comes too late; ours follows
        raw.execute("PRAGMA synchronous=FULL")  # acknowledged means on the disk
        raw.execute("PRAGMA foreign_keys=ON")

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _prepare(database: Database) -> None:
    keep_private(Path(str(database.engine.url.database)))
    try:
        with database.engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.execute("PRAGMA journal_mode=WAL").fetchone()
    except sqlite3.Error as fault:
        raise _lite(fault) from fault
    except DBAPIError as fault:
        raise _named(fault) from fault
    database.once(bring_up)


def _named(fault: Exception) -> Exception:
    """What a driver's fault means to us; the fault itself when it is nobody's bad luck but a mistake."""
    if isinstance(fault, PoolTimeout):
        return Busy("all connections are in use")
    original = getattr(fault, "orig", None)
    if isinstance(original, sqlite3.Error):
        return _lite(original, fault)
    state = str(getattr(original, "sqlstate", None) or "")
    if state in _RACED_POSTGRES:
        return Conflict(state)
    lost = isinstance(fault, DBAPIError) and fault.connection_invalidated
    if lost or state.startswith(_BUSY_POSTGRES) or (not state and isinstance(fault, sa.exc.OperationalError)):
        return Busy(f"the database does not answer ({state or 'no connection'})")
    return fault


def _lite(error: sqlite3.Error, fault: Exception | None = None) -> Exception:
    extended = getattr(error, "sqlite_errorcode", 0)
    code = extended & 0xFF
    if extended in _TAKEN_LITE:
        return Conflict(str(error))
    if code in _LOCKED_LITE:
        return Locked(str(error))
    if code in _BUSY_LITE:
        return Busy(str(error))
    return fault or error
