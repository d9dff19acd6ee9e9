"""When and where a meeting sits: planned, moved, dropped, cancelled, kept at its local time; what calendars see."""

from __future__ import annotations

from meetingsvc.core.calendar_facts import STEP_MS, agenda, carried, sessions, shown_end
from tests.support.story import HOUR, START, Story, asked, given, scheduled

NEXT_DAY = {"starts": "2023-12-12T10:00", "ends": "2023-12-12T13:00"}


def two_days() -> Story:
    return scheduled(sessions=[{"starts": "2023-12-11T10:00", "ends": "2023-12-11T13:00"}, NEXT_DAY])


def first(story: Story) -> int:
    return min(story.m.meeting.sessions)


def second(story: Story) -> int:
    return max(story.m.meeting.sessions)


# --------------------------------------------------------------------------------------------------------- sessions


def test_a_session_more_can_be_planned() -> None:
    story = scheduled().when("meeting.plan_session", by="secretary", **NEXT_DAY).then("meeting.session_planned")
    assert [row["starts"] for row in sessions(story.m)] == ["2023-12-11T10:00", "2023-12-12T10:00"]


def test_nobody_can_sit_in_two_sessions_at_once() -> None:
    inside = {"starts": "2023-12-11T12:00", "ends": "2023-12-11T14:00"}
    scheduled().when("meeting.plan_session", by="secretary", **inside).refused("meeting.sessions_overlap")
    story = two_days()
    story.when("meeting.reschedule", session=second(story), **inside).refused("meeting.sessions_overlap")
    after = {"starts": "2023-12-11T13:00", "ends": "2023-12-11T14:00"}
    story.when("meeting.reschedule", session=second(story), **after).then("meeting.rescheduled")
    both = [{"starts": "2023-12-11T10:00", "ends": "2023-12-11T13:00"}, inside]
    body = {"title": "T", "languages": ["en"], "zone": "Asia/Ashgabat", "format": "hybrid", "sessions": both}
    Story().when("meeting.schedule", by="secretary", **body).refused("meeting.sessions_overlap")


def test_a_dropped_session_is_gone_from_the_meeting_and_stays_for_calendars() -> None:
    story = two_days()
    gone = second(story)
    story.when("meeting.drop_session", by="secretary", session=gone).then("meeting.session_dropped")
    assert gone not in story.m.meeting.sessions
    assert [row["id"] for row in sessions(story.m, dropped=True)] == [gone]
    story.given("meeting.open").given("meeting.adjourn").when("meeting.open").refused("meeting.no_session_left")


def test_the_last_session_and_one_that_has_begun_are_not_dropped() -> None:
    story = scheduled()
    story.when("meeting.drop_session", session=first(story)).refused("meeting.last_session")
    story = two_days().given("meeting.open")
    story.when("meeting.drop_session", session=first(story)).refused("meeting.session_has_begun")
    story.when("meeting.drop_session", session=999).refused("meeting.no_such_session")


def test_a_session_that_never_began_is_not_held_once_the_meeting_is_closed() -> None:
    story = two_days().given("meeting.open")
    held, left = first(story), second(story)
    assert [row["id"] for row in sessions(story.m)] == [held, left]
    story.given("meeting.close")
    assert [row["id"] for row in sessions(story.m)] == [held]
    assert [row["id"] for row in sessions(story.m, dropped=True)] == [left]
    story = two_days().given("meeting.close")
    assert sessions(story.m) == [] and len(sessions(story.m, dropped=True)) == 2, "closed before it ever sat"


def test_dropping_a_session_can_be_taken_back() -> None:
    story = two_days()
    gone = second(story)
    story.given("meeting.drop_session", session=gone).given("record.undo", batch=story.m.seq)
    assert gone in story.m.meeting.sessions and not story.m.meeting.dropped


# ------------------------------------------------------------------------------------------------------- cancelling


def test_a_cancelled_meeting_takes_nothing_but_its_undo() -> None:
    story = scheduled().when("meeting.cancel", by="secretary").then("meeting.cancelled")
    batch = story.m.seq
    story.when("meeting.open").refused("meeting.is_cancelled")
    story.when("agenda.add_item", title="Late").refused("meeting.is_cancelled")
    story.given("record.undo", by="secretary", batch=batch)
    assert story.m.meeting.state == "scheduled"
    story.when("meeting.open").then("meeting.opened")


def test_a_meeting_in_session_or_over_is_not_cancelled() -> None:
    story = two_days().given("meeting.open")
    story.when("meeting.cancel").refused("meeting.cannot_cancel")
    story.given("meeting.adjourn").when("meeting.cancel").then("meeting.cancelled")
    scheduled().given("meeting.close").when("meeting.cancel").refused("meeting.is_closed")


def test_a_delegate_cancels_nothing() -> None:
    story = given("KEN")
    story.when("meeting.cancel", by="KEN").refused("rights.not_yours")
    story.when("meeting.plan_session", by="KEN", **NEXT_DAY).refused("rights.not_yours")


# --------------------------------------------------------------------------------------------- ways in, title, zones


def test_ways_in_are_addresses_of_their_kind() -> None:
    french = {"kind": "audio", "address": "https://meet.example/fr", "label": "Français", "language": "fr"}
    phone = {"kind": "phone", "address": "tel:+41225550100,,42#"}
    story = scheduled().when("meeting.set_channels", channels=[french, phone]).then("meeting.channels_set")
    story.when("meeting.set_channels", channels=[french, phone]).then()
    for bad, code in (
        ({"kind": "video", "address": "javascript:alert(1)"}, "meeting.link_is_no_address"),
        ({"kind": "video", "address": "https://u:p@meet.example"}, "meeting.link_names_somebody"),
        ({"kind": "phone", "address": "https://meet.example"}, "meeting.phone_unreadable"),
        ({"kind": "audio", "address": ""}, "meeting.channel_has_no_address"),
    ):
        story.when("meeting.set_channels", channels=[bad]).refused(code)
    story.when("meeting.set_channels", channels=[french] * 41).refused("meeting.too_many_channels")


def test_the_title_can_be_changed_in_the_body_s_languages() -> None:
    story = scheduled().when("meeting.retitle", title={"en": "Friends", "fr": "Amis"}).then("meeting.retitled")
    story.when("meeting.retitle", title={"en": "Friends", "fr": "Amis"}).then()
    story.when("meeting.retitle", title={"de": "Freunde"}).refused("meeting.language_not_used")
    story.when("meeting.retitle", title=" ").refused("agenda.title_is_empty")


def test_local_time_is_kept_when_the_rules_of_a_zone_change() -> None:
    story = two_days()
    was = story.m.meeting.sessions[second(story)]
    story.when("meeting.shift_times", by="clock").then()
    story.given("meeting.open")  # what has begun stays where it was
    story.environment.late = HOUR
    story.when("meeting.shift_times", by="clock").then("meeting.times_shifted")
    now = story.m.meeting.sessions[second(story)]
    assert (now.starts, now.starts_at) == (was.starts, was.starts_at + HOUR)
    story.when("meeting.shift_times", by="secretary").refused("rights.not_yours")


# --------------------------------------------------------------------------------------- what calendars are told


def test_a_session_that_runs_on_moves_its_end_in_steps_of_ten_minutes() -> None:
    story = given("KEN", "UGA")
    session = story.m.meeting.sessions[first(story)]
    end = session.ends_at

    def shown() -> int:
        return shown_end(story.m, story.m.meeting.sessions[first(story)]) - end

    assert shown() == 0
    story.wait((end - story.now) / 1000 + 1).given("speakers.request_floor", by="KEN")
    assert shown() == STEP_MS
    story.given("speakers.request_floor", by="UGA", after=599)
    assert shown() == STEP_MS
    story.given("meeting.adjourn", after=2)
    assert shown() == 2 * STEP_MS
    story.given("record.note", text="Later", after=5 * 3600)
    assert shown() == 2 * STEP_MS, "what is over moves no more"


def test_a_suspension_beyond_the_end_moves_it() -> None:
    story = given("KEN")
    end = story.m.meeting.sessions[first(story)].ends_at
    story.given("meeting.suspend", until=end - HOUR)
    assert shown_end(story.m, story.m.meeting.sessions[first(story)]) == end
    story.given("meeting.resume").given("meeting.suspend", until=end + 25 * 60_000)
    assert shown_end(story.m, story.m.meeting.sessions[first(story)]) == end + 3 * STEP_MS


def test_those_not_heard_are_carried_over_to_the_next_session() -> None:
    story = given("AZE", "CUB", "UGA")
    story.given("meeting.plan_session", by="secretary", **NEXT_DAY)
    asked(story, "AZE", "CUB", "UGA").next()
    assert carried(story.m) == {}
    waiting = [story.entry("CUB"), story.entry("UGA")]
    story.given("meeting.adjourn", after=60)
    left = carried(story.m)
    assert left["session"] == second(story)
    assert [row[0] for row in left["rows"]] == waiting
    story.given("meeting.open")
    assert carried(story.m) == {}


def test_nothing_is_carried_over_where_no_session_is_left() -> None:
    story = asked(given("AZE", "CUB"), "AZE", "CUB").given("meeting.adjourn")
    assert carried(story.m) == {}


def test_a_hidden_item_is_no_part_of_what_calendars_show() -> None:
    story = scheduled()
    for title in ("Adoption of the agenda", "Not yet public", "Other matters"):
        story.given("agenda.add_item", title=title)
    hidden = story.m.agenda.in_order()[1].id
    story.given("agenda.edit_item", item=hidden, hidden=True)
    assert [(row["number"], row["title"]["en"]) for row in agenda(story.m)] == [
        ("1", "Adoption of the agenda"),
        ("2", "Other matters"),
    ]


def test_the_meeting_knows_its_body_and_series() -> None:
    story = scheduled(body_id="abcdefghij", series="uid-of-a-series", recurs="2023-12-11T10:00")
    m = story.m.meeting
    assert (m.body_id, m.series, m.recurs) == ("abcdefghij", "uid-of-a-series", "2023-12-11T10:00")
    assert m.sessions[first(story)].starts_at == START
