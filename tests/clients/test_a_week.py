"""A week of a body's calendar, one version a day, in software that other people wrote.

One appointment moves by an hour, to another day, into another room, and is cancelled; the others stay where they are.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import icalendar
import pytest
import requests
from werkzeug.serving import make_server

from meetingsvc.app import create_app
from meetingsvc.config import Config
from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.kernel import Actor
from meetingsvc.core.schema import read
from meetingsvc.store import bodies
from meetingsvc.store.bodies import Body
from tests.clients.software import Desktop, Radicale
from tests.support.running_service import RunningService, free_port

SECRETARY = Actor("0" * 16, "secretary")
DAY_MS = 24 * 3600 * 1000
#: 11 January 2027, 08:00 UTC.
BEGIN = 1_799_654_400_000
BODY = "bodyofpals"
TITLES = ("Plenary", "Working group", "Drafting committee")


class Week:
    """The service with a clock of its own, served by threads, and a body with three meetings in March."""

    def __init__(self, folder: Path) -> None:
        self.now, self.port = BEGIN, free_port()
        self.config = Config.load(
            {"MEETINGSVC_DATABASE_URL": str(folder / "week.db"), "MEETINGSVC_PORT": str(self.port)}, folder
        )
        self.app = create_app(self.config, clock=lambda: self.now)
        self.meetings = self.app.extensions["meetingsvc"].meetings
        friends = Body(BODY, {"en": "Friends"}, ["en"], "Asia/Ashgabat", "Secretariat", "secretariat@missions.example")
        self.meetings.database.write(lambda connection: bodies.put_body(connection, friends, self.now))
        self.scheduled = [self._schedule(title, f"2027-03-{day:02}") for day, title in enumerate(TITLES, 1)]
        self.server = make_server("127.0.0.1", self.port, self.app, threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.feed = f"http://127.0.0.1:{self.port}/b/{BODY}.ics"

    def _schedule(self, title: str, day: str) -> str:
        plan = {
            "title": title,
            "languages": ["en"],
            "zone": "Asia/Ashgabat",
            "format": "hybrid",
            "body_id": BODY,
            "body": "Friends",
            "room": "Hall 1",
            "link": "https://meet.example/secret",
            "sessions": [{"starts": f"{day}T10:00", "ends": f"{day}T13:00"}],
        }
        made: str = self.meetings.create(SECRETARY, read(COMMANDS["meeting.schedule"], plan))
        return made

    def do(self, n: int, name: str, /, **body: object) -> None:
        self.meetings.perform(self.scheduled[n], SECRETARY, [read(COMMANDS[name], body)])

    def session(self, n: int) -> int:
        return min(self.meetings.history(self.scheduled[n]).state.meeting.sessions)

    def day(self, n: int) -> None:
        """What happens on day n of the week; nothing on the first."""
        self.now = BEGIN + n * DAY_MS
        session = self.session(1)
        if n == 1:
            self.do(0, "agenda.add_item", title="Adoption of the agenda")
        elif n == 2:
            self.do(1, "meeting.reschedule", session=session, starts="2027-03-02T11:00", ends="2027-03-02T14:00")
        elif n == 3:
            self.do(1, "meeting.reschedule", session=session, starts="2027-03-04T11:00", ends="2027-03-04T14:00")
        elif n == 4:
            self.do(
                1,
                "meeting.reschedule",
                session=session,
                starts="2027-03-04T11:00",
                ends="2027-03-04T14:00",
                room="Hall 2",
            )
        elif n == 5:
            self.do(2, "agenda.add_item", title="Draft declaration")
        elif n == 6:
            self.do(1, "meeting.cancel")

    def version(self) -> bytes:
        answer = requests.get(self.feed, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.content

    def stop(self) -> None:
        self.server.shutdown()
        self.meetings.database.close()


@pytest.fixture
def week(tmp_path: Path) -> Iterator[Week]:
    made = Week(tmp_path)
    yield made
    made.stop()


#: What a calendar in Ashgabat shows of the working group on each day of the week.
EXPECTED = (
    *["2027-03-02 10:00 Working group [CONFIRMED]"] * 2,
    "2027-03-02 11:00 Working group [CONFIRMED]",
    *["2027-03-04 11:00 Working group [CONFIRMED]"] * 3,
    "2027-03-04 11:00 Cancelled: Working group [CANCELLED]",
)


def test_a_subscriber_sees_one_appointment_move_and_be_cancelled(week: Week, tmp_path: Path) -> None:
    ashgabat = Desktop(tmp_path / "ashgabat", week.feed, "Asia/Ashgabat")
    for day, expected in enumerate(EXPECTED):
        week.day(day)
        ashgabat.syncs()
        others = ["2027-03-01 10:00 Plenary [CONFIRMED]", "2027-03-03 10:00 Drafting committee [CONFIRMED]"]
        assert ashgabat.shows("2027-02-25", "2027-03-10") == sorted([*others, expected]), f"day {day}"
        assert len(ashgabat.files()) == 3, "every appointment is one item, for ever"


def test_subscribers_elsewhere_see_their_own_time(week: Week, tmp_path: Path) -> None:
    for zone, start in (("Europe/Zurich", "06:00"), ("America/New_York", "00:00"), ("Pacific/Auckland", "18:00")):
        there = Desktop(tmp_path / zone.replace("/", "-"), week.feed, zone)
        there.syncs()
        assert f"2027-03-01 {start} Plenary [CONFIRMED]" in there.shows("2027-02-25", "2027-03-10")


def test_a_calendar_server_takes_every_version_as_the_same_three_appointments(week: Week, tmp_path: Path) -> None:
    server = Radicale(tmp_path)
    try:
        before = -1
        for day in range(7):
            week.day(day)
            for uid, event in by_uid(week.version()).items():
                server.put(uid, event)
            held = icalendar.Calendar.from_ical(server.holds())
            found = {str(event["UID"]): event for event in held.walk("VEVENT")}
            assert len(found) == 3
            moving = next(event for event in found.values() if "Working group" in event["SUMMARY"])
            assert int(moving["SEQUENCE"]) >= before
            before = int(moving["SEQUENCE"])
        assert moving["STATUS"] == "CANCELLED" and before == 4
    finally:
        server.stop()


def test_two_processes_give_the_same_bytes(week: Week, tmp_path: Path) -> None:
    week.day(2)
    here = week.version()
    url = {"MEETINGSVC_DATABASE_URL": str(tmp_path / "week.db"), "MEETINGSVC_PUBLIC_URL": week.config.public_url}
    for seed in ("1", "2"):
        other = RunningService(tmp_path, url | {"PYTHONHASHSEED": seed})
        other.start()
        try:
            answer = requests.get(f"{other.url}/b/{BODY}.ics", headers={"Host": f"127.0.0.1:{week.port}"}, timeout=10)
            assert answer.content == here
        finally:
            other.stop()


def by_uid(feed: bytes) -> dict[str, bytes]:
    """A feed as single calendars, one for each UID, as a CalDAV server wants them."""
    whole = icalendar.Calendar.from_ical(feed)
    zones = [part for part in whole.subcomponents if part.name == "VTIMEZONE"]
    made: dict[str, bytes] = {}
    for uid in sorted({str(event["UID"]) for event in whole.walk("VEVENT")}):
        one = icalendar.Calendar()
        one.add("prodid", whole["PRODID"])
        one.add("version", "2.0")
        for part in [*zones, *[event for event in whole.walk("VEVENT") if str(event["UID"]) == uid]]:
            one.add_component(part)
        made[uid] = one.to_ical()
    return made
