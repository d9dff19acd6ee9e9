"""The body of a request as plain data, read strictly: JSON only, small, shallow, no number that is not one.

Not here: which fields a command has (that is core.schema).
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from meetingsvc.core.schema import InvalidShape

MOST_BYTES = 16_384
MOST_DEPTH = 8
#: Longer numerals are refused before Python turns them into integers, which takes quadratic time.
_MOST_DIGITS = 20


class TooLarge(Exception):
    """A body of more than MOST_BYTES."""


def read_json(request: Request) -> dict[str, Any]:
    """The JSON object of a request; raises `InvalidShape` or `TooLarge`. An empty body is an empty object."""
    if (request.content_length or 0) > MOST_BYTES:
        raise TooLarge
    try:
        data = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise TooLarge from None
    if len(data) > MOST_BYTES:
        raise TooLarge
    if not data and not request.mimetype:
        return {}
    if request.mimetype != "application/json":
        # A form of a foreign site can send other types without asking first; JSON it cannot.
        raise InvalidShape("$", "shape.not_json")
    return parse(data)


def parse(data: bytes) -> dict[str, Any]:
    """Strict JSON: an object, no NaN or Infinity, no name twice, at most MOST_DEPTH deep."""
    try:
        body = json.loads(
            data.decode("utf-8"), parse_constant=_no_number, parse_int=_integer, object_pairs_hook=_object
        )
    except InvalidShape:
        raise
    except (ValueError, RecursionError):
        raise InvalidShape("$", "shape.not_json") from None
    if not isinstance(body, dict):
        raise InvalidShape("$", "shape.wrong_type", wanted="object")
    _shallow(body, 1)
    return body


def _no_number(literal: str) -> NoReturn:
    raise InvalidShape("$", "shape.not_a_number")


def _integer(literal: str) -> int:
    if len(literal) > _MOST_DIGITS:
        raise InvalidShape("$", "shape.too_large")
    return int(literal)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise InvalidShape("$", "shape.twice")
    return made


def _shallow(value: Any, depth: int) -> None:
    """Refuse nesting beyond MOST_DEPTH; a scalar does not count as a level."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if inner is None:
        return
    if depth > MOST_DEPTH:
        raise InvalidShape("$", "shape.too_deep", most=MOST_DEPTH)
    for one in inner:
        _shallow(one, depth + 1)
