"""Copy what the screens need from the pinned npm packages into this folder, and write the import map.

For developers only; running the service needs neither Node nor this script. `npm ci --ignore-scripts` here first, then
`python vendor.py`. With `--check` it changes nothing and fails if the folder is not what the lock file says.
Copied: modules (as .js, without source-map comments), fonts with their fonts.css, a sprite of the icons named in
package.json, one flag for each State in meetingsvc/data/states.json, and the licence of every package.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PACKAGES = HERE / "node_modules"
STATES = HERE.parents[1] / "meetingsvc" / "data" / "states.json"
BASE = "/static/vendor/"
OWN = {"package.json", "package-lock.json", "vendor.py", "README.md"}
SOURCEMAP = re.compile(rb"\n?//# sourceMappingURL=\S+\s*$")
DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
BETWEEN = re.compile(r"\s*\n\s*")

Files = dict[str, bytes]


def main(arguments: list[str]) -> int:
    if not PACKAGES.is_dir():
        print("node_modules is missing: run `npm ci --ignore-scripts` in static/vendor first", file=sys.stderr)
        return 2
    files = collect(json.loads((HERE / "package.json").read_text("utf-8")))
    if "--check" in arguments:
        wrong = sorted(name for name in files.keys() | present().keys() if files.get(name) != present().get(name))
        for name in wrong:
            print(f"differs from the lock file: {name}", file=sys.stderr)
        return 1 if wrong else 0
    for name in present():
        (HERE / name).unlink()
    for folder in HERE.glob("*@*"):
        shutil.rmtree(folder)
    for name, data in files.items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    print(f"{len(files)} files, {sum(map(len, files.values()))} bytes")
    return 0


def present() -> Files:
    """The vendored files as they lie here now."""
    found = (path for path in HERE.rglob("*") if path.is_file() and "node_modules" not in path.parts)
    rows = {path.relative_to(HERE).as_posix(): path for path in found if "__pycache__" not in path.parts}
    return {name: path.read_bytes() for name, path in rows.items() if name not in OWN}


def collect(manifest: dict[str, Any]) -> Files:
    """Everything that belongs here: relative name -> bytes."""
    pinned: dict[str, str] = manifest["dependencies"]
    want = manifest["vendor"]
    files: Files = {}
    imports: dict[str, str] = {}
    integrity: dict[str, str] = {}
    for specifier, source in want["modules"].items():
        folder = package(source["pkg"], pinned, files)
        name = f"{folder}/{Path(source['file']).stem}.js"  # some servers send no JavaScript type for .mjs
        if name in files:
            name = f"{folder}/{specifier.replace('/', '-')}.js"
        files[name] = SOURCEMAP.sub(b"\n", (PACKAGES / source["pkg"] / source["file"]).read_bytes())
        imports[specifier] = BASE + name
        integrity[BASE + name] = "sha384-" + base64.b64encode(hashlib.sha384(files[name]).digest()).decode()
    files["fonts.css"] = fonts(want["fonts"], pinned, files).encode()
    imports["icons.svg"] = BASE + sprite(want["icons"], pinned, files)
    imports["flags/"] = BASE + flags(pinned, files)
    table = {"imports": dict(sorted(imports.items())), "integrity": dict(sorted(integrity.items()))}
    files["importmap.json"] = (json.dumps(table, indent=1) + "\n").encode()
    return files


def package(name: str, pinned: dict[str, str], files: Files) -> str:
    """The folder of a package, name@version; its licence goes along."""
    source = PACKAGES / name
    version = json.loads((source / "package.json").read_text("utf-8"))["version"]
    if pinned[name] != version:
        raise SystemExit(f"{name}: {version} is installed, {pinned[name]} is pinned")
    folder = f"{name.lstrip('@').replace('/', '-')}@{version}"
    for licence in sorted(source.glob("LICEN[CS]E*")):
        files[f"{folder}/{licence.name}"] = licence.read_bytes()
    return folder


def fonts(wanted: list[dict[str, Any]], pinned: dict[str, str], files: Files) -> str:
    """Copy the font files; return the stylesheet. A reader downloads only the subsets a page uses."""
    rules = ["/* Made by vendor.py from the @fontsource-variable packages (SIL Open Font Licence 1.1). */"]
    for font in wanted:
        folder = package(font["pkg"], pinned, files)
        ranges = json.loads((PACKAGES / font["pkg"] / "unicode.json").read_text("utf-8"))
        stem = font["pkg"].rsplit("/", 1)[1]
        for subset in font["subsets"]:
            name = f"{stem}-{subset}-wght-normal.woff2"
            files[f"{folder}/{name}"] = (PACKAGES / font["pkg"] / "files" / name).read_bytes()
            rules.append(
                f'@font-face {{ font-family: "{font["family"]}"; src: url({folder}/{name}) format("woff2"); '
                f"font-weight: {font['weight']}; font-display: swap; unicode-range: {font.get('range', ranges[subset])}; }}"
            )
    return "\n".join(rules) + "\n"


def sprite(names: list[str], pinned: dict[str, str], files: Files) -> str:
    """One SVG with a symbol per icon. Its name carries a hash: the set may change while the version stays."""
    folder = package("lucide-static", pinned, files)
    symbols = []
    for name in sorted(names):
        text = (PACKAGES / "lucide-static" / "icons" / f"{name}.svg").read_text("utf-8")
        found = DRAWING.search(text)
        if found is None:
            raise SystemExit(f"lucide-static: cannot read {name}.svg")
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{BETWEEN.sub(" ", found[1]).strip()}</symbol>')
    data = ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()
    name = f"{folder}/icons.{hashlib.sha256(data).hexdigest()[:8]}.svg"
    files[name] = data
    return name


def flags(pinned: dict[str, str], files: Files) -> str:
    """One flag per State, named by its three letters as in the log. Returns their folder with a slash."""
    folder = package("country-flag-icons", pinned, files)
    states = json.loads(STATES.read_text("utf-8"))["states"]
    for code, state in sorted(states.items()):
        files[f"{folder}/{code}.svg"] = (PACKAGES / "country-flag-icons" / "3x2" / f"{state['alpha2']}.svg").read_bytes()
    return folder + "/"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
