"""`python -m tests.load`: measures the budgets and prints one table. Ratios come from one run on one machine.

  --followers N   how many hold a socket (default 1000; 3000 is the other size of the budgets)
  --rounds N      interleaved rounds of the fan-out rows (default 3)
  --only WORD     only the groups whose name begins so: fanout, product, sizes, history, idle, calendar, soak
Exit code 1 when a budget is missed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from tests.load.bench.table import Table
from tests.load.bench.tools import Missing, build_client


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--followers", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    try:
        build_client()
    except Missing as why:
        print(f"Nothing can be measured: {why}.", file=sys.stderr)
        return 1
    table, began, before = Table(), time.monotonic(), os.getloadavg()
    node_last: float | None = None
    if "fanout".startswith(args.only):
        from tests.load.bench import fanout_rows

        print("fan-out against others ...", flush=True)
        results = fanout_rows.measure(args.followers, args.rounds)
        table.add(*fanout_rows.rows(results, args.followers))
        if results.get(fanout_rows.NODE):
            node_last = fanout_rows.last_ms(results[fanout_rows.NODE])
    if "product".startswith(args.only):
        from tests.load.bench import product_rows

        print("the whole product ...", flush=True)
        product_rows.add(table, args.followers, node_last)
    if "sizes".startswith(args.only):
        from tests.load.bench import size_rows

        print("sizes ...", flush=True)
        size_rows.add(table)
    if "history".startswith(args.only):
        from tests.load.bench import history_rows

        print("long meetings ...", flush=True)
        history_rows.add(table)
    if "idle".startswith(args.only):
        from tests.load.bench import idle_rows

        print("many quiet meetings ...", flush=True)
        idle_rows.add(table)
    if "calendar".startswith(args.only):
        from tests.load.bench import calendar_rows

        print("calendars ...", flush=True)
        calendar_rows.add(table)
    if "soak".startswith(args.only):
        from tests.load.bench import soak_rows

        print("coming and going ...", flush=True)
        soak_rows.add(table)
    print(f"\n{table.text()}\n\n{time.monotonic() - began:.0f} s; load average {before[0]:.1f} before, ", end="")
    print(f"{os.getloadavg()[0]:.1f} after, on {os.cpu_count()} cores: times are ours alone only if it began near 0")
    for what in table.missed:
        print(f"missed: {what}")
    return 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
