"""What the whole suite shares: a group that needs more than Python is left out where that is missing, and named."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.running_service import RunningService
from tests.support.served_scenario import ServedScenario

settings.register_profile("suite", deadline=None, print_blob=True)
settings.load_profile("suite")

LEFT_OUT = pytest.StashKey[dict[str, str]]()


def postgres_there() -> bool:
    return any(Path("/usr/lib/postgresql").glob("*/bin/postgres"))


def imap_there() -> bool:
    found = shutil.which("dovecot", path=os.defpath + ":/usr/sbin:/usr/local/sbin")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout if found else ""
    return said.startswith("2.3")  # the next one is configured in another way


#: {marker: (is what it needs there, what to say)}
NEEDS = {
    "postgres": (postgres_there, "no PostgreSQL server is installed (Debian: apt-get install postgresql)"),
    "browser": (lambda: shutil.which("chromium") is not None, "no chromium (Debian: apt-get install chromium)"),
    "clients": (
        lambda: (Path(__file__).parents[1] / ".venv-clients" / "bin" / "vdirsyncer").exists(),
        "the calendar software of tests/clients/requirements.txt is not installed (make test tries to)",
    ),
    "imap": (imap_there, "no Dovecot 2.3, an IMAP server, is installed (Debian: apt-get install dovecot-imapd)"),
    "node": (lambda: shutil.which("node") is not None, "no node, which runs the tests of the browser's modules"),
}


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    missing = {marker: why for marker, (there, why) in NEEDS.items() if not there()}
    kept, left = list[pytest.Item](), list[pytest.Item]()
    for item in items:
        found = [marker for marker in missing if item.get_closest_marker(marker)]
        (left if found else kept).append(item)
        for marker in found:
            count = sum(1 for other in left if other.get_closest_marker(marker))
            config.stash[LEFT_OUT][marker] = f"left out {count} tests ({marker}): {missing[marker]}"
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    skipped = Counter(report.longrepr[2] for report in terminalreporter.stats.get("skipped", []))
    lines = [*config.stash[LEFT_OUT].values()]
    lines += [f"left out {count} tests: {why.removeprefix('Skipped: ')}" for why, count in skipped.items()]
    for line in lines or ["nothing was left out"]:
        terminalreporter.write_line(line)


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[ServedScenario]:
    served = RunningService(tmp_path)
    assert served.meeting
    made = ServedScenario(served.start())
    yield made
    made.crowd.stop()
    served.stop()
