"""The meeting and its agenda: sessions, opening, suspension, adjournment, items taken up and concluded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meetingsvc.core.meeting import WayIn
from tests.support.story import HOUR, START, Story, asked, given, scheduled

TWO_DAYS = [
    {"starts": "2023-12-11T10:00", "ends": "2023-12-11T13:00"},
    {"starts": "2023-12-12T10:00", "ends": "2023-12-12T13:00"},
]


def test_nothing_can_be_done_before_a_meeting_is_scheduled_and_it_is_scheduled_once() -> None:
    Story().when("meeting.open").refused("meeting.not_found")
    scheduled().when(
        "meeting.schedule",
        by="secretary",
        title="Again",
        languages=["en"],
        zone="UTC",
        format="online",
        sessions=TWO_DAYS,
    ).refused("meeting.exists")


def test_a_plain_title_is_in_the_first_language() -> None:
    story = scheduled()
    assert story.m.meeting.title == {"en": "Group of Friends of Neutrality"}
    story.when("agenda.add_item", title={"ru": "x"}).refused("meeting.language_not_used", language="ru")


def test_sessions_are_wall_times_with_their_moments() -> None:
    story = scheduled(sessions=TWO_DAYS)
    first, second = story.m.meeting.sessions.values()
    assert (first.starts_at, second.starts_at) == (START, START + 24 * HOUR)
    story.when("meeting.reschedule", session=first.id, starts="2023-12-11T15:00", ends="2023-12-11T14:00")
    story.refused("meeting.ends_before_start")
    story.when(
        "meeting.reschedule",
        session=first.id,
        starts="2023-12-11T15:00",
        ends="2023-12-11T17:00",
        room="Hall 2",
    )
    story.then("meeting.rescheduled")
    assert story.m.meeting.sessions[first.id].starts_at == START + 5 * HOUR
    assert story.m.meeting.room == "Hall 2"
    same = {"session": first.id, "starts": "2023-12-11T15:00", "ends": "2023-12-11T17:00", "room": "Hall 2"}
    story.when("meeting.reschedule", **same).then()


def test_a_join_link_must_be_a_web_address() -> None:
    story = scheduled()
    session = next(iter(story.m.meeting.sessions))
    story.when(
        "meeting.reschedule",
        session=session,
        starts="2023-12-11T10:00",
        ends="2023-12-11T13:00",
        link="javascript:alert(1)",
    ).refused("meeting.link_is_no_address")


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("https://user:secret@meet.example/a", "https://meet.example/a"),
        ("https://meet.example@evil.example/a", "https://evil.example/a"),
        ("https://@meet.example", "https://meet.example"),
        ("https://a@b@meet.example:8443?x=y@z", "https://meet.example:8443?x=y@z"),
        ("https:///user@meet.example", "https:///meet.example"),
        ("http://user@meet.example#@", "http://meet.example#@"),
        ("https://evil.example\\@meet.example", "https://meet.example"),
        ("https://meet.example/j/@room?me=a@b.example#@", None),
    ],
)
def test_a_join_link_names_nobody_and_an_older_log_is_shown_without(link: str, shown: str | None) -> None:
    story = scheduled()
    session = next(iter(story.m.meeting.sessions))
    wish = {"session": session, "starts": "2023-12-11T10:00", "ends": "2023-12-11T13:00", "link": link}
    if shown is None:
        story.when("meeting.reschedule", **wish).then("meeting.rescheduled")
    else:
        story.when("meeting.reschedule", **wish).refused("meeting.link_names_somebody")
    older = replace(story.m.meeting, link=link, channels=(WayIn(kind="video", address=link),))
    assert older.shown_link == (shown or link) and older.shown_ways_in[0].address == (shown or link)


def test_a_meeting_goes_from_session_to_session() -> None:
    story = scheduled(sessions=TWO_DAYS)
    first, second = story.m.meeting.sessions
    story.given("meeting.open").when("meeting.open").refused("meeting.cannot_open", state="open")
    story.when("meeting.adjourn", after=60).then("meeting.adjourned")
    story.when("meeting.open", session=first).refused("meeting.session_over")
    story.when("meeting.open").then("meeting.opened")
    assert story.m.meeting.session == second
    story.given("meeting.adjourn").when("meeting.open").refused("meeting.no_session_left")
    story.when("meeting.close").then("meeting.closed")
    story.when("record.note", text="late").refused("meeting.is_closed")


def test_suspension_stops_every_clock_and_resumption_starts_none_for_the_speaker() -> None:
    story = asked(given("CUB"), "CUB").next()
    story.when("meeting.suspend", until=story.now + 900_000, after=60)
    story.then("speakers.floor_paused", "agenda.time_stopped", "meeting.suspended")
    story.when("speakers.resume", entry=story.entry("CUB"), after=60).refused("meeting.is_suspended")
    story.when("meeting.resume").then("meeting.resumed", "agenda.time_started")
    assert story.wait(60).remaining() == 240
    item = story.m.agenda.items[story.known["item 1"]]
    assert item.spent_ms + story.now - (item.started_at or 0) == pytest.approx(121_000, abs=1)
    story.when("meeting.suspend", until=story.now).refused("meeting.until_in_the_past")


def test_adjourning_ends_the_floor_and_keeps_the_list() -> None:
    story = asked(given("CUB", "PAN"), "CUB", "PAN").next()
    story.when("meeting.adjourn", after=5)
    story.then("speakers.floor_ended", "agenda.item_suspended", "meeting.adjourned")
    assert story.waiting(story.known["item 1"]) == ["PAN"]


def test_closing_ends_everything() -> None:
    story = asked(given("CUB", "PAN"), "CUB", "PAN").next()
    story.when("meeting.close", after=5)
    story.then("speakers.floor_ended", "agenda.item_suspended", "speakers.list_closed", "meeting.closed")


def test_taking_up_an_item_suspends_the_one_before_or_concludes_it_when_its_list_is_exhausted() -> None:
    story = asked(given("CUB", items=3), "CUB").next()
    story.when("agenda.take_up", item=story.known["item 2"], after=5)
    story.then(
        "speakers.floor_ended",
        "agenda.item_suspended",
        "agenda.item_taken_up",
        "speakers.list_prepared",
        "speakers.list_opened",
    )
    assert [entry.seq for entry in story.last][-2:] == [max(story.m.speakers.lists), story.m.seq]
    story.given("speakers.close_list").when("agenda.take_up", item=story.known["item 3"])
    assert story.last[0].event.wire == "agenda.item_concluded"
    story.when("agenda.take_up", item=story.known["item 3"]).refused("agenda.taken_up_already")


def test_concluding_closes_the_lists_of_the_item() -> None:
    story = asked(given("CUB", items=2), "CUB").next()
    story.when("agenda.conclude", item=story.known["item 2"]).refused("agenda.not_taken_up")
    story.when("agenda.conclude", item=story.known["item 1"], after=3)
    story.then("speakers.floor_ended", "speakers.list_closed", "agenda.item_concluded")
    story.when("agenda.conclude", item=story.known["item 1"]).refused("agenda.is_concluded")


def test_items_stand_where_they_were_put() -> None:
    story = given("CUB", items=3)
    story.given("agenda.add_item", title="First of all", before=story.known["item 1"], planned_s=600)
    story.given("agenda.add_item", title="In between", before=story.known["item 3"])
    titles = [item.title["en"] for item in story.m.agenda.in_order()]
    assert titles == ["First of all", "Item 1", "Item 2", "In between", "Item 3"]
    story.when("agenda.edit_item", item=story.known["item 1"], hidden=True).refused("agenda.taken_up_is_public")
    story.when("agenda.edit_item", item=story.known["item 2"], title={"fr": "Point 2"}).then("agenda.item_edited")
    story.when("agenda.edit_item", item=story.known["item 2"], title={"fr": "Point 2"}).then()
    story.given("agenda.edit_item", item=story.known["item 2"], hidden=True)
    story.when("agenda.take_up", item=story.known["item 2"]).refused("agenda.hidden_cannot_be_taken_up")


def test_a_delegation_has_one_active_place() -> None:
    story = given("CUB")
    story.when("roster.check_in", by="CUB", mode="in_room").then("roster.checked_in")
    story.when("roster.check_in", by="CUB", mode="in_room").then()
    story.when("roster.check_in", by="CUB", mode="remote").then("roster.mode_set")
    row = story.m.roster.delegations[story.known["CUB"]]
    assert (row.present, row.mode) == (True, "remote")
    story.when("roster.leave", by="CUB").then("roster.left")
    story.when("roster.check_in", by="chair", mode="remote").refused("roster.name_a_delegation")


def test_the_format_of_the_meeting_says_where_one_can_be() -> None:
    story = scheduled(format="online")
    story.given("roster.accredit", kind="member", code="CUB")
    assert story.m.roster.delegations[story.m.seq].mode == "remote"
    story.when("roster.check_in", delegation=story.m.seq, mode="in_room").refused("roster.meeting_is_online")
    story.when("roster.accredit", kind="member", code="PAN", mode="in_room").refused("roster.meeting_is_online")


def test_nobody_acts_for_another_delegation_or_beyond_its_role() -> None:
    story = given("CUB", "PAN")
    story.when("roster.check_in", by="CUB", delegation=story.known["PAN"], mode="remote")
    story.refused("rights.not_your_delegation")
    story.when("speakers.next", by="CUB").refused("rights.not_yours", role="delegate")
    story.when("speakers.request_floor", by="chair").refused("rights.not_yours")
    story.when("roster.check_in", by="follower", mode="remote").refused("rights.not_yours")


def test_a_code_is_accredited_once() -> None:
    story = given("CUB")
    story.when("roster.accredit", kind="member", code="CUB").refused("roster.already_accredited")
    story.when("roster.accredit", kind="member").refused("roster.needs_code_or_name")
    story.when("roster.accredit", kind="member", code="c u b").refused("roster.code_unreadable")
    story.when("roster.accredit", kind="guest", name="A. Person").refused("roster.guest_is_a_person")


def test_moments_beyond_a_year_are_a_mistake() -> None:
    story = given("CUB")
    story.when("meeting.suspend", until=2**53 - 1).refused("meeting.moment_too_far")
    story.when("speakers.close_list", at=2**53 - 1).refused("speakers.closing_too_far")


def test_the_record_says_why_a_statement_was_over() -> None:
    story = asked(given("CUB", "PAN"), "CUB", "PAN").next().next(after=5)
    assert story.last[0].event.reason == "next"  # type: ignore[attr-defined]
    story.given("meeting.adjourn", after=5)
    assert story.last[0].event.reason == "adjourned"  # type: ignore[attr-defined]


def test_a_title_that_cannot_be_seen_is_empty_and_other_languages_stay() -> None:
    story = given("CUB")
    story.when("agenda.add_item", title="\u200b\u2060").refused("agenda.title_is_empty")
    story.given("agenda.edit_item", item=story.known["item 1"], title={"fr": "Point 1"})
    assert story.m.agenda.items[story.known["item 1"]].title == {"en": "Item 1", "fr": "Point 1"}


def test_languages_are_written_as_languages_are() -> None:
    story = Story().when(
        "meeting.schedule",
        by="secretary",
        title="X",
        languages=["not a language"],
        zone="UTC",
        format="hybrid",
        sessions=TWO_DAYS,
    )
    story.refused("meeting.language_unreadable")


def test_a_clock_that_was_set_back_takes_no_time_back() -> None:
    story = asked(given("AZE", "UGA"), "AZE", "UGA").next()
    story.given("record.note", text="x", after=60)
    before = story.m.at
    story.wait(-40).next(sure=True).then("speakers.floor_ended", "speakers.floor_given")
    ended, given_ = story.last
    assert ended.event.spoken == 60, "what is decided knows no moment before the last entry"  # type: ignore[attr-defined]
    assert (ended.at, given_.at) == (before, before)
    floor = story.m.speakers.floor
    assert floor and floor.since == before
    story.given("speakers.close_list", at=before + 1)
    story.when("speakers.close_list", at=before).refused("speakers.closing_in_the_past")
