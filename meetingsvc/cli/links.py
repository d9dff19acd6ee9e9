"""Makes, lists and takes back personal links. A link is printed once, when it is made: only a digest of it is kept.

links make --meeting ID --role delegate --delegation KEN
links list --meeting ID
links revoke --meeting ID GRANT
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from meetingsvc.cli import Stop
from meetingsvc.cli.ground import Ground, ground, name_of, whole_of
from meetingsvc.core.whole import Whole
from meetingsvc.store.links import ROLES

HELP = "make, list and take back personal links"


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(metavar="ACT", required=True)
    made, listed, revoked = (
        acts.add_parser(name, help=text)
        for name, text in (
            ("make", "make a link and print it"),
            ("list", "list the links of a meeting"),
            ("revoke", "take a link back, at once and for good"),
        )
    )
    for one in (made, listed, revoked):
        one.add_argument("--meeting", required=True, metavar="ID", help="the ten letters and digits in its address")
    made.add_argument("--role", required=True, choices=sorted(ROLES))
    made.add_argument("--delegation", metavar="CODE", help="for a delegate: code or name of the delegation")
    made.add_argument("--label", default="", help="a word to know the link by; not the name of a person")
    revoked.add_argument("grant", help="the id that `links list` shows")
    for one, act in ((made, _make), (listed, _list), (revoked, _revoke)):
        one.set_defaults(act=act)


def run(args: argparse.Namespace) -> int:
    with ground() as house:
        return int(args.act(house, whole_of(house.desk, args.meeting), args))


def _make(house: Ground, whole: Whole, args: argparse.Namespace) -> int:
    delegation = None
    if (args.role == "delegate") != bool(args.delegation):
        raise Stop("A link for a delegate needs --delegation CODE; other links have none.")
    if args.delegation:
        wanted = args.delegation.casefold()
        found = [row.id for row in whole.roster.delegations.values() if wanted in _called(row.code, row.name)]
        if len(found) != 1:
            raise Stop(f"No delegation {args.delegation!r} is accredited to this meeting.")
        delegation = found[0]
    grant, secret = house.links.make(args.meeting, args.role, delegation, args.label)
    print(f"{house.config.public_url}/join/{secret}")
    print(f"It is shown this once. To take it back: links revoke --meeting {args.meeting} {grant.id}")
    return 0


def _list(house: Ground, whole: Whole, args: argparse.Namespace) -> int:
    grants = house.links.of_meeting(args.meeting)
    for grant in grants:
        row = whole.roster.delegations.get(grant.delegation or 0)
        whose = name_of(row.code, row.name) if row else ""
        state = f"taken back {_moment(grant.revoked_at)}" if grant.revoked_at else "valid"
        print(f"{grant.id}  {grant.role:9}  {state:28}  {whose}{'  ' + grant.label if grant.label else ''}")
    if not grants:
        print("This meeting has no links.")
    return 0


def _revoke(house: Ground, whole: Whole, args: argparse.Namespace) -> int:
    if house.links.revoke(args.meeting, args.grant) is None:
        raise Stop(f"This meeting has no link {args.grant!r}; `links list` shows those it has.")
    print("Taken back. Whoever uses it is cut off within two seconds.")
    return 0


def _called(code: str | None, name: str | None) -> set[str]:
    return {text.casefold() for text in (code, name, name_of(code, name)) if text}


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
