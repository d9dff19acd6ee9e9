"""The page of links: made, shown this once, revoked; wrong wishes are told and make nothing."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from meetingsvc.web import sent_forms
from tests.support.browser import Browser, Meeting, form_token, hidden


def test_the_secretariat_makes_shows_and_revokes_links(
    meeting: Meeting, browser: Browser, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.claim(meeting.secrets["secretary"])
    path = f"/m/{meeting.id}/links"
    page = browser.get(f"{path}?as=1")
    given = {"form": form_token(page, f"{path}?as=1"), "once": hidden(page, "once"), "role": "room", "label": "Hall 1"}
    made = browser.post(f"{path}?as=1", data=given)
    assert made.status_code == 200 and "<svg" in made.text and "style=" not in made.text
    url = re.search(r"http://127\.0\.0\.1:8000/join/([\w-]{32})", made.text)
    assert url
    tapped = browser.post(f"{path}?as=1", data=given)
    assert url[0] in tapped.text, "the answer to a second tap takes the first one's place"
    stranger = Browser(app)
    stranger.claim(meeting.secrets["chair"])
    other = {**given, "label": "Hall 2", "form": form_token(stranger.get(f"{path}?as=1"), f"{path}?as=1")}
    assert url[0] not in stranger.post(f"{path}?as=1", data=other).text, "somebody else's mark is another's"
    monkeypatch.setattr(sent_forms, "SECOND_TAP", 0.0)
    given = {**given, "label": "Hall 3", "once": "another form"}
    assert "/join/" in browser.post(f"{path}?as=1", data=given).text
    again = browser.post(f"{path}?as=1", data=given)
    assert "/join/" not in again.text and "made before" in again.text, "a reload makes no second link"
    assert "/join/" not in browser.get(f"{path}?as=1").text, "never shown again"

    guest = Browser(app)
    assert guest.claim(url[1]) == f"/m/{meeting.id}/room?as=1"
    grant = next(row.id for row in meeting.services.links.of_meeting(meeting.id) if row.label == "Hall 1")
    taking = f"{path}/revoke?as=1"
    token = form_token(browser.get(f"{path}?as=1"), taking)
    answer = browser.post(taking, data={"form": token, "grant": grant})
    assert answer.status_code == 303 and "The link was revoked." in browser.get(answer.headers["Location"]).text
    assert guest.get(f"/m/{meeting.id}/room?as=1").status_code == 410
    assert guest.get(f"/join/{url[1]}").status_code == 410


def test_a_link_for_each_delegation_without_one(meeting: Meeting, browser: Browser) -> None:
    meeting.do("roster.accredit", code="KEN", kind="member")
    meeting.do("roster.accredit", code="UGA", kind="member")
    browser.claim(meeting.secrets["chair"])
    path = f"/m/{meeting.id}/links?as=1"
    page = browser.get(path)
    given = {"form": form_token(page, path), "once": hidden(page, "once"), "role": "delegate", "delegation": "every"}
    made = browser.post(path, data=given)
    assert len(set(re.findall(r"/join/([\w-]{32})", made.text))) == 2
    assert "Kenya" in made.text and "Uganda" in made.text
    page = browser.get(path)
    again = browser.post(path, data={**given, "once": hidden(page, "once")})
    assert "Each delegation has a link already." in again.text


@pytest.mark.parametrize(
    "given",
    [
        {"role": "clock"},
        {"role": ""},
        {"role": "delegate", "delegation": "999"},
        {"role": "delegate"},
        {"role": "delegate", "delegation": "²"},
        {"role": "room", "label": "x" * 101},
        {"role": "room", "label": "a\x00b"},
        {"role": "room", "label": "\u202eevil"},
    ],
)
def test_wrong_wishes_for_links_are_told(given: dict[str, str], meeting: Meeting, browser: Browser) -> None:
    browser.claim(meeting.secrets["chair"])
    before = len(meeting.services.links.of_meeting(meeting.id))
    path = f"/m/{meeting.id}/links?as=1"
    page = browser.get(path)
    sound = {"form": form_token(page, path), "once": hidden(page, "once")}
    answer = browser.post(path, data={**sound, **given})
    assert answer.status_code == 422
    assert len(meeting.services.links.of_meeting(meeting.id)) == before
    corrected = browser.post(path, data={**sound, "role": "room"})
    assert "/join/" in corrected.text, "the same form, corrected, is taken"
