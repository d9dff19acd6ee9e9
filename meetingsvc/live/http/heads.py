"""The head of a request, read strictly: what RFC 9112 calls an error is one, and never guessed at. Pure.

h11 reads the grammar; what it lets pass for old clients' sake is refused here, since two readers that disagree about
where a request ends let one request hide in another (RFC 9112, 11.2). Not here: sockets, deadlines, bodies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

import h11

#: Bytes of a head, and lines in it. A browser's with all our cookies is below a tenth of it.
LARGEST = 16_384
MOST_LINES = 100
END = b"\r\n\r\n"

#: CR and LF only as a pair (2.2), no line that goes on in the next (5.2), nothing else that no text may hold.
_FORBIDDEN = re.compile(rb"\r(?!\n)|(?<!\r)\n|\r\n[ \t]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LENGTH = re.compile(r"[0-9]{1,15}")
#: A length is said once (6.3): h11 would make one of several that are equal.
_LENGTHS = re.compile(rb"\r\ncontent-length[ \t]*:([^\r]*)", re.IGNORECASE)
_SHOWN = re.compile(rb"\r\n(authorization|cookie):[ \t]*([^\r]*)", re.IGNORECASE)
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.IGNORECASE)
_ABSOLUTE = re.compile(r"(?:http|https|ws|wss)://([^/?#@]+)(/[^#]*)?", re.IGNORECASE)


class BadHead(Exception):
    """It cannot be a request. `status` is what to answer; the text is a reason for the log: no byte of the client's."""

    def __init__(self, reason: str, status: str = "400 Bad Request") -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


@dataclass(frozen=True, slots=True)
class Head:
    """One request before its body. `path` and `query` as they were sent; names of `headers` in small letters."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    length: int
    keep: bool
    expects: bool
    version: str


def read(data: bytes) -> Head:
    """The head that these bytes are, the empty line at its end included. Raises `BadHead`."""
    if _FORBIDDEN.search(data):
        raise BadHead("a head with stray line ends or control signs")
    if data.count(b"\r\n") > MOST_LINES:
        raise BadHead("too many header lines", "431 Request Header Fields Too Large")
    lengths = _LENGTHS.findall(data)
    if len(lengths) > 1 or any(b"," in each for each in lengths):
        raise BadHead("a header twice that may be there once")
    request = _request(data)
    version = request.http_version.decode()
    if version not in ("1.0", "1.1"):
        raise BadHead("a version of HTTP that is not spoken here")
    headers = _headers(request)
    if "transfer-encoding" in headers:
        if "content-length" in headers or version == "1.0":
            raise BadHead("a transfer coding where none may be")
        raise BadHead("a body without a length", "411 Length Required")
    path, query = _target(request.target.decode("ascii"), headers)
    if not _HOST.fullmatch(headers.get("host", "x")):
        raise BadHead("a host that is none")
    wishes = {word.strip().lower() for word in headers.get("connection", "").split(",")}
    expects = headers.get("expect", "").lower()
    if expects not in ("", "100-continue"):
        raise BadHead("an expectation that nobody knows", "417 Expectation Failed")
    return Head(
        method=request.method.decode("ascii"),
        path=path,
        query=query,
        headers=headers,
        length=_length(headers),
        keep=version == "1.1" and "close" not in wishes,
        expects=bool(expects) and version == "1.1",
        version=version,
    )


def environ_of(head: Head) -> dict[str, Any]:
    """What of the WSGI environ (PEP 3333) stands in the head."""
    made: dict[str, Any] = {
        "REQUEST_METHOD": head.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(head.path).decode("latin-1"),
        "QUERY_STRING": head.query,
        "SERVER_PROTOCOL": f"HTTP/{head.version}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.run_once": False,
        "wsgi.multiprocess": False,
        "wsgi.multithread": True,
    }
    for name, value in head.headers.items():
        made["HTTP_" + name.upper().replace("-", "_")] = value
    made.pop("HTTP_CONTENT_LENGTH", None)
    if "content-type" in head.headers:
        made["CONTENT_TYPE"] = made.pop("HTTP_CONTENT_TYPE")
    if "content-length" in head.headers:
        made["CONTENT_LENGTH"] = str(head.length)
    return made


def shown(data: bytes) -> dict[str, str]:
    """What a head shows as a credential, before it is read: it tells who goes first, and is good for nothing else."""
    found = _SHOWN.findall(data)
    return {f"HTTP_{name.decode().upper()}": value.decode("latin-1") for name, value in found}


def _request(data: bytes) -> h11.Request:
    reader = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST)
    try:
        reader.receive_data(data)
        found = reader.next_event()
    except h11.RemoteProtocolError:
        raise BadHead("a head that is not HTTP") from None
    if not isinstance(found, h11.Request):
        raise BadHead("a head that is not HTTP")
    return found


def _headers(request: h11.Request) -> dict[str, str]:
    """Names in small letters; what is said twice joined as RFC 9110, 5.3, allows."""
    made: dict[str, str] = {}
    for name_, value_ in request.headers.raw_items():
        name, value = name_.decode("ascii").lower(), value_.decode("latin-1")
        if "_" in name:
            # WSGI makes "-" of it: X_Forwarded_For would pass for a header that a proxy in front has taken away
            raise BadHead("an underscore in the name of a header")
        if name not in made:
            made[name] = value
        elif name in ("content-length", "host", "transfer-encoding", "authorization", "content-type", "origin"):
            raise BadHead("a header twice that may be there once")
        else:
            made[name] += ("; " if name == "cookie" else ", ") + value
    return made


def _length(headers: dict[str, str]) -> int:
    said = headers.get("content-length")
    if said is None:
        return 0
    if not _LENGTH.fullmatch(said):
        raise BadHead("a length that is no number")
    return int(said)


def _target(target: str, headers: dict[str, str]) -> tuple[str, str]:
    """Path and query. In the absolute form (RFC 9112, 3.2.2) the host is said twice."""
    if not target.startswith("/"):
        found = _ABSOLUTE.fullmatch(target)
        if found is None:
            raise BadHead("a target that is no path")
        if headers.get("host", "").lower() != found[1].lower():
            raise BadHead("two hosts")
        target = found[2] or "/"
        if not target.startswith("/"):
            raise BadHead("a target that is no path")
    if "#" in target:
        raise BadHead("a target with a fragment")
    path, _, query = target.partition("?")
    return path, query
