"""Pages: who may open which, what a live page carries, how an error reads."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from meetingsvc.core.kernel import UnfoldableEntry
from meetingsvc.store.engine import Busy
from meetingsvc.web.page_parts.navigation import HOME
from meetingsvc.web.pages.live import LIVE
from tests.support.browser import Browser, Meeting, said

Make = Callable[..., Meeting]


def boot_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="boot">(.*?)</script>', page, re.DOTALL)
    assert found, page[:500]
    made: dict[str, Any] = json.loads(found[1])
    return made


@pytest.mark.parametrize("who", ["chair", "secretary", "AZE", "room", "follower"])
def test_every_role_opens_its_own_pages_and_no_other(who: str, meeting: Meeting, browser: Browser) -> None:
    role = "delegate" if who == "AZE" else who
    address = browser.claim(meeting.secrets[who])
    assert address == f"/m/{meeting.id}" + ("" if HOME[role] == "follow" else f"/{HOME[role]}") + "?as=1"
    for page, (audience, roles) in LIVE.items():
        if page == "follow":
            continue
        for query in ("?as=1", ""):
            answer = browser.get(f"/m/{meeting.id}/{page}{query}")
            assert answer.status_code == (200 if role in roles else 403), (page, query)
            if role in roles:
                boot = boot_of(answer.text)
                assert (boot["page"], boot["role"], boot["as"]) == (page, role, 1)
                assert boot["state"]["audience"] == audience


def test_the_follow_page_is_open_to_everybody(meeting: Meeting, app: Flask, browser: Browser) -> None:
    boot = boot_of(Browser(app).get(f"/m/{meeting.id}").text)
    assert (boot["role"], boot["state"]["audience"]) == ("public", "follow")
    assert "as" not in boot and "links" not in boot["urls"]
    browser.claim(meeting.secrets["chair"])
    boot = boot_of(browser.get(f"/m/{meeting.id}?as=1").text)
    assert boot["state"]["audience"] == "follow", "whoever looks, the page shows what the public sees"
    assert browser.get(f"/m/{meeting.id}?as=99").status_code == 200, "a stale number does not lock the public out"


def test_a_live_page_carries_its_first_view(open_meeting: Meeting, browser: Browser) -> None:
    browser.claim(open_meeting.secrets["AZE"])
    boot = boot_of(browser.get(f"/m/{open_meeting.id}/floor").text)
    state = open_meeting.api("state", "AZE").get_json()
    assert {**boot["state"], "now": 0} == {**state, "now": 0}
    assert boot["delegation"] == open_meeting.delegation("AZE")
    assert (boot["lang"], boot["dir"]) == ("en", "ltr")
    for url in (boot["words_url"], boot["states_url"]):
        answer = browser.get(url)
        assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"]


def test_every_file_a_page_names_is_there(meeting: Meeting, browser: Browser) -> None:
    browser.claim(meeting.secrets["chair"])
    browser.claim(meeting.secrets["AZE"])
    named: set[str] = set()
    for path in ("/", f"/m/{meeting.id}", *(f"/m/{meeting.id}/{page}" for page in ("chair", "floor", "room", "links"))):
        page = html.unescape(browser.get(path).text)
        named |= set(re.findall(r'"(/static/[^"]+)"', page))
    assert len(named) > 20
    for url in named:
        if not url.endswith("/"):  # a prefix of the import map
            assert browser.get(url).status_code == 200, url


def test_chair_and_secretary_find_their_links(meeting: Meeting, browser: Browser) -> None:
    browser.claim(meeting.secrets["secretary"])
    boot = boot_of(browser.get(f"/m/{meeting.id}/chair").text)
    assert boot["urls"]["links"] == f"/m/{meeting.id}/links?as=1"
    assert browser.get(boot["urls"]["links"]).status_code == 200


def test_your_meetings(new_meeting: Make, browser: Browser) -> None:
    assert "There is no meeting here yet." in said(browser.get("/").text)
    here, there = new_meeting("Here & now"), new_meeting("There")
    browser.claim(here.secrets["chair"])
    browser.claim(there.secrets["BOL"])
    page = browser.get("/").text
    assert f'href="/m/{here.id}/chair?as=1"' in page and f'href="/m/{there.id}/floor?as=2"' in page
    words = said(page)
    assert "Here & now" in words and "Bolivia (Plurinational State of)" in words and "not opened yet" in words
    assert "Monday, 11 December 2023" in words or "Monday 11 December 2023" in words
    here.services.links.revoke(here.id, here.grants["chair"])
    assert "Here & now" not in said(browser.get("/").text)


# ----------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("path", ["/nope", "/m/zzzzzzzzzz", "/m/x", "/join/x", "/m/zzzzzzzzzz/chair", "/join/"])
def test_what_is_not_there(path: str, browser: Browser) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "There is nothing here" in said(answer.text) and "Your meetings" in said(answer.text)


def test_what_is_not_for_you(meeting: Meeting, browser: Browser) -> None:
    page = browser.get(f"/m/{meeting.id}/chair")
    assert page.status_code == 403
    assert "This page opens with a personal link." in said(page.text)
    browser.claim(meeting.secrets["AZE"])
    page = browser.get(f"/m/{meeting.id}/chair?as=1")
    assert page.status_code == 403 and "Your link is for another page of this meeting." in said(page.text)


def test_a_revoked_link_in_use(meeting: Meeting, browser: Browser) -> None:
    browser.claim(meeting.secrets["AZE"])
    meeting.services.links.revoke(meeting.id, meeting.grants["AZE"])
    for query in ("", "?as=1"):
        page = browser.get(f"/m/{meeting.id}/floor{query}")
        assert page.status_code == 410 and "Ask the secretariat for a new one." in said(page.text)


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (Busy("locked /srv/x.db"), 503, "This does not work just now"),
        (RuntimeError("inside /srv/secret.py"), 500, "Something went wrong on our side"),
        (OSError(28, "No space left", "/srv/x"), 500, "Something went wrong on our side"),
    ],
)
def test_faults_in_plain_words(
    fault: Exception, status: int, words: str, meeting: Meeting, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise fault

    monkeypatch.setattr(meeting.services.broadcasters, "state", broken)
    page = browser.get(f"/m/{meeting.id}")
    assert page.status_code == status
    assert words in said(page.text) and "Try again" in said(page.text)
    assert "/srv" not in page.text and "Traceback" not in page.text
    assert ("Retry-After" in page.headers) == (status == 503)


def test_a_meeting_whose_log_cannot_be_read(open_meeting: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read-only, the entry named; the others go on."""
    entry = open_meeting.services.meetings.history(open_meeting.id).batches[-1].entries[0]

    def unfoldable(*_: Any, **__: Any) -> None:
        raise UnfoldableEntry(entry, "does not fit: canary-inside")

    monkeypatch.setattr(open_meeting.services.meetings, "perform", unfoldable)
    answer = open_meeting.act("chair", "meeting.suspend")
    told = answer.get_json()
    assert (answer.status_code, told["code"], told["facts"]["entry"]) == (503, "record.stranded", entry.seq)
    assert f"from entry {entry.seq} on" in told["message"] and "canary" not in answer.text
    assert open_meeting.api("state").status_code == 200


def test_even_the_error_page_may_fail(meeting: Meeting, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr("meetingsvc.web.error_answers.render_template", broken)
    page = browser.get("/nope")
    assert page.status_code == 500 and page.text == "Something went wrong. Try again.\n"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
