"""What is set right at start: rows of an older version, and local times whose zone has other rules now."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from meetingsvc.calendars.local_time import utc_ms
from meetingsvc.environment import RealEnvironment
from meetingsvc.invitations import startup_repair
from meetingsvc.store.tables import meeting_index
from tests.support.body_scenario import HOUR, BodyScenario


def test_nothing_is_written_where_nothing_changed(scenario: BodyScenario) -> None:
    scenario.schedule()
    before = scenario.meetings.meeting_row(scenario.meeting)
    assert startup_repair.set_right(scenario.meetings) == []
    assert scenario.meetings.meeting_row(scenario.meeting) == before


def test_rows_of_an_older_version_are_made_again(scenario: BodyScenario) -> None:
    scenario.schedule()
    before = scenario.meetings.meeting_row(scenario.meeting)
    scenario.meetings.database.write(
        lambda c: c.execute(sa.update(meeting_index).values(shown="unknown", sessions="[]"))
    )
    startup_repair.set_right(scenario.meetings)
    after = scenario.meetings.meeting_row(scenario.meeting)
    assert before is not None and after is not None
    assert (after.shown, after.sessions, after.sequence) == (before.shown, before.sessions, before.sequence)


def test_a_local_time_stays_when_its_zone_moves_and_people_are_told(
    scenario: BodyScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario.schedule()
    scenario.invite(scenario.contact("KEN"))
    (first,) = scenario.send()

    def later(local: str, zone: str) -> int:
        return utc_ms(local, zone) + HOUR  # the zone gave up its summer time

    monkeypatch.setattr(startup_repair, "utc_ms", later)
    monkeypatch.setattr(RealEnvironment, "moment", lambda self, local, zone: later(local, zone))
    (said,) = startup_repair.set_right(scenario.meetings)
    assert scenario.meeting in said
    (letter,) = scenario.send()
    assert letter.delivery.told.starts == first.delivery.told.starts == "2026-12-11T10:00"
    assert letter.delivery.told.starts_at == first.delivery.told.starts_at + HOUR
    assert letter.delivery.sequence == first.delivery.sequence + 1
    assert startup_repair.set_right(scenario.meetings) == []


def test_what_is_over_or_cancelled_stays_as_it_was(scenario: BodyScenario, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario.schedule()
    scenario.do("meeting.cancel")
    scenario.schedule("2026-12-01T10:00/2026-12-01T11:00")
    monkeypatch.setattr(startup_repair, "utc_ms", lambda local, zone: utc_ms(local, zone) + HOUR)
    assert startup_repair.set_right(scenario.meetings) == []
