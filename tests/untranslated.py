"""Finds words on screens that no catalogue was asked for: in templates, and in the modules of the browser.

Templates are read by Jinja's own lexer and parser. A module is read by a small scanner that knows strings, templates,
comments and which call a string stands in: enough for what static/js holds, no more. Not here: what is wrong with what
is found (test_untranslated).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from jinja2 import Environment, nodes

#: Attributes that people read or hear.
SPOKEN = frozenset({"title", "aria-label", "aria-description", "placeholder", "alt", "label", "hint", "data-done"})
#: Elements that show nothing of their text.
SILENT = frozenset({"script", "style", "svg", "kbd"})
#: What asks the catalogue, in templates and in modules.
ASKS = frozenset({"_", "gettext", "ngettext", "richText"})
#: Stands for what a template computes.
HOLE = "\ufffc"
#: A block and a macro of the templates that make attributes.
_IN_ATTRIBUTE = re.compile(r"{% block look %}.*?{% endblock %}|{% macro described\(.*?{%- endmacro %}", re.DOTALL)
#: Examples in empty fields that are the same in every language.
EXAMPLES = ("https://", "Africa/Nairobi", "KEN")
_WORDS = re.compile(r"[^\W\d_]{2,}")
#: What a text looks like and a code does not: it begins with a capital and goes on small, or a word follows a capital.
_SENTENCE = re.compile(r"^\s*[A-Z][a-z]+|[A-Z][\w’'-]*[ ,:]+[^\W\d_]{2,}")
#: Keys as keyboards name them, and headers of HTTP.
_NO_TEXT = re.compile(r"Enter|Escape|Esc|Home|End|Del|Alt [↑↓]|[A-Z]\w+(-[A-Z]\w+)+")
#: Where a literal of any form is shown at once.
_SHOWN = re.compile(r"(?:\b(?:textContent|innerText|title|ariaLabel|placeholder|alt)\s*=|'aria-label',)\s*$")


class _Page(HTMLParser):
    """The words of a page: its text and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        button = tag == "input" and dict(attrs).get("type") in ("submit", "button", "reset")
        for name, value in attrs:
            if name in SPOKEN or (button and name == "value"):
                self._note(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._silent -= tag in SILENT

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._note(data)

    def _note(self, text: str) -> None:
        for piece in text.split(HOLE):
            if _WORDS.search(piece) and not piece.strip().startswith(EXAMPLES):
                self.found.append(" ".join(piece.split()))


def _is_text(literal: str) -> bool:
    return bool(_SENTENCE.search(literal) and not _NO_TEXT.fullmatch(literal) and not literal.startswith(EXAMPLES))


def of_html(text: str) -> list[str]:
    page = _Page()
    page.feed(text)
    page.close()
    return page.found


def of_template(source: str) -> list[str]:
    """Text and attributes of a template, and sentences in its expressions, that did not come through the catalogue."""
    environment = Environment(autoescape=True)
    shown = _IN_ATTRIBUTE.sub(" ", source)
    pieces = [text if kind == "data" else HOLE for _, kind, text in environment.lex(shown)]
    return of_html(re.sub(f"{HOLE}+", HOLE, "".join(pieces))) + list(_said(environment.parse(source), asked=False))


def _said(node: nodes.Node, *, asked: bool) -> Iterator[str]:
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and not asked and _is_text(node.value):
        yield node.value
    if isinstance(node, nodes.Keyword) and node.key.replace("_", "-") in SPOKEN:
        literal = node.value.value if isinstance(node.value, nodes.Const) else None
        if (
            isinstance(literal, str)
            and _WORDS.match(literal)
            and not (literal.startswith(EXAMPLES) or _is_text(literal))
        ):
            yield literal
    asks = isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in ASKS
    for child in node.iter_child_nodes():
        yield from _said(child, asked=asks)


# ------------------------------------------------------------------------------------------------------------ modules


@dataclass
class _Scanner:
    """Goes through a module once. `calls` are the open brackets with what stands before each."""

    text: str
    at: int = 0
    found: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def code(self, until: str = "") -> None:
        """Up to the bracket that ends this piece of code, or the end."""
        depth = len(self.calls)
        while self.at < len(self.text):
            sign, rest = self.text[self.at], self.text[self.at : self.at + 2]
            if rest == "//" or rest == "/*":
                self._skip("\n" if rest == "//" else "*/")
            elif sign in "'\"":
                self._string(sign)
            elif sign == "`":
                self._template()
            elif sign == "/" and self._begins_pattern():
                self._pattern()
            elif sign in "([{":
                self.calls.append(self._before() if sign == "(" else sign)
                self.at += 1
            elif sign in ")]}":
                if sign == until and len(self.calls) == depth:
                    return
                self.calls.pop()
                self.at += 1
            else:
                self.at += 1

    def _before(self) -> str:
        name = re.search(r"([\w$]+)\s*$", self.text[max(0, self.at - 60) : self.at])
        return name[1] if name else ""

    def _skip(self, end: str) -> None:
        place = self.text.find(end, self.at + 2)
        self.at = len(self.text) if place < 0 else place + len(end)

    def _begins_pattern(self) -> bool:
        """Whether a slash begins a pattern: after a value it divides."""
        before = self.text[: self.at].rstrip()
        return not before or before[-1] in "(,=:[!&|?{};>" or before.endswith("return")

    def _pattern(self) -> None:
        inside, self.at = False, self.at + 1
        while inside or self.text[self.at] != "/":
            inside = {"[": True, "]": False}.get(self.text[self.at], inside)
            self.at += 2 if self.text[self.at] == "\\" else 1
        self.at += 1

    def _string(self, quote: str) -> None:
        begin, self.at = self.at, self.at + 1
        while self.text[self.at] != quote:
            self.at += 2 if self.text[self.at] == "\\" else 1
        self.at += 1
        self._literal(begin, self.text[begin + 1 : self.at - 1])

    def _literal(self, begin: int, said: str) -> None:
        if self.calls and self.calls[-1] in ASKS:
            return
        shown = _SHOWN.search(self.text[max(0, begin - 40) : begin])
        if _is_text(said) or (shown and _WORDS.search(said)):
            self.found.append(said)

    def _template(self) -> None:
        begin, pieces = self.at, [""]
        tag = self._before() == "html"
        self.at += 1
        while self.text[self.at] != "`":
            if self.text.startswith("${", self.at):
                self.at += 2
                self.calls.append("${")
                self.code(until="}")
                self.calls.pop()
                pieces.append("")
            elif self.text[self.at] == "\\":
                self.at += 1
            else:
                pieces[-1] += self.text[self.at]
            self.at += 1
        self.at += 1
        if tag:
            # a component is an element, a computed value a value
            made = re.sub(rf"(</?){HOLE}", r"\1x", HOLE.join(pieces))
            self.found += of_html(re.sub(rf"=\s*{HOLE}", f'="{HOLE}"', made))
        else:
            self._literal(begin, HOLE.join(pieces))


def of_module(source: str) -> list[str]:
    """Words that a module shows, and sentences it holds, that did not come through the catalogue."""
    scanner = _Scanner(source)
    scanner.code()
    return scanner.found
