"""The database: how it is opened, how a transaction is run, and whether it can be written at all.

SQLite and PostgreSQL are told apart here and in faults.py, nowhere else. Belongs here: connections, locks, waiting.
Does not belong here: any table, what a fault means.
"""

from __future__ import annotations

import hashlib
import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from meetingsvc.store.faults import AWAY, BUSY, FULL, Busy, Conflict, Locked, disk_fault, named
from meetingsvc.store.migrate import bring_up, require_current
from meetingsvc.store.private import keep_private
from meetingsvc.waiting import waiting

__all__ = ["Busy", "Conflict", "Connection", "Database", "Locked"]

log = logging.getLogger("meetingsvc.store")

T = TypeVar("T")
Connection = sa.Connection

CONFLICTS = 20
#: Seconds between two proofs that the database takes writes: while it did not, and while nobody wrote anyway.
PROOF_RED, PROOF = 3.0, 60.0
#: Seconds until PostgreSQL is told again to clear what a long look, such as a backup, kept it from clearing.
SCRUB_AGAIN = 30.0
#: Seconds in which a fault that comes and goes is said once.
SAID = 60.0
#: Seconds between two tries while somebody else holds the database.
NAP = (0.005, 0.050)

#: Stands in an SQLite file (user_version) all of which was written with secure_delete.
OVERWRITES = 1
#: The tables in which something may be erased for good.
ERASABLE = "log, people, answers, contacts, invitations, replies, deliveries, feeds, fetches, grants"
#: Whoever writes what belongs to no meeting stands in this queue.
EVERYTHING = ""
_QUEUE = sa.text("SELECT pg_advisory_xact_lock(:number)")
#: Rows that the last VACUUM had to leave.
_DEAD = sa.text(
    "SELECT count(*) FROM pg_stat_user_tables WHERE n_dead_tup > 0 AND schemaname = current_schema()"
    " AND relname = ANY(string_to_array(:erasable, ', '))"
)
#: No statement may hold a meeting's lock for long.
_LIMITS_POSTGRES = ("statement_timeout=3s", "lock_timeout=3s", "idle_in_transaction_session_timeout=10s")


class Database:
    """One database of one process. `patience_s`: how long a locked database is tried before `Busy`."""

    def __init__(self, engine: sa.Engine, patience_s: float = 2.0) -> None:
        self.engine, self.patience_s = engine, patience_s
        self.embedded = engine.dialect.name == "sqlite"
        self.folder = Path(str(engine.url.database)).parent if self.embedded else None
        #: Why the database takes no writes now: a code of `faults`; empty when it does.
        self.trouble = ""
        self._said_at = self._proved_at = float("-inf")
        self._unscrubbed = False  # something was erased, and may stand in the files still
        self._scrub_at = float("-inf")  # not tried again before
        self._file: tuple[int, int] | None = None  # which file of that name is open
        # on PostgreSQL what stands in a `queue` must see what was written by those before it
        self._writes = {"writes": True} | ({} if self.embedded else {"isolation_level": "READ COMMITTED"})
        # SQLite has one writer per file: our own threads queue here instead of meeting its lock
        self._writing: AbstractContextManager[Any] = threading.Lock() if self.embedded else nullcontext()

    @classmethod
    def open(cls, url: str, patience_s: float = 2.0) -> Database:
        """Opens it. SQLite is made and migrated here; PostgreSQL must be current (`Unmigrated` otherwise)."""
        database = cls(_engine(url, patience_s), patience_s)
        try:
            if database.embedded:
                database.patiently(lambda: _prepare(database))
                database._same_file()
            else:
                database.read(require_current)
                database._unscrubbed = True  # a process that was killed may have left it to us
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
        self._same_file()
        try:
            with self.engine.connect() as connection, connection.begin():
                return work(connection)
        except (DBAPIError, PoolTimeout) as fault:
            raise self._named(fault) from fault.__cause__

    def write(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` in one write transaction, alone in the service; whatever it raises, nothing of it is kept."""

        def alone(connection: Connection) -> T:
            queue(connection, EVERYTHING)
            return work(connection)

        return self.patiently(lambda: self.once(alone))

    def once(self, work: Callable[[Connection], T]) -> T:
        """One try of a write: raises `Locked`, `Conflict` or `Busy`.

        Between BEGIN and COMMIT nothing may give way to another green thread: on SQLite it would find the
        database locked by its own process. So lock and pooled connection are taken before BEGIN.
        """
        self._same_file()
        try:
            with self._writing, self.engine.connect() as plain:
                connection = plain.execution_options(**self._writes)
                with connection.begin():
                    result = work(connection)
        except (DBAPIError, PoolTimeout) as fault:
            raise self._named(fault) from fault
        self._proved_at = time.monotonic()
        if self.trouble and not self._short():
            self._over()
        return result

    def _same_file(self) -> None:
        """A copy that was put back under the file's name is opened anew: what is open would be the one it replaced, and
        what is written into that is gone at the next start. Raises `Busy` when there is no file at all."""
        if not self.embedded:
            return
        try:
            found = Path(str(self.engine.url.database)).stat()
        except OSError as fault:
            missing = Busy(f"{self.engine.url.database}: {fault.strerror}", AWAY)
            if self._file is not None:  # it was open: nothing new and empty is made in its place
                self._troubled(missing)
                raise missing from fault
            return
        if (found.st_dev, found.st_ino) != self._file:
            if self._file is not None:
                log.critical("ANOTHER FILE STANDS WHERE THE DATABASE WAS (A RESTORED COPY?). IT IS OPENED ANEW.")
                self.engine.dispose()
            self._file = (found.st_dev, found.st_ino)

    def prove(self) -> str:
        """Writes something small now and then, since reading works on a full disk as well; gives `trouble`.

        Cheap to call: while all is well and others write, or did a minute ago, nothing is done.
        """
        if self._unscrubbed and time.monotonic() >= self._scrub_at:
            with suppress(Busy):
                self._scrubbed(self._scrub)
        now = time.monotonic()
        if now - self._proved_at >= (PROOF_RED if self.trouble else PROOF):
            self._proved_at = now
            with suppress(Busy, Locked, Conflict):
                self.once(_write_nothing)
                if short := self._short():
                    self._troubled(short)
        return self.trouble

    def scrub(self) -> None:
        """Takes what was erased out of the files too. Where somebody is in the way, `prove` goes on with it.

        SQLite overwrites what is deleted, but the pages before stand in the -wal: it is emptied. PostgreSQL frees rows
        that nobody sees any more when it is told to; what its files and its own log hold besides is its keepers'.
        """
        self._unscrubbed = True
        try:
            # a backup of PostgreSQL reads for minutes: whoever erased does not wait for it
            self._scrubbed(lambda: self.patiently(self._scrub) if self.embedded else self._scrub())
        except Busy:
            log.warning("what was erased cannot be cleared out of the database's files yet; it is tried again")

    def _scrubbed(self, attempt: Callable[[], None]) -> None:
        """Raises `Busy` where it has to be tried again; what is nobody's bad luck is logged, and given up."""
        try:
            attempt()
        except Locked as locked:
            self._scrub_at = time.monotonic() + (0 if self.embedded else SCRUB_AGAIN)
            raise Busy(str(locked)) from locked
        except (DBAPIError, sqlite3.Error):
            self._unscrubbed = False
            log.exception("WHAT WAS ERASED COULD NOT BE CLEARED OUT OF THE DATABASE'S FILES")

    def _scrub(self) -> None:
        try:
            with self._writing, self.engine.connect() as connection:
                if self.embedded:
                    _empty_wal(connection)
                else:
                    _vacuum(connection.execution_options(isolation_level="AUTOCOMMIT"))
        except (DBAPIError, PoolTimeout, sqlite3.Error) as fault:
            raise self._named(fault) from fault
        self._unscrubbed = False

    def _short(self) -> Busy | None:
        """Whether the disk has room for no more than what is small: an SQLite file has some within itself."""
        fault = disk_fault(self.folder) if self.folder else None
        return fault if fault and fault.code == FULL else None

    def _named(self, fault: Exception) -> Exception:
        meant = named(fault, self.folder)
        if isinstance(meant, Busy):
            self._troubled(meant)
        return meant

    def _troubled(self, fault: Busy) -> None:
        """Outside every transaction: once for a fault, however many presses meet it."""
        if fault.code in (BUSY, self.trouble):
            return
        self.trouble = fault.code
        if time.monotonic() - self._said_at > SAID:
            self._said_at = time.monotonic()
            log.error(
                "THE DATABASE TAKES NO WRITES (%s): %s. What was acknowledged is kept; it is tried again by itself.",
                fault.code,
                fault,
            )

    def _over(self) -> None:
        self.trouble = ""
        log.warning("the database takes writes again")

    def patiently(self, attempt: Callable[[], T]) -> T:
        """Tries again while the database is locked (for `patience_s`) or others are faster (20 times).

        Only what is waited here counts: an attempt may itself have waited for its turn, or read a long log first.
        """
        waited = 0.0
        conflicts = 0
        while True:
            try:
                return attempt()
            except Locked as locked:
                if waited >= self.patience_s:
                    raise Busy("the database is locked") from locked
            except Conflict as conflict:
                conflicts += 1
                if conflicts >= CONFLICTS:
                    raise Busy(f"{CONFLICTS} times somebody else was faster") from conflict
                if conflicts < 3:
                    continue
            # outside every lock and transaction: under the server this sleep lets all others work
            began = time.monotonic()
            with waiting():
                time.sleep(random.uniform(*NAP))  # noqa: S311 - nobody gains by guessing it
            waited += time.monotonic() - began


def queue(connection: Connection, name: str) -> None:
    """Waits until nobody else, in whatever process, writes under this name; held to the end of the transaction.

    The keys of the tables judge all the same. But who lost a race by them has an error in PostgreSQL's log, four lines
    of it, and may lose the next as well. SQLite has but one writer at a time.
    """
    if connection.dialect.name != "sqlite":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        connection.execute(_QUEUE, {"number": number})


def _engine(url: str, patience_s: float) -> sa.Engine:
    where = sa.make_url(url)
    if where.get_backend_name() == "sqlite":
        return _embedded_engine(where, patience_s)
    return sa.create_engine(
        where.set(drivername="postgresql+psycopg"),
        hide_parameters=True,  # words and names stand in them, and faults are logged
        isolation_level="REPEATABLE READ",  # a look sees one moment; who writes stands in a queue instead
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
    engine = sa.create_engine(where, hide_parameters=True, connect_args={"timeout": 0}, pool_timeout=patience_s)

    @sa.event.listens_for(engine, "connect")
    def _connected(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None  # the driver's own BEGIN comes too late; ours follows
        raw.execute("PRAGMA synchronous=FULL")  # acknowledged means on the disk
        raw.execute("PRAGMA foreign_keys=ON")
        raw.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten, whatever SQLite was built with

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
            if not raw.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raw.execute(f"PRAGMA user_version = {OVERWRITES}")
    except (sqlite3.Error, DBAPIError) as fault:
        raise named(fault, database.folder) from fault
    database.once(bring_up)
    try:
        with database.engine.connect() as connection:
            _cleared(connection)
    except (sqlite3.Error, DBAPIError, Locked) as why:
        database._unscrubbed = True
        log.info("the database's file could not be cleared of what was deleted (%s); it is tried again", why)


def _cleared(connection: Connection) -> None:
    """A file that was not always written with secure_delete is made anew, once; and what a process that was killed
    left behind in the -wal is gone."""
    raw: Any = connection.connection.dbapi_connection
    if raw.execute("PRAGMA user_version").fetchone()[0] < OVERWRITES:
        raw.execute("VACUUM")
        raw.execute(f"PRAGMA user_version = {OVERWRITES}")
    _empty_wal(connection)


def _empty_wal(connection: Connection) -> None:
    """Everything into the file, and nothing beside it. `Locked` while somebody reads an older moment."""
    raw: Any = connection.connection.dbapi_connection
    if raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        raise Locked("somebody reads what was there before")


def _vacuum(connection: Connection) -> None:
    """Rows as they were before a change are gone, and values that statistics of columns kept. `Locked` while somebody
    looks at that moment, such as a backup."""
    connection.exec_driver_sql("SET statement_timeout = '60s'")
    try:
        connection.exec_driver_sql(f"VACUUM {ERASABLE}")
        known = connection.exec_driver_sql("SELECT tablename FROM pg_stats WHERE schemaname = current_schema()")
        held = set(known.scalars())
        if again := [name for name in ERASABLE.split(", ") if name in held]:  # only those: it writes values down
            connection.exec_driver_sql(f"ANALYZE {', '.join(again)}")
    finally:
        connection.exec_driver_sql("RESET statement_timeout")
    if connection.execute(_DEAD, {"erasable": ERASABLE}).scalar_one():
        raise Locked("somebody reads what was there before")


def _write_nothing(connection: Connection) -> None:
    """Changes nothing, but has to reach the disk as every act has."""
    if connection.dialect.name == "sqlite":
        number = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version = {int(number)}")
    else:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")
