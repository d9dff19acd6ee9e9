"""A file that somebody saved as CSV, as rows of cells. Any encoding, any separator that spreadsheets write.

Belongs here: bytes, encodings, separators, quotes, line numbers. Does not belong here: what a column means.
"""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path

LARGEST = 5_000_000  # bytes: a list of all States with long posts has 20,000
SEPARATORS = ",;\t|"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NOT_CSV = (
    (b"PK\x03\x04", "a spreadsheet (XLSX or ODS)"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet (XLS)"),
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "a text document (RTF)"),
)


class Unreadable(Exception):
    """The file cannot be read as a table; the message is a sentence for the person who gave it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row; `number` is the line of the file on which it begins (a quoted cell may run over several)."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows without the empty ones; the first names the columns."""

    encoding: str
    separator: str
    lines: tuple[Line, ...]


def read_file(path: str | Path) -> Table:
    """The table in a file; raises `Unreadable`."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
    except IsADirectoryError:
        raise Unreadable(f"{path} is a folder; give the file.") from None
    except FileNotFoundError:
        raise Unreadable(f"There is no file {path}.") from None
    except OSError as why:
        raise Unreadable(f"{path} cannot be read: {why.strerror}.") from None
    return read_bytes(data)


def read_bytes(data: bytes) -> Table:
    """The table in these bytes; raises `Unreadable`."""
    if len(data) > LARGEST:
        raise Unreadable(f"The file is larger than {LARGEST // 1_000_000} MB; a list of delegations is not.")
    text, encoding = _decoded(data)
    if not text.strip():
        raise Unreadable("The file is empty.")
    first, _, rest = text.partition("\n")
    declared = first.strip().lower()
    skipped = 0
    if declared.startswith("sep=") and len(declared) == 5:  # Excel writes the separator into the first line
        text, skipped = rest, 1
        separator = declared[4]
    else:
        separator = _separator(text)
    return Table(encoding, separator, _lines(text, separator, skipped))


def _decoded(data: bytes) -> tuple[str, str]:
    for start, what in _NOT_CSV:
        if data.startswith(start):
            raise Unreadable(f"This is {what}. Save it as CSV (in UTF-8, if asked) and import that file.")
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict(data, encoding)
    if data[:200].count(0) > len(data[:200]) // 4:  # UTF-16 that lost its mark: every other byte of a heading is zero
        return _strict(data, "utf-16-le" if data[1:2] == b"\0" else "utf-16-be")
    if b"\0" in data:
        raise Unreadable("This is not a text file. Save the list as CSV and import that file.")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _strict(data, "cp1252")


def _strict(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as why:
        line = data[: why.start].count(b"\n") + 1
        raise Unreadable(f"Line {line} has bytes that are no text. Save the file again as CSV in UTF-8.") from None


def _separator(text: str) -> str:
    """The one that the heading has most of, outside quotes; a comma when it has none."""
    heading = next(line for line in text.splitlines() if line.strip())
    outside = "".join(heading.split('"')[::2])
    return max(SEPARATORS, key=lambda sign: (outside.count(sign), -SEPARATORS.index(sign)))


def _lines(text: str, separator: str, skipped: int) -> tuple[Line, ...]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True)
    lines: list[Line] = []
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append(Line(begins + skipped, tuple(cells)))
            begins = reader.line_num + 1
    except csv.Error as why:
        raise Unreadable(_about(str(why), begins + skipped)) from None
    return tuple(lines)


def _about(why: str, line: int) -> str:
    if "unexpected end" in why:
        return f'The row that begins on line {line} opens a quote (") that is never closed.'
    if "expected after" in why:
        return f'Line {line} has a quote (") in the middle of a cell. Quotes inside quotes are written twice ("").'
    return f"Line {line} cannot be read as CSV: {why}."
