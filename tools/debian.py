"""Install the Debian packages that tests use: a browser, PostgreSQL, node, npm, libical, an IMAP server, a compiler.

Only as root on a system with apt-get; elsewhere it says nothing, and the suite names what it leaves out.
"""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
from pathlib import Path

WANTED = {
    "chromium": lambda: shutil.which("chromium"),
    "fonts-noto-core": lambda: Path("/usr/share/fonts/truetype/noto").exists(),
    "postgresql": lambda: any(Path("/usr/lib/postgresql").glob("*/bin/postgres")),
    "nodejs": lambda: shutil.which("node"),
    "npm": lambda: shutil.which("npm"),
    "libical3": lambda: ctypes.util.find_library("ical"),
    "dovecot-imapd": lambda: Path("/usr/sbin/dovecot").exists(),
    "gcc": lambda: shutil.which("gcc"),
    "libc6-dev": lambda: Path("/usr/include/stdlib.h").exists(),
    "zlib1g-dev": lambda: Path("/usr/include/zlib.h").exists(),
}
#: Installed without the many others that Debian recommends with it.
LEAN = frozenset({"npm"})


def main() -> None:
    missing = [name for name, there in WANTED.items() if not there()]
    if not missing or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    quiet = {"env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
    print("Installing", ", ".join(missing), "for the tests.", flush=True)
    done = subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
    if done.returncode == 0:
        for more, names in (((), set(missing) - LEAN), (("--no-install-recommends",), LEAN & set(missing))):
            if names:
                subprocess.run(["apt-get", "install", "-y", "-qq", *more, *sorted(names)], check=False, **quiet)


if __name__ == "__main__":
    main()
