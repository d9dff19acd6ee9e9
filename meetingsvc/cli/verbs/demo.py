"""Makes a meeting to try things with, and prints a personal link for each role.

It is the meeting of the Group of Friends of Neutrality of 11 December 2023 in Ashgabat. Date, place and agenda
are those reported; the 25 delegations and their missions are illustrative, and nobody in it is a real or an invented
person. All missions stand on the list, and nothing is sent to them. The links are kept for later runs in
demo-links.json beside the database, readable by you alone.
"""

from __future__ import annotations

import argparse
import json
import os
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from meetingsvc.cli.setup import invitations_of, name_of, open_setup, secretary, var
from meetingsvc.config import Config
from meetingsvc.core.commands import COMMANDS, Command
from meetingsvc.core.kernel import Actor
from meetingsvc.core.schema import read
from meetingsvc.imports import ranks, states
from meetingsvc.invitations.contacts import Contacts
from meetingsvc.meetings import Meetings
from meetingsvc.store.bodies import Body, new_id
from meetingsvc.store.contacts import Contact, new_contact_id
from meetingsvc.store.links import Links

HELP = "make the demonstration meeting and print its links"
KEPT = "demo-links.json"
#: As many delegates' links stand in the short text of `serve`; `demo` prints all.
FEW = 3

#: {"url", "meeting", "body", "tokens": {"chair", "secretary", "room", "follower", "office",
#: "delegates": {CODE: secret}}}
Demo = dict[str, Any]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print address, meeting and secrets as JSON")


def run(args: argparse.Namespace) -> int:
    with open_setup() as services:
        demo = make(services.meetings, services.links, services.config)
    if args.json:
        print(json.dumps(demo, ensure_ascii=False))
    else:
        print("\n".join(lines(demo)))
        print("\nServe it with: python -m meetingsvc serve")
    return 0


def ensure_demo(meetings: Meetings, links: Links, config: Config) -> Demo | None:
    """The demo for `make run`: made if the database is empty, found again if its links were kept here, else None."""
    rows = {row.id for row in meetings.meeting_rows()}
    if not rows:
        return make(meetings, links, config)
    kept = _kept(var(config) / KEPT)
    if kept is None or kept["meeting"] not in rows:
        return None
    grant = links.find(kept["tokens"]["chair"])
    alive = grant is not None and grant.meeting == kept["meeting"] and grant.revoked_at is None
    return {**kept, "url": config.public_url} if alive else None


def make(meetings: Meetings, links: Links, config: Config) -> Demo:
    """A new demonstration meeting with a link for each role and delegation; the links are kept in a file."""
    plan = tomllib.loads(files("meetingsvc").joinpath("data", "demo.toml").read_text(encoding="utf-8"))
    invitations = invitations_of(meetings, links, config)
    body = _body(invitations.contacts, plan)
    meeting = meetings.create(secretary(), _schedule(plan["meeting"], body))
    wanted: list[tuple[str, int | None, str]] = [
        (role, None, "demo") for role in ("chair", "secretary", "room", "follower")
    ]
    (chair, *others) = links.make_many(meeting, wanted)
    actor = Actor(others[0][0].id, "secretary")
    meetings.perform(meeting, actor, [_command("agenda.add_item", item) for item in plan["item"]])
    meetings.perform(meeting, actor, _roster(plan["delegations"]))
    rows = list(meetings.history(meeting).state.roster.delegations.values())
    invitations.guest_list.everybody_of_body(meeting)
    delegates = links.make_many(meeting, [("delegate", row.id, "demo") for row in rows])
    tokens = {grant.role: secret for grant, secret in (chair, *others)} | {"office": links.make_office(body, "demo")[1]}
    demo = {
        "url": config.public_url,
        "meeting": meeting,
        "body": body,
        "tokens": {**tokens, "delegates": {row.code: secret for row, (_, secret) in zip(rows, delegates, strict=True)}},
    }
    _keep(var(config) / KEPT, demo)
    return demo


def lines(demo: Demo, few: bool = False, kept: Path | str = KEPT) -> list[str]:
    """The links for people, one per line; `few` shows some delegates only, the others stand in the file `kept`."""
    tokens, url = demo["tokens"], demo["url"]
    names = {
        "chair": "Chair",
        "secretary": "Secretary",
        "room": "Room display",
        "follower": "Follower",
        "office": "Secretariat of the body",
    }
    delegates = list(tokens["delegates"].items())
    shown = delegates[:FEW] if few else delegates
    names = {role: name for role, name in names.items() if role in tokens}  # those kept by an older version lack some
    width = max(len(name) for name in (*names.values(), *(name_of(code, None) for code, _ in shown))) + 1
    made = ["The demonstration meeting (its 25 delegations are illustrative). Open a link and press the button:", ""]
    made += [f"  {names[role]:{width}} {url}/join/{tokens[role]}" for role in names]
    made += [f"  {name_of(code, None):{width}} {url}/join/{secret}" for code, secret in shown]
    if few:
        made += [f"  … and {len(delegates) - FEW} more delegates in {kept}"]
    return [*made, "", f"  {'Everybody':{width}} {url}/m/{demo['meeting']}"]


def _body(contacts: Contacts, plan: dict[str, Any]) -> str:
    """The body with its members, and a mission of each as a contact."""
    meeting, office = plan["meeting"], plan["office"]
    body = Body(new_id(), meeting["body"], meeting["languages"], meeting["zone"], office["name"], office["address"])
    contacts.put_body(body)
    contacts.add_members(body.id, [("member", code, None) for code in plan["contacts"]])
    places = {code: mode for mode, rows in plan["delegations"].items() for code, _ in rows}
    for code, (language, zone) in plan["contacts"].items():
        contacts.put_contact(
            Contact(
                new_contact_id(),
                f"Permanent Mission of {name_of(code, None)}",
                language,
                body.id,
                code,
                f"{code.lower()}@missions.example",
                zone,
                "member",
                "group",
                places[code],
            )
        )
    return body.id


def _schedule(plan: dict[str, Any], body: str) -> Command:
    given = {key: value for key, value in plan.items() if key not in ("starts", "ends")}
    sessions = [{"starts": plan["starts"], "ends": plan["ends"]}]
    return _command("meeting.schedule", {**given, "body_id": body, "sessions": sessions})


def _roster(plan: dict[str, list[list[str]]]) -> list[Command]:
    """Delegations by post only: a name would be a real or an invented person."""
    made = []
    for mode, rows in plan.items():
        for code, post in rows:
            state = states.all_states()[code]
            rank = ranks.level(state, "member", post).rank
            speaker = {"name": "", "post": post}
            body = {"kind": "member", "code": code, "rank": rank, "mode": mode, "speaker": speaker}
            made.append(_command("roster.accredit", body))
    return made


def _command(name: str, body: dict[str, Any]) -> Command:
    return read(COMMANDS[name], body)


def _keep(path: Path, demo: Demo) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(demo, out)
    draft.replace(path)


def _kept(path: Path) -> Demo | None:
    """What was kept, or None when there is nothing that can be read: then the links are simply not shown."""
    try:
        kept: Demo = json.loads(path.read_text(encoding="utf-8"))
        return kept if {"url", "meeting", "tokens"} <= kept.keys() and "delegates" in kept["tokens"] else None
    except (OSError, ValueError, TypeError, AttributeError):
        return None
