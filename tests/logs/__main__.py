"""Freezes a meeting of random acts as a new golden log: python -m tests.logs NAME SEED LENGTH."""

from __future__ import annotations

import json
import sys

from tests.logs import HERE, frozen
from tests.support.any_meeting import walk

name, seed, length = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
path = HERE / f"{name}.jsonl"
if path.exists():
    sys.exit(f"{path.name} is frozen. Choose another name.")
lines = (json.dumps(row, ensure_ascii=False, sort_keys=True) for row in frozen(walk(seed, length).log))
path.write_text("\n".join(lines) + "\n", encoding="utf-8")
