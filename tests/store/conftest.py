"""A database for each test, on SQLite and on a real PostgreSQL that the tests start themselves.

As root the server runs as another user, since PostgreSQL refuses to be root's. Without its programs the tests
on it are left out, and say so.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from meetingsvc.meetings import Meetings
from meetingsvc.store.engine import Database
from meetingsvc.store.migrate import migrate
from tests.support.meeting_scenario import Clock

MISSING = "PostgreSQL's server programs are not installed (Debian: apt-get install postgresql)"


def _programs() -> Path | None:
    found = [Path(path).parent for path in [shutil.which("initdb")] if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in found if (folder / "postgres").exists()), None)


def _other_user() -> dict[str, int]:
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    who = names.get("postgres") or names["nobody"]
    return {"user": who.pw_uid, "group": who.pw_gid}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Postgres:
    """A server of our own in a temporary folder, without waiting for the disk."""

    def __init__(self, programs: Path) -> None:
        self.programs, self.as_user = programs, _other_user()
        self.folder = Path(tempfile.mkdtemp(prefix="meetingsvc-pg-"))
        if self.as_user:
            os.chown(self.folder, self.as_user["user"], self.as_user["group"])
        self.port, self.made = _free_port(), 0
        self._run("initdb", "-D", "data", "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-locale")
        self.start()
        migrate(self.url("postgres").replace("/postgres", "/template1"))

    def start(self) -> None:
        self.server = subprocess.Popen(
            [
                self.programs / "postgres",
                "-D",
                "data",
                "-p",
                str(self.port),
                "-k",
                str(self.folder),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "fsync=off",
                "-c",
                "full_page_writes=off",
                "-c",
                "max_connections=80",
                "-c",
                "shared_buffers=32MB",
            ],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "log").open("ab"),
            **self.as_user,
        )
        until = time.monotonic() + 20
        while time.monotonic() < until and self.server.poll() is None:
            try:
                self._admin("SELECT 1")
                return
            except sa.exc.OperationalError:
                time.sleep(0.05)
        raise RuntimeError("PostgreSQL did not start: " + (self.folder / "log").read_text()[-500:])

    def crash(self) -> None:
        """As if somebody pulled the plug of the server: no farewell, recovery at the next start."""
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait(20)

    def setting(self, name: str, value: str) -> None:
        """Changes a setting of the whole server while it runs."""
        self._admin(
            "SET default_transaction_read_only = off", f"ALTER SYSTEM SET {name} = {value}", "SELECT pg_reload_conf()"
        )

    def end(self) -> None:
        self.server.send_signal(signal.SIGINT)
        self.server.wait(20)
        shutil.rmtree(self.folder)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://tester@127.0.0.1:{self.port}/{name}"

    def empty(self) -> str:
        """A new database without any table."""
        return self._new("template0")

    def migrated(self) -> str:
        return self._new("template1")

    def _new(self, template: str) -> str:
        self.made += 1
        self._admin(f"CREATE DATABASE test_{self.made} TEMPLATE {template}")
        return self.url(f"test_{self.made}")

    def _admin(self, *statements: str) -> None:
        engine = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.programs / program, *arguments], cwd=self.folder, capture_output=True, text=True, **self.as_user
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    programs = _programs()
    if programs is None:
        pytest.skip(MISSING)
    server = Postgres(programs)
    yield server
    server.end()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new database, with its tables on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/meetings.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.migrated()


@pytest.fixture
def lite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/meetings.db"


@pytest.fixture
def opened() -> Iterator[Callable[..., Database]]:
    """Opens databases and closes them after the test."""
    made: list[Database] = []

    def open_it(url: str, patience_s: float = 2.0) -> Database:
        made.append(Database.open(url, patience_s))
        return made[-1]

    yield open_it
    for database in made:
        database.close()


@pytest.fixture
def database(url: str, opened: Callable[..., Database]) -> Database:
    return opened(url, 20.0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meetings(database: Database, clock: Clock) -> Meetings:
    return Meetings(database, clock)
