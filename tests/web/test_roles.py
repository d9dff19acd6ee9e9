"""A role is one row of core/roles.py: each place that shows, admits or offers roles is asked for every row, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.kernel import CLOCK
from meetingsvc.core.roles import AUDIENCES, INSIDE, PUBLIC, ROLES, Role, audiences
from meetingsvc.store.links import OFFICE
from meetingsvc.views.visibility import SEES
from meetingsvc.web.api.openapi import described
from meetingsvc.web.page_parts.navigation import HOME
from meetingsvc.web.pages.live import CSS, LIVE
from tests.languages import SIX, catalogue
from tests.live.test_rights import OPENS
from tests.support.browser import Browser, Meeting, form_token, hidden, said

ROOT = Path(__file__).resolve().parents[2]
#: Pages that are no live screens, and where a role may begin all the same.
PLAIN = {"calendar": lambda row: row.own_calendar}


def _words(lang: str) -> Callable[[str, Role], bool]:
    return lambda name, row: f"role.{name}" in catalogue(lang)


def _page(name: str, row: Role) -> bool:
    """Its page is there, opens for it, and shows what it may see first."""
    if row.home in PLAIN:
        return PLAIN[row.home](row)
    return row.home is None or (
        row.home in LIVE and name in LIVE[row.home][1] and LIVE[row.home][0] == row.audiences[0]
    )


def _file(path: str) -> Callable[[str, Role], bool]:
    return lambda name, row: row.home is None or row.home in PLAIN or (ROOT / path.format(row.home)).is_file()


def _audiences(name: str, row: Role) -> bool:
    """What it may see is what staff may see too, and ends with what is public."""
    return set(row.audiences) <= set(AUDIENCES) and row.audiences[-1:] == PUBLIC


#: Place -> whether it knows a role.
PLACES: dict[str, Callable[[str, Role], bool]] = {
    **{f"words in {lang}": _words(lang) for lang in SIX},
    "page": _page,
    "template": _file("templates/live/{}.html"),
    "style sheet": _file("static/css/{}.css"),
    "module": _file("static/js/views/{}.js"),
    "audiences of staff": _audiences,
    "rights that are taken away": lambda name, row: name in OPENS,
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("place", PLACES)
def test_every_place_knows_every_role(place: str, role: str) -> None:
    assert PLACES[place](role, ROLES[role]), f"{place}: nothing there for the role {role}"


def test_each_place_would_miss_a_new_row_by_name() -> None:
    row = Role(("no_such_role", "follow"), home="no_such_page", linked=True)
    assert {place for place, knows in PLACES.items() if not knows("no_such_role", row)} == set(PLACES)


# ------------------------------------------------------------------------------------------------- the table itself


def test_the_table_agrees_with_itself() -> None:
    for name, row in ROLES.items():
        assert row.home or not row.linked, f"{name}: a link would lead nowhere"
        assert row.audiences == audiences(name)
    assert {row.audiences[0] for row in ROLES.values()} == set(AUDIENCES), "every audience is some role's own"
    assert audiences(OFFICE) == audiences("nobody") == PUBLIC and audiences(CLOCK.role) == AUDIENCES
    assert {"delegate", "booth", "staff"} == INSIDE


def test_every_command_names_roles_of_the_table() -> None:
    for name, command in COMMANDS.items():
        assert command.by <= ROLES.keys() | {CLOCK.role}, name


@pytest.mark.parametrize("audience", AUDIENCES)
def test_every_audience_is_known(audience: str) -> None:
    """The OpenAPI document lists it, a page shows it unless its role has none yet, and it is filtered by the table."""
    asked = [
        one["schema"]["enum"]
        for path in described()["paths"].values()
        for one in path.get("get", {}).get("parameters", ())
        if one["name"] == "audience"
    ]
    assert asked and all(audience in each for each in asked)
    owners = [row for row in ROLES.values() if row.audiences[0] == audience]
    assert audience in {shown for shown, _ in LIVE.values()} or all(row.home is None for row in owners)
    assert all(seen <= set(AUDIENCES) for seen in SEES.values())


@pytest.mark.parametrize("page", LIVE)
def test_every_live_page_has_its_files_and_known_roles(page: str) -> None:
    audience, roles = LIVE[page]
    assert audience in AUDIENCES and roles <= ROLES.keys() and page in CSS
    for path in (f"templates/live/{page}.html", f"static/css/{page}.css", f"static/js/views/{page}.js"):
        assert (ROOT / path).is_file(), path


# --------------------------------------------------------------------------------------------------- rows at work


@pytest.fixture
def links(meeting: Meeting) -> dict[str, str]:
    """The secret of a link of every role."""
    made = {"delegate": meeting.secrets["AZE"], "invitee": meeting.link("invitee", "invitee")}
    return {**{role: meeting.secrets[role] for role in ROLES.keys() - made.keys()}, **made}


@pytest.mark.parametrize("role", ROLES)
def test_only_whoever_is_inside_reads_the_join_link_in_the_calendar_file(
    role: str, meeting: Meeting, links: dict[str, str]
) -> None:
    meeting.secrets["who"] = links[role]
    file = meeting.get(f"/m/{meeting.id}.ics", "who").text.replace("\r\n ", "")
    assert ("canary-link" in file) == ROLES[role].inside


@pytest.mark.parametrize("role", ROLES)
def test_a_link_leads_to_the_page_of_its_role_or_says_that_there_is_none(
    role: str, meeting: Meeting, links: dict[str, str], browser: Browser
) -> None:
    page = browser.get(f"/join/{links[role]}")
    if ROLES[role].home is not None:
        where = browser.claim(links[role])
        assert where == f"/m/{meeting.id}" + ("" if HOME[role] == "follow" else f"/{HOME[role]}") + "?as=1"
        assert browser.get(where).status_code == 200
        return
    assert page.status_code == 409 and "no page for this kind of link yet" in said(page.text)
    assert "Follow the meeting at its public address" in said(page.text) and "<form" not in page.text
    claimed = browser.post(f"/join/{links[role]}", data={"form": "x"})
    assert claimed.status_code in (403, 409) and "Set-Cookie" not in claimed.headers
    assert meeting.api("state", role).get_json()["audience"] == ROLES[role].audiences[0], "programs may use it"


def test_a_link_without_a_page_that_a_browser_holds_is_not_offered_there(meeting: Meeting, browser: Browser) -> None:
    browser.claim(meeting.secrets["follower"])
    held = browser.client.get_cookie("meetings_8000", "127.0.0.1")
    assert held is not None
    done = meeting.services.links.claim(meeting.secrets["booth"], held.value)
    assert done is not None
    browser.client.set_cookie("meetings_8000", done[0], domain="127.0.0.1")
    page = browser.get("/")
    assert page.text.count(f'href="/m/{meeting.id}') == 1 and "Interpreters" not in said(page.text)


def test_the_page_of_links_offers_exactly_whom_a_link_can_be_made_for(meeting: Meeting, browser: Browser) -> None:
    where = browser.claim(meeting.secrets["secretary"]).replace("/chair", "/links")
    page = browser.get(where).text
    for role, row in ROLES.items():
        assert (f'<option value="{role}"' in page) == row.linked, role
    assert "Interpreters and technicians" in said(page), "those that there are can be seen and revoked"


@pytest.mark.parametrize("role", ROLES)
def test_a_form_that_asks_for_another_role_makes_no_link(role: str, meeting: Meeting, browser: Browser) -> None:
    where = browser.claim(meeting.secrets["secretary"]).replace("/chair", "/links")
    page, before = browser.get(where), len(meeting.services.links.of_meeting(meeting.id))
    token = form_token(page, where)
    sent = {"form": token, "once": hidden(page, "once"), "role": role, "delegation": str(meeting.delegation("BOL"))}
    answer = browser.post(where, data=sent)
    made = len(meeting.services.links.of_meeting(meeting.id)) - before
    assert (answer.status_code, made) == ((200, 1) if ROLES[role].linked else (422, 0))
