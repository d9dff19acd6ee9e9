"""What passes between the process that serves and the one that reads files: plain JSON there, our dataclasses here.

Nothing that comes back is believed for coming back: each value has the type of its field, or the whole is refused.
Does not belong here: what is read (jobs.py), how the bytes travel (worker.py, client.py).
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin

_PLAIN = (str, int, bool, types.NoneType)


class Unlike(ValueError):
    """Data that has not the shape asked for."""


def packed(thing: Any) -> Any:
    """JSON-able data: a dataclass becomes the list of its values, in the order of its fields."""
    if dataclasses.is_dataclass(thing):
        return [packed(getattr(thing, field.name)) for field in dataclasses.fields(thing)]
    if isinstance(thing, tuple | list):
        return [packed(each) for each in thing]
    if isinstance(thing, Mapping):
        return {str(key): packed(value) for key, value in thing.items()}
    return thing if thing is None or isinstance(thing, str | int) else str(thing)


def unpacked(kind: Any, data: Any) -> Any:
    """Data as an instance of `kind`: a dataclass, tuple[X, ...], Literal, X | None, str, int or bool. `Unlike`."""
    origin = get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        inner = next(each for each in get_args(kind) if each is not types.NoneType)
        return None if data is None else unpacked(inner, data)
    if origin is Literal:
        return _that(data in get_args(kind) and type(data) is str, data)
    if origin is tuple:
        return tuple(unpacked(get_args(kind)[0], each) for each in _that(type(data) is list, data))
    if origin is Mapping:  # the facts of a sentence
        return _that(type(data) is dict and all(type(each) in _PLAIN for each in data.values()), data)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _fields(kind)
        _that(type(data) is list and len(data) == len(hints), data)
        return kind(*map(unpacked, hints, data))
    return _that(type(data) is kind and kind in (str, int, bool), data)


@lru_cache(maxsize=64)
def _fields(kind: type) -> tuple[Any, ...]:
    hints = typing.get_type_hints(kind)
    return tuple(hints[field.name] for field in dataclasses.fields(kind))


def _that(holds: bool, data: Any) -> Any:
    if not holds:
        raise Unlike("an answer of another shape")
    return data
