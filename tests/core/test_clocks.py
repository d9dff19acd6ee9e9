"""No clock counts more than the meeting sat, whatever is done, taken back and done again."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.story import Story
from tests.support.story import given as meeting

CODES = ("AZE", "UGA", "CUB", "DJI")


class Watched:
    """A meeting, and beside it what a person with a stopwatch would note: how long it sat (ms) since it began."""

    def __init__(self) -> None:
        self.story = meeting(*CODES, items=2)
        self.sat = 0
        self.given: dict[int, int] = {}  # {entry: how long the meeting had sat when it first got the floor}
        self.taken: dict[int, int] = {}  # the same for items
        self.note()
        for code in CODES:
            self.press("speakers.request_floor", code, 1, {})

    def press(self, name: str, by: str, after: float, body: dict[str, Any]) -> None:
        if self.story.m.meeting.state == "open":
            self.sat += round(after * 1000)
        self.story.when(name, by=by, after=after, **body)
        self.note()

    def note(self) -> None:
        m = self.story.m
        for floor in m.speakers.speaking():
            self.given.setdefault(floor.entry, self.sat)
        for lst in m.speakers.lists.values():
            for entry in lst.heard:  # who asks and is heard in one press
                self.given.setdefault(entry, self.sat)
        if m.agenda.current is not None:
            self.taken.setdefault(m.agenda.current, self.sat)

    def check(self) -> None:
        m = self.story.m
        for floor in m.speakers.speaking():
            assert 0 <= floor.spent(self.story.now) <= self.sat - self.given[floor.entry]
        for lst in m.speakers.lists.values():
            for row in lst.heard.values():
                assert row.spoken * 1000 <= self.sat - self.given[row.entry]
        for item in m.agenda.items.values():
            spent = item.spent_ms + (self.story.now - item.started_at if item.started_at is not None else 0)
            assert 0 <= spent <= self.sat - self.taken.get(item.id, self.sat)


def pressed(story: Story, dice: Random) -> tuple[str, str, dict[str, Any]]:
    """One of the acts that start and stop clocks, or take such an act back, or do it again."""
    m = story.m
    floor = m.speakers.floor
    instead = {"instead_of": floor.entry} if floor else {}
    speaker, code = floor.entry if floor else 999_999, dice.choice(CODES)
    undos = [("record.undo", "chair", {"batch": act.batch}) for act in (m.record.done.top, m.record.undone.top) if act]
    rows: list[tuple[str, str, dict[str, Any]]] = [
        *[("speakers.next", "chair", {**instead, "sure": True})] * 4,
        ("speakers.request_floor", code, {}),
        ("speakers.request_floor", code, {"kind": "point_of_order"}),
        ("speakers.end", code, {"entry": speaker}),
        ("speakers.pause", "chair", {"entry": speaker}),
        *[("speakers.resume", "chair", {"entry": speaker})] * 2,
        *[("meeting.suspend", "chair", {})] * 2,
        *[("meeting.resume", "chair", {})] * 2,
        ("meeting.adjourn", "chair", {}),
        *[("meeting.open", "chair", {})] * 2,
        ("meeting.plan_session", "chair", {"starts": "2023-12-12T10:00", "ends": "2023-12-12T13:00"}),
        ("agenda.take_up", "chair", {"item": dice.choice(list(m.agenda.items))}),
        ("agenda.suspend_item", "chair", {"item": dice.choice(list(m.agenda.items))}),
        *undos * 4,
    ]
    return dice.choice(rows)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9))
def test_nobody_speaks_and_no_item_is_considered_longer_than_the_meeting_sat(seed: int) -> None:
    dice, watched = Random(seed), Watched()
    for _ in range(60):
        name, by, body = pressed(watched.story, dice)
        watched.press(name, by, dice.choice([0, 0.7, 10, 10, 3600]), body)
        watched.check()
