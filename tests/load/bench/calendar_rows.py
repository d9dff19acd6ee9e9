"""A body's calendar of 500 meetings: building it against the bare library, and answering that nothing changed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import icalendar
from flask.testing import FlaskClient

from meetingsvc.app import create_app
from meetingsvc.config import Config
from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.kernel import Actor
from meetingsvc.core.schema import read
from meetingsvc.store import bodies
from meetingsvc.store.bodies import Body
from tests.load.bench.table import Row, Table
from tests.load.bench.tools import median

T = TypeVar("T")
MEETINGS, BODY = 500, "bodyofmany"
SECRETARY = Actor("0" * 16, "secretary")
ROUNDS = 7
HERE = "http://127.0.0.1:8000"


def add(table: Table) -> None:
    with tempfile.TemporaryDirectory() as folder:
        client, spoil = _served(Path(folder))
        path = f"/b/{BODY}.ics"
        first = client.get(path, base_url=HERE)
        assert first.data.count(b"BEGIN:VEVENT") == MEETINGS, (first.status, first.data.count(b"BEGIN:VEVENT"))
        built, again, unchanged = [], [], []
        for n in range(ROUNDS):
            spoil(n)  # one meeting of the 500 moved: the whole file is built anew
            answer, took = _timed(lambda: client.get(path, base_url=HERE))
            built.append(took)
            again.append(_timed(lambda: client.get(path, base_url=HERE))[1])
            headers = {"If-None-Match": answer.headers["ETag"]}
            kept, took = _timed(lambda headers=headers: client.get(path, base_url=HERE, headers=headers))  # type: ignore[misc]
            assert kept.status_code == 304 and not kept.data
            unchanged.append(took)
        events = icalendar.Calendar.from_ical(answer.data).events
        bare = [_timed(lambda: _plainly(events))[1] for _ in range(ROUNDS)]
    _rows(table, len(answer.data), *(median(times) for times in (built, again, unchanged, bare)))


def _plainly(events: list[icalendar.Event]) -> bytes:
    """The same events made and written as a program does that only calls the library."""
    calendar = icalendar.Calendar.new(prodid="-//bench//EN")
    for told in events:
        made = icalendar.Event.new(
            uid=str(told["UID"]),
            start=told.start,
            end=told.end,
            stamp=told.stamp,
            created=told.created,
            last_modified=told.last_modified,
            sequence=int(told["SEQUENCE"]),
            status=told.status,
            transparency=told.transparency,
            classification=told.classification,
            summary=str(told["SUMMARY"]),
            description=str(told["DESCRIPTION"]),
            location=str(told["LOCATION"]),
            url=str(told["URL"]),
            categories=["Friends"],
            organizer=told.organizer,
        )
        calendar.add_component(made)
    calendar.add_missing_timezones()
    return calendar.to_ical()


def _rows(table: Table, size: int, built: float, again: float, unchanged: float, bare: float) -> None:
    what = f"feed of {MEETINGS} meetings"
    table.add(
        Row(
            f"{what}: built, against the bare library making the same",
            f"{built / bare:.2f}x ({built:.0f} ms; bare {bare:.0f} ms; {size / 1000:.0f} KB)",
            "<= 1.5x",
            built / bare,
            1.5,
        ),
        Row(
            f"{what}: asked for again",
            f"{again / built:.3f}x of building ({again:.1f} ms)",
            "<= 0.1x",
            again / built,
            0.1,
        ),
        Row(
            f"{what}: 304",
            f"{unchanged / built:.3f}x of building ({unchanged:.1f} ms)",
            "<= 0.05x",
            unchanged / built,
            0.05,
        ),
    )


def _served(folder: Path) -> tuple[FlaskClient, Callable[[int], object]]:
    """The service in this process with a body of 500 meetings, and what moves one of them."""
    now = [1_799_654_400_000]
    config = Config.load({"MEETINGSVC_DATABASE_URL": str(folder / "bench.db")}, folder)
    app = create_app(config, clock=lambda: now[0])
    meetings = app.extensions["meetingsvc"].meetings
    body = Body(BODY, {"en": "Friends"}, ["en"], "Asia/Ashgabat", "Secretariat", "secretariat@missions.example")
    meetings.database.write(lambda connection: bodies.put_body(connection, body, now[0]))
    made = []
    for n in range(MEETINGS):
        day = f"2027-{n % 12 + 1:02}-{n % 28 + 1:02}"
        plan = {
            "title": f"Meeting {n} of the Group of Friends",
            "languages": ["en"],
            "zone": "Asia/Ashgabat",
            "format": "hybrid",
            "body_id": BODY,
            "room": "Conference Hall 1",
            "link": "https://meet.example/hall",
            "sessions": [{"starts": f"{day}T10:00", "ends": f"{day}T13:00"}],
        }
        made.append(meetings.create(SECRETARY, read(COMMANDS["meeting.schedule"], plan)))
        items = [read(COMMANDS["agenda.add_item"], {"title": f"Item {k} of the agenda"}) for k in range(1, 6)]
        meetings.perform(made[-1], SECRETARY, items)

    def spoil(n: int) -> None:
        now[0] += 60_000
        room = {"room": f"Hall {n + 2}", "session": min(meetings.history(made[n]).state.meeting.sessions)}
        day = meetings.meeting_row(made[n]).sessions[0]
        moved = {"starts": day["starts"], "ends": day["ends"], **room}
        meetings.perform(made[n], SECRETARY, [read(COMMANDS["meeting.reschedule"], moved)])

    return app.test_client(), spoil


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    made = work()
    return made, (time.perf_counter() - began) * 1000
