"""What a fault of the database means: a race, a lock, or why it takes no writes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from meetingsvc.store.engine import Busy, Conflict, Locked
from meetingsvc.store.faults import named


def of_postgres(state: str) -> Exception:
    kind = type("Fault", (psycopg.OperationalError,), {"sqlstate": state})
    return named(sa.exc.OperationalError("INSERT", None, kind("it\nwas so")), None)


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("53100", "store.disk_full"),
        ("25006", "store.read_only"),
        ("53200", "store.unavailable"),
        ("53300", "store.busy"),
        ("57014", "store.busy"),
        ("55P03", "store.busy"),
        ("57P01", "store.unavailable"),
        ("57P03", "store.unavailable"),
        ("08006", "store.unavailable"),
        ("58030", "store.unavailable"),
    ],
)
def test_a_state_of_postgresql(state: str, code: str) -> None:
    meant = of_postgres(state)
    assert isinstance(meant, Busy) and meant.code == code
    assert str(meant) == f"it was so ({state})", "one line of a log"


@pytest.mark.parametrize("state", ["40001", "40P01", "23505"])
def test_a_race_that_was_lost(state: str) -> None:
    assert isinstance(of_postgres(state), Conflict)


def test_a_mistake_of_ours_is_no_bad_luck() -> None:
    fault = sa.exc.ProgrammingError("SELEKT", None, psycopg.errors.SyntaxError("near SELEKT"))
    assert named(fault, None) is fault


def of_sqlite(code: int, folder: Path) -> Exception:
    fault = sqlite3.OperationalError("it was so")
    fault.sqlite_errorcode = code
    return named(sa.exc.OperationalError("INSERT", None, fault), folder)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (sqlite3.SQLITE_FULL, "store.disk_full"),
        (sqlite3.SQLITE_READONLY, "store.read_only"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "store.read_only"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "store.unavailable"),
        (sqlite3.SQLITE_IOERR_WRITE, "store.unavailable"),
        (sqlite3.SQLITE_CANTOPEN, "store.unavailable"),
        (sqlite3.SQLITE_NOMEM, "store.unavailable"),
    ],
)
def test_a_result_code_of_sqlite(number: int, code: str, tmp_path: Path) -> None:
    meant = of_sqlite(number, tmp_path)
    assert isinstance(meant, Busy) and meant.code == code


def test_a_lock_and_a_key_that_is_taken(tmp_path: Path) -> None:
    assert isinstance(of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT, tmp_path), Locked)
    assert isinstance(of_sqlite(sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, tmp_path), Conflict)
