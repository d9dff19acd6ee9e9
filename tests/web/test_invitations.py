"""The list of a meeting: nothing is sent before Send, and afterwards it shows what became of everything."""

from __future__ import annotations

import re

from flask import Flask

from meetingsvc.calendars.reading.replies import read_replies
from meetingsvc.store import deliveries
from tests.web.secretariat import Desk, Office, answer_file, send
from tests.web.town import Browser, said


def test_nothing_is_sent_before_send_is_pressed_and_then_only_to_those_chosen(desk: Desk) -> None:
    words = desk.words("invitations")
    assert "3 on the list were not invited yet." in words and "Not invited yet" in words
    looked = desk.send("invitations", do="look", sample=desk.office.contacts[0].id)
    text = said(looked.text)
    assert "2 will be invited." in text and "1 has no address: file and link only." in text
    assert "Invitation: Group of Friends" in text and "ken@missions.example" in text
    assert {row.invited_at for row in desk.house.people.on_list(desk.meeting)} == {None}
    none = desk.send("invitations", do="send")
    assert none.status_code == 422 and "Nobody is chosen" in said(none.text)
    kenya = desk.office.contacts[0].id
    sent = desk.send("invitations", do="send", contact=[kenya])
    assert sent.status_code == 303
    invited = [row.contact.id for row in desk.house.people.on_list(desk.meeting) if row.invited_at]
    assert invited == [kenya]
    assert "they leave within a minute" in said(desk.browser.get(sent.headers["Location"]).text)


def test_without_a_mail_server_or_an_organizer_the_page_says_so(app: Flask) -> None:
    desk = Desk(Office(app, address=None))
    assert "No mail server is set up" in desk.words("invitations")
    assert "No mailbox is set up" in desk.words("invitations")
    page = desk.send("invitations", do="send", contact=[desk.office.contacts[0].id])
    assert page.status_code == 422 and {row.invited_at for row in desk.house.people.on_list(desk.meeting)} == {None}


def test_people_are_put_on_the_list_placed_and_taken_off(desk: Desk) -> None:
    kenya = desk.office.contacts[0].id
    page = f"invitations/{kenya}"
    assert desk.send(page, do="place", mode="in_room", part="observer").status_code == 303
    row = desk.office.invited(desk.meeting)
    assert (row.mode, row.part) == ("in_room", "observer")
    link = desk.house.people.personal_link(row)
    assert link is not None and link in desk.browser.get(desk.page(page)).text
    assert link not in desk.browser.get(desk.page("invitations")).text, "the list of all shows nobody's link"
    assert desk.send(page, do="off").status_code == 303
    assert desk.browser.get(desk.page(page)).status_code == 404
    assert Browser(desk.office.app).get(f"/join/{link.rpartition('/')[2]}").status_code == 410
    assert desk.send("invitations", do="add", contact=kenya).status_code == 303
    stranger = Office(desk.office.app).contacts[0].id
    assert desk.send("invitations", do="add", contact=stranger).status_code == 422
    assert desk.send("invitations", do="everybody").status_code == 303
    assert len(desk.house.people.on_list(desk.meeting)) == 3


def test_totals_count_who_comes_and_from_where(desk: Desk) -> None:
    people = desk.house.people
    ids = [row.id for row in desk.office.contacts]
    people.answer(desk.meeting, ids[0], "accepted", mode="remote", mark="a")
    people.answer(desk.meeting, ids[1], "declined", substitute="The Deputy", comment="Abroad", mark="b")
    words = desk.words("invitations")
    assert "0 come to the room 1 come remotely 0 undecided 1 do not come 1 no answer" in words
    assert "Instead: The Deputy · Abroad" in words


def test_an_answer_by_telephone_is_written_down(desk: Desk) -> None:
    page = f"invitations/{desk.office.contacts[2].id}"
    empty = desk.send(page, do="answer", answer="none")
    assert empty.status_code == 422 and "No answer is chosen" in said(empty.text)
    assert desk.send(page, do="answer", answer="tentative", comment="Will call").status_code == 303
    row = desk.office.invited(desk.meeting, "CUB")
    assert (row.answer, row.comment, row.answered_via) == ("tentative", "Will call", "office")


def test_a_reply_that_nobody_proved_waits_for_the_secretariat(desk: Desk) -> None:
    (reply,) = read_replies(answer_file(desk.row.uid, "kaz@missions.example"))
    assert desk.house.people.answer_from_reply(reply, sender="kaz@missions.example") == "unproved"
    words = desk.words("invitations")
    assert "1 answer waits for you" in words and "Permanent Mission of Kazakhstan : Comes" in words
    number = re.search(r'name="reply" value="(\d+)"', desk.browser.get(desk.page("invitations")).text)
    assert number
    assert desk.office.invited(desk.meeting, "KAZ").answer == "none"
    assert desk.send("invitations", do="take", reply=number[1]).status_code == 303
    assert desk.office.invited(desk.meeting, "KAZ").answer == "accepted"
    assert "waits for you" not in desk.words("invitations")


def test_an_answer_in_a_file_counts_on_ones_own_page_for_oneself_alone(desk: Desk) -> None:
    guest, address = desk.office.guest(desk.meeting)
    theirs = answer_file(desk.row.uid, "kaz@missions.example")
    page = send(guest, address, file=theirs, do="reply_file")
    assert page.status_code == 422 and "this page is another one" in said(page.text)
    assert desk.office.invited(desk.meeting, "KAZ").answer == "none"
    mine = send(guest, address, file=answer_file(desk.row.uid, "KEN@missions.example", "DECLINED"), do="reply_file")
    assert mine.status_code == 200 and "The answer counts." in said(mine.text)
    assert desk.office.invited(desk.meeting).answer == "declined"
    foreign = send(guest, address, file=answer_file("unknown", "ken@missions.example"), do="reply_file")
    assert "It changes nothing." in said(foreign.text)
    for junk in (b"", b"<html>", b"\x00", b"x" * 400_000):
        assert send(guest, address, file=junk, do="reply_file").status_code == 422
    staff = desk.send("invitations", file=answer_file(desk.row.uid, "kaz@missions.example"), do="reply_file")
    assert staff.status_code == 200 and desk.office.invited(desk.meeting, "KAZ").answer == "accepted"
    nobody = desk.send("invitations", file=answer_file(desk.row.uid, "x@y.example"), do="reply_file")
    assert nobody.status_code == 422 and "is not on the list" in said(nobody.text)


def test_a_page_of_one_meeting_takes_no_answers_to_another(desk: Desk) -> None:
    other = desk.office.meeting()
    row = desk.house.desk.meeting_row(other)
    assert row is not None
    guest, address = desk.office.guest(desk.meeting)
    theirs = answer_file(row.uid, "ken@missions.example", "DECLINED")
    assert "It changes nothing." in said(send(guest, address, file=theirs, do="reply_file").text)
    theirs = answer_file(row.uid, "ken@missions.example", "ACCEPTED")
    assert "It changes nothing." in said(desk.send("invitations", file=theirs, do="reply_file").text)
    assert desk.office.invited(other).answer == "none"


def test_letters_that_did_not_arrive_are_sent_again(desk: Desk) -> None:
    desk.everybody_is_invited()
    now = desk.house.desk.clock() + 100_000
    desk.house.people.plan_due(now)
    database, kenya = desk.house.desk.database, desk.office.contacts[0].id
    (mail,) = [row for row in database.read(lambda c: deliveries.of_meeting(c, desk.meeting)) if row.contact == kenya]
    database.write(lambda c: deliveries.settle(c, mail.id, state="failed", fault="550 canary <b>unknown</b>"))
    page = desk.browser.get(desk.page(f"invitations/{kenya}"))
    assert "Failed: 550 canary &lt;b&gt;unknown" in page.text and "Send it again" in said(page.text)
    assert desk.send(f"invitations/{kenya}", do="again").status_code == 303
    desk.house.people.plan_due(now + 200_000)
    states = [
        row.state for row in database.read(lambda c: deliveries.of_meeting(c, desk.meeting)) if row.contact == kenya
    ]
    assert states == ["superseded", "waiting"]


def test_a_meeting_that_is_over_says_why_nothing_is_sent(office: Office) -> None:
    desk = Desk(office, sessions=[{"starts": "2020-12-10T10:00", "ends": "2020-12-10T13:00"}])
    assert "All sessions of this meeting are over" in said(desk.send("invitations", do="look").text)
