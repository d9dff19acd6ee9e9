"""Bodies, contacts and lists: what is written down, who gets a link, and what is refused with nothing saved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meetingsvc.core.kernel import Refused
from meetingsvc.invitations.derived_secrets import DerivedSecrets
from meetingsvc.store.bodies import Body, new_id
from meetingsvc.store.contacts import Contact, new_contact_id
from meetingsvc.store.links import Grant, Links
from tests.invitations.office import URL, Office


def test_who_is_put_on_the_list_gets_a_link_of_their_own(office: Office) -> None:
    office.schedule()
    delegation = office.do("roster.accredit", kind="member", code="KEN")
    kenya, uganda = office.contact("KEN"), office.contact("UGA")
    rows = office.guest_list.put_on_list(office.meeting, [kenya.id, uganda])
    links = {row.contact.code: str(office.guest_list.personal_link(row)) for row in rows}
    assert len(set(links.values())) == 2
    for row in rows:
        secret = links[row.contact.code or ""].rpartition("/")[2]
        grant = office.links.find(secret)
        assert grant is not None and (grant.role, grant.meeting, grant.id) == ("invitee", office.meeting, row.grant)
        assert office.guest_list.invitation_of(grant) == row
        assert grant.delegation == (delegation if row.contact.code == "KEN" else None)
    assert office.guest_list.put_on_list(office.meeting, [kenya]) == [], "who is on it stays as they are"
    assert office.guest_list.everybody_of_body(office.meeting) == []


def test_another_key_makes_other_links(office: Office) -> None:
    office.schedule()
    (row,) = office.guest_list.put_on_list(office.meeting, [office.contact("KEN")])
    before = office.guest_list.personal_link(row)
    assert DerivedSecrets("q" * 48, URL).personal_link(row) != before


def test_a_delegates_link_answers_for_the_one_invited_for_its_delegation(office: Office) -> None:
    office.schedule()
    office.guest_list.put_on_list(office.meeting, [office.contact("KEN")])
    delegation = office.do("roster.accredit", kind="member", code="KEN")  # only later on the roster
    grant, _ = Links(office.meetings.database, office.clock).make(office.meeting, "delegate", delegation)
    found = office.guest_list.invitation_of(grant)
    assert found is not None and found.contact.code == "KEN"
    office.guest_list.put_on_list(office.meeting, [office.contact("KEN", address="second@missions.example")])
    assert office.guest_list.invitation_of(grant) is None, "of two nobody can say which"


def test_who_is_taken_off_has_no_link_any_more(office: Office) -> None:
    office.schedule()
    kenya = office.contact("KEN")
    (row,) = office.guest_list.put_on_list(office.meeting, [kenya])
    secret = str(office.guest_list.personal_link(row)).rpartition("/")[2]
    office.guest_list.take_off(office.meeting, kenya.id)
    grant = office.links.find(secret)
    assert grant is not None and grant.revoked_at is not None
    assert office.guest_list.personal_link(office.guest_list.invitation(office.meeting, kenya.id)) is None
    with pytest.raises(Refused, match=r"people\.not_on_list"):
        office.guest_list.take_off(office.meeting, kenya.id)
    (again,) = office.guest_list.put_on_list(office.meeting, [kenya])
    assert again.grant != row.grant and again.invited_at is None


def test_contacts_of_another_body_cannot_be_invited(office: Office) -> None:
    other = office.contacts.put_body(replace(office.body, id=new_id()))
    stranger = office.contacts.put_contact(replace(office.contact("KEN"), id=new_contact_id(), body=other.id))
    office.schedule()
    kenya = office.contact("KEN")
    with pytest.raises(Refused, match=r"people\.no_such_contact"):
        office.guest_list.put_on_list(office.meeting, [kenya, stranger])
    assert office.guest_list.on_list(office.meeting) == [], "all or none"


def test_a_contact_that_is_removed_is_off_every_list_and_out_of_every_feed(office: Office) -> None:
    office.schedule()
    kenya = office.contact("KEN")
    office.invite(kenya)
    office.send()
    secret = office.feed(kenya)
    office.contacts.remove_contact(kenya.id)
    assert office.calendar_files.feed_file(secret) is None
    assert office.guest_list.on_list(office.meeting) == []
    assert office.contacts.contacts_of(office.body.id) == []
    assert office.told() == [("KEN", "CANCEL", 1)]
    with pytest.raises(Refused, match=r"people\.no_such_contact"):
        office.contacts.put_contact(kenya)


def test_who_is_put_on_a_list_while_they_are_removed_holds_no_link(office: Office) -> None:
    first = office.schedule()
    kenya = office.contact("KEN")
    office.invite(kenya)
    second, made = office.schedule(), list[str]()

    def somebody_else_invites_them(_: Grant) -> None:
        if not made:
            made.extend(str(row.grant) for row in office.guest_list.put_on_list(second, [kenya]))

    office.links.on_revoke(somebody_else_invites_them)
    office.contacts.remove_contact(kenya.id)
    assert len(made) == 1 and office.guest_list.on_list(first) == office.guest_list.on_list(second) == []
    grant = office.links.get(made[0])
    assert grant is not None and grant.revoked_at is not None


@pytest.mark.parametrize("first", ["taken off", "corrected"])
def test_taken_off_while_their_address_is_corrected_leaves_no_link(office: Office, first: str) -> None:
    office.schedule()
    kenya = office.contact("KEN")
    office.invite(kenya)
    acts = {
        "taken off": lambda: office.guest_list.take_off(office.meeting, kenya.id),
        "corrected": lambda: office.contacts.put_contact(replace(kenya, address="right@missions.example")),
    }
    other, begun = next(act for name, act in acts.items() if name != first), list[Grant]()

    def somebody_else_does_the_other(grant: Grant) -> None:
        begun.append(grant)
        if len(begun) == 1:
            other()

    office.links.on_revoke(somebody_else_does_the_other)
    acts[first]()
    assert office.guest_list.on_list(office.meeting) == [] and len(begun) > 1
    assert [grant.revoked_at for grant in office.links.of_meeting(office.meeting) if not grant.revoked_at] == []


def test_invitations_need_an_organizer_and_a_meeting_that_will_be(office: Office) -> None:
    office.schedule()
    office.guest_list.put_on_list(office.meeting, [office.contact("KEN")])
    office.contacts.put_body(replace(office.body, organizer_address=None))
    with pytest.raises(Refused, match=r"people\.no_organizer"):
        office.guest_list.send_off(office.meeting)
    office.contacts.put_body(office.body)
    office.do("meeting.cancel")
    with pytest.raises(Refused, match=r"meeting\.is_cancelled"):
        office.guest_list.send_off(office.meeting)


@pytest.mark.parametrize(
    "address",
    [
        "none", "a@b@c.example", "Name <a@b.example>", "a@b.example\r\nBcc: evil@attacker.example", "a b@c.example",
        "a@b.example, c@d.example", "ä@b.example", "a@", "@b.example", "a@b..example", "a@-b.example",
        "a\x00@b.example",
        '"a b"@c.example', "a@[127.0.0.1]", "x" * 65 + "@b.example", "a@" + "b." * 130 + "example", "a@b.example>",
        "mailto:a@b.example", "a.@b.example", ".a@b.example", "a..a@b.example",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_and_nothing_is_saved(office: Office, address: str) -> None:
    kenya = office.contact("KEN")
    with pytest.raises(Refused) as refused:
        office.contacts.put_contact(replace(kenya, address=address))
    assert refused.value.code == "people.address_unreadable"
    with pytest.raises(Refused, match=r"people\.address_unreadable"):
        office.contacts.put_body(replace(office.body, organizer_address=address))
    assert office.contacts.contact(kenya.id).address == "ken@missions.example"
    assert office.contacts.body(office.body.id).organizer_address == "secretariat@missions.example"


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("people.name_needed", {"name": " \u200b\u202e"}),
        ("people.text_too_long", {"name": "x" * 251}),
        ("people.language_unreadable", {"language": "xx-klingon"}),
        ("meeting.zone_unknown", {"zone": "Mars/Olympus"}),
        ("roster.code_unreadable", {"code": "ken\n"}),
        ("people.choice_unknown", {"part": "host"}),
        ("people.choice_unknown", {"kind": "robot"}),
        ("people.choice_unknown", {"mode": "nowhere"}),
    ],
)
def test_a_contact_with_something_wrong_is_refused(office: Office, code: str, wrong: dict[str, str]) -> None:
    good = Contact(new_contact_id(), "Permanent Mission of Kenya", "en", office.body.id)
    with pytest.raises(Refused) as refused:
        office.contacts.put_contact(replace(good, **wrong))  # type: ignore[arg-type]
    assert refused.value.code == code
    assert office.contacts.contacts_of(office.body.id) == []


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("people.name_needed", {"name": {"en": "\u2066\u2069"}}),
        ("people.name_needed", {"name": {}}),
        ("people.needs_a_language", {"languages": []}),
        ("people.language_twice", {"languages": ["en", "en"]}),
        ("people.language_unreadable", {"languages": ["english please"]}),
        ("meeting.zone_unknown", {"zone": "UTC+5"}),
        ("people.organizer_needs_a_name", {"organizer_name": "\n"}),
    ],
)
def test_a_body_with_something_wrong_is_refused(office: Office, code: str, wrong: dict[str, object]) -> None:
    good = Body(new_id(), {"en": "Committee"}, ["en"], "Europe/Zurich", "Secretariat", None)
    with pytest.raises(Refused) as refused:
        office.contacts.put_body(replace(good, **wrong))  # type: ignore[arg-type]
    assert refused.value.code == code
    assert [body.id for body in office.contacts.bodies()] == [office.body.id]


def test_names_are_kept_on_one_harmless_line(office: Office) -> None:
    named = office.contact("KEN", name='Mission\r\nX-EVIL:1\u2028of "Kenya"\u202e')
    assert named.name == 'Mission X-EVIL:1 of "Kenya"'
    assert office.contacts.contact(named.id).name == named.name


def test_a_meetings_life_says_who_has_what(office: Office) -> None:
    office.schedule()
    kenya, uganda = office.contact("KEN"), office.contact("UGA")
    office.invite(kenya, uganda)
    secret = office.feed(kenya)
    first, second = office.due()
    office.settle(first, "sent", sent_at=office.clock.now)
    office.settle(second, "failed", fault="550 no such mailbox")
    sheet = office.calendar_files.feed_file(secret)
    assert sheet is not None
    office.calendar_files.fetched(sheet, "A calendar\x00/1.0")
    one, two = office.planner.life(office.meeting).people
    assert one.told is not None and one.told.sequence == 0
    assert [(each.fresh, each.fetch.agent if each.fetch else "") for each in one.feeds] == [(True, "A calendar/1.0")]
    assert two.mail is not None and (two.mail.state, two.told, two.feeds) == ("failed", None, ())
    office.wait()
    office.move("2026-12-11T15:00", "2026-12-11T18:00")
    life = office.planner.life(office.meeting)
    assert life.waiting == office.clock.now and life.sequence == 1
    assert [each.fresh for each in life.people[0].feeds] == [False], "not fetched since it changed"
    assert not life.public["body"].fresh and life.public["body"].fetch is None
