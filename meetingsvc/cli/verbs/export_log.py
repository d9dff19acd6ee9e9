"""Writes the whole log of a meeting to a file that anybody can verify: one line of JSON per entry.

The file holds the names of people. `python -m meetingsvc verify FILE` checks it on any machine.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path

from meetingsvc.cli.errors import Stop
from meetingsvc.cli.setup import open_setup, state_of
from meetingsvc.store.event_log.export import write

HELP = "write the log of a meeting to a file"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--meeting", required=True, metavar="ID", help="the ten letters and digits in its address")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write; without it, to the terminal or pipe")


def run(args: argparse.Namespace) -> int:
    with open_setup() as services:
        state_of(services.meetings, args.meeting)
        rows = services.meetings.log.rows(args.meeting)
        lines = list(write(args.meeting, rows, services.meetings.names(args.meeting)))
    if args.output is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
        sys.stdout.writelines(lines)
        return 0
    _written(Path(args.output), "".join(lines).encode())
    print(f"{len(rows)} entries written to {args.output}. It holds names of people: keep it accordingly.")
    return 0


def _written(path: Path, data: bytes) -> None:
    """The whole file or nothing, and for its owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(data)
        draft.replace(path)
    except OSError as why:
        with suppress(OSError):
            draft.unlink()
        raise Stop(f"{path} cannot be written: {why.strerror}.") from None
