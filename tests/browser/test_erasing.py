"""Words, a name and a contact are erased at the page, by keys alone, while others watch; the pages on every screen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter, SitsDown
from tests.browser.people import PHONE
from tests.scenarios.test_erasing import NAME as CONTACT
from tests.scenarios.test_erasing import invited
from tests.support.served_scenario import ServedScenario

WORDS, NAME = "Madam Example was unwell", "Amina Example"


def prepared(scenario: ServedScenario) -> None:
    scenario.open(2)
    scenario.do("secretary", "record.note", text=WORDS)
    scenario.do("secretary", "speakers.inscribe", guest={"name": NAME, "post": "Expert"}, channel="email")
    assert scenario.next()[0] == 200


def tabs_to(page: Any, words: str) -> None:
    """Goes on by key until this has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText.trim()") == words:
            return
    raise AssertionError(f"{words} cannot be reached by key")


def test_a_name_is_erased_by_keys_and_every_screen_loses_it_at_once(scenario: ServedScenario, enter: Enter) -> None:
    prepared(scenario)
    wall, follower = enter("room"), enter("KAZ", size=PHONE)
    wall.sees(NAME)
    secretary = enter("secretary")
    secretary.opens(secretary.page.url.replace("/chair", "/erase"))
    secretary.sees(WORDS)
    row = secretary.page.get_by_role("listitem").filter(has_text=f"{NAME}, Expert")
    row.get_by_role("link").focus()
    secretary.page.keyboard.press("Enter")
    secretary.sees("I have read what will be gone. There is no Undo for this.")
    secretary.page.get_by_label("I have read what will be gone.").focus()
    secretary.page.keyboard.press("Space")
    tabs_to(secretary.page, "Erase for good")
    wall.sees(NAME)
    secretary.page.keyboard.press("Enter")
    secretary.sees("The name is erased from lists and statements")
    for one in (wall, follower, secretary):
        one.does_not_see(NAME)
        assert not one.complaints


def test_a_second_tap_under_the_finger_erases_nothing(scenario: ServedScenario, enter: Enter) -> None:
    prepared(scenario)
    secretary = enter("secretary")
    secretary.opens(secretary.page.url.replace("/chair", "/erase"))
    secretary.page.get_by_role("link", name=re.compile("See what would be erased")).click()
    secretary.page.get_by_role("button", name="Erase for good").dblclick()
    secretary.sees("There is no Undo for this.")
    secretary.page.get_by_role("link", name="Back, erase nothing").last.click()
    secretary.sees(WORDS)


def test_no_line_for_screen_readers_keeps_an_erased_name(scenario: ServedScenario, enter: Enter) -> None:
    scenario.open(2)
    chair, follower = enter("chair"), enter("follower")
    scenario.do("secretary", "speakers.inscribe", guest={"name": NAME, "post": "Expert"}, channel="email")
    assert scenario.next()[0] == 200
    for one in (chair, follower):
        expect(one.page.locator(".unseen").filter(has_text=f"{NAME}\u2069 was given the floor.")).to_be_attached()
    secretary = enter("secretary")
    secretary.opens(secretary.page.url.replace("/chair", "/erase"))
    secretary.page.get_by_role("link", name=re.compile(f"Correct or erase: {NAME}")).click()
    secretary.page.get_by_label("I have read what will be gone.").check()
    secretary.page.get_by_role("button", name="Erase for good").click()
    for one in (chair, follower):
        expect(one.page.locator(".name").filter(has_text=NAME)).to_have_count(0)
        expect(one.page.locator(".unseen").filter(has_text=NAME)).to_have_count(0)


def test_the_way_leads_from_the_console_to_the_words(scenario: ServedScenario, enter: Enter) -> None:
    prepared(scenario)
    secretary = enter("secretary")
    secretary.page.locator("summary").filter(has_text=re.compile("Open")).first.click()
    secretary.page.get_by_role("link", name="Erase words and names").click()
    secretary.page.get_by_role("link", name=re.compile("See what would be erased")).click()
    secretary.sees(WORDS)
    secretary.page.get_by_role("link", name="Back, erase nothing").last.click()
    secretary.sees(WORDS)
    secretary.page.get_by_role("link", name=re.compile("See what would be erased")).click()
    secretary.page.get_by_label("I have read what will be gone.").check()
    secretary.page.get_by_role("button", name="Erase for good").click()
    secretary.sees("The words are erased.")
    secretary.does_not_see(WORDS)


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_its_pages_are_free_of_barriers_on_a_desktop_and_a_narrow_phone(
    lang: str, scenario: ServedScenario, enter: Enter
) -> None:
    prepared(scenario)
    secretary = enter("secretary")
    here = secretary.page.url.replace("/chair", "/erase") + f"&lang={lang}"
    secretary.opens(here)
    looks = [link.get_attribute("href") for link in secretary.page.locator(".erasable a").all()]
    found = []
    for address in (here, *(f"{scenario.served.url}{look}" for look in (looks[0], looks[-1]))):
        secretary.opens(address)
        for scheme in ("light", "dark"):
            secretary.page.emulate_media(color_scheme=scheme)
            for width in (1280, 320):
                secretary.page.set_viewport_size({"width": width, "height": 800})
                found += [f"{address} {scheme} {width} {barrier}" for barrier in secretary.barriers()]
                if secretary.scrolls_sideways():
                    found.append(f"{address} scrolls sideways at {width}")
    assert found == []


# --------------------------------------------------------------------------------------------------------- a contact


def told(scenario: ServedScenario) -> tuple[str, str]:
    """Somebody whose calendar shows a meeting: (address of the page that erases them, link of the secretariat)."""
    contact, _, office = invited(scenario)
    url = scenario.served.url
    return f"{url}/setup/{scenario.served.demo['body']}/people/{contact}", f"{url}/join/{office}"


def test_a_contact_is_told_and_erased_by_keys_and_back_leads_nowhere_wrong(
    scenario: ServedScenario, sits_down: SitsDown
) -> None:
    page, link = told(scenario)
    office = sits_down().claims(link)
    office.opens(f"{page}?as=1")
    tabs_to(office.page, "See what would be erased")
    office.page.keyboard.press("Enter")
    office.sees("Still in their calendar")
    tabs_to(office.page, "Remove it first")
    office.page.keyboard.press("Enter")
    office.sees("The cancellation has not left yet.")
    office.page.get_by_label("I have read what will be gone.").focus()
    office.page.keyboard.press("Space")
    tabs_to(office.page, "Erase for good, without a cancellation")
    office.page.keyboard.press("Enter")
    office.sees("The contact is erased.")
    office.does_not_see(CONTACT)
    office.page.go_back()
    office.page.reload()
    office.sees("erased")
    office.does_not_see(CONTACT)
    office.follows("Members and contacts")
    office.does_not_see(CONTACT)


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_the_pages_of_a_contact_are_free_of_barriers(lang: str, scenario: ServedScenario, sits_down: SitsDown) -> None:
    page, link = told(scenario)
    office = sits_down().claims(link)
    found = []

    def look(address: str) -> None:
        office.opens(f"{address}?as=1&lang={lang}")
        for scheme in ("light", "dark"):
            office.page.emulate_media(color_scheme=scheme)
            for width in (1280, 320):
                office.page.set_viewport_size({"width": width, "height": 800})
                found.extend(f"{address} {scheme} {width} {barrier}" for barrier in office.barriers())
                if office.scrolls_sideways():
                    found.append(f"{address} scrolls sideways at {width}")

    look(page)
    look(f"{page}/erase")
    office.page.locator("form:has([value=remove]) button").click()
    look(page.rpartition("/")[0])
    look(f"{page}/erase")
    office.page.locator("form:has([value=erase]) button").click()
    look(f"{page}/erase")
    assert found == []
