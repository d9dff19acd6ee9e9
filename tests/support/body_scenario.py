"""A secretariat at work: one body with contacts, meetings, and people who are told of them. Not here: assertions.

Time stands still until a test moves it. What is due is sent by `post`, as a mail server would have taken it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from meetingsvc.config import Config
from meetingsvc.core.kernel import Actor
from meetingsvc.invitations import Invitations, Message
from meetingsvc.meetings import Meetings
from meetingsvc.store import deliveries
from meetingsvc.store.bodies import Body, SeriesRow, new_id
from meetingsvc.store.contacts import Contact, invitations_for, new_contact_id
from meetingsvc.store.deliveries import Delivery
from meetingsvc.store.engine import Database
from meetingsvc.store.links import Links
from meetingsvc.translations import Catalogues
from tests.support.making import HeldClock, command, scheduled

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
#: 1 December 2026, 08:00 UTC.
BEGINNING = 1_796_112_000_000
URL = "https://meetings.example.org"
SECRETARY = Actor("0" * 16, "secretary")
WORDS = Catalogues.load()
CONFIG = Config(secret_key="k" * 48, public_url=URL)


class Clock(HeldClock):
    """Stands still three weeks before the meeting."""

    start = BEGINNING


class BodyScenario:
    """One secretariat. `meeting` is the last one it scheduled."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.clock = clock
        self.meetings, self.links = Meetings(database, clock), Links(database, clock)
        self.served_by(Invitations.of(CONFIG, self.meetings, self.links, WORDS))
        body = Body(
            new_id(),
            {"en": "Group of Friends", "fr": "Groupe des amis"},
            ["en", "fr"],
            "Asia/Ashgabat",
            "Secretariat",
            "secretariat@missions.example",
        )
        self.body = self.contacts.put_body(body)
        self.meeting = ""
        self.posted: list[Delivery] = []

    @classmethod
    def beside(cls, other: BodyScenario) -> BodyScenario:
        """Another process with the same body and meeting."""
        made = cls.__new__(cls)
        made.__dict__.update(other.__dict__)
        database = Database(other.meetings.database.engine, 20.0)
        made.meetings, made.links = Meetings(database, other.clock), Links(database, other.clock)
        made.served_by(Invitations.of(CONFIG, made.meetings, made.links, WORDS))
        return made

    def served_by(self, invitations: Invitations) -> None:
        self.contacts, self.guest_list, self.planner = invitations.contacts, invitations.guest_list, invitations.planner
        self.replies, self.calendar_files = invitations.replies, invitations.calendar_files

    # ------------------------------------------------------------------------------------------------ making

    def contact(self, code: str, **more: Any) -> Contact:
        """An office such as the Permanent Mission of Kenya."""
        state = WORDS["en"].state(code)
        given = {"address": f"{code.lower()}@missions.example", "code": code, "kind": "group", **more}
        row = Contact(new_contact_id(), f"Permanent Mission of {state}", "en", self.body.id)
        return self.contacts.put_contact(replace(row, **given))

    def schedule(self, *sessions: str, zone: str = "Asia/Ashgabat", **more: Any) -> str:
        """A meeting of the body; sessions as 2026-12-11T10:00/2026-12-11T13:00."""
        rows = [dict(zip(("starts", "ends"), each.split("/"), strict=True)) for each in sessions]
        given: dict[str, Any] = {
            "zone": zone,
            "room": "Hall 1",
            "link": "https://video.example/room-1",
            "body_id": self.body.id,
            "sessions": rows or [{"starts": "2026-12-11T10:00", "ends": "2026-12-11T13:00"}],
        }
        self.meeting = scheduled(self.meetings, SECRETARY, **(given | more))
        return self.meeting

    def series(self, count: int = 4, **more: Any) -> tuple[SeriesRow, list[str]]:
        """A weekly series on Tuesdays, and its meetings."""
        uid = f"series-{new_id()}"
        row = SeriesRow(
            uid,
            self.body.id,
            {"en": "Weekly consultation"},
            "2026-12-08T15:00",
            "2026-12-08T16:00",
            "Europe/Zurich",
            "WEEKLY",
            1,
            count,
            [],
            "Room XI",
            "https://video.example/weekly",
            [],
        )
        self.contacts.put_series(row)
        made = [
            self.schedule(
                f"2026-12-{8 + 7 * n:02}T15:00/2026-12-{8 + 7 * n:02}T16:00",
                zone="Europe/Zurich",
                title="Weekly consultation",
                room="Room XI",
                link="https://video.example/weekly",
                series=uid,
                recurs=f"2026-12-{8 + 7 * n:02}T15:00",
                **more,
            )
            for n in range(count)
        ]
        return row, made

    def invite(self, *contacts: Contact, meeting: str | None = None) -> None:
        """On the list, and the invitation sent off."""
        here = meeting or self.meeting
        self.guest_list.put_on_list(here, contacts)
        self.guest_list.send_off(here, [each.id for each in contacts])

    # ------------------------------------------------------------------------------------------------ acting

    def do(self, name: str, /, *, by: Actor = SECRETARY, meeting: str | None = None, **body: Any) -> int:
        return self.meetings.perform(meeting or self.meeting, by, [command(name, **body)]).seq

    def undo(self) -> None:
        last = self.meetings.history(self.meeting).state.record.done[-1]
        self.do("record.undo", batch=last.batch)

    def session(self, n: int = 0) -> int:
        return sorted(self.meetings.history(self.meeting).state.meeting.sessions)[n]

    def move(self, starts: str, ends: str, **more: Any) -> None:
        self.do("meeting.reschedule", session=self.session(), starts=starts, ends=ends, **more)

    def wait(self, ms: int = 2 * MINUTE) -> None:
        self.clock.now += ms

    # ------------------------------------------------------------------------------------------------- post

    def due(self) -> list[Delivery]:
        """What the outbox holds after the grace, not sent yet."""
        self.wait()
        self.planner.plan_due()
        return self.waiting()

    def waiting(self) -> list[Delivery]:
        rows = [row for each in self.contacts.bodies() for row in self._of_body(each)]
        return [row for row in rows if row.state == "waiting"]

    def _of_body(self, body: Body) -> list[Delivery]:
        meetings = [row.id for row in self.meetings.meeting_rows() if row.body_id == body.id]
        read = self.meetings.database.read
        rows = [row for id in meetings for row in read(lambda c, id=id: deliveries.of_meeting(c, id))]  # type: ignore[misc]
        return sorted(rows, key=lambda row: row.id)

    def send(self) -> list[Message]:
        """Everything that is due leaves the service; gives what letters would be written from."""
        letters = []
        for row in self.due():
            letter = self.planner.message(self.claimed(row))
            if letter is not None:
                self.settle(row, "sent", sent_at=self.clock.now)
                letters.append(letter)
        return letters

    def claimed(self, row: Delivery) -> Delivery:
        """A delivery in the hands of the mail server."""
        now = self.clock.now
        found = self.meetings.database.write(lambda c: deliveries.claim(c, row.id, now, now + MINUTE))
        assert found is not None
        return found

    def settle(self, row: Delivery, state: str, **more: Any) -> None:
        values = {"state": state, "claimed_until": 0, **more}
        self.meetings.database.write(lambda c: deliveries.settle(c, row.id, **values))

    def told(self) -> list[tuple[str, str, int]]:
        """Send, and say who got what: (code, method, SEQUENCE)."""
        return [(m.contact.code or m.contact.name, m.delivery.method, m.delivery.sequence) for m in self.send()]

    # ------------------------------------------------------------------------------------------------- feeds

    def feed(self, contact: Contact, language: str = "en", **more: Any) -> str:
        """The secret of a new personal calendar, made behind a link of theirs: `behind`, else one that stands."""
        rows = self.meetings.database.read(lambda c: invitations_for(c, contact.id))
        behind = more.pop("behind", None) or next(str(row.grant) for row in rows if row.removed_at is None)
        _, address = self.calendar_files.make_feed(contact.id, language, behind=behind, **more)
        return address.rpartition("/")[2].removesuffix(".ics")

    def fetch(self, secret: str) -> str:
        file = self.calendar_files.feed_file(secret)
        assert file is not None
        return unfolded(self.calendar_files.bytes_of(file)[1])

    def file(self, meeting: str | None = None, **more: Any) -> str:
        file = self.calendar_files.meeting_file(meeting or self.meeting, **more)
        assert file is not None
        return unfolded(self.calendar_files.bytes_of(file)[1])

    def body_feed(self, **more: Any) -> str:
        file = self.calendar_files.body_file(self.body.id, **more)
        assert file is not None
        return unfolded(self.calendar_files.bytes_of(file)[1])


def unfolded(data: bytes) -> str:
    """The lines of a calendar as they were before they were folded."""
    return data.decode().replace("\r\n ", "").replace("\r\n", "\n")


def events(text: str) -> list[dict[str, str]]:
    """The events of a file: name (without parameters) to value."""
    found = []
    for block in text.split("BEGIN:VEVENT\n")[1:]:
        rows = block.partition("END:VEVENT")[0].splitlines()
        found.append({row.split(":", 1)[0].split(";")[0]: row.split(":", 1)[1] for row in rows if ":" in row})
    return found
