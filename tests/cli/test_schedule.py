"""`schedule` makes a meeting with its first links; what is wrong with the wish is told in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meetingsvc.core import presets
from meetingsvc.meetings import Meetings
from meetingsvc.store import bodies
from meetingsvc.store.engine import Database
from meetingsvc.store.links import Links
from tests.cli.conftest import Run

SOUND = ("--title", "Group of Friends", "--zone", "Asia/Ashgabat", "--session", "2023-12-11T10:00/2023-12-11T13:00")


def test_a_meeting_and_its_first_links(run: Run, look: Callable[[str], Any]) -> None:
    more = (
        "--session",
        "2023-12-12T10:00/2023-12-12T13:00",
        "--language",
        "en",
        "--language",
        "fr",
        "--room",
        "Hall 1",
    )
    ran = run("schedule", *SOUND, *more)
    assert ran.code == 0
    meeting = re.search(r"The meeting is ([a-z0-9]{10})\.", ran.out)
    assert meeting and len(set(re.findall(r"/join/([\w-]{32})", ran.out))) == 2
    m = look(meeting[1])
    assert m.meeting.title == {"en": "Group of Friends"} and m.meeting.languages == ("en", "fr")
    assert len(m.meeting.sessions) == 2 and m.meeting.room == "Hall 1"
    listed = run("links", "list", "--meeting", meeting[1]).out
    assert "chair" in listed and "secretary" in listed


@pytest.mark.parametrize("name", presets.names())
def test_the_rules_of_procedure_can_be_chosen(name: str, run: Run, look: Callable[[str], Any]) -> None:
    assert name in run("schedule", "--help").out
    meeting = re.search(r"The meeting is ([a-z0-9]{10})\.", run("schedule", *SOUND, "--preset", name).out)
    assert meeting and look(meeting[1]).meeting.preset == name
    wrong = run("schedule", *SOUND, "--preset", "mun")
    assert wrong.code == 2 and "gof" in wrong.err


def test_a_body_is_made_once_and_its_secretariat_gets_a_link(run: Run, folder: Path) -> None:
    first = run("schedule", *SOUND, "--body", "Group of Friends of Neutrality")
    again = run("schedule", *SOUND, "--body", "group of friends of neutrality")
    assert (first.code, again.code) == (0, 0)
    pages = [re.search(r"/b/([a-z0-9]{10})", ran.out) for ran in (first, again)]
    assert pages[0] and pages[1] and pages[0][1] == pages[1][1]
    assert len(set(re.findall(r"/join/([\w-]{32})", first.out))) == 3
    database = Database.open(f"sqlite:///{folder / 'm.db'}")
    rows, found = Meetings(database).meeting_rows(), Links(database)
    secret = re.findall(r"/join/([\w-]{32})", first.out)[-1]
    grant = found.find(secret)
    database.close()
    assert {row.body_id for row in rows} == {pages[0][1]}
    assert grant is not None and (grant.role, grant.meeting) == ("office", pages[0][1])


def test_a_refused_meeting_leaves_no_body_behind(run: Run, folder: Path) -> None:
    assert run("schedule", *SOUND, "--body", "Committee", "--link", "javascript:x").code == 1
    assert run("schedule", *SOUND, "--body", "\u200b").code == 1
    database = Database.open(f"sqlite:///{folder / 'm.db'}")
    assert database.read(bodies.every_body) == [] and Meetings(database).meeting_rows() == []
    database.close()


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (("--session", "2023-12-11T13:00/2023-12-11T10:00"), "must be later than its beginning"),
        (("--session", "tomorrow"), "Write it like 2023-12-11T10:00."),
        (("--zone", "Mars/Olympus"), "no time zone of this name"),
        (("--title", "x\u202e"), "cannot be shown safely"),
        (("--title", ""), "A title is missing"),
        (("--link", "javascript:x"), "must begin with https://"),
    ],
)
def test_what_is_wrong_is_told(run: Run, wish: tuple[str, ...], words: str) -> None:
    sound = SOUND[:4] if wish[0] == "--session" else SOUND
    ran = run("schedule", *sound, *wish)
    assert (ran.code, ran.out) == (1, "") and words in ran.err
