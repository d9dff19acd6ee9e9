"""Attacks that need a network: malformed HTTP, lying lengths, parallel repeats, revoking under a live socket."""

from __future__ import annotations

import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.live.wire import NotLetIn, Wire
from tests.support.running_service import MODE, RunningService


def raw(served: RunningService, data: bytes, wait: float = 10.0) -> bytes:
    """Bytes sent as they are, and what comes back until the server closes or is silent."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=wait) as sock:
        got = b""
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            while part := sock.recv(65_536):
                got += part
        except OSError:  # cut in the middle: that is an answer too
            pass
        return got


def browser(served: RunningService, who: str) -> tuple[requests.Session, str]:
    """A browser that claimed a link as a person does; and the clean address it was sent to."""
    session = requests.Session()
    url = f"{served.url}/join/{served.token(who)}"
    page = session.get(url, timeout=10)
    form = re.search(r'name="form" value="([0-9a-f]{64})"', page.text)
    assert form, page.text
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    answer = session.post(url, data={"form": form[1]}, headers=headers, allow_redirects=False, timeout=10)
    assert answer.status_code == 303, answer.text
    return session, answer.headers["Location"]


H = b"Host: 127.0.0.1:%d\r\n"


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n" + H + b"\r\n",
        b"G\x00T / HTTP/1.1\r\n" + H + b"\r\n",
        b"GET /\x00 HTTP/1.1\r\n" + H + b"\r\n",
        b"GET /%00%ff HTTP/1.1\r\n" + H + b"\r\n",
        b"GET " + b"/a" * 40_000 + b" HTTP/1.1\r\n" + H + b"\r\n",
        b"GET / HTTP/1.1\r\n" + H + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + H + b"X: y\r\n" * 2_000 + b"\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + H + b"Host: evil.example\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\n" + H + b"\r\n",
        b"GET / HTTP/1.1\r\n" + H + b"No-Colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + H + b"Authorization: Bearer \xff\xfe\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + H + b"Cookie: \x01=\x02; ;;;=;\r\n\r\n",
        b"POST /leave HTTP/1.1\r\n" + H + b"Content-Length: -1\r\n\r\n",
        b"POST /leave HTTP/1.1\r\n" + H + b"Content-Length: x\r\n\r\n",
        b"POST /leave HTTP/1.1\r\n" + H + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
        b"POST /leave HTTP/1.1\r\n" + H + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /leave HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
        b"POST /leave HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
        b"POST /leave HTTP/1.1\r\n" + H + b"Transfer-Encoding: xchunked\r\n\r\n",
        b"POST /leave HTTP/1.1\r\n" + H + b"Content-Length: 99999999999999999999\r\n\r\n",
        b"TRACE / HTTP/1.1\r\n" + H + b"\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\n" + H + b"\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    ],
    ids=range(28),
)
def test_malformed_requests_are_refused_in_one_piece(data: bytes, served: RunningService) -> None:
    """One answer at most, none of them a fault of ours, and the next visitor is served."""
    answer = raw(served, data.replace(b"%d", b"%d" % served.port) if b"Host: 127.0.0.1:%d" in data else data)
    assert not re.match(rb"HTTP/1\.[01] 5(?!05|01)", answer), answer[:300]
    assert b"Traceback" not in answer and b"site-packages" not in answer
    assert answer.count(b"HTTP/1.1 ") + answer.count(b"HTTP/1.0 ") <= 1, "two answers to one request: smuggling"
    assert requests.get(f"{served.url}/healthz", timeout=10).ok


def test_a_lying_length_holds_nobody_else_up(served: RunningService) -> None:
    """Twenty bodies that never come: others are served while they wait."""
    head = (
        f"POST /api/v1/meetings/{served.meeting}/commands/meeting.open HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n"
        f"Authorization: Bearer {served.token('chair')}\r\nContent-Type: application/json\r\n"
        "Idempotency-Key: 0123456789\r\nContent-Length: 10000\r\n\r\n{"
    ).encode()
    socks = []
    for _ in range(20):
        sock = socket.create_connection(("127.0.0.1", served.port), timeout=5)
        sock.sendall(head)
        socks.append(sock)
    try:
        began = time.monotonic()
        for _ in range(20):
            assert requests.get(f"{served.url}/api/v1/time", timeout=5).ok
        assert time.monotonic() - began < 3
    finally:
        for sock in socks:
            sock.close()
    assert served.state()["view"]["meeting"]["state"] == "scheduled"


def test_a_body_too_large_is_refused_before_it_is_read(served: RunningService) -> None:
    """The answer comes though 50 MB were announced: nothing of them is kept."""
    path = f"/api/v1/meetings/{served.meeting}/commands/record.note"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nAuthorization: Bearer {served.token('chair')}\r\n"
        "Content-Type: application/json\r\nIdempotency-Key: 0123456789\r\nContent-Length: 50000000\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as sock:
        sock.sendall(head + b'{"text": "' + b"x" * 30_000)
        assert b" 413 " in sock.recv(65_536).split(b"\r\n", 1)[0]


def test_one_key_fifty_times_at_once_is_one_act(served: RunningService) -> None:
    """Replay: 50 threads, one key; one effect, one answer."""
    before = served.state("chair")["seq"]
    barrier = threading.Barrier(50)

    def press(_: int) -> tuple[int, bytes]:
        barrier.wait()
        answer = requests.post(
            f"{served.url}/api/v1/meetings/{served.meeting}/commands/agenda.add_item",
            json={"title": "Once"},
            timeout=30,
            headers={"Authorization": f"Bearer {served.token('chair')}", "Idempotency-Key": "fifty-times-at-once"},
        )
        return answer.status_code, answer.content

    with ThreadPoolExecutor(50) as crowd:
        answers = set(crowd.map(press, range(50)))
    assert len(answers) == 1 and next(iter(answers))[0] == 200, answers
    assert served.state("chair")["seq"] == before + 1


def test_two_grants_of_a_key_do_not_meet(served: RunningService) -> None:
    for who in ("chair", "secretary"):
        assert served.post(who, "agenda.add_item", {"title": f"By {who}"}, key="same-key-two-people").status_code == 200


# ------------------------------------------------------------------------------------------------------- the socket


def test_a_socket_by_cookie_needs_a_listed_origin(served: RunningService) -> None:
    """Cross-site WebSocket hijacking."""
    session, _ = browser(served, "chair")
    cookie = "; ".join(f"{c.name}={c.value}" for c in session.cookies)
    for origin in (
        "https://evil.example",
        "null",
        None,
        f"http://127.0.0.1:{served.port}.evil.example",
        "http://127.0.0.1",
    ):
        headers = {"Cookie": cookie} | ({"Origin": origin} if origin else {})
        with pytest.raises(NotLetIn):
            Wire(served.url, {"grant": 1}, headers)
    Wire(served.url, {"grant": 1}, {"Cookie": cookie, "Origin": served.url}).close()


@pytest.mark.parametrize(
    "auth",
    [
        {"grant": 2},
        {"grant": 0},
        {"grant": "1 OR 1"},
        {"token": "x" * 32},
        {"token": None},
        {"grant": {}},
        {"grant": True},
    ],
)
def test_a_bad_credential_opens_no_socket(auth: dict[str, Any], served: RunningService) -> None:
    session, _ = browser(served, "chair")
    cookie = "; ".join(f"{c.name}={c.value}" for c in session.cookies)
    with pytest.raises(NotLetIn):
        Wire(served.url, auth, {"Cookie": cookie, "Origin": served.url})


def test_revoking_a_link_cuts_its_socket_within_two_seconds(served: RunningService) -> None:
    """By the secretariat's form in this process, and by the command line in another one."""
    chair, _ = browser(served, "chair")
    path = f"{served.url}/m/{served.meeting}/links"
    listed = served.verb("links", "list", "--meeting", served.meeting).stdout
    for code, by_form in (("KEN", True), ("UGA", False)):
        name = {"KEN": "Kenya", "UGA": "Uganda"}[code]
        grant = next(line.split()[0] for line in listed.splitlines() if "delegate" in line and name in line)
        wire = Wire(served.url, {"token": served.token(code)})
        follow = {"meeting": served.meeting, "audience": "delegate", "seq": 0, "epoch": "", "chain": ""}
        assert wire.call("follow", follow)["ok"]
        if by_form:
            page = chair.get(f"{path}?as=1", timeout=10).text
            form = re.search(r'name="form" value="(\w+)"', page[page.index("/links/revoke") :])
            assert form
            data = {"form": form[1], "grant": grant}
            answer = chair.post(f"{path}/revoke?as=1", data=data, headers={"Origin": "null"}, timeout=10)
            assert answer.status_code == 200, answer.text
        else:
            assert served.verb("links", "revoke", "--meeting", served.meeting, grant).returncode == 0
        until = time.monotonic() + 2.5
        while wire.open and time.monotonic() < until:
            wire.pump(0.05)
        assert not wire.open, f"{code} still hears after its link was revoked"
        with pytest.raises(NotLetIn):
            Wire(served.url, {"token": served.token(code)})
        assert served.post(code, "roster.check_in", {"mode": "remote"}).json()["code"] == "sign_in.revoked"


# ---------------------------------------------------------------------------------------------------------- secrets


def test_no_secret_ever_stands_in_what_the_server_writes(served: RunningService) -> None:
    """Last of this file on purpose: everything above has run against this server."""
    session, location = browser(served, "AZE" if "AZE" in served.demo["tokens"]["delegates"] else "TKM")
    assert session.get(served.url + location, timeout=10).status_code == 200
    requests.get(f"{served.url}/join/{served.token('chair')}%0aFORGED", timeout=10)
    written = served.log()
    tokens = served.demo["tokens"]
    for secret in (*tokens["delegates"].values(), *(v for k, v in tokens.items() if k != "delegates")):
        assert secret not in written
    assert not any(cookie.value in written for cookie in session.cookies)
    assert "FORGED" not in written and "Traceback" not in written, written[-3_000:]
    assert MODE in ("eventlet", "threading")
