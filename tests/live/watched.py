"""`serve` with the collector of cycles switched off, which says on request what it would have had to collect.

Run as a program: when the file of its first argument appears, the file beside it gets a line of JSON:
{"garbage": objects in circles, "alive": {class: count}}.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path


def watch(asked: Path) -> None:
    while True:
        time.sleep(0.05)
        if asked.exists():
            asked.unlink()
            garbage = gc.collect()
            alive = Counter(type(each).__qualname__ for each in gc.get_objects())
            told = asked.with_suffix(".part")
            told.write_text(json.dumps({"garbage": garbage, "alive": alive}))
            told.rename(asked.with_suffix(".told"))


def main() -> int:
    import meetingsvc.__main__ as entry

    if os.environ.get("MEETINGSVC_ASYNC_MODE", "eventlet") == "eventlet":
        entry.green()
    from meetingsvc import cli

    threading.Thread(target=watch, args=(Path(sys.argv[1]),), daemon=True).start()
    gc.set_threshold, gc.freeze = lambda *_: gc.disable(), lambda: None  # what the server asks for at its start
    sys.argv = ["meetingsvc", "serve"]
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
