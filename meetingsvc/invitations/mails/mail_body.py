"""Blocks of lines as plain text and as a page of HTML, so that both say the same. Pure.

The page fetches nothing and runs nothing; names and addresses stand apart from the direction of the text around them.
Not here: any sentence (wording).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from meetingsvc.translations import Catalogue


@dataclass(frozen=True, slots=True)
class Link:
    """A line that ends in an address one can follow."""

    text: str
    address: str

    @property
    def shown(self) -> str:
        return (
            self.address.removeprefix("tel:").replace("%23", "#") if self.address.startswith("tel:") else self.address
        )


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together, under a heading or without."""

    rows: tuple[str | Link, ...]
    head: str = ""
    look: Literal["plain", "title", "points"] = "plain"


def plain(made: Sequence[Block]) -> str:
    """The blocks with an empty line between them."""
    return "\n\n".join("\n".join(_plain_rows(block)) for block in made) + "\n"


def _plain_rows(block: Block) -> Iterator[str]:
    if block.head:
        yield block.head
    for row in block.rows:
        text = f"{row.text}: {row.shown}" if isinstance(row, Link) else row
        yield f"- {text}" if block.look == "points" else text


_PAGE = """\
<!DOCTYPE html>
<html lang="{lang}" dir="{dir}">
<head><meta charset="utf-8"><title>{title}</title></head>
<body dir="{dir}" style="margin: 0; padding: 16px; max-width: 40em; font: 16px/1.5 sans-serif">
{body}
</body>
</html>
"""


def html(made: Sequence[Block], title: str, say: Catalogue) -> str:
    """The blocks as a page, its style within it: readers of mail drop all other."""
    body = "\n".join(_html_block(block) for block in made)
    return _PAGE.format(lang=escape(say.lang), dir=escape(say.dir), title=escape(title), body=body)


def _html_block(block: Block) -> str:
    rows = [_html_row(row) for row in block.rows]
    if block.look == "title":
        return f'<h1 dir="auto" style="font-size: 20px; margin: 16px 0">{rows[0]}</h1>'
    head = f"<strong>{escape(block.head)}</strong>" if block.head else ""
    if block.look == "points":
        points = "\n".join(f"<li>{row}</li>" for row in rows)
        return f'<p style="margin: 16px 0 0">{head}</p>\n<ul style="margin: 0 0 16px">\n{points}\n</ul>'
    return '<p style="margin: 16px 0">' + "<br>\n".join([head, *rows] if head else rows) + "</p>"


def _html_row(row: str | Link) -> str:
    if isinstance(row, str):
        return escape(row)
    return f'{escape(row.text)}: <a href="{escape(row.address)}"><bdi>{escape(row.shown)}</bdi></a>'
