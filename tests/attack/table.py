"""The table of the attacks and its bounds. No measuring here."""

from __future__ import annotations

import math
from collections.abc import Iterable

from tests.support.running_service import Json

#: Seconds at p99 of an honest press, during and after; seconds without a head on a follower's screen.
PRESS, GAP = 1.0, 8.0
#: Seconds in which a newcomer's link is claimed and followed with, at worst: pages wait as long for a first answer.
NEWCOMER = 8.0
#: What descriptors and memory may have grown by afterwards.
GROWN = 1.10
#: Bytes of log during one attack and after it: a line for each connection and reason, and no flood of them.
LOG = 65_536

HEADS = (
    "attack",
    "press p50/p99 ms before",
    "during",
    "after",
    "newcomer s",
    "head gap s",
    "descriptors",
    "memory MB",
    "log bytes",
    "attacker: opened, cut, MB sent, CPU",
)


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def presses(result: Json, span: int) -> list[float]:
    return [seconds for row in result["press"][span] for seconds in row]


def row(result: Json) -> list[str]:
    """The cells of one attack."""

    def ms(span: int) -> str:
        values = presses(result, span)
        if not values:
            return "none"
        return f"{percentile(values, 0.5) * 1000:.0f}/{percentile(values, 0.99) * 1000:.0f}"

    def three(name: str, scale: float) -> str:
        before, _, after = (n and n[name] / scale for n in result["numbers"])
        most = result["most"][name] / scale
        return f"{before:.0f} > {most:.0f} > {'gone' if after is None else f'{after:.0f}'}"

    newcomer, made = max(result["newcomer"][1] + result["newcomer"][2], default=math.nan), result["attacker"]
    first, last = result["numbers"][0], result["numbers"][2]
    return [
        result["title"],
        ms(0),
        ms(1),
        ms(2),
        f"{newcomer:.2f}",
        f"{max(result['gaps'][1:]):.1f}",
        three("open", 1),
        three("kb", 1024),
        f"{last['log'] - first['log']}" if last else "gone",
        f"{made['opened']}, {made['cut']}, {made['sent'] / 1e6:.1f}, {made['cpu']:.0%}" if made else "",
    ]


def missed(result: Json) -> list[str]:
    """The bounds that did not hold, in words."""
    found = []
    for span, when in ((1, "during"), (2, "afterwards")):
        late = percentile(presses(result, span), 0.99)
        if math.isnan(late):
            found.append(f"nobody could press {when}")
        elif late >= PRESS:
            found.append(f"a press took {late:.1f} s at p99 {when}")
    worst = max(result["newcomer"][1] + result["newcomer"][2], default=math.nan)
    if not worst < NEWCOMER:
        found.append(f"a newcomer waited {worst:.1f} s ({result['fails'][2][1]})")
    if (gap := max(result["gaps"][1:])) >= GAP:
        found.append(f"a follower heard no head for {gap:.1f} s")
    if not result["attacker"].get("sent") and not result["attacker"].get("opened"):
        found.append("nobody attacked")
    before, _, after = result["numbers"]
    if result["ended"] or after is None:
        return [*found, "the server ended"]
    for name, what in (("open", "descriptors"), ("kb", "memory in KB")):
        if after[name] > before[name] * GROWN:
            found.append(f"{what} went from {before[name]} to {after[name]}")
    if (written := after["log"] - before["log"]) > LOG:
        found.append(f"{written} bytes of log")
    if result["secrets"]:
        found.append(f"{result['secrets']} secrets of links stand in the log")
    if result["holds"] and result["attacker"].get("still_open", 0):
        found.append(f"{result['attacker']['still_open']} connections are still open")
    return found


def text(results: Iterable[Json], title: str) -> str:
    lines = [list(HEADS), *(row(result) for result in results)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(HEADS))]
    made = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([title, "", made[0], "-+-".join("-" * width for width in widths), *made[1:]])
