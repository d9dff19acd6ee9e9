"""The process in which files and mails of others are read: `python -m meetingsvc.reader.worker FD CPU_S WALL_S MEMORY`.

It knows no database, no secret and no network, has little memory and little time for each job, and ends with the
process that started it. A job that exceeds its limits kills it, and that is the answer. Not here: who asks (client.py).
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import struct
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meetingsvc.core.kernel import Refused
from meetingsvc.reader.jobs import JOBS
from meetingsvc.reader.transfer import packed

#: Nobody asked for so long: it ends by itself.
IDLE_S = 300.0
LARGEST_ANSWER = 4_000_000  # bytes
READY = b"!"
#: Before a job the lengths of its facts and of its bytes; before an answer its length.
JOB, ANSWER = struct.Struct("!II"), struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may cost: seconds of work, seconds however busy the machine is; and bytes of the whole process.

    The slowest file that was found takes 1.3 s of work and 160 MB, the program itself 70 MB of them.
    """

    cpu_s: float = 5.0
    wall_s: float = 30.0
    memory: int = 400_000_000


def limit(memory: int) -> None:
    """For good, and before anything is read: nothing is written, nothing started, little is opened."""
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 24),
        (resource.RLIMIT_CPU, 3_600),
    ):
        held = resource.getrlimit(what)[1]
        least = most if held == resource.RLIM_INFINITY else min(most, held)
        resource.setrlimit(what, (least, least))
    os.nice(5)  # whoever presses a button goes first
    for told in (signal.SIGTERM, signal.SIGINT):
        # meant for whoever asks, and sent to all: a mail that is just being read is no hard one for that
        signal.signal(told, signal.SIG_IGN)


def serve(line: socket.socket, most: Limits) -> None:
    """Job after job, until there is nobody who asks."""
    while (job := _job(line, most.wall_s)) is not None:
        # these clocks run here and kill: nobody needs to be there to stop it
        signal.setitimer(signal.ITIMER_PROF, most.cpu_s)
        signal.setitimer(signal.ITIMER_REAL, most.wall_s)
        told = _told(*job)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        line.sendall(ANSWER.pack(len(told)) + told)


def _job(line: socket.socket, wall_s: float) -> tuple[dict[str, Any], bytes] | None:
    line.settimeout(IDLE_S)
    try:
        head, size = JOB.unpack(received(line, JOB.size))
    except (TimeoutError, EOFError):
        return None
    line.settimeout(wall_s)
    return json.loads(received(line, head)), received(line, size)


def received(line: socket.socket, size: int) -> bytes:
    """So many bytes; `EOFError` where the other side is gone."""
    found = bytearray()
    while len(found) < size:
        part = line.recv(min(size - len(found), 262_144))
        if not part:
            raise EOFError
        found += part
    return bytes(found)


def _told(asked: dict[str, Any], data: bytes) -> bytes:
    """The answer as JSON: {"gives"}, {"refused", "facts"}, or {"fault"}."""
    try:
        told = _sent({"gives": packed(JOBS[asked["job"]].does(data, **asked["given"]))})
        return told if len(told) <= LARGEST_ANSWER else _sent({"fault": "an answer that is too long"})
    except Refused as why:
        return _sent({"refused": why.code, "facts": packed(why.facts)})
    except MemoryError:
        os._exit(1)  # what is left of it is not to be trusted
    except Exception as fault:
        return _sent({"fault": _where(fault)})


def _sent(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _where(fault: Exception) -> str:
    """What went wrong and where in our code, without a byte of what was read."""
    frames = traceback.extract_tb(fault.__traceback__)
    return " < ".join([type(fault).__name__, *(f"{Path(at.filename).name}:{at.lineno}" for at in frames[:-5:-1])])


def main() -> int:
    fd, cpu_s, wall_s, memory = sys.argv[1:]
    line = socket.socket(fileno=int(fd))
    line.setblocking(True)
    limit(int(memory))
    with suppress(OSError, EOFError):  # whoever asked is gone
        line.sendall(READY)
        serve(line, Limits(float(cpu_s), float(wall_s), int(memory)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
