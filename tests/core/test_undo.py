"""Undo: the last standing act of chair or secretary is taken back, what delegates did since stays."""

from __future__ import annotations

from tests.given import Story, asked, given


def undo(story: Story, **more: float) -> Story:
    return story.when("record.undo", batch=story.m.record.done[-1].batch, **more)  # type: ignore[arg-type]


def redo(story: Story) -> Story:
    return story.when("record.undo", batch=story.m.record.undone[-1].batch)


def test_undo_returns_the_floor_with_its_time() -> None:
    story = asked(given("AZE", "UGA", "CUB"), "AZE", "UGA", "CUB").next().next(after=60).next(after=60)
    assert story.speaker() == "CUB"
    undo(story, after=10).then("record.undone")
    assert story.speaker() == "UGA"
    assert story.remaining() == 300 - 70, "an undone end of speech continues the old clock"
    assert story.waiting() == ["CUB"]


def test_what_a_delegate_pressed_in_between_stays() -> None:
    story = asked(given("AZE", "UGA", "CUB"), "AZE", "UGA").next()
    asked(story, "CUB")
    undo(story).then("record.undone")
    assert story.speaker() is None
    assert story.waiting() == ["AZE", "UGA", "CUB"]


def test_redo_is_the_undo_of_the_undo_until_the_next_act() -> None:
    story = asked(given("AZE", "UGA"), "AZE", "UGA").next().next(after=5)
    undo(story)
    undo(story)
    assert story.speaker() is None
    redo(story)
    assert story.speaker() == "AZE"
    redo(story)
    assert story.speaker() == "UGA"
    undo(story)
    assert story.m.record.undone and story.m.record.done
    story.given("record.note", text="something else")
    assert not story.m.record.undone


def test_an_act_that_something_depends_on_is_not_taken_back_and_the_act_in_the_way_is_named() -> None:
    story = asked(given("AZE"), "AZE").next()
    story.given("speakers.end", by="AZE", entry=story.entry("AZE"), after=30)
    undo(story).refused("record.in_the_way", act="speakers.floor_ended")


def test_only_the_last_act_can_be_taken_back() -> None:
    story = asked(given("AZE"), "AZE")
    first = story.m.record.done[-1].batch
    story.given("record.note", text="one")
    story.when("record.undo", batch=first).refused("record.not_the_last_act", batch=story.m.record.done[-1].batch)


def test_the_whole_batch_is_taken_back() -> None:
    story = asked(given("AZE", items=2), "AZE").next()
    lists = set(story.m.speakers.lists)
    story.given("agenda.take_up", item=story.known["item 2"], after=5)
    assert story.m.record.done[-1].code == "agenda.item_taken_up"
    undo(story)
    assert story.speaker() == "AZE"
    assert set(story.m.speakers.lists) == lists


def test_an_automatic_closing_is_not_an_act_of_the_chair() -> None:
    story = given("AZE")
    story.given("speakers.close_list", at=story.now + 1000)
    lst = max(story.m.speakers.lists)
    story.given("speakers.close_due", by="clock", list=lst, after=1)
    assert story.m.record.done[-1].code == "speakers.closing_announced"
    undo(story)
    assert not story.m.speakers.lists[lst].opened, "the clock's act stays"


def test_the_scheduling_is_never_taken_back() -> None:
    story = given("AZE")
    while story.m.record.done:
        undo(story).then("record.undone")
    assert story.m.meeting.state == "scheduled"
    story.when("record.undo", batch=1).refused("record.not_the_last_act")


def test_undo_brings_a_moved_entry_back_to_its_gap() -> None:
    story = asked(given("AZE", "BOL", "CUB", "DJI"), "AZE", "BOL", "CUB", "DJI")
    story.given("speakers.withdraw", entry=story.entry("BOL"), by="BOL")
    story.given("speakers.move", entry=story.entry("DJI"), before=story.entry("CUB"))
    assert story.waiting() == ["AZE", "DJI", "CUB"]
    undo(story)
    assert story.waiting() == ["AZE", "CUB", "DJI"]
