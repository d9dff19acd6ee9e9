"""Run the suite in two processes side by side: what people do in a browser, and everything else.

Browsers wait more than they work, so the two fit beside each other on two cores. What the browser's part said is
printed when both are done; the exit code is 0 only if both passed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile

BROWSER = "tests/browser"


def main() -> int:
    pytest = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    with tempfile.TemporaryFile("w+") as said:
        beside = subprocess.Popen([*pytest, BROWSER], stdout=said, stderr=subprocess.STDOUT)
        try:
            code = subprocess.run([*pytest, f"--ignore={BROWSER}"], check=False).returncode
            code = beside.wait() or code
        finally:
            beside.kill()
        said.seek(0)
        print(f"\n{BROWSER}:\n{said.read()}", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
