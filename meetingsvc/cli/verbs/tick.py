"""Does once what the clock asks for: closes lists whose announced time has come.

`serve` does it by itself each second; this is for those who run it from a timer.
"""

from __future__ import annotations

import argparse

from meetingsvc.cli.setup import counted, open_setup
from meetingsvc.meetings import tick

HELP = "close lists whose announced time has come (serve does it by itself)"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to say."""


def run(args: argparse.Namespace) -> int:
    with open_setup() as services:
        services.meetings.look_ahead()
        closed = tick(services.meetings)
    print(f"{counted(closed, 'list')} closed." if closed else "Nothing was due.")
    return 0
