"""A contact that is erased is in no row and no file any more; that somebody was invited is still counted."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from meetingsvc.calendars.reading.replies import Reply
from meetingsvc.core.kernel import Refused
from meetingsvc.invitations import Message
from meetingsvc.store import deliveries, tables
from meetingsvc.store.contacts import Contact, recipient
from meetingsvc.store.engine import ERASABLE, Database
from meetingsvc.store.links import Grant
from tests.store.test_erasing import everything, files
from tests.support.body_scenario import DAY, MINUTE, BodyScenario, Clock

NAME, FORMER, LATER = "Canary Office", "canary-former@x.example", "canary-later@x.example"
SUBSTITUTE, COMMENT, AGENT, FAULT = "canary substitute", "canary comment", "canary agent", "550 canary fault"


class Erased:
    """A contact with a past: invited, corrected, subscribed, answered, bounced, answered in its name; then erased."""

    def __init__(self, scenario: BodyScenario) -> None:
        self.scenario = scenario
        scenario.schedule()
        self.kenya = scenario.contact("KEN", address=FORMER, zone="Africa/Nairobi")
        self.uganda = scenario.contact("UGA")
        scenario.invite(self.kenya, self.uganda)
        self.first = self.letter()
        self.kenya = scenario.contacts.put_contact(replace(self.kenya, name=NAME, address=LATER))
        self.last = self.letter()
        self.secret = scenario.feed(self.kenya)
        file = scenario.calendar_files.feed_file(self.secret)
        assert file is not None
        scenario.calendar_files.fetched(file, AGENT)
        self.settle("bounced", fault=f"{FAULT} <{LATER}>")
        scenario.replies.answer(
            scenario.meeting, self.kenya.id, "declined", substitute=SUBSTITUTE, comment=COMMENT, sender=LATER
        )
        scenario.replies.answer_from_reply(self.reply(stamp=scenario.clock.now + MINUTE), sender=LATER)
        grant = scenario.guest_list.invitation(scenario.meeting, self.kenya.id).grant
        assert grant is not None
        self.grant = grant

    def letter(self) -> Message:
        return next(
            each
            for each in self.scenario.send()
            if each.contact.id == self.kenya.id and each.delivery.method == "REQUEST"
        )

    def settle(self, state: str, **more: object) -> None:
        self.scenario.settle(self.last.delivery, state, **more)

    def reply(self, **more: object) -> Reply:
        given: dict[str, object] = {"uid": self.last.delivery.uid, "address": LATER, "answer": "accepted"}
        return Reply(**{**given, "sequence": self.last.delivery.sequence, **more})  # type: ignore[arg-type]

    def erase(self) -> bool:
        return self.scenario.contacts.erase_contact(self.kenya.id)

    def row(self, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
        return self.scenario.meetings.database.read(lambda c: list(c.execute(sa.select(table)).all()))


@pytest.fixture
def erasing(scenario: BodyScenario) -> Erased:
    return Erased(scenario)


def found(text: str) -> list[str]:
    marks = [recipient(FORMER), recipient(LATER)]
    return [each for each in ("canary", NAME, "Permanent Mission of Kenya", "Africa/Nairobi", *marks) if each in text]


# ---------------------------------------------------------------------------------------------------- what is gone


@pytest.mark.parametrize("removed", [False, True])
def test_nothing_of_it_is_in_any_row(removed: bool, erasing: Erased) -> None:
    database = erasing.scenario.meetings.database
    assert len(found(everything(database))) == 6
    if removed:
        erasing.scenario.contacts.remove_contact(erasing.kenya.id)
        erasing.scenario.send()
    assert erasing.erase()
    assert found(everything(database)) == []
    if database.embedded:
        assert found(files(database).decode("latin-1")) == []
    left = everything(database)
    assert "Permanent Mission of Uganda" in left and "uga@missions.example" in left, "nobody else is touched"


def test_links_and_calendars_end_at_once_and_whoever_is_connected_is_told_of(erasing: Erased) -> None:
    told = list[Grant]()
    erasing.scenario.links.on_revoke(told.append)
    secret = erasing.scenario.guest_list.secrets.link_secret(erasing.grant)
    assert erasing.erase()
    assert [(each.id, each.label) for each in told] == [(erasing.grant, "")]
    held = erasing.scenario.links.find(secret)
    assert held is not None and held.revoked_at is not None
    assert erasing.scenario.links.claim(secret) is None
    assert erasing.scenario.calendar_files.feed_file(erasing.secret) is None
    assert {each.label for each in erasing.scenario.links.of_meeting(erasing.scenario.meeting)} == {
        "",
        erasing.uganda.name,
    }


def test_a_link_of_its_delegation_stays_a_link_of_the_delegation(erasing: Erased) -> None:
    scenario = erasing.scenario
    kenya = scenario.do("roster.accredit", kind="member", code="KEN")
    link, _ = scenario.links.make(scenario.meeting, "delegate", kenya, "Seat of Kenya")
    secret = scenario.feed(erasing.kenya, behind=link.id)
    assert erasing.erase()
    assert scenario.links.get(link.id) == link and scenario.calendar_files.feed_file(secret) is None


def test_the_look_shows_all_of_it(erasing: Erased) -> None:
    erasing.scenario.replies.answer(
        erasing.scenario.meeting, erasing.uganda.id, "declined", substitute=f"Comes: {NAME.upper()}"
    )
    seen = erasing.scenario.contacts.traces(erasing.kenya.id)
    assert (seen.contact.name, seen.contact.address, seen.former_addresses) == (NAME, LATER, [FORMER])
    assert [(row.substitute, row.comment) for row in seen.invitations] == [(SUBSTITUTE, COMMENT)]
    assert [row.verdict for row in seen.replies] == ["unproved", "taken"]
    assert [fetch.agent for _, fetch in seen.feeds if fetch] == [AGENT] and seen.faults == [f"{FAULT} <{LATER}>"]
    assert [row.contact.id for row in seen.naming] == [erasing.uganda.id], "which others wrote, and is not reached"
    assert (seen.links, seen.waiting) == (1, 0)


# ------------------------------------------------------------------------------------------------------ what stays


def test_that_somebody_was_invited_and_what_was_answered_is_still_counted(erasing: Erased) -> None:
    erasing.erase()
    (one,) = [
        each.invitation for each in erasing.scenario.planner.life(erasing.scenario.meeting).people
        if each.invitation.contact.erased
    ]  # fmt: skip
    assert (one.answer, one.invited_at is not None, one.substitute, one.comment) == ("declined", True, None, None)
    assert {(each["answer"], each["stamp"]) for each in one.answers.values()} == {("declined", 0)}
    assert (one.grant, one.delegation, one.answered_at, one.contact.code) == (None, None, None, None)
    assert [each.contact.id for each in erasing.scenario.guest_list.on_list(erasing.scenario.meeting)] == [
        erasing.uganda.id
    ]


def test_the_log_of_the_meeting_is_as_it_was(erasing: Erased) -> None:
    before = erasing.row(tables.log)
    erasing.erase()
    assert erasing.row(tables.log) == before


# ----------------------------------------------------------------------------------------------------------- mails


def test_what_waits_is_not_sent_and_nothing_is_planned_any_more(erasing: Erased) -> None:
    scenario = erasing.scenario
    scenario.move("2026-12-11T15:00", "2026-12-11T18:00")
    assert {row.contact for row in scenario.due()} == {erasing.kenya.id, erasing.uganda.id}
    scenario.move("2026-12-11T16:00", "2026-12-11T18:00")
    assert erasing.scenario.contacts.traces(erasing.kenya.id).waiting == 1
    assert erasing.erase()
    assert [(row.contact.code, row.delivery.method) for row in scenario.send()] == [("UGA", "REQUEST")]
    scenario.do("meeting.cancel")
    assert [(row.contact.code, row.delivery.method) for row in scenario.send()] == [("UGA", "CANCEL")]


def test_it_is_refused_while_a_letter_to_it_is_being_handed_over(erasing: Erased) -> None:
    scenario = erasing.scenario
    scenario.move("2026-12-11T15:00", "2026-12-11T18:00")
    (mine,) = [row for row in scenario.due() if row.contact == erasing.kenya.id]
    claimed = scenario.claimed(mine)
    with pytest.raises(Refused, match=r"people\.mail_on_its_way"):
        erasing.erase()
    assert erasing.scenario.contacts.traces(erasing.kenya.id).contact.name == NAME
    grant = scenario.links.get(erasing.grant)
    assert grant is not None and grant.revoked_at is None, "nothing is half done"
    scenario.wait(2 * MINUTE)  # whoever had it in hand is gone
    assert erasing.erase()
    scenario.settle(claimed, "failed", fault=f"{FAULT} <{LATER}>")  # or was slow: it is written nowhere
    assert scenario.planner.message(claimed) is None
    assert found(everything(scenario.meetings.database)) == []


def test_removed_first_it_is_told_and_what_its_calendar_shows_is_said(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya = scenario.contact("KEN")
    scenario.guest_list.put_on_list(scenario.meeting, [kenya])
    assert scenario.contacts.traces(kenya.id).coming == [], "nobody told it"
    scenario.guest_list.send_off(scenario.meeting)
    scenario.send()
    (told,) = scenario.contacts.traces(kenya.id).coming
    assert (told.title, told.starts) == ("Group of Friends of Neutrality", "2026-12-11T10:00")
    scenario.contacts.remove_contact(kenya.id)
    assert scenario.contacts.traces(kenya.id).coming == [told], "until the cancellation has left"
    assert scenario.told() == [("KEN", "CANCEL", 1)]
    assert scenario.contacts.traces(kenya.id).coming == []
    assert scenario.contacts.erase_contact(kenya.id)


def test_what_is_over_is_no_hindrance(erasing: Erased) -> None:
    erasing.settle("sent")
    assert len(erasing.scenario.contacts.traces(erasing.kenya.id).coming) == 1
    erasing.scenario.wait(30 * DAY)
    assert erasing.scenario.contacts.traces(erasing.kenya.id).coming == []


# ----------------------------------------------------------------------------------------------------- what comes in


def test_what_comes_in_later_is_foreign_and_leaves_no_trace(erasing: Erased) -> None:
    scenario, sent = erasing.scenario, erasing.last.delivery
    erasing.settle("sent")
    erasing.erase()
    late = erasing.reply(stamp=scenario.clock.now, comment=COMMENT, delegated_to=LATER)
    assert scenario.replies.answer_from_reply(late, message_ids=[sent.message_id], sender=LATER) == "foreign"
    assert scenario.replies.answer_from_reply(late, contact_known=erasing.kenya, sender=LATER) == "same"
    ids = [erasing.first.delivery.message_id, sent.message_id]
    assert scenario.meetings.database.read(lambda c: deliveries.by_message_id(c, ids)) == [], "nothing comes back to it"
    assert found(everything(scenario.meetings.database)) == []


ACTS: dict[str, Callable[[Erased], object]] = {
    "saved": lambda one: one.scenario.contacts.put_contact(one.kenya),
    "removed": lambda one: one.scenario.contacts.remove_contact(one.kenya.id),
    "answered": lambda one: one.scenario.replies.answer(
        one.scenario.meeting, one.kenya.id, "declined", substitute=SUBSTITUTE
    ),
    "taken off": lambda one: one.scenario.guest_list.take_off(one.scenario.meeting, one.kenya.id),
    "put on a list": lambda one: one.scenario.guest_list.put_on_list(one.scenario.meeting, [one.kenya]),
    "subscribed": lambda one: one.scenario.calendar_files.make_feed(one.kenya.id, "en", behind=one.grant),
}


@pytest.mark.parametrize("act", ACTS)
def test_who_still_has_it_before_them_cannot_bring_it_back(act: str, erasing: Erased) -> None:
    erasing.erase()
    with pytest.raises(Refused):
        ACTS[act](erasing)
    assert found(everything(erasing.scenario.meetings.database)) == []


def test_who_removes_it_while_it_is_erased_does_not_bring_it_back(erasing: Erased) -> None:
    begun = list[Grant]()

    def somebody_else_erases_it(grant: Grant) -> None:
        begun.append(grant)
        if len(begun) == 1:
            erasing.erase()

    erasing.scenario.links.on_revoke(somebody_else_erases_it)
    with pytest.raises(Refused):
        erasing.scenario.contacts.remove_contact(erasing.kenya.id)
    assert begun and found(everything(erasing.scenario.meetings.database)) == []


def test_erased_twice_it_is_erased_once(erasing: Erased) -> None:
    assert erasing.erase()
    before = everything(erasing.scenario.meetings.database)
    erasing.scenario.wait()
    assert not erasing.erase()
    assert everything(erasing.scenario.meetings.database) == before
    with pytest.raises(Refused, match=r"people\.no_such_contact"):
        erasing.scenario.contacts.erase_contact("0" * 16)


def test_the_same_address_again_is_another_contact(erasing: Erased) -> None:
    scenario = erasing.scenario
    erasing.settle("sent")
    erasing.erase()
    again: Contact = scenario.contact("KEN", address=LATER)
    assert again.id != erasing.kenya.id
    scenario.invite(again)
    letter = next(each for each in scenario.send() if each.contact.id == again.id)
    assert letter.before is None and letter.delivery.sequence == 0, "as if it had never been invited"
    assert scenario.guest_list.invitation(scenario.meeting, again.id).answer == "none"


# ------------------------------------------------------------------------------------------------------- databases


def test_on_postgresql_the_tables_are_vacuumed_in_which_something_is_erased(database: Database) -> None:
    """All that `erase` writes to; what a dump shows is what the rows show."""
    written = {"contacts", "invitations", "replies", "deliveries", "feeds", "fetches", "grants"}
    assert written <= set(ERASABLE.split(", ")) <= set(tables.metadata.tables)
    seen = list[str]()
    sa.event.listen(database.engine, "before_cursor_execute", lambda c, k, statement, *_: seen.append(statement))
    database.scrub()
    assert database.embedded or f"VACUUM {ERASABLE}" in seen


def test_no_letter_of_another_meeting_is_held_back(erasing: Erased) -> None:
    scenario = erasing.scenario
    other = scenario.schedule()
    scenario.invite(erasing.uganda, meeting=other)
    erasing.erase()
    assert [row.contact.code for row in scenario.send()] == ["UGA"]
    assert scenario.meetings.database.read(lambda c: deliveries.of_contact(c, erasing.kenya.id)) == []


@pytest.mark.postgres
def test_no_dump_of_postgresql_holds_it_and_no_file_of_a_table(
    postgres: Any, opened: Callable[..., Database], clock: Clock
) -> None:
    url = postgres.migrated()
    erasing = Erased(BodyScenario(opened(url, 20.0), clock))
    program = shutil.which("pg_dump") or str(postgres.programs / "pg_dump")

    def dumped() -> str:
        done = subprocess.run([program, url.replace("+psycopg", "")], capture_output=True, check=True)
        return done.stdout.decode()

    def guessed(connection: sa.Connection) -> str:
        """What the planner of queries remembers of the values of columns."""
        return repr(connection.exec_driver_sql("SELECT * FROM pg_stats WHERE schemaname = 'public'").all())

    database = erasing.scenario.meetings.database
    scenario = erasing.scenario  # a table that is empty afterwards keeps what it knew of columns
    scenario.replies.answer(scenario.meeting, erasing.uganda.id, "accepted")
    calendar = scenario.calendar_files.body_file(scenario.body.id)
    assert calendar is not None
    scenario.calendar_files.fetched(calendar, "A calendar")
    scenario.feed(erasing.uganda)
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    assert len(found(dumped())) == 6 and found(database.read(guessed))
    erasing.erase()
    assert found(dumped()) == [] == found(database.read(guessed))
    with database.engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql(f"VACUUM FULL {ERASABLE}, pg_statistic")  # for whoever must not wait
        connection.exec_driver_sql("CHECKPOINT")
        own = connection.exec_driver_sql("SELECT oid FROM pg_database WHERE datname = current_database()").scalar_one()
    parts = list((postgres.folder / "data" / "base" / str(own)).iterdir())
    assert len(parts) > 100 and found("".join(part.read_bytes().decode("latin-1") for part in parts)) == []
