"""A whole meeting is run from the console, from calling to order to closing, with what the screen offers."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.browser.people import Person
from tests.support.served_scenario import ServedScenario


def opens_menu(chair: Person) -> None:
    if chair.page.locator("details.menu[open]").count() == 0:
        chair.page.locator("details.menu summary").click()


def presses_button(chair: Person, name: str, exact: bool = True) -> None:
    chair.page.get_by_role("button", name=name, exact=exact).first.click()


@pytest.mark.timeout(120)
def test_a_meeting_from_opening_to_closing(scenario: ServedScenario, enter: Enter) -> None:
    chair = enter("chair")
    opens_menu(chair)
    presses_button(chair, "Open the meeting")
    expect(chair.page.locator("details.menu summary")).to_contain_text("Open")
    chair.presses("Escape")

    presses_button(chair, "Add an item")
    chair.page.get_by_label("Title", exact=False).first.fill("Any other business")
    chair.page.get_by_label("Planned minutes").fill("10")
    presses_button(chair, "Add the item")
    chair.sees("Any other business")
    item = next(i for i in scenario.view()["agenda"]["items"].values() if i["title"].get("en") == "Any other business")
    assert item["planned_s"] == 600

    chair.page.locator(".agenda .pick").filter(has_text="Expanding the membership").click()
    presses_button(chair, "Take up")
    expect(chair.page.locator('.agenda [aria-current="step"]')).to_contain_text("Expanding")

    scenario.do("KAZ", "speakers.request_floor")
    chair.has_in_queue("Kazakhstan")
    presses_button(chair, "Change")
    chair.page.get_by_label("Time limit from now on", exact=False).fill("7")
    presses_button(chair, "Set")
    chair.presses("Escape")
    chair.presses("n")
    expect(chair.page.locator(".dial")).to_be_visible()
    assert scenario.view()["speakers"]["floor"]["seconds"] == 420
    chair.presses("+")
    expect(chair.page.locator(".dial dl")).to_contain_text("7:30")
    chair.presses("e")
    chair.sees("Nobody has the floor")

    chair.presses("l")
    chair.sees("Reopen the list")
    chair.presses("s")
    expect(chair.page.locator("details.menu summary")).to_contain_text("Suspended")
    opens_menu(chair)
    presses_button(chair, "Resume the meeting")
    expect(chair.page.locator("details.menu summary")).to_contain_text("Open")
    chair.presses("Escape")

    opens_menu(chair)
    presses_button(chair, "Close the meeting…")
    chair.page.get_by_role("dialog").get_by_role("button", name="Close the meeting").click()
    expect(chair.page.locator("details.menu summary")).to_contain_text("Closed")
    assert scenario.view()["meeting"]["state"] == "closed"


def test_the_secretary_keeps_roster_and_record(scenario: ServedScenario, enter: Enter) -> None:
    scenario.open(2)
    secretary = enter("secretary")
    secretary.page.get_by_role("tab", name="Delegations").click()
    secretary.page.get_by_label("Find a delegation").fill("Mongolia")
    row = secretary.page.locator(".roster li").filter(has_text="Mongolia")
    row.get_by_role("button").first.click()
    secretary.page.get_by_label("Who speaks").fill("A. Speaker")
    secretary.page.get_by_label("Level").select_option("DPR")
    presses_button(secretary, "Save")
    secretary.sees("Saved.")
    told = scenario.view()["roster"]["delegations"][str(scenario.delegation("MNG"))]
    assert (told["speaker"]["name"], told["rank"]) == ("A. Speaker", "DPR")

    secretary.page.get_by_role("tab", name="Record").click()
    secretary.page.get_by_label("Note for the record").fill("The microphone of seat 4 is broken.")
    presses_button(secretary, "Write it down")
    secretary.sees("Written into the record.")
    assert [note["text"] for note in scenario.view()["record"]["notes"].values()] == [
        "The microphone of seat 4 is broken."
    ]


def test_a_link_is_made_and_taken_back_while_it_is_in_use(scenario: ServedScenario, enter: Enter) -> None:
    scenario.open(2)
    secretary, wall = enter("secretary"), enter("room")
    opens_menu(secretary)
    secretary.page.get_by_role("link", name="Personal links", exact=True).click()
    secretary.page.get_by_role("button", name="Revoke: Room display").first.click()
    wall.is_not_live(within=15)
    wall.complaints.clear()  # the refusals that the browser mentions are what was asked for
