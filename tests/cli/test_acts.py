"""docs/acts.md is what the registry says, and a stale copy is noticed."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run

REFERENCE = Path(__file__).parents[2] / "docs" / "acts.md"


def test_the_reference_is_up_to_date(run: Run) -> None:
    ran = run("acts", "--check", str(REFERENCE))
    assert ran.code == 0, ran.err


def test_a_stale_reference_is_noticed(run: Run, folder: Path) -> None:
    stale = folder / "acts.md"
    stale.write_text(REFERENCE.read_text("utf-8").replace("speakers.next", "speakers.previous"), "utf-8")
    ran = run("acts", "--check", str(stale))
    assert ran.code == 1 and "run `make acts`" in ran.err
