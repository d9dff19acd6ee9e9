"""Golden logs: frozen rows of meetings with the state they fold to. They must fold the same for ever.

A file holds one JSON object per line: the rows as `store.codec` wrote them, and last {"folds_to": state}. A new kind of
event gets a new file (`python -m tests.logs NAME SEED LENGTH`); an old file is never written again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from meetingsvc.core.history import fold
from meetingsvc.core.kernel import Entry
from meetingsvc.core.record import Redacted
from meetingsvc.core.schema import plain
from meetingsvc.store.event_log import codec
from tests.support.story import as_stored

HERE = Path(__file__).parent


def frozen(entries: list[Entry]) -> list[dict[str, Any]]:
    """The rows of a log and the state it folds to. What was redacted has no text, as in the database."""
    rows: list[dict[str, Any]] = []
    gone = {entry.event.seq for entry in entries if isinstance(entry.event, Redacted)}
    for entry in entries:
        v, data, text = codec.encode(entry.event)
        text = None if entry.seq in gone else text
        row = {"seq": entry.seq, "batch": entry.batch, "at": entry.at, "by": entry.by, "role": entry.role}
        rows.append(row | {"name": entry.event.wire, "v": v, "data": data} | ({"text": text} if text else {}))
    return [*rows, {"folds_to": plain(fold(as_stored(entries)))}]


def thawed(path: Path) -> tuple[list[Entry], dict[str, Any]]:
    """The entries of a golden log, and what they must fold to."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    entries = [
        Entry(
            row["seq"],
            row["batch"],
            row["at"],
            row["by"],
            row["role"],
            codec.decode(row["name"], row["v"], row["data"], row.get("text")),
        )
        for row in lines[:-1]
    ]
    return entries, lines[-1]["folds_to"]
