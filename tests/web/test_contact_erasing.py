"""The page on which the secretariat erases a contact: what it shows before, the second press that does it, and then."""

from __future__ import annotations

import re

import pytest

from meetingsvc.config import LANGUAGES
from meetingsvc.store import deliveries
from tests.support.browser import Browser, form_token, said
from tests.web.secretariat import BodyPages, Secretariat, send

ADDRESS = "ken@missions.example"


@pytest.fixture
def page(secretariat: Secretariat) -> str:
    """The page of a contact that was invited and answered, and whose letter came back."""
    kenya = secretariat.office.contacts[0]
    guest, address = secretariat.office.guest(secretariat.meeting)
    answer = {"answer": "declined", "substitute": "canary-substitute", "comment": "canary-comment"}
    assert send(guest, address, do="answer", once="first", **answer).status_code == 303
    send(guest, address, do="feed", once=f"seen {kenya.id}", language="en", alarm="0")
    secretariat.everybody_is_invited()
    sent(secretariat, state="bounced", fault="550 canary-fault")
    return f"people/{kenya.id}/erase"


def sent(secretariat: Secretariat, **values: object) -> None:
    """What is due is planned, and what became of the letter to Kenya is written down."""
    ours, kenya = secretariat.services, secretariat.office.contacts[0].id
    ours.invitations.planner.plan_due(ours.meetings.clock() + 100_000)
    (mail,) = [
        row
        for row in ours.meetings.database.read(lambda c: deliveries.of_contact(c, kenya))
        if row.meeting == secretariat.meeting and row.state == "waiting"
    ]
    ours.meetings.database.write(lambda c: deliveries.settle(c, mail.id, **values))


def names(secretariat: Secretariat) -> list[str]:
    return [row.name for row in secretariat.services.invitations.contacts.contacts_of(secretariat.office.body.id)]


# ------------------------------------------------------------------------------------------------------ who may open


def test_only_the_secretariat_of_its_body_opens_it(page: str, secretariat: Secretariat) -> None:
    office, path = secretariat.office, secretariat.office.path(page)
    other = BodyPages(office.app)
    staff = Browser(office.app)
    staff.claim(secretariat.services.links.make(secretariat.meeting, "secretary")[1])
    guest, _ = office.guest(secretariat.meeting, "KAZ")
    for browser in (Browser(office.app), staff, guest, other.browser):
        assert browser.get(f"{path}?as=1").status_code == 403
        for do in ("erase", "remove"):
            assert browser.post(f"{path}?as=1", data={"do": do, "form": "0" * 64}).status_code == 403
    assert other.get(page).status_code == 404, "a contact of another body is not there"
    assert other.browser.post(f"{other.path(page)}?as=1", data={"do": "erase"}).status_code in (403, 404)
    assert office.browser.post(f"{path}?as=1", data={"do": "erase", "form": "0" * 64}).status_code == 403
    assert "Permanent Mission of Kenya" in names(secretariat)


@pytest.mark.parametrize("contact", ["0" * 16, "x", "..%2F..", "0" * 15])
def test_what_is_not_there_is_not_found(contact: str, office: BodyPages) -> None:
    assert office.get(f"people/{contact}/erase").status_code == 404


# ------------------------------------------------------------------------------------------------------------- erased


def test_all_of_it_is_shown_and_nothing_is_erased_by_looking(page: str, secretariat: Secretariat) -> None:
    office = secretariat.office
    way = re.search(r'href="([^"]+/erase[^"]*)"', office.get(page.removesuffix("/erase")).text)
    assert way and way[1].startswith(office.path(page)), "the contact's own page leads to it"
    words = said(office.get(page).text)
    for text in (
        "Will be gone Permanent Mission of Kenya ken@missions.example Kenya · Member · English",
        "Instead: canary-substitute · canary-comment",
        "Personal links that stop working at once: 1",
        "Calendar addresses that stop working at once: made ",
        "What is written down of mails: 1",
        "What a mail server said: 550 canary-fault",
        "Somebody without a name, invited to: Group of Friends · Does not come",
        "Letters that were sent",
        "There is no Undo for this.",
        "Erase for good",
    ):
        assert text in words, (text, words)
    assert "Still in their calendar" not in words, "its letter came back"
    assert "Permanent Mission of Kenya" in names(secretariat)


def test_the_second_press_erases_it_and_the_meeting_counts_on(page: str, secretariat: Secretariat) -> None:
    office = secretariat.office
    guest, address = office.guest(secretariat.meeting)
    before = secretariat.words("invitations")
    assert "1 do not come" in before
    unread = office.post(page, do="erase")
    assert unread.status_code == 422 and "I have read what will be gone." in said(unread.text)
    assert "Permanent Mission of Kenya" in names(secretariat)
    done = office.post(page, do="erase", read="1")
    assert done.status_code == 303
    assert "The contact is erased." in said(office.browser.get(done.headers["Location"]).text)
    assert guest.get(address).status_code == 410, "its link is dead"
    listed = secretariat.browser.get(secretariat.page("invitations")).text
    assert "1 do not come" in said(listed) and "Erased contacts, counted without their names: 1" in said(listed)
    assert "On the list 2" in said(listed) and office.contacts[0].id not in listed
    assert secretariat.browser.get(secretariat.page(f"invitations/{office.contacts[0].id}")).status_code == 404
    for where in (office.get("people"), office.get(page), office.get(), secretariat.browser.get("/")):
        assert not re.search(rf"canary-(substitute|comment|fault)|{ADDRESS}", where.text)
    assert "Permanent Mission of Kenya" not in listed and "Permanent Mission of Kenya" not in names(secretariat)


def test_two_windows_back_and_what_is_erased_already_are_no_dead_end(page: str, secretariat: Secretariat) -> None:
    office, edit = secretariat.office, page.removesuffix("/erase")
    here = f"{office.path(page)}?as=1"
    token, saving = form_token(office.get(page), office.path(page)), form_token(office.get(edit), office.path(edit))
    first = office.browser.post(here, data={"do": "erase", "form": token, "read": "1"})
    for do in ("erase", "remove"):
        again = office.browser.post(here, data={"do": do, "form": token, "read": "1"})
        assert again.status_code == 303
    assert "The contact is erased." in said(office.browser.get(first.headers["Location"]).text)
    shown = said(office.get(page).text)
    assert "This contact was erased already." in shown and "Members and contacts" in shown
    assert office.get(edit).headers["Location"].endswith("/erase?as=1"), "Back leads to what became of it"
    given = {"form": saving, "name": "Mission of Kenya", "address": ADDRESS, "language": "en"}
    for form in (given, {"form": saving, "do": "remove"}, {"form": saving, "do": "feed", "feed": "x"}):
        saved = office.browser.post(f"{office.path(edit)}?as=1", data=form)
        assert saved.status_code == 303 and saved.headers["Location"].endswith("/erase?as=1")
    assert ADDRESS not in office.get("people").text


def test_one_that_was_removed_is_listed_until_it_is_erased(page: str, secretariat: Secretariat) -> None:
    office = secretariat.office
    assert "Removed contacts" not in said(office.get("people").text)
    office.post(page.removesuffix("/erase"), do="remove")
    listed = office.get("people").text
    assert "Removed contacts 1" in said(listed) and office.path(page) in listed
    assert "Will be gone Permanent Mission of Kenya" in said(office.get(page).text)
    assert office.post(page, do="erase", read="1").status_code == 303
    assert "Removed contacts" not in said(office.get("people").text)


# -------------------------------------------------------------------------------------------------------------- mails


def test_who_would_keep_the_meeting_in_their_calendar_can_be_told_first(secretariat: Secretariat) -> None:
    office, page = secretariat.office, f"people/{secretariat.office.contacts[0].id}/erase"
    secretariat.everybody_is_invited()
    sent(secretariat, state="sent", sent_at=1)
    words = said(office.get(page).text)
    assert "Still in their calendar Group of Friends · Friday, 10 December 2027, 10:00" in words
    assert "no cancellation can be sent any more" in words and "Erase for good, without a cancellation" in words
    done = office.post(page, do="remove")
    words = said(office.browser.get(done.headers["Location"]).text)
    assert "Removed." in words and "The cancellation has not left yet." in words and "Remove it first" not in words
    sent(secretariat, state="sent", sent_at=2)
    words = said(office.get(page).text)
    assert "Still in their calendar" not in words and "without a cancellation" not in words
    assert office.post(page, do="erase", read="1").status_code == 303


def test_while_a_letter_is_on_its_way_it_is_refused_in_a_sentence(page: str, secretariat: Secretariat) -> None:
    ours, kenya = secretariat.services, secretariat.office.contacts[0].id
    (mail,) = ours.meetings.database.read(lambda c: deliveries.of_contact(c, kenya))
    later = ours.meetings.clock() + 60_000
    ours.meetings.database.write(lambda c: deliveries.settle(c, mail.id, state="waiting", claimed_until=later))
    answer = secretariat.office.post(page, do="erase", read="1")
    assert answer.status_code == 422
    assert "A mail to this contact is just being sent. Nothing was erased." in said(answer.text)
    assert "canary-comment" in answer.text and "Permanent Mission of Kenya" in names(secretariat)


def test_the_same_address_pasted_again_is_a_new_contact(page: str, secretariat: Secretariat) -> None:
    office = secretariat.office
    office.post(page, do="erase", read="1")
    office.post("people", do="paste", lines=f"Permanent Mission of Kenya <{ADDRESS}>, KEN")
    row = next(
        each for each in office.services.invitations.contacts.contacts_of(office.body.id) if each.address == ADDRESS
    )
    assert row.id != office.contacts[0].id
    assert secretariat.send("invitations", do="add", contact=row.id).status_code == 303
    assert office.invited(secretariat.meeting).answer == "none"
    message = office.services.invitations.planner.sample(secretariat.meeting, row.id)
    assert message is not None and message.before is None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_language_has_its_words(lang: str, page: str, secretariat: Secretariat) -> None:
    office = secretariat.office
    try:
        shown = office.browser.get(f"{office.path(page)}?as=1&lang={lang}")
        assert shown.status_code == 200 and f'lang="{lang}"' in shown.text
        assert ("What is not reached" in said(shown.text)) == (lang == "en")
        office.post(page, do="erase", read="1")
        shown = office.browser.get(f"{office.path(page)}?as=1&lang={lang}")
        assert ("erased already" in said(shown.text)) == (lang == "en")
    finally:
        office.browser.get(f"{office.path('people')}?as=1&lang=en")
