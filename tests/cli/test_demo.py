"""The demonstration meeting: what is in it, what its links open, and that a second start finds them again."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meetingsvc.cli.verbs.demo import ensure_demo, lines
from meetingsvc.config import Config
from meetingsvc.meetings import Meetings
from meetingsvc.store import bodies, contacts
from meetingsvc.store.engine import Database
from meetingsvc.store.links import Links
from tests.cli.conftest import Run


def test_the_json_has_its_shape(demo: dict[str, Any]) -> None:
    assert set(demo) == {"url", "meeting", "body", "tokens"}
    assert demo["url"] == "http://127.0.0.1:8000" and len(demo["meeting"]) == 10
    assert set(demo["tokens"]) == {"chair", "secretary", "room", "follower", "office", "delegates"}
    assert len(demo["tokens"]["delegates"]) == 25 and "TKM" in demo["tokens"]["delegates"]


def test_the_meeting_is_that_of_ashgabat(demo: dict[str, Any], look: Callable[[str], Any]) -> None:
    state = look(demo["meeting"])
    assert (state.meeting.state, state.meeting.format, state.meeting.zone) == ("scheduled", "hybrid", "Asia/Ashgabat")
    (session,) = state.meeting.sessions.values()
    assert (session.starts, session.starts_at) == ("2023-12-11T10:00", 1_702_270_800_000)  # 05:00 UTC
    titles = [item.title["en"] for item in state.agenda.in_order()]
    assert titles == [
        "Adoption of the agenda",
        "Expanding the membership of the Group",
        "Global Security Strategy initiative",
        "Institute of Neutrality and Security",
        "Other matters",
    ]
    assert all(set(item.title) == set(state.meeting.languages) for item in state.agenda.items.values())
    assert "illustrative" in state.meeting.body["en"]
    rows = state.roster.delegations.values()
    assert len(rows) == 25 and {row.mode for row in rows} == {"in_room", "remote"}
    assert {row.kind for row in rows} == {"member"} and "OTHER" not in {row.rank for row in rows}


def test_nobody_in_it_is_a_person(demo: dict[str, Any], folder: Path) -> None:
    database = Database.open(f"sqlite:///{folder / 'm.db'}")
    names = Meetings(database).names(demo["meeting"]).values()
    database.close()
    assert len(names) == 25
    assert all(row["name"] == "" and row["post"] for row in names)


def test_each_secret_opens_its_role(demo: dict[str, Any], folder: Path, look: Callable[[str], Any]) -> None:
    database = Database.open(f"sqlite:///{folder / 'm.db'}")
    links = Links(database)
    tokens = dict(demo["tokens"])
    codes = {row.code: row.id for row in look(demo["meeting"]).roster.delegations.values()}
    for code, secret in tokens.pop("delegates").items():
        grant = links.find(secret)
        assert grant is not None and (grant.role, grant.delegation) == ("delegate", codes[code])
    office = links.find(tokens.pop("office"))
    assert office is not None and (office.role, office.meeting) == ("office", demo["body"])
    for role, secret in tokens.items():
        grant = links.find(secret)
        assert grant is not None and (grant.role, grant.meeting) == (role, demo["meeting"])
    database.close()


def test_the_links_are_kept_for_the_owner_alone(demo: dict[str, Any], folder: Path) -> None:
    kept = folder / "demo-links.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text()) == demo


def test_every_mission_stands_on_the_list_and_nothing_is_sent_to_it(demo: dict[str, Any], folder: Path) -> None:
    database = Database.open(f"sqlite:///{folder / 'm.db'}")
    listed = database.read(lambda c: contacts.invitations_to(c, demo["meeting"]))
    body = database.read(lambda c: bodies.body(c, demo["body"]))
    row = Meetings(database).meeting_row(demo["meeting"])
    database.close()
    assert body is not None and body.organizer_address == "secretariat@missions.example"
    assert row is not None and row.body_id == demo["body"]
    assert len(listed) == 25 and {each.invited_at for each in listed} == {None}
    assert all(each.delegation and each.grant and each.contact.address for each in listed)
    assert {each.contact.language for each in listed} == {"ar", "en", "es", "fr", "ru", "zh"}
    kenya = next(each.contact for each in listed if each.contact.code == "KEN")
    assert (kenya.name, kenya.address, kenya.zone) == (
        "Permanent Mission of Kenya",
        "ken@missions.example",
        "Africa/Nairobi",
    )


def test_links_for_people(run: Run) -> None:
    ran = run("demo")
    assert ran.code == 0 and ran.out.count("/join/") == 30 and "illustrative" in ran.out


def test_a_second_start_finds_the_demo_again(folder: Path) -> None:
    config = Config.load()
    database = Database.open(config.database_url)
    meetings, links = Meetings(database), Links(database)
    made = ensure_demo(meetings, links, config)
    assert made is not None and ensure_demo(meetings, links, config) == made
    assert len(meetings.meeting_rows()) == 1
    text = "\n".join(lines(made, few=True))
    assert made["tokens"]["chair"] in text and "22 more delegates" in text
    grant = links.find(made["tokens"]["chair"])
    assert grant is not None
    links.revoke(made["meeting"], grant.id)
    assert ensure_demo(meetings, links, config) is None, "a link that was taken back is not shown again"
    database.close()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"meeting": 1}', '{"url":"","meeting":"x","tokens":{"delegates":{}}}']
)
def test_a_spoilt_file_of_links_is_no_hindrance(folder: Path, content: str) -> None:
    config = Config.load()
    database = Database.open(config.database_url)
    meetings, links = Meetings(database), Links(database)
    ensure_demo(meetings, links, config)
    (folder / "demo-links.json").write_text(content)
    assert ensure_demo(meetings, links, config) is None
    database.close()
