"""Neither letters nor calendars carry words of the record or names of speakers, before they are erased or after."""

from __future__ import annotations

import sqlalchemy as sa

from meetingsvc.core.kernel import Actor
from meetingsvc.invitations.mails.letter import letter
from meetingsvc.store import tables
from tests.support.body_scenario import WORDS, BodyScenario

CANARIES = ("canary words", "canary-name", "canary-post")


def found(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


def queue(scenario: BodyScenario) -> str:
    """All that waits to be sent, as it is stored."""
    rows = (tables.outbox, tables.deliveries, tables.invitations, tables.replies, tables.answers)
    return repr(scenario.meetings.database.read(lambda c: [c.execute(sa.select(table)).all() for table in rows]))


def test_the_queue_of_mails_holds_nothing_that_is_to_be_erased(scenario: BodyScenario) -> None:
    contact = scenario.contact("KEN")
    scenario.schedule("2026-12-11T10:00/2026-12-11T13:00", "2026-12-12T10:00/2026-12-12T13:00")
    scenario.invite(contact)
    item = scenario.do("agenda.add_item", title="Item 1", planned_s=600)
    speaker = {"name": "canary-name", "post": "canary-post"}
    kenya = scenario.do("roster.accredit", kind="member", code="KEN", speaker=speaker)
    for code in ("FRA", "IND"):
        scenario.do("roster.accredit", kind="member", code=code, speaker=speaker)
    scenario.do("meeting.open")
    scenario.do("agenda.take_up", item=item)
    scenario.do("speakers.inscribe", delegation=kenya, channel="paper")
    note = scenario.do("record.note", text="canary words")
    scenario.do("meeting.adjourn")
    assert scenario.due(), "a letter waits"
    secret = scenario.feed(contact)

    def everything() -> str:
        files = scenario.file() + scenario.body_feed() + scenario.fetch(secret)
        return queue(scenario) + files

    assert found(everything()) == []
    person = scenario.meetings.history(scenario.meeting).state.roster.delegations[kenya].person
    scenario.do("record.redact", by=Actor("0" * 16, "secretary"), seq=note)
    scenario.do("roster.erase_person", person=person)
    assert found(everything()) == []
    letters = scenario.send()
    assert letters, "and it leaves as it is true then"
    assert found("".join(str(letter(each, WORDS["en"])) for each in letters)) == []
