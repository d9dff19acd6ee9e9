"""The service as people run it: `python -m meetingsvc serve` in a process of its own, spoken to over HTTP.

The server is always a process of its own: eventlet's patches must not reach the tests. In which mode it serves is
the environment's MEETINGSVC_ASYNC_MODE (eventlet if not set), so that the same tests run in both. Its socket is
spoken to in live/wire.py.
"""

from __future__ import annotations

import json
import os
import resource
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import requests

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
MODE = os.environ.get("MEETINGSVC_ASYNC_MODE", "") or "eventlet"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


#: {settings: (a folder with the demonstration that was made with them, what `demo --json` printed)}. Making it takes
#: seconds, and tests begin with it a hundred times: each has a copy, which is another file with the same meeting.
_MADE: dict[tuple[tuple[str, str], ...], tuple[tempfile.TemporaryDirectory[str], Json]] = {}


class RunningService:
    """One server on one database in `folder`. `demo` is what `demo --json` printed: url, meeting, tokens.

    `descriptors` is how many files the server may have open; None leaves the system's limit.
    """

    def __init__(self, folder: Path, env: dict[str, str] | None = None, descriptors: int | None = None) -> None:
        self.folder, self.descriptors = folder, descriptors
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        clean = {k: v for k, v in os.environ.items() if not k.startswith("MEETINGSVC_") and k != "PORT"}
        self.env = clean | {
            "MEETINGSVC_PORT": str(self.port),
            "MEETINGSVC_DATABASE_URL": str(folder / "meetingsvc.db"),
            "MEETINGSVC_ASYNC_MODE": MODE,
            "PYTHONPATH": str(ROOT),
        }
        self._more = env or {}
        self.env |= self._more
        self.process: subprocess.Popen[bytes] | None = None
        self.http = requests.Session()
        self._demo: Json | None = None

    @property
    def demo(self) -> Json:
        if self._demo is None:
            if "MEETINGSVC_DATABASE_URL" in self._more or (self.folder / "meetingsvc.db").exists():
                made = self.verb("demo", "--json")
                assert made.returncode == 0, made.stderr
                self._demo = json.loads(made.stdout)
            else:
                self._copy_demo()
        assert self._demo is not None
        return self._demo

    def _copy_demo(self) -> None:
        key = tuple(sorted(self._more.items()))
        if key not in _MADE:
            folder = tempfile.TemporaryDirectory(prefix="demo-")
            first = RunningService(Path(folder.name), self._more)
            made = first.verb("demo", "--json")
            assert made.returncode == 0, made.stderr
            _MADE[key] = folder, json.loads(made.stdout)
        folder, demo = _MADE[key]
        shutil.copytree(folder.name, self.folder, dirs_exist_ok=True)
        self.say_demo(demo)

    def say_demo(self, demo: Json) -> None:
        """What `demo --json` printed when this database was made elsewhere."""
        self._demo = demo | {"url": self.url}

    @property
    def meeting(self) -> str:
        return str(self.demo["meeting"])

    def token(self, who: str) -> str:
        """The secret of a role, or of a delegation's code."""
        tokens = self.demo["tokens"]
        return str(tokens[who] if who in tokens else tokens["delegates"][who])

    def verb(self, *words: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """A verb of the command line, on this database."""
        return subprocess.run(
            [sys.executable, "-m", "meetingsvc", *words],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start(self) -> RunningService:
        log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "meetingsvc", "serve"],
            cwd=ROOT,
            env=self.env,
            stdout=log,
            stderr=log,
            preexec_fn=self._limit,
        )
        log.close()
        self.wait_up()
        return self

    def _limit(self) -> None:
        if self.descriptors is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.descriptors, self.descriptors))

    def wait_up(self, timeout: float = 30) -> None:
        until = time.monotonic() + timeout
        while True:
            assert self.process is not None and self.process.poll() is None, self.log()
            try:
                if self.http.get(self.url + "/healthz", timeout=5).ok:
                    return
            except (requests.ConnectionError, requests.Timeout):
                pass
            assert time.monotonic() < until, "the server did not come up: " + self.log()
            time.sleep(0.02)

    def usage(self) -> tuple[int, int]:
        """(open descriptors, KB of memory) of the server's process. Raises OSError when it is gone."""
        assert self.process is not None
        proc = Path(f"/proc/{self.process.pid}")
        found = [line for line in (proc / "status").read_text().splitlines() if line.startswith("VmRSS")]
        if not found:
            raise ProcessLookupError("the server has ended")
        return sum(1 for _ in (proc / "fd").iterdir()), int(found[0].split()[1])

    def threads(self) -> int:
        """How many threads the server's process has."""
        assert self.process is not None
        return sum(1 for _ in Path(f"/proc/{self.process.pid}/task").iterdir())

    def log(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Ends the server and gives its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(how)
        code = self.process.wait(15)
        self.process = None
        return code

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    # As a program speaks.

    def post(self, who: str, name: str, body: Json | None = None, key: str | None = None) -> requests.Response:
        return self.http.post(
            f"{self.url}/api/v1/meetings/{self.meeting}/commands/{name}",
            json=body or {},
            headers={"Authorization": f"Bearer {self.token(who)}", "Idempotency-Key": key or secrets.token_hex(16)},
            timeout=30,
        )

    def do(self, who: str, name: str, **body: Any) -> Json:
        """A command that must be accepted: `{seq, said}`."""
        answer = self.post(who, name, body)
        assert answer.status_code == 200, answer.text
        done: Json = answer.json()
        return done

    def state(self, who: str | None = None, audience: str | None = None) -> Json:
        answer = self.http.get(
            f"{self.url}/api/v1/meetings/{self.meeting}/state",
            params={"audience": audience} if audience else {},
            headers={"Authorization": f"Bearer {self.token(who)}"} if who else {},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        state: Json = answer.json()
        return state
