"""The disk under the database is full, or may only be read: everybody is told what it is, nothing is lost, it heals.

A small disk of its own is mounted for it, which only root may do.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.running_service import RunningService
from tests.support.served_scenario import ServedScenario

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small disk to fill")


class Disk:
    """4 MB, to be filled and emptied."""

    def __init__(self, place: Path) -> None:
        self.place, self.filler = place, place / "filler"

    def fill(self) -> None:
        with self.filler.open("wb", buffering=0) as file:
            size = 65_536
            while size:
                try:
                    file.write(b"x" * size)
                except OSError:
                    size //= 2

    def clear(self) -> None:
        self.filler.unlink()

    def remount(self, how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.place)], check=True)


@pytest.fixture
def disk() -> Iterator[Disk]:
    place = Path(tempfile.mkdtemp(prefix="meetingsvc-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        place.rmdir()
        pytest.skip("this machine does not let root mount a small disk")
    yield Disk(place)
    subprocess.run(["umount", "--lazy", str(place)], check=True)
    place.rmdir()


@pytest.fixture
def here(tmp_path: Path, disk: Disk) -> Iterator[ServedScenario]:
    served = RunningService(tmp_path, {"MEETINGSVC_DATABASE_URL": str(disk.place / "meetingsvc.db")})
    assert served.meeting
    made = ServedScenario(served.start()).open()
    yield made
    made.crowd.stop()
    served.stop()


def ready(scenario: ServedScenario) -> tuple[int, list[str]]:
    answer = scenario.served.http.get(scenario.served.url + "/readyz", timeout=5)
    return answer.status_code, answer.json().get("why", [])


def until(true: Callable[[], Any], seconds: float = 15) -> Any:
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)
    return found


def note(scenario: ServedScenario, n: int) -> tuple[int, Any]:
    answer = scenario.served.post(
        "secretary", "record.note", {"text": f"{n} " + "x" * 3000}, key=f"note-{n}-0123456789"
    )
    return answer.status_code, answer.json()


def test_a_full_disk_is_said_everywhere_and_heals_by_itself(here: ServedScenario, disk: Disk) -> None:
    chair = here.follow("staff", "chair")
    here.settle()
    disk.fill()
    seq = here.head()
    for n in range(400):
        status, body = note(here, n)
        if status != 200:
            break
        seq = body["seq"]
    assert (status, body["code"]) == (503, "store.disk_full"), body
    assert "disk of the service is full" in body["message"]
    assert ready(here) == (503, ["store.disk_full"])
    here.crowd.run(lambda: any(row[2].get("notice") == "store.disk_full" for row in chair.messages))
    assert all(note(here, n)[0] == 503 for _ in range(5)), "and it says so each time"
    assert here.head() == seq, "what was acknowledged is there, and served"
    time.sleep(4)  # longer than it takes to be proved again: it stays red while it is full
    assert ready(here) == (503, ["store.disk_full"])
    disk.clear()
    until(lambda: ready(here) == (200, []))
    status, body = note(here, n)  # the same press, the same key
    assert status == 200 and body["seq"] == seq + 1
    log = here.served.log()
    assert log.count("THE DATABASE TAKES NO WRITES (store.disk_full)") == 1, log
    assert log.count("takes writes again") == 1 and "Traceback" not in log
    file = str(here.served.folder / "log.json")
    assert here.served.verb("export-log", "--meeting", here.served.meeting, "-o", file).returncode == 0
    assert here.served.verb("verify", file).stdout.startswith(f"All {seq + 1} entries")


def test_a_disk_that_is_full_at_the_start_is_said_then(here: ServedScenario, disk: Disk) -> None:
    here.served.stop()
    disk.fill()
    done = here.served.verb("serve", timeout=30)
    assert done.returncode == 1
    assert "disk of the service is full" in done.stderr and "Traceback" not in done.stderr
    disk.clear()
    here.served.start()
    assert ready(here) == (200, [])


def test_a_disk_that_may_only_be_read_is_said_at_the_start(here: ServedScenario, disk: Disk) -> None:
    here.served.stop()
    disk.remount("ro")
    done = here.served.verb("serve", timeout=30)
    assert done.returncode == 1
    assert "can only read its database" in done.stderr and "Traceback" not in done.stderr
    disk.remount("rw")
    here.served.start()
    assert ready(here) == (200, [])
