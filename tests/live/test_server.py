"""The server as a process: how it starts, what it says when it cannot, how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.live.wire import Crowd, Follower
from tests.support.running_service import MODE, ROOT, RunningService


@pytest.fixture
def service(tmp_path: Path) -> RunningService:
    made = RunningService(tmp_path)
    assert made.meeting
    return made


def test_a_busy_port_is_told_in_a_sentence_that_names_the_variable(service: RunningService) -> None:
    with socket.create_server(("127.0.0.1", service.port)):
        done = service.verb("serve")
    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == [
        f"Port {service.port} on 127.0.0.1 is busy: something else is listening there. "
        "Stop it, or set MEETINGSVC_PORT to another port."
    ]


def test_an_address_of_another_machine_is_told_so(tmp_path: Path) -> None:
    done = RunningService(tmp_path, {"MEETINGSVC_HOST": "192.0.2.1"}).verb("serve")
    assert done.returncode == 1
    assert "192.0.2.1 is not an address of this machine" in done.stderr
    assert "MEETINGSVC_HOST" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_soon_though_people_follow(service: RunningService, how: int) -> None:
    service.start()
    crowd = Crowd([Follower(service.url, service.meeting, "staff", service.token("chair")).start() for _ in range(20)])
    crowd.at(service.state("chair")["seq"])
    began = time.monotonic()
    assert service.stop(how) == 0
    assert time.monotonic() - began < 4
    assert "Traceback" not in service.log()
    crowd.stop()


def test_it_says_where_it_serves_and_nothing_else(service: RunningService) -> None:
    service.start()
    service.http.get(f"{service.url}/join/{'x' * 32}", timeout=5)
    service.stop()
    lines = [line for line in service.log().splitlines() if line.strip()]
    assert lines[0] == f"Serving on {service.url} (Ctrl+C stops it)."
    assert not re.search("x{32}|[Dd]eprecat", service.log())


def test_it_may_hold_as_many_connections_as_the_system_allows(service: RunningService) -> None:
    service.start()
    assert service.process is not None
    limits = Path(f"/proc/{service.process.pid}/limits").read_text()
    found = re.search(r"Max open files +(\d+) +(\d+)", limits)
    service.stop()
    assert found is not None and found[1] == found[2]


@pytest.mark.skipif(MODE == "threading", reason="nothing is patched for threads")
def test_what_serves_is_green_and_told_so() -> None:
    """Sockets and locks are green, and psycopg's C code waits by select: it would stop the loop otherwise."""
    program = (
        "import meetingsvc.__main__ as entry; entry.green(); import os, sys;"
        "from eventlet import patcher; from psycopg import waiting;"
        "print(all(map(patcher.is_monkey_patched, ('socket', 'thread', 'time', 'os', 'select'))),"
        " waiting.wait.__name__, os.environ['EVENTLET_NO_GREENDNS'])"
    )
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MEETINGSVC_", "PSYCOPG_", "EVENTLET_"))}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=clean, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.split() == ["True", "wait_selector", "yes"], done.stderr
    assert done.stderr == ""


def test_other_verbs_know_nothing_of_eventlet(service: RunningService) -> None:
    program = "import sys, meetingsvc.__main__ as e; sys.argv = ['x', 'tick']; e.main(); print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=service.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "'sqlalchemy'" in done.stdout, done.stderr
    assert "'eventlet'" not in done.stdout and "'flask_socketio'" not in done.stdout
