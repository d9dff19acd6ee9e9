"""The screens' own modules and style sheets: no circle, names that say what they give, every colour a token.

Not here: what came from others (test_vendor.py), the view's types (test_view_types.py), what a module does.
"""

from __future__ import annotations

import json
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "static"
TEMPLATES = STATIC.parent / "templates"
MODULES = sorted((STATIC / "js").rglob("*.js"))
LOOKS = [*sorted((STATIC / "css").glob("*.css")), *MODULES, *sorted(TEMPLATES.rglob("*.html"))]
IMPORT = re.compile(r"^(?:import|export)\b[^;]*?\bfrom '(\.[^']+)';", re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)
#: Exports in one word that say what they give: things of the field, and the two verbs of the record.
ONE_WORD = "_ announce bold boot icon ngettext ordered redo said server undo urgency view"
#: The one sheet where colours are written.
TOKENS = "tokens.css"
COLOUR = re.compile(
    r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|light-dark)\("
    r"|:[^;{}\"']*[\s,(](?:white|black|red|green|blue|gray|grey|orange|yellow|navy|gold|silver|maroon)\b(?!-)",
    re.IGNORECASE,
)


def name_of(path: Path) -> str:
    return path.relative_to(STATIC.parent).as_posix()


def test_make_check_runs_the_type_checker_and_lets_nothing_pass() -> None:
    options = json.loads((STATIC / "js" / "tsconfig.json").read_text("utf-8"))["compilerOptions"]
    assert {"checkJs", "strict", "noUncheckedIndexedAccess", "noUnusedLocals"} <= {
        name for name, value in options.items() if value is True
    }
    check = re.search(r"^check:.*\n((?:\t.*\n)+)", (STATIC.parent / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert check and "tsc --project static/js" in check[1]
    assert [
        path.name for path in MODULES if re.search(r"@ts-(ignore|nocheck|expect-error)", path.read_text("utf-8"))
    ] == []


def test_no_module_imports_itself_in_a_circle() -> None:
    arrows = {
        path: {(path.parent / other).resolve() for other in IMPORT.findall(path.read_text("utf-8"))} for path in MODULES
    }
    assert sum(map(len, arrows.values())) > 80
    TopologicalSorter(arrows).prepare()  # names the circle, if there is one


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_an_export_says_what_it_gives(path: Path) -> None:
    short = [name for name in EXPORT.findall(path.read_text("utf-8")) if re.fullmatch(r"[a-z]+|_", name)]
    assert sorted(set(short) - set(ONE_WORD.split())) == [], "one word does not say what it gives"


def test_what_is_exported_is_imported_somewhere() -> None:
    """What only its own module uses is not exported; what nothing uses, tsc finds."""
    readers = [*MODULES, *sorted(Path(__file__).parent.glob("*.mjs"))]
    texts = {path: path.read_text("utf-8") for path in readers}
    wanted = {
        (other, name)
        for text in texts.values()
        for names, other in re.findall(r"^import \{([^}]*)\} from '[^']*?([\w-]+\.js)';", text, re.MULTILINE)
        for name in re.findall(r"\w+", names)
    }
    given = {(path.name, name) for path in MODULES for name in EXPORT.findall(texts[path])}
    assert sorted(given - wanted) == []


def test_no_two_modules_export_one_name() -> None:
    names = [name for path in MODULES for name in EXPORT.findall(path.read_text("utf-8"))]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


@pytest.mark.parametrize("path", LOOKS, ids=name_of)
def test_a_colour_is_a_token(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/|\{#.*?#\}|^\s*//.*$", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    if path.name == TOKENS:
        text = text[text.index("@layer reset {") :]
    text = re.sub(r"&#\w+;|href=\"#[^\"]*\"", "", text)
    assert COLOUR.findall(text) == [], "write it into css/tokens.css and use its name"


def test_every_token_is_written_down_and_used() -> None:
    sheets = {path.name: path.read_text("utf-8") for path in (STATIC / "css").glob("*.css")}
    written = set(re.findall(r"^\s*(--[\w-]+):", sheets[TOKENS], re.MULTILINE))
    used = {name for text in sheets.values() for name in re.findall(r"var\((--[\w-]+)", text)}
    assert sorted(written - used) == []
