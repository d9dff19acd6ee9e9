"""What the form of each page may be, and that nothing of a request is read before it is proved who sends it.

A body is not taken from the connection and not parsed until a view calls `admit`: whoever may not act costs a look at
the head of the request. What is read then is bounded before it is parsed, in bytes, fields and parts, in linear time.
Not here: who may act (auth, access), what stands in the fields (page_parts/form_fields), JSON (api/json_body).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import IO, cast
from urllib.parse import parse_qsl, unquote

import flask
from flask import request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.utils import cached_property

from meetingsvc.web.errors import Problem

#: Of a body that no page takes more of, JSON of programs among them.
MOST_BYTES = 16_384
PLAIN, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
#: A part of a browser's form has a name, the name of a file, and the file's kind.
MOST_HEAD, MOST_LINES = 1_024, 4
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=?-]{1,70}")
_DISPOSITION = re.compile(
    rb'form-data; *name="([^"\r\n]{0,200})"(?:; *filename="([^"\r\n]{0,600})")?(?:; *filename\*=[^"\r\n;]{0,600})?',
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class FormLimit:
    """What one page takes: `bytes` and `fields` of a plain form at most; with `parts`, files too, in a form of so many
    parts and of `upload` bytes."""

    bytes: int = MOST_BYTES
    fields: int = 50
    parts: int = 0
    upload: int = 0


USUAL = FormLimit()
#: Endpoint -> what its form may be; of all others `USUAL`. Files come only to pages that take files.
LIMITS: dict[str, FormLimit] = {
    "home.leave": FormLimit(2_048, 4),
    "join.claim": FormLimit(2_048, 4),
    "bodies.save": FormLimit(65_536, 200),
    "meeting_times.submit": FormLimit(65_536, 300),
    "contacts.add": FormLimit(400_000, 500),  # pasted lists
    "schedule.submit": FormLimit(400_000, 800),  # agendas
    "guest_list.submit": FormLimit(200_000, 6_000, 20, 420_000),  # everybody who is to be invited; or an answer's file
    "calendar.submit": FormLimit(16_384, 50, 20, 420_000),  # an answer's file
    # a calendar's file; or the same packed, with what was chosen of it
    "import_ics.submit": FormLimit(1_500_000, 600, 600, 1_500_000),
}


class TooEarly(RuntimeError):
    """A view looked at what was sent before it was proved who sent it: an error of ours."""


class Request(flask.Request):
    """A request whose body cannot be read before `admit`."""

    admitted = False

    @property
    def limit(self) -> FormLimit:
        return LIMITS.get(self.endpoint or "", USUAL)

    @property
    def most_bytes(self) -> int:
        return self.limit.upload if self.limit.parts and self.mimetype == PARTS else self.limit.bytes

    def admit(self) -> None:
        """From here on the body may be read, as far as this page takes it."""
        self.max_content_length = self.most_bytes + 1  # what is longer shows, and is not taken for what fits
        self.admitted = True

    @cached_property
    def stream(self) -> IO[bytes]:
        # form, files, data and json are all made from it
        if not self.admitted:
            raise TooEarly(self.endpoint)
        return super().stream

    def make_form_data_parser(self) -> FormDataParser:
        return Parser(self.limit, self.most_bytes)


class Parser(FormDataParser):
    """Plain forms, and where the page takes files, forms in parts; whatever else was sent is refused."""

    def __init__(self, limit: FormLimit, most_bytes: int) -> None:
        super().__init__(silent=False)
        self.limit, self.most_bytes = limit, most_bytes

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]:
        data = stream.read()
        if len(data) > self.most_bytes:
            raise RequestEntityTooLarge
        if mimetype == PARTS:
            form, files = in_parts(data, (options or {}).get("boundary", ""), self.limit.parts)
        else:
            form, files = plain(data, self.limit.fields), MultiDict[str, FileStorage]()
        return stream, form, files


def admit() -> None:
    """Lets this request's body be read. To be called when it is proved who sends it, and that they may."""
    _request().admit()


def admit_form() -> None:
    """The same for a form: of a kind and size that this page takes."""
    ours, sent = _request(), request.content_length or 0
    taken = (PLAIN, PARTS) if ours.limit.parts else (PLAIN,)
    if ours.mimetype not in taken and (sent or ours.mimetype):
        raise Problem(415, "http.form_unknown")
    if sent > ours.most_bytes:
        raise RequestEntityTooLarge
    ours.admit()


def _request() -> Request:
    return cast(Request, request._get_current_object())  # type: ignore[attr-defined]


def plain(data: bytes, most: int) -> MultiDict[str, str]:
    """The fields of a plain form of at most `most` fields."""
    if data.count(b"&") >= most:
        raise Problem(413, "http.form_too_many", most=most)
    return MultiDict(parse_qsl(_text(data), keep_blank_values=True, errors="replace", separator="&"))


def in_parts(data: bytes, boundary: str, most: int) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
    """(fields, files) of a form in at most `most` parts, as browsers send it: RFC 7578 without what nobody uses."""
    form, files = MultiDict[str, str](), MultiDict[str, FileStorage]()
    mark = b"\r\n--" + boundary.encode("ascii", "replace")
    if data.startswith(mark[2:]):
        data = b"\r\n" + data
    if not _BOUNDARY.fullmatch(boundary) or not data.startswith(mark):
        raise _unreadable()
    if data.count(mark) - 1 > most:
        raise Problem(413, "http.form_too_many", most=most)
    *parts, end = data.split(mark)[1:]
    if not end.startswith(b"--") or end[2:].strip():
        raise _unreadable()
    for part in parts:
        name, file, kind, content = _part(part)
        if file is not None:
            files.add(name, FileStorage(BytesIO(content), file, name, kind))
        else:
            form.add(name, _text(content))
    return form, files


def _part(part: bytes) -> tuple[str, str | None, str, bytes]:
    """(name, name of the file if it is one, its kind, content). The head is small, and each line of it is known."""
    end = part.find(b"\r\n\r\n", 0, MOST_HEAD)
    if end < 0 and len(part) < MOST_HEAD and part.endswith(b"\r\n"):  # nothing in it: RFC 2046, 5.1.1
        end = len(part) - 2
    if end < 0 or not part.startswith(b"\r\n"):
        raise _unreadable()
    found: dict[bytes, bytes] = dict(_lines(part[2:end]))
    said = _DISPOSITION.fullmatch(found.get(b"content-disposition", b""))
    if said is None:
        raise _unreadable()
    file = None if said[2] is None else _unescaped(said[2])
    kind = found.get(b"content-type", b"application/octet-stream").decode("latin-1")
    return _unescaped(said[1]), file, kind, part[end + 4 :]


def _lines(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    lines = head.split(b"\r\n", MOST_LINES)
    names = [line.partition(b":")[0].lower() for line in lines]
    if len(lines) > MOST_LINES or len(set(names)) < len(names):
        raise _unreadable()
    for name, line in zip(names, lines, strict=True):
        yield name, line.partition(b":")[2].strip()


def _unescaped(name: bytes) -> str:
    """What stands in quotes: browsers write %22 for a quote, %0D and %0A for ends of lines, and nothing else."""
    return re.sub("%(22|0D|0A)", lambda it: unquote(it[0]), _text(name))


def _text(given: bytes) -> str:
    return given.decode(errors="replace")


def _unreadable() -> Problem:
    return Problem(400, "http.form_unreadable")
