"""The server's clock is set a day ahead under a meeting: chair and secretary read it, and everybody's clock goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Enter
from tests.support.jumping_clock import Jumping
from tests.support.served_scenario import ServedScenario

SET = "The server’s clock was set."


@pytest.fixture
def jumping(tmp_path: Path) -> Iterator[Jumping]:
    served = Jumping(tmp_path)
    assert served.meeting
    yield served.start()
    served.stop()


@pytest.fixture
def scenario(jumping: Jumping) -> ServedScenario:
    return ServedScenario(jumping)


def test_chair_and_secretary_read_it_and_every_clock_goes_on(
    scenario: ServedScenario, jumping: Jumping, enter: Enter
) -> None:
    scenario.open().do("AZE", "speakers.request_floor")
    assert scenario.next()[0] == 200
    people = [enter(who) for who in ("chair", "secretary", "follower")]
    for person in people:
        person.is_live()
    before = [person.clock() for person in people]
    jumping.set_by(86_400)
    for person in people[:2]:
        person.sees(SET, within=15)
    people[2].does_not_see(SET)
    scenario.do("UZB", "roster.check_in", mode="remote")
    assert all(0 <= was - person.clock() < 60 for was, person in zip(before, people, strict=True))
    assert people[0].barriers() == []
    jumping.set_by(0)
    for person in people[:2]:
        person.does_not_see(SET, within=15)
