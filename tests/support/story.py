"""How a rule is told in a test: given(...).when(...).then(...). Pure: no database, no clock, no web.

A `Story` is a meeting in the making: acts by name, refusals by code. Every step checks that the quick history and the
definition of the fold agree, and that nothing that must never be has come to be.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.decide import decide
from meetingsvc.core.history import History, fold
from meetingsvc.core.kernel import CLOCK, Actor, Entry, Refused, need
from meetingsvc.core.record import Redacted
from meetingsvc.core.schema import read, text_fields
from meetingsvc.core.state import MeetingState, check

START = 1_702_270_800_000  # 11 December 2023, 05:00 UTC = 10:00 in Ashgabat
HOUR = 3_600_000


class PretendEnvironment:
    """A world without a database or time-zone data: wall times of Ashgabat, persons p1, p2, ..."""

    def __init__(self) -> None:
        self.names: dict[tuple[str, int], dict[str, str]] = {}
        self.late = 0  # ms that the rules of the zone have moved by since the story began

    def moment(self, local: str, zone: str) -> int:
        day, _, clock = local.partition("T")
        hours, minutes = clock.split(":")
        return START + self.late + (int(day[-2:]) - 11) * 24 * HOUR + (int(hours) - 10) * HOUR + int(minutes) * 60_000

    def person(self, name: str, post: str) -> tuple[str, int]:
        key = (f"p{len({person for person, _ in self.names}) + 1}", 1)
        self.names[key] = {"name": name, "post": post}
        return key

    def renamed(self, person: str, rev: int, name: str | None, post: str | None) -> int:
        need((person, rev) in self.names, "roster.no_such_person")
        old = self.names[person, rev]
        new = {"name": old["name"] if name is None else name, "post": old["post"] if post is None else post}
        need(new["name"] or new["post"], "roster.speaker_has_no_name")
        if new == old:
            return rev
        made = 1 + max(rev for one, rev in self.names if one == person)
        self.names[person, made] = new
        return made

    def fresh(self) -> str:
        return "uid-of-the-story"


class Story:
    """A meeting told act by act. `now` is ms UTC and moves only when the story says so."""

    def __init__(self) -> None:
        self.environment, self.log = PretendEnvironment(), list[Entry]()
        self.history = History(kept=7, spaced=5)  # so little that every story goes beyond it
        self.now = START
        self.known: dict[str, int] = {}
        self.said: str | None = None
        self.facts: dict[str, Any] = {}
        self.last: list[Entry] = []
        self.silent = 0  # a delegation of `any_meeting` that never speaks
        self.done: set[str] = set()  # commands that had an effect, where a test asks for it

    @property
    def m(self) -> MeetingState:
        return self.history.state

    def actor(self, by: str) -> Actor:
        if by == "clock":
            return CLOCK
        if by in ("chair", "secretary", "room", "follower", "booth"):
            return Actor(by, by)
        return Actor(f"of-{by}", "delegate", self.known.get(by))

    def when(self, name: str, /, *, by: str = "chair", after: float = 0, **body: Any) -> Story:
        """An act, `after` so many seconds. A refusal is kept for `refused` or `then`."""
        self.now += round(after * 1000)
        self.said, self.facts, self.last = None, {}, []
        try:
            command = read(COMMANDS[name], body).settle(self.m, self.environment)
            self.last = decide(self.history, command, self.actor(by), self.now)
        except Refused as refused:
            self.said, self.facts = refused.code, refused.facts
            return self
        if self.last:
            self.history = self.history.add(self.last)
            self.log.extend(self.last)
            check(self.m)
            assert fold(self.log) == self.m, "the quick history and the definition of the fold differ"
        return self

    def given(self, name: str, /, *, by: str = "chair", after: float = 0, **body: Any) -> Story:
        """An act that must succeed."""
        self.when(name, by=by, after=after, **body)
        assert self.said is None, f"{name} was refused: {self.said} {self.facts}"
        return self

    def wait(self, seconds: float) -> Story:
        self.now += round(seconds * 1000)
        return self

    def then(self, *facts: str) -> Story:
        """The last act wrote exactly these events."""
        assert self.said is None, f"refused: {self.said} {self.facts}"
        assert [entry.event.wire for entry in self.last] == list(facts)
        return self

    def refused(self, code: str, **facts: Any) -> Story:
        assert self.said == code, f"expected {code}, got {self.said or [e.event.wire for e in self.last]}"
        assert {key: self.facts.get(key) for key in facts} == facts
        return self

    # ------------------------------------------------------------------------------- what a story is asked

    def entry(self, code: str, kind: str = "statement") -> int:
        """The entry of a delegation that waits, speaks or is held."""
        who = self.known[code]
        for lst in self.m.speakers.lists.values():
            for row in lst.waiting.values():
                if (row.delegation, row.kind) == (who, kind):
                    return row.id
        rows = [*self.m.speakers.held.values(), *([self.m.speakers.floor] if self.m.speakers.floor else [])]
        return next(row.entry for row in rows if (row.delegation, row.kind) == (who, kind))

    def code(self, delegation: int) -> str:
        return next(code for code, id in self.known.items() if id == delegation)

    def waiting(self, item: int | None = None) -> list[str]:
        """Codes of those who wait in the general list, first the next."""
        wanted = self.m.agenda.current if item is None else item
        lst = next(row for row in self.m.speakers.lists.values() if row.item == wanted)
        return [self.code(row.delegation) for row in lst.in_order()]

    def speaker(self) -> str | None:
        floor = self.m.speakers.floor
        return self.code(floor.delegation) if floor else None

    def remaining(self) -> float:
        floor = self.m.speakers.floor
        assert floor
        return floor.seconds - floor.spent(self.now) / 1000

    def next(self, *, by: str = "chair", after: float = 0, sure: bool = False) -> Story:
        """Next speaker, pressed by somebody who sees the screen as it is."""
        floor = self.m.speakers.floor
        body = {"instead_of": floor.entry} if floor else {}
        return self.when("speakers.next", by=by, after=after, sure=sure, **body)


def scheduled(**more: Any) -> Story:
    """The meeting of 11 December 2023, scheduled."""
    body = {
        "title": "Group of Friends of Neutrality",
        "languages": ["en", "fr"],
        "zone": "Asia/Ashgabat",
        "format": "hybrid",
        "sessions": [{"starts": "2023-12-11T10:00", "ends": "2023-12-11T13:00"}],
    }
    return Story().given("meeting.schedule", by="secretary", **(body | more))


def given(*codes: str, items: int = 1, **ranks: str) -> Story:
    """An open meeting with these delegations and its first item taken up. `ranks` are levels by code."""
    story = scheduled()
    for n in range(items):
        story.given("agenda.add_item", title=f"Item {n + 1}")
        story.known[f"item {n + 1}"] = story.m.seq
    for code in codes:
        story.given("roster.accredit", kind="member", code=code, rank=ranks.get(code, "PR"))
        story.known[code] = story.m.seq
    story.given("meeting.open", after=60)
    return story.given("agenda.take_up", item=story.known["item 1"])


def asked(story: Story, *codes: str) -> Story:
    """These delegations ask for the floor, in this order."""
    for code in codes:
        story.given("speakers.request_floor", by=code, after=1)
    return story


def as_stored(log: list[Entry]) -> list[Entry]:
    """The log as it is read again: what was redacted has no words."""
    gone = {entry.event.seq for entry in log if isinstance(entry.event, Redacted)}
    return [without_words(entry) if entry.seq in gone else entry for entry in log]


def without_words(entry: Entry) -> Entry:
    event: Any = entry.event
    return replace(entry, event=replace(event, **dict.fromkeys(text_fields(type(event)), "")))
