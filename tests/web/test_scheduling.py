"""The secretariat's pages of a body: who may open them, and how meetings and series are scheduled there."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from meetingsvc.core import presets
from meetingsvc.store.engine import Busy
from tests.languages import catalogue
from tests.support.browser import Browser, Meeting, form_token, said
from tests.web.secretariat import FORM, BodyPages, hidden_values, rows

PAGES = ("", "schedule", "import", "people", "settings")


# ---------------------------------------------------------------------------------------------------- who may open


@pytest.mark.parametrize("page", PAGES)
def test_the_secretariats_pages_open_with_the_bodys_own_link_only(
    page: str, office: BodyPages, meeting: Meeting
) -> None:
    assert office.get(page).status_code == 200
    path = office.path(page)
    assert Browser(office.app).get(path).status_code == 403
    mine = office.meeting()
    for role in ("chair", "secretary", "room", "follower"):
        _, secret = office.services.links.make(mine, role)
        stranger = Browser(office.app)
        stranger.claim(secret)
        assert stranger.get(path).status_code == 403, role
        assert stranger.get(f"{path}?as=1").status_code == 403, role
    guest, _ = office.guest(mine)
    assert guest.get(f"{path}?as=1").status_code == 403
    other = BodyPages(office.app)
    assert other.browser.get(f"{path}?as=1").status_code == 403, "the secretariat of another body"


@pytest.mark.parametrize("page", ("schedule", "people", "settings", "import", "enter"))
def test_their_forms_need_the_link_and_the_token(page: str, office: BodyPages) -> None:
    before = rows(office.app)
    assert office.browser.post(f"{office.path(page)}?as=1", data={**FORM, "do": "schedule"}).status_code == 403
    assert Browser(office.app).post(office.path(page), data={**FORM, "do": "schedule"}).status_code == 403
    assert rows(office.app) == before


def test_what_is_no_body_is_not_there(office: BodyPages, meeting: Meeting) -> None:
    for id in ("zzzzzzzzzz", "x", meeting.id, "..%2f", "a" * 200):
        assert office.browser.get(f"/setup/{id}").status_code == 404
        assert office.browser.get(f"/b/{id}").status_code == 404


def test_the_offices_link_leads_to_its_body_and_stands_among_ones_meetings(office: BodyPages) -> None:
    fresh = Browser(office.app)
    page = fresh.get(f"/join/{office.secret}")
    assert "Secretariat" in said(page.text) and "Friends of canary-body" in page.text
    assert fresh.claim(office.secret) == f"/setup/{office.body.id}?as=1"
    assert f'href="/setup/{office.body.id}?as=1"' in fresh.get("/").text


def test_an_office_link_opens_no_meeting_and_gives_no_command(office: BodyPages) -> None:
    meeting = office.meeting()
    for page in ("chair", "times", "invitations", "links", "floor"):
        assert office.browser.get(f"/m/{meeting}/{page}?as=1").status_code == 403
    assert office.browser.act(meeting, 1, "meeting.cancel", {}).status_code == 403
    assert office.browser.act(office.body.id, 1, "meeting.cancel", {}).status_code == 404


def test_the_secretariat_opens_its_own_meetings_as_secretary_and_no_others(office: BodyPages, meeting: Meeting) -> None:
    mine = office.meeting()
    token = form_token(office.get(), office.path("enter"))
    answer = office.browser.post(f"{office.path('enter')}?as=1", data={"form": token, "meeting": mine})
    assert answer.status_code == 303 and answer.headers["Location"] == f"/m/{mine}/times?as=2"
    assert office.browser.get(f"/m/{mine}/times?as=2").status_code == 200
    again = office.browser.post(f"{office.path('enter')}?as=1", data={"form": token, "meeting": mine})
    assert again.headers["Location"] == f"/m/{mine}/times?as=2", "no second link"
    foreign = office.browser.post(f"{office.path('enter')}?as=1", data={"form": token, "meeting": meeting.id})
    assert foreign.status_code == 404


# ------------------------------------------------------------------------------------------------------- scheduling


def test_looking_shows_what_would_be_made_and_makes_nothing(office: BodyPages) -> None:
    before = rows(office.app)
    page = office.schedule(
        "look", **{"date_1": "2027-12-11", "from_1": "22:00", "to_1": "01:00", "last_1": "2027-12-12"}
    )
    words = said(page.text)
    assert page.status_code == 200 and rows(office.app) == before
    for expected in (
        "2 sessions",
        "Friday, 10 December 2027, 10:00–13:00 (Ashgabat)",
        "05:00–08:00",
        "06:00–09:00",
        "00:00–03:00",
        "Adoption of the agenda",
        "10 minutes",
        "3 contacts of the body; nothing is sent",
        "3 members",
        "22:00–01:00 (until Sunday, 12 December 2027)",
    ):
        assert expected in words, expected


def test_scheduling_makes_the_meeting_with_all_that_was_shown(office: BodyPages) -> None:
    looked = office.schedule("look", way_kind_0="phone", way_address_0="+41 22 555 01 00", way_label_0="By telephone")
    given = {name: value for name, value in hidden_values(looked).items() if name not in ("form", "do")}
    made = office.post("schedule", **given, do="schedule")
    assert made.status_code == 200 and made.text.count("/join/") == 2
    (meeting,) = office.meetings()
    m = office.services.meetings.history(meeting).state
    assert m.meeting.title == {"en": "Group of Friends"} and m.meeting.body_id == office.body.id
    assert [item.title["en"] for item in m.agenda.in_order()] == ["Adoption of the agenda", "Other matters"]
    assert {row.code for row in m.roster.delegations.values()} == {"KEN", "KAZ", "CUB"}
    assert m.meeting.channels[0].address == "tel:+41225550100"
    listed = office.services.invitations.guest_list.on_list(meeting)
    assert len(listed) == 3 and {row.invited_at for row in listed} == {None}
    assert {row.delegation for row in listed} == set(m.roster.delegations)
    links = [grant.role for grant in office.services.links.of_meeting(meeting) if grant.role != "invitee"]
    assert sorted(links) == ["chair", "secretary"]
    assert office.browser.get(f"/m/{meeting}/invitations").status_code == 200, "the secretary's link is claimed here"


@pytest.mark.parametrize("name", presets.names())
def test_the_rules_of_procedure_are_offered_shown_and_adopted(name: str, office: BodyPages) -> None:
    title = catalogue("en")[f"preset.{name}"].string
    assert f'<option value="{name}">{title}</option>' in office.get("schedule").text
    looked = office.schedule("look", preset=name)
    assert f"Rules of procedure {title}" in said(looked.text)
    given = {name: value for name, value in hidden_values(looked).items() if name not in ("form", "do")}
    assert office.post("schedule", **given, do="schedule").status_code == 200
    (meeting,) = office.meetings()
    assert office.services.meetings.history(meeting).state.meeting.preset == name


def test_a_form_without_rules_or_with_others_schedules_with_the_usual_ones(office: BodyPages) -> None:
    for fields in ({}, {"preset": ""}, {"preset": "mun"}):
        assert office.schedule(**fields).status_code == 200
    found = [office.services.meetings.history(id).state.meeting.preset for id in office.meetings()]
    assert found == ["gof"] * 3


def test_the_same_form_sent_twice_makes_one_meeting(office: BodyPages) -> None:
    first = office.schedule(once="mark-of-this-form")
    after = rows(office.app)
    again = office.schedule(once="mark-of-this-form")
    assert (first.status_code, again.status_code) == (200, 200)
    assert rows(office.app) == after and len(office.meetings()) == 1
    assert "/join/" in first.text and "/join/" not in again.text, "links are shown once"
    changed = office.schedule(once="mark-of-this-form", title_en="Another")
    assert changed.status_code == 409 and rows(office.app) == after


def test_a_series_is_made_with_its_rule_and_the_day_left_out(office: BodyPages) -> None:
    wish = {"rhythm": "MONTHLY", "every": "1", "count": "4", "skipped": "2028-02-11", "to_0": "12:00"}
    looked = office.schedule("look", **wish)
    assert "3 meetings" in said(looked.text) and "every month, 4 times" in said(looked.text)
    made = office.schedule(**wish)
    assert "3 meetings are scheduled" in said(made.text), said(made.text)[:600]
    found = [office.services.meetings.meeting_row(id) for id in office.meetings()]
    starts = sorted(row.sessions[0]["starts"] for row in found if row)
    # the second Friday of each month
    assert starts == ["2027-12-10T10:00", "2028-01-14T10:00", "2028-03-10T10:00"]
    (rule,) = office.services.invitations.contacts.series_of(office.body.id)
    assert (rule.freq, rule.count, rule.skipped) == ("MONTHLY", 4, ["2028-02-11T10:00"])
    assert {row.series for row in found if row} == {rule.uid}
    assert sorted(row.recurs or "" for row in found if row) == starts


def test_an_interrupted_series_goes_on_where_it_stopped(office: BodyPages, monkeypatch: pytest.MonkeyPatch) -> None:
    secretariat, real, n = office.services.meetings, office.services.meetings.create, 0

    def busy(*given: Any, **more: Any) -> str:
        nonlocal n
        n += 1
        if n == 3:
            raise Busy("locked")
        return real(*given, **more)

    monkeypatch.setattr(secretariat, "create", busy)
    wish = {"rhythm": "WEEKLY", "count": "4", "once": "mark-of-the-series"}
    page = office.schedule(**wish)
    assert page.status_code == 503 and "after 2 of 4 meetings" in said(page.text)
    assert len(office.meetings()) == 2
    done = office.schedule(**wish)
    assert done.status_code == 200 and len(office.meetings()) == 4
    assert len(office.services.invitations.contacts.series_of(office.body.id)) == 1
    assert done.text.count("/join/") == 8


WRONG = [
    ({"title_en": ""}, "A title is missing"),
    ({"title_en": "\u200b"}, "A title is missing"),
    ({"title_en": "x\u202ey"}, "cannot be shown safely"),
    ({"title_en": "x\x00y"}, "cannot be shown safely"),
    ({"title_en": "x" * 501}, "too long"),
    ({"zone": "Mars/Olympus"}, "no time zone of this name"),
    ({"zone": ""}, "no time zone of this name"),
    ({"date_0": ""}, "A day is missing"),
    ({"date_0": "10.12.2027"}, "A day is missing or not readable (10.12.2027)"),
    ({"from_0": "25:99"}, "A time is not readable"),
    ({"from_0": "ten"}, "A time is missing or not readable (ten)"),
    ({"to_0": "09:00"}, "must be later than its beginning"),
    ({"zone": "Europe/Zurich", "date_0": "2027-03-28", "from_0": "02:30", "to_0": "05:00"}, "does not exist"),
    ({"zone": "Europe/Zurich", "date_0": "2027-10-31", "from_0": "02:30", "to_0": "05:00"}, "comes twice"),
    ({"date_1": "2027-12-10", "from_1": "12:00", "to_1": "14:00"}, "sit at the same time"),
    ({"link": "javascript:alert(1)"}, "must begin with https://"),
    ({"room": "Hall\u20661"}, "cannot be shown safely"),
    ({"way_address_0": "javascript:x", "way_kind_0": "audio"}, "must begin with https://"),
    ({"way_address_0": "", "way_label_0": "French"}, "A way in needs an address"),
    ({"way_address_0": "call me", "way_kind_0": "phone"}, "not a telephone number"),
    ({"agenda": "Opening | soon"}, "After the bar there must be minutes"),
    ({"agenda": "Opening | 999999999"}, "After the bar there must be minutes"),
    ({"agenda": "\n".join("x" for _ in range(101))}, "100 items"),
    ({"rhythm": "WEEKLY", "count": "1"}, "is not a number from 2 to 60"),
    ({"rhythm": "WEEKLY", "count": "100000000000"}, "is not a number from 2 to 60"),
    ({"rhythm": "DAILY", "count": "3", "skipped": "2029-01-01"}, "Nobody would meet on 2029-01-01"),
    ({"rhythm": "DAILY", "count": "2", "skipped": "2027-12-10 2027-12-11"}, "Every day of the series is left out"),
    ({"rhythm": "DAILY", "count": "2", "skipped": "2027-12-10 " * 30_000}, "2027-12-10"),
    ({"rhythm": "WEEKLY", "count": "3", "date_1": "2027-12-11", "from_1": "10:00", "to_1": "11:00"}, "one session"),
    (
        {
            "rhythm": "DAILY",
            "count": "5",
            "zone": "Europe/Zurich",
            "date_0": "2027-03-26",
            "from_0": "02:30",
            "to_0": "04:00",
        },
        "2027-03-28T02:30 does not exist",
    ),
]


@pytest.mark.parametrize(("wish", "words"), WRONG)
@pytest.mark.parametrize("do", ["look", "schedule"])
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(
    wish: dict[str, str], words: str, do: str, office: BodyPages
) -> None:
    before = rows(office.app)
    page = office.schedule(do, **wish)
    assert page.status_code == 422 and words in said(page.text), said(page.text)[:1500]
    assert rows(office.app) == before
    assert 'value="Hall 1"' in page.text or "room" in wish, "what was typed is still there"
    assert 'role="alert"' in page.text


@pytest.mark.parametrize(
    "name", ["title_en", "room", "link", "agenda", "way_label_0", "skipped", "zone", "once", "date_0"]
)
@pytest.mark.parametrize(
    "text", ["\ud800", "a\r\nBEGIN:VEVENT", "\u2028", "\x00", "{facts}", "💥" * 4_000, "<script>1</script>"]
)
def test_hostile_texts_break_no_page(name: str, text: str, office: BodyPages) -> None:
    page = office.schedule("look", **{name: text.encode("utf-8", "surrogatepass")})
    assert page.status_code in (200, 422)
    assert "<script>1" not in page.text


def test_a_row_more_comes_without_script_and_keeps_what_was_typed(office: BodyPages) -> None:
    page = office.schedule("session")
    assert page.status_code == 200 and 'name="date_1"' in page.text and 'value="2027-12-10"' in page.text
    page = office.schedule("way")
    assert 'name="way_address_0"' in page.text
    assert len(office.meetings()) == 0


def test_warnings_name_the_night_the_clash_and_what_is_missing(app: Flask) -> None:
    office = BodyPages(app, address=None)
    office.meeting(title="Other body work")
    page = said(office.schedule("look", room="", link="", from_0="03:00", to_0="11:00").text)
    for words in (
        "No room is named",
        "no join link",
        "no organizer’s address",
        "Other body work",
        "sits at that time",
        "Very early or late for 2 of those on the list",
        "Nairobi 01:00 (1)",
        "Almaty 03:00 (1)",
    ):
        assert words in page, words
    assert "lies in the past" in said(office.schedule("look", date_0="2020-01-01").text)
