"""What the attacks start from: one database with a demo meeting and a body of 150 meetings, copied for each trial."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

from meetingsvc.core.kernel import Actor
from meetingsvc.meetings import Meetings
from meetingsvc.store.engine import Database
from tests.support.making import scheduled
from tests.support.running_service import Json, RunningService

MEETINGS = 150


def prepare(folder: Path) -> Json:
    """Makes the database in `folder`. What `demo --json` said, and `quiet`: a meeting where nothing happens."""
    demo = dict(RunningService(folder).demo)
    demo["quiet"] = schedule(folder, demo["body"], MEETINGS)[-1]
    return demo


def schedule(folder: Path, body: str, count: int) -> list[str]:
    """So many more meetings of a body; their ids."""
    made = []
    with closing(Database.open(f"sqlite:///{folder}/meetingsvc.db")) as database:
        meetings, secretary = Meetings(database), Actor("the-attack", "secretary")
        for n in range(count):
            day = f"{2027 + n // 144}-{1 + n // 12 % 12:02}-{1 + n % 12:02}"
            sessions = [{"starts": f"{day}T10:00", "ends": f"{day}T13:00"}]
            more = {"title": f"Meeting {n + 1}", "languages": ["en", "fr"], "room": "Ashgabat", "body_id": body}
            made.append(scheduled(meetings, secretary, sessions=sessions, **more))
    return made


def served_copy(prepared: Path, folder: Path, demo: Json, descriptors: int | None) -> RunningService:
    """A server on a copy of what was prepared."""
    shutil.copytree(prepared, folder, dirs_exist_ok=True)
    served = RunningService(folder, descriptors=descriptors)
    served.say_demo(demo)
    return served
