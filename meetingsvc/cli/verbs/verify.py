"""Checks a file made by export-log: that no entry was changed, taken out or put in. Names the first one that is wrong.

It needs no database and no service, only the file. To see that a log was not written anew as a whole, compare its last
hash with one that was noted elsewhere, such as on a screen during the meeting.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from meetingsvc.cli.errors import Stop
from meetingsvc.store.event_log.export import load, verify_file

HELP = "check an exported log and name the first bad entry"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="a file made by export-log")


def run(args: argparse.Namespace) -> int:
    try:
        data = Path(args.file).read_bytes()
    except OSError as why:
        raise Stop(f"{args.file} cannot be read: {why.strerror}.") from None
    flaw = verify_file(data)
    if flaw is not None:
        where = f"Entry {flaw.seq}" if flaw.seq else "The head of the file"
        print(f"{where} is wrong: {flaw.why}.")
        return 1
    log = load(data)
    print(f"All {log.seq} entries of meeting {log.meeting} are as they were written. Last hash: {log.hash}")
    return 0
