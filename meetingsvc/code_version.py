"""The version of the code (`epoch` on the wire): which meeting, folded and read by which code. No state, no log.

Two processes whose code makes different views must not mix their changes, so the epoch is
a hash of the meeting's uid and of every file that a view depends on.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path


@cache
def _code() -> bytes:
    """A hash of all files that a view or a calendar depends on, as they were when first asked."""
    root = Path(__file__).resolve().parent
    files = [each for folder in ("core", "views", "calendars") for each in root.glob(f"{folder}/**/*")]
    files.append(root / "translations" / "__init__.py")
    digest = hashlib.sha256()
    for file in sorted(files):
        if file.suffix in (".py", ".toml") and file.is_file():
            content = file.read_bytes()
            digest.update(f"{file.relative_to(root)}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.digest()


@cache
def epoch(uid: str) -> str:
    """12 hex digits for the meeting with this uid."""
    return hashlib.sha256(_code() + uid.encode()).hexdigest()[:12]
