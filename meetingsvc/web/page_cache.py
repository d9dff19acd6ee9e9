"""Answers that are the same for everybody and cost more than a millisecond: made once for what they show, then kept.

The key is a digest of what an answer shows, never of what was asked: an unknown parameter makes no new entry. What is
each answer's own (the nonce, the time of day) is put into it as it leaves. Not here: who may see what; only views that
show the same to everybody of one audience may use this.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask import Response, request

from meetingsvc.web.context import services, words
from meetingsvc.web.middleware import NONCE

T = TypeVar("T")

_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_GZIP_END = b"\x03\x00"  # an empty last block


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """An answer in pieces: at odd places stand the names of what is each answer's own.

    `packed`: the even ones, deflated. `since` and `until`: between these moments (ms UTC) it holds.
    """

    pieces: tuple[bytes, ...]
    packed: tuple[bytes, ...]
    kind: str
    vary: tuple[str, ...]
    since: int
    until: float


def cached_answer(
    stamp: Callable[[], object],
    make: Callable[[], tuple[Response, Sequence[int]]],
    own: Mapping[bytes, bytes] | None = None,
) -> Response:
    """The answer to this request, in its language. `stamp`: all that it shows, or stands for it, cheaply.

    `make` gives it, with the moments (ms UTC) at which it will look different though nothing happened. `own`: what
    stands in it as made -> what this answer has instead, beside the nonce.
    """
    about, now = stamp(), services().meetings.clock()
    key = digest(about)
    found = services().pages.get(key)
    nonce = str(request.environ.get(NONCE, "")).encode()
    mine = {b"nonce": nonce, **(own or {})}
    if not isinstance(found, CachedAnswer) or not found.since <= now < found.until:
        made, moments = make()
        marks = {mark: mark for mark in own or ()} | ({nonce: b"nonce"} if nonce else {})
        found = _cut(made, marks, now, moments)
        if stamp() == about:  # else it shows more than its key says
            services().pages.put(key, found, sum(map(len, (*found.pieces, *found.packed))))
    return _answer(found, mine)


def cached_value(about: object, make: Callable[[], T], size: Callable[[T], int]) -> T:
    """Something that answers are made from, kept in the same place. `about` must be all that it depends on."""
    key = digest(about)
    found: T | None = services().pages.get(key)
    if found is None:
        found = make()
        services().pages.put(key, found, size(found))
    return found


def digest(about: object) -> str:
    whole = (request.endpoint, words().lang, about)
    return hashlib.sha256(repr(whole).encode()).hexdigest()


def _cut(made: Response, marks: Mapping[bytes, bytes], now: int, moments: Sequence[int]) -> CachedAnswer:
    """`marks`: what stands in the answer as it was made -> the name of what others have there."""
    split = re.split(b"(" + b"|".join(map(re.escape, marks)) + b")", made.get_data()) if marks else [made.get_data()]
    pieces = tuple(marks[piece] if n % 2 else piece for n, piece in enumerate(split))
    since = max((at for at in moments if at <= now), default=0)
    until = min((at for at in moments if at > now), default=float("inf"))
    return CachedAnswer(pieces, tuple(map(_deflated, pieces[::2])), made.content_type, tuple(made.vary), since, until)


def _answer(found: CachedAnswer, own: Mapping[bytes, bytes]) -> Response:
    whole = [own[piece] if n % 2 else piece for n, piece in enumerate(found.pieces)]
    answer = Response(content_type=found.kind)
    answer.vary.update((*found.vary, "Accept-Encoding"))
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        answer.headers["Content-Encoding"] = "gzip"
        answer.set_data(_gzip(whole, found.packed))
    else:
        answer.set_data(b"".join(whole))
    return answer


def _deflated(piece: bytes) -> bytes:
    """Blocks that need nothing of what stands before them, up to a whole byte (RFC 1951, 3.2)."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)


def _gzip(whole: Sequence[bytes], packed: Sequence[bytes]) -> bytes:
    """One gzip member: the even pieces as they were packed, between them the others as stored blocks."""
    made, crc, size = [_GZIP_HEAD], 0, 0
    for n, piece in enumerate(whole):
        crc, size = zlib.crc32(piece, crc), size + len(piece)
        if n % 2:
            made.append(b"\x00" + struct.pack("<HH", len(piece), len(piece) ^ 0xFFFF) + piece)
        else:
            made.append(packed[n // 2])
    return b"".join((*made, _GZIP_END, struct.pack("<II", crc, size & 0xFFFFFFFF)))
