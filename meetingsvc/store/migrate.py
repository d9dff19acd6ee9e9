"""Bringing a database's tables to the shape this code needs.

SQLite is migrated when it is opened, PostgreSQL by the command `migrate`: a cluster is changed when its
keepers say so. The steps themselves stand in meetingsvc/migrations.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

STEPS = Path(__file__).parent.parent / "migrations"
#: Any number, but always this one: processes that migrate at the same time queue behind it.
_QUEUE = 4_711_230_011


class Unmigrated(Exception):
    """The tables are older or newer than the code. The text is a sentence for whoever runs the service."""


def migrate(url: str) -> str:
    """Brings the database up to date and says so in a sentence."""
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:queue)"), {"queue": _QUEUE})
            before = _revision(connection)
            bring_up(connection)
            after = _revision(connection)
    finally:
        engine.dispose()
    return "The database is up to date." if before == after else f"The database was brought to {after}."


def bring_up(connection: sa.Connection) -> None:
    """Runs the missing steps inside the caller's transaction."""
    if _revision(connection) == _newest():
        return
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as fault:
        raise Unmigrated(_NEWER) from fault


def require_current(connection: sa.Connection) -> None:
    """Raises `Unmigrated` unless the tables are those of this code."""
    found = _revision(connection)
    if found == _newest():
        return
    known = {step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()}
    raise Unmigrated(_OLDER if found is None or found in known else _NEWER)


_OLDER = "The tables of the database are not those of this version: run `python -m meetingsvc migrate` first."
_NEWER = "The database was last used by a newer version of this service: start that version."


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(STEPS).replace("%", "%%"))
    return config


def _newest() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
