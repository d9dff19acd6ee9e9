"""The sender: what is sent to whom, once; servers that are down, slow or choosy; what is undone in time."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from meetingsvc.config import LANGUAGES
from meetingsvc.store.bodies import SeriesRow
from tests.calendar.check import assert_clean, assert_mail_clean
from tests.mail.letterbox import Letterbox, calendar, found
from tests.store.test_erasing import everything
from tests.support.mail_scenario import MINUTE, OURS, STATES, MailScenario

HOUR = 60 * MINUTE


# ----------------------------------------------------------------------------------------------------- who gets what


def test_an_invitation_an_update_and_a_cancellation_reach_25_attendees_in_six_languages(
    scenario: MailScenario, box: Letterbox
) -> None:
    meeting = scenario.send_off(25)
    sent = []
    for act in (
        None,
        lambda: scenario.move(meeting, "15:00", "18:00"),
        lambda: scenario.act(meeting, "meeting.cancel"),
    ):
        if act:
            act()
            scenario.rest()
        done = scenario.mail_sender.round()
        assert (done.planned, done.sent, done.put_off, done.failed) == (25, 25, 0, 0)
        sent.append({row.recipient: row for row in box.taken})
        box.taken.clear()
    addresses = {f"canary-{code.lower()}@missions.example" for code in STATES}
    for mails in sent:
        assert set(mails) == addresses and {row.sender for row in mails.values()} == {OURS}
    for address in addresses:
        three = [mails[address] for mails in sent]
        assert [found(r"^METHOD:(\w+)", mail) for mail in three] == ["REQUEST", "REQUEST", "CANCEL"]
        assert [int(found(r"^SEQUENCE:(\d+)", mail)) for mail in three] == [0, 1, 2]
        assert len({found(r"^UID:(.+)$", mail) for mail in three}) == 1
        assert found(r"^DTSTART;TZID=Asia/Ashgabat:(\d+T\d+)", three[1]) == "20261211T150000"
        assert three[1].mail["In-Reply-To"] == three[0].id and three[2].mail["In-Reply-To"] == three[1].id
    assert len({mail.id for mails in sent for mail in mails.values()}) == 75
    assert scenario.states(meeting) == {"sent": 75}


def test_every_mail_is_clean_and_in_its_readers_language(scenario: MailScenario, box: Letterbox) -> None:
    meeting = scenario.send_off(6)
    scenario.mail_sender.round()
    scenario.move(meeting, "15:00", "18:00", room="Hall B")
    scenario.rest()
    scenario.mail_sender.round()
    assert len(box.taken) == 12
    openings = set()
    for mail in box.taken:
        assert_mail_clean(mail.raw)
        openings.add(mail.body("text/plain").split("\n")[0])
    assert {mail.mail["Content-Language"] for mail in box.taken} == set(LANGUAGES), "catalogues are missing"
    assert len(openings) == 12


def test_updates_and_cancellations_follow_what_was_sent_before(scenario: MailScenario, box: Letterbox) -> None:
    meeting = scenario.send_off(1)
    scenario.mail_sender.round()
    for act in (lambda: scenario.move(meeting, "15:00", "18:00"), lambda: scenario.act(meeting, "meeting.cancel")):
        act()
        scenario.rest()
        scenario.mail_sender.round()
    files = [mail.body("text/calendar").encode() for mail in box.taken]
    for earlier, later in pairwise(files):
        assert_clean(later, profile="invite", previous=earlier)


def test_no_address_or_name_of_one_stands_in_the_mail_of_another(scenario: MailScenario, box: Letterbox) -> None:
    meeting = scenario.send_off(25)
    scenario.mail_sender.round()
    scenario.act(meeting, "meeting.cancel")
    scenario.rest()
    scenario.mail_sender.round()
    assert len(box.taken) == 50
    links: dict[str, set[str]] = {}
    for mail in box.taken:
        own = mail.recipient.split("@")[0].removeprefix("canary-").upper()
        everything = [part.get_payload(decode=True) or b"" for part in mail.mail.walk() if not part.is_multipart()]
        headers = "".join(f"{name}: {value}\n" for name, value in mail.mail.items())
        text = b"\n".join([mail.raw, *everything]).decode("utf-8", "replace") + headers
        text = re.sub(r"=\r?\n|\r?\n ", "", text)
        seen = {code for code in STATES if re.search(f"canary-name-{code}|canary-{code}", text, re.IGNORECASE)}
        assert seen == {own}
        links.setdefault(mail.recipient, set()).update(re.findall(r"/join/([\w-]+)", text))
    assert all(len(own) == 1 for own in links.values())
    assert len(set.union(*links.values())) == 25


def test_a_series_is_told_once_and_then_what_differs(scenario: MailScenario, box: Letterbox) -> None:
    body = scenario.body()
    scenario.invite(body, 2)
    days = ("2026-12-11", "2026-12-18", "2026-12-25")
    scenario.invitations.contacts.put_series(
        SeriesRow(
            "the-series",
            body,
            {"en": "Weekly briefing"},
            f"{days[0]}T10:00",
            f"{days[0]}T11:00",
            "Asia/Ashgabat",
            "WEEKLY",
            1,
            3,
            [],
            "Hall A",
            "https://video.example/floor",
            [],
        )
    )
    meetings = []
    for day in days:
        times = {"starts": f"{day}T10:00", "ends": f"{day}T11:00"}
        made = scenario.schedule(
            body, title="Weekly briefing", sessions=[times], series="the-series", recurs=times["starts"]
        )
        scenario.invitations.guest_list.everybody_of_body(made)
        meetings.append(made)
    for meeting in meetings:
        scenario.invitations.guest_list.send_off(meeting)
    scenario.rest()
    scenario.mail_sender.round()
    master = {mail.recipient: mail for mail in box.taken}
    assert len(box.taken) == len(master) == 2
    assert all("RRULE:FREQ=WEEKLY" in calendar(mail) for mail in master.values())
    box.taken.clear()
    scenario.act(
        meetings[1],
        "meeting.reschedule",
        session=scenario.session(meetings[1]),
        starts=f"{days[1]}T12:00",
        ends=f"{days[1]}T13:00",
    )
    scenario.rest()
    scenario.mail_sender.round()
    assert len(box.taken) == 2
    for mail in box.taken:
        assert_mail_clean(mail.raw)
        assert found(r"^UID:(.+)\r?$", mail).strip() == "the-series"
        assert "RECURRENCE-ID;TZID=Asia/Ashgabat:20261218T100000" in calendar(mail)
        assert mail.mail["In-Reply-To"] == master[mail.recipient].id
    for mail in master.values():
        assert_mail_clean(mail.raw)


def test_who_is_taken_off_is_told_and_nobody_else(scenario: MailScenario, box: Letterbox) -> None:
    meeting = scenario.send_off(3)
    scenario.mail_sender.round()
    box.taken.clear()
    gone = scenario.invitations.guest_list.on_list(meeting)[0]
    scenario.invitations.guest_list.take_off(meeting, gone.contact.id)
    scenario.rest()
    scenario.mail_sender.round()
    (mail,) = box.taken
    assert mail.recipient == gone.contact.address
    assert found(r"^METHOD:(\w+)", mail) == "CANCEL" and "STATUS:" not in calendar(mail)
    assert_mail_clean(mail.raw, profile=None)


def test_what_is_undone_within_the_grace_sends_nothing(scenario: MailScenario, box: Letterbox) -> None:
    meeting = scenario.send_off(3)
    scenario.mail_sender.round()
    box.taken.clear()
    scenario.move(meeting, "15:00", "18:00")
    scenario.clock.now += 30_000
    assert scenario.mail_sender.round().planned == 0
    scenario.undo(meeting)
    scenario.rest()
    done = scenario.mail_sender.round()
    assert (done.planned, done.sent) == (0, 0) and not box.taken


def test_the_grace_may_be_shorter(tmp_path: Path, box: Letterbox) -> None:
    scenario = MailScenario(tmp_path, SMTP_URL=box.url, GRACE_S="1")
    meeting = scenario.send_off(1)
    scenario.mail_sender.round()
    scenario.move(meeting, "15:00", "18:00")
    scenario.clock.now += 999
    assert scenario.mail_sender.round().sent == 0
    scenario.clock.now += 1
    assert scenario.mail_sender.round().sent == 1
    scenario.close()


def test_a_change_of_the_title_sends_nothing(scenario: MailScenario, box: Letterbox) -> None:
    meeting = scenario.send_off(2)
    scenario.mail_sender.round()
    box.taken.clear()
    scenario.act(meeting, "meeting.retitle", title="Another title")
    scenario.rest()
    assert scenario.mail_sender.round().sent == 0 and not box.taken


# ----------------------------------------------------------------------------------------------------------- erased


def test_of_a_contact_that_is_erased_nothing_is_sent_kept_or_logged(
    scenario: MailScenario, box: Letterbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    meeting = scenario.send_off(3)
    addresses = {row.contact.id: str(row.contact.address) for row in scenario.invitations.guest_list.on_list(meeting)}
    refused, waits = gone = list(addresses)[:2]
    box.refuses = {
        addresses[refused]: f"550 5.1.1 no mailbox {addresses[refused]}",
        addresses[waits]: f"450 4.2.1 later, {addresses[waits]}",
    }
    scenario.mail_sender.round()
    held = everything(scenario.meetings.database)
    assert all(addresses[id] in held for id in gone) and scenario.states(meeting) == {
        "failed": 1,
        "waiting": 1,
        "sent": 1,
    }
    for id in gone:
        assert scenario.invitations.contacts.erase_contact(id)
    box.refuses.clear()
    box.taken.clear()
    scenario.move(meeting, "15:00", "18:00")
    scenario.rest(60)
    scenario.mail_sender.round()
    assert [row.recipient for row in box.taken] == [at for id, at in addresses.items() if id not in gone]
    scenario.act(meeting, "meeting.cancel")
    scenario.rest(60)
    assert scenario.mail_sender.round().faults == []
    ours = [row.getMessage() for row in caplog.records if row.name.startswith("meetingsvc")]
    held = everything(scenario.meetings.database) + repr(ours) + repr(scenario.mail_sender.status())
    assert not [id for id in gone if addresses[id] in held]
