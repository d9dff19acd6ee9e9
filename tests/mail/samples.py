"""Letters to look at: one meeting, one recipient, all that can happen. `python -m tests.mail.samples` writes them anew.

What they say in English is kept in letters/*.txt, so that a change of wording is seen. Not here: sending them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from meetingsvc.calendars.appointment import Appointment, Organizer, Reader, Series, Session
from meetingsvc.calendars.local_time import milliseconds, wall
from meetingsvc.core.meeting.state import WayIn
from meetingsvc.invitations.mails.letter import written
from meetingsvc.invitations.results import Message
from meetingsvc.invitations.told import told_of, told_of_series
from meetingsvc.store.contacts import Contact, Invitation
from meetingsvc.store.deliveries import Delivery, ToldTurn
from meetingsvc.translations import Catalogues

FOLDER = Path(__file__).parent / "letters"
WORDS = Catalogues.load()
ENGLISH = WORDS["en"]
ZONE = "Asia/Ashgabat"
MADE = milliseconds(wall("2026-11-21T12:00", "UTC"))
MINUTE = 60_000
ORGANIZER = Organizer("Secretariat of the Group of Friends", "office@neutrality.example", "meetings@service.example")
LINK = "https://meet.example/join/canary-of-the-recipient"
FLOOR = WayIn("video", "https://video.example/floor", "Floor")
BY_PHONE = WayIn("phone", "+993 12 000000,,42#", "Telephone")


def session(starts: str = "10:00", ends: str = "13:00", *, late: int = 0, dropped: bool = False) -> Session:
    """`late`: minutes that it runs on."""
    wall_times = f"2026-12-11T{starts}", f"2026-12-11T{ends}"
    begin, end = (milliseconds(wall(at, ZONE)) for at in wall_times)
    return Session(3, *wall_times, ZONE, begin, end, end + late * MINUTE, dropped)


def appointment(**other: Any) -> Appointment:
    given: dict[str, Any] = {
        "uid": "0d5a6a4e-3f11-4f0e-9a52-8a3c2d1e0f42",
        "url": "https://meet.example/m/ab12cd34ef",
        "title": {"en": "Group of Friends of Neutrality, third meeting"},
        "status": "confirmed",
        "sequence": 0,
        "made_at": MADE,
        "changed_at": MADE,
        "zone": ZONE,
        "sessions": (session(),),
        "room": "Hall A",
        "ways_in": (FLOOR, BY_PHONE),
        "organizer": ORGANIZER,
    }
    return Appointment(**(given | other))


def contact(**other: Any) -> Contact:
    given: dict[str, Any] = {
        "id": "c1",
        "name": "Permanent Mission of Kenya",
        "language": "en",
        "address": "kenya@missions.example",
        "zone": "America/New_York",
        "mode": "remote",
        "kind": "group",
    }
    return Contact(**(given | other))


def message(
    now: Appointment | None = None,
    before: Message | None = None,
    who: Contact | None = None,
    *,
    turn: ToldTurn | None = None,
    removed: bool = False,
) -> Message:
    """The letter that follows from how things stand now, and what was told before."""
    now, who = now or appointment(), who or contact()
    mode: Any = who.mode
    reader = Reader(who.language, who.zone, True, mode, link=LINK)
    told = told_of(now, now.sessions[0], reader, WORDS[who.language], "to", turn)
    if removed:
        told = replace(told, status="removed", links=())
    method = "REQUEST" if told.status == "confirmed" else "CANCEL"
    made = MADE + now.sequence * 60 * MINUTE
    delivery = Delivery(
        "m", who.id, now.uid, method, now.sequence, f"{now.sequence}{method}@meet.example", told, made, made
    )
    link = None if removed else LINK
    earlier = before.delivery if before else None
    return Message(delivery, earlier, now, who, Invitation("m", who, who.part, mode), ORGANIZER, link)


def series_message() -> Message:
    rule = Series(
        "series-uid",
        "https://meet.example/b/ab12cd34ef",
        {"en": "Weekly briefing"},
        "2026-12-11T10:00",
        "2026-12-11T11:00",
        ZONE,
        "WEEKLY",
        1,
        5,
        ("2026-12-25T10:00",),
        MADE,
        MADE,
        room="Hall A",
        ways_in=(FLOOR,),
        organizer=ORGANIZER,
    )
    reader = Reader("en", "America/New_York", True, "remote", link=LINK)
    told = told_of_series(rule, reader, ENGLISH, "to", 3)
    delivery = Delivery("m", "c1", rule.uid, "REQUEST", 0, "series@meet.example", told, MADE, MADE)
    who = contact()
    return Message(delivery, None, appointment(), who, Invitation("m", who, who.part, "remote"), ORGANIZER, LINK, rule)


def story() -> dict[str, Message]:
    """Everything that can happen to one recipient, in order."""
    invitation = message()
    moved = appointment(sequence=1, sessions=(session("15:00", "18:00"),), room="Hall B", ways_in=(FLOOR,))
    update = message(moved, invitation)
    in_room = message(appointment(sequence=2, sessions=moved.sessions, room="Hall B"), update, contact(mode="in_room"))
    late = message(appointment(sequence=1, sessions=(session(late=20),)), invitation)
    start = session().starts_at + 40 * MINUTE
    turn = ToldTurn(start, start + 15 * MINUTE, "Global Security Strategy initiative")
    gone = appointment(sequence=3, sessions=moved.sessions, status="cancelled", room="Hall B")
    return {
        "invitation": invitation,
        "update": update,
        "place": in_room,
        "delay": late,
        "turn": message(appointment(sequence=1), invitation, turn=turn),
        "cancellation": message(gone, in_room, contact(mode="in_room")),
        "removed": message(appointment(sequence=1), invitation, removed=True),
        "again": message(appointment(sequence=4), message(gone, in_room)),
        "series": series_message(),
    }


def texts() -> dict[str, str]:
    """{name: subject and plain text}."""
    made = {name: written(each, ENGLISH) for name, each in story().items()}
    return {name: f"Subject: {letter.subject}\n\n{letter.plain}" for name, letter in made.items()}


def main() -> None:
    for name, text in texts().items():
        (FOLDER / f"{name}.txt").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
