"""A chair, two delegates and the wall at once: what one presses, all see."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.browser.people import DESKTOP
from tests.support.served_scenario import ServedScenario


def test_a_press_is_on_all_four_screens_and_the_floor_is_given_paused_and_undone(
    scenario: ServedScenario, enter: Enter
) -> None:
    scenario.open(2)
    chair, wall = enter("chair"), enter("room")
    kazakhstan, armenia = enter("KAZ"), enter("ARM", size=DESKTOP)
    kazakhstan.asks_for_the_floor()
    for screen in (chair, wall, armenia, kazakhstan):
        screen.sees("Kazakhstan")
    chair.has_in_queue("Kazakhstan")
    kazakhstan.sees("You are next")
    armenia.asks_for_the_floor()
    chair.has_in_queue("Kazakhstan", "Armenia")

    chair.presses("n")
    kazakhstan.sees("You have the floor")
    wall.sees_speaking("Kazakhstan")
    armenia.sees_speaking("Kazakhstan")
    armenia.sees("You are next")
    clocks = [screen.clock() for screen in (chair, wall, kazakhstan)]
    assert max(clocks) - min(clocks) <= 1

    chair.presses("Space")
    kazakhstan.sees("The clock is paused")
    stopped = wall.clock()
    time.sleep(2.2)
    assert wall.clock() == stopped
    assert abs(chair.clock() - stopped) <= 0

    chair.presses("Space")
    kazakhstan.does_not_see("The clock is paused")
    for _ in ("go on", "pause", "floor"):
        before = scenario.head()
        chair.presses("u")
        scenario.crowd.run(lambda was=before: scenario.head() > was, 5)  # type: ignore[misc]
        chair.is_answered()
        time.sleep(0.7)  # a second press of one act is heard when the first is answered, and a moment later
    chair.has_in_queue("Kazakhstan", "Armenia")
    kazakhstan.sees("You are next")
    chair.presses("Shift+U")
    wall.sees_speaking("Kazakhstan")


@pytest.mark.timeout(240)
def test_a_delegate_without_network_for_thirty_seconds_is_in_step_again(scenario: ServedScenario, enter: Enter) -> None:
    scenario.open(2)
    chair, kazakhstan = enter("chair"), enter("KAZ")
    kazakhstan.asks_for_the_floor()
    chair.has_in_queue("Kazakhstan")
    kazakhstan.loses_the_network()
    kazakhstan.is_not_live(within=12)
    for code in ("ARM", "TJK", "MNG"):
        scenario.do(code, "speakers.request_floor")
    scenario.next()
    time.sleep(28)
    kazakhstan.has_the_network_again()
    began = time.monotonic()
    kazakhstan.is_live(within=15)
    kazakhstan.sees("You have the floor")
    assert time.monotonic() - began < 15
    chair.sees_speaking("Kazakhstan")
    assert abs(kazakhstan.clock() - chair.clock()) <= 1


@pytest.mark.timeout(120)
def test_a_dead_server_is_noticed_within_twelve_seconds_and_everybody_comes_back(
    scenario: ServedScenario, enter: Enter
) -> None:
    scenario.open(2)
    chair, wall = enter("chair"), enter("room")
    scenario.served.kill()
    for screen in (chair, wall):
        screen.is_not_live(within=12.5)
    scenario.served.start()
    for screen in (chair, wall):
        screen.is_live(within=20)
    scenario.do("KAZ", "speakers.request_floor")
    chair.has_in_queue("Kazakhstan")


@pytest.mark.timeout(120)
def test_a_press_without_network_is_tried_again_and_then_says_so(scenario: ServedScenario, enter: Enter) -> None:
    scenario.open(2)
    kazakhstan = enter("KAZ")
    kazakhstan.loses_the_network()
    kazakhstan.asks_for_the_floor()
    time.sleep(8)
    kazakhstan.has_the_network_again()
    kazakhstan.sees("You are next", within=15)
    assert scenario.waiting() == ["KAZ"], "pressed once, entered once"
    kazakhstan.withdraws()
    kazakhstan.sees("You are not in the list")
    kazakhstan.loses_the_network()
    kazakhstan.asks_for_the_floor()
    kazakhstan.sees("Not sent. Press again.", within=20)
    kazakhstan.has_the_network_again()
    kazakhstan.is_live(within=15)
    time.sleep(3)
    assert scenario.waiting() == [], "nothing fires later"


def test_a_double_tap_on_next_is_one_step(scenario: ServedScenario, enter: Enter) -> None:
    scenario.open(2)
    for code in ("KAZ", "ARM", "MNG"):
        scenario.do(code, "speakers.request_floor")
    chair = enter("chair")
    first = chair.queue()[0]
    chair.presses("n", "n")
    chair.sees_speaking(first)
    time.sleep(1)
    assert len(chair.queue()) == 2


def test_next_just_after_a_change_of_floor_is_asked_once_more_beside_the_button(
    scenario: ServedScenario, enter: Enter
) -> None:
    scenario.open(2)
    for code in ("KAZ", "ARM", "MNG", "PAK", "TJK"):
        scenario.do(code, "speakers.request_floor")
    chair = enter("chair")
    question = chair.page.get_by_text("Next anyway")
    while not question.is_visible():  # on a slow machine the two seconds may be over before the key is pressed
        waiting = chair.queue()
        assert scenario.next("secretary", sure=True)[0] == 200
        chair.sees_speaking(waiting[0])
        chair.presses("n")
        time.sleep(0.7)
    left = len(chair.queue())
    chair.page.get_by_role("button", name="Yes, next").click()
    expect(chair.page.locator(".queue li strong")).to_have_count(left - 1)


def test_a_point_of_order_is_above_everything_and_holds_the_speaker(scenario: ServedScenario, enter: Enter) -> None:
    scenario.open(2)
    scenario.do("KAZ", "speakers.request_floor")
    assert scenario.next()[0] == 200
    chair, iran = enter("chair"), enter("IRN")
    iran.raises_a_point_of_order()
    alert = chair.page.get_by_role("alert").filter(has_text="Point of order")
    expect(alert).to_contain_text("Iran", timeout=2000)
    time.sleep(2)
    chair.presses("p")
    iran.sees("You have the floor")
    chair.sees("is held")
    iran.page.get_by_role("button", name="End my statement").click()
    chair.sees_speaking("Kazakhstan")
