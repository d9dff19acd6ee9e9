"""Write static/js/view.d.ts, the types of the view for the browser's modules, from meetingsvc/views/view_types.py.

`make types` writes the file. Does not belong here: any field.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from meetingsvc.views import view_types

TARGET = Path(__file__).resolve().parent.parent / "static" / "js" / "view.d.ts"
HEAD = """\
// The types of the view: what a screen holds, for the type checker only; no browser loads this file. Made from
// meetingsvc/views/view_types.py by `make types`: a field is added there. A field with `?` is left out where there is
// none. Times are ms UTC, durations seconds; ids are numbers in values and their decimal strings as keys.
"""
NAMES = {str: "string", int: "number", bool: "boolean", Any: "any"}


def main() -> None:
    TARGET.write_text(document(), encoding="utf-8")


def document() -> str:
    """The whole file."""
    parts = [HEAD]
    for shape in shapes():
        rows = "\n".join(f"  {name}: {kind};" for name, kind in fields_of(shape).items())
        parts.append(f"/** {shape.__doc__} */\nexport interface {shape.__name__} {{\n{rows}\n}}\n")
    return "\n".join(parts)


def shapes() -> Iterator[type]:
    """The objects of the view, in the order in which they are written down."""
    for shape in vars(view_types).values():
        if typing.is_typeddict(shape) and shape.__module__ == view_types.__name__:
            yield shape


def fields_of(shape: type) -> dict[str, str]:
    """{field: its type in TypeScript}; the name of a field that may be absent ends in `?`."""
    found = {}
    for name, kind in get_type_hints(shape).items():
        kinds = get_args(kind) if get_origin(kind) in (types.UnionType, typing.Union) else (kind,)
        there = [typescript(each) for each in kinds if each is not type(None)]
        found[f"{name}?" if type(None) in kinds else name] = " | ".join(there)
    return found


def typescript(kind: Any) -> str:
    """A type of Python as one of TypeScript."""
    if kind in NAMES:
        return NAMES[kind]
    if typing.is_typeddict(kind):
        return str(kind.__name__)
    inner = get_args(kind)
    match get_origin(kind):
        case origin if origin is Literal:
            return " | ".join(json.dumps(value) for value in inner)
        case origin if origin is dict:
            return f"Record<string, {typescript(inner[1])}>"
        case origin if origin is list:
            found = typescript(inner[0])
            return f"({found})[]" if "|" in found else f"{found}[]"
    raise TypeError(f"a view cannot hold {kind}")


if __name__ == "__main__":
    main()
