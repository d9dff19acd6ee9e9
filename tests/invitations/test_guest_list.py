"""Bodies, contacts and lists: what is written down, who gets a link, and what is refused with nothing saved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meetingsvc.core.kernel import Refused
from meetingsvc.invitations.derived_secrets import DerivedSecrets
from meetingsvc.store.bodies import Body, new_id
from meetingsvc.store.contacts import Contact, new_contact_id
from meetingsvc.store.links import Grant, Links
from tests.support.body_scenario import URL, BodyScenario


def test_who_is_put_on_the_list_gets_a_link_of_their_own(scenario: BodyScenario) -> None:
    scenario.schedule()
    delegation = scenario.do("roster.accredit", kind="member", code="KEN")
    kenya, uganda = scenario.contact("KEN"), scenario.contact("UGA")
    rows = scenario.guest_list.put_on_list(scenario.meeting, [kenya.id, uganda])
    links = {row.contact.code: str(scenario.guest_list.personal_link(row)) for row in rows}
    assert len(set(links.values())) == 2
    for row in rows:
        secret = links[row.contact.code or ""].rpartition("/")[2]
        grant = scenario.links.find(secret)
        assert grant is not None and (grant.role, grant.meeting, grant.id) == ("invitee", scenario.meeting, row.grant)
        assert scenario.guest_list.invitation_of(grant) == row
        assert grant.delegation == (delegation if row.contact.code == "KEN" else None)
    assert scenario.guest_list.put_on_list(scenario.meeting, [kenya]) == [], "who is on it stays as they are"
    assert scenario.guest_list.everybody_of_body(scenario.meeting) == []


def test_another_key_makes_other_links(scenario: BodyScenario) -> None:
    scenario.schedule()
    (row,) = scenario.guest_list.put_on_list(scenario.meeting, [scenario.contact("KEN")])
    before = scenario.guest_list.personal_link(row)
    assert DerivedSecrets("q" * 48, URL).personal_link(row) != before


def test_a_delegates_link_answers_for_the_one_invited_for_its_delegation(scenario: BodyScenario) -> None:
    scenario.schedule()
    scenario.guest_list.put_on_list(scenario.meeting, [scenario.contact("KEN")])
    delegation = scenario.do("roster.accredit", kind="member", code="KEN")  # only later on the roster
    grant, _ = Links(scenario.meetings.database, scenario.clock).make(scenario.meeting, "delegate", delegation)
    found = scenario.guest_list.invitation_of(grant)
    assert found is not None and found.contact.code == "KEN"
    scenario.guest_list.put_on_list(scenario.meeting, [scenario.contact("KEN", address="second@missions.example")])
    assert scenario.guest_list.invitation_of(grant) is None, "of two nobody can say which"


def test_who_is_taken_off_has_no_link_any_more(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya = scenario.contact("KEN")
    (row,) = scenario.guest_list.put_on_list(scenario.meeting, [kenya])
    secret = str(scenario.guest_list.personal_link(row)).rpartition("/")[2]
    scenario.guest_list.take_off(scenario.meeting, kenya.id)
    grant = scenario.links.find(secret)
    assert grant is not None and grant.revoked_at is not None
    assert scenario.guest_list.personal_link(scenario.guest_list.invitation(scenario.meeting, kenya.id)) is None
    with pytest.raises(Refused, match=r"people\.not_on_list"):
        scenario.guest_list.take_off(scenario.meeting, kenya.id)
    (again,) = scenario.guest_list.put_on_list(scenario.meeting, [kenya])
    assert again.grant != row.grant and again.invited_at is None


def test_contacts_of_another_body_cannot_be_invited(scenario: BodyScenario) -> None:
    other = scenario.contacts.put_body(replace(scenario.body, id=new_id()))
    stranger = scenario.contacts.put_contact(replace(scenario.contact("KEN"), id=new_contact_id(), body=other.id))
    scenario.schedule()
    kenya = scenario.contact("KEN")
    with pytest.raises(Refused, match=r"people\.no_such_contact"):
        scenario.guest_list.put_on_list(scenario.meeting, [kenya, stranger])
    assert scenario.guest_list.on_list(scenario.meeting) == [], "all or none"


def test_a_contact_that_is_removed_is_off_every_list_and_out_of_every_feed(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya = scenario.contact("KEN")
    scenario.invite(kenya)
    scenario.send()
    secret = scenario.feed(kenya)
    scenario.contacts.remove_contact(kenya.id)
    assert scenario.calendar_files.feed_file(secret) is None
    assert scenario.guest_list.on_list(scenario.meeting) == []
    assert scenario.contacts.contacts_of(scenario.body.id) == []
    assert scenario.told() == [("KEN", "CANCEL", 1)]
    with pytest.raises(Refused, match=r"people\.no_such_contact"):
        scenario.contacts.put_contact(kenya)


def test_who_is_put_on_a_list_while_they_are_removed_holds_no_link(scenario: BodyScenario) -> None:
    first = scenario.schedule()
    kenya = scenario.contact("KEN")
    scenario.invite(kenya)
    second, made = scenario.schedule(), list[str]()

    def somebody_else_invites_them(_: Grant) -> None:
        if not made:
            made.extend(str(row.grant) for row in scenario.guest_list.put_on_list(second, [kenya]))

    scenario.links.on_revoke(somebody_else_invites_them)
    scenario.contacts.remove_contact(kenya.id)
    assert len(made) == 1 and scenario.guest_list.on_list(first) == scenario.guest_list.on_list(second) == []
    grant = scenario.links.get(made[0])
    assert grant is not None and grant.revoked_at is not None


@pytest.mark.parametrize("first", ["taken off", "corrected"])
def test_taken_off_while_their_address_is_corrected_leaves_no_link(scenario: BodyScenario, first: str) -> None:
    scenario.schedule()
    kenya = scenario.contact("KEN")
    scenario.invite(kenya)
    acts = {
        "taken off": lambda: scenario.guest_list.take_off(scenario.meeting, kenya.id),
        "corrected": lambda: scenario.contacts.put_contact(replace(kenya, address="right@missions.example")),
    }
    other, begun = next(act for name, act in acts.items() if name != first), list[Grant]()

    def somebody_else_does_the_other(grant: Grant) -> None:
        begun.append(grant)
        if len(begun) == 1:
            other()

    scenario.links.on_revoke(somebody_else_does_the_other)
    acts[first]()
    assert scenario.guest_list.on_list(scenario.meeting) == [] and len(begun) > 1
    assert [grant.revoked_at for grant in scenario.links.of_meeting(scenario.meeting) if not grant.revoked_at] == []


def test_invitations_need_an_organizer_and_a_meeting_that_will_be(scenario: BodyScenario) -> None:
    scenario.schedule()
    scenario.guest_list.put_on_list(scenario.meeting, [scenario.contact("KEN")])
    scenario.contacts.put_body(replace(scenario.body, organizer_address=None))
    with pytest.raises(Refused, match=r"people\.no_organizer"):
        scenario.guest_list.send_off(scenario.meeting)
    scenario.contacts.put_body(scenario.body)
    scenario.do("meeting.cancel")
    with pytest.raises(Refused, match=r"meeting\.is_cancelled"):
        scenario.guest_list.send_off(scenario.meeting)


@pytest.mark.parametrize(
    "address",
    [
        "none",
        "a@b@c.example",
        "Name <a@b.example>",
        "a@b.example\r\nBcc: evil@attacker.example",
        "a b@c.example",
        "a@b.example, c@d.example",
        "ä@b.example",
        "a@",
        "@b.example",
        "a@b..example",
        "a@-b.example",
        "a\x00@b.example",
        '"a b"@c.example',
        "a@[127.0.0.1]",
        "x" * 65 + "@b.example",
        "a@" + "b." * 130 + "example",
        "a@b.example>",
        "mailto:a@b.example",
        "a.@b.example",
        ".a@b.example",
        "a..a@b.example",
    ],
)
def test_an_address_that_is_none_is_refused_and_nothing_is_saved(scenario: BodyScenario, address: str) -> None:
    kenya = scenario.contact("KEN")
    with pytest.raises(Refused) as refused:
        scenario.contacts.put_contact(replace(kenya, address=address))
    assert refused.value.code == "people.address_unreadable"
    with pytest.raises(Refused, match=r"people\.address_unreadable"):
        scenario.contacts.put_body(replace(scenario.body, organizer_address=address))
    assert scenario.contacts.contact(kenya.id).address == "ken@missions.example"
    assert scenario.contacts.body(scenario.body.id).organizer_address == "secretariat@missions.example"


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
def test_a_contact_with_something_wrong_is_refused(scenario: BodyScenario, code: str, wrong: dict[str, str]) -> None:
    good = Contact(new_contact_id(), "Permanent Mission of Kenya", "en", scenario.body.id)
    with pytest.raises(Refused) as refused:
        scenario.contacts.put_contact(replace(good, **wrong))  # type: ignore[arg-type]
    assert refused.value.code == code
    assert scenario.contacts.contacts_of(scenario.body.id) == []


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
def test_a_body_with_something_wrong_is_refused(scenario: BodyScenario, code: str, wrong: dict[str, object]) -> None:
    good = Body(new_id(), {"en": "Committee"}, ["en"], "Europe/Zurich", "Secretariat", None)
    with pytest.raises(Refused) as refused:
        scenario.contacts.put_body(replace(good, **wrong))  # type: ignore[arg-type]
    assert refused.value.code == code
    assert [body.id for body in scenario.contacts.bodies()] == [scenario.body.id]


def test_names_are_kept_on_one_harmless_line(scenario: BodyScenario) -> None:
    named = scenario.contact("KEN", name='Mission\r\nX-EVIL:1\u2028of "Kenya"\u202e')
    assert named.name == 'Mission X-EVIL:1 of "Kenya"'
    assert scenario.contacts.contact(named.id).name == named.name


def test_a_meetings_life_says_who_has_what(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya, uganda = scenario.contact("KEN"), scenario.contact("UGA")
    scenario.invite(kenya, uganda)
    secret = scenario.feed(kenya)
    first, second = scenario.due()
    scenario.settle(first, "sent", sent_at=scenario.clock.now)
    scenario.settle(second, "failed", fault="550 no such mailbox")
    file = scenario.calendar_files.feed_file(secret)
    assert file is not None
    scenario.calendar_files.fetched(file, "A calendar\x00/1.0")
    one, two = scenario.planner.life(scenario.meeting).people
    assert one.told is not None and one.told.sequence == 0
    assert [(each.fresh, each.fetch.agent if each.fetch else "") for each in one.feeds] == [(True, "A calendar/1.0")]
    assert two.mail is not None and (two.mail.state, two.told, two.feeds) == ("failed", None, ())
    scenario.wait()
    scenario.move("2026-12-11T15:00", "2026-12-11T18:00")
    life = scenario.planner.life(scenario.meeting)
    assert life.waiting == scenario.clock.now and life.sequence == 1
    assert [each.fresh for each in life.people[0].feeds] == [False], "not fetched since it changed"
    assert not life.public["body"].fresh and life.public["body"].fetch is None
