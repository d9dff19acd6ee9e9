"""The command line: `python -m meetingsvc VERB`. One file per verb, in verbs/.

Belongs here: choosing a verb, and turning what goes wrong into a plain sentence and an exit code:
0 done, 1 refused or failed, 2 asked for in a wrong way. Does not belong here: what a verb does.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

DONE, FAILED, MISUSED = 0, 1, 2

#: The verbs, in the order in which somebody meets them.
VERBS = {
    "serve": "serve",
    "demo": "demo",
    "schedule": "schedule",
    "import-delegations": "import_delegations",
    "replay": "replay",
    "links": "links",
    "export-log": "export_log",
    "verify": "verify",
    "tick": "tick",
    "send-mail": "send_mail",
    "migrate": "migrate",
    "acts": "acts",
}
#: Names by which a verb was known before: scripts may still call it so.
ALIASES = {"send-mail": ["post"]}

ABOUT = """\
Coordinates hybrid meetings: agenda, delegations, lists of speakers, the floor and its clock,
the same on every screen in the room and far away.

  python -m meetingsvc demo        makes a meeting to try things with, and prints its links
  python -m meetingsvc serve       serves it on http://127.0.0.1:8000
"""
FOOT = "Each verb explains itself: python -m meetingsvc VERB --help. Settings are environment variables (see README)."


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one verb; gives the exit code."""
    parser = build()
    try:
        args = parser.parse_args(argv)
    except SystemExit as left:  # argparse has printed its usage or help
        return int(left.code or 0)
    try:
        return guarded(lambda: int(args.run(args)))
    except BrokenPipeError:
        # whoever read our output has gone (`… | head`); say nothing more, not even at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def build() -> argparse.ArgumentParser:
    """The parser with all verbs."""
    parser = argparse.ArgumentParser(
        prog="python -m meetingsvc",
        description=ABOUT,
        epilog=FOOT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for verb, module in VERBS.items():
        made = import_module(f"{__name__}.verbs.{module}")
        one = verbs.add_parser(
            verb,
            aliases=ALIASES.get(verb, []),
            help=made.HELP,
            description=made.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        made.arguments(one)
        one.set_defaults(run=made.run)
    return parser


def guarded(work: Callable[[], int]) -> int:
    """Runs work; what is known to go wrong is told in a sentence on stderr."""
    from meetingsvc.cli.errors import sentence

    try:
        return work()
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        raise
    except Exception as fault:
        said = sentence(fault)
        if said is None:
            raise
        print(said, file=sys.stderr)
        return FAILED
