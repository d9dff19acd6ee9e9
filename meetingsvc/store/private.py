"""The files of the embedded database are for their owner alone: names, addresses and answers of people are in them.

Not here: what is in the files. SQLite gives those beside the database (-wal, -shm) the rights of the database itself.
"""

from __future__ import annotations

import logging
import os
import stat
from contextlib import suppress
from pathlib import Path

log = logging.getLogger("meetingsvc.store")

BESIDE = ("", "-wal", "-shm", "-journal")
OTHERS = 0o077


def keep_private(file: Path) -> None:
    """Makes the file as 0600 whatever the folder and the umask say; takes from others what they have of an older one,
    and says so."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError):  # it is there; or it cannot be made, which whoever opens it next says
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    for name in BESIDE:
        _closed(file.with_name(file.name + name))


def _closed(file: Path) -> None:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        if not mode & OTHERS:
            return
        file.chmod(mode & ~OTHERS)
        log.warning("%s could be read by others (%o). It is %o now.", file, mode, mode & ~OTHERS)
    except FileNotFoundError:
        return
    except OSError as why:
        log.warning("%s can be read by others, and that cannot be changed: %s", file, why.strerror)
