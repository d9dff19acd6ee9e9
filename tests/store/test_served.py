"""The running service on a PostgreSQL that only reads, or goes away: said once and everywhere, healed by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.store.conftest import Postgres
from tests.support.running_service import RunningService
from tests.support.served_scenario import ServedScenario

pytestmark = pytest.mark.postgres


@pytest.fixture
def here(tmp_path: Path, postgres: Postgres) -> Iterator[ServedScenario]:
    env = {"MEETINGSVC_DATABASE_URL": postgres.migrated(), "MEETINGSVC_SECRET_KEY": "for-this-test-only-" * 3}
    served = RunningService(tmp_path, env)
    assert served.meeting
    made = ServedScenario(served.start()).open()
    yield made
    made.crowd.stop()
    served.stop()


def ready(scenario: ServedScenario) -> list[str]:
    answer = scenario.served.http.get(scenario.served.url + "/readyz", timeout=20)
    assert (answer.status_code == 200) == answer.json()["ok"]
    return list(answer.json().get("why", []))


def until(true: Callable[[], Any], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.2)


def said_once(scenario: ServedScenario, code: str) -> None:
    log = scenario.served.log()
    assert log.count(f"THE DATABASE TAKES NO WRITES ({code})") == 1, log
    assert log.count("takes writes again") == 1 and "Traceback" not in log, log


def test_a_database_that_only_reads(here: ServedScenario, postgres: Postgres) -> None:
    chair = here.follow("staff", "chair")
    postgres.setting("default_transaction_read_only", "on")
    try:
        until(lambda: here.act("secretary", "record.note", text="x")[1].get("code") == "store.read_only")
        assert ready(here) == ["store.read_only"]
        assert here.view()["meeting"]["state"] == "open", "what is there is served"
        here.crowd.run(lambda: any(row[2].get("notice") == "store.read_only" for row in chair.messages))
    finally:
        postgres.setting("default_transaction_read_only", "off")
    until(lambda: ready(here) == [])
    here.do("secretary", "record.note", text="x")
    said_once(here, "store.read_only")


def test_a_database_that_goes_away_and_comes_back(here: ServedScenario, postgres: Postgres) -> None:
    chair = here.follow("staff", "chair")
    here.settle()
    postgres.crash()
    try:
        status, body = here.act("secretary", "record.note", text="x")
        assert (status, body["code"]) == (503, "store.unavailable")
        assert ready(here) == ["store.unavailable"]
        here.crowd.run(lambda: any(row[2].get("notice") == "store.unavailable" for row in chair.messages), 30)
        time.sleep(3)  # rounds of the tick, of housekeeping and of the mail: none of them says it again
    finally:
        postgres.start()
    until(lambda: ready(here) == [])
    here.do("secretary", "record.note", text="x")
    here.settle()
    said_once(here, "store.unavailable")
