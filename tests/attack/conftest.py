"""The same meetings as in tests/web, and one real server for attacks that need a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running_service import RunningService
from tests.web.conftest import app, browser, meeting, new_meeting, open_meeting

__all__ = ["app", "browser", "meeting", "new_meeting", "open_meeting", "served"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    made = RunningService(Path(tmp_path_factory.mktemp("attacked")))
    assert made.meeting
    made.start()
    yield made
    made.stop()
