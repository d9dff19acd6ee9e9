"""Attacks by forms of a stranger: multipart of 385 KB with odd headers, thousands of fields, files nobody asked for."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from tests.attack.storms.kinds import Aim, Storm
from tests.attack.storms.reads import asking

SIZE = 385_000
_KIND = "Content-Type: multipart/form-data; boundary=b"


def many_parts() -> bytes:
    """Thousands of tiny parts."""
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    return part * (SIZE // len(part)) + b"--b--\r\n"


def odd_heads() -> bytes:
    """Few parts, each with a head of many lines and parameters."""
    odd = b"".join(b'X-%d: "\\"\\"; a*0*=%%%%; b="%s"\r\n' % (n, b"\\" * 60) for n in range(600))
    head = b"--b\r\nContent-Disposition: form-data; name=\"%s\"; filename*=utf-8''%s\r\n%s\r\n\r\n"
    part = head % (b'\\"' * 2000, b"%ff" * 2000, odd)
    return part * (SIZE // len(part)) + b"--b--\r\n"


def near_boundaries() -> bytes:
    """One part whose content nearly is the boundary, again and again."""
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\n'
    return head + b"\r\n--\r\r\n--" * (SIZE // 9) + b"\r\n--b--\r\n"


def fields() -> bytes:
    return b"&".join(b"%x=" % n for n in range(SIZE // 6))[:SIZE]


def strangers(aim: Aim) -> Callable[[], bytes]:
    plain = "Content-Type: application/x-www-form-urlencoded"
    bodies = [(many_parts(), _KIND), (odd_heads(), _KIND), (near_boundaries(), _KIND), (fields(), plain)]
    paths = (
        f"/setup/{aim.body}/import",
        f"/m/{aim.meeting}/links",
        f"/setup/{aim.body}/people",
        f"/join/{'x' * 43}",
        "/leave",
        f"/setup/{aim.body}/schedule",
        f"/m/{aim.meeting}/invitations",
    )
    made = [
        aim.post(path, body, kind, "Origin: null", "Sec-Fetch-Site: same-origin")
        for path, (body, kind) in itertools.product(paths, bodies)
    ]
    turn = itertools.cycle(made)
    return lambda: next(turn)


STORMS = (Storm("forms", "hostile forms of 385 KB, 10 connections", asking(10, strangers)),)
