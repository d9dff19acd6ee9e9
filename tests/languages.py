"""Which texts must stand in all six languages: those of calendars, mails and their pages. Collected from the sources.

`python -m tests.languages LANG` prints what a catalogue still lacks, as rows of a .po file to be filled in.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
SERVICE = ROOT / "meetingsvc"
SIX = ("ar", "zh", "en", "fr", "ru", "es")
#: Sources whose every text is translated.
SOURCES = ("calendars", "invitations", "mail", "web")
#: Templates of live screens are not among them yet.
LEFT = ("live", "links")
#: Keyed sentences that calendars, mails and their pages need.
KEYED = re.compile(
    r"(refusal\.(meeting|people|setup|ics|reply|sign_in|http|heading|shape|rights|store|record)\.|remark\."
    r"|refusal\.(agenda\.title|roster\.(code|meeting|no_such_person|person_was|speaker_has))"
    r"|role\.|preset\.|state\.|mode\.|kind\.|said\.meeting\.)"
)
_TEXT = re.compile(r"""\b_\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
_COUNTED = re.compile(r'\bngettext\(\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"')


def catalogue(lang: str) -> dict[str, Message]:
    """The rows of a language's file by their keys, as they stand there."""
    path = SERVICE / "translations" / lang / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        rows = read_po(file, locale=lang)
    return {(row.id if isinstance(row.id, str) else row.id[0]): row for row in rows if row.id}


def wanted() -> dict[str, str]:
    """{text: its plural, or empty} of everything that must be there in every language."""
    rows = [row for path in _sources() for row in _in_python(ast.parse(path.read_text("utf-8")))]
    for path in sorted((ROOT / "templates").rglob("*.html")):
        if path.relative_to(ROOT / "templates").parts[0] not in LEFT:
            rows += _in_template(path.read_text("utf-8"))
    rows += [(key, "") for key in catalogue("en") if KEYED.match(key)]
    rows.sort(key=lambda row: bool(row[1]))  # a text that is counted anywhere is counted everywhere
    return dict(rows)


def lacking(lang: str) -> dict[str, str]:
    """What a language's file lacks."""
    there = catalogue(lang)
    if lang == "en":
        return {}
    return {text: plural for text, plural in wanted().items() if not _filled(there.get(text), plural)}


def _filled(row: Message | None, plural: str) -> bool:
    if row is None or (plural and isinstance(row.id, str)):
        return False
    return all(row.string) if isinstance(row.string, tuple | list) else bool(row.string)


def _sources() -> Iterator[Path]:
    for name in SOURCES:
        path = SERVICE / name
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _in_python(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in ("gettext", "_") and node.args:
            yield from ((text, "") for text in _constants(node.args[0]))
        elif name == "ngettext":
            one, many, *_ = (text for arg in node.args for text in _constants(arg))
            yield one, many


def _constants(arg: ast.expr) -> list[str]:
    """The texts an argument can be: one, or one of two."""
    choices = [arg.body, arg.orelse] if isinstance(arg, ast.IfExp) else [arg]
    return [row.value for row in choices if isinstance(row, ast.Constant) and isinstance(row.value, str)]


def _in_template(text: str) -> Iterator[tuple[str, str]]:
    for double, single in _TEXT.findall(text):
        yield (double or single).replace('\\"', '"').replace("\\'", "'"), ""
    yield from _COUNTED.findall(text)


def main() -> None:
    """Prints what is lacking as rows of a .po file; a keyed sentence with its English beside it."""
    english = catalogue("en")
    forms = {"ar": 6, "ru": 3, "fr": 2, "es": 2, "zh": 1}[sys.argv[1]]
    quote = lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'  # noqa: E731
    for text, plural in lacking(sys.argv[1]).items():
        if text in english:
            row = english[text]
            said = row.string if isinstance(row.string, str) else " | ".join(row.string)
            print(f"# {said}")
            plural = row.id[1] if not isinstance(row.id, str) else plural
        print(f"msgid {quote(text)}")
        if plural:
            print(f"msgid_plural {quote(plural)}")
            print("\n".join(f'msgstr[{n}] ""' for n in range(forms)) + "\n")
        else:
            print('msgstr ""\n')


if __name__ == "__main__":
    main()
