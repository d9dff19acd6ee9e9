"""Canonical JSON: RFC 8785 without fractions. The one way in which the service writes JSON that is hashed.

Does not belong here: what is written (codec), what is hashed (chain).
"""

from __future__ import annotations

import json
from typing import Any

LARGEST = 2**53 - 1  # RFC 8785 speaks of doubles; beyond this they are no longer whole


class NotCanonical(ValueError):
    """Data that have no canonical form here, or a text that is not in it."""


def jcs(data: Any) -> str:
    """The canonical text of JSON data: no spaces, keys in order of UTF-16 code units, whole numbers only."""
    return json.dumps(_ordered(data), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def parse(text: str) -> Any:
    """The data of a canonical text; refuses every other spelling of the same data."""
    try:
        data = json.loads(text)
        same = jcs(data) == text
    except (ValueError, RecursionError) as fault:
        raise NotCanonical(str(fault)) from fault
    if not same:
        raise NotCanonical("not in canonical form")
    return data


def _ordered(data: Any) -> Any:
    if data is None or isinstance(data, bool):
        return data
    if isinstance(data, int):
        if abs(data) > LARGEST:
            raise NotCanonical(f"a number beyond 2^53: {data}")
        return int(data)
    if isinstance(data, str):
        return _encodable(data)
    if isinstance(data, dict):
        if not all(isinstance(key, str) for key in data):
            raise NotCanonical("a key that is no string")
        return {key: _ordered(data[key]) for key in sorted(data, key=None if all(map(str.isascii, data)) else _units)}
    if isinstance(data, list | tuple):
        return [_ordered(value) for value in data]
    raise NotCanonical(f"{type(data).__name__} has no canonical form")


def _units(key: str) -> bytes:
    return _encodable(key).encode("utf-16-be")


def _encodable(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as fault:
        raise NotCanonical("half of a surrogate pair") from fault
    return text
