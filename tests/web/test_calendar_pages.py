"""A meeting as a date: what everybody sees of it, what stands behind a personal link, and what no page may hold."""

from __future__ import annotations

import json
import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.schema import plain, read
from meetingsvc.store.tables import meeting_index
from meetingsvc.translations import Catalogues
from meetingsvc.web import sent_forms
from meetingsvc.web.page_parts.shown_times import between
from tests.support.browser import SECRETARY, Browser, Meeting, form_token, said
from tests.web.secretariat import BodyPages, Secretariat, hidden_values, send
from tests.web.test_translations import mirrored  # noqa: F401  (a fixture)

LINK = "canary-link"


def test_scenario_01_the_page_shows_one_moment_on_four_clocks(secretariat: Secretariat) -> None:
    public = Browser(secretariat.office.app)
    page = said(public.get(f"/m/{secretariat.meeting}/calendar?zone=Pacific/Auckland").text)
    for words in ("Ashgabat 10:00–13:00", "Geneva 06:00–09:00", "New York 00:00–03:00", "UTC 05:00–08:00"):
        assert words in page, words
    assert "Where you are (Auckland) 18:00–21:00" in page
    secretariat.sure(secretariat.move())
    page = said(public.get(f"/m/{secretariat.meeting}/calendar?zone=Pacific/Auckland").text)
    for words in ("Ashgabat 15:00–18:00", "Geneva 11:00–14:00", "New York 05:00–08:00", "23:00–02:00"):
        assert words in page, words


def test_where_it_is_another_day_the_page_says_which(secretariat: Secretariat) -> None:
    secretariat.sure(secretariat.move(**{"from": "02:00", "to": "05:00"}))
    page = said(Browser(secretariat.office.app).get(f"/m/{secretariat.meeting}/calendar").text)
    assert "New York 16:00–19:00 Thursday, 9 December 2027 (the day before)" in page
    secretariat.sure(secretariat.move(**{"from": "22:00", "to": "23:00"}))
    page = said(Browser(secretariat.office.app).get(f"/m/{secretariat.meeting}/calendar?zone=Asia/Tokyo").text)
    assert "Where you are (Tokyo) 02:00–03:00 Saturday, 11 December 2027 (the next day)" in page


def test_the_server_reckons_the_times_of_the_readers_zone(secretariat: Secretariat) -> None:
    public = Browser(secretariat.office.app)
    answer = public.get(f"/m/{secretariat.meeting}/calendar/times?zone=America/Winnipeg")
    places = answer.get_json()["sittings"][0]["places"]
    # with data of 2026 Winnipeg keeps its summer time all year; old data would say 23:00
    assert {"place": "Where you are (Winnipeg)", "times": "00:00–03:00", "day": "", "note": ""} in places
    assert LINK not in answer.text
    for zone in ("", "Mars", "../x", "a" * 500):
        assert public.get(f"/m/{secretariat.meeting}/calendar/times?zone={zone}").status_code == 422


def test_the_public_page_holds_no_join_link_and_no_person(secretariat: Secretariat) -> None:
    secretariat.services.invitations.replies.answer(
        secretariat.meeting, secretariat.office.contacts[0].id, "accepted", comment="canary-comment", mark="x"
    )
    for browser in (Browser(secretariat.office.app), secretariat.browser):
        page = browser.get(f"/m/{secretariat.meeting}/calendar")
        assert page.status_code == 200
        for canary in (
            LINK,
            "Permanent Mission",
            "missions.example",
            "/join/",
            "/feeds/",
            "canary-comment",
            "Will you come",
        ):
            assert canary not in page.text, canary
    assert "Links for joining from far away are not shown here" in said(page.text)


def test_behind_a_personal_link_stand_ones_own_things_alone(secretariat: Secretariat) -> None:
    guest, address = secretariat.office.guest(secretariat.meeting)
    assert address == f"/m/{secretariat.meeting}/calendar?as=1"
    page = guest.get(address)
    words = said(page.text)
    assert "https://meet.example/canary-link" in page.text and "Permanent Mission of Kenya" in words
    assert "Where you are (Nairobi) 08:00–11:00" in words, "the zone that stands in the contact"
    for canary in ("Kazakhstan", "kaz@", "Mission of Cuba"):
        assert canary not in page.text
    assert guest.get(f"/m/{secretariat.meeting}/calendar").text.count("Will you come") == page.text.count(
        "Will you come"
    )
    assert guest.get(f"/m/{secretariat.meeting}/calendar?as=7").status_code == 403


def test_an_answer_is_given_changed_and_counted_once(secretariat: Secretariat) -> None:
    guest, address = secretariat.office.guest(secretariat.meeting)
    page = guest.get(address)
    data = {
        "form": form_token(page),
        "once": hidden_values(page)["once"],
        "do": "answer",
        "answer": "accepted",
        "mode": "in_room",
        "comment": "With an adviser",
    }
    assert [guest.post(address, data=data).status_code for _ in range(2)] == [303, 303]
    row = secretariat.office.invited(secretariat.meeting)
    assert (row.answer, row.answer_mode, row.mode, row.comment) == ("accepted", "in_room", "in_room", "With an adviser")
    assert len(secretariat.services.invitations.replies.replies_to(secretariat.meeting)) == 1
    changed = send(guest, address, do="answer", answer="declined", substitute="The Deputy", once="another-mark")
    assert "Thank you" in said(guest.get(changed.headers["Location"]).text)
    row = secretariat.office.invited(secretariat.meeting)
    assert (row.answer, row.substitute) == ("declined", "The Deputy")


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({}, "No answer is chosen"),
        ({"answer": "perhaps"}, "No answer is chosen"),
        ({"answer": "accepted", "comment": "x\u202ey"}, "cannot be shown safely"),
        ({"answer": "declined", "substitute": "x" * 600}, "too long"),
    ],
)
def test_an_answer_that_cannot_be_taken_is_said_and_nothing_is_saved(
    wish: dict[str, str], words: str, secretariat: Secretariat
) -> None:
    guest, address = secretariat.office.guest(secretariat.meeting)
    page = send(guest, address, do="answer", **wish)
    assert page.status_code == 422 and words in said(page.text)
    assert secretariat.office.invited(secretariat.meeting).answer == "none"
    assert secretariat.services.invitations.replies.replies_to(secretariat.meeting) == []


def test_nobody_answers_without_the_link_and_the_token(secretariat: Secretariat) -> None:
    guest, address = secretariat.office.guest(secretariat.meeting)
    token = form_token(guest.get(address))
    wish = {"do": "answer", "answer": "accepted"}
    stranger = Browser(secretariat.office.app)
    for browser, data in (
        (stranger, {**wish, "form": token}),
        (guest, wish),
        (secretariat.browser, {**wish, "form": token}),
    ):
        assert browser.post(address, data=data).status_code == 403
    delegate = Browser(secretariat.office.app)
    delegate.claim(secretariat.services.links.make(secretariat.meeting, "follower")[1])
    assert delegate.get(f"/m/{secretariat.meeting}/calendar?as=1").status_code == 403
    assert secretariat.office.invited(secretariat.meeting).answer == "none"


def test_a_delegates_own_link_opens_the_page_of_its_delegation(office: BodyPages) -> None:
    office.schedule()
    (meeting,) = office.meetings()
    m = office.services.meetings.history(meeting).state
    kenya = next(row.id for row in m.roster.delegations.values() if row.code == "KEN")
    delegate = Browser(office.app)
    assert delegate.claim(office.services.links.make(meeting, "delegate", kenya)[1]) == f"/m/{meeting}/floor?as=1"
    page = delegate.get(f"/m/{meeting}/calendar?as=1")
    assert "Permanent Mission of Kenya" in page.text and LINK in page.text
    boot = delegate.get(f"/m/{meeting}/floor").text
    assert f'"calendar": "/m/{meeting}/calendar?as=1"' in boot
    send(delegate, f"/m/{meeting}/calendar?as=1", do="answer", answer="accepted", once="x")
    assert office.invited(meeting).answer == "accepted"


def own_calendar(browser: Browser, page: str) -> str:
    """The text of a calendar whose address is made on this page."""
    made = send(browser, page, do="feed", once=f"own {id(browser)}", language="en", alarm="0")
    found = re.search(r"/feeds/([\w-]+)\.ics", made.text)
    assert found
    return Browser(browser.app).get(f"/feeds/{found[1]}.ics").text.replace("\r\n ", "")


def test_a_calendar_made_with_a_delegates_link_shows_that_meeting_alone(office: BodyPages) -> None:
    here = office.meeting()
    office.meeting(title="Another", link="https://meet.example/canary-other")
    office.services.meetings.perform(
        here, SECRETARY, [read(COMMANDS["roster.accredit"], {"code": "KEN", "kind": "member"})]
    )
    kenya = next(row.id for row in office.services.meetings.history(here).state.roster.delegations.values())
    delegate = Browser(office.app)
    delegate.claim(office.services.links.make(here, "delegate", kenya)[1])
    guest, page = office.guest(here)
    whole = own_calendar(guest, page)
    assert LINK in whole and "canary-other" in whole and "/join/" not in whole, "an invitee's link is the contact's own"
    one = own_calendar(delegate, f"/m/{here}/calendar?as=1")
    assert LINK in one and "canary-other" not in one and "/join/" not in one
    whole_feed, narrow = office.services.invitations.calendar_files.feeds_of(office.contacts[0].id)
    assert (whole_feed.meeting, narrow.meeting) == (None, here)
    assert whole_feed.id not in delegate.get(f"/m/{here}/calendar?as=1").text
    send(delegate, f"/m/{here}/calendar?as=1", do="revoke", feed=whole_feed.id)
    assert len(office.services.invitations.calendar_files.feeds_of(office.contacts[0].id)) == 2, (
        "nor does it revoke the contact's own"
    )
    assert send(delegate, f"/m/{here}/calendar?as=1", do="revoke", feed=narrow.id).status_code == 303


def test_an_answer_to_a_former_time_is_shown_as_one_and_asked_for_again(secretariat: Secretariat) -> None:
    guest, address = secretariat.office.guest(secretariat.meeting)
    send(guest, address, do="answer", answer="accepted", mode="in_room", once="a")
    assert "earlier time" not in secretariat.words("invitations") + said(guest.get(address).text)
    secretariat.sure(secretariat.move())
    words = secretariat.words("invitations")
    assert "Comes (to an earlier time)" in words and "0 come to the room" in words
    assert "1 answered for an earlier time" in words and "2 no answer" in words
    assert "Comes (to an earlier time)" in secretariat.words(f"invitations/{secretariat.office.contacts[0].id}")
    page = guest.get(address)
    assert "Please answer again" in said(page.text)
    assert not re.search(r'name="answer" value="\w+" checked', page.text)
    send(guest, address, do="answer", answer="accepted", mode="in_room", once="b")
    assert "earlier time" not in secretariat.words("invitations") + said(guest.get(address).text)


def test_nothing_is_answered_when_the_meeting_is_cancelled(secretariat: Secretariat) -> None:
    guest, address = secretariat.office.guest(secretariat.meeting)
    token = form_token(guest.get(address), address.partition("?")[0])
    secretariat.services.meetings.perform(secretariat.meeting, SECRETARY, [read(COMMANDS["meeting.cancel"], {})])
    data = {"form": token, "do": "answer", "answer": "accepted", "once": "x"}
    page = guest.post(address, data=data)
    assert page.status_code == 422 and "no answer is needed any more" in said(page.text)
    assert secretariat.office.invited(secretariat.meeting).answer == "none"


def test_a_link_with_a_password_that_is_stored_already_is_shown_without_it(secretariat: Secretariat) -> None:
    old = "https://user:canary-password@meet.example/x"
    values = {"link": old, "channels": json.dumps([{"kind": "video", "address": old + "y", "label": ""}])}
    here = meeting_index.c.id == secretariat.meeting
    secretariat.services.meetings.database.write(
        lambda c: c.execute(sa.update(meeting_index).where(here).values(**values))
    )
    guest, address = secretariat.office.guest(secretariat.meeting)
    file = guest.get(f"/m/{secretariat.meeting}.ics?as=1").text.replace("\r\n ", "")
    for text in (guest.get(address).text, file, own_calendar(guest, address)):
        assert "canary-password" not in text and "https://meet.example/xy" in text and "https://meet.example/x" in text
    refused = secretariat.office.schedule(link=old)
    assert refused.status_code == 422 and "names a user or a password" in said(refused.text)


def test_ones_own_calendar_address_is_shown_once_and_revoked(
    secretariat: Secretariat, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, address = secretariat.office.guest(secretariat.meeting)
    page = guest.get(address)
    data = {
        "form": form_token(page),
        "once": hidden_values(page)["once"],
        "do": "feed",
        "language": "fr",
        "alarm": "15",
    }
    monkeypatch.setattr(sent_forms, "SECOND_TAP", 0.5)
    made = guest.post(address, data=data)
    assert guest.post(address, data=data).text.count("/feeds/") == made.text.count("/feeds/"), "a second tap"
    time.sleep(0.6)
    secret = re.search(r"http://127\.0\.0\.1:8000/feeds/([\w-]+)\.ics", made.text)
    assert secret and f"webcal://127.0.0.1:8000/feeds/{secret[1]}.ics" in made.text
    assert "made before and cannot be shown again" in said(guest.post(address, data=data).text)
    assert secret[1] not in guest.get(address).text
    (feed,) = secretariat.services.invitations.calendar_files.feeds_of(secretariat.office.contacts[0].id)
    assert (feed.language, feed.alarm, feed.rich) == ("fr", 15, False)
    assert Browser(secretariat.office.app).get(f"/feeds/{secret[1]}.ics").status_code == 200
    other, theirs = secretariat.office.guest(secretariat.meeting, "KAZ")
    send(other, theirs, do="revoke", feed=feed.id)
    assert len(secretariat.services.invitations.calendar_files.feeds_of(secretariat.office.contacts[0].id)) == 1, (
        "another one's address is not revoked"
    )
    for _ in range(2):  # two taps, or another tab: what was asked for is done
        assert send(guest, address, do="revoke", feed=feed.id).status_code == 303
    assert Browser(secretariat.office.app).get(f"/feeds/{secret[1]}.ics").status_code == 404


def test_the_buttons_name_the_moment_in_utc_and_hide_the_link_from_the_public(secretariat: Secretariat) -> None:
    text = Browser(secretariat.office.app).get(f"/m/{secretariat.meeting}/calendar").text
    found = {urlsplit(url).netloc: parse_qs(urlsplit(url).query) for url in re.findall(r'href="(https://[^"]+)"', text)}
    assert set(found) == {"calendar.google.com", "outlook.live.com", "outlook.office.com"}
    assert found["calendar.google.com"]["amp;dates"] == ["20271210T050000Z/20271210T080000Z"]
    assert found["outlook.live.com"]["amp;startdt"] == ["2027-12-10T05:00:00Z"]
    assert f'href="webcal://127.0.0.1:8000/b/{secretariat.office.body.id}.ics"' in text and "8 to 24 hours" in text
    guest, address = secretariat.office.guest(secretariat.meeting)
    assert "canary-link" in guest.get(address).text


def test_a_title_of_any_kind_is_shown_as_text(office: BodyPages) -> None:
    title = '<img src=x onerror=alert(1)> "quoted" & {brace} ؆ עברית'
    secretariat = Secretariat(office, title=title)
    for page in ("times", "invitations", "calendar"):
        text = secretariat.browser.get(
            secretariat.page(page) if page != "calendar" else f"/m/{secretariat.meeting}/calendar"
        ).text
        assert "<img" not in text and "&lt;img src=x" in text
    assert "<img" not in Browser(office.app).get(f"/b/{office.body.id}").text
    assert plain(secretariat.services.meetings.history(secretariat.meeting).state.meeting.title)["en"] == title


# --------------------------------------------------------------------------------------------------------- all pages


def every_page(secretariat: Secretariat) -> list[tuple[Browser, str]]:
    guest, address = secretariat.office.guest(secretariat.meeting)
    contact = secretariat.office.contacts[0].id
    mine = [secretariat.page(page) for page in ("times", "invitations", f"invitations/{contact}")]
    mine += [
        f"{secretariat.office.path(page)}?as=1"
        for page in ("", "schedule", "import", "people", f"people/{contact}", "settings")
    ]
    mine += [f"/b/{secretariat.office.body.id}", f"/m/{secretariat.meeting}/calendar"]
    return [(secretariat.browser, path) for path in mine] + [(guest, address)]


def test_no_page_holds_what_the_policy_forbids_and_every_file_is_there(secretariat: Secretariat) -> None:
    for browser, path in every_page(secretariat):
        text = browser.get(path).text
        assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", text), path
        for script in re.findall(r"<script([^>]*)>", text):
            assert 'src="/static/' in script, (path, script)
        assert not re.search(r'src="(?:https?:)?//', text), path
        for url in re.findall(r'"(/static/[^"]+)"', text):
            assert browser.get(url.replace("&amp;", "&")).status_code == 200, url


def test_every_text_of_these_pages_comes_through_the_catalogue(mirrored: Catalogues, secretariat: Secretariat) -> None:  # noqa: F811
    for browser, path in every_page(secretariat):
        page = browser.get(f"{path}{'&' if '?' in path else '?'}lang=ar").text
        assert '<html lang="ar" dir="rtl"' in page, path
        body = re.sub(
            r"<script.*?</script>|<svg.*?</svg>|<bdi.*?</bdi>|<title>.*?</title>|<datalist.*?</datalist>|<textarea.*?</textarea>"
            r"|<(?:a|option)[^>]*>(?:Google|Outlook|Office 365)",
            " ",
            page,
            flags=re.DOTALL,
        )
        left = re.sub(r"<[^>]*>", " ", body)
        while "⟦" in left:  # a text may stand in a text
            left = re.sub(r"⟦[^⟦⟧]*⟧", " ", left)
        names = r"Ashgabat|Nairobi|Almaty|UTC|New York|AM|PM"
        found = re.findall(r"[A-Za-z]{2,}", re.sub(names, " ", left))
        assert not found, (path, found[:20])


def test_a_meeting_of_no_body_has_these_pages_too(meeting: Meeting, browser: Browser) -> None:
    browser.claim(meeting.secrets["secretary"])
    page = said(browser.get(f"/m/{meeting.id}/invitations").text)
    assert "This meeting belongs to no body" in page and "Nobody is on the list yet." in page
    assert browser.get(f"/m/{meeting.id}/times").status_code == 200
    text = Browser(meeting.app).get(f"/m/{meeting.id}/calendar").text
    assert "Subscribe" not in said(text) and "/b/None" not in text and "Calendar file" in said(text)


def test_from_and_to_stand_in_one_order_wherever_they_stand_in_arabic() -> None:
    words = Catalogues.load()
    times = {lang: between(words[lang], 1_702_270_800_000, 1_702_281_600_000, "Asia/Ashgabat") for lang in ("en", "ar")}
    assert times == {"en": "10:00–13:00", "ar": "\u206610:00–13:00\u2069"}
