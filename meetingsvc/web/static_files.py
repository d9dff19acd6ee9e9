"""Static files: read once at start, served by hash, so that a browser may keep them for ever.

Here: the index of static/, the import map, compression, the one hash over everything a page is made of.
Not here: pages. All files stay in memory (some 3 MB), so that a running process never mixes old and new ones.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import mimetypes
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, abort, request

ROOT = Path(__file__).resolve().parents[2]
STATIC, TEMPLATES = ROOT / "static", ROOT / "templates"
KEEP = "public, max-age=31536000, immutable"
ASK = "no-cache"
_TEXT = frozenset([".js", ".css", ".json", ".svg", ".txt", ".html", ".webmanifest", ".map"])
_TYPES = {".js": "text/javascript", ".woff2": "font/woff2", ".webmanifest": "application/manifest+json"}
#: Files beside those of browsers.
_TOOLS = re.compile(r"^\.|^package(-lock)?\.json$|\.(py|ts|md|map)$")
#: static/vendor/preact@11.2.0/preact.js: the version is in the path, so the bytes behind it never change.
_VERSIONED = re.compile(r"^vendor/[^/]+@\d")


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One static file as it was at start. `hash` is the first 12 hex digits of its SHA-256."""

    content: bytes
    hash: str
    type: str
    text: bool


class StaticFiles:
    """The index of static/: name (js/store.js) -> StaticFile, and what follows from it."""

    def __init__(self, static: Path = STATIC, templates: Path = TEMPLATES, words: str = "") -> None:
        self._index = {path.relative_to(static).as_posix(): _file(path) for path in sorted(_files(static))}
        self._packed: dict[str, bytes] = {}
        whole = hashlib.sha256(words.encode())
        for name, file in self._index.items():
            whole.update(f"{name} {file.hash}\n".encode())
        for path in sorted(_files(templates)):
            whole.update(path.read_bytes())
        #: Changes when any page could look or behave differently: an open page then loads itself anew.
        self.hash = whole.hexdigest()[:12]
        self.importmap = json.dumps(self._importmap(static), separators=(",", ":"))

    def __getitem__(self, name: str) -> StaticFile:
        return self._index[name]

    def __contains__(self, name: object) -> bool:
        return name in self._index

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def url(self, name: str) -> str:
        """The address of a file with its hash; an unknown name is an error of ours and raises KeyError."""
        file = self._index[name]
        return f"/static/{name}" if _VERSIONED.match(name) else f"/static/{name}?v={file.hash}"

    def packed(self, name: str) -> bytes:
        """The file, compressed: each is packed once and kept (texts only, well under a megabyte in all)."""
        if name not in self._packed:
            self._packed[name] = gzip.compress(self._index[name].content, 9, mtime=0)
        return self._packed[name]

    def _importmap(self, static: Path) -> dict[str, dict[str, str]]:
        """The vendored libraries, and each module of ours under its plain path -> its hashed address.

        Modules import each other relatively; the browser looks the resolved path up here.
        """
        vendored = static / "vendor" / "importmap.json"
        table = json.loads(vendored.read_text("utf-8")) if vendored.exists() else {}
        imports: dict[str, str] = dict(table.get("imports", {}))
        for name in self._index:
            if name.startswith("js/") and name.endswith(".js"):
                imports[f"/static/{name}"] = self.url(name)
        return {"imports": imports, "integrity": dict(table.get("integrity", {}))}


def blueprint(files: StaticFiles) -> Blueprint:
    """GET /static/<name>."""
    pages = Blueprint("files", __name__)

    @pages.get("/static/<path:name>")
    def static_file(name: str) -> Response:
        if name not in files:
            abort(404)
        file = files[name]
        pack = file.text and "gzip" in request.headers.get("Accept-Encoding", "")
        answer = Response(mimetype=file.type)
        if file.text:
            answer.vary.add("Accept-Encoding")
        answer.set_etag(file.hash + ("-gz" if pack else ""))
        fixed = request.args.get("v") == file.hash or _VERSIONED.match(name)
        answer.headers["Cache-Control"] = KEEP if fixed else ASK
        answer.make_conditional(request)
        if answer.status_code == 304:
            return answer
        if pack:
            answer.headers["Content-Encoding"] = "gzip"
        answer.set_data(files.packed(name) if pack else file.content)
        return answer

    @pages.get("/favicon.ico")
    def favicon() -> Response:
        return Response(status=204, headers={"Cache-Control": "public, max-age=86400"})

    return pages


def _files(folder: Path) -> Iterator[Path]:
    """All files that a browser may want: not hidden ones, nor what developers need to make the others."""
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "node_modules" and not name.startswith(".")]
        yield from (Path(here, name) for name in names if not _TOOLS.search(name))


def _file(path: Path) -> StaticFile:
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    content = path.read_bytes()
    return StaticFile(content, hashlib.sha256(content).hexdigest()[:12], kind, path.suffix in _TEXT)
