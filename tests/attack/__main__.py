"""`make attack`: every attack of one host against a running service with its followers; one table.

  --only WORD     only attacks whose name begins so
  --during S      seconds of each attack (default 10)
  --after S       seconds after it until descriptors and memory must be back (default 30)
  --followers N   how many hold a socket meanwhile (default 200)
  --one-address   the attacker comes from the honest people's address, as behind one proxy
Three servers at most stand at once: while two rest after their attack, one is attacked. MEETINGSVC_ASYNC_MODE=threading
attacks the server of threads. Exit code 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.attack import table
from tests.attack.prepared import prepare
from tests.attack.storms import STORMS
from tests.attack.trial import Settings
from tests.load.bench.tools import Missing, build_client
from tests.support.running_service import MODE, ROOT, Json

AT_ONCE = 3
LIMIT = 300.0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.attack", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="")
    parser.add_argument("--during", type=float, default=10)
    parser.add_argument("--after", type=float, default=30)
    parser.add_argument("--followers", type=int, default=200)
    parser.add_argument("--one-address", action="store_true")
    args = parser.parse_args()
    try:
        build_client()
    except Missing as why:
        print(f"Nothing can be measured: {why}.", file=sys.stderr)
        return 1
    names, began = [name for name in STORMS if name.startswith(args.only)], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        address = "127.0.0.1" if args.one_address else Settings.attacker
        to = Settings(
            folder, prepare(Path(folder)), args.followers, during=args.during, after=args.after, attacker=address
        )
        with ThreadPoolExecutor(AT_ONCE) as lanes:
            results = [result for result in lanes.map(lambda name: _told(name, to), names) if result]
    title = (
        f"{MODE}: {args.followers} followers, {args.during:.0f} s of attack by one host, {args.after:.0f} s after it"
    )
    print("\n" + table.text(results, title))
    print(f"\n{time.monotonic() - began:.0f} s on {os.cpu_count()} cores")
    wrong = [f"{result['title']}: {why}" for result in results for why in table.missed(result)]
    wrong += [f"{STORMS[n].title}: not measured" for n in names if n not in {result["name"] for result in results}]
    for line in wrong:
        print(f"missed: {line}")
    return 1 if wrong else 0


def _told(name: str, to: Settings) -> Json | None:
    """One trial in a process of its own."""
    words = [sys.executable, "-m", "tests.attack.trial", name, to.text()]
    try:
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT, check=False)
        result: Json = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as why:
        said = done.stderr[-600:] if isinstance(why, ValueError) else str(why)
        print(f"  {name}: not measured: {said}", flush=True)
        return None
    found = table.missed(result)
    print(f"  {name}: {'; '.join(found) if found else 'ok'}", flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())
