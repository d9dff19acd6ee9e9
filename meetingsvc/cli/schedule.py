"""Schedules a meeting and prints its address with a link for the chair and one for the secretariat.

  schedule --title "Group of Friends" --zone Asia/Ashgabat --session 2023-12-11T10:00/2023-12-11T13:00

Meetings are made here and never over HTTP: whoever has this machine is the secretariat. What follows (agenda,
delegations, more links) is done with the secretariat's link.
"""

from __future__ import annotations

import argparse
from typing import Any

from meetingsvc.cli import Stop
from meetingsvc.cli.ground import ground, secretary
from meetingsvc.core.shape import Misshapen, read
from meetingsvc.core.whole.across import Schedule
from meetingsvc.words import Words

HELP = "schedule a meeting and print its first links"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--title", required=True, help="what the meeting is called, in its first language")
    parser.add_argument("--zone", required=True, help="the time zone of the place, such as Asia/Ashgabat")
    parser.add_argument(
        "--session", required=True, action="append", metavar="START/END", help="local times; may be given again"
    )
    parser.add_argument("--format", default="hybrid", choices=("in_person", "online", "hybrid"))
    parser.add_argument(
        "--language", action="append", metavar="CODE", help="a working language, such as en; may be given again"
    )
    for name, what in (("body", "the body that meets"), ("room", "where"), ("link", "address of the video platform")):
        parser.add_argument(f"--{name}", help=what)


def run(args: argparse.Namespace) -> int:
    command = _command(args)
    with ground() as house:
        meeting = house.desk.create(secretary(), command)
        made = house.links.make_many(meeting, [("chair", None, ""), ("secretary", None, "")])
    url = house.config.public_url
    print(f"The meeting is {meeting}. Its links are shown this once; open one and press the button:\n")
    for grant, secret in made:
        print(f"  {grant.role.capitalize():10} {url}/join/{secret}")
    print(f"  Everybody  {url}/m/{meeting}")
    return 0


def _command(args: argparse.Namespace) -> Schedule:
    """The command as the arguments say it, or a sentence about what is wrong with them."""
    sessions = []
    for text in args.session:
        starts, _, ends = text.partition("/")
        sessions.append({"starts": starts, "ends": ends})
    body: dict[str, Any] = {
        "title": args.title, "zone": args.zone, "format": args.format, "sessions": sessions,
        "languages": args.language or ["en"],
        **{name: given for name in ("body", "room", "link") if (given := getattr(args, name))},
    }  # fmt: skip
    try:
        return read(Schedule, body)
    except Misshapen as wrong:
        facts = {"path": wrong.path.removeprefix("$."), **wrong.facts}
        raise Stop(Words.load()["en"].refusal(wrong.code, facts)) from wrong
