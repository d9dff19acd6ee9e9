"""The secretariat at its pages: a body with members and contacts, one of its meetings, forms filled in and sent.

Forms are sent as browsers send them, with everything that stands in the page. Not here: any assertion about a rule.
"""

from __future__ import annotations

import html
import io
import re
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.schema import read
from meetingsvc.store.bodies import Body, new_id
from meetingsvc.store.contacts import Contact, Invitation, new_contact_id
from meetingsvc.web.context import Services
from tests.support.browser import SECRETARY, Browser, form_token, said, services_of

#: A meeting as the form asks for it.
FORM = {
    "title_en": "Group of Friends",
    "format": "hybrid",
    "zone": "Asia/Ashgabat",
    "date_0": "2027-12-10",
    "from_0": "10:00",
    "to_0": "13:00",
    "room": "Hall 1",
    "link": "https://meet.example/canary-link",
    "agenda": "Adoption of the agenda | 10\nOther matters",
    "rhythm": "none",
    "every": "1",
}
PEOPLE = (
    ("Permanent Mission of Kenya", "ken@missions.example", "KEN", "en", "Africa/Nairobi", "remote"),
    ("Permanent Mission of Kazakhstan", "kaz@missions.example", "KAZ", "fr", "Asia/Almaty", "in_room"),
    ("Permanent Mission of Cuba", None, "CUB", "en", None, None),
)


class BodyPages:
    """A body and the browser of its secretariat. `number`: of its link in that browser."""

    def __init__(self, app: Flask, *, address: str | None = "secretariat@missions.example") -> None:
        self.app, self.browser = app, Browser(app)
        contacts = self.services.invitations.contacts
        self.body = contacts.put_body(
            Body(new_id(), {"en": "Friends of canary-body"}, ["en", "fr"], "Asia/Ashgabat", "Secretariat", address)
        )
        contacts.add_members(self.body.id, [("member", code, None) for code in ("KEN", "KAZ", "CUB")])
        self.contacts = [
            contacts.put_contact(Contact(new_contact_id(), name, lang, self.body.id, code, at, zone, mode=mode))
            for name, at, code, lang, zone, mode in PEOPLE
        ]
        self.grant, self.secret = self.services.links.make_office(self.body.id)
        self.browser.claim(self.secret)

    @property
    def services(self) -> Services:
        return services_of(self.app)

    # ----------------------------------------------------------------------------------------- as a browser does

    def path(self, page: str = "") -> str:
        return f"/setup/{self.body.id}" + (f"/{page}" if page else "")

    def get(self, page: str = "") -> TestResponse:
        return self.browser.get(f"{self.path(page)}?as=1")

    def post(self, page: str, /, **fields: Any) -> TestResponse:
        return send(self.browser, f"{self.path(page)}?as=1", **fields)

    def schedule(self, do: str = "schedule", **fields: Any) -> TestResponse:
        """The form of a new meeting, sent with one of its buttons."""
        page = self.get("schedule")
        once = fields.pop("once", None) or hidden_values(page)["once"]
        return self.post("schedule", **{**FORM, "once": once, "do": do, **fields})

    # ---------------------------------------------------------------------------------------------- straight away

    def meeting(self, **fields: Any) -> str:
        """A meeting of the body with everybody on its list."""
        plan: dict[str, Any] = {
            "title": "Group of Friends",
            "languages": ["en", "fr"],
            "zone": "Asia/Ashgabat",
            "format": "hybrid",
            "room": "Hall 1",
            "link": "https://meet.example/canary-link",
            "body": self.body.name,
            "body_id": self.body.id,
            "sessions": [{"starts": "2027-12-10T10:00", "ends": "2027-12-10T13:00"}],
            **fields,
        }
        made = self.services.meetings.create(SECRETARY, read(COMMANDS["meeting.schedule"], plan))
        self.services.invitations.guest_list.everybody_of_body(made)
        return made

    def staff(self, meeting: str, role: str = "secretary") -> str:
        """A link of chair or secretary, claimed in this browser; gives ?as=."""
        _, secret = self.services.links.make(meeting, role)
        return "?" + self.browser.claim(secret).rpartition("?")[2]

    def invited(self, meeting: str, code: str = "KEN") -> Invitation:
        return next(row for row in self.services.invitations.guest_list.on_list(meeting) if row.contact.code == code)

    def guest(self, meeting: str, code: str = "KEN") -> tuple[Browser, str]:
        """Somebody invited, at their own page: (browser, address)."""
        link = self.services.invitations.guest_list.personal_link(self.invited(meeting, code))
        assert link is not None
        browser = Browser(self.app)
        return browser, browser.claim(link.rpartition("/")[2])

    def meetings(self) -> list[str]:
        return [row.id for row in self.services.meetings.meeting_rows() if row.body_id == self.body.id]


def send(browser: Browser, where: str, /, file: bytes | None = None, **fields: Any) -> TestResponse:
    """A form of the page at this address, with its token."""
    page = browser.get(where)
    data: dict[str, Any] = {"form": form_token(page, where.partition("?")[0]), **fields}
    if file is not None:
        data["file"] = (io.BytesIO(file), "calendar.ics")
    return browser.post(where, data=data)


def hidden_values(page: TestResponse) -> dict[str, str]:
    """Everything that a page's hidden fields hold; of a name that stands twice the last."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {html.unescape(name): html.unescape(value) for name, value in found}


def rows(app: Flask) -> dict[str, int]:
    """How many rows each table holds: what was not saved left no trace in any of them."""
    names = ("log", "meeting_index", "series", "contacts", "members", "invitations", "grants", "outbox", "bodies")
    count = "SELECT " + ", ".join(f"(SELECT count(*) FROM {name})" for name in names)
    found = services_of(app).meetings.database.read(lambda c: tuple(c.execute(sa.text(count)).one()))
    return dict(zip(names, found, strict=True))


class Secretariat:
    """The secretary of one meeting, at its pages."""

    def __init__(self, office: BodyPages, role: str = "secretary", **plan: object) -> None:
        self.office, self.browser, self.services = office, office.browser, office.services
        self.meeting = office.meeting(**plan)
        self.me = office.staff(self.meeting, role)

    def page(self, page: str) -> str:
        return f"/m/{self.meeting}/{page}{self.me}"

    def words(self, page: str) -> str:
        return said(self.browser.get(self.page(page)).text)

    def send(self, page: str, /, **fields: object):  # type: ignore[no-untyped-def]
        return send(self.browser, self.page(page), **fields)  # type: ignore[arg-type]

    def session(self) -> int:
        return min(self.services.meetings.history(self.meeting).state.meeting.sessions)

    def move(self, **fields: str):  # type: ignore[no-untyped-def]
        wish = {"date": "2027-12-10", "from": "15:00", "to": "18:00", "zone": "Asia/Ashgabat", **fields}
        return self.send("times", do="move", session=str(self.session()), **wish)

    def sure(self, looked):  # type: ignore[no-untyped-def]
        """The button on the page that shows what a change would do."""
        assert looked.status_code == 200, said(looked.text)
        given = {name: value for name, value in hidden_values(looked).items() if name != "form"}
        return self.browser.post(self.page("times"), data={"form": form_token(looked), **given})

    @property
    def row(self):  # type: ignore[no-untyped-def]
        found = self.services.meetings.meeting_row(self.meeting)
        assert found is not None
        return found

    def everybody_is_invited(self) -> None:
        self.services.invitations.guest_list.send_off(self.meeting)


def public(secretariat: Secretariat) -> str:
    """The calendar page as everybody reads it."""
    return said(Browser(secretariat.office.app).get(f"/m/{secretariat.meeting}/calendar").text)


def answer_file(uid: str, address: str, answer: str = "ACCEPTED") -> bytes:
    """An answer as calendars write it (RFC 5546, 3.2.3)."""
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//A calendar//EN",
        "METHOD:REPLY",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20261121T120000Z",
        "DTSTART:20271210T050000Z",
        "SEQUENCE:0",
        "ORGANIZER:mailto:secretariat@missions.example",
        f"ATTENDEE;PARTSTAT={answer}:mailto:{address}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
    return "\r\n".join(lines).encode()
