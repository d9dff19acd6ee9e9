"""`make chaos`: the storm with twenty SIGKILLs, told line by line, then a soak; ends with 1 when anything was harmed.

The soak takes five minutes; `--soak 60` is the hour that the promise is about, `--soak 0` leaves it out.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.chaos.soak import soak
from tests.chaos.storm import storm


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="to see the same storm again")
    parser.add_argument("--soak", type=float, default=5.0, metavar="MINUTES", help="of coming and going (default 5)")
    args = parser.parse_args()

    def say(line: str) -> None:
        print(line, flush=True)

    print(f"seed {args.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="meetingsvc-chaos-") as folder:
        report = storm(Path(folder), args.kills, args.seed, say)
    print("\n".join(report.lines()), flush=True)
    faults = [*report.faults]
    if args.soak:
        with tempfile.TemporaryDirectory(prefix="meetingsvc-soak-") as folder:
            soaked = soak(Path(folder), args.soak * 60, say)
        print("\n".join(soaked.lines()))
        faults += soaked.faults
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
