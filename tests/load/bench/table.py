"""The table of the bench: what | measured | budget | verdict. No measuring here."""

from __future__ import annotations

from dataclasses import dataclass, field

#: A client that is busy for more than this share of its core measures itself, not the server.
BUSY = 0.8


@dataclass(frozen=True)
class Row:
    """One line. `value` is compared with `limit` (same unit); without a limit a person judges."""

    what: str
    measured: str
    budget: str = ""
    value: float | None = None
    limit: float | None = None
    busy: float | None = None  # the client's share of its core; None where its time does not matter
    why_not: str = ""

    @property
    def verdict(self) -> str:
        if self.why_not:
            return f"not measured: {self.why_not}"
        if self.busy is not None and self.busy > BUSY:
            return f"not measured: client busy ({self.busy:.0%})"
        if self.value is None or self.limit is None:
            return ""
        return "ok" if self.value <= self.limit else "MISSED"


@dataclass
class Table:
    rows: list[Row] = field(default_factory=list)

    def add(self, *rows: Row) -> None:
        for row in rows:
            self.rows.append(row)
            print(f"  {row.what}: {row.measured or row.verdict}", flush=True)

    def text(self) -> str:
        lines = [("what", "measured", "budget", "verdict")]
        lines += [(row.what, row.measured, row.budget, row.verdict) for row in self.rows]
        widths = [max(len(line[n]) for line in lines) for n in range(4)]
        rule = "-+-".join("-" * width for width in widths)
        made = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        return "\n".join([made[0], rule, *made[1:]])

    @property
    def missed(self) -> list[str]:
        return [row.what for row in self.rows if row.verdict == "MISSED"]
