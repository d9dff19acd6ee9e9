"""Hostile input at the front door: nothing is a 5xx, nothing is shown unescaped, nothing changes without a right."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest

from meetingsvc.core.commands import COMMANDS
from tests.support.browser import Browser, Meeting, form_token, hidden
from tests.web.test_commands import GIVEN, smallest

#: Texts that have broken other services: markup, quotes, templates, SQL, paths, formulas, look-alikes, astral planes.
NASTY = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!--",
    "]]>",
    '"><svg/onload=alert(1)>',
    "'-alert(1)-'",
    "{{7*7}}",
    "{delegation}",
    "{0.__class__}",
    "%(name)s",
    "${7*7}",
    "javascript:alert(1)",
    "'; DROP TABLE log; --",
    "1 OR 1=1",
    "../../etc/passwd",
    "=cmd|'/c calc'!A0",
    "\\u003cscript",
    "Françe",
    "Тurkmenistan",
    "a\u0301" * 200,
    "\U0001f3f4\U000e0067",
    "\u2028x",
    "\u200b",
    "İ",
    "ﷺ" * 100,
    "null",
    "NaN",
]

IDS = ["aaaaaaaaaa", "'", "1%27--", "%00", "..", "%2e%2e", "a" * 3_000, "%f0%28%8c%28", "ａaaaaaaaaa", "-1", "[]"]

_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.sampled_from(NASTY),
)
_values = st.recursive(
    _scalars, lambda of: st.lists(of, max_size=4) | st.dictionaries(st.text(max_size=8), of, max_size=4), max_leaves=10
)
_names = st.sampled_from(
    [
        "entry",
        "list",
        "item",
        "title",
        "delegation",
        "sessions",
        "speaker",
        "languages",
        "mode",
        "kind",
        "seconds",
        "at",
        "until",
        "batch",
        "text",
        "code",
        "name",
        "zone",
        "starts",
        "ends",
        "guest",
        "before",
        "sure",
        "instead_of",
    ]
)


# ----------------------------------------------------------------------------------------------------------- fuzzing


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(GIVEN), body=st.dictionaries(_names | st.text(max_size=8), _values, max_size=5))
def test_any_body_of_any_command(name: str, body: dict[str, Any], fuzzed: Meeting) -> None:
    """Whatever JSON comes: done, refused by a rule, or refused by its shape."""
    answer = fuzzed.act("chair", name, data=json.dumps(body).encode(), content_type="application/json")
    assert answer.status_code in (200, 403, 409, 422), (name, body, answer.text)
    if answer.status_code != 200:
        told = answer.get_json()
        assert told.keys() == {"code", "message", "facts"} and told["message"]


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(GIVEN), data=st.data())
def test_one_field_gone_wrong(name: str, data: st.DataObject, fuzzed: Meeting) -> None:
    """A sound body with one field replaced: closer to what bugs and attackers send."""
    body = smallest(COMMANDS[name])
    field = data.draw(st.sampled_from(sorted(body)) | _names) if body else data.draw(_names)
    body[field] = data.draw(_values)
    answer = fuzzed.act("chair", name, data=json.dumps(body).encode(), content_type="application/json")
    assert answer.status_code in (200, 403, 409, 422), (name, body, answer.text)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200), kind=st.sampled_from(["application/json", "text/plain", "application/json; x=y"]))
def test_any_bytes(data: bytes, kind: str, fuzzed: Meeting) -> None:
    answer = fuzzed.act("chair", "agenda.add_item", data=data, content_type=kind)
    assert answer.status_code in (200, 409, 422), answer.text


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.text(st.characters(blacklist_categories=["Cs"]), max_size=60),
    query=st.text(st.characters(blacklist_categories=["Cs"]), max_size=40),
    root=st.sampled_from(["/", "/m/", "/join/", "/api/v1/meetings/", "/static/", "/i18n/", "/states/", "/socket.io/"]),
)
def test_any_path(path: str, query: str, root: str, fuzzed: Meeting) -> None:
    for method in ("GET", "POST"):
        answer = fuzzed.call(method, f"{root}{quote(path, safe='/%.;:@&=')}?{quote(query, safe='&=%')}")
        assert answer.status_code < 500, (method, root + path, answer.text)
        assert not re.search(r"Traceback|sqlite|site-packages", answer.text)


@pytest.fixture
def fuzzed(open_meeting: Meeting, monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """A open_meeting meeting whose chair is not slowed: here the shape is on trial, not the pace."""
    monkeypatch.setattr(open_meeting.services.limits, "wait", lambda grant, role, key: 0.0)
    return open_meeting


# ----------------------------------------------------------------------------------------------------- markup, names


def test_nasty_texts_are_never_markup(open_meeting: Meeting, browser: Browser) -> None:
    """Every text a person can write, in every page the server draws, comes out as text."""
    number = browser.claim(open_meeting.secrets["chair"]).rpartition("=")[2]
    for n, text in enumerate(NASTY):
        for name, body in (
            ("agenda.add_item", {"title": text}),
            ("roster.accredit", {"kind": "ngo", "name": text, "speaker": {"name": text, "post": text}}),
            ("record.note", {"text": text}),
            ("speakers.inscribe", {"guest": {"name": text, "post": text}}),
        ):
            assert open_meeting.act("chair" if n % 2 else "secretary", name, body).status_code in (200, 409, 422, 429)
        path = f"/m/{open_meeting.id}/links?as={number}"
        page = browser.get(path)
        given = {"form": form_token(page, path), "once": hidden(page, "once"), "role": "room", "label": text[:100]}
        assert browser.post(path, data=given).status_code in (200, 422)
    pages = [browser.get(f"/m/{open_meeting.id}{page}?as={number}").text for page in ("", "/chair", "/room", "/links")]
    for page in pages:
        assert "<script>alert" not in page and "onerror=alert(1)>" not in page and "<svg/onload" not in page
        boots = re.findall(r'<script type="application/json" id="boot">(.*?)</script>', page, re.DOTALL)
        for boot in boots:
            assert "<" not in boot and json.loads(boot)["view" if "view" in boot[:20] else "meeting"]
        assert "49" not in re.sub(r"\d{3,}", "", re.sub(r"<[^>]*>", "", page.partition("{{7*7}}")[2][:20]))


def test_a_nasty_title_is_text_on_every_plain_page(new_meeting: Any, browser: Browser) -> None:
    nasty = "<script>alert(1)</script>"
    meeting = new_meeting(title=nasty)
    delegation = meeting.do("roster.accredit", kind="ngo", name=nasty)
    secret = meeting.link("ngo", "delegate", delegation, label=nasty)
    pages = [browser.get(f"/join/{secret}").text]
    browser.claim(secret)
    browser.claim(meeting.link("again", "delegate", delegation, label=nasty))
    browser.claim(meeting.secrets["chair"])
    pages += [browser.get(path).text for path in ("/", f"/m/{meeting.id}/floor", f"/m/{meeting.id}/links")]
    for page in pages:
        assert nasty not in page and "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("text", NASTY)
def test_a_placeholder_in_a_name_is_not_filled(text: str, new_meeting: Any) -> None:
    """Facts are put into sentences once: a name that looks like a placeholder stays what it is."""
    meeting = new_meeting()
    made = meeting.act("chair", "roster.accredit", {"kind": "ngo", "name": text})
    if made.status_code != 200:
        return
    delegation = made.get_json()["said"][0]["seq"]
    meeting.do("speakers.open_list")
    meeting.act("chair", "speakers.inscribe", {"delegation": delegation})
    told = meeting.act("chair", "speakers.inscribe", {"delegation": delegation}).get_json()
    shown = meeting.view("chair")["roster"]["delegations"][str(delegation)]["name"]
    assert told["message"] == f"{shown} is on the list already. Withdraw first to ask anew."


# --------------------------------------------------------------------------------------------------- without a right


def test_nobody_writes_without_a_credential(app: Flask, meeting: Meeting) -> None:
    """Every route and method that the app knows, tried without one: the log does not move."""
    before = meeting.seq()
    links = len(meeting.services.links.of_meeting(meeting.id))
    for rule in app.url_map.iter_rules():
        values = {"meeting": meeting.id, "name": "meeting.open", "page": "chair", "token": "a" * 32, "number": "4"}
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values.get(found[1], "x"), rule.rule)  # noqa: B023
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            for sent in ({"json": {}}, {"data": {"form": "0" * 64, "role": "chair", "grant": meeting.grants["chair"]}}):
                answer = meeting.call(method, path, headers={"Idempotency-Key": "k" * 16, "Origin": "null"}, **sent)
                assert answer.status_code in (400, 403, 404, 405, 422), (method, path, answer.status_code)
    assert meeting.seq() == before
    assert len(meeting.services.links.of_meeting(meeting.id)) == links


@pytest.mark.parametrize("id", IDS)
def test_strange_ids_are_not_there(id: str, meeting: Meeting) -> None:
    api = f"/api/v1/meetings/{id}"
    for path in (f"{api}/state", f"{api}/log", f"/m/{id}", f"/m/{id}/chair", f"/m/{id}/links"):
        assert meeting.get(path, "chair").status_code == 404, path


def test_foreign_forms_do_nothing(meeting: Meeting, browser: Browser) -> None:
    """CSRF: what another site can send with a visitor's cookie, by form or by script, is refused."""
    browser.claim(meeting.secrets["chair"])
    path = f"/api/v1/meetings/{meeting.id}/commands/meeting.open"
    evil = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Grant": "1", "Idempotency-Key": "k" * 16}
    before = meeting.seq()
    form = "application/x-www-form-urlencoded"
    for kind in ("text/plain", form, "multipart/form-data; boundary=b", "application/json"):
        for headers in (evil, {**evil, "Origin": "null"}, {k: v for k, v in evil.items() if k != "Origin"}):
            answer = browser.client.post(
                path, base_url="http://127.0.0.1:8000", headers=headers, data=b'{"a":"=b"}', content_type=kind
            )
            assert answer.status_code == 403, (kind, headers)
    for target in ("/leave", f"/m/{meeting.id}/links?as=1", f"/m/{meeting.id}/links/revoke?as=1"):
        answer = browser.client.post(
            target, base_url="http://127.0.0.1:8000", headers={"Origin": "https://evil.example"}, data={"form": "x"}
        )
        assert answer.status_code == 403
    assert meeting.seq() == before
    assert browser.get(f"/m/{meeting.id}/chair?as=1").status_code == 200


@pytest.mark.parametrize(
    "next", ["//evil.example", "/\\evil.example", "https://evil.example", "%0d%0aLocation:%20//evil"]
)
def test_no_address_of_a_visitors_choice_is_ever_redirected_to(next: str, meeting: Meeting, browser: Browser) -> None:
    secret = meeting.secrets["AZE"]
    page = browser.get(f"/join/{secret}?next={next}")
    answer = browser.post(f"/join/{secret}?next={next}", data={"form": form_token(page), "next": next})
    assert answer.headers["Location"] == f"/m/{meeting.id}/floor?as=1"


# ------------------------------------------------------------------------------------------------------- guessing


def test_guessing_links_tells_nothing(meeting: Meeting, browser: Browser) -> None:
    """2,000 guesses: one status, one size, and an alarm is counted."""
    seen = set()
    for n in range(2_000):
        answer = browser.get(f"/join/{n:032d}")
        seen.add((answer.status_code, len(answer.data), answer.headers["Content-Type"]))
    assert seen == {(404, next(iter(seen))[1], "text/html; charset=utf-8")}
    shown = generate_latest(meeting.services.metrics.registry).decode()
    counted = re.search(r"^meetingsvc_bad_secrets_total (\d+)", shown, re.MULTILINE)
    assert counted and int(counted[1]) >= 2_000


def test_a_links_secret_has_at_least_128_bits(meeting: Meeting) -> None:
    secrets = {meeting.services.links.make(meeting.id, "follower")[1] for _ in range(200)}
    assert len(secrets) == 200
    assert all(re.fullmatch(r"[\w-]{22,}", secret) for secret in secrets), "22 signs of 6 bits are 132 bits"
    import sqlalchemy as sa

    stored = meeting.services.meetings.database.read(lambda c: str(c.execute(sa.text("SELECT * FROM grants")).all()))
    assert not any(secret in stored for secret in secrets), "stored as digests only"
