"""The head of a request as bytes: read as RFC 9112 says, or refused; nothing in between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetingsvc.live.http.heads import BadHead, environ_of, read


def head(*lines: str, first: str = "GET /a?b=c HTTP/1.1") -> bytes:
    return "\r\n".join([first, "Host: x", *lines, "", ""]).encode("latin-1")


def test_a_head_is_what_it_says() -> None:
    found = read(head("Content-Length: 5", "COOKIE: a=b", "cookie: c=d", "Accept: x", "accept: y", "X-Empty:"))
    assert (found.method, found.path, found.query, found.length, found.keep) == ("GET", "/a", "b=c", 5, True)
    assert found.headers["cookie"] == "a=b; c=d" and found.headers["accept"] == "x, y"
    environ = environ_of(found)
    assert environ["CONTENT_LENGTH"] == "5" and "HTTP_CONTENT_LENGTH" not in environ
    assert environ["HTTP_COOKIE"] == "a=b; c=d" and environ["HTTP_X_EMPTY"] == ""


@pytest.mark.parametrize(
    ("first", "keep"),
    [("GET / HTTP/1.1", True), ("GET / HTTP/1.0", False)],
)
def test_who_keeps_the_line_open(first: str, keep: bool) -> None:
    assert read(head(first=first)).keep is keep
    assert read(head("Connection: Keep-Alive, close", first=first)).keep is False


def test_the_absolute_form_names_the_host() -> None:
    found = read(b"GET http://meet.example:8443/m/x?y HTTP/1.1\r\nHost: Meet.example:8443\r\n\r\n")
    assert (found.path, found.query, found.headers["host"]) == ("/m/x", "y", "Meet.example:8443")
    with pytest.raises(BadHead, match="two hosts"):
        read(head(first="GET http://meet.example/m/x?y HTTP/1.1"))


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("Content-Length: +3", 400),
        ("Content-Length: 3_0", 400),
        ("Content-Length: -1", 400),
        ("Content-Length: 3, 4", 400),
        ("Content-Length: 3, 3", 400),
        ("Content-Length: 3\r\ncontent-length: 3", 400),
        ("Content-Length: 0x3", 400),
        ("Content-Length: 3\r\nContent-Length: 4", 400),
        ("Content-Length:", 400),
        ("Content-Length: \xb2", 400),
        ("Content-Length: " + "9" * 30, 400),
        ("Transfer-Encoding: chunked", 411),
        ("Transfer-Encoding: gzip, chunked", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 3", 400),
        ("Transfer-Encoding: xchunked", 400),
        ("X-A: b\rX: c", 400),
        ("X-A: b\nX: c", 400),
        ("X-A: b\r\n goes on", 400),
        ("X-A: b\r\n\tgoes on", 400),
        ("no colon", 400),
        ("X-A : b", 400),
        (" X-A: b", 400),
        ("X-A: \x00", 400),
        ("X_Forwarded_For: 1.2.3.4", 400),
        ("x_real_ip: 1.2.3.4", 400),
        ("Host: y", 400),
        ("X-A: \xe4", 200),
        ("Authorization: a\r\nAuthorization: b", 400),
        ("Expect: 100-continue", 200),
        ("Expect: 200-ok", 417),
        ("X: y\r\n" * 120 + "X: y", 431),
    ],
)
def test_a_line_of_a_head(line: str, status: int) -> None:
    try:
        read(head(line))
    except BadHead as bad:
        assert bad.status.startswith(str(status)), bad.reason
    else:
        assert status == 200


@pytest.mark.parametrize(
    "first",
    [
        "GET /",
        "GET / HTTP/0.9",
        "GET / HTTP/2.0",
        "GET / HTTP/1.2",
        "GET  / HTTP/1.1",
        "GET / x HTTP/1.1",
        "G(T / HTTP/1.1",
        "GET x HTTP/1.1",
        "GET /a#b HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "CONNECT x:443 HTTP/1.1",
        "GET http://a@b/ HTTP/1.1",
        "GET http:///x HTTP/1.1",
        "PRI * HTTP/2.0",
        "",
        "GET /\x7f HTTP/1.1",
        "GET /\xe4 HTTP/1.1",
        "\x16\x03\x01 / HTTP/1.1",
        "GET / HTTP/1.1 ",
        " GET / HTTP/1.1",
        "GET / http/1.1",
    ],
)
def test_a_request_line_that_is_none(first: str) -> None:
    with pytest.raises(BadHead, match=r"head|target|version"):
        read(head(first=first))


def test_a_request_of_today_names_its_host() -> None:
    with pytest.raises(BadHead):
        read(b"GET / HTTP/1.1\r\nX: y\r\n\r\n")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_head_or_none(data: bytes) -> None:
    """And what is said of them holds nothing of them."""
    for sent in (data + b"\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n" + data + b"\r\n\r\n"):
        try:
            found = read(sent)
        except BadHead as bad:
            assert len(data) < 4 or data.decode("latin-1") not in bad.reason
        else:
            assert found.path.startswith("/") and found.length >= 0
