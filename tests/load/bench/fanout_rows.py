"""The fan-out against the default manager and a bare Node server: the same events, the same client, in turns.

Server CPU counts always; the time to the last follower only while the client has time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.load.bench.table import Row
from tests.load.bench.tools import HERE, Missing, load, median, node_folder, plain, running

Json = dict[str, Any]

OURS, DEFAULT, NODE = "fanout", "default manager", "node"


def measure(followers: int, rounds: int) -> dict[str, list[Json]]:
    """Results of the load client by server, in interleaved rounds."""
    servers: dict[str, tuple[list[str], Any]] = {
        DEFAULT: (plain("eventlet"), None),
        OURS: (plain("fanout"), None),
    }
    try:
        servers[NODE] = (["node", str(HERE / "node_server.js")], node_folder())
    except Missing as why:
        print(f"  without Node: {why}", flush=True)
    results: dict[str, list[Json]] = {name: [] for name in servers}
    for _ in range(rounds):
        for name, (words, folder) in servers.items():
            with running(words, **({"cwd": folder} if folder else {})) as (port, pid):
                result = load(port, pid, n=followers, event="tick", acks=0, settle=1, interval=0.3)
            if result["single"]["complete"] < 20 or result["burst"]["complete"] < 250:
                raise RuntimeError(f"{name}: not every follower heard every event")
            results[name].append(result)
    return results


def cpu(results: list[Json], phase: str) -> float:
    """Microseconds of server CPU per delivery."""
    return median([float(r[phase]["server_cpu_us_per_delivery"]) for r in results])


def last_ms(results: list[Json]) -> float:
    return median([float(r["single"]["last_client_ms"]["p50"]) for r in results])


def busy(results: list[Json], followers: int) -> float:
    """How much of a single broadcast's time the client itself was busy, at worst."""
    return max(
        r["single"]["client_cpu_us_per_delivery"] * followers / 1000 / r["single"]["last_client_ms"]["p50"]
        for r in results
    )


def rows(results: dict[str, list[Json]], followers: int) -> Iterator[Row]:
    limits = {("single", DEFAULT): 0.5, ("single", NODE): 0.6, ("burst", DEFAULT): 0.15, ("burst", NODE): 0.1}
    for phase in ("single", "burst"):
        ours = cpu(results[OURS], phase)
        for other in (DEFAULT, NODE):
            what, limit = f"CPU per delivery, {phase}, {followers} followers, vs {other}", limits[phase, other]
            if not results.get(other):
                yield Row(what, "", f"<= {limit}x", why_not="no node")
                continue
            theirs = cpu(results[other], phase)
            ratio = ours / theirs
            yield Row(what, f"{ratio:.2f}x ({ours:.2f} / {theirs:.2f} us)", f"<= {limit}x", ratio, limit)
    share = busy(results[OURS], followers)
    others = ", ".join(f"{name} {last_ms(results[name]):.1f}" for name in (DEFAULT, NODE) if results.get(name))
    yield Row(
        f"emit to last of {followers}, ms",
        f"{last_ms(results[OURS]):.1f} ({others}); client {cpu_client(results[OURS]):.1f} us/delivery",
        busy=share,
    )


def cpu_client(results: list[Json]) -> float:
    return median([float(r["single"]["client_cpu_us_per_delivery"]) for r in results])
