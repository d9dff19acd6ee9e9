"""The list of a meeting: nothing is sent before Send, and afterwards it shows what became of everything."""

from __future__ import annotations

import re

from flask import Flask

from meetingsvc.calendars.reading.replies import read_replies
from meetingsvc.store import deliveries
from tests.support.browser import Browser, said
from tests.web.secretariat import BodyPages, Secretariat, answer_file, send


def test_nothing_is_sent_before_send_is_pressed_and_then_only_to_those_chosen(secretariat: Secretariat) -> None:
    words = secretariat.words("invitations")
    assert "3 on the list were not invited yet." in words and "Not invited yet" in words
    looked = secretariat.send("invitations", do="look", sample=secretariat.office.contacts[0].id)
    text = said(looked.text)
    assert "2 will be invited." in text and "1 has no address: file and link only." in text
    assert "Invitation: Group of Friends" in text and "ken@missions.example" in text
    assert {row.invited_at for row in secretariat.services.invitations.guest_list.on_list(secretariat.meeting)} == {
        None
    }
    none = secretariat.send("invitations", do="send")
    assert none.status_code == 422 and "Nobody is chosen" in said(none.text)
    kenya = secretariat.office.contacts[0].id
    sent = secretariat.send("invitations", do="send", contact=[kenya])
    assert sent.status_code == 303
    invited = [
        row.contact.id
        for row in secretariat.services.invitations.guest_list.on_list(secretariat.meeting)
        if row.invited_at
    ]
    assert invited == [kenya]
    assert "they leave within a minute" in said(secretariat.browser.get(sent.headers["Location"]).text)


def test_without_a_mail_server_or_an_organizer_the_page_says_so(app: Flask) -> None:
    secretariat = Secretariat(BodyPages(app, address=None))
    assert "No mail server is set up" in secretariat.words("invitations")
    assert "No mailbox is set up" in secretariat.words("invitations")
    page = secretariat.send("invitations", do="send", contact=[secretariat.office.contacts[0].id])
    assert page.status_code == 422 and {
        row.invited_at for row in secretariat.services.invitations.guest_list.on_list(secretariat.meeting)
    } == {None}


def test_people_are_put_on_the_list_placed_and_taken_off(secretariat: Secretariat) -> None:
    kenya = secretariat.office.contacts[0].id
    page = f"invitations/{kenya}"
    assert secretariat.send(page, do="place", mode="in_room", part="observer").status_code == 303
    row = secretariat.office.invited(secretariat.meeting)
    assert (row.mode, row.part) == ("in_room", "observer")
    link = secretariat.services.invitations.guest_list.personal_link(row)
    assert link is not None and link in secretariat.browser.get(secretariat.page(page)).text
    assert link not in secretariat.browser.get(secretariat.page("invitations")).text, (
        "the list of all shows nobody's link"
    )
    assert secretariat.send(page, do="off").status_code == 303
    assert secretariat.browser.get(secretariat.page(page)).status_code == 404
    assert Browser(secretariat.office.app).get(f"/join/{link.rpartition('/')[2]}").status_code == 410
    assert secretariat.send("invitations", do="add", contact=kenya).status_code == 303
    stranger = BodyPages(secretariat.office.app).contacts[0].id
    assert secretariat.send("invitations", do="add", contact=stranger).status_code == 422
    assert secretariat.send("invitations", do="everybody").status_code == 303
    assert len(secretariat.services.invitations.guest_list.on_list(secretariat.meeting)) == 3


def test_totals_count_who_comes_and_from_where(secretariat: Secretariat) -> None:
    replies = secretariat.services.invitations.replies
    ids = [row.id for row in secretariat.office.contacts]
    replies.answer(secretariat.meeting, ids[0], "accepted", mode="remote", mark="a")
    replies.answer(secretariat.meeting, ids[1], "declined", substitute="The Deputy", comment="Abroad", mark="b")
    words = secretariat.words("invitations")
    assert "0 come to the room 1 come remotely 0 undecided 1 do not come 1 no answer" in words
    assert "Instead: The Deputy · Abroad" in words


def test_an_answer_by_telephone_is_written_down(secretariat: Secretariat) -> None:
    page = f"invitations/{secretariat.office.contacts[2].id}"
    empty = secretariat.send(page, do="answer", answer="none")
    assert empty.status_code == 422 and "No answer is chosen" in said(empty.text)
    assert secretariat.send(page, do="answer", answer="tentative", comment="Will call").status_code == 303
    row = secretariat.office.invited(secretariat.meeting, "CUB")
    assert (row.answer, row.comment, row.answered_via) == ("tentative", "Will call", "office")


def test_a_reply_that_nobody_proved_waits_for_the_secretariat(secretariat: Secretariat) -> None:
    (reply,) = read_replies(answer_file(secretariat.row.uid, "kaz@missions.example"))
    assert (
        secretariat.services.invitations.replies.answer_from_reply(reply, sender="kaz@missions.example") == "unproved"
    )
    words = secretariat.words("invitations")
    assert "1 answer waits for you" in words and "Permanent Mission of Kazakhstan : Comes" in words
    number = re.search(r'name="reply" value="(\d+)"', secretariat.browser.get(secretariat.page("invitations")).text)
    assert number
    assert secretariat.office.invited(secretariat.meeting, "KAZ").answer == "none"
    assert secretariat.send("invitations", do="take", reply=number[1]).status_code == 303
    assert secretariat.office.invited(secretariat.meeting, "KAZ").answer == "accepted"
    assert "waits for you" not in secretariat.words("invitations")


def test_an_answer_in_a_file_counts_on_ones_own_page_for_oneself_alone(secretariat: Secretariat) -> None:
    guest, address = secretariat.office.guest(secretariat.meeting)
    theirs = answer_file(secretariat.row.uid, "kaz@missions.example")
    page = send(guest, address, file=theirs, do="reply_file")
    assert page.status_code == 422 and "this page is another one" in said(page.text)
    assert secretariat.office.invited(secretariat.meeting, "KAZ").answer == "none"
    mine = send(
        guest, address, file=answer_file(secretariat.row.uid, "KEN@missions.example", "DECLINED"), do="reply_file"
    )
    assert mine.status_code == 200 and "The answer counts." in said(mine.text)
    assert secretariat.office.invited(secretariat.meeting).answer == "declined"
    foreign = send(guest, address, file=answer_file("unknown", "ken@missions.example"), do="reply_file")
    assert "It changes nothing." in said(foreign.text)
    for junk in (b"", b"<html>", b"\x00", b"x" * 400_000):
        assert send(guest, address, file=junk, do="reply_file").status_code == 422
    staff = secretariat.send(
        "invitations", file=answer_file(secretariat.row.uid, "kaz@missions.example"), do="reply_file"
    )
    assert staff.status_code == 200 and secretariat.office.invited(secretariat.meeting, "KAZ").answer == "accepted"
    nobody = secretariat.send("invitations", file=answer_file(secretariat.row.uid, "x@y.example"), do="reply_file")
    assert nobody.status_code == 422 and "is not on the list" in said(nobody.text)


def test_a_page_of_one_meeting_takes_no_answers_to_another(secretariat: Secretariat) -> None:
    other = secretariat.office.meeting()
    row = secretariat.services.meetings.meeting_row(other)
    assert row is not None
    guest, address = secretariat.office.guest(secretariat.meeting)
    theirs = answer_file(row.uid, "ken@missions.example", "DECLINED")
    assert "It changes nothing." in said(send(guest, address, file=theirs, do="reply_file").text)
    theirs = answer_file(row.uid, "ken@missions.example", "ACCEPTED")
    assert "It changes nothing." in said(secretariat.send("invitations", file=theirs, do="reply_file").text)
    assert secretariat.office.invited(other).answer == "none"


def test_letters_that_did_not_arrive_are_sent_again(secretariat: Secretariat) -> None:
    secretariat.everybody_is_invited()
    now = secretariat.services.meetings.clock() + 100_000
    secretariat.services.invitations.planner.plan_due(now)
    database, kenya = secretariat.services.meetings.database, secretariat.office.contacts[0].id
    (mail,) = [
        row for row in database.read(lambda c: deliveries.of_meeting(c, secretariat.meeting)) if row.contact == kenya
    ]
    database.write(lambda c: deliveries.settle(c, mail.id, state="failed", fault="550 canary <b>unknown</b>"))
    page = secretariat.browser.get(secretariat.page(f"invitations/{kenya}"))
    assert "Failed: 550 canary &lt;b&gt;unknown" in page.text and "Send it again" in said(page.text)
    assert secretariat.send(f"invitations/{kenya}", do="again").status_code == 303
    secretariat.services.invitations.planner.plan_due(now + 200_000)
    states = [
        row.state
        for row in database.read(lambda c: deliveries.of_meeting(c, secretariat.meeting))
        if row.contact == kenya
    ]
    assert states == ["superseded", "waiting"]


def test_a_meeting_that_is_over_says_why_nothing_is_sent(office: BodyPages) -> None:
    secretariat = Secretariat(office, sessions=[{"starts": "2020-12-10T10:00", "ends": "2020-12-10T13:00"}])
    assert "All sessions of this meeting are over" in said(secretariat.send("invitations", do="look").text)
