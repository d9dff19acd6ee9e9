"""Run the suite in three processes side by side: people in a browser, services that are started, and everything else.

The first two wait more than they work, so the three fit beside each other on two cores. What they said is printed when
all are done; the exit code is 0 only if all passed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from typing import IO

#: Folders of each process; the last one has all others.
BESIDE = (
    ("tests/browser",),
    ("tests/chaos", "tests/live", "tests/mail", "tests/scenarios"),
)


def main() -> int:
    pytest = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    others = [f"--ignore={each}" for folders in BESIDE for each in folders]
    beside: list[tuple[str, subprocess.Popen[bytes], IO[str]]] = []
    try:
        for folders in BESIDE:
            said = tempfile.TemporaryFile("w+")  # noqa: SIM115  (read when all are done)
            process = subprocess.Popen([*pytest, *folders], stdout=said, stderr=subprocess.STDOUT)
            beside.append((" ".join(folders), process, said))
        code = subprocess.run([*pytest, *others], check=False).returncode
        for _, process, _ in beside:
            code = process.wait() or code
    finally:
        for _, process, _ in beside:
            process.kill()
    for folders, _, said in beside:
        said.seek(0)
        print(f"\n{folders}:\n{said.read()}", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
