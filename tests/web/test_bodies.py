"""A body: its members, contacts and settings, a meeting from a calendar file, and what everybody may see of it."""

from __future__ import annotations

import re
import time

import pytest

from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.schema import read
from meetingsvc.store import bodies as store
from tests.support.browser import SECRETARY, Browser, said
from tests.web.secretariat import BodyPages, hidden_values, rows, send

# ------------------------------------------------------------------------------------------- people and settings


def test_a_pasted_list_is_reported_line_by_line(office: BodyPages) -> None:
    lines = [
        "Permanent Mission of Mongolia <mng@missions.example>, MNG, en, Asia/Ulaanbaatar",
        "Permanent Mission of Nepal, NPL",
        "no name here <<broken@@x>",
        "Permanent Mission of Kenya <KEN@missions.example>, KEN",
        "Permanent Mission of Peru <per@missions.example>, klingon",
        "Evil <a@b.example\u2028Bcc: x@y.example>",
    ]
    page = office.post("people", do="paste", lines="\n".join(lines))
    words = said(page.text)
    assert page.status_code == 200
    assert "Permanent Mission of Mongolia was added, in English" in words
    assert "Permanent Mission of Nepal was added without an address" in words
    assert "stands among the contacts already" in words and "klingon is no code" in words
    found = {row.name: row for row in office.services.invitations.contacts.contacts_of(office.body.id)}
    assert found["Permanent Mission of Mongolia"].zone == "Asia/Ulaanbaatar"
    assert len(found) == 5 and not any("Peru" in name or "Evil" in name for name in found)
    left = page.text[page.text.index("<textarea") :]
    assert "klingon" in left and "Mongolia" not in left[: left.index("</textarea>")]


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"name": ""}, "name"),
        ({"address": "a@b@c"}, "address"),
        ({"address": "x y"}, "address"),
        ({"zone": "Mars"}, "no time zone"),
        ({"code": "??"}, "code"),
        ({"name": "a\u202eb"}, "cannot be shown safely"),
    ],
)
def test_a_contact_that_is_wrong_is_not_saved(wish: dict[str, str], words: str, office: BodyPages) -> None:
    before = rows(office.app)
    page = office.post(
        "people", **{"do": "contact", "name": "Office", "address": "o@x.example", "language": "en", **wish}
    )
    assert page.status_code == 422 and words in said(page.text)
    assert rows(office.app) == before


def test_a_contact_is_changed_and_removed_and_another_bodys_is_not_there(office: BodyPages) -> None:
    contact = office.contacts[0]
    page = f"people/{contact.id}"
    assert office.post(page, name="Mission of Kenya", address="new@missions.example", language="fr").status_code == 303
    found = office.services.invitations.contacts.contact(contact.id)
    assert (found.name, found.address, found.language) == ("Mission of Kenya", "new@missions.example", "fr")
    other = BodyPages(office.app)
    assert other.get(page).status_code == 404
    assert office.get("people/" + "0" * 16).status_code == 404
    assert office.post(page, do="remove").status_code == 303
    assert office.get(page).headers["Location"].endswith(f"{page}/erase?as=1"), "what is left to do with it"


def test_the_secretariat_sees_calendar_addresses_and_takes_them_back(office: BodyPages) -> None:
    contact, page = office.contacts[0], f"people/{office.contacts[0].id}"
    assert "No calendar address of this contact is in use" in said(office.get(page).text)
    office.meeting(title="Group of canary-title")
    guest, address = office.guest(office.meetings()[0])
    made = send(guest, address, do="feed", once=f"seen {contact.id}", language="en", alarm="0")
    found = re.search(r"/feeds/([\w-]+)\.ics", made.text)
    assert found
    words = said(office.get(page).text)
    assert "Calendar addresses 1" in words and "All meetings this contact is invited to" in words
    assert "behind the link to Group of canary-title (Invited)" in words and "not fetched yet" in words
    Browser(office.app).get(f"/feeds/{found[1]}.ics", headers={"User-Agent": "Calendar/2.1"})
    shown = office.get(page)
    assert "Fetched " in said(shown.text) and "Calendar/2.1" in said(shown.text)
    assert "not fetched yet" not in said(shown.text)
    assert found[1] not in shown.text, "the address itself is not kept"
    (feed,) = office.services.invitations.calendar_files.feeds_of(contact.id)
    other = f"people/{office.contacts[1].id}"
    assert office.post(other, do="feed", feed=feed.id).status_code in (404, 409), "not behind another contact's name"
    answer = office.post(page, do="feed", feed=feed.id)
    assert answer.status_code == 303 and answer.headers["Location"].endswith("done=feed")
    assert Browser(office.app).get(f"/feeds/{found[1]}.ics").status_code == 404
    assert "The address was revoked" in said(office.browser.get(answer.headers["Location"]).text)


def test_members_come_by_code_or_name_and_go(office: BodyPages) -> None:
    page = office.post("people", do="members", member_kind="igo", members="African Union\nKEN")
    assert "African Union was added" in said(page.text) and "Is a member already" in said(page.text)
    office.post("people", do="members", member_kind="member", members="MNG, NPL")
    there = office.services.invitations.contacts.members_of(office.body.id)
    assert {row.code or row.name for row in there} == {"KEN", "KAZ", "CUB", "MNG", "NPL", "African Union"}
    gone = next(row for row in there if row.code == "MNG")
    office.post("people", do="remove_member", member=gone.id)
    assert "MNG" not in {row.code for row in office.services.invitations.contacts.members_of(office.body.id)}


def test_codes_on_one_line_are_counted_as_lines_are(office: BodyPages) -> None:
    codes = [f"{a}{b}X" for a in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"][:501]
    page = office.post("people", do="members", member_kind="igo", members=", ".join(codes))
    assert page.status_code == 422 and "500" in said(page.text)
    assert len(office.services.invitations.contacts.members_of(office.body.id)) == 3


@pytest.mark.parametrize(
    ("do", "field", "text"),
    [
        ("paste", "lines", "x" + " " * 390_000 + "y"),
        ("paste", "lines", '"' + " " * 390_000 + '"'),
        ("paste", "lines", "a@" * 190_000 + "<"),
        ("paste", "lines", "a" * 190_000 + "@" * 190_000),
        ("members", "members", "KEN" + " " * 390_000 + "x"),
        ("members", "members", "KEN," * 97_000 + "x"),
        ("contact", "name", "a" + "\u0301\u0327" * 30_000),
        ("contact", "address", "a@" * 190_000),
    ],
    ids=range(8),
)
def test_no_text_in_a_form_takes_long(do: str, field: str, text: str, office: BodyPages) -> None:
    """Some of these once cost the square of their length."""
    began = time.process_time()
    page = office.post("people", **{"do": do, field: text})
    assert page.status_code in (200, 422)
    assert time.process_time() - began < 3


def test_settings_are_saved_or_said_to_be_wrong(office: BodyPages) -> None:
    sound = {
        "uses_en": "1",
        "uses_fr": "1",
        "first": "fr",
        "name_en": "Friends",
        "name_fr": "Amis",
        "zone": "Europe/Zurich",
        "organizer_name": "Secretariat",
        "organizer_address": "office@missions.example",
    }
    for wish, words in (
        ({"zone": "x"}, "no time zone"),
        ({"organizer_address": "x"}, "address"),
        ({"organizer_name": ""}, "name"),
        ({"name_en": "", "name_fr": ""}, "name"),
        ({"first": "xx"}, "at least one language"),
    ):
        page = office.post("settings", **{**sound, **wish})
        assert page.status_code == 422 and words in said(page.text), wish
    assert office.services.invitations.contacts.body(office.body.id) == office.services.meetings.database.read(
        lambda c: store.body(c, office.body.id)
    )
    assert office.services.invitations.contacts.body(office.body.id).languages == ["en", "fr"]
    assert office.post("settings", **sound).status_code == 303
    found = office.services.invitations.contacts.body(office.body.id)
    assert (found.languages, found.name, found.zone) == (["fr", "en"], {"en": "Friends", "fr": "Amis"}, "Europe/Zurich")


# ---------------------------------------------------------------------------------------------------------- import

ICS = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Another system//EN\r
BEGIN:VEVENT\r
UID:a@other.example\r
DTSTAMP:20271101T000000Z\r
DTSTART:20271210T050000Z\r
DTEND:20271210T080000Z\r
SUMMARY:Imported meeting\r
LOCATION:Salle XIX\r
URL:https://meet.example/imported\r
END:VEVENT\r
END:VCALENDAR\r
"""


def test_a_calendar_file_fills_in_the_form_and_saves_nothing(office: BodyPages) -> None:
    before = rows(office.app)
    page = send(office.browser, f"{office.path('import')}?as=1", file=ICS, zone="Asia/Ashgabat")
    assert page.status_code == 200 and "Imported meeting" in page.text, said(page.text)
    assert "Friday, 10 December 2027, 10:00–13:00 (Ashgabat)" in said(page.text)
    given = {name: value for name, value in hidden_values(page).items() if name not in ("form", "do")}
    form = office.post("schedule", **given, do="edit")
    assert 'value="Imported meeting"' in form.text and 'value="Salle XIX"' in form.text
    assert rows(office.app) == before
    assert office.post("schedule", **given, do="schedule").status_code == 200
    (meeting,) = office.meetings()
    row = office.services.meetings.meeting_row(meeting)
    assert row is not None and row.sessions[0]["starts"] == "2027-12-10T10:00" and row.room == "Salle XIX"


def test_of_several_meetings_in_a_file_one_is_chosen(office: BodyPages) -> None:
    second = (
        ICS.replace(b"a@other", b"b@other")
        .replace(b"Imported meeting", b"The other one")
        .replace(b"20271210T", b"20280110T")
    )
    both = ICS.replace(b"END:VCALENDAR\r\n", b"") + second[second.index(b"BEGIN:VEVENT") :]
    page = send(office.browser, f"{office.path('import')}?as=1", file=both, zone="Asia/Ashgabat")
    assert "Which one?" in said(page.text) and "The other one" in page.text
    kept = hidden_values(page)["kept"]
    chosen = office.post("import", kept=kept, choose="b@other.example", zone="Asia/Ashgabat")
    assert "The other one" in chosen.text and "Which one?" not in said(chosen.text)
    assert "Monday, 10 January 2028" in said(chosen.text)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        b"\x00" * 2_000,
        b"x" * 1_000_001,
        ICS.replace(b"SUMMARY", b"RRULE:FREQ=SECONDLY;COUNT=100000000\r\nSUMMARY"),
    ],
)
def test_what_is_no_calendar_file_is_said_in_a_sentence(data: bytes, office: BodyPages) -> None:
    before = rows(office.app)
    page = send(office.browser, f"{office.path('import')}?as=1", file=data, zone="Asia/Ashgabat")
    assert page.status_code == 422 and 'role="alert"' in page.text
    assert rows(office.app) == before


@pytest.mark.parametrize("kept", ["%%%", "AAAA", "eJz" * 100])
def test_a_spoilt_kept_file_is_said_in_a_sentence(kept: str, office: BodyPages) -> None:
    assert office.post("import", kept=kept, choose="x", zone="UTC").status_code == 422


# ------------------------------------------------------------------------------------------------- for everybody


def test_the_bodys_page_shows_what_is_public_and_no_more(office: BodyPages) -> None:
    meeting = office.meeting(title="Open meeting")
    page = Browser(office.app).get(f"/b/{office.body.id}")
    assert page.status_code == 200
    for words in ("Friends of canary-body", "Open meeting", "Kenya", "Hall 1", "Friday, 10 December 2027, 10:00–13:00"):
        assert words in said(page.text), words
    assert f'href="/m/{meeting}/calendar"' in page.text and f"/b/{office.body.id}.ics" in page.text
    for secret in ("canary-link", "missions.example", "Permanent Mission", "/join/", "Secretariat"):
        assert secret not in page.text, secret


def test_a_meeting_that_was_closed_before_it_sat_is_shown_as_not_held_on_every_page(office: BodyPages) -> None:
    meeting = office.meeting(title="Closed meeting")
    me, (guest, own) = office.staff(meeting), office.guest(meeting)
    office.services.meetings.perform(meeting, SECRETARY, [read(COMMANDS["meeting.close"], {})])
    public = Browser(office.app)
    page = public.get(f"/b/{office.body.id}")
    assert page.status_code == 200 and "Friday, 10 December 2027, 10:00–13:00" in said(page.text)
    for page in (public.get(f"/m/{meeting}/calendar"), guest.get(own)):
        assert page.status_code == 200 and "Will not be held" in said(page.text)
    for name in ("times", "invitations"):
        assert office.browser.get(f"/m/{meeting}/{name}{me}").status_code == 200
    assert office.get().status_code == 200
    for file in (f"/m/{meeting}.ics", f"/b/{office.body.id}.ics"):
        assert "STATUS:CANCELLED" in public.get(file).text
