"""Scenarios about calendars: called, moved and cancelled for people in three zones; a list that does not finish."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from meetingsvc.calendars.local_time import clock_times
from meetingsvc.core.roles import AUDIENCES
from meetingsvc.invitations import Message
from meetingsvc.invitations.mails.letter import calendar_part
from meetingsvc.store.engine import Database
from tests.calendar.check import assert_clean
from tests.support.body_scenario import MINUTE, WORDS, BodyScenario, Clock, events, unfolded

SAY = WORDS["en"]


def at(text: str) -> int:
    """Moment (ms UTC) of a time in UTC."""
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[BodyScenario]:
    database = Database.open(f"sqlite:///{tmp_path}/m.db")
    yield BodyScenario(database, Clock(at("2023-11-30T08:00")))
    database.close()


def part_of(letter: Message) -> bytes:
    """The calendar file in a letter."""
    return calendar_part(letter, SAY)


def sent(scenario: BodyScenario) -> dict[str, bytes]:
    """What goes out now: {code: the calendar file}, each of it clean."""
    made = {str(letter.contact.code): part_of(letter) for letter in scenario.send()}
    for data in made.values():
        assert_clean(data, profile="invite")
    return made


def clocks(starts_at: int) -> dict[str, tuple[str, int]]:
    found = clock_times(starts_at, "Asia/Ashgabat", ["Pacific/Auckland"], SAY)
    return {each.place: (each.time, each.day_shift) for each in found}


def test_scenario_01_calendar_three_zones_change_cancel(scenario: BodyScenario) -> None:
    scenario.schedule("2023-12-11T10:00/2023-12-11T13:00", title="Group of Friends of Neutrality")
    people = [
        scenario.contact("TKM", zone="Asia/Ashgabat", mode="in_room", part="chair"),
        scenario.contact("CHE", zone="Europe/Zurich", mode="remote"),
        scenario.contact("NZL", zone="Pacific/Auckland"),
    ]
    scenario.invite(*people)
    first = sent(scenario)
    scenario.move("2023-12-11T15:00", "2023-12-11T18:00")
    second = sent(scenario)
    scenario.do("meeting.cancel")
    third = sent(scenario)
    assert first.keys() == second.keys() == third.keys() == {"TKM", "CHE", "NZL"}

    assert len({event["UID"] for round_ in (first, second, third) for event in _all(round_)}) == 1
    for code in first:
        one, two, three = (unfolded(each[code]) for each in (first, second, third))
        assert "METHOD:REQUEST\n" in one and "SEQUENCE:0\n" in one and "BEGIN:VTIMEZONE\n" in one
        assert "DTSTART;TZID=Asia/Ashgabat:20231211T100000\n" in one
        assert "METHOD:REQUEST\n" in two and "SEQUENCE:1\n" in two
        assert "DTSTART;TZID=Asia/Ashgabat:20231211T150000\n" in two
        assert "METHOD:CANCEL\n" in three and "STATUS:CANCELLED\n" in three and "SEQUENCE:2\n" in three
        for text in (one, two, three):
            assert text.count("METHOD:") == 1 and text.index("METHOD:") < text.index("BEGIN:VEVENT")
            addresses = {f"{other.lower()}@missions.example" for other in first}
            assert {each for each in addresses if each in text} == {f"{code.lower()}@missions.example"}
        assert_clean(second[code], profile="invite", previous=first[code], parsers=False)
        assert_clean(third[code], profile="invite", previous=second[code], parsers=False)
        imported = {event["UID"]: event for text in (one, two) for event in events(text)}
        assert [event["DTSTART"] for event in imported.values()] == ["20231211T150000"], "one event, moved"
    assert "CONFERENCE" in unfolded(first["CHE"]) and "CONFERENCE" not in unfolded(first["TKM"])

    # what the page shows, before and after
    assert clocks(at("2023-12-11T05:00")) == {
        "Ashgabat": ("10:00", 0),
        "UTC": ("05:00", 0),
        "Geneva": ("06:00", 0),
        "New York": ("00:00", 0),
        "Auckland": ("18:00", 0),
    }
    moved = clocks(at("2023-12-11T10:00"))
    assert (moved["Ashgabat"], moved["Geneva"], moved["New York"]) == (("15:00", 0), ("11:00", 0), ("05:00", 0))


def _all(round_: dict[str, bytes]) -> list[dict[str, str]]:
    return [event for data in round_.values() for event in events(unfolded(data))]


#: Twenty members of the list, who ask in this order.
SPEAKERS = (
    "AZE",
    "BOL",
    "CUB",
    "IRN",
    "KAZ",
    "KEN",
    "LAO",
    "MNG",
    "NAM",
    "PAN",
    "QAT",
    "RUS",
    "SEN",
    "TJK",
    "UGA",
    "UZB",
    "VEN",
    "VNM",
    "ZMB",
    "ZWE",
)
CYCLE = 646_000


def test_scenario_18_the_list_does_not_finish_and_seven_are_told_when_they_speak(scenario: BodyScenario) -> None:
    assert "delegate" in AUDIENCES and len(SPEAKERS) == 20
    scenario.schedule("2023-12-11T10:00/2023-12-11T13:00", "2023-12-12T10:00/2023-12-12T13:00")
    item = scenario.do("agenda.add_item", title="Global Security Strategy initiative")
    delegations = {code: scenario.do("roster.accredit", kind="member", code=code, rank="M") for code in SPEAKERS}
    people = {code: scenario.contact(code, zone="America/New_York") for code in SPEAKERS}
    scenario.invite(*people.values())
    assert len(scenario.send()) == 40, "each is told of both sessions"
    secrets = {code: scenario.feed(person) for code, person in people.items()}

    scenario.clock.now = at("2023-12-11T05:40")
    scenario.do("meeting.open")
    scenario.do("agenda.take_up", item=item)
    for code in SPEAKERS:
        scenario.do("speakers.inscribe", delegation=delegations[code])
    for n in range(13):
        scenario.clock.now = at("2023-12-11T05:40") + n * CYCLE
        speaks = _floor(scenario)
        scenario.do("speakers.next", **({"instead_of": speaks} if speaks else {}), sure=True)
        scenario.clock.now += 5 * MINUTE
        scenario.do("speakers.end", entry=_floor(scenario))
    waiting = _waiting(scenario)
    left = [code for code in SPEAKERS if delegations[code] in waiting]
    assert len(left) == 7
    scenario.planner.plan_due()
    before = scenario.meetings.meeting_row(scenario.meeting)
    assert before is not None

    scenario.clock.now = at("2023-12-11T08:00")
    scenario.do("meeting.adjourn")
    after = scenario.meetings.meeting_row(scenario.meeting)
    assert after is not None and after.sequence == before.sequence + 1
    assert _waiting(scenario) == waiting, "the order stays"
    letters = scenario.send()
    second = scenario.session(1)
    assert sorted(str(each.contact.code) for each in letters) == sorted(left), "exactly those seven"
    assert {each.delivery.told.session for each in letters} == {second}
    assert {each.delivery.sequence for each in letters} == {after.sequence}
    assert {each.delivery.method for each in letters} == {"REQUEST"}

    opens = at("2023-12-12T05:00")
    turns = {str(each.contact.code): each.delivery.told.turn for each in letters}
    in_turn = [code for row in waiting for code in SPEAKERS if delegations[code] == row]
    starts = [turns[code].start for code in in_turn]
    assert starts[0] == opens and starts == sorted(starts)
    assert {turn.item for turn in turns.values()} == {"Global Security Strategy initiative"}
    assert opens + 55 * MINUTE <= turns[in_turn[-1]].to <= opens + 90 * MINUTE, "seven of ten minutes and more"
    for letter in letters:
        assert letter.before is not None
        data = part_of(letter)
        assert_clean(data, profile="invite", parsers=False)

    for code in SPEAKERS:
        slots = [each for each in events(scenario.fetch(secrets[code])) if "-turn-" in each["UID"]]
        assert len(slots) == (code in left), code
        for slot in slots:
            assert slot["DTSTART"].startswith("20231212T1") and slot["STATUS"] == "TENTATIVE"
            assert "New York" in slot["DESCRIPTION"], "in their own zone too"

    scenario.clock.now = opens
    scenario.do("meeting.open")
    assert scenario.told() == [], "that the session began as announced is no news"


def _floor(scenario: BodyScenario) -> int | None:
    floor = scenario.meetings.history(scenario.meeting).state.speakers.floor
    return floor.entry if floor else None


def _waiting(scenario: BodyScenario) -> list[int]:
    """The delegations that wait, first the next."""
    lists = scenario.meetings.history(scenario.meeting).state.speakers.lists.values()
    return [row.delegation for lst in lists if lst.item is not None for row in lst.in_order()]
