"""Write the locks anew: every package that is installed, also those that others need, with the hashes of all its files.

The requirements say what is wanted and why, by hand; the locks say what is installed, for every system and every Python
from 3.11 on. The largest is made first and binds the others, so that no package stands in two versions.
`python tools/lock.py` (`make lock`) after a change of any requirements.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Requirements -> the lock whose versions bind theirs.
WANTED: dict[str, str | None] = {
    "requirements-dev.txt": None,
    "requirements.txt": "requirements-dev.lock",
    "tests/clients/requirements.txt": None,
}
#: The locks are made for this Python and all newer ones.
OLDEST = "3.11"


def lock_of(requirements: str) -> Path:
    return (ROOT / requirements).with_suffix(".lock")


def pins(requirements: Path) -> list[str]:
    """The lines that ask for something, without remarks, those of included files among them."""
    found = []
    for text in requirements.read_text("utf-8").splitlines():
        line = re.sub(r"(^|\s)#.*", "", text).strip()
        if line.startswith("-r "):
            found += pins(requirements.parent / line[3:].strip())
        elif line:
            found.append(line)
    return sorted(found)


def mark(requirements: str) -> str:
    """What a lock bears of the requirements it was made from."""
    return hashlib.sha256("\n".join(pins(ROOT / requirements)).encode()).hexdigest()[:16]


def head(requirements: str) -> str:
    return f"# Made by `make lock` from {requirements}, not by hand. Of: {mark(requirements)}\n"


def main() -> int:
    for requirements, bound in WANTED.items():
        command = [
            sys.executable,
            "-m",
            "uv",
            "pip",
            "compile",
            "--quiet",
            "--universal",
            "--python-version",
            OLDEST,
            "--generate-hashes",
            "--no-annotate",
            "--no-header",
            "--upgrade",
            requirements,
            *(("--constraint", bound) if bound else ()),
        ]
        made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if made.returncode:
            print(made.stderr, file=sys.stderr)
            return made.returncode
        lock_of(requirements).write_text(head(requirements) + made.stdout, "utf-8")
        print(f"{lock_of(requirements).relative_to(ROOT)}: {made.stdout.count('==')} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
