"""The page of what is erased: who opens it, what it shows before, that the second press does it, what it says."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

import pytest

from meetingsvc.config import LANGUAGES
from meetingsvc.core.roles import AUDIENCES
from meetingsvc.store.contacts import Contact, new_contact_id
from meetingsvc.web.page_parts.erasable import persons_in
from tests.support.browser import Browser, Meeting, said
from tests.web.secretariat import Secretariat, form_token, hidden_values

WORDS = "canary words: Madam <i>Example</i> was unwell"


@pytest.fixture
def erasing(secretariat: Secretariat) -> Secretariat:
    """A meeting with a note, and a speaker whose name is a contact's, a link's, and stands in the note."""
    act(secretariat, "record.note", text=WORDS)
    act(secretariat, "roster.accredit", kind="member", code="KEN", speaker={"name": "Earlier", "post": "Minister"})
    act(secretariat, "roster.change_person", person=person(secretariat), name="Example")
    contact = Contact(new_contact_id(), "Amina Example", "en", secretariat.office.body.id, address="a@example.org")
    secretariat.services.invitations.contacts.put_contact(contact)
    secretariat.services.links.make(secretariat.meeting, "room", label="Example's screen")
    return secretariat


def act(secretariat: Secretariat, name: str, /, **body: object) -> int:
    meeting = Meeting(secretariat.office.app, secretariat.meeting)
    return meeting.do(name, **body)


def person(secretariat: Secretariat) -> str:
    rows = secretariat.services.meetings.history(secretariat.meeting).state.roster.delegations.values()
    return next(row.person for row in rows if row.person)


def look(secretariat: Secretariat, words: str) -> str:
    """The address that the list gives for looking at one of its rows."""
    page = secretariat.browser.get(secretariat.page("erase")).text
    row = next(row for row in re.findall(r"<li>.*?</li>", page, re.DOTALL) if words in said(row))
    return html.unescape(re.findall(r'<a class="plain-button[^"]*" href="([^"]+)"', row)[0])


def press(secretariat: Secretariat, where: str, do: str, **more: str):  # type: ignore[no-untyped-def]
    page = secretariat.browser.get(where)
    given = {**hidden_values(page), "do": do, "form": form_token(page), "read": "1", **more}
    return secretariat.browser.post(secretariat.page("erase"), data=given)


# ------------------------------------------------------------------------------------------------------ who may open


def test_only_the_secretary_opens_it(erasing: Secretariat) -> None:
    path = f"/m/{erasing.meeting}/erase"
    seq = erasing.services.meetings.history(erasing.meeting).state.seq
    assert Browser(erasing.office.app).get(path).status_code == 403
    for role in ("chair", "room", "follower"):
        other = Browser(erasing.office.app)
        other.claim(erasing.services.links.make(erasing.meeting, role)[1])
        assert other.get(f"{path}?as=1").status_code == 403, role
        for do in ("words", "person", "name"):
            sent = {"do": do, "entry": "2", "person": person(erasing)}
            assert other.post(f"{path}?as=1", data=sent).status_code == 403, role
    assert erasing.office.browser.get(f"{path}?as=1").status_code == 403, "the link of the body is for another page"
    assert erasing.services.meetings.history(erasing.meeting).state.seq == seq


def test_the_way_to_it_is_offered_to_the_secretary_alone(erasing: Secretariat) -> None:
    assert "Erase words and names" in erasing.words("times")
    chair = Browser(erasing.office.app)
    me = chair.claim(erasing.services.links.make(erasing.meeting, "chair")[1]).rpartition("?")[2]
    assert "Erase words and names" not in said(chair.get(f"/m/{erasing.meeting}/times?{me}").text)
    assert '"erase":' in erasing.browser.get(erasing.page("chair")).text
    assert '"erase":' not in chair.get(f"/m/{erasing.meeting}/chair?{me}").text


# ------------------------------------------------------------------------------------------------------------- words


def test_words_are_shown_before_they_are_erased_with_the_second_press(erasing: Secretariat) -> None:
    where = look(erasing, WORDS)
    seq = erasing.services.meetings.history(erasing.meeting).state.seq
    page = said(erasing.browser.get(where).text)
    assert WORDS in page and "There is no Undo for this." in page and "Erase for good" in page
    assert re.search(r"That a note was written: .*\d\d:\d\d · Secretary", page)
    assert erasing.services.meetings.history(erasing.meeting).state.seq == seq, "looking erases nothing"
    done = press(erasing, where, "words")
    assert done.status_code == 303
    after = said(erasing.browser.get(done.headers["Location"]).text)
    assert "The words are erased." in after and "canary words" not in after and "Erased" in after
    assert "canary words" not in said(erasing.browser.get(where).text)
    meeting = Meeting(erasing.office.app, erasing.meeting)
    meeting.link("secretary", "secretary")
    for audience in AUDIENCES:
        assert "canary words" not in meeting.api(f"state?audience={audience}", "secretary").text
    assert "canary words" not in meeting.api("log?after=0", "secretary").text
    assert "The words of a note were erased." in meeting.api("record", "secretary").text
    assert "note" not in meeting.api("record").text, "others hear nothing of notes"


def test_without_the_tick_nothing_is_erased_and_the_page_comes_again(erasing: Secretariat) -> None:
    seq = erasing.services.meetings.history(erasing.meeting).state.seq
    for where, do in ((look(erasing, WORDS), "words"), (look(erasing, "Example, Minister"), "person")):
        answer = press(erasing, where, do, read="")
        assert answer.status_code == 422 and "I have read what will be gone." in said(answer.text)
    assert erasing.services.meetings.history(erasing.meeting).state.seq == seq


def test_the_same_form_sent_twice_erases_once(erasing: Secretariat) -> None:
    where = look(erasing, WORDS)
    page = erasing.browser.get(where)
    given = {**hidden_values(page), "form": form_token(page), "read": "1"}
    sent = [erasing.browser.post(erasing.page("erase"), data=given) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [303, 303]
    entries = erasing.services.meetings.history(erasing.meeting).entries()
    assert [entry.event.wire for entry in entries].count("record.redacted") == 1


def test_a_note_that_was_taken_back_is_listed_as_that(erasing: Secretariat) -> None:
    seq = act(erasing, "record.note", text="A slip of the pen")
    act(erasing, "record.undo", batch=seq)
    assert "taken back by Undo" in erasing.words("erase")
    where = look(erasing, "A slip of the pen")
    assert "its words are still kept" in said(erasing.browser.get(where).text)
    assert press(erasing, where, "words").status_code == 303
    assert "A slip of the pen" not in erasing.words("erase")


# ------------------------------------------------------------------------------------------------------------- people


def test_a_note_with_a_name_that_was_corrected_since_is_named(erasing: Secretariat) -> None:
    seq = act(erasing, "record.note", text="Mr EARLIER telephoned")
    page = said(erasing.browser.get(look(erasing, "Example, Minister")).text)
    assert f"A note that holds this name: entry {seq}" in page


def test_a_guest_is_not_named_as_the_delegation_that_stays(erasing: Secretariat) -> None:
    act(erasing, "speakers.open_list")
    act(erasing, "speakers.inscribe", guest={"name": "Zoe Guest", "post": "Expert"}, channel="email")
    page = said(erasing.browser.get(look(erasing, "Zoe Guest")).text)
    assert "As the person who speaks for: A guest" in page


def test_a_person_is_shown_with_all_that_will_be_gone_and_what_is_not_reached(erasing: Secretariat) -> None:
    page = said(erasing.browser.get(look(erasing, "Example, Minister")).text)
    assert "Will be gone Example, Minister Earlier, Minister" in page and "Kenya" in page
    assert "A contact of this name, with what it was sent and what it answered: Amina Example, a@example.org" in page
    assert "A personal link that is called so: Example's screen" in page
    assert re.search(r"A note that holds this name: entry \d+", page)


def test_a_person_is_erased_with_the_second_press(erasing: Secretariat) -> None:
    where = look(erasing, "Example, Minister")
    done = press(erasing, where, "person")
    assert done.status_code == 303
    after = said(erasing.browser.get(done.headers["Location"]).text)
    assert (
        "The name is erased from lists and statements" in after and "Minister" not in after and "Earlier" not in after
    )
    assert "Kenya" in after, "the delegation stays"
    assert "Minister" not in said(erasing.browser.get(where).text)


def test_a_name_is_corrected_and_what_is_wrong_is_said_at_its_field(erasing: Secretariat) -> None:
    where = look(erasing, "Example, Minister")
    wrong = press(erasing, where, "name", name=" ", post="")
    assert wrong.status_code == 422 and "A speaker needs a name or a post." in said(wrong.text)
    done = press(erasing, where, "name", name="Amina Example", post="Minister")
    assert done.status_code == 303
    after = said(erasing.browser.get(done.headers["Location"]).text)
    assert (
        "The name is corrected" in after and "Amina Example, Minister" in after and "Before: Example, Minister" in after
    )


def test_the_directory_is_gone_through_once_however_many_people_there_are(erasing: Secretariat) -> None:
    for n in range(3):
        act(erasing, "roster.accredit", kind="guest", speaker={"name": f"Guest {n}"})
    times: list[int] = []

    class Counted(dict[Any, Any]):
        def items(self) -> Any:
            times.append(1)
            return super().items()

    kept = erasing.services.meetings.remembered(erasing.meeting)
    found = persons_in(replace(kept, names=Counted(kept.names)))
    assert [one.name for one in found] == ["Example", "Guest 0", "Guest 1", "Guest 2"] and len(times) == 1


def test_it_works_after_the_meeting_was_closed(erasing: Secretariat) -> None:
    act(erasing, "meeting.open")
    act(erasing, "meeting.close")
    assert press(erasing, look(erasing, WORDS), "words").status_code == 303
    assert press(erasing, look(erasing, "Example, Minister"), "person").status_code == 303
    page = erasing.words("erase")
    assert "canary" not in page and "Minister" not in page


# ---------------------------------------------------------------------------------------------------- what is no act


@pytest.mark.parametrize("more", ["?entry=1", "?entry=0", "?entry=x", "?entry=99", "?person=nobody", "?person="])
def test_what_is_not_there_is_not_found(erasing: Secretariat, more: str) -> None:
    assert erasing.browser.get(erasing.page("erase").replace("?", f"{more}&")).status_code == 404


def test_a_form_that_asks_for_nothing_known_does_nothing(erasing: Secretariat) -> None:
    where = look(erasing, WORDS)
    assert press(erasing, where, "words", entry="1").status_code == 404
    assert press(erasing, where, "everything", person=person(erasing)).status_code == 400
    page = erasing.browser.get(where)
    given = {**hidden_values(page), "form": "0" * 64}
    assert erasing.browser.post(erasing.page("erase"), data=given).status_code == 403
    assert WORDS in erasing.words("erase")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_language_has_its_words(erasing: Secretariat, lang: str) -> None:
    for where in (erasing.page("erase"), look(erasing, WORDS), look(erasing, "Example, Minister")):
        page = erasing.browser.get(f"{where}&lang={lang}")
        assert page.status_code == 200 and f'lang="{lang}"' in page.text
        assert ("What is not reached" in said(page.text)) == (lang == "en" and where != erasing.page("erase"))
    erasing.browser.get(f"{erasing.page('erase')}&lang=en")
