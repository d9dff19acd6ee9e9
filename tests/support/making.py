"""How every builder of the tests makes a meeting and acts in it: the plan of one, commands by name, a clock by hand.

Not here: what else stands around a meeting (the files beside), any assertion.
"""

from __future__ import annotations

from typing import Any, ClassVar

from meetingsvc.core.commands import COMMANDS, Command
from meetingsvc.core.kernel import Actor
from meetingsvc.core.schema import read
from meetingsvc.meetings import Meetings

#: The body of `meeting.schedule`, as the scenarios tell it: one session in Ashgabat, people in the room and remote.
PLAN: dict[str, Any] = {
    "title": "Group of Friends of Neutrality",
    "languages": ["en"],
    "zone": "Asia/Ashgabat",
    "format": "hybrid",
    "sessions": [{"starts": "2023-12-11T10:00", "ends": "2023-12-11T13:00"}],
}


class HeldClock:
    """Time that moves only when it is told to, in ms UTC. `start` is where it stands at first."""

    start: ClassVar[int]

    def __init__(self, now: int | None = None) -> None:
        self.now = self.start if now is None else now

    def __call__(self) -> int:
        return self.now


def command(name: str, /, **body: Any) -> Command:
    """A command as a program would send it."""
    made: Command = read(COMMANDS[name], body)
    return made


def schedule(**more: Any) -> Command:
    """The command that schedules a meeting, with these differences from the plan."""
    return command("meeting.schedule", **(PLAN | more))


def scheduled(meetings: Meetings, by: Actor, **more: Any) -> str:
    """A new meeting; its id."""
    return meetings.create(by, schedule(**more))
