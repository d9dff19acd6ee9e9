"""A meeting's times and places: who may change them, what is shown before it is done, and how it is taken back."""

from __future__ import annotations

import pytest

from tests.web.secretariat import Desk, Office, hidden_values, public, rows
from tests.web.town import Browser, said

# ------------------------------------------------------------------------------------------------------ who may open


@pytest.mark.parametrize("page", ["times", "invitations"])
def test_only_chair_and_secretary_keep_times_and_invitations(page: str, desk: Desk) -> None:
    assert desk.browser.get(desk.page(page)).status_code == 200
    chair = Browser(desk.office.app)
    chair.claim(desk.house.links.make(desk.meeting, "chair")[1])
    assert chair.get(f"/m/{desk.meeting}/{page}").status_code == 200
    path = f"/m/{desk.meeting}/{page}"
    assert Browser(desk.office.app).get(path).status_code == 403
    for role in ("room", "booth", "follower"):
        other = Browser(desk.office.app)
        other.claim(desk.house.links.make(desk.meeting, role)[1])
        assert other.get(f"{path}?as=1").status_code == 403, role
        assert other.post(f"{path}?as=1", data={"do": "cancel", "sure": "1"}).status_code == 403
    guest, _ = desk.office.guest(desk.meeting)
    assert guest.get(f"{path}?as=1").status_code == 403
    elsewhere = Desk(Office(desk.office.app))
    assert elsewhere.browser.get(f"{path}{elsewhere.me}").status_code == 403
    assert desk.row.state == "scheduled"


def test_the_page_of_one_person_is_for_staff_and_for_people_on_the_list(desk: Desk) -> None:
    contact = desk.office.contacts[0].id
    for page in (f"invitations/{contact}", f"invitations/{contact}.ics"):
        assert desk.browser.get(desk.page(page)).status_code == 200, page
        assert Browser(desk.office.app).get(f"/m/{desk.meeting}/{page}").status_code == 403
        guest, _ = desk.office.guest(desk.meeting, "KAZ")
        assert guest.get(f"/m/{desk.meeting}/{page}?as=1").status_code == 403
    other = Office(desk.office.app).contacts[0].id
    for id in (other, "0" * 16, "x", "..%2f"):
        assert desk.browser.get(desk.page(f"invitations/{id}")).status_code == 404
        assert desk.browser.get(desk.page(f"invitations/{id}.ics")).status_code == 404


# ------------------------------------------------------------------------------------------------------------- times


def test_a_move_is_looked_at_before_it_is_done_and_can_be_undone(desk: Desk) -> None:
    desk.everybody_is_invited()
    desk.house.people.plan_due(desk.house.desk.clock() + 100_000)
    before = rows(desk.office.app)
    looked = desk.move()
    words = said(looked.text)
    assert "Friday, 10 December 2027, 10:00–13:00 (Ashgabat)" in words
    assert "Friday, 10 December 2027, 15:00–18:00 (Ashgabat)" in words
    assert "1 has no address: file and link only." in words
    assert (rows(desk.office.app), desk.row.sequence) == (before, 0), "looking changes nothing"
    done = desk.sure(looked)
    assert done.status_code == 303 and desk.row.sequence == 1
    assert desk.row.sessions[0]["starts"] == "2027-12-10T15:00"
    page = desk.browser.get(done.headers["Location"])
    assert "A session was rescheduled" in said(page.text) and "Undo before that, and nobody hears of it" in said(
        page.text
    )
    batch = hidden_values(page)["batch"]
    undone = desk.send("times", do="undo", batch=batch)
    assert undone.status_code == 303 and "Taken back." in said(desk.browser.get(undone.headers["Location"]).text)
    assert (desk.row.sessions[0]["starts"], desk.row.sequence) == ("2027-12-10T10:00", 2)


def test_the_same_change_sent_twice_is_one_change(desk: Desk) -> None:
    looked = desk.move()
    assert [desk.sure(looked).status_code for _ in range(2)] == [303, 303]
    assert desk.row.sequence == 1


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
    wish: dict[str, str], words: str, sure: str, desk: Desk
) -> None:
    before = rows(desk.office.app)
    page = desk.move(**wish, sure=sure)
    assert page.status_code == 422 and words in said(page.text)
    assert rows(desk.office.app) == before


def test_sessions_are_added_and_dropped_and_the_last_one_stays(desk: Desk) -> None:
    last = desk.send("times", do="drop", session=str(desk.session()))
    assert last.status_code == 422 and "This is the only session" in said(last.text)
    wish = {"date": "2027-12-11", "from": "10:00", "to": "13:00", "zone": "Asia/Ashgabat"}
    desk.sure(desk.send("times", do="plan", **wish))
    assert len(desk.row.sessions) == 2
    across = desk.send("times", do="plan", **wish)
    assert across.status_code == 422 and "sit at the same time" in said(across.text)
    desk.sure(desk.send("times", do="drop", session=str(desk.session())))
    assert len(desk.row.sessions) == 1 and len(desk.row.dropped) == 1
    assert "Dropped" in desk.words("times")
    assert "Will not be held Friday, 10 December 2027, 10:00–13:00" in public(desk)
    assert desk.send("times", do="drop", session="99999").status_code == 404


def test_room_link_ways_in_and_title_are_changed_each_with_its_look(desk: Desk) -> None:
    bad = desk.send("times", do="place", room="Hall 2", link="javascript:x")
    assert bad.status_code == 422 and "must begin with https://" in said(bad.text)
    desk.sure(desk.send("times", do="place", room="Hall 2", link="https://meet.example/new"))
    assert (desk.row.room, desk.row.link, desk.row.sequence) == ("Hall 2", "https://meet.example/new", 1)
    ways = {"way_kind_0": "audio", "way_address_0": "https://meet.example/fr", "way_label_0": "French"}
    ways |= {"way_language_0": "fr", "way_kind_1": "phone", "way_address_1": "+41 22 555 01 00"}
    desk.sure(desk.send("times", do="channels", **ways))
    assert [way["address"] for way in desk.row.channels] == ["https://meet.example/fr", "tel:+41225550100"]
    desk.sure(desk.send("times", do="title", title_en="New title", title_fr="Nouveau titre"))
    assert desk.row.title == {"en": "New title", "fr": "Nouveau titre"} and desk.row.sequence == 2
    empty = desk.send("times", do="title", title_en="", title_fr="")
    assert empty.status_code == 422 and "A title is missing" in said(empty.text)


def test_cancelling_is_looked_at_done_shown_and_taken_back(desk: Desk) -> None:
    looked = desk.send("times", do="cancel")
    assert "is cancelled" in said(looked.text) and desk.row.state == "scheduled"
    done = desk.sure(looked)
    assert desk.row.status == "cancelled"
    page = desk.browser.get(done.headers["Location"])
    assert "This meeting is cancelled." in said(page.text)
    assert "This meeting is cancelled." in said(Browser(desk.office.app).get(f"/m/{desk.meeting}/calendar").text)
    assert "Cancelled" in said(Browser(desk.office.app).get(f"/b/{desk.office.body.id}").text)
    again = desk.send("times", do="move", session=str(desk.session()), date="2027-12-10", zone="UTC",
                      **{"from": "10:00", "to": "11:00"})  # fmt: skip
    assert again.status_code == 422 and "Take the cancelling back first" in said(again.text)
    desk.send("times", do="undo", batch=hidden_values(page)["batch"])
    assert desk.row.status == "confirmed"


def test_a_chair_cancels_from_the_console_and_every_live_page_says_so(desk: Desk) -> None:
    assert desk.browser.act(desk.meeting, int(desk.me[-1]), "meeting.cancel", {}).status_code == 200
    page = Browser(desk.office.app).get(f"/m/{desk.meeting}")
    assert page.status_code == 200 and "This meeting is cancelled" in said(page.text)
    for name in ("chair", "room"):
        assert desk.browser.get(desk.page(name)).status_code == 200
