"""Headers on every answer: a crawl over all routes, static files, errors and the socket's path; hosts, caching."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from flask import Flask

from meetingsvc.app import create_app
from meetingsvc.config import Config
from meetingsvc.web.middleware import clean_path, known_hosts
from tests.support.browser import ORIGIN, Browser, Meeting, services_of

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
CSP = (
    "default-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types worker",
)


def routes(app: Flask, meeting: Meeting) -> list[tuple[str, str]]:
    """(method, path) of everything the app knows, with real ids filled in, and paths it does not know."""
    given = {
        "meeting": meeting.id,
        "name": "meeting.open",
        "number": 4,
        "token": meeting.secrets["AZE"],
        "page": "chair",
        "lang": "en",
        "list": 4,
    }
    found = []
    for rule in app.url_map.iter_rules():
        values = {name: given.get(name, "x") for name in rule.arguments}
        if rule.rule.startswith("/static/"):
            values = {"name": "css/tokens.css"}
        path = rule.rule
        for name, value in values.items():
            path = re.sub(rf"<[^<>]*\b{name}>", str(value), path)
        found += [(method, path) for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE")]
    more = ["/nope", "/static/nope.js", "/static/../config.py", "/socket.io/", "/api/x"]
    more += ["/socket.io/?EIO=4&transport=polling"]
    more += ["/socket.io/?EIO=4&transport=websocket&j=0", f"/m/{meeting.id}/nope", "/m/zzzzzzzzzz", "/%00", "/join/x"]
    return found + [("GET", path) for path in more]


def test_every_answer_carries_the_headers(app: Flask, meeting: Meeting) -> None:
    asked = routes(app, meeting)
    assert len(asked) > 100
    for method, path in asked:
        for who in (None, "chair"):
            answer = meeting.call(method, path, who)
            assert answer.status_code < 500, (method, path, answer.text)
            for name, value in ALWAYS.items():
                assert answer.headers.get_all(name) == [value], (method, path, name)
            policy = answer.headers["Content-Security-Policy"].split("; ")
            assert set(CSP) <= set(policy), (method, path)
            assert re.search(r"^script-src 'self' 'nonce-[\w-]{20,}'$", policy[1]), policy
            assert "unsafe" not in str(policy) and "*" not in str(policy)
            assert "connect-src 'self' ws://127.0.0.1:8000" in policy
            assert "camera=()" in answer.headers["Permissions-Policy"]
            assert "fullscreen=(self)" in answer.headers["Permissions-Policy"]
            assert answer.headers["Cache-Control"], (method, path)
            assert "Access-Control-Allow-Origin" not in answer.headers, (method, path)
            assert "Werkzeug" not in answer.headers.get("Server", "")
            if path.endswith(".ics") and answer.status_code == 200 and method in ("GET", "HEAD"):
                # calendars ask each few minutes, and nobody but them may keep a file
                assert answer.headers["Cache-Control"] == "private, max-age=300", (method, path)
            elif not path.startswith(("/static/", "/i18n/", "/states/", "/api/openapi.json", "/favicon", "/robots")):
                assert answer.headers["Cache-Control"] == "no-store", (method, path)


def test_a_foreign_origin_is_never_answered_as_a_friend(meeting: Meeting) -> None:
    for path in (f"/api/v1/meetings/{meeting.id}/state", "/api/v1/time", "/i18n/en.json", "/"):
        for method in ("GET", "OPTIONS"):
            answer = meeting.call(method, path, headers={"Origin": "https://evil.example"})
            assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]


def test_the_nonce_is_new_each_time_and_stands_in_the_page(meeting: Meeting) -> None:
    seen = set()
    for _ in range(5):
        page = meeting.get(f"/m/{meeting.id}")
        found = re.search(r"'nonce-([\w-]+)'", page.headers["Content-Security-Policy"])
        assert found and f'nonce="{found[1]}"' in page.text
        seen.add(found[1])
    assert len(seen) == 5


def test_pages_hold_nothing_that_the_policy_forbids(meeting: Meeting, browser: Browser) -> None:
    number = browser.claim(meeting.secrets["chair"]).rpartition("=")[2]
    browser.claim(meeting.secrets["AZE"])
    paths = ["/", "/nope", f"/join/{meeting.secrets['BOL']}", f"/m/{meeting.id}", f"/m/{meeting.id}/floor"]
    paths += [f"/m/{meeting.id}/{page}?as={number}" for page in ("chair", "room", "links")]
    for path in paths:
        text = browser.get(path).text
        assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", text), path
        for script in re.findall(r"<script([^>]*)>", text):
            assert "nonce=" in script or "application/json" in script or 'src="/static/' in script, (path, script)
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text), "nothing is loaded from elsewhere"


# ------------------------------------------------------------------------------------------------------------ hosts


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "LOCALHOST:8000"])
def test_our_own_addresses_are_answered(host: str, app: Flask) -> None:
    assert Browser(app).client.get("/", base_url=ORIGIN, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1:8001",
        "127.0.0.1",
        "",
        "127.0.0.1:8000.evil.example",
        "evil.example:8000",
        "127.0.0.1:8000/",
        "a" * 5_000,
        "127.0.0.1:8000@evil.example",
    ],
)
def test_a_strange_host_gets_nothing(host: str, app: Flask, meeting: Meeting) -> None:
    """Host poisoning and DNS rebinding end at the door."""
    for path in ("/", f"/m/{meeting.id}", "/static/css/tokens.css", "/socket.io/", "/metrics"):
        answer = Browser(app).client.get(path, base_url=ORIGIN, headers={"Host": host})
        assert answer.status_code == 400 and b"Group of Friends" not in answer.data
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_probes_may_come_by_any_address(app: Flask) -> None:
    for path in ("/healthz", "/readyz"):
        assert Browser(app).client.get(path, base_url=ORIGIN, headers={"Host": "10.0.0.5"}).status_code == 200


def test_forwarded_headers_change_nothing(meeting: Meeting, browser: Browser) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
    browser.claim(meeting.secrets["chair"])
    page = browser.get(f"/m/{meeting.id}/links?as=1", headers=headers)
    assert "evil.example" not in page.text + str(page.headers)


def test_known_hosts() -> None:
    assert known_hosts(["https://meet.example"]) == {"meet.example", "meet.example:443"}
    assert known_hosts(["http://meet.example:80"]) == {"meet.example:80", "meet.example"}
    assert known_hosts(["http://[::1]:8000"]) == {"[::1]:8000"}


# ------------------------------------------------------------------------------------------------------------- https


def test_with_https_the_cookie_is_host_bound_and_the_browser_stays_on_tls(tmp_path: Path) -> None:
    environ = {
        "MEETINGSVC_DATABASE_URL": str(tmp_path / "m.db"),
        "MEETINGSVC_ASYNC_MODE": "threading",
        "MEETINGSVC_PUBLIC_URL": "https://meet.example",
    }
    app = create_app(Config.load(environ))
    try:
        answer = Browser(app).client.get("/", base_url="https://meet.example")
        assert answer.status_code == 200
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        assert "wss://meet.example" in answer.headers["Content-Security-Policy"]
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-form=") and "Domain" not in cookie
        assert "Secure" in cookie and "Path=/" in cookie
    finally:
        services_of(app).broadcasters.close()
        services_of(app).meetings.database.close()


# ----------------------------------------------------------------------------------------------------------- caching


def test_static_files_are_kept_by_hash(meeting: Meeting) -> None:
    files = meeting.services.files
    url = files.url("css/tokens.css")
    assert re.fullmatch(r"/static/css/tokens\.css\?v=[0-9a-f]{12}", url)
    fixed, asked = meeting.get(url), meeting.get("/static/css/tokens.css?v=old")
    assert fixed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert asked.headers["Cache-Control"] == "no-cache"
    assert meeting.get("/static/css/tokens.css", headers={"If-None-Match": asked.headers["ETag"]}).status_code == 304
    vendored = next(name for name in files if name.startswith("vendor/preact@"))
    assert "immutable" in meeting.get(files.url(vendored)).headers["Cache-Control"]
    assert meeting.get("/static/js/store.js").headers["Content-Type"].startswith("text/javascript")


def test_the_import_map_names_every_module_with_its_hash(meeting: Meeting) -> None:
    """A relative import inside a module is looked up here, so no module is ever loaded under a stale address."""
    page = meeting.get(f"/m/{meeting.id}").text
    for name in meeting.services.files:
        if name.startswith("js/") and name.endswith(".js"):
            assert f'"/static/{name}":"{meeting.services.files.url(name)}"' in page, name


def test_tools_and_secrets_are_not_served(meeting: Meeting) -> None:
    for path in (
        "vendor/vendor.py",
        "vendor/package.json",
        "vendor/package-lock.json",
        "js/view.d.ts",
        "../meetingsvc/config.py",
        "..%2fmeetingsvc%2fconfig.py",
        "%2e%2e/config.py",
        "js/../../README.md",
        "/etc/passwd",
        "js",
        "",
        ".hidden",
        "vendor/node_modules/ws/package.json",
        "js\\..\\..\\x",
        "css/tokens.css\x00.js",
    ):
        answer = meeting.get(f"/static/{path}")
        assert answer.status_code in (404, 308), path


# --------------------------------------------------------------------------------------------------------------- log


def test_tokens_never_stand_in_the_log(meeting: Meeting, caplog: pytest.LogCaptureFixture, browser: Browser) -> None:
    """Every way a link can be used, with the log turned up: no secret, no query, no control character."""
    caplog.set_level(logging.DEBUG)
    secret = meeting.secrets["AZE"]
    browser.claim(secret)
    browser.get(f"/JOIN/{secret}")
    browser.get(f"/join/{secret}/more?x={secret}")
    meeting.act("AZE", "roster.check_in", {"mode": "remote"})
    meeting.call("PUT", f"/join/{secret}")
    browser.get("/a%0aFORGED%1b[31m")
    assert any("/join/..." in record.getMessage() for record in caplog.records)
    for record in caplog.records:
        text = record.getMessage() + str(record.exc_text or "")
        assert secret not in text and "\n" not in record.getMessage() and "\x1b" not in text


def test_not_even_when_answering_itself_fails(
    meeting: Meeting, caplog: pytest.LogCaptureFixture, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flask would log the path of a request whose answer cannot be finished; ours says it without the token."""

    def broken(*_: object) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr("meetingsvc.web.page_parts.render.is_https", broken)
    secret = meeting.secrets["AZE"]
    assert browser.get(f"/join/{secret}?lang=en").status_code == 500
    assert caplog.records and not any(secret in record.getMessage() for record in caplog.records)


def test_clean_path() -> None:
    assert clean_path("/join/abc/def") == "/join/..."
    assert clean_path("/feeds/abc.ics") == "/feeds/..."
    assert clean_path("/a\nb\x1b") == "/a\\x0ab\\x1b"
    assert len(clean_path("/" + "x" * 9_000)) == 200
