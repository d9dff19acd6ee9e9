"""An office on a real database for each test, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from meetingsvc.store.engine import Database
from tests.invitations.office import Clock, Office
from tests.invitations.town import Town
from tests.store.conftest import database, lite_url, opened, postgres, url

__all__ = ["database", "lite_url", "opened", "postgres", "url"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(database: Database, clock: Clock) -> Office:
    return Office(database, clock)


@pytest.fixture
def town(tmp_path: Path, clock: Clock) -> Iterator[Town]:
    made = Town(tmp_path, clock)
    yield made
    made.close()
