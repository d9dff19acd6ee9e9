"""Forms: nothing of a request is read for whoever may not act, and what is read is bounded before it is parsed."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import Client, TestResponse

from meetingsvc.core.commands import COMMANDS
from meetingsvc.web import form_limits
from meetingsvc.web.form_limits import LIMITS, MOST_HEAD, USUAL, in_parts, plain
from tests.support.browser import ORIGIN, Browser, Meeting, form_token
from tests.web.secretariat import BodyPages, Secretariat

MULTIPART = "multipart/form-data; boundary=xx"
OURS = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}


class Unread(io.BytesIO):
    """A body of which nobody may take a byte."""

    def read(self, *_: Any) -> bytes:
        raise AssertionError("the body was read")

    readinto = readline = readlines = read  # type: ignore[assignment]


def unread(
    client: Client, path: str, headers: dict[str, str], kind: str = MULTIPART, length: int = 385_000
) -> TestResponse:
    """A form that is answered without a byte of it being read, or by 500."""
    return client.post(
        path,
        base_url=ORIGIN,
        headers=headers,
        input_stream=Unread(),
        content_type=kind,
        environ_overrides={"CONTENT_LENGTH": str(length)},
    )


def posts(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]


def path_of(rule: Rule, secretariat: Secretariat, name: str = "meeting.open") -> str:
    contact = secretariat.office.contacts[0].id
    values = {
        "meeting": secretariat.meeting,
        "body": secretariat.office.body.id,
        "contact": contact,
        "token": "x" * 32,
        "name": name,
    }
    return str(rule.build(values)[1]) if rule.build(values) else str(rule.rule)


#: Who may not send forms here -> how they come: (browser, query, headers).
Stranger = tuple[Client, str, dict[str, str]]


@pytest.fixture
def strangers(secretariat: Secretariat, meeting: Meeting, app: Flask) -> dict[str, Stranger]:
    links, office = secretariat.services.links, secretariat.office
    found: dict[str, Stranger] = {"the public": (Client(app), "", OURS)}
    fresh = Browser(app)
    fresh.get("/")
    found["a browser without a link"] = (fresh.client, "", OURS)
    follower = Browser(app)
    follower.claim(links.make(secretariat.meeting, "follower")[1])
    found["a wrong role"] = (follower.client, "?as=1", OURS)
    other = Browser(app)
    other.claim(meeting.secrets["secretary"])
    found["another meeting's secretary"] = (other.client, "?as=1", OURS)
    for kind, (grant, secret), where in (
        ("a meeting's revoked link", links.make(secretariat.meeting, "secretary"), secretariat.meeting),
        ("a body's revoked link", links.make_office(office.body.id), office.body.id),
    ):
        gone = Browser(app)
        gone.claim(secret)
        links.revoke(where, grant.id)
        found[kind] = (gone.client, "?as=1", OURS)
    found["another site"] = (office.browser.client, "?as=1", {"Origin": "https://evil.example"})
    found["another site of this host"] = (office.browser.client, "?as=1", {"Sec-Fetch-Site": "cross-site"})
    found["a wrong secret"] = (Client(app), "", {**OURS, "Authorization": f"Bearer {'x' * 32}"})
    return found


#: Public by their nature: whoever opened a page of ours may send these two, which are small.
PUBLIC = {
    "home.leave": {
        "a browser without a link",
        "a wrong role",
        "another meeting's secretary",
        "a meeting's revoked link",
        "a body's revoked link",
    }
}


@pytest.mark.parametrize("kind", [MULTIPART, form_limits.PLAIN, "application/json", ""])
def test_nothing_is_read_for_whoever_may_not_act(
    kind: str, app: Flask, secretariat: Secretariat, strangers: dict[str, Stranger]
) -> None:
    """Every route that takes something x everybody who may not send it there."""
    for rule in posts(app):
        for who, (client, query, headers) in strangers.items():
            if who in PUBLIC.get(rule.endpoint, ()):
                continue
            answer = unread(client, path_of(rule, secretariat) + query, headers, kind, 1_000)
            assert 400 <= answer.status_code < 500, (rule.rule, who, answer.status_code)
            assert answer.is_json or "<main" in answer.text, (rule.rule, who)


def test_a_revoked_link_of_a_join_page_has_nothing_read(app: Flask, secretariat: Secretariat) -> None:
    grant, secret = secretariat.services.links.make(secretariat.meeting, "room")
    guest = Browser(app)
    guest.get(f"/join/{secret}")
    secretariat.services.links.revoke(secretariat.meeting, grant.id)
    assert unread(guest.client, f"/join/{secret}", OURS, form_limits.PLAIN).status_code == 410


def test_the_instrument_sees_a_body_that_is_read(office: BodyPages) -> None:
    """For somebody who may act the same body is read: the tests above would notice."""
    answer = unread(office.browser.client, f"{office.path('settings')}?as=1", OURS, form_limits.PLAIN, 1_000)
    assert answer.status_code == 500


def test_a_view_that_looks_too_early_is_an_error(app: Flask) -> None:
    for look in ("form", "files", "values", "data", "json", "stream"):
        given = {"json": {}} if look == "json" else {"data": {"form": "x"}}
        with app.test_request_context("/leave", method="POST", **given) as context, pytest.raises(form_limits.TooEarly):
            getattr(context.request, look)


def test_a_delegate_has_nothing_read_of_a_command_of_the_chairs(app: Flask, open_meeting: Meeting) -> None:
    headers = {"Authorization": f"Bearer {open_meeting.secrets['AZE']}", "Idempotency-Key": "0123456789"}
    for name in (name for name, cls in COMMANDS.items() if "delegate" not in cls.by and "clock" not in cls.by):
        path = f"/api/v1/meetings/{open_meeting.id}/commands/{name}"
        answer = unread(Client(app), path, headers, "application/json")
        assert (answer.status_code, answer.get_json()["code"]) == (403, "rights.not_yours"), name


# --------------------------------------------------------------------------------------------------- what is taken


@pytest.fixture
def sends(office: BodyPages) -> Iterator[Callable[..., TestResponse]]:
    """Sends bytes as the form of a page of the secretariat; what came is checked by the page after them."""
    yield lambda page, data, kind: office.browser.post(f"{office.path(page)}?as=1", data=data, content_type=kind)


def test_files_come_only_to_pages_that_take_files(app: Flask, office: BodyPages, secretariat: Secretariat) -> None:
    """Who may act there, with a form in parts: 415 and not a byte read, where no file is asked for."""
    with_files = {"guest_list.submit", "calendar.submit", "import_ics.submit"}
    assert {name for name, limit in LIMITS.items() if limit.parts} == with_files
    for rule in posts(app):
        if rule.endpoint in with_files or rule.endpoint in ("commands.act", "join.claim", "calendar.submit"):
            continue
        query = "" if rule.endpoint == "home.leave" else secretariat.me if "/m/" in rule.rule else "?as=1"
        answer = unread(office.browser.client, path_of(rule, secretariat) + query, OURS)
        assert answer.status_code == 415 and "kind" in answer.text, (rule.rule, answer.status_code)
    guest, _ = office.guest(secretariat.meeting)
    secret = secretariat.services.links.make(secretariat.meeting, "room")[1]
    guest.get(f"/join/{secret}")
    assert unread(guest.client, f"/join/{secret}", OURS).status_code == 415


def test_public_forms_are_small(app: Flask, browser: Browser) -> None:
    browser.get("/")
    assert LIMITS["home.leave"].bytes <= 4_096 and LIMITS["join.claim"].bytes <= 4_096
    assert unread(browser.client, "/leave", OURS, form_limits.PLAIN).status_code == 413
    many = browser.post("/leave", data=b"a=1&" * 10, content_type=form_limits.PLAIN)
    assert many.status_code == 413 and "more fields" in many.text


def test_a_body_of_unknown_length_is_read_as_far_as_the_page_takes_it(app: Flask, browser: Browser) -> None:
    browser.get("/")
    endless = io.BytesIO(b"form=" + b"x" * 1_000_000)
    answer = browser.client.post(
        "/leave",
        base_url=ORIGIN,
        headers=OURS,
        input_stream=endless,
        content_type=form_limits.PLAIN,
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )
    assert answer.status_code == 413 and endless.tell() <= 70_000


HEAD = b'Content-Disposition: form-data; name="a"'
BAD = {
    "no boundary": b"hello",
    "no end": b"--xx\r\n" + HEAD + b"\r\n\r\nx\r\n",
    "no head": b"--xx\r\n\r\nx\r\n--xx--\r\n",
    "many heads": b"--xx\r\n" + HEAD + b"\r\n" + b"X: y\r\n" * 70_000 + b"\r\nx\r\n--xx--\r\n",
    "a long head": b"--xx\r\n" + HEAD + b"\r\nX: " + b"y" * 380_000 + b"\r\n\r\nx\r\n--xx--\r\n",
    "folded heads": b"--xx\r\n" + HEAD + b"\r\n" + b" \r\n" * 120_000 + b"\r\nx\r\n--xx--\r\n",
    "a head twice": b"--xx\r\n" + HEAD + b"\r\n" + HEAD + b"\r\n\r\nx\r\n--xx--\r\n",
    "odd parameters": b"--xx\r\n" + HEAD + b'; a*0="b"; a*1="c"\r\n\r\nx\r\n--xx--\r\n',
    "open quotes": b"--xx\r\nContent-Disposition: form-data; name=" + b'a="' * 300 + b"\r\n\r\nx\r\n--xx--\r\n",
    "no name": b"--xx\r\nContent-Disposition: form-data\r\n\r\nx\r\n--xx--\r\n",
    "a boundary inside": b"--xx\r\n" + HEAD + b"\r\n\r\nx\r\n--xxy\r\n--xx--\r\n",
    "more after the end": b"--xx\r\n" + HEAD + b"\r\n\r\nx\r\n--xx--\r\nmore",
}


@pytest.mark.parametrize("name", BAD)
def test_an_odd_form_in_parts_is_refused_in_a_sentence(name: str, sends: Callable[..., TestResponse]) -> None:
    answer = sends("import", BAD[name], MULTIPART)
    assert answer.status_code == 400 and "could not be read as a form" in answer.text, answer.text


@pytest.mark.parametrize("boundary", ["", "x" * 71, 'x"y', "é"])
def test_a_boundary_that_is_none(boundary: str, sends: Callable[..., TestResponse]) -> None:
    kind = f'multipart/form-data; boundary="{boundary}"'
    assert sends("import", b"--x\r\n\r\n--x--\r\n", kind.encode().decode("latin-1")).status_code == 400


def test_more_parts_than_a_page_takes(sends: Callable[..., TestResponse]) -> None:
    most = LIMITS["import_ics.submit"].parts
    one = b"--xx\r\n" + HEAD + b"\r\n\r\nx\r\n"
    answer = sends("import", one * (most + 1) + b"--xx--\r\n", MULTIPART)
    assert answer.status_code == 413 and f"({most})" in answer.text
    assert sends("import", one * most + b"--xx--\r\n", MULTIPART).status_code == 403, "read, and then without a token"


def test_what_costs_most_is_cut_by_its_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """385 KB of odd parts are given up before one of them is looked at."""
    looked = list[bytes]()
    part = form_limits._part
    monkeypatch.setattr(form_limits, "_part", lambda given: looked.append(given) or part(given))  # type: ignore[func-returns-value]
    with pytest.raises(form_limits.Problem):
        in_parts(b"--xx\r\n" * 64_000, "xx", 600)
    assert looked == []
    with pytest.raises(form_limits.Problem):
        in_parts(BAD["many heads"], "xx", 600)
    assert len(looked) == 1


def test_forms_of_browsers_are_read_as_they_are() -> None:
    data = (
        '--xx\r\nContent-Disposition: form-data; name="do"\r\n\r\nlook\r\n'
        '--xx\r\nContent-Disposition: form-data; name="choose"\r\n\r\n1\r\n'
        '--xx\r\nContent-Disposition: form-data; name="choose"\r\n\r\n\r\n'
        '--xx\r\nContent-Disposition: form-data; name="a%22b"\r\n\r\né\r\n\r\n--x\r\n'
        '--xx\r\nContent-Disposition: form-data; name="file"; filename="é %0Dt.ics"\r\n'
        "Content-Type: text/calendar\r\n\r\nBEGIN\r\nEND\r\n\r\n--xx--\r\n"
    ).encode()
    for given in (data, b"\r\n" + data, data[:-2]):
        form, files = in_parts(given, "xx", 5)
        assert form.to_dict(flat=False) == {"do": ["look"], "choose": ["1", ""], 'a"b': ["é\r\n\r\n--x"]}
        file = files["file"]
        assert (file.filename, file.content_type, file.read()) == ("é \rt.ics", "text/calendar", b"BEGIN\r\nEND\r\n")
    empty = b'--xx\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--xx--\r\n'
    assert in_parts(empty, "xx", 1)[1]["file"].read() == b""
    assert len(HEAD) + 700 < MOST_HEAD


def test_plain_forms_are_read_as_they_are() -> None:
    form = plain(b"a=1&a=2&b=%C3%A9+x&c=&d", 10)
    assert form.to_dict(flat=False) == {"a": ["1", "2"], "b": ["é x"], "c": [""], "d": [""]}
    with pytest.raises(form_limits.Problem):
        plain(b"a=1&" * 50, USUAL.fields)


def test_every_page_that_is_named_is_there(app: Flask) -> None:
    assert set(LIMITS) <= {rule.endpoint for rule in posts(app)}
    assert USUAL.parts == 0 and USUAL.bytes <= 16_384


def test_a_form_of_a_page_of_ours_still_comes(office: BodyPages) -> None:
    page = office.get("settings")
    answer = office.browser.post(
        f"{office.path('settings')}?as=1", data={"form": form_token(page, office.path("settings"))}
    )
    assert answer.status_code == 422, "read, with its token, and judged"
