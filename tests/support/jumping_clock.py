"""The service on a machine whose wall clock is set while it runs: `python -m tests.support.jumping_clock serve`.

The file in WALL_CLOCK_SET_BY holds the seconds by which the clock is wrong now. Only what reads the wall clock is
changed; nothing of the service is.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import time
from pathlib import Path

from tests.support.running_service import ROOT, RunningService


class Jumping(RunningService):
    """A server whose machine's clock can be `set_by` so many seconds from right."""

    def __init__(self, folder: Path, env: dict[str, str] | None = None) -> None:
        super().__init__(folder, env)
        self.file = folder / "wrong-by"
        self.env["WALL_CLOCK_SET_BY"] = str(self.file)
        self.set_by(0)

    def set_by(self, seconds: float) -> None:
        (fresh := self.file.with_suffix(".new")).write_text(str(seconds))
        fresh.replace(self.file)

    def start(self) -> Jumping:
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.jumping_clock", "serve"],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=log,
            )
        self.wait_up()
        return self


def main() -> None:
    file, right, right_ns = Path(os.environ["WALL_CLOCK_SET_BY"]), time.time, time.time_ns
    time.time = lambda: right() + float(file.read_text())
    time.time_ns = lambda: right_ns() + int(float(file.read_text()) * 1e9)
    runpy.run_module("meetingsvc", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
