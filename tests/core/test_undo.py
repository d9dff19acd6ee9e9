"""Undo: the last standing act of chair or secretary is taken back, what delegates did since stays."""

from __future__ import annotations

from tests.support.story import Story, asked, given


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


# ------------------------------------------------------------------------------------------- clocks, further back


def rested(story: Story, seconds: int) -> Story:
    """A suspension that is taken back after so many seconds."""
    return undo(story.given("meeting.suspend"), after=seconds)


def item(story: Story) -> float:
    """Seconds spent on the first item up to now."""
    row = story.m.agenda.items[story.known["item 1"]]
    return (row.spent_ms + (story.now - row.started_at if row.started_at is not None else 0)) / 1000


def test_an_hour_of_suspension_is_not_spoken_by_whom_a_further_undo_brings_back() -> None:
    story = asked(given("AZE", "UGA"), "AZE", "UGA").next().next(after=60)
    before = item(story)
    rested(story.wait(10), 3600)
    undo(story, after=10).then("record.undone", "speakers.clock_set")
    assert story.speaker() == "AZE"
    assert story.remaining() == 300 - 80, "what was undone is not only the act: the meeting rested in between"
    assert item(story) - before == 20


def test_two_rests_and_an_adjournment_in_between_are_nobodys_time() -> None:
    story = asked(given("AZE", "UGA", "CUB"), "AZE", "UGA", "CUB").next().next(after=60).next(after=10)
    rested(story.wait(10), 3600)
    rested(story.wait(10), 1800)
    undo(story.given("meeting.adjourn", after=10), after=40_000)
    undo(story)
    assert (story.speaker(), story.remaining()) == ("UGA", 300 - 40)
    undo(story)
    assert (story.speaker(), story.remaining()) == ("AZE", 300 - 100)


def test_a_rest_before_an_item_was_left_is_not_spent_on_the_item_that_comes_back() -> None:
    story = given("AZE", items=2)
    story.given("agenda.take_up", item=story.known["item 2"], after=60)
    rested(story.wait(10), 3600)
    undo(story).then("record.undone", "agenda.time_set")
    assert item(story) == 70


def test_a_rest_is_not_spoken_by_whom_the_chair_paused_by_mistake() -> None:
    story = asked(given("AZE"), "AZE").next()
    story.given("speakers.pause", entry=story.entry("AZE"), after=60)
    rested(story.wait(10), 3600)
    undo(story).then("record.undone", "speakers.clock_set")
    assert story.remaining() == 300 - 70, "an undone pause runs on, but only while the meeting sat"


def test_a_rest_is_not_spoken_by_who_was_held_for_a_point_of_order() -> None:
    story = asked(given("AZE", "IRN"), "AZE").next()
    story.given("speakers.request_floor", by="IRN", kind="point_of_order")
    story.next(after=60)
    assert story.speaker() == "IRN"
    rested(story.wait(10), 3600)
    undo(story)
    assert (story.speaker(), story.remaining()) == ("AZE", 300 - 70)
    redo(story.wait(10))
    assert story.speaker() == "IRN"
    assert story.m.speakers.held[story.entry("AZE")].spoken_ms == 60_000
    assert story.remaining() == story.m.speakers.floor.seconds - 10  # type: ignore[union-attr]


def test_what_is_undone_and_done_again_around_a_rest_counts_only_what_it_stood() -> None:
    story = asked(given("AZE", "UGA"), "AZE", "UGA").next().next(after=60)
    rested(story.wait(10), 3600)
    undo(story, after=10)  # Azerbaijan goes on
    redo(story.wait(10))  # Uganda again, who spoke for 10 and 10 seconds
    assert (story.speaker(), story.remaining()) == ("UGA", 300 - 20)
    undo(story, after=10)  # Azerbaijan, who spoke for 60, 10, 10 and 10
    assert (story.speaker(), story.remaining()) == ("AZE", 300 - 90)


def test_an_undone_resumption_is_a_rest() -> None:
    story = asked(given("AZE"), "AZE").next()
    story.given("meeting.suspend", after=60)
    story.given("meeting.resume", after=600)
    undo(story, after=30)  # it sat for these 30 seconds
    undo(story, after=600)
    assert story.remaining() == 300 - 90
    assert item(story) == 91


def test_clocks_that_ran_all_along_are_not_touched_by_what_is_done_again() -> None:
    story = asked(given("AZE"), "AZE").next()
    story.given("record.note", text="beside")
    undo(story, after=10).then("record.undone")
    redo(story.wait(100)).then("record.undone")
    assert story.remaining() == 300 - 110


def test_an_item_taken_up_again_was_not_considered_while_it_was_taken_back() -> None:
    story = given("AZE", items=2)
    story.given("agenda.take_up", item=story.known["item 2"], after=60)
    undo(story, after=5)
    redo(story.wait(600)).then("record.undone", "agenda.time_set")
    row = story.m.agenda.items[story.known["item 2"]]
    assert row.started_at is not None
    assert row.spent_ms + story.wait(7).now - row.started_at == 12_000


def test_what_was_spoken_before_a_pause_is_kept_beside_a_rest() -> None:
    story = asked(given("AZE"), "AZE").next()
    story.given("speakers.pause", entry=story.entry("AZE"), after=60)
    story.given("speakers.resume", entry=story.entry("AZE"), after=20)
    rested(story.wait(10), 3600)
    assert story.remaining() == 300 - 70
