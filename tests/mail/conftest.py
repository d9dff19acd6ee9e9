"""A new database for each test that names its address, on SQLite and on PostgreSQL; a real mail server; an office."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mail.letterbox import Letterbox, listening
from tests.store.conftest import postgres, url
from tests.support.mail_scenario import MailScenario

__all__ = ["box", "postgres", "scenario", "url"]


@pytest.fixture
def box() -> Iterator[Letterbox]:
    with listening() as made:
        yield made


@pytest.fixture
def scenario(tmp_path: Path, box: Letterbox, url: str) -> Iterator[MailScenario]:
    made = MailScenario(tmp_path, SMTP_URL=box.url, DATABASE_URL=url, SECRET_KEY="k" * 32)
    yield made
    made.close()
