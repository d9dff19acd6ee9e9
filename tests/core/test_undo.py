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


def test_no_time_counts_while_the_meeting_rested_or_an_act_did_not_stand() -> None:
    story = asked(given("AZE", "UGA"), "AZE", "UGA").next()
    story.given("meeting.suspend", after=60)
    undo(story, after=3600).then("record.undone", "speakers.clock_set", "agenda.time_set")
    assert story.remaining() == 240
    story.given("meeting.adjourn", after=10)
    undo(story, after=40_000)
    assert story.remaining() == 230
    item = story.m.agenda.items[story.known["item 1"]]
    assert item.spent_ms == 72_000
    undo(story)
    redo(story.wait(600))
    assert story.remaining() == 230, "a floor that was taken back for ten minutes was not spoken from"


def test_a_closing_whose_moment_has_passed_is_not_announced_again() -> None:
    story = given("AZE")
    story.given("speakers.close_list", at=story.now + 5_000)
    undo(story, after=1)
    redo(story.wait(10)).refused("speakers.closing_in_the_past")


def test_who_asked_while_another_level_held_stands_where_the_rules_put_them_now() -> None:
    story = given("UGA", "AZE", AZE="M")
    story.given(
        "roster.set_speaker", delegation=story.known["UGA"], speaker={"name": "", "post": "Prime Minister"}, rank="HOG"
    )
    asked(story, "AZE", "UGA")
    assert story.waiting() == ["UGA", "AZE"]
    undo(story).then("record.undone", "speakers.list_reordered")
    assert story.waiting() == ["AZE", "UGA"]
    redo(story)
    assert story.waiting() == ["UGA", "AZE"]


def test_a_press_just_after_an_undo_changed_the_floor_is_asked_back() -> None:
    story = asked(given("UGA", "CUB", "KEN"), "UGA", "CUB", "KEN").next().next(after=60)
    undo(story, after=60)
    story.next(by="secretary", after=0.3).refused("speakers.just_changed")
    story.given("record.note", text="x", after=60)
    undo(story)
    story.next().then("speakers.floor_ended", "speakers.floor_given")


def test_an_undo_that_would_let_somebody_wait_twice_names_the_act_in_the_way() -> None:
    story = asked(given("AZE"), "AZE")
    story.given("speakers.withdraw", entry=story.entry("AZE"))
    asked(story, "AZE")
    undo(story).refused("record.in_the_way", act="speakers.floor_requested", seq=story.m.seq)


def test_a_point_of_order_in_another_list_is_in_the_way_too() -> None:
    story = given("IRN", items=2).given("speakers.request_floor", by="IRN", kind="point_of_order")
    story.given("speakers.withdraw", entry=story.entry("IRN", "point_of_order"))
    first = min(story.m.speakers.lists)
    story.given("speakers.request_floor", by="IRN", kind="point_of_order", list=first)
    undo(story).refused("record.in_the_way")


def test_undo_brings_a_moved_entry_back_to_its_gap() -> None:
    story = asked(given("AZE", "BOL", "CUB", "DJI"), "AZE", "BOL", "CUB", "DJI")
    story.given("speakers.withdraw", entry=story.entry("BOL"), by="BOL")
    story.given("speakers.move", entry=story.entry("DJI"), before=story.entry("CUB"))
    assert story.waiting() == ["AZE", "DJI", "CUB"]
    undo(story)
    assert story.waiting() == ["AZE", "CUB", "DJI"]
