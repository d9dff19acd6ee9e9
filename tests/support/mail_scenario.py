"""A secretariat of the tests: a body with offices to invite, meetings, and the mail, on a real database file.

Time moves only when it is told to. Not here: mail servers (letterbox, mailbox).
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from meetingsvc.calendars.local_time import milliseconds, wall
from meetingsvc.config import LANGUAGES, Config
from meetingsvc.core.kernel import Actor
from meetingsvc.invitations import Invitations
from meetingsvc.mail.mail_sender import MailSender
from meetingsvc.meetings import Meetings
from meetingsvc.store import bodies, deliveries, tables
from meetingsvc.store.bodies import Body
from meetingsvc.store.contacts import Contact, new_contact_id
from meetingsvc.store.deliveries import Delivery
from meetingsvc.store.engine import Database
from meetingsvc.store.links import Links
from meetingsvc.translations import Catalogues
from tests.support.making import HeldClock, command, scheduled

SECRETARY = Actor("the-secretary", "secretary")
START = milliseconds(wall("2026-11-21T12:00", "UTC"))
MINUTE = 60_000
OURS, OFFICE = "meetings@service.example", "office@neutrality.example"
STATES = (
    "AZE",
    "BOL",
    "CUB",
    "EGY",
    "FRA",
    "IDN",
    "KEN",
    "LAO",
    "MEX",
    "NPL",
    "OMN",
    "PER",
    "QAT",
    "RWA",
    "SEN",
    "TKM",
    "UGA",
    "VNM",
    "WSM",
    "YEM",
    "ZMB",
    "ARG",
    "BRA",
    "CHN",
    "DZA",
)
ZONES = ("America/New_York", "Europe/Zurich", "Pacific/Auckland", "Asia/Ashgabat", None)
#: What its meetings have that others of the tests have not.
DIFFERENT: dict[str, Any] = {
    "sessions": [{"starts": "2026-12-11T10:00", "ends": "2026-12-11T13:00"}],
    "room": "Hall A",
    "link": "https://video.example/floor",
}


class Clock(HeldClock):
    """Stands still three weeks before the meeting."""

    start = START


class RealClock(Clock):
    """The machine's, for what another process looks at too."""

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000


class MailScenario:
    """One process of the service, without pages. `settings`: as in the environment, without prefix."""

    def __init__(self, folder: Path, clock: Clock | None = None, **settings: str) -> None:
        self.folder, self.clock = folder, clock or Clock()
        given = {"DATABASE_URL": str(folder / "m.db"), "MAIL_FROM": OURS, "PUBLIC_URL": "https://meet.example"}
        environ = {f"MEETINGSVC_{name}": value for name, value in (given | settings).items()}
        self.config = Config.load(environ)
        self.database = Database.open(self.config.database_url)
        self.meetings = Meetings(self.database, self.clock)
        self.links = Links(self.database, self.clock)
        words = Catalogues.load()
        self.invitations = Invitations.of(self.config, self.meetings, self.links, words)
        self.mail_sender = MailSender(self.meetings, self.invitations, words, self.config)

    def close(self) -> None:
        self.mail_sender.close()
        self.database.close()

    def body(self) -> str:
        made = Body(bodies.new_id(), {"en": "Group of Friends"}, ["en"], "Asia/Ashgabat", "Secretariat", OFFICE)
        self.invitations.contacts.put_body(made)
        return made.id

    def invite(self, body: str, n: int) -> list[Contact]:
        """Offices of the body, in six languages and several zones, in the room and remote."""
        return [self.contact(body, n) for n in range(n)]

    def contact(self, body: str, n: int, **other: Any) -> Contact:
        code = STATES[n % len(STATES)]
        given: dict[str, Any] = {
            "name": f"Mission canary-name-{code}",
            "language": LANGUAGES[n % 6],
            "code": code,
            "body": body,
            "address": f"canary-{code.lower()}@missions.example",
            "zone": ZONES[n % 5],
            "kind": "group",
            "mode": ("remote", "in_room")[n % 2],
        }
        return self.invitations.contacts.put_contact(Contact(id=new_contact_id(), **(given | other)))

    def schedule(self, body: str, **other: Any) -> str:
        return scheduled(self.meetings, SECRETARY, **(DIFFERENT | {"body_id": body} | other))

    def act(self, meeting: str, name: str, /, **fields: Any) -> None:
        self.meetings.perform(meeting, SECRETARY, [command(name, **fields)])

    def session(self, meeting: str) -> int:
        return min(self.meetings.history(meeting).state.meeting.sessions)

    def move(self, meeting: str, starts: str, ends: str, day: str = "2026-12-11", **other: Any) -> None:
        day += "T"
        self.act(
            meeting, "meeting.reschedule", session=self.session(meeting), starts=day + starts, ends=day + ends, **other
        )

    def undo(self, meeting: str) -> None:
        batch = self.meetings.history(meeting).state.seq
        last = self.meetings.log.rows(meeting)[batch - 1].batch
        self.act(meeting, "record.undo", batch=last)

    def send_off(self, n: int = 3, **plan: Any) -> str:
        """A meeting to which so many are invited; the letters are planned."""
        body = self.body()
        self.invite(body, n)
        meeting = self.schedule(body, **plan)
        self.invitations.guest_list.everybody_of_body(meeting)
        assert self.invitations.guest_list.send_off(meeting) == n
        self.rest()
        return meeting

    def rest(self, minutes: int = 2) -> None:
        self.clock.now += minutes * MINUTE

    def deliveries(self, meeting: str) -> list[Delivery]:
        return self.database.read(lambda c: deliveries.of_meeting(c, meeting))

    def states(self, meeting: str) -> dict[str, int]:
        found = [row.state for row in self.deliveries(meeting)]
        return {state: found.count(state) for state in dict.fromkeys(found)}

    def forget_claims(self) -> None:
        """As if five minutes had passed since a process died with letters in its hands."""
        self.database.write(lambda c: c.execute(sa.update(tables.deliveries).values(claimed_until=0)))


def at(scenario: MailScenario, **settings: str) -> MailScenario:
    """Another process of the same service, with other settings."""
    return MailScenario(scenario.folder, scenario.clock, **settings)


def renamed(contact: Contact, **other: Any) -> Contact:
    return replace(contact, **other)
