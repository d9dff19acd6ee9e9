"""What the screens got from others is here, whole and as the import map says; every icon and file they name exists.

Not here: whether it is what npm delivers (static/vendor/vendor.py --check asks that, where node_modules is).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "static"
VENDOR = STATIC / "vendor"
MAP = json.loads((VENDOR / "importmap.json").read_text("utf-8"))
MODULES = sorted((STATIC / "js").rglob("*.js"))
LONGEST = 400


def _file(url: str) -> Path:
    return STATIC / url.removeprefix("/static/")


@pytest.mark.parametrize("url", sorted(MAP["integrity"]))
def test_a_module_is_what_the_import_map_says(url: str) -> None:
    digest = base64.b64encode(hashlib.sha384(_file(url).read_bytes()).digest()).decode()
    assert MAP["integrity"][url] == f"sha384-{digest}"


def test_every_name_in_the_import_map_leads_somewhere() -> None:
    assert all(_file(url).exists() for url in MAP["imports"].values())
    modules = {url for url in MAP["imports"].values() if url.endswith(".js")}
    assert modules == set(MAP["integrity"])


def test_every_package_came_with_its_licence() -> None:
    folders = [folder for folder in VENDOR.glob("*@*") if folder.is_dir()]
    assert folders
    assert [folder.name for folder in folders if not list(folder.glob("LICEN*"))] == []


def test_every_font_file_is_here_and_used() -> None:
    named = set(re.findall(r"url\(([^)]+)\)", (VENDOR / "fonts.css").read_text("utf-8")))
    here = {path.relative_to(VENDOR).as_posix() for path in VENDOR.glob("*@*/*.woff2")}
    assert named == here


def test_every_state_has_a_flag() -> None:
    states = json.loads((STATIC.parent / "meetingsvc" / "data" / "states.json").read_text("utf-8"))["states"]
    flags = _file(MAP["imports"]["flags/"])
    assert [code for code in states if not (flags / f"{code}.svg").exists()] == []


def test_every_icon_that_is_drawn_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', _file(MAP["imports"]["icons.svg"]).read_text("utf-8")))
    named: set[str] = set()
    for path in MODULES:
        text = path.read_text("utf-8")
        for call in re.findall(r"\bicon\(([^()]*)\)", text) + re.findall(r"glyph=(\"[^\"]+\"|\$\{[^}]+\})", text):
            named |= set(
                re.findall(r"[\"']([a-z0-9-]{2,})[\"']", call.replace("=== 'remote'", "").replace("'flips'", ""))
            )
    assert named - sprite - {"open"} == set()
    assert len(named) > 20


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(STATIC).as_posix())
def test_a_module_says_in_its_first_lines_what_it_is(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) <= LONGEST
    assert lines[0] == "// @ts-check"
    assert lines[1].startswith("// ") and len(lines[1]) > 20


def test_only_their_own_files_know_the_network() -> None:
    for path in MODULES:
        text = re.sub(r"//.*|/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
        name = path.relative_to(STATIC / "js").as_posix()
        assert ("socket.io-client" in path.read_text("utf-8")) == (name == "live.js"), name
        assert "/api/" not in text or name == "act.js", name
