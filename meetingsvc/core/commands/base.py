"""What a command is, and what several of them share: who may give it, persons and texts as they are sent. Pure.

Does not belong here: any single command, or a question that is put to the whole meeting (lookups.py).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, dataclass_transform

from meetingsvc.core.kernel import Actor, Event, LocalizedText, need, register
from meetingsvc.core.schema import concluded
from meetingsvc.core.state import MeetingState

#: Longer than any announcement; and later moments are none that a browser can show.
FARTHEST_MS = 366 * 24 * 3600 * 1000


class Environment(Protocol):
    """What a command may ask of the outside before it is decided. `perform` hands it in."""

    def moment(self, local: str, zone: str) -> int:
        """Milliseconds UTC of a wall time such as 2023-12-11T10:00; refuses gaps, overlaps, unknown zones."""

    def person(self, name: str, post: str) -> tuple[str, int]:
        """Writes the names of a person down and gives (person, rev)."""

    def renamed(self, person: str, rev: int, name: str | None, post: str | None) -> int:
        """Writes a person's new name or post beside the row `rev` and gives the new rev; the same where nothing is new.

        Refuses a person that this meeting does not know, and a person without name and post.
        """

    def fresh(self) -> str:
        """A new random identity, for the calendar's UID."""


class Command:
    """An imperative that the chair would say. Subclasses are frozen dataclasses made by `@command`."""

    __slots__ = ()
    wire: ClassVar[str]
    part: ClassVar[str]
    by: ClassVar[frozenset[str]]

    def settle(self, m: MeetingState, environment: Environment) -> Command:
        """The command with what the outside concludes (moments, persons) filled in."""
        return self

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        """What the command would add to the log; raises `Refused`."""
        raise NotImplementedError(f"{type(self).__name__} has no decide")


COMMANDS: dict[str, type[Command]] = {}


@dataclass_transform(frozen_default=True)
def command(name: str, *, by: str) -> Callable[[type], Any]:
    """Register a command under its wire name, with the roles that may give it."""
    return lambda cls: register(COMMANDS, cls, name, by=frozenset(by.split()))


def need_right(actor: Actor, cmd: Command | type[Command]) -> None:
    """Refuse a command that this role may not give: a role that the command does not name may not."""
    need(actor.role in cmd.by, "rights.not_yours", command=cmd.wire, role=actor.role)


# ------------------------------------------------------------------------------------------- what is sent with them


@dataclass(frozen=True, slots=True)
class Named:
    """A person as somebody writes them down; `perform` makes the directory row and fills in the ids."""

    name: str
    post: str = ""
    person: str = concluded("")
    rev: int = concluded(0)

    def written(self, environment: Environment) -> Named:
        """With the person's ids. Refused without a name or a post: there would be nothing to show."""
        need(self.name or self.post, "roster.speaker_has_no_name")
        person, rev = environment.person(self.name, self.post)
        return replace(self, person=person, rev=rev)


def visible(text: str) -> bool:
    """Whether there is anything to be seen in a text."""
    return any(unicodedata.category(sign)[0] not in "ZC" for sign in text)


def in_words(title: LocalizedText | str, languages: tuple[str, ...]) -> LocalizedText:
    """A title as {language: text}: a plain string is in the body's first language."""
    words = {languages[0]: title} if isinstance(title, str) else title
    need(words and all(visible(text) for text in words.values()), "agenda.title_is_empty")
    for language in words:
        need(language in languages, "meeting.language_not_used", language=language)
    return words


def need_near(moment: int, now: int) -> None:
    """Refuse a moment that is more than a year away: somebody mistook seconds for milliseconds, or a digit slipped."""
    need(moment - now <= FARTHEST_MS, "meeting.moment_too_far", at=moment)
