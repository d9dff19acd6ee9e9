"""An office on a real database for each test, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from meetingsvc.store.engine import Database
from tests.store.conftest import database, lite_url, opened, postgres, url
from tests.support.body_app import BodyApp
from tests.support.body_scenario import BodyScenario, Clock

__all__ = ["database", "lite_url", "opened", "postgres", "url"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def scenario(database: Database, clock: Clock) -> BodyScenario:
    return BodyScenario(database, clock)


@pytest.fixture
def body_app(tmp_path: Path, clock: Clock) -> Iterator[BodyApp]:
    made = BodyApp(tmp_path, clock)
    yield made
    made.close()
