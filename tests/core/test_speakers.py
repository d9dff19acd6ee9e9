"""The speakers' part, as the rule book would tell it."""

from __future__ import annotations

import pytest

from tests.support.story import asked, given, scheduled


def test_the_list_is_in_the_order_of_rank_and_then_of_inscription() -> None:
    story = given("BOL", "KEN", "CUB", "UGA", "LAO", KEN="VM", CUB="M", UGA="HOG", LAO="M")
    asked(story, "BOL", "KEN", "CUB", "UGA", "LAO")
    assert story.waiting() == ["UGA", "CUB", "LAO", "KEN", "BOL"]


def test_observers_come_last() -> None:
    story = given("BOL")
    story.given("roster.accredit", kind="regional_org", code="EU", rank="HOS")
    story.known["EU"] = story.m.seq
    asked(story, "EU", "BOL")
    assert story.waiting() == ["BOL", "EU"]


def test_a_delegation_waits_once_and_speaks_once_on_an_item() -> None:
    story = asked(given("CUB"), "CUB")
    story.when("speakers.request_floor", by="CUB").refused("speakers.already_waiting", entry=story.entry("CUB"))
    story.next().then("speakers.floor_given")
    story.when("speakers.request_floor", by="CUB").refused("speakers.has_the_floor")
    story.next(after=30).then("speakers.floor_ended")
    story.when("speakers.request_floor", by="CUB").refused("speakers.already_heard", most=1)


def test_nobody_enters_a_list_that_was_never_opened_or_is_closed() -> None:
    story = given("CUB", items=2)
    story.given("speakers.close_list")
    story.when("speakers.request_floor", by="CUB").refused("speakers.list_closed")
    closed = next(iter(story.m.speakers.lists))
    story.when("speakers.request_floor", by="CUB", list=closed).refused("speakers.list_not_open")


def test_a_closed_list_takes_points_of_order() -> None:
    story = given("CUB").given("speakers.close_list")
    story.when("speakers.request_floor", by="CUB", kind="point_of_order").then("speakers.floor_requested")


def test_closed_is_not_exhausted() -> None:
    story = asked(given("CUB"), "CUB")
    lst = story.m.speakers.lists[max(story.m.speakers.lists)].id
    story.given("speakers.close_list")
    assert story.m.speakers.state(lst) == "closed"
    story.next()
    assert story.m.speakers.state(lst) == "closed", "the last speaker still has the floor"
    story.next(after=60)
    assert story.m.speakers.state(lst) == "exhausted"
    story.given("speakers.reopen_list", list=lst)
    assert story.m.speakers.state(lst) == "open"


def test_an_announced_closing_counts_by_the_clock_of_the_server() -> None:
    story = given("CUB", "PAN")
    at = story.now + 10_000
    story.given("speakers.close_list", at=at)
    story.when("speakers.request_floor", by="CUB", after=9.999).then("speakers.floor_requested")
    story.when("speakers.request_floor", by="PAN", after=0.001).refused("speakers.list_closed")
    lst = max(story.m.speakers.lists)
    story.when("speakers.close_due", by="clock", list=lst).then("speakers.list_closed")
    story.when("speakers.close_due", by="clock", list=lst).then()


def test_reopening_takes_an_announced_closing_back() -> None:
    story = given("CUB")
    story.given("speakers.close_list", at=story.now + 10_000)
    lst = max(story.m.speakers.lists)
    story.when("speakers.reopen_list", list=lst).then("speakers.list_opened")
    story.wait(20).when("speakers.close_due", by="clock", list=lst).then()


def test_opening_again_gives_the_same_list() -> None:
    story = given("CUB", items=2)
    story.when("speakers.open_list", item=story.known["item 2"])
    story.then("speakers.list_prepared", "speakers.list_opened")
    story.when("speakers.open_list", item=story.known["item 2"]).then()
    lst = max(story.m.speakers.lists)
    story.when("agenda.take_up", item=story.known["item 2"])
    story.then("agenda.item_suspended", "agenda.item_taken_up")
    assert story.m.speakers.lists[lst].item == story.known["item 2"]


def test_one_can_ask_without_having_checked_in() -> None:
    story = asked(given("CUB"), "CUB")
    assert not story.m.roster.delegations[story.known["CUB"]].present


# ------------------------------------------------------------------------------------------------------- the floor


def test_next_ends_the_statement_before_and_records_its_time() -> None:
    story = asked(given("AZE", "UGA"), "AZE", "UGA")
    story.next()
    story.next(after=317).then("speakers.floor_ended", "speakers.floor_given")
    ended = story.last[0].event
    assert (ended.spoken, ended.over_run) == (317, 17)  # type: ignore[attr-defined]
    assert story.speaker() == "UGA"


def test_next_on_an_empty_list_ends_the_floor_and_then_there_is_nobody() -> None:
    story = asked(given("AZE"), "AZE").next()
    story.next(after=10).then("speakers.floor_ended")
    story.next(after=10).refused("speakers.nobody_waits")


def test_a_press_that_believed_somebody_else_is_stale_and_names_the_speaker() -> None:
    story = asked(given("AZE", "UGA", "CUB"), "AZE", "UGA", "CUB").next()
    seen = story.entry("AZE")
    story.when("speakers.next", after=5, instead_of=seen).then("speakers.floor_ended", "speakers.floor_given")
    story.when("speakers.next", by="secretary", after=0.2, instead_of=seen)
    story.refused("speakers.stale", delegation=story.known["UGA"])
    story.when("speakers.next", by="secretary", after=60).refused("speakers.stale")
    story.given("speakers.end", entry=story.entry("UGA")).when("speakers.next", after=60, instead_of=seen)
    story.refused("speakers.stale", entry=None)


def test_a_press_just_after_a_change_of_floor_is_asked_back() -> None:
    story = asked(given("AZE", "UGA", "CUB"), "AZE", "UGA", "CUB").next().next(after=5)
    story.next(by="secretary", after=1).refused("speakers.just_changed", seconds=1)
    story.next(by="secretary", sure=True).then("speakers.floor_ended", "speakers.floor_given")
    story.next(after=2).then("speakers.floor_ended")


def test_a_pause_keeps_the_time_to_the_millisecond() -> None:
    story = asked(given("AZE"), "AZE").next()
    story.given("speakers.pause", entry=story.entry("AZE"), after=10.4)
    assert story.wait(100).remaining() == pytest.approx(289.6)
    story.given("speakers.resume", entry=story.entry("AZE"))
    assert story.wait(9.6).remaining() == pytest.approx(280)
    story.given("speakers.add_time", entry=story.entry("AZE"), seconds=30)
    assert story.remaining() == pytest.approx(310)


def test_the_limit_of_a_list_holds_for_those_who_get_the_floor_from_then_on() -> None:
    story = asked(given("AZE", "UGA"), "AZE", "UGA").next()
    story.given("speakers.set_limit", seconds=420)
    assert story.m.speakers.floor and story.m.speakers.floor.seconds == 300
    story.next(after=5)
    assert story.m.speakers.floor.seconds == 420


def test_giving_the_floor_needs_an_open_meeting() -> None:
    story = scheduled()
    story.given("roster.accredit", kind="member", code="CUB")
    story.known["CUB"] = story.m.seq
    story.given("speakers.open_list").given("speakers.request_floor", by="CUB")
    story.next().refused("meeting.not_open")


# ---------------------------------------------------------------------------------------- points of order (rule 71)


def test_a_point_of_order_stands_first_and_holds_the_speaker() -> None:
    story = asked(given("CUB", "IRN", "PAN"), "CUB", "PAN").next()
    story.given("speakers.request_floor", by="IRN", kind="point_of_order", after=130)
    assert story.waiting() == ["IRN", "PAN"]
    story.next().then("speakers.floor_held", "speakers.floor_given")
    assert story.m.speakers.floor and story.m.speakers.floor.seconds == 120
    story.next(after=40).then("speakers.floor_ended", "speakers.floor_returned")
    assert story.speaker() == "CUB"
    assert story.wait(60).remaining() == 170, "nobody is charged for a ruling: the clock waits"
    story.given("speakers.resume", entry=story.entry("CUB"))
    assert story.wait(10).remaining() == 160


def test_points_of_order_are_heard_as_they_were_raised() -> None:
    story = asked(given("CUB", "IRN", "PAN", IRN="PR", PAN="HOS"), "CUB").next()
    for code in ("IRN", "PAN"):
        story.given("speakers.request_floor", by=code, kind="point_of_order", after=5)
    story.next(after=5)
    assert story.speaker() == "IRN"
    story.next(after=5).then("speakers.floor_ended", "speakers.floor_given")
    assert story.speaker() == "PAN"
    story.next(after=5).then("speakers.floor_ended", "speakers.floor_returned")
    assert story.speaker() == "CUB"


def test_nobody_interrupts_itself() -> None:
    story = asked(given("CUB"), "CUB").next()
    story.when("speakers.request_floor", by="CUB", kind="point_of_order").refused("speakers.has_the_floor")


def test_nobody_is_given_the_floor_over_a_held_speaker() -> None:
    story = asked(given("CUB", "IRN", "PAN"), "CUB", "PAN").next()
    story.given("speakers.request_floor", by="IRN", kind="point_of_order", after=5).next()
    floor = story.m.speakers.floor
    assert floor
    story.when("speakers.give_floor", entry=story.entry("PAN"), instead_of=floor.entry, after=5)
    story.refused("speakers.someone_is_held", delegation=story.known["CUB"])


def test_a_point_of_order_can_be_raised_when_nothing_is_taken_up() -> None:
    story = scheduled()
    story.given("roster.accredit", kind="member", code="IRN")
    story.known["IRN"] = story.m.seq
    story.given("meeting.open").given("speakers.request_floor", by="IRN", kind="point_of_order")
    story.next().then("speakers.floor_given")


def test_a_point_of_order_does_not_count_as_the_statement() -> None:
    story = given("IRN").given("speakers.request_floor", by="IRN", kind="point_of_order").next()
    story.next(after=10)
    story.when("speakers.request_floor", by="IRN").then("speakers.floor_requested")
    story.when("speakers.request_floor", by="IRN", kind="point_of_order").then("speakers.floor_requested")
    story.when("speakers.request_floor", by="IRN", kind="point_of_order").refused("speakers.point_waits")


# ---------------------------------------------------------------------------------------------- moving, leaving


def test_moving_goes_directly_before_another_entry_or_to_the_end() -> None:
    story = asked(given("AZE", "BOL", "CUB", "DJI"), "AZE", "BOL", "CUB", "DJI")
    story.given("speakers.move", entry=story.entry("DJI"), before=story.entry("BOL"))
    assert story.waiting() == ["AZE", "DJI", "BOL", "CUB"]
    assert story.last[0].event.place == 2  # type: ignore[attr-defined]
    story.given("speakers.move", entry=story.entry("AZE"))
    assert story.waiting() == ["DJI", "BOL", "CUB", "AZE"]
    story.when("speakers.move", entry=story.entry("AZE")).then()
    story.when("speakers.move", entry=story.entry("DJI"), before=story.entry("BOL")).then()


def test_moving_never_crosses_groups() -> None:
    story = given("AZE")
    story.given("roster.accredit", kind="regional_org", code="EU")
    story.known["EU"] = story.m.seq
    asked(story, "AZE", "EU")
    story.when("speakers.move", entry=story.entry("EU"), before=story.entry("AZE")).refused("speakers.other_group")


def test_a_new_level_ranks_again_and_forgets_the_move() -> None:
    story = asked(given("BOL", "CUB", "KEN", CUB="M", KEN="VM"), "BOL", "CUB", "KEN")
    assert story.waiting() == ["CUB", "KEN", "BOL"]
    story.given("speakers.move", entry=story.entry("CUB"))
    entry = story.entry("CUB")
    story.given(
        "roster.set_speaker",
        delegation=story.known["CUB"],
        speaker={"name": "", "post": "Ambassador"},
        rank="PR",
    )
    assert story.waiting() == ["KEN", "BOL", "CUB"]
    assert story.entry("CUB") == entry, "the inscription stays"


def test_a_point_of_order_keeps_its_place_when_the_level_changes() -> None:
    story = given("IRN", "PAN")
    for code in ("IRN", "PAN"):
        story.given("speakers.request_floor", by=code, kind="point_of_order")
    story.given("speakers.move", entry=story.entry("IRN", "point_of_order"))
    story.given("roster.set_speaker", delegation=story.known["IRN"], speaker={"name": "", "post": "M"}, rank="M")
    assert story.waiting() == ["PAN", "IRN"]


def test_who_has_the_floor_keeps_speaker_and_place_until_it_ends() -> None:
    story = asked(given("CUB"), "CUB").next()
    body = {"delegation": story.known["CUB"]}
    story.when("roster.set_speaker", speaker={"name": "Another", "post": ""}, **body).refused("roster.speaks_now")
    story.when("roster.set_mode", by="CUB", mode="remote").refused("roster.speaks_now")


def test_a_statement_is_heard_on_the_item_that_is_taken_up() -> None:
    story = asked(given("CUB", "PAN", items=2), "CUB")
    first = story.m.agenda.current
    story.given("agenda.take_up", item=story.known["item 2"])
    entry = story.entry("CUB")
    story.when("speakers.give_floor", entry=entry).refused("speakers.item_not_taken_up", item=first)


def test_a_list_that_nobody_may_know_of_is_no_list() -> None:
    story = given("CUB", items=2)
    story.given("agenda.edit_item", item=story.known["item 2"], hidden=True)
    story.given("speakers.open_list", item=story.known["item 2"])
    hidden = max(story.m.speakers.lists)
    story.when("speakers.request_floor", by="CUB", list=hidden).refused("speakers.no_such_list")
    story.given("speakers.inscribe", delegation=story.known["CUB"], list=hidden)
    story.when("speakers.next", list=hidden).refused("agenda.hidden_cannot_be_taken_up")


def test_between_the_announced_moment_and_the_clock_the_list_is_closed_for_everybody() -> None:
    story = given("CUB", items=2)
    lst = max(story.m.speakers.lists)
    story.given("speakers.close_list", at=story.now + 1_000).wait(1.5)
    story.when("speakers.close_list", at=story.now + 60_000).refused("speakers.list_closed")
    story.when("speakers.open_list").then("speakers.list_opened")
    story.given("speakers.close_list", at=story.now + 1_000).wait(1.5)
    story.when("agenda.take_up", item=story.known["item 2"])
    assert story.last[0].event.wire == "agenda.item_concluded"
    story.when("speakers.close_due", by="clock", list=lst).then("speakers.list_closed")


def test_a_struck_delegation_comes_back_as_the_same_and_does_not_speak_twice() -> None:
    story = asked(given("AZE"), "AZE").next().next(after=9)
    story.given("roster.withdraw_accreditation", delegation=story.known["AZE"])
    story.given("roster.accredit", kind="member", code="AZE", rank="PR")
    assert not story.m.roster.delegations[story.known["AZE"]].withdrawn
    story.when("speakers.request_floor", by="AZE").refused("speakers.already_heard")


def test_a_delegate_withdraws_its_own_place_only() -> None:
    story = asked(given("AZE", "BOL"), "AZE", "BOL")
    story.when("speakers.withdraw", by="AZE", entry=story.entry("BOL")).refused("rights.not_your_delegation")
    story.when("speakers.withdraw", by="AZE", entry=story.entry("AZE")).then("speakers.withdrawn")
    story.when("speakers.request_floor", by="AZE").then("speakers.floor_requested")
    assert story.waiting() == ["BOL", "AZE"]


def test_a_guest_is_inscribed_by_name_and_comes_after_the_members() -> None:
    story = asked(given("AZE"), "AZE")
    story.when("speakers.inscribe", by="secretary", guest={"name": "A. Guest", "post": "Expert"}, channel="paper")
    story.then("roster.accredited", "speakers.inscribed")
    guest = story.last[0].seq
    story.known["guest"] = guest
    assert story.waiting() == ["AZE", "guest"]
    assert story.m.roster.delegations[guest].kind == "guest"


def test_who_is_struck_off_the_roster_leaves_list_and_floor() -> None:
    story = asked(given("AZE", "BOL"), "AZE", "BOL").next()
    story.when("roster.withdraw_accreditation", delegation=story.known["AZE"], after=9)
    story.then("speakers.floor_ended", "roster.accreditation_withdrawn")
    story.when("roster.withdraw_accreditation", delegation=story.known["BOL"])
    story.then("speakers.withdrawn", "roster.accreditation_withdrawn")
    story.when("speakers.request_floor", by="BOL").refused("roster.not_accredited")


def test_seconds_spoken_are_whole_seconds_that_have_passed() -> None:
    for ms, spoken, over_run in ((59_999, 59, 0), (60_000, 60, 0), (300_999, 300, 0), (301_000, 301, 1)):
        story = asked(given("AZE"), "AZE").next()
        entry = story.entry("AZE")
        story.given("speakers.end", entry=entry, after=ms / 1000)
        fact = story.last[0].event
        assert (fact.spoken, fact.over_run) == (spoken, over_run), ms  # type: ignore[attr-defined]
        heard = next(row.heard[entry] for row in story.m.speakers.lists.values() if entry in row.heard)
        assert (heard.spoken, heard.over_run) == (spoken, over_run)
