"""Coming and going: what one follower that came, followed and left leaves behind in the server's memory."""

from __future__ import annotations

import time

from tests.attack.storms.kinds import Aim
from tests.attack.storms.sockets import Visitors
from tests.attack.storms.swarm import Swarm
from tests.load.bench.bench_service import BenchService
from tests.load.bench.table import Row, Table

#: Followers before it is looked at, so that the allocator has its arenas; and those that are counted.
FIRST, COUNTED = 5_000, 20_000
LIMIT_S = 240.0


def add(table: Table) -> None:
    bench = BenchService()
    try:
        bench.start()
        aim = Aim(bench.served.port, bench.quiet, "", "", "127.0.0.1")
        swarm = Swarm(aim)
        visitors = Visitors(swarm, aim, lambda: bench.quiet)
        _come(swarm, visitors, FIRST)
        before = _memory(bench)
        began = time.monotonic()
        _come(swarm, visitors, FIRST + COUNTED)
        seconds = time.monotonic() - began
        left = (_memory(bench) - before) / COUNTED
        table.add(
            Row(
                f"soak of coming and going: KB left behind by each of {COUNTED} followers",
                f"{left:.2f} ({COUNTED / seconds:.0f} came and went a second)",
                "<= 1",
                left,
                1,
            )
        )
    finally:
        bench.close()


def _come(swarm: Swarm, visitors: Visitors, count: int) -> None:
    until = time.monotonic() + LIMIT_S
    while visitors.gone < count:
        swarm.keep(50, visitors.come, 10)
        swarm.pump(0.01)
        if time.monotonic() > until:
            raise RuntimeError(f"{visitors.gone} of {count} followers came in {LIMIT_S:.0f} s")


def _memory(bench: BenchService) -> int:
    """KB, after what is let go a little later was let go."""
    time.sleep(3)
    return bench.served.usage()[1]
