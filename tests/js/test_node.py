"""The tests of the browser's modules that need no browser: they run under Node, one Python test for each file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


@pytest.mark.node
@pytest.mark.parametrize("path", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.name)
def test_browser_module(path: Path) -> None:
    done = subprocess.run(
        ["node", "--test", str(path)], capture_output=True, text=True, timeout=60, cwd=HERE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
