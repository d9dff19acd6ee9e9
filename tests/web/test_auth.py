"""Personal links: shown, claimed, chosen, revoked, forgotten; identity comes from the credential and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from meetingsvc.web.auth import socket_identity
from tests.support.browser import ORIGIN, Browser, Meeting, form_token, services_of

Make = Callable[..., Meeting]


# ------------------------------------------------------------------------------------------------------ opening one


def test_a_link_is_shown_before_it_is_claimed(meeting: Meeting, browser: Browser) -> None:
    page = browser.get(f"/join/{meeting.secrets['AZE']}")
    assert page.status_code == 200
    for words in ("Group of Friends", "Delegate", "Azerbaijan", "Enter"):
        assert words in page.text
    assert "no-store" in page.headers["Cache-Control"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert browser.get("/").text.count("<li>") == 0, "looking claims nothing"


def test_scanners_that_open_links_leave_no_trace(meeting: Meeting, app: Flask) -> None:
    """Twenty looks by bots, by GET and HEAD, then the person's own press works (a link is not used up)."""
    secret = meeting.secrets["AZE"]

    def rows() -> Any:
        import sqlalchemy as sa

        count = "SELECT (SELECT count(*) FROM browser_sessions), (SELECT count(*) FROM session_grants)"
        return meeting.services.meetings.database.read(lambda c: tuple(c.execute(sa.text(count)).one()))

    before = rows()
    for n in range(20):
        bot = Browser(app)
        method = bot.client.get if n % 2 else bot.client.head
        assert method(f"/join/{secret}", base_url=ORIGIN, headers={"User-Agent": "LinkScanner"}).status_code == 200
    assert rows() == before
    person = Browser(app)
    assert person.claim(secret) == f"/m/{meeting.id}/floor?as=1"
    assert rows() == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize("token", ["x", "a" * 32, "a" * 5_000, "..", "%2e%2e%2f", "ä", "x'--", "%00", "\u202e"])
def test_what_is_no_link_always_looks_the_same(token: str, meeting: Meeting, browser: Browser) -> None:
    first = browser.get("/join/" + "b" * 32)
    answer = browser.get(f"/join/{token}")
    assert answer.status_code == 404
    if "/join" in str(answer.request.path) and "%2f" not in token:
        assert answer.text == first.text


def test_a_revoked_link_says_so(meeting: Meeting, browser: Browser) -> None:
    meeting.services.links.revoke(meeting.id, meeting.grants["AZE"])
    page = browser.get(f"/join/{meeting.secrets['AZE']}")
    assert page.status_code == 410
    assert "revoked" in page.text and "Ask the secretariat" in page.text
    assert meeting.act("AZE", "roster.check_in", {"mode": "remote"}).get_json()["code"] == "sign_in.revoked"
    assert meeting.api("state", "AZE").status_code == 403


# --------------------------------------------------------------------------------------------------------- claiming


def test_claiming_needs_the_form_of_this_browser(meeting: Meeting, app: Flask, browser: Browser) -> None:
    """Login CSRF: another site cannot make a browser claim a link of the attacker's."""
    path = f"/join/{meeting.secrets['AZE']}"
    token = form_token(browser.get(path))
    other = Browser(app)
    other.get("/")
    for data in ({}, {"form": ""}, {"form": "0" * 64}, {"form": token}):
        answer = other.post(path, data=data)
        assert answer.status_code == 403, data
        assert "nothing was done" in answer.text
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
    ):
        assert browser.post(path, data={"form": token}, headers=headers).status_code == 403
    assert browser.post(path, data={"form": token}).status_code == 303


def test_a_forms_token_fits_one_path(meeting: Meeting, browser: Browser) -> None:
    token = form_token(browser.get(f"/join/{meeting.secrets['AZE']}"))
    assert browser.post(f"/join/{meeting.secrets['chair']}", data={"form": token}).status_code == 403


def test_every_claim_gives_a_new_session(meeting: Meeting, app: Flask) -> None:
    """A session that somebody planted in a browser never gains a grant (session fixation)."""
    planted = Browser(app)
    planted.claim(meeting.secrets["follower"])
    secret = planted.client.get_cookie("meetings_8000", domain="127.0.0.1")
    assert secret is not None
    victim = Browser(app)
    victim.client.set_cookie("meetings_8000", secret.value, domain="127.0.0.1")
    assert victim.claim(meeting.secrets["chair"]) == f"/m/{meeting.id}/chair?as=2"
    after = victim.client.get_cookie("meetings_8000", domain="127.0.0.1")
    assert after is not None and after.value != secret.value
    assert victim.act(meeting.id, 2, "meeting.open", {}).status_code == 200
    assert planted.act(meeting.id, 2, "meeting.close", {}).status_code == 403
    assert planted.act(meeting.id, 1, "meeting.close", {}).get_json()["code"] == "rights.not_yours"


def test_a_double_tap_on_enter_keeps_all_links(meeting: Meeting, browser: Browser) -> None:
    browser.claim(meeting.secrets["AZE"])
    old = browser.client.get_cookie("meetings_8000", domain="127.0.0.1")
    assert old is not None
    first = browser.claim(meeting.secrets["BOL"])
    browser.client.set_cookie("meetings_8000", old.value, domain="127.0.0.1")
    assert browser.claim(meeting.secrets["BOL"]) == first
    assert browser.get("/").text.count("<li>") == 2


def test_a_link_claimed_twice_keeps_its_number(meeting: Meeting, browser: Browser) -> None:
    assert browser.claim(meeting.secrets["AZE"]) == browser.claim(meeting.secrets["AZE"])


def test_a_session_that_was_made_up_is_not_taken_over(meeting: Meeting, browser: Browser) -> None:
    browser.client.set_cookie("meetings_8000", "A" * 43, domain="127.0.0.1")
    browser.claim(meeting.secrets["AZE"])
    cookie = browser.client.get_cookie("meetings_8000", domain="127.0.0.1")
    assert cookie is not None and cookie.value != "A" * 43


def test_the_cookie_is_for_this_server_alone(meeting: Meeting, browser: Browser) -> None:
    page = browser.get(f"/join/{meeting.secrets['AZE']}")
    answer = browser.post(f"/join/{meeting.secrets['AZE']}", data={"form": form_token(page)})
    cookies = [value for name, value in answer.headers if name == "Set-Cookie"]
    assert any(re.fullmatch(r"meetings_8000=[\w-]{43}; .*", cookie) for cookie in cookies)
    for cookie in cookies:
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie and "Domain" not in cookie
    assert meeting.secrets["AZE"] not in str(answer.headers), "the secret is gone from every address"


# --------------------------------------------------------------------------------------------- four people, one browser


def test_four_links_in_one_browser_are_four_people(meeting: Meeting, browser: Browser) -> None:
    for number, who in enumerate(("chair", "AZE", "BOL", "room"), 1):
        assert browser.claim(meeting.secrets[who]).endswith(f"?as={number}")
    assert browser.act(meeting.id, 1, "meeting.open", {}).status_code == 200
    assert browser.act(meeting.id, 2, "meeting.adjourn", {}).status_code == 403
    assert browser.act(meeting.id, 4, "meeting.adjourn", {}).status_code == 403
    browser.act(meeting.id, 1, "speakers.open_list", {})
    for number, code in ((2, "AZE"), (3, "BOL")):
        answer = browser.act(meeting.id, number, "speakers.request_floor", {})
        assert answer.get_json()["said"][0]["facts"]["delegation"] == meeting.delegation(code)
    for number in (0, 5, 99, -1, 10**9):
        answer = browser.act(meeting.id, number, "meeting.adjourn", {})
        assert (answer.status_code, answer.get_json()["code"]) == (403, "sign_in.not_on_this_device"), number
    answer = browser.act(meeting.id, None, "meeting.adjourn", {})
    assert answer.get_json()["code"] == "sign_in.needed", "without a number, four links are nobody"


def test_one_link_needs_no_number(meeting: Meeting, browser: Browser) -> None:
    browser.claim(meeting.secrets["chair"])
    assert browser.act(meeting.id, None, "meeting.open", {}).status_code == 200


@pytest.mark.parametrize("number", ["1; 2", "1 OR 1=1", "٣", "0x1", "1e3", "", "a" * 10_000])
def test_a_strange_number_is_nobody(number: str, meeting: Meeting, browser: Browser) -> None:
    browser.claim(meeting.secrets["chair"])
    browser.claim(meeting.secrets["AZE"])
    answer = browser.act(meeting.id, None, "meeting.open", {}, Grant=number.encode("utf-8").decode("latin-1"))
    assert answer.status_code == 403


def test_several_links_for_one_page_are_a_choice(meeting: Meeting, browser: Browser) -> None:
    browser.claim(meeting.secrets["AZE"])
    browser.claim(meeting.secrets["BOL"])
    page = browser.get(f"/m/{meeting.id}/floor")
    assert page.status_code == 200
    assert "As whom?" in page.text and "Azerbaijan" in page.text
    assert f"/m/{meeting.id}/floor?as=1" in page.text and f"/m/{meeting.id}/floor?as=2" in page.text


# ---------------------------------------------------------------------------------------------------------- identity


def test_identity_comes_from_the_credential_only(open_meeting: Meeting) -> None:
    """Whatever else a request says: the delegation of the link acts, or nobody."""
    bolivia = open_meeting.delegation("BOL")
    for field in ("delegation", "actor", "by", "role", "as", "grant", "id"):
        answer = open_meeting.act("AZE", "speakers.request_floor", {field: bolivia})
        assert (answer.status_code, answer.get_json()["facts"]["path"]) == (422, f"$.{field}")
    entry = open_meeting.act("BOL", "speakers.request_floor").get_json()["said"][0]["seq"]
    before = open_meeting.seq()
    for who, name, body in (
        ("CUB", "speakers.withdraw", {"entry": entry}),
        ("CUB", "roster.check_in", {"delegation": bolivia, "mode": "remote"}),
        ("CUB", "roster.set_mode", {"delegation": bolivia, "mode": "remote"}),
        ("CUB", "roster.leave", {"delegation": bolivia}),
    ):
        answer = open_meeting.act(who, name, body)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "rights.not_your_delegation"), name
    headers = {"Grant": "1", "X-Role": "chair", "X-Forwarded-User": "chair", "Cookie": "meetings_8000=chair"}
    assert open_meeting.act("room", "meeting.suspend", {}, headers=headers).status_code == 403
    assert open_meeting.seq() == before


def test_a_bad_credential_is_never_passed_over(meeting: Meeting) -> None:
    """Not even where the public may look: a program must learn that its link is not good."""
    for header in ("Bearer ", "Bearer x", "Basic " + "a" * 40, "Bearer " + "a" * 32, "Bearer " + "a" * 9_000, "\x01"):
        answer = meeting.get(f"/api/v1/meetings/{meeting.id}/state", headers={"Authorization": header})
        assert (answer.status_code, answer.get_json()["code"]) == (403, "sign_in.unknown_link"), header


def test_ids_of_one_meeting_are_worth_nothing_in_another(new_meeting: Make) -> None:
    """IDOR: every role of A asks and acts in B."""
    here, there = new_meeting("Here"), new_meeting("There")
    before = there.seq()
    for who in here.secrets:
        header = {"Authorization": f"Bearer {here.secrets[who]}"}
        for what in ("state", "state?audience=staff", "state?audience=follow", "record", "log", "lists/3"):
            answer = there.get(f"/api/v1/meetings/{there.id}/{what}", headers=header)
            assert (answer.status_code, answer.get_json()["code"]) == (403, "rights.other_meeting"), (who, what)
        answer = there.act(None, "meeting.open", headers=header)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "rights.other_meeting")
    delegation = here.delegation("AZE")
    assert there.act("chair", "roster.check_in", {"delegation": delegation + 999, "mode": "remote"}).status_code == 409
    assert there.seq() == before


def test_a_browsers_links_stay_in_their_meeting(new_meeting: Make, browser: Browser) -> None:
    here, there = new_meeting("Here"), new_meeting("There")
    browser.claim(here.secrets["chair"])
    assert browser.act(there.id, 1, "meeting.open", {}).get_json()["code"] == "rights.other_meeting"
    assert browser.get(f"/m/{there.id}/chair?as=1").status_code == 403
    assert browser.get(f"/m/{there.id}/links?as=1").status_code == 403
    assert browser.get(f"/m/{there.id}/chair").status_code == 403


# ----------------------------------------------------------------------------------------------------------- origins


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (ORIGIN, 200),
        ("http://localhost:8000", 200),
        (None, 403),
        ("null", 403),
        ("https://evil.example", 403),
        ("http://127.0.0.1:8001", 403),
        ("http://127.0.0.1:8000.evil.example", 403),
        ("HTTP://127.0.0.1:8000", 403),
        ("https://127.0.0.1:8000", 403),
        ("http://127.0.0.1:8000/", 403),
        ("*", 403),
    ],
)
def test_a_command_by_cookie_needs_a_listed_origin(
    origin: str | None, status: int, meeting: Meeting, browser: Browser
) -> None:
    browser.claim(meeting.secrets["chair"])
    headers = {"Idempotency-Key": "k" * 16, "Grant": "1"} | ({} if origin is None else {"Origin": origin})
    path = f"/api/v1/meetings/{meeting.id}/commands/meeting.open"
    answer = browser.client.post(path, base_url=ORIGIN, headers=headers, json={})
    assert answer.status_code == status
    if status == 403:
        assert answer.get_json()["code"] == "sign_in.foreign_origin"


def test_a_program_needs_no_origin(meeting: Meeting) -> None:
    assert meeting.act("chair", "meeting.open").status_code == 200


# -------------------------------------------------------------------------------------------------------- the socket


def test_who_opens_a_socket(meeting: Meeting, browser: Browser, app: Flask) -> None:
    ours = services_of(app)
    browser.claim(meeting.secrets["chair"])
    browser.claim(meeting.secrets["AZE"])
    cookie = browser.client.get_cookie("meetings_8000", domain="127.0.0.1")
    assert cookie is not None
    environ = {"HTTP_COOKIE": f"other=1; meetings_8000={cookie.value}; form_8000=x"}
    room = {"token": meeting.secrets["room"]}
    for auth, role in (({"grant": 1}, "chair"), ({"grant": "2"}, "delegate"), (room, "room")):
        who = socket_identity(ours, auth, environ)
        assert who.grant is not None and who.grant.role == role
    assert socket_identity(ours, {}, environ).grant is None
    assert socket_identity(ours, None, {}).problem is None
    for bad in (*({"grant": number} for number in (3, True, [1], {}, -1)), {"token": 7}, {"token": "x" * 32}):
        who = socket_identity(ours, bad, environ)
        assert who.grant is None and who.problem, bad
    for strange in ("meetings_8000=" + "A" * 43, 'broken=";;;=\x00', ""):
        assert socket_identity(ours, {"grant": 1}, {"HTTP_COOKIE": strange}).problem == "sign_in.not_on_this_device"


# ------------------------------------------------------------------------------------------------ forgetting, revoking


def test_forget_me_on_this_device(meeting: Meeting, browser: Browser) -> None:
    browser.claim(meeting.secrets["chair"])
    page = browser.get("/")
    assert browser.post("/leave", data={"form": "0" * 64}).status_code == 403
    assert browser.post("/leave", data={"form": form_token(page, "/leave")}).status_code == 303
    assert "There is no meeting here yet." in browser.get("/").text
    assert browser.act(meeting.id, 1, "meeting.open", {}).status_code == 403
    assert browser.claim(meeting.secrets["chair"]).endswith("/chair?as=1"), "the link itself still works"


def test_links_are_for_chair_and_secretariat_only(meeting: Meeting, browser: Browser) -> None:
    browser.claim(meeting.secrets["AZE"])
    browser.claim(meeting.secrets["room"])
    for query in ("", "?as=1", "?as=2"):
        assert browser.get(f"/m/{meeting.id}/links{query}").status_code == 403
    token = form_token(browser.get(f"/join/{meeting.secrets['AZE']}"))
    for path in (f"/m/{meeting.id}/links?as=1", f"/m/{meeting.id}/links/revoke?as=1"):
        data = {"form": token, "role": "chair", "grant": meeting.grants["chair"]}
        assert browser.post(path, data=data).status_code == 403


def test_nobody_revokes_the_own_link_or_one_of_another_meeting(new_meeting: Make, browser: Browser) -> None:
    here, there = new_meeting("Here"), new_meeting("There")
    browser.claim(here.secrets["chair"])
    path, taking = f"/m/{here.id}/links?as=1", f"/m/{here.id}/links/revoke?as=1"
    token = form_token(browser.get(path), taking)
    for grant, status in ((here.grants["chair"], 409), (there.grants["chair"], 404), ("x", 404), ("", 404)):
        assert browser.post(taking, data={"form": token, "grant": grant}).status_code == status
    assert there.act("chair", "meeting.open").status_code == 200
