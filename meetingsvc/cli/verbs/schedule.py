"""Schedules a meeting and prints its address with a link for the chair and one for the secretary.

  schedule --title "Group of Friends" --zone Asia/Ashgabat --session 2023-12-11T10:00/2023-12-11T13:00

With --body the meeting belongs to a body, which is made if there is none of that name. The secretariat of the body gets
a link of its own, with which all else (further meetings, members, contacts, invitations) is done on pages.
"""

from __future__ import annotations

import argparse
from typing import Any

from meetingsvc.cli.errors import Stop
from meetingsvc.cli.setup import Setup, invitations_of, open_setup, secretary
from meetingsvc.core import presets
from meetingsvc.core.commands.meeting.schedule import Schedule
from meetingsvc.core.kernel import Refused
from meetingsvc.core.schema import InvalidShape, read
from meetingsvc.invitations import Invitations
from meetingsvc.invitations.contacts import Contacts
from meetingsvc.store.bodies import Body, new_id
from meetingsvc.translations import Catalogues

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
    parser.add_argument("--body", help="the body that meets; made if there is none of this name")
    parser.add_argument(
        "--preset", choices=presets.names(), help=f"the rules of procedure; without it those of {presets.DEFAULT}"
    )
    parser.add_argument("--room", help="where")
    parser.add_argument("--link", help="address of the video platform")


def run(args: argparse.Namespace) -> int:
    _command(args, None)  # what is wrong is said before anything is opened
    with open_setup() as services:
        invitations = invitations_of(services.meetings, services.links, services.config)
        body = _body(invitations.contacts, args) if args.body else None
        meeting = services.meetings.create(secretary(), _command(args, body))
        made = services.links.make_many(meeting, [("chair", None, ""), ("secretary", None, "")])
        office = _office(services, invitations, meeting, body) if body else ""
    url = services.config.public_url
    print(f"The meeting is {meeting}. Its links are shown this once; open one and press the button:\n")
    for grant, secret in made:
        print(f"  {grant.role.capitalize():11} {url}/join/{secret}")
    print(f"  {'Everybody':11} {url}/m/{meeting}")
    if body:
        print("\nThe secretariat of the body keeps its meetings, members, contacts and invitations:\n")
        print(f"  {url}/join/{office}")
        print(f"\nThe page of the body for everybody: {url}/b/{body.id}")
    return 0


def _body(contacts: Contacts, args: argparse.Namespace) -> Body:
    """The body of this name, or a new one, checked and not yet written."""
    for body in contacts.bodies():
        if args.body.casefold() in {text.casefold() for text in body.name.values()}:
            return body
    languages = args.language or ["en"]
    body = Body(new_id(), {languages[0]: args.body}, languages, args.zone, args.body, None)
    try:
        return contacts.checked_body(body)
    except Refused as wrong:
        raise Stop(Catalogues.load()["en"].refusal(wrong.code, wrong.facts)) from wrong


def _office(services: Setup, invitations: Invitations, meeting: str, body: Body) -> str:
    """Writes the body if it is new, puts its contacts on the list, and makes a link for its secretariat."""
    if body.id not in {known.id for known in invitations.contacts.bodies()}:
        invitations.contacts.put_body(body)
    invitations.guest_list.everybody_of_body(meeting)
    return services.links.make_office(body.id)[1]


def _command(args: argparse.Namespace, body: Body | None) -> Schedule:
    """The command as the arguments say it, or a sentence about what is wrong with them."""
    sessions = []
    for text in args.session:
        starts, _, ends = text.partition("/")
        sessions.append({"starts": starts, "ends": ends})
    languages = args.language or (body.languages if body else ["en"])
    given: dict[str, Any] = {
        "title": args.title,
        "zone": args.zone,
        "format": args.format,
        "sessions": sessions,
        "languages": languages,
        **{name: text for name in ("body", "room", "link", "preset") if (text := getattr(args, name))},
    }
    if body:
        named = {lang: text for lang, text in body.name.items() if lang in languages}
        given |= {"body": named or given["body"], "body_id": body.id}
    try:
        return read(Schedule, given)
    except InvalidShape as wrong:
        facts = {"path": wrong.path.removeprefix("$."), **wrong.facts}
        raise Stop(Catalogues.load()["en"].refusal(wrong.code, facts)) from wrong
