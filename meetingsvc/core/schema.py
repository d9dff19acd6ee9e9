"""Between dataclasses and plain JSON data: one strict reader, one writer. Pure.

Belongs here: shapes, lengths, forbidden characters. Does not belong here: meaning (that is `decide`),
canonical bytes and old versions (that is `store.codec`).
"""

from __future__ import annotations

import dataclasses
import types
import typing
import unicodedata
from typing import Any, Literal, TypeVar, get_args, get_origin

from meetingsvc.core.kernel import Text
from meetingsvc.core.stack import Stack

T = TypeVar("T")

LONGEST_LINE = 500
LONGEST_TEXT = 10_000
LARGEST = 2**53 - 1  # what a browser reads exactly
MOST = 1_000  # elements of a list or table

#: Bidi embeddings, overrides and isolates can show one name and mean another; the line separators break files.
_FORBIDDEN = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")
#: Direction marks and byte-order marks are left over from pasting: dropped, since names stand isolated on screens.
_DROPPED = dict.fromkeys(map(ord, "\u200e\u200f\u061c\ufeff"))
#: Marks on one letter, and how short a text is that needs no look at them.
_MOST_MARKS, _SHORT = 30, 200


class InvalidShape(Exception):
    """Data that is not of the shape asked for. `path` is like $.sessions[0].starts."""

    def __init__(self, path: str, code: str, **facts: Any) -> None:
        super().__init__(f"{path}: {code}")
        self.path, self.code, self.facts = path, code, facts


_FIELDS: dict[Any, tuple[tuple[str, Any, bool, bool], ...]] = {}


def concluded(default: Any) -> Any:
    """A field that `perform` fills in: nobody may send it."""
    return dataclasses.field(default=default, metadata={"concluded": True})


def fields(cls: Any) -> tuple[tuple[str, Any, bool, bool], ...]:
    """(name, type, required, concluded) of each field."""
    if cls not in _FIELDS:
        _FIELDS[cls] = _fields(cls)
    return _FIELDS[cls]


def _fields(cls: Any) -> tuple[tuple[str, Any, bool, bool], ...]:
    hints = typing.get_type_hints(cls)
    missing = dataclasses.MISSING
    return tuple(
        (
            f.name,
            hints[f.name],
            f.default is missing and f.default_factory is missing,
            bool(f.metadata.get("concluded")),
        )
        for f in dataclasses.fields(cls)
    )


def text_fields(cls: Any) -> tuple[str, ...]:
    """The fields that hold free text about people: what a redaction takes away."""
    return tuple(name for name, kind, *_ in fields(cls) if kind is Text or Text in get_args(kind))


def read(cls: type[T], data: Any, *, path: str = "$", sent: bool = True) -> T:
    """Data as an instance of a dataclass, or `InvalidShape`.

    `sent` is true for what a client sent: concluded fields are unknown then, and texts are cleaned
    (normal form C, spaces folded in single lines) or refused. What the log holds is taken as it stands.
    """
    if not isinstance(data, dict):
        raise InvalidShape(path, "shape.wrong_type", wanted="object")
    known: dict[str, Any] = {}
    for name, kind, required, inner in fields(cls):
        if inner and sent:
            continue
        if name in data:
            known[name] = _value(kind, data[name], f"{path}.{name}", sent)
        elif required:
            raise InvalidShape(f"{path}.{name}", "shape.missing")
    for key in data:
        if key not in known:
            raise InvalidShape(f"{path}.{_shown(key)}", "shape.unknown_field")
    return cls(**known)


def plain(thing: Any) -> Any:
    """JSON-able data of an instance; fields that are None are left out."""
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        values = ((name, getattr(thing, name)) for name, *_ in fields(type(thing)))
        return {name: plain(value) for name, value in values if value is not None}
    if isinstance(thing, dict):
        return {str(key): plain(value) for key, value in thing.items()}
    if isinstance(thing, tuple | list | Stack):
        return [plain(value) for value in thing]
    return thing


def _value(kind: Any, data: Any, path: str, sent: bool) -> Any:
    origin = get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        return _either(get_args(kind), data, path, sent)
    if origin is Literal:
        if not isinstance(data, str) or data not in get_args(kind):
            raise InvalidShape(path, "shape.not_one_of", wanted=", ".join(get_args(kind)))
        return data
    if origin is tuple:
        return _several(get_args(kind)[0], data, path, sent)
    if origin is dict:
        return _table(get_args(kind)[1], data, path, sent)
    if dataclasses.is_dataclass(kind):
        return read(kind, data, path=path, sent=sent)  # type: ignore[arg-type]
    return _scalar(kind, data, path, sent)


def _either(kinds: tuple[Any, ...], data: Any, path: str, sent: bool) -> Any:
    if data is None and type(None) in kinds:
        return None  # a client may say that it says nothing
    real = [kind for kind in kinds if kind is not type(None)]
    if len(real) > 1 and str in real and not isinstance(data, str):
        real.remove(str)
    return _value(real[-1] if str not in real else str, data, path, sent)


def _several(kind: Any, data: Any, path: str, sent: bool) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise InvalidShape(path, "shape.wrong_type", wanted="list")
    if len(data) > MOST:
        raise InvalidShape(path, "shape.too_many", most=MOST)
    return tuple(_value(kind, value, f"{path}[{n}]", sent) for n, value in enumerate(data))


def _table(kind: Any, data: Any, path: str, sent: bool) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise InvalidShape(path, "shape.wrong_type", wanted="object")
    if len(data) > MOST:
        raise InvalidShape(path, "shape.too_many", most=MOST)
    made = {
        _line(str(key), path, LONGEST_LINE, sent): _value(kind, value, f"{path}.{_shown(key)}", sent)
        for key, value in data.items()
    }
    if len(made) < len(data):
        raise InvalidShape(path, "shape.key_twice")
    return made


def _scalar(kind: Any, data: Any, path: str, sent: bool) -> Any:
    if kind is Text:
        if not isinstance(data, str):
            raise InvalidShape(path, "shape.wrong_type", wanted="text")
        return _line(data, path, LONGEST_TEXT, sent, several=True)
    if kind is str:
        if not isinstance(data, str):
            raise InvalidShape(path, "shape.wrong_type", wanted="text")
        return _line(data, path, LONGEST_LINE, sent)
    if kind is bool:
        if not isinstance(data, bool):
            raise InvalidShape(path, "shape.wrong_type", wanted="true or false")
        return data
    if kind is int:
        if isinstance(data, bool) or not isinstance(data, int):
            raise InvalidShape(path, "shape.wrong_type", wanted="whole number")
        if abs(data) > LARGEST:
            raise InvalidShape(path, "shape.too_large")
        return data
    raise TypeError(f"{path}: no reader for {kind}")


def composed(text: str) -> str:
    """Normal form C. Of marks on one letter those beyond the thirtieth are dropped, as UAX #15 (Stream-Safe Text) has
    it: putting them in order costs the square of their number."""
    if len(text) > _SHORT and not text.isascii():
        marks, kept = 0, []
        for sign in text:
            marks = marks + 1 if unicodedata.combining(sign) else 0
            if marks <= _MOST_MARKS:
                kept.append(sign)
        text = "".join(kept)
    return unicodedata.normalize("NFC", text)


def _line(data: str, path: str, longest: int, sent: bool, several: bool = False) -> str:
    if not sent:
        return data
    if len(data) > 4 * longest:  # whatever is folded away: nobody's text, and not to be looked through
        raise InvalidShape(path, "shape.too_long", most=longest)
    text = composed(data).translate(_DROPPED)
    if several:
        text = "\n".join(" ".join(line.split()) for line in text.replace("\r\n", "\n").split("\n")).strip()
    else:
        text = " ".join(text.split())
    for sign in text:
        control = sign != "\n" and unicodedata.category(sign) in ("Cc", "Cs")
        if control or sign in _FORBIDDEN or ord(sign) & 0xFFFE == 0xFFFE:
            raise InvalidShape(path, "shape.forbidden_character", sign=f"U+{ord(sign):04X}")
    if len(text) > longest:
        raise InvalidShape(path, "shape.too_long", most=longest)
    return text


def _shown(key: Any) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in str(key))[:60]
