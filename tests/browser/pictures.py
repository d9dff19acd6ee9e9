"""Takes the pictures of the documentation anew: python -m tests.browser.pictures (docs/pictures/*.png).

The scene is the demonstration meeting in its third item. Every screen, light and dark, and states worth seeing. Then
the pages of a meeting that the same body schedules; `python -m tests.browser.pictures calendar` takes these alone.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.people import DESKTOP, PHONE, TABLET, WALL, Person, chromium
from tests.mail.letterbox import Letterbox, listening
from tests.support.running_service import ROOT, RunningService
from tests.support.served_scenario import ServedScenario

OUT = ROOT / "docs" / "pictures"
ASKED = ("KAZ", "TJK", "MNG", "BLR", "PAK", "IRN", "LAO", "UGA", "BOL", "CRI", "SRB")


def screen(
    browser: Browser, scenario: ServedScenario, who: str, size: tuple[int, int], scheme: str = "light", lang: str = ""
) -> Person:
    phone = size == PHONE
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        has_touch=phone,
        is_mobile=phone,
        device_scale_factor=2 if phone else 1,
    )
    person = Person(context.new_page(), context).enters(scenario.served, who)
    time.sleep(0.6)
    return person


def both(browser: Browser, scenario: ServedScenario, name: str, who: str, size: tuple[int, int]) -> None:
    """The same screen light and dark."""
    person = screen(browser, scenario, who, size)
    for scheme in ("light", "dark"):
        person.page.emulate_media(color_scheme=scheme)
        time.sleep(0.2)
        person.picture(OUT / f"{name}-{scheme}.png")
    person.context.close()


def debate(scenario: ServedScenario) -> None:
    """Turkmenistan speaks, the others wait, one has a point of order."""
    scenario.open(2)
    demo = scenario.served.demo["tokens"]["delegates"]
    for n, code in enumerate(demo):
        scenario.do(code, "roster.check_in", mode="remote" if n % 3 == 2 else "in_room")
    scenario.do("TKM", "speakers.request_floor")
    assert scenario.next()[0] == 200
    for code in ASKED:
        if code in demo:
            scenario.do(code, "speakers.request_floor")


PAGE = (1120, 1180)
#: A change before it is done is a short page.
SHORT = {"width": 1120, "height": 820}


def reader(browser: Browser, size: tuple[int, int], zone: str) -> Person:
    """Somebody at plain pages."""
    phone = size == PHONE
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        has_touch=phone,
        is_mobile=phone,
        timezone_id=zone,
        locale="en-GB",
        device_scale_factor=2 if phone else 1,
    )
    return Person(context.new_page(), context)


def kept(person: Person, name: str, *, whole: bool = False) -> None:
    for scheme in ("light", "dark"):
        person.page.emulate_media(color_scheme=scheme)
        time.sleep(0.2)
        path = OUT / f"{name}-{scheme}.png"
        person.whole_picture(path) if whole else person.picture(path)


def calendars(browser: Browser, served: RunningService) -> None:
    """From the empty form to a mission's answer."""
    office = reader(browser, PAGE, "Asia/Ashgabat").claims(f"{served.url}/join/{served.token('office')}")
    office.follows("Schedule a meeting")
    office.fills(title_en="Winter meeting of the Group of Friends of Neutrality")
    office.fills(date_0="2027-12-10", from_0="10:00", to_0="13:00", room="Conference hall, Ashgabat")
    office.clicks("Add a session")
    office.fills(date_1="2027-12-11", from_1="10:00", to_1="12:00", link="https://meet.example/friends")
    office.fills(agenda="Adoption of the agenda | 10\nGlobal Security Strategy initiative | 60\nOther matters | 15")
    office.page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    kept(office, "schedule")
    office.clicks("Look before scheduling")
    kept(office, "schedule-look")
    office.clicks("Schedule")
    office.follows("Look at the invitations")
    people = {}
    for code in ("Kenya", "Kazakhstan", "Uganda", "Mongolia", "Pakistan"):
        office.page.get_by_role("link", name=f"Details: Permanent Mission of {code}").click()
        people[code] = office.page.get_by_label("Their personal link").input_value()
        office.follows("Back to the list")
    office.clicks("Look before sending")
    office.page.get_by_label("Look at the letter to").select_option(label="Permanent Mission of Kenya")
    office.clicks("Show")
    kept(office, "invitations-look")
    office.clicks("Send the invitations")
    office.sees("they leave within a minute")
    listed = office.page.url
    for code, answer, where in (
        ("Kazakhstan", "I accept", "In the room"),
        ("Uganda", "I accept", "Remote"),
        ("Mongolia", "Perhaps", "Remote"),
        ("Pakistan", "I decline", "Remote"),
    ):
        guest = reader(browser, PHONE, "UTC").claims(people[code])
        guest.chooses_the(answer)
        guest.chooses_the(where)
        guest.clicks("Send my answer")
        guest.context.close()
    while "Waits to leave" in office.opens(listed.replace("&done=send", "")).reads():
        time.sleep(1)
    kept(office, "invitations")
    office.follows("Times and places")
    office.unfolds("Move or drop")
    office.page.locator('[name="from"]:visible').fill("15:00")
    office.page.locator('[name="to"]:visible').fill("18:00")
    office.clicks("Look at moving it")
    office.page.set_viewport_size(SHORT)
    kept(office, "times-look")
    office.follows("Back to the times")
    office.follows("Calendar page")
    public = reader(browser, PAGE, "America/New_York").opens(office.page.url)
    public.sees("Where you are")
    kept(public, "calendar")
    kenya = reader(browser, PHONE, "Africa/Nairobi").claims(people["Kenya"])
    kept(kenya, "calendar-phone", whole=True)
    kept(reader(browser, PAGE, "UTC").opens(f"{served.url}/b/{served.demo['body']}"), "body")


def served_with_mail(folder: str, box: Letterbox) -> RunningService:
    """A service whose letters leave at once. One mission's mail server does not take them."""
    box.refuses["aze@missions.example"] = "550 5.1.1 Mailbox unknown"
    return RunningService(Path(folder), {"MEETINGSVC_SMTP_URL": box.url, "MEETINGSVC_GRACE_S": "1"})


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        chromium(playwright) as browser,
        listening() as box,
    ):
        served = served_with_mail(folder, box)
        assert served.meeting
        scenario = ServedScenario(served.start())
        try:
            if "calendar" not in sys.argv[1:]:
                screens(browser, scenario)
            calendars(browser, served)
        finally:
            scenario.crowd.stop()
            served.stop()


def screens(browser: Browser, scenario: ServedScenario) -> None:
    """The four live screens."""
    both(browser, scenario, "room-before", "room", WALL)
    debate(scenario)
    waiting = scenario.waiting()
    scenario.do("chair", "speakers.move", entry=scenario.entry(waiting[2]), before=scenario.entry(waiting[1]))
    both(browser, scenario, "chair", "chair", DESKTOP)
    both(browser, scenario, "room", "room", WALL)
    both(browser, scenario, "follow", "follower", DESKTOP)
    both(browser, scenario, "delegate-waiting", waiting[5], PHONE)
    both(browser, scenario, "delegate-next", waiting[0], PHONE)
    both(browser, scenario, "delegate-speaking", "TKM", PHONE)
    both(browser, scenario, "delegate-idle", "ARM", PHONE)
    screen(browser, scenario, "chair", TABLET).picture(OUT / "chair-tablet.png")
    scenario.do("IRN", "speakers.request_floor", kind="point_of_order")
    both(browser, scenario, "chair-point-of-order", "chair", DESKTOP)
    scenario.do("chair", "speakers.add_time", entry=scenario.entry("TKM"), seconds=-280)
    time.sleep(6)
    both(browser, scenario, "room-warning", "room", WALL)
    scenario.do("chair", "speakers.set_limit", seconds=1)
    assert scenario.next(sure=True)[0] == 200
    both(browser, scenario, "room-point-of-order", "room", WALL)


if __name__ == "__main__":
    main()
