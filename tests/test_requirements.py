"""What is installed is locked: every package, also those that others need, in one version, by hashes of its files."""

from __future__ import annotations

import re
from functools import cache
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools.lock import OLDEST, ROOT, WANTED, head, lock_of, pins

#: The tools that the clients of the tests need stand in an environment of their own.
HERE = ("requirements.txt", "requirements-dev.txt")


@cache
def locked(requirements: str) -> dict[str, tuple[Requirement, int]]:
    """{package: (its line, the number of its hashes)} of a lock."""
    lines = lock_of(requirements).read_text("utf-8").replace("\\\n", " ").splitlines()
    found = {}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            wanted = Requirement(re.sub(r"\s--hash=\S+", "", line))
            hashes = re.findall(r"\s--hash=sha256:[0-9a-f]{64}(?=\s|$)", line)
            assert line.count("--hash=") == len(hashes)
            assert canonicalize_name(wanted.name) not in found, "one package, one version"
            found[canonicalize_name(wanted.name)] = (wanted, len(hashes))
    return found


@pytest.mark.parametrize("requirements", WANTED)
def test_a_lock_is_that_of_its_requirements(requirements: str) -> None:
    text = lock_of(requirements).read_text("utf-8")
    assert text.startswith(head(requirements)), "requirements were changed: run `make lock`"
    for line in pins(ROOT / requirements):
        wanted = Requirement(line)
        (pin,) = wanted.specifier
        assert pin.operator == "==", f"{line}: what is wanted is one version"
        got, _ = locked(requirements)[canonicalize_name(wanted.name)]
        assert Version(next(iter(got.specifier)).version) == Version(pin.version)


@pytest.mark.parametrize("requirements", WANTED)
def test_nothing_in_a_lock_comes_without_hashes_or_from_elsewhere(requirements: str) -> None:
    rows = locked(requirements).values()
    assert len(rows) > len(pins(ROOT / requirements)), "also what is needed by what is wanted"
    for wanted, hashes in rows:
        assert hashes and str(wanted.specifier).startswith("==") and wanted.url is None
    assert "//" not in lock_of(requirements).read_text("utf-8"), "no address of an index"


def test_what_the_service_runs_with_is_what_is_tested() -> None:
    served, tested = (locked(requirements) for requirements in HERE)
    assert {name: str(row) for name, (row, _) in served.items()}.items() <= {
        name: str(row) for name, (row, _) in tested.items()
    }.items()


@pytest.mark.parametrize("requirements", HERE)
def test_whatever_is_installed_for_us_here_is_locked(requirements: str) -> None:
    """Walks what the installed packages say they need, for this Python and system."""
    waiting, seen = [Requirement(line) for line in pins(ROOT / requirements)], set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        assert name in locked(requirements), f"{name} is needed and not locked: run `make lock`"
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # not installed here yet
        for extra in ("", *wanted.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                new = map(Requirement, needs)
                waiting += [each for each in new if each.marker is None or each.marker.evaluate({"extra": extra})]
    assert len(seen) > len(pins(ROOT / requirements))


def test_nothing_is_installed_but_from_a_lock() -> None:
    made = (ROOT / "Makefile").read_text("utf-8")
    assert "--require-hashes" in made and not re.search(r"pip install(?!.*--require-hashes)", made)
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert f'requires-python = ">={OLDEST}"' in project


def test_every_requirement_says_what_it_is_for() -> None:
    for requirements in WANTED:
        for line in (ROOT / requirements).read_text("utf-8").splitlines()[1:]:
            assert line.startswith("-r ") or re.search(r"==\S+\s+# \S", line), line
