"""One app for all tests of the web, and a fresh meeting for each test that asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from meetingsvc.app import create_app
from meetingsvc.config import Config
from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.roles import ROLES
from meetingsvc.core.schema import read
from tests.support.browser import SECRETARY, Browser, Meeting, services_of
from tests.web.secretariat import BodyPages, Secretariat


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder: Path = tmp_path_factory.mktemp("town")
    environ = {"MEETINGSVC_DATABASE_URL": str(folder / "m.db"), "MEETINGSVC_ASYNC_MODE": "threading"}
    made = create_app(Config.load(environ))
    yield made
    services_of(made).broadcasters.close()
    services_of(made).meetings.database.close()


@pytest.fixture
def new_meeting(app: Flask) -> Callable[..., Meeting]:
    """Makes meetings: scheduled, two items (one hidden), three delegations, a link for each role."""

    def make(title: str = "Group of Friends") -> Meeting:
        plan = {
            "title": title,
            "languages": ["en", "fr"],
            "zone": "Asia/Ashgabat",
            "format": "hybrid",
            "room": "Hall 1",
            "link": "https://meet.example/canary-link",
            "sessions": [{"starts": "2023-12-11T10:00", "ends": "2023-12-11T13:00"}],
        }
        id = services_of(app).meetings.create(SECRETARY, read(COMMANDS["meeting.schedule"], plan))
        meeting = Meeting(app, id)
        meeting.do("agenda.add_item", title="Adoption of the agenda", planned_s=600)
        meeting.do("agenda.add_item", title="canary-hidden-item")
        hidden = meeting.seq()
        meeting.do("agenda.edit_item", item=hidden, hidden=True)
        for code in ("AZE", "BOL", "CUB"):
            speaker = {"name": f"canary-name-{code}", "post": f"canary-post-{code}"}
            meeting.do("roster.accredit", code=code, kind="member", rank="M", speaker=speaker)
            meeting.link(code, "delegate", meeting.delegation(code))
        for role in ROLES:
            if role not in ("delegate", "invitee"):  # whose links are for one delegation, one person
                meeting.link(role, role)
        return meeting

    return make


@pytest.fixture
def meeting(new_meeting: Callable[..., Meeting]) -> Meeting:
    return new_meeting()


@pytest.fixture
def open_meeting(meeting: Meeting) -> Meeting:
    """A meeting in session, its first item taken up and the list open."""
    meeting.do("meeting.open")
    items = meeting.services.meetings.history(meeting.id).state.agenda.in_order()
    meeting.do("agenda.take_up", item=items[0].id)
    return meeting


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)


@pytest.fixture
def office(app: Flask) -> BodyPages:
    """A body with members and contacts, and the browser of its secretariat."""
    return BodyPages(app)


@pytest.fixture
def secretariat(office: BodyPages) -> Secretariat:
    """The secretary of one meeting of that body, everybody on its list."""
    return Secretariat(office)
