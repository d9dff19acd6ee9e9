"""`python -m meetingsvc VERB`. For `serve` the standard library is made green before anything is imported.

Nothing of ours may be imported at the top of this file: what is imported before the patch keeps
the blocking sockets, locks and sleeps of the standard library.
"""

from __future__ import annotations

import os
import sys
import warnings


def green() -> None:
    """Patches the standard library for eventlet, and what eventlet cannot patch is told to cooperate."""
    os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_selector")  # else psycopg 3 stops the whole loop
    os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")  # names are resolved as the system resolves them
    # It is known, and confined to this file and live/ (docs/decisions).
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    import eventlet

    eventlet.monkey_patch()


def main() -> int:
    wanted = os.environ.get("MEETINGSVC_ASYNC_MODE", "").strip() or "eventlet"
    if sys.argv[1:2] == ["serve"] and wanted == "eventlet":
        green()
    from meetingsvc import cli

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
