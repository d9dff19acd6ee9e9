"""The order of the list is changed by keys, buttons, mouse and finger alike, and focus stays where it was."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Enter
from tests.browser.people import TABLET, Person
from tests.support.served_scenario import ServedScenario

NAMES = ("Armenia", "Mongolia", "Pakistan")


@pytest.fixture
def chair(scenario: ServedScenario, enter: Enter) -> Person:
    scenario.open(2)
    for code in ("ARM", "MNG", "PAK"):
        scenario.do(code, "speakers.request_floor")
    person = enter("chair")
    person.has_in_queue(*NAMES)
    return person


def test_by_keys(chair: Person) -> None:
    chair.presses("j", "j", "Alt+ArrowUp")
    chair.has_in_queue("Mongolia", "Armenia", "Pakistan")
    chair.presses("j", "Home")
    chair.has_in_queue("Armenia", "Mongolia", "Pakistan")
    chair.presses("3")
    chair.has_in_queue("Pakistan", "Armenia", "Mongolia")
    chair.sees("Pakistan moved to")
    chair.presses("u")
    chair.has_in_queue("Armenia", "Mongolia", "Pakistan")
    chair.presses("Delete")
    assert len(chair.queue()) in (2, 3)


def test_by_buttons(chair: Person) -> None:
    chair.chooses("Pakistan")
    chair.page.get_by_role("button", name="To the top").click()
    chair.has_in_queue("Pakistan", "Armenia", "Mongolia")
    chair.page.get_by_role("button", name="Down", exact=True).click()
    chair.has_in_queue("Armenia", "Pakistan", "Mongolia")
    chair.page.get_by_role("button", name="Remove", exact=True).click()
    chair.has_in_queue("Armenia", "Mongolia")
    chair.undoes()
    chair.has_in_queue("Armenia", "Pakistan", "Mongolia")


def test_by_mouse(chair: Person) -> None:
    grips = chair.page.locator(".queue .grip")
    source, target = grips.nth(2).bounding_box(), chair.page.locator(".queue li").nth(0).bounding_box()
    assert source and target
    mouse = chair.page.mouse
    mouse.move(source["x"] + 8, source["y"] + source["height"] / 2)
    mouse.down()
    for n in range(1, 11):
        y = source["y"] + (target["y"] + 4 - source["y"]) * n / 10
        mouse.move(source["x"] + 8, y)
    mouse.up()
    chair.has_in_queue("Pakistan", "Armenia", "Mongolia")


def test_by_finger(scenario: ServedScenario, enter: Enter) -> None:
    scenario.open(2)
    for code in ("ARM", "MNG", "PAK"):
        scenario.do(code, "speakers.request_floor")
    chair = enter("chair", size=TABLET, touch=True)
    chair.has_in_queue(*NAMES)
    source = chair.page.locator(".queue .grip").nth(2).bounding_box()
    target = chair.page.locator(".queue li").nth(0).bounding_box()
    assert source and target
    x, low, high = source["x"] + 8, source["y"] + source["height"] / 2, target["y"] + 4
    fingers = chair.context.new_cdp_session(chair.page)

    def touch(kind: str, y: float | None = None) -> None:
        points = [] if y is None else [{"x": x, "y": y}]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", low)
    for n in range(1, 13):
        touch("touchMove", low + (high - low) * n / 12)
    touch("touchEnd")
    chair.has_in_queue("Pakistan", "Armenia", "Mongolia")


def test_a_colleague_changing_the_list_leaves_the_focus_where_it_is(chair: Person, scenario: ServedScenario) -> None:
    chair.chooses("Pakistan")
    button = chair.page.get_by_role("button", name="To the top")
    button.focus()
    scenario.do("KAZ", "speakers.request_floor")
    scenario.do("secretary", "speakers.move", entry=scenario.entry("ARM"))
    chair.has_in_queue("Kazakhstan", "Mongolia", "Pakistan", "Armenia")
    focused = chair.page.evaluate("document.activeElement.innerText")
    assert "To the top" in focused


def test_a_speaker_is_added_by_the_secretary(scenario: ServedScenario, enter: Enter) -> None:
    scenario.open(2)
    secretary = enter("secretary")
    secretary.presses("a")
    secretary.page.keyboard.type("Mongo")
    secretary.presses("Enter")
    secretary.has_in_queue("Mongolia")
