"""The gate: the fan-out stays far below the default manager in the same run. Needs neither Node nor a quiet machine.

Server CPU per delivery is compared, so that what else runs on the machine does not decide.
"""

from __future__ import annotations

import pytest

from tests.load.bench.tools import Missing, build_client, load, plain, running

FOLLOWERS = 400


def test_the_fan_out_costs_a_fraction_of_the_default_manager() -> None:
    try:
        build_client()
    except Missing as why:
        pytest.skip(f"not measured: {why}")
    cost: dict[str, dict[str, float]] = {}
    for kind in ("eventlet", "fanout"):
        with running(plain(kind)) as (port, pid):
            result = load(
                port, pid, n=FOLLOWERS, event="tick", acks=0, settle=0.5, broadcasts=30, interval=0.03, bursts=4
            )
        assert result["single"]["complete"] == 30 and result["burst"]["complete"] == 200
        cost[kind] = {phase: result[phase]["server_cpu_us_per_delivery"] for phase in ("single", "burst")}
    assert cost["fanout"]["single"] <= 0.5 * cost["eventlet"]["single"], cost
    assert cost["fanout"]["burst"] <= 0.15 * cost["eventlet"]["burst"], cost
