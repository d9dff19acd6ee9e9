"""Takes the pictures of the documentation anew: python -m tests.browser.pictures (docs/pictures/*.png).

The scene is the demonstration meeting in its third item. Every screen, light and dark, and states worth seeing.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.people import DESK, PHONE, TABLET, WALL, Person, chromium
from tests.hall import Hall
from tests.serving import ROOT, Served

OUT = ROOT / "docs" / "pictures"
ASKED = ("KAZ", "TJK", "MNG", "BLR", "PAK", "IRN", "LAO", "UGA", "BOL", "CRI", "SRB")


def screen(
    browser: Browser, hall: Hall, who: str, size: tuple[int, int], scheme: str = "light", lang: str = ""
) -> Person:
    phone = size == PHONE
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, has_touch=phone, is_mobile=phone,
        device_scale_factor=2 if phone else 1,
    )  # fmt: skip
    person = Person(context.new_page(), context).enters(hall.served, who)
    time.sleep(0.6)
    return person


def both(browser: Browser, hall: Hall, name: str, who: str, size: tuple[int, int]) -> None:
    """The same screen light and dark."""
    person = screen(browser, hall, who, size)
    for scheme in ("light", "dark"):
        person.page.emulate_media(color_scheme=scheme)
        time.sleep(0.2)
        person.picture(OUT / f"{name}-{scheme}.png")
    person.context.close()


def debate(hall: Hall) -> None:
    """Turkmenistan speaks, the others wait, one has a point of order."""
    hall.open(2)
    demo = hall.served.demo["tokens"]["delegates"]
    for n, code in enumerate(demo):
        hall.do(code, "roster.check_in", mode="remote" if n % 3 == 2 else "in_room")
    hall.do("TKM", "speakers.request_floor")
    assert hall.next()[0] == 200
    for code in ASKED:
        if code in demo:
            hall.do(code, "speakers.request_floor")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, chromium(playwright) as browser:
        served = Served(Path(folder))
        assert served.meeting
        hall = Hall(served.start())
        try:
            both(browser, hall, "room-before", "room", WALL)
            debate(hall)
            waiting = hall.waiting()
            hall.do("chair", "speakers.move", entry=hall.entry(waiting[2]), before=hall.entry(waiting[1]))
            both(browser, hall, "chair", "chair", DESK)
            both(browser, hall, "room", "room", WALL)
            both(browser, hall, "follow", "follower", DESK)
            both(browser, hall, "delegate-waiting", waiting[5], PHONE)
            both(browser, hall, "delegate-next", waiting[0], PHONE)
            both(browser, hall, "delegate-speaking", "TKM", PHONE)
            both(browser, hall, "delegate-idle", "ARM", PHONE)
            screen(browser, hall, "chair", TABLET).picture(OUT / "chair-tablet.png")
            hall.do("IRN", "speakers.request_floor", kind="point_of_order")
            both(browser, hall, "chair-point-of-order", "chair", DESK)
            hall.do("chair", "speakers.add_time", entry=hall.entry("TKM"), seconds=-280)
            time.sleep(6)
            both(browser, hall, "room-warning", "room", WALL)
            hall.do("chair", "speakers.set_limit", seconds=1)
            assert hall.next(sure=True)[0] == 200
            both(browser, hall, "room-point-of-order", "room", WALL)
        finally:
            hall.crowd.stop()
            served.stop()


if __name__ == "__main__":
    main()
