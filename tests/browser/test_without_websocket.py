"""A network that lets no WebSocket through: screens are live all the same, see what is done, and act."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter, SitsDown
from tests.browser.people import PHONE, Person
from tests.support.refusing_proxy import RefusingProxy
from tests.support.running_service import RunningService, free_port
from tests.support.served_scenario import ServedScenario


@dataclass
class Through:
    """The service as somebody behind a proxy has it."""

    url: str
    served: RunningService

    def token(self, who: str) -> str:
        return self.served.token(who)


@pytest.fixture
def proxy_port() -> int:
    return free_port()


@pytest.fixture
def served(tmp_path: Path, proxy_port: int) -> Iterator[RunningService]:
    made = RunningService(tmp_path, {"MEETINGSVC_PUBLIC_URL": f"http://127.0.0.1:{proxy_port}"})
    assert made.meeting
    yield made.start()
    made.stop()


@pytest.fixture
def scenario(served: RunningService) -> ServedScenario:
    return ServedScenario(served)


@pytest.fixture
def through(served: RunningService, proxy_port: int) -> Iterator[Through]:
    with RefusingProxy(served.port, proxy_port) as proxy:
        yield Through(proxy.url, served)


def follows_by(person: Person, way: str, within: float) -> None:
    expect(person.page.locator(f"html[data-link=live][data-way={way}]")).to_be_attached(timeout=within * 1000)


def complains_only_of(person: Person, expected: str) -> None:
    """What a browser says of answers that this test itself brought about."""
    assert [text for text in person.complaints if not re.search(expected, text)] == []
    person.complaints.clear()


@pytest.mark.timeout(180)
def test_a_delegate_behind_it_is_live_sees_the_chairs_acts_and_asks_for_the_floor(
    scenario: ServedScenario, through: Through, enter: Enter, sits_down: SitsDown
) -> None:
    scenario.open(2)
    chair = enter("chair")
    follows_by(chair, "socket", 5)
    kazakhstan = sits_down(PHONE)
    began = time.monotonic()
    kazakhstan.enters(through, "KAZ")  # type: ignore[arg-type]
    follows_by(kazakhstan, "poll", 10)
    assert time.monotonic() - began < 15

    kazakhstan.asks_for_the_floor()
    chair.has_in_queue("Kazakhstan")
    kazakhstan.sees("You are next")
    scenario.do("ARM", "speakers.request_floor")
    chair.has_in_queue("Kazakhstan", "Armenia")

    chair.presses("n")
    kazakhstan.sees("You have the floor", within=2)
    assert abs(kazakhstan.clock() - chair.clock()) <= 1
    time.sleep(14)  # longer than a screen may be silent, and than one question waits
    follows_by(kazakhstan, "poll", 0.5)
    assert abs(kazakhstan.clock() - chair.clock()) <= 1
    chair.presses("n")
    kazakhstan.sees_speaking("Armenia", within=2)
    assert kazakhstan.barriers() == []


@pytest.mark.timeout(180)
def test_a_link_that_is_taken_back_shows_on_a_screen_behind_it(
    served: RunningService, through: Through, sits_down: SitsDown
) -> None:
    kazakhstan = sits_down(PHONE).enters(through, "KAZ")  # type: ignore[arg-type]
    follows_by(kazakhstan, "poll", 10)
    listed = served.verb("links", "list", "--meeting", served.meeting).stdout
    grant = next(line.split()[0] for line in listed.splitlines() if re.search("delegate .*Kazakhstan", line))
    assert served.verb("links", "revoke", "--meeting", served.meeting, grant).returncode == 0
    kazakhstan.sees("This page may no longer follow the meeting.", within=4)
    complains_only_of(kazakhstan, "status of 403")


@pytest.mark.timeout(180)
def test_a_screen_that_lost_a_service_behind_it_says_so_and_comes_back(
    served: RunningService, scenario: ServedScenario, through: Through, sits_down: SitsDown
) -> None:
    scenario.open(2)
    kazakhstan = sits_down(PHONE)
    kazakhstan.enters(through, "KAZ")  # type: ignore[arg-type]
    follows_by(kazakhstan, "poll", 10)
    served.stop()
    kazakhstan.is_not_live(within=12)
    served.start()
    scenario.do("KAZ", "speakers.request_floor")
    follows_by(kazakhstan, "poll", 15)
    kazakhstan.sees("You are next")
    complains_only_of(kazakhstan, "net::ERR_")


@pytest.mark.timeout(180)
def test_a_press_does_not_wait_while_six_screens_of_one_browser_follow_behind_it(
    scenario: ServedScenario, through: Through, sits_down: SitsDown
) -> None:
    """A browser has six connections to one address: each of the six screens holds one, and a press needs one."""
    scenario.open(2)
    kazakhstan = sits_down(PHONE)
    kazakhstan.enters(through, "KAZ")  # type: ignore[arg-type]
    others = [kazakhstan.context.new_page() for _ in range(5)]
    for page in others:
        page.goto(kazakhstan.page.url)
        expect(page.locator("html[data-link=live][data-way=poll]")).to_be_attached(timeout=20_000)
    kazakhstan.page.bring_to_front()
    time.sleep(3)  # now all six wait for what happens next
    for press in (kazakhstan.asks_for_the_floor, kazakhstan.withdraws):
        press()
        kazakhstan.is_answered(within=2)
        time.sleep(3)
    assert scenario.waiting() == []
    expect(others[-1].locator("html[data-link=live]")).to_be_attached(timeout=500)
