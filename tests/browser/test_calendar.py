"""A meeting as a date: the secretariat schedules, looks, sends and moves it; somebody invited answers on a phone."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SitsDown
from tests.browser.people import PHONE, Person
from tests.mail.letterbox import listening
from tests.support.running_service import RunningService

TITLE = "Winter meeting of the Group of Friends"


@pytest.fixture
def served(tmp_path: Path):  # type: ignore[no-untyped-def]
    made = RunningService(tmp_path, {"MEETINGSVC_GRACE_S": "60"})
    assert made.meeting
    made.start()
    yield made
    made.stop()


def secretariat(served: RunningService, sits_down: SitsDown, **more: object) -> Person:
    return sits_down(**more).claims(f"{served.url}/join/{served.token('office')}")


def fills_in_a_meeting(person: Person) -> None:
    """Two sessions on two days, a room, a link, interpretation, an agenda."""
    person.follows("Schedule a meeting")
    person.fills(title_en=TITLE, date_0="2027-12-10", from_0="10:00", to_0="13:00")
    person.clicks("Add a session")
    person.fills(date_1="2027-12-11", from_1="10:00", to_1="13:00")
    person.fills(room="Conference hall, Ashgabat", link="https://meet.example/friends")
    person.clicks("Add interpretation, telephone or another way in")
    person.fills(way_label_0="Interpretation: French", way_language_0="fr", way_address_0="https://meet.example/fr")
    person.fills(agenda="Adoption of the agenda | 10\nGlobal Security Strategy initiative | 60")


def schedules(person: Person) -> None:
    fills_in_a_meeting(person)
    person.clicks("Look before scheduling")
    person.clicks("Schedule")
    person.sees("The meeting is scheduled")


def link_of(person: Person, name: str) -> str:
    """The personal link of somebody on the list, as the secretariat would hand it over."""
    person.page.get_by_role("link", name=f"Details: {name}").click()
    found = person.page.get_by_label("Their personal link").input_value()
    person.follows("Back to the list")
    return found


@pytest.mark.timeout(180)
def test_the_secretariat_schedules_two_sessions_and_sees_everything_first(
    served: RunningService, sits_down: SitsDown
) -> None:
    person = secretariat(served, sits_down)
    person.sees("Group of Friends of Neutrality")
    fills_in_a_meeting(person)
    person.fills(to_1="09:00")
    person.clicks("Look before scheduling")
    person.sees("One thing is to be corrected. Nothing was saved.")
    expect(person.page.locator("[role=alert]")).to_be_focused()
    expect(person.page.locator('[name="title_en"]')).to_have_value(TITLE)
    assert person.barriers() == [] and not person.scrolls_sideways()
    person.complaints.clear()  # the browser mentions the 422
    person.fills(to_1="13:00")
    person.clicks("Look before scheduling")
    for words in ("Friday, 10 December 2027, 10:00–13:00 (Ashgabat)", "2 sessions", "25 contacts of the body"):
        person.sees(words)
    person.sees(re.compile(r"Very early or late for \d+ of those on the list: .*New York 00:00"))
    assert person.barriers() == []
    person.clicks("Schedule")
    person.sees("The meeting is scheduled")
    assert person.page.locator(".plain-qr svg").count() == 2
    person.follows("Console")
    person.is_live()
    person.sees(TITLE)


@pytest.mark.timeout(180)
def test_invitations_are_looked_at_before_they_are_sent(served: RunningService, sits_down: SitsDown) -> None:
    person = secretariat(served, sits_down)
    schedules(person)
    person.follows("Look at the invitations")
    person.sees("25 on the list were not invited yet.")
    person.clicks("Look before sending")
    person.sees("25 will be invited.")
    person.page.get_by_label("Look at the letter to").select_option(label="Permanent Mission of Kenya")
    person.clicks("Show")
    person.sees(f"Invitation: {TITLE}, Friday, 10 December 2027")
    person.page.get_by_label("Permanent Mission of Armenia", exact=True).uncheck()
    assert person.barriers() == []
    person.clicks("Send the invitations")
    person.sees("they leave within a minute")
    person.sees("1 on the list was not invited yet.")
    assert person.barriers() == [] and not person.scrolls_sideways()


@pytest.mark.timeout(240)
def test_after_sending_the_page_says_what_became_of_each_mail(tmp_path: Path, sits_down: SitsDown) -> None:
    with listening() as box:
        box.refuses["aze@missions.example"] = "550 5.1.1 Mailbox unknown"
        served = RunningService(tmp_path, {"MEETINGSVC_SMTP_URL": box.url, "MEETINGSVC_GRACE_S": "1"})
        assert served.meeting
        served.start()
        try:
            person = secretariat(served, sits_down)
            schedules(person)
            person.follows("Look at the invitations")
            address = person.page.url
            person.clicks("Look before sending")
            person.clicks("Send the invitations")
            person.sees("they leave within a minute")
            until = time.monotonic() + 60
            while "Waits to leave" in person.opens(address).reads() and time.monotonic() < until:
                time.sleep(0.5)
            words = person.reads()
            # two sessions are two events, and two letters each
            assert len(box.taken) == 48 and "Waits" not in words
            assert "Failed: " in words and "Mailbox unknown" in words
            assert words.count("Sent ") == 24 and "Mail out: in order" in words
            person.follows("Times and places")
            person.unfolds("Move or drop")
            person.page.locator('[name="from"]:visible').fill("15:00")
            person.page.locator('[name="to"]:visible').fill("18:00")
            person.clicks("Look at moving it")
            person.sees("24 will get an update by mail.")
        finally:
            served.stop()


@pytest.mark.timeout(180)
def test_a_session_is_moved_with_a_look_first_and_brought_back_within_the_minute(
    served: RunningService, sits_down: SitsDown
) -> None:
    person = secretariat(served, sits_down)
    schedules(person)
    person.follows("Times and places")
    person.unfolds("Move or drop")
    person.page.locator('[name="from"]:visible').fill("15:00")
    person.page.locator('[name="to"]:visible').fill("18:00")
    person.clicks("Look at moving it")
    person.sees("Friday, 10 December 2027, 15:00–18:00 (Ashgabat)")
    person.sees("25 stand on the list and were not invited yet: nothing is sent.")
    assert person.barriers() == []
    person.clicks("Do it")
    person.sees("A session was rescheduled")
    assert "15:00–18:00" in person.reads() and person.barriers() == []
    person.clicks("Undo")
    person.sees("Taken back.")
    assert "15:00–18:00" not in person.reads()


@pytest.mark.timeout(180)
def test_somebody_invited_answers_on_a_phone_and_subscribes(served: RunningService, sits_down: SitsDown) -> None:
    person = secretariat(served, sits_down)
    schedules(person)
    person.follows("Look at the invitations")
    kenya = sits_down(PHONE).claims(link_of(person, "Permanent Mission of Kenya"))
    kenya.sees(TITLE)
    kenya.sees("Where you are (Nairobi)")
    assert "Join https://meet.example/friends" in kenya.reads()
    assert kenya.barriers() == [] and not kenya.scrolls_sideways()
    kenya.chooses_the("I accept")
    kenya.chooses_the("In the room")
    kenya.clicks("Send my answer")
    kenya.sees("Thank you. The secretariat sees your answer.")
    kenya.page.get_by_label("Alarm").select_option(label="15 minutes before")
    kenya.clicks("Make my calendar address")
    kenya.sees("It is shown once and never again.")
    address = kenya.page.get_by_label("Address for Google, Outlook and others").input_value()
    assert kenya.page.get_by_role("link", name="Subscribe in the calendar of this device").get_attribute("href") == (
        address.replace("http:", "webcal:")
    )
    assert kenya.barriers() == [] and not kenya.scrolls_sideways()
    feed = served.http.get(address)
    assert feed.status_code == 200 and TITLE.encode() in feed.content.replace(b"\r\n ", b"")
    person.page.reload()
    expect(person.page.locator(".totals .in_room b")).to_have_text("1")
    kenya.page.get_by_role("button", name=re.compile("^Revoke")).click()
    kenya.sees("The address was revoked.")
    assert served.http.get(address).status_code == 404


@pytest.mark.timeout(180)
def test_the_page_asks_the_device_where_it_is_read_and_the_server_what_time_that_is(
    served: RunningService, sits_down: SitsDown
) -> None:
    person = secretariat(served, sits_down)
    schedules(person)
    person.follows("Calendar page")
    address = person.page.url
    winnipeg = sits_down(zone="America/Winnipeg").opens(address)
    winnipeg.sees("Where you are (Winnipeg)")
    # what the pinned data say; the browser's own are older and would be an hour off
    row = winnipeg.page.locator(".clocks > div").filter(has_text="Winnipeg").first
    expect(row).to_contain_text("00:00–03:00")
    without = sits_down(zone="America/Winnipeg", java_script_enabled=False).opens(f"{address}?zone=Pacific/Auckland")
    without.sees("Where you are (Auckland)")
    assert "https://meet.example" not in winnipeg.page.content()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_free_of_barriers_on_a_desktop_and_a_narrow_phone(
    scheme: str, served: RunningService, sits_down: SitsDown
) -> None:
    person = secretariat(served, sits_down, scheme=scheme)
    schedules(person)
    person.follows("Look at the invitations")
    list_address = person.page.url
    link = link_of(person, "Permanent Mission of Kenya")
    details = person.page.get_by_role("link", name="Details: Permanent Mission of Kenya").get_attribute("href")
    times = person.page.get_by_role("link", name="Times and places").get_attribute("href")
    office = f"/setup/{served.demo['body']}"
    pages = [list_address, served.url + str(details), served.url + str(times), f"{served.url}/b/{served.demo['body']}"]
    pages += [f"{served.url}{office}{page}?as=1" for page in ("", "/schedule", "/import", "/people", "/settings")]
    guest = sits_down(scheme=scheme).claims(link)
    found = []
    for who, addresses in ((person, pages), (guest, [guest.page.url])):
        for address in addresses:
            who.opens(address)
            for summary in who.page.locator("summary").all():
                summary.click()
            for size in ({"width": 1280, "height": 900}, {"width": 320, "height": 700}):
                who.page.set_viewport_size(size)
                found += [f"{address} {size['width']} {barrier}" for barrier in who.barriers()]
                if who.scrolls_sideways():
                    found.append(f"{address} scrolls sideways at {size['width']}")
    assert found == []


@pytest.mark.timeout(180)
def test_all_of_it_works_without_scripts(served: RunningService, sits_down: SitsDown) -> None:
    person = secretariat(served, sits_down, java_script_enabled=False)
    schedules(person)
    person.follows("Look at the invitations")
    link = link_of(person, "Permanent Mission of Cuba")
    cuba = sits_down(java_script_enabled=False).claims(link)
    cuba.chooses_the("I decline")
    cuba.fills(substitute="The Deputy Permanent Representative")
    cuba.clicks("Send my answer")
    cuba.sees("Thank you.")
    person.page.reload()
    person.sees("Instead: The Deputy Permanent Representative")


@pytest.mark.timeout(180)
def test_the_meeting_is_cancelled_from_the_console_and_every_screen_says_so(
    served: RunningService, sits_down: SitsDown
) -> None:
    chair = sits_down().enters(served, "chair")
    wall, delegate = sits_down().enters(served, "room"), sits_down(PHONE).enters(served, "KEN")
    public = sits_down().opens(f"{served.url}/m/{served.meeting}")
    public.is_live()
    chair.page.locator("details.menu summary").click()
    chair.clicks("Cancel the meeting")
    for screen in (chair, wall, delegate, public):
        screen.sees("This meeting is cancelled")
        assert screen.barriers() == []
    chair.presses("Escape")
    chair.page.locator("h1").first.click()
    chair.undoes()
    public.sees("The meeting is not open yet")
