"""A meeting's times and places: who may change them, what is shown before it is done, and how it is taken back."""

from __future__ import annotations

import pytest

from tests.support.browser import Browser, said
from tests.web.secretariat import BodyPages, Secretariat, hidden_values, public, rows

# ------------------------------------------------------------------------------------------------------ who may open


@pytest.mark.parametrize("page", ["times", "invitations"])
def test_only_chair_and_secretary_keep_times_and_invitations(page: str, secretariat: Secretariat) -> None:
    assert secretariat.browser.get(secretariat.page(page)).status_code == 200
    chair = Browser(secretariat.office.app)
    chair.claim(secretariat.services.links.make(secretariat.meeting, "chair")[1])
    assert chair.get(f"/m/{secretariat.meeting}/{page}").status_code == 200
    path = f"/m/{secretariat.meeting}/{page}"
    assert Browser(secretariat.office.app).get(path).status_code == 403
    for role in ("room", "follower"):
        other = Browser(secretariat.office.app)
        other.claim(secretariat.services.links.make(secretariat.meeting, role)[1])
        assert other.get(f"{path}?as=1").status_code == 403, role
        assert other.post(f"{path}?as=1", data={"do": "cancel", "sure": "1"}).status_code == 403
    guest, _ = secretariat.office.guest(secretariat.meeting)
    assert guest.get(f"{path}?as=1").status_code == 403
    elsewhere = Secretariat(BodyPages(secretariat.office.app))
    assert elsewhere.browser.get(f"{path}{elsewhere.me}").status_code == 403
    assert secretariat.row.state == "scheduled"


def test_the_page_of_one_person_is_for_staff_and_for_people_on_the_list(secretariat: Secretariat) -> None:
    contact = secretariat.office.contacts[0].id
    for page in (f"invitations/{contact}", f"invitations/{contact}.ics"):
        assert secretariat.browser.get(secretariat.page(page)).status_code == 200, page
        assert Browser(secretariat.office.app).get(f"/m/{secretariat.meeting}/{page}").status_code == 403
        guest, _ = secretariat.office.guest(secretariat.meeting, "KAZ")
        assert guest.get(f"/m/{secretariat.meeting}/{page}?as=1").status_code == 403
    other = BodyPages(secretariat.office.app).contacts[0].id
    for id in (other, "0" * 16, "x", "..%2f"):
        assert secretariat.browser.get(secretariat.page(f"invitations/{id}")).status_code == 404
        assert secretariat.browser.get(secretariat.page(f"invitations/{id}.ics")).status_code == 404


# ------------------------------------------------------------------------------------------------------------- times


def test_a_move_is_looked_at_before_it_is_done_and_can_be_undone(secretariat: Secretariat) -> None:
    secretariat.everybody_is_invited()
    secretariat.services.invitations.planner.plan_due(secretariat.services.meetings.clock() + 100_000)
    before = rows(secretariat.office.app)
    looked = secretariat.move()
    words = said(looked.text)
    assert "Friday, 10 December 2027, 10:00–13:00 (Ashgabat)" in words
    assert "Friday, 10 December 2027, 15:00–18:00 (Ashgabat)" in words
    assert "1 has no address: file and link only." in words
    assert (rows(secretariat.office.app), secretariat.row.sequence) == (before, 0), "looking changes nothing"
    done = secretariat.sure(looked)
    assert done.status_code == 303 and secretariat.row.sequence == 1
    assert secretariat.row.sessions[0]["starts"] == "2027-12-10T15:00"
    page = secretariat.browser.get(done.headers["Location"])
    assert "A session was rescheduled" in said(page.text) and "Undo before that, and nobody hears of it" in said(
        page.text
    )
    batch = hidden_values(page)["batch"]
    undone = secretariat.send("times", do="undo", batch=batch)
    assert undone.status_code == 303 and "Taken back." in said(secretariat.browser.get(undone.headers["Location"]).text)
    assert (secretariat.row.sessions[0]["starts"], secretariat.row.sequence) == ("2027-12-10T10:00", 2)


def test_the_same_change_sent_twice_is_one_change(secretariat: Secretariat) -> None:
    looked = secretariat.move()
    assert [secretariat.sure(looked).status_code for _ in range(2)] == [303, 303]
    assert secretariat.row.sequence == 1


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"to": "14:00"}, "must be later than its beginning"),
        ({"zone": "Mars"}, "no time zone"),
        ({"date": ""}, "A day is missing"),
        ({"from": "x"}, "A time is missing"),
        ({"zone": "Europe/Zurich", "date": "2027-03-28", "from": "02:30", "to": "09:00"}, "does not exist"),
        ({"zone": "Europe/Zurich", "date": "2027-10-31", "from": "02:30", "to": "09:00"}, "comes twice"),
    ],
)
@pytest.mark.parametrize("sure", ["", "1"])
def test_times_that_are_wrong_are_said_and_nothing_is_saved(
    wish: dict[str, str], words: str, sure: str, secretariat: Secretariat
) -> None:
    before = rows(secretariat.office.app)
    page = secretariat.move(**wish, sure=sure)
    assert page.status_code == 422 and words in said(page.text)
    assert rows(secretariat.office.app) == before


def test_sessions_are_added_and_dropped_and_the_last_one_stays(secretariat: Secretariat) -> None:
    last = secretariat.send("times", do="drop", session=str(secretariat.session()))
    assert last.status_code == 422 and "This is the only session" in said(last.text)
    wish = {"date": "2027-12-11", "from": "10:00", "to": "13:00", "zone": "Asia/Ashgabat"}
    secretariat.sure(secretariat.send("times", do="plan", **wish))
    assert len(secretariat.row.sessions) == 2
    across = secretariat.send("times", do="plan", **wish)
    assert across.status_code == 422 and "sit at the same time" in said(across.text)
    secretariat.sure(secretariat.send("times", do="drop", session=str(secretariat.session())))
    assert len(secretariat.row.sessions) == 1 and len(secretariat.row.dropped) == 1
    assert "Dropped" in secretariat.words("times")
    assert "Will not be held Friday, 10 December 2027, 10:00–13:00" in public(secretariat)
    assert secretariat.send("times", do="drop", session="99999").status_code == 404


def test_room_link_ways_in_and_title_are_changed_each_with_its_look(secretariat: Secretariat) -> None:
    bad = secretariat.send("times", do="place", room="Hall 2", link="javascript:x")
    assert bad.status_code == 422 and "must begin with https://" in said(bad.text)
    secretariat.sure(secretariat.send("times", do="place", room="Hall 2", link="https://meet.example/new"))
    assert (secretariat.row.room, secretariat.row.link, secretariat.row.sequence) == (
        "Hall 2",
        "https://meet.example/new",
        1,
    )
    ways = {"way_kind_0": "audio", "way_address_0": "https://meet.example/fr", "way_label_0": "French"}
    ways |= {"way_language_0": "fr", "way_kind_1": "phone", "way_address_1": "+41 22 555 01 00"}
    secretariat.sure(secretariat.send("times", do="channels", **ways))
    assert [way["address"] for way in secretariat.row.channels] == ["https://meet.example/fr", "tel:+41225550100"]
    secretariat.sure(secretariat.send("times", do="title", title_en="New title", title_fr="Nouveau titre"))
    assert secretariat.row.title == {"en": "New title", "fr": "Nouveau titre"} and secretariat.row.sequence == 2
    empty = secretariat.send("times", do="title", title_en="", title_fr="")
    assert empty.status_code == 422 and "A title is missing" in said(empty.text)


def test_cancelling_is_looked_at_done_shown_and_taken_back(secretariat: Secretariat) -> None:
    looked = secretariat.send("times", do="cancel")
    assert "is cancelled" in said(looked.text) and secretariat.row.state == "scheduled"
    done = secretariat.sure(looked)
    assert secretariat.row.status == "cancelled"
    page = secretariat.browser.get(done.headers["Location"])
    assert "This meeting is cancelled." in said(page.text)
    assert "This meeting is cancelled." in said(
        Browser(secretariat.office.app).get(f"/m/{secretariat.meeting}/calendar").text
    )
    assert "Cancelled" in said(Browser(secretariat.office.app).get(f"/b/{secretariat.office.body.id}").text)
    again = secretariat.send(
        "times",
        do="move",
        session=str(secretariat.session()),
        date="2027-12-10",
        zone="UTC",
        **{"from": "10:00", "to": "11:00"},
    )
    assert again.status_code == 422 and "Take the cancelling back first" in said(again.text)
    secretariat.send("times", do="undo", batch=hidden_values(page)["batch"])
    assert secretariat.row.status == "confirmed"


def test_a_chair_cancels_from_the_console_and_every_live_page_says_so(secretariat: Secretariat) -> None:
    assert (
        secretariat.browser.act(secretariat.meeting, int(secretariat.me[-1]), "meeting.cancel", {}).status_code == 200
    )
    page = Browser(secretariat.office.app).get(f"/m/{secretariat.meeting}")
    assert page.status_code == 200 and "This meeting is cancelled" in said(page.text)
    for name in ("chair", "room"):
        assert secretariat.browser.get(secretariat.page(name)).status_code == 200
