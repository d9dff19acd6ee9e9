"""Makes, lists and takes back personal links. A link is printed once, when it is made: only a digest of it is kept.

links make --meeting ID --role delegate --delegation KEN
links list --meeting ID
links revoke --meeting ID GRANT

The secretariat of a body has links of its own: `--body ID` instead of `--meeting ID`, and no role.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from meetingsvc.cli.errors import Stop
from meetingsvc.cli.setup import Setup, name_of, open_setup, state_of
from meetingsvc.core.roles import ROLES
from meetingsvc.core.state import MeetingState
from meetingsvc.store import bodies
from meetingsvc.store.links import Grant

HELP = "make, list and take back personal links"
#: Whom a link may be made for by hand.
OFFERED = sorted(role for role, row in ROLES.items() if row.linked)


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(metavar="ACT", required=True)
    made, listed, revoked = (
        acts.add_parser(name, help=text)
        for name, text in (
            ("make", "make a link and print it"),
            ("list", "list the links of a meeting, or of a body's secretariat"),
            ("revoke", "take a link back, at once and for good"),
        )
    )
    for one in (made, listed, revoked):
        of = one.add_mutually_exclusive_group(required=True)
        of.add_argument("--meeting", metavar="ID", help="the ten letters and digits in its address")
        of.add_argument("--body", metavar="ID", help="those in the address of a body's page, for its secretariat")
    made.add_argument("--role", metavar="ROLE", help=f"for a link of a meeting: {', '.join(OFFERED)}")
    made.add_argument("--delegation", metavar="CODE", help="for a delegate: code or name of the delegation")
    made.add_argument("--label", default="", help="a word to know the link by; not the name of a person")
    revoked.add_argument("grant", help="the id that `links list` shows")
    for one, act in ((made, _make), (listed, _list), (revoked, _revoke)):
        one.set_defaults(act=act)


def run(args: argparse.Namespace) -> int:
    with open_setup() as services:
        if args.body and services.meetings.database.read(lambda connection: bodies.body(connection, args.body)) is None:
            raise Stop(f"There is no body {args.body!r}. Its id stands in the address of its page, after /b/.")
        m = MeetingState() if args.body else state_of(services.meetings, args.meeting)
        return int(args.act(services, m, args))


def _make(services: Setup, m: MeetingState, args: argparse.Namespace) -> int:
    delegation = None
    if args.body:
        if args.role or args.delegation:
            raise Stop("A link for the secretariat of a body has no role and no delegation.")
        return _shown(services, f"--body {args.body}", *services.links.make_office(args.body, args.label))
    if not args.role:
        raise Stop(f"A link of a meeting needs --role: {', '.join(OFFERED)}.")
    if args.role not in OFFERED:
        raise Stop(f"{_why_not(args.role)} Choose one of: {', '.join(OFFERED)}.")
    if (args.role == "delegate") != bool(args.delegation):
        raise Stop("A link for a delegate needs --delegation CODE; other links have none.")
    if args.delegation:
        wanted = args.delegation.casefold()
        found = [row.id for row in m.roster.delegations.values() if wanted in _called(row.code, row.name)]
        if len(found) != 1:
            raise Stop(f"No delegation {args.delegation!r} is accredited to this meeting.")
        delegation = found[0]
    made = services.links.make(args.meeting, args.role, delegation, args.label)
    return _shown(services, f"--meeting {args.meeting}", *made)


def _why_not(role: str) -> str:
    """Why nobody can make a link for this role by hand."""
    if role not in ROLES:
        return f"There is no role {role!r}."
    if ROLES[role].home is None:
        return f"There is no page for the role {role} yet, so its link would lead nowhere."
    return f"Links for the role {role} are made with the invitations."


def _shown(services: Setup, whose: str, grant: Grant, secret: str) -> int:
    print(f"{services.config.public_url}/join/{secret}")
    print(f"It is shown this once. To take it back: links revoke {whose} {grant.id}")
    return 0


def _list(services: Setup, m: MeetingState, args: argparse.Namespace) -> int:
    grants = services.links.of_meeting(args.meeting or args.body)
    for grant in grants:
        row = m.roster.delegations.get(grant.delegation or 0)
        whose = name_of(row.code, row.name) if row else ""
        state = f"taken back {_moment(grant.revoked_at)}" if grant.revoked_at else "valid"
        print(f"{grant.id}  {grant.role:9}  {state:28}  {whose}{'  ' + grant.label if grant.label else ''}")
    if not grants:
        print("There are no links.")
    return 0


def _revoke(services: Setup, m: MeetingState, args: argparse.Namespace) -> int:
    if services.links.revoke(args.meeting or args.body, args.grant) is None:
        raise Stop(f"There is no link {args.grant!r}; `links list` shows those there are.")
    print("Taken back. Whoever uses it is cut off within two seconds.")
    return 0


def _called(code: str | None, name: str | None) -> set[str]:
    return {text.casefold() for text in (code, name, name_of(code, name)) if text}


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
