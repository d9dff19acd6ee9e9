"""Every screen, in every state, for everybody: no barriers, no sideways scrolling, light and dark, right to left."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.browser.conftest import Enter
from tests.browser.people import TABLET
from tests.support.served_scenario import ServedScenario


def before(scenario: ServedScenario) -> None:
    """Nothing has begun."""


def running(scenario: ServedScenario) -> None:
    """Somebody speaks, others wait."""
    scenario.open(2)
    for code in ("KAZ", "ARM", "MNG", "PAK", "IRN"):
        scenario.do(code, "speakers.request_floor")
    scenario.do("KAZ", "roster.check_in", mode="remote")
    assert scenario.next()[0] == 200


def urgent(scenario: ServedScenario) -> None:
    """A point of order over a speaker who is over time, on a list that closes soon."""
    scenario.open(2)
    scenario.do("KAZ", "speakers.request_floor")
    scenario.do("chair", "speakers.set_limit", seconds=1)
    assert scenario.next()[0] == 200
    scenario.do("ARM", "speakers.request_floor", kind="point_of_order")
    scenario.do("chair", "speakers.close_list", at=int(time.time() * 1000) + 600_000)
    time.sleep(1.5)


def suspended(scenario: ServedScenario) -> None:
    running(scenario)
    scenario.do("chair", "meeting.suspend", until=int(time.time() * 1000) + 900_000)


def over(scenario: ServedScenario) -> None:
    running(scenario)
    scenario.do("chair", "meeting.close")


STATES = (before, running, urgent, suspended, over)
PEOPLE = ("chair", "KAZ", "ARM", "room", "follower")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("state", STATES, ids=lambda s: s.__name__)
def test_no_screen_has_a_barrier_in_light_or_dark(
    scenario: ServedScenario, enter: Enter, state: Callable[[ServedScenario], None]
) -> None:
    state(scenario)
    for who in PEOPLE:
        person = enter(who)
        for scheme in ("light", "dark"):
            person.page.emulate_media(color_scheme=scheme)
            assert person.barriers() == [], (who, scheme)
        assert not person.scrolls_sideways(), who


def test_the_narrowest_phone_and_a_tablet_scroll_one_way_only(scenario: ServedScenario, enter: Enter) -> None:
    running(scenario)
    for who in PEOPLE:
        for size in ((320, 640), TABLET):
            assert not enter(who, size=size).scrolls_sideways(), (who, size)


def test_right_to_left_mirrors_the_screens_and_nothing_sticks_out(scenario: ServedScenario, enter: Enter) -> None:
    running(scenario)
    for who in PEOPLE:
        person = enter(who)
        first = person.page.locator("header").first
        before = first.evaluate("e => e.firstElementChild.getBoundingClientRect().x")
        person.page.evaluate("document.documentElement.dir = 'rtl'")
        assert first.evaluate("e => e.firstElementChild.getBoundingClientRect().x") > before, who
        assert not person.scrolls_sideways(), who


def test_asking_for_the_floor_is_large_and_in_reach_of_the_thumb(scenario: ServedScenario, enter: Enter) -> None:
    scenario.open(2)
    box = enter("KAZ").page.get_by_role("button", name="Ask for the floor").bounding_box()
    assert box
    assert box["height"] >= 64
    assert box["y"] > 844 * 0.6


def test_the_digits_on_the_wall_are_a_quarter_of_its_height(scenario: ServedScenario, enter: Enter) -> None:
    running(scenario)
    for size in ((1920, 1080), (1024, 768)):
        wall = enter("room", size=size)
        height = wall.page.evaluate("parseFloat(getComputedStyle(document.querySelector('.clock')).fontSize)")
        assert height * 0.72 >= size[1] * 0.25, "a digit is about 0.72 of the size of its font"
        assert not wall.scrolls_sideways()


def test_the_longest_names_fit_the_wall(scenario: ServedScenario, enter: Enter) -> None:
    for code in ("GBR", "BOL", "VCT"):
        if code not in scenario.served.demo["tokens"]["delegates"]:
            scenario.do("secretary", "roster.accredit", kind="member", code=code, rank="PR")
    scenario.open(2)
    wall = enter("room")
    scenario.do("chair", "speakers.inscribe", delegation=scenario.delegation("GBR"))
    assert scenario.next()[0] == 200
    wall.sees_speaking("United Kingdom")
    time.sleep(0.3)
    inside = wall.page.evaluate(
        """() => [...document.querySelectorAll('.name, .clock')].every((e) => {
             const b = e.getBoundingClientRect();
             return b.right <= innerWidth + 1 && b.bottom <= innerHeight + 1
               && e.scrollWidth <= e.clientWidth + 2; })"""
    )
    assert inside


def test_the_page_for_everybody_is_readable_without_scripts(scenario: ServedScenario, enter: Enter) -> None:
    running(scenario)
    context = enter("follower").context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    page = context.new_page()
    page.goto(f"{scenario.served.url}/m/{scenario.served.meeting}")
    text = page.inner_text("body")
    assert "Global Security Strategy" in text
    assert "Kazakhstan" in text
    context.close()


def test_plain_pages_have_no_barriers(scenario: ServedScenario, enter: Enter) -> None:
    chair = enter("chair")
    for path in ("/", f"/m/{scenario.served.meeting}/links", f"/join/{scenario.served.token('KAZ')}", "/nowhere"):
        chair.page.goto(f"{scenario.served.url}{path}")
        assert chair.barriers() == [], path
        assert not chair.scrolls_sideways()
    chair.complaints.clear()  # the page that is not there is a 404, which the browser mentions
