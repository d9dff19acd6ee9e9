"""A new kind of act is written in one place: here an event and its command, found again everywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from meetingsvc.cli.verbs.acts import reference
from meetingsvc.core.commands import COMMANDS, Command, command
from meetingsvc.core.kernel import EVENTS, Actor, Entry, Event, event
from meetingsvc.core.meeting import Meeting
from meetingsvc.core.state import MeetingState
from meetingsvc.store.event_log import codec
from meetingsvc.views.view import said, view
from tests.support.story import Story, scheduled


@pytest.fixture(autouse=True)
def bell() -> Iterator[None]:
    """The one place: what is defined here exists nowhere else in the code."""

    @event("meeting.bell_rung", headline=2, minute="The bell was rung.")
    class BellRung(Event):
        times: int

        def apply(self, part: Meeting, entry: Entry) -> Meeting:
            return replace(part, room=f"Hall of {self.times} bells")

    @command("meeting.ring_bell", by="chair")
    class RingBell(Command):
        """Ring the bell."""

        times: int = 1

        def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
            yield BellRung(self.times)

    yield
    del EVENTS["meeting.bell_rung"], COMMANDS["meeting.ring_bell"]


def rung() -> tuple[Story, Any]:
    story = scheduled()
    before = story.m
    return story.given("meeting.ring_bell", times=3), before


def test_it_is_in_the_registry_and_in_the_table_of_rights() -> None:
    assert EVENTS["meeting.bell_rung"].part == "meeting"
    assert COMMANDS["meeting.ring_bell"].by == {"chair"}
    scheduled().when("meeting.ring_bell", by="secretary").refused("rights.not_yours")


def test_it_is_pushed_and_told() -> None:
    story, before = rung()
    assert view(story.m, {}, "follow")["meeting"]["room"] == "Hall of 3 bells"
    told = [{"seq": story.m.seq, "code": "meeting.bell_rung", "facts": {"times": 3}}]
    assert said(before, story.m, story.last, "follow") == told


def test_it_can_be_taken_back_and_done_again() -> None:
    story, before = rung()
    assert story.m.record.done[-1].code == "meeting.bell_rung"
    story.given("record.undo", batch=story.m.seq)
    assert story.m.meeting == before.meeting
    story.given("record.undo", batch=story.m.record.undone[-1].batch)
    assert story.m.meeting.room == "Hall of 3 bells"


def test_it_is_stored_and_read() -> None:
    made = EVENTS["meeting.bell_rung"](3)  # type: ignore[call-arg]
    assert codec.decode("meeting.bell_rung", *codec.encode(made)) == made


def test_it_is_in_the_papers() -> None:
    text = reference()
    assert "meeting.ring_bell" in text
    assert "meeting.bell_rung" in text
    assert "Ring the bell." in text
