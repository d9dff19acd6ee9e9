"""One attacker: `python -m tests.attack.storms NAME SECONDS AIM`. Says "struck" when done, and its counts at the end.

The end is when its input closes; until then an attack that holds keeps open what it opened.
"""

from __future__ import annotations

import json
import resource
import select
import sys
import time

from tests.attack.storms import STORMS, Aim
from tests.attack.storms.swarm import Swarm


def main() -> int:
    name, seconds, text = sys.argv[1:]
    storm, aim = STORMS[name], Aim.read(text)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    swarm, began = Swarm(aim), time.monotonic()
    storm.strike(swarm, aim, began + float(seconds))
    spent = time.process_time()
    most = len(swarm.lines)
    if not storm.holds:
        for line in list(swarm.lines.values()):
            swarm.drop(line)
    print("struck", flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        swarm.pump(0.1)
    counts = {
        "opened": swarm.opened,
        "refused": swarm.refused,
        "cut": swarm.cut,
        "sent": swarm.sent,
        "received": swarm.received,
        "open": most,
        "still_open": len(swarm.lines),
        "cpu": spent / (float(seconds) or 1),
    }
    print(json.dumps(counts), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
