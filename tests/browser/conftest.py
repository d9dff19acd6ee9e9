"""A browser for the session, a served meeting for each test, and screens for those who take part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.people import DESKTOP, PHONE, WALL, Person, chromium
from tests.support.served_scenario import ServedScenario

SIZES = {"chair": DESKTOP, "secretary": DESKTOP, "room": WALL, "follower": DESKTOP}
Enter = Callable[..., Person]
SitsDown = Callable[..., Person]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, chromium(playwright) as made:
        yield made


@pytest.fixture
def sits_down(browser: Browser) -> Iterator[SitsDown]:
    """sits_down(PHONE, zone="Africa/Nairobi"): somebody at an empty browser. Afterwards none may have complained."""
    people: list[Person] = []

    def made(
        size: tuple[int, int] = DESKTOP, *, scheme: str = "light", zone: str = "Africa/Nairobi", **more: Any
    ) -> Person:
        phone = size == PHONE
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            has_touch=phone,
            is_mobile=phone,
            timezone_id=zone,
            **more,
        )
        people.append(Person(context.new_page(), context))
        return people[-1]

    yield made
    complaints = [text for person in people for text in person.complaints]
    for person in people:
        person.context.close()
    assert complaints == []


@pytest.fixture
def enter(browser: Browser, scenario: ServedScenario) -> Iterator[Enter]:
    """enter("chair"), enter("KAZ"): somebody opens their link. Afterwards no browser may have complained."""
    people: list[Person] = []

    def made(
        who: str, *, size: tuple[int, int] | None = None, scheme: str = "light", touch: bool = False, **more: Any
    ) -> Person:
        phone = touch or (who not in SIZES and size is None)
        width, height = size or SIZES.get(who, PHONE)
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=phone, is_mobile=phone, **more
        )
        person = Person(context.new_page(), context)
        people.append(person)
        return person.enters(scenario.served, who)

    yield made
    complaints = [text for person in people for text in person.complaints]
    for person in people:
        person.context.close()
    assert complaints == []
