"""What most verbs stand on: the configuration, the database opened with patience, its meetings and the links.

Belongs here: opening and closing them, finding the meeting a person names. Not here: any verb.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from meetingsvc.cli.errors import Stop
from meetingsvc.clock import ServerClock
from meetingsvc.config import ROOT, Config
from meetingsvc.core.kernel import Actor
from meetingsvc.core.state import MeetingState
from meetingsvc.imports import states
from meetingsvc.invitations import Invitations
from meetingsvc.meetings import Meetings
from meetingsvc.store.engine import Database
from meetingsvc.store.links import Links
from meetingsvc.translations import Catalogues

#: Seconds that a verb waits for a database that somebody else holds.
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Setup:
    """One opened service, without a server."""

    config: Config
    meetings: Meetings
    links: Links


@contextmanager
def open_setup() -> Iterator[Setup]:
    """Opens what the environment names; SQLite is made and migrated on the way."""
    config = Config.load()
    database = Database.open(config.database_url, patience_s=PATIENCE_S)
    try:
        clock = ServerClock()
        yield Setup(config, Meetings(database, clock), Links(database, clock))
    finally:
        database.close()


def invitations_of(meetings: Meetings, links: Links, config: Config) -> Invitations:
    """Bodies, contacts and lists of that service."""
    return Invitations.of(config, meetings, links, Catalogues.load())


def secretary() -> Actor:
    """Whoever sits at this machine acts as secretary. The id is random, as every id in the log."""
    return Actor(secrets.token_hex(8), "secretary")


def state_of(meetings: Meetings, meeting: str) -> MeetingState:
    """The meeting as it stands, or a sentence that names those there are."""
    rows = meetings.meeting_rows()
    if not any(row.id == meeting for row in rows):
        known = [f"  {row.id}  {said(row.title)}" for row in rows[-8:]]
        none = "There is none yet: `python -m meetingsvc demo` makes one."
        there = "Known are:\n" + "\n".join(known) if known else none
        raise Stop(f"There is no meeting {meeting!r}. {there}")
    return meetings.history(meeting).state


def name_of(code: str | None, name: str | None) -> str:
    """What a delegation is called on the command line: as the secretariat wrote it, else the State's name."""
    if name or not code:
        return name or "a guest"
    state = states.all_states().get(code)
    return state.name if state else code


def said(words: dict[str, str]) -> str:
    """A text of the body in English, or in whatever language it has."""
    return words.get("en") or next(iter(words.values()), "")


def counted(n: int, what: str) -> str:
    """1 line, 2 lines."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def var(config: Config) -> Path:
    """The folder for what is kept on this machine only: beside the SQLite file, else `var` in the clone."""
    url = sa.make_url(config.database_url)
    return Path(str(url.database)).parent if url.get_backend_name() == "sqlite" else ROOT / "var"
