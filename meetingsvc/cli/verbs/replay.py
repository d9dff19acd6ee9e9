"""Plays a general debate from a list of delegations, so that screens can be watched with real names and numbers.

  replay FILE                       makes a meeting of its own on this machine and prints links to watch it
  replay FILE --meeting ID          plays in a meeting that is there: accredits, opens, takes up, inscribes, runs
  replay FILE --meeting ID --url http://127.0.0.1:8000 --link LINK
                                    the same over HTTP, with the link of chair or secretary (- reads it from input)

A server on the same database shows everything while it happens. Stopped with Ctrl-C, it goes on where it stands
when it is started again with the same --meeting. How long each speaks is made up; the file does not tell.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from meetingsvc.calendars.local_time import wall_text
from meetingsvc.cli.drivers import HttpDriver, LocalDriver
from meetingsvc.cli.errors import Stop
from meetingsvc.cli.replay_script import play
from meetingsvc.cli.setup import Setup, open_setup, secretary, state_of
from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.schema import read
from meetingsvc.imports import Report, read_delegations

HELP = "play a general debate, so that screens can be watched"
SPEED = 30.0
FASTEST = 100_000.0


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="a list of delegations, as import-delegations takes it")
    parser.add_argument("--meeting", metavar="ID", help="the ten letters and digits in its address")
    parser.add_argument("--url", help="a running server; without it, the database of this machine")
    parser.add_argument("--link", help="with --url: the personal link of chair or secretary, or its secret")
    parser.add_argument(
        "--speed",
        type=_speed,
        default=SPEED,
        metavar="N",
        help=f"so many times faster than in life; 0 does not wait (default {SPEED:g}: five minutes take ten seconds)",
    )


def run(args: argparse.Namespace) -> int:
    if bool(args.url) != bool(args.link) or (args.url and not args.meeting):
        raise Stop("A replay over HTTP needs --url, --meeting and --link together.")
    report = read_delegations(args.file)
    if args.url:
        link = sys.stdin.readline() if args.link == "-" else args.link
        secret = link.strip().rstrip("/").rsplit("/", 1)[-1]
        return _told(play(HttpDriver(args.url, args.meeting, secret), report, args.speed))
    with open_setup() as services:
        meeting = args.meeting or _scheduled(services, report, Path(args.file).name)
        state_of(services.meetings, meeting)
        return _told(play(LocalDriver(services.meetings, meeting), report, args.speed))


def _told(lines: Iterator[str]) -> int:
    for line in lines:
        print(line, flush=True)
    return 0


def _scheduled(services: Setup, report: Report, name: str) -> str:
    """A meeting for this replay alone, with links to watch it. It begins now, by UTC."""
    if report.errors:
        raise Stop(f"The list has errors. See them with: import-delegations {name} --meeting ID --dry-run")
    begins = datetime.fromtimestamp(services.meetings.clock() // 1000, UTC).replace(second=0, microsecond=0)
    plan = {
        "title": f"Replay of {name}",
        "languages": ["en"],
        "zone": "UTC",
        "format": "hybrid",
        "sessions": [{"starts": wall_text(begins), "ends": wall_text(begins + timedelta(hours=12))}],
    }
    meeting = services.meetings.create(secretary(), read(COMMANDS["meeting.schedule"], plan))
    wanted: list[tuple[str, int | None, str]] = [(role, None, "replay") for role in ("chair", "room", "follower")]
    for grant, secret in services.links.make_many(meeting, wanted):
        print(f"{grant.role:9} {services.config.public_url}/join/{secret}")
    print(f"everybody {services.config.public_url}/m/{meeting}\n", flush=True)
    return meeting


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if not 0 <= speed <= FASTEST:
        raise argparse.ArgumentTypeError(f"{text!r} is no speed; give a number from 0 to {FASTEST:g}")
    return speed
