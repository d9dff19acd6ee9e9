"""What stands in calendar files and feeds: one's own meetings and turns, and nobody else's secrets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meetingsvc.core.kernel import Refused
from meetingsvc.store.contacts import Contact
from tests.calendar.check import assert_clean
from tests.support.body_app import BodyApp
from tests.support.body_scenario import MINUTE, BodyScenario, events, unfolded

# ------------------------------------------------------------------------------------------------- who may see what


def test_the_public_file_holds_no_join_link_and_nobodys_name(scenario: BodyScenario) -> None:
    scenario.schedule(link="https://video.example/canary-link")
    scenario.do(
        "meeting.set_channels", channels=[{"kind": "phone", "address": "tel:+41220000001", "label": "canary-dial"}]
    )
    scenario.do("agenda.add_item", title="canary-hidden")
    hidden = scenario.meetings.history(scenario.meeting).state.seq
    scenario.do("agenda.edit_item", item=hidden, hidden=True)
    scenario.do("roster.accredit", kind="member", code="KEN", speaker={"name": "canary-name", "post": "canary-post"})
    kenya = scenario.contact("KEN", name="canary-office", address="canary@missions.example")
    scenario.invite(kenya)
    scenario.replies.answer(
        scenario.meeting, kenya.id, "declined", substitute="canary-substitute", comment="canary-word"
    )
    for text in (scenario.file(), scenario.body_feed(), scenario.file(lang="en"), scenario.file(rich=True)):
        assert "canary" not in text and "+4122" not in text and "CONFERENCE" not in text


def test_a_link_of_the_meeting_opens_the_join_links_and_others_do_not(scenario: BodyScenario) -> None:
    scenario.schedule()
    links = scenario.links
    for role in ("chair", "secretary", "booth"):
        assert "room-1" in scenario.file(grant=links.make(scenario.meeting, role)[0]), role
    for role in ("room", "follower"):
        assert "room-1" not in scenario.file(grant=links.make(scenario.meeting, role)[0]), role
    mine = scenario.meeting
    foreign = links.make(scenario.schedule(), "chair")[0]
    assert "room-1" not in scenario.file(mine, grant=foreign)
    assert "room-1" not in scenario.file(mine, grant=links.make_office(scenario.body.id)[0])


def test_over_http_a_credential_opens_the_personal_file(body_app: BodyApp) -> None:
    scenario = body_app.office
    scenario.schedule()
    (row,) = scenario.guest_list.put_on_list(scenario.meeting, [scenario.contact("KEN")])
    secret = str(scenario.guest_list.personal_link(row)).rpartition("/")[2]
    path = f"/m/{scenario.meeting}.ics"
    mine = body_app.get(path, Authorization=f"Bearer {secret}")
    assert "room-1" in mine.text and secret in unfolded(mine.data)
    assert "room-1" not in body_app.get(path).text
    assert mine.headers["ETag"] != body_app.get(path).headers["ETag"]
    assert body_app.get(path, If_None_Match=mine.headers["ETag"]).status_code == 200, "the public one is another file"
    assert body_app.get(path, Authorization="Bearer " + "x" * 32).status_code == 403
    scenario.guest_list.take_off(scenario.meeting, row.contact.id)
    assert body_app.get(path, Authorization=f"Bearer {secret}").status_code == 403


def test_nothing_of_one_stands_in_anothers_feed(scenario: BodyScenario) -> None:
    scenario.schedule(title="Both are invited")
    kenya = scenario.contact("KEN", name="canary-kenya", address="canary-ken@missions.example", mode="remote")
    uganda = scenario.contact("UGA", name="canary-uganda", address="canary-uga@missions.example", mode="in_room")
    scenario.invite(kenya, uganda)
    scenario.replies.answer(scenario.meeting, kenya.id, "accepted", comment="canary-comment")
    scenario.schedule(title="Only Kenya")
    scenario.invite(kenya)
    ours, theirs = scenario.fetch(scenario.feed(kenya)), scenario.fetch(scenario.feed(uganda))
    for text, other in ((ours, uganda), (theirs, kenya)):
        assert other.name not in text and str(other.address) not in text and "canary-comment" not in text
        for row in scenario.guest_list.on_list(scenario.meeting):
            link = str(scenario.guest_list.personal_link(row)).rpartition("/")[2]
            assert link not in text, "whoever reads a calendar must not answer in its owner's place"
    assert "Only Kenya" in ours and "Only Kenya" not in theirs
    assert "CONFERENCE" in ours and "CONFERENCE" not in theirs, "who sits in the room needs no link"


def test_who_is_taken_off_finds_nothing_of_it_in_their_feed(scenario: BodyScenario) -> None:
    scenario.schedule(title="That which goes on")
    kenya = scenario.contact("KEN")
    scenario.invite(kenya)
    secret = scenario.feed(kenya)
    scenario.schedule(title="That which is over for them")
    scenario.invite(kenya)
    file = scenario.calendar_files.feed_file(secret)
    assert "over for them" in scenario.fetch(secret)
    scenario.wait()
    scenario.guest_list.take_off(scenario.meeting, kenya.id)
    later = scenario.calendar_files.feed_file(secret)
    assert file is not None and later is not None
    assert later.etag != file.etag and later.modified > file.modified
    assert "goes on" in scenario.fetch(secret) and "over for them" not in scenario.fetch(secret)


def link_of(scenario: BodyScenario, contact: Contact) -> str:
    grant = scenario.guest_list.invitation(scenario.meeting, contact.id).grant
    assert grant is not None
    return grant


def ended(scenario: BodyScenario, secret: str, contact: Contact) -> bool:
    """Whether an address opens nothing, and nobody is told that it is in use."""
    held = scenario.calendar_files.feeds_of(contact.id) or scenario.calendar_files.subscribed(contact.id)
    return scenario.calendar_files.feed_file(secret) is None and not held


def test_a_feed_ends_with_the_link_it_was_made_behind_and_with_no_other(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya, first = scenario.contact("KEN"), scenario.meeting
    scenario.invite(kenya)
    behind_first = scenario.feed(kenya, behind=link_of(scenario, kenya))
    scenario.schedule()
    scenario.invite(kenya)
    behind_second = scenario.feed(kenya, behind=link_of(scenario, kenya))
    scenario.links.revoke(scenario.meeting, link_of(scenario, kenya))
    assert (
        scenario.calendar_files.feed_file(behind_second) is None
        and scenario.calendar_files.feed_file(behind_first) is not None
    )
    scenario.guest_list.take_off(first, kenya.id)
    assert ended(scenario, behind_first, kenya)
    scenario.guest_list.put_on_list(first, [kenya])
    assert ended(scenario, behind_first, kenya), "who is put back has another link, and makes another address"


@pytest.mark.parametrize("right", ["right@missions.example", None])
def test_a_feed_ends_when_a_wrong_address_is_corrected(scenario: BodyScenario, right: str | None) -> None:
    scenario.schedule()
    kenya = scenario.contact("KEN", address="wrong@missions.example")
    scenario.invite(kenya)
    delegate, _ = scenario.links.make(scenario.meeting, "delegate", 1)
    secret, narrow = scenario.feed(kenya), scenario.feed(kenya, behind=delegate.id, meeting=scenario.meeting)
    scenario.contacts.put_contact(replace(kenya, address="Wrong@Missions.example"))
    assert scenario.calendar_files.feed_file(secret) is not None, "the same address, written otherwise"
    scenario.contacts.put_contact(replace(kenya, address=right))
    scenario.schedule(link="https://meet.example/canary-new")
    scenario.invite(kenya)
    assert ended(scenario, secret, kenya) and scenario.calendar_files.feed_file(narrow) is None
    mine = scenario.feed(replace(kenya, address=right))
    assert "canary-new" in scenario.fetch(mine), "who it was meant for makes one of their own"
    assert scenario.calendar_files.feed_file(secret) is None


def test_no_feed_is_made_behind_a_link_that_was_revoked(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya = scenario.contact("KEN")
    scenario.invite(kenya)
    grant = link_of(scenario, kenya)
    scenario.links.revoke(scenario.meeting, grant)
    with pytest.raises(Refused, match=r"sign_in\.revoked"):
        scenario.calendar_files.make_feed(kenya.id, "en", behind=grant)


def test_the_secret_of_a_feed_stands_nowhere_in_it_or_the_database(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya = scenario.contact("KEN")
    scenario.invite(kenya)
    secret = scenario.feed(kenya)
    assert secret not in scenario.fetch(secret)
    for feed in scenario.calendar_files.feeds_of(kenya.id):
        assert secret not in repr(feed)


def test_alarms_ring_where_somebody_chose_one(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya = scenario.contact("KEN")
    scenario.invite(kenya)
    assert "VALARM" not in scenario.fetch(scenario.feed(kenya))
    assert "TRIGGER:-PT30M" in scenario.fetch(scenario.feed(kenya, alarm=30))


# --------------------------------------------------------------------------------------------------- turns to speak


def debate(scenario: BodyScenario, *codes: str) -> dict[str, int]:
    """The meeting sits, and these ask for the floor."""
    item = scenario.do("agenda.add_item", title="General debate")
    made = {code: scenario.do("roster.accredit", kind="member", code=code) for code in codes}
    session = scenario.meetings.history(scenario.meeting).state.meeting.sessions[scenario.session()]
    scenario.clock.now = session.starts_at
    scenario.do("meeting.open")
    scenario.do("agenda.take_up", item=item)
    for code in codes:
        scenario.do("speakers.inscribe", delegation=made[code])
    return made


def test_ones_expected_turn_stands_in_ones_own_feed_and_nobody_elses(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya, uganda, laos = (scenario.contact(code) for code in ("KEN", "UGA", "LAO"))
    scenario.invite(kenya, uganda, laos)
    debate(scenario, "KEN", "UGA")
    (turn,) = [each for each in events(scenario.fetch(scenario.feed(uganda))) if "-turn-" in each["UID"]]
    assert (turn["STATUS"], turn["TRANSP"]) == ("TENTATIVE", "TRANSPARENT")
    assert turn["SUMMARY"] == "Your statement (expected): General debate"
    assert "-turn-" not in scenario.fetch(scenario.feed(laos)), "who asked for nothing has no turn"
    assert "-turn-" not in scenario.file() and "-turn-" not in scenario.body_feed()


def test_when_the_list_moves_the_turn_moves_and_the_feed_with_it(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya, uganda = scenario.contact("KEN"), scenario.contact("UGA")
    scenario.invite(kenya, uganda)
    debate(scenario, "KEN", "UGA")
    secret = scenario.feed(uganda)
    before, first = scenario.calendar_files.feed_file(secret), scenario.fetch(secret)
    scenario.wait(20 * MINUTE)
    lists = scenario.meetings.history(scenario.meeting).state.speakers.lists.values()
    scenario.do("speakers.withdraw", entry=next(row.in_order()[0].id for row in lists if row.waiting))
    after, second = scenario.calendar_files.feed_file(secret), scenario.fetch(secret)
    assert before is not None and after is not None
    assert before.etag != after.etag and before.modified < after.modified
    old, new = (next(e for e in events(text) if "-turn-" in e["UID"]) for text in (first, second))
    assert old["UID"] == new["UID"] and int(new["SEQUENCE"]) > int(old["SEQUENCE"])
    assert old["DTSTART"] != new["DTSTART"]


def test_a_turn_is_gone_when_the_meeting_closes_also_for_who_asks_by_date(body_app: BodyApp) -> None:
    scenario = body_app.office
    scenario.schedule()
    kenya = scenario.contact("KEN")
    scenario.invite(kenya)
    path = f"/feeds/{scenario.feed(kenya)}.ics"
    debate(scenario, "KEN", "UGA")
    before = body_app.get(path)
    assert "-turn-" in unfolded(before.data)
    scenario.do("meeting.close")
    after = body_app.get(path, If_Modified_Since=before.headers["Last-Modified"])
    assert after.status_code == 200 and "-turn-" not in unfolded(after.data)
    assert body_app.get(path, If_None_Match=after.headers["ETag"]).status_code == 304


# -------------------------------------------------------------------------------------------------------- a series


def test_who_comes_to_all_of_a_series_sees_its_rule_and_others_only_their_dates(scenario: BodyScenario) -> None:
    row, meetings = scenario.series(3)
    kenya, uganda = scenario.contact("KEN"), scenario.contact("UGA")
    for meeting in meetings:
        scenario.guest_list.put_on_list(meeting, [kenya])
    scenario.guest_list.put_on_list(meetings[1], [uganda])
    ours, theirs = scenario.fetch(scenario.feed(kenya)), scenario.fetch(scenario.feed(uganda))
    assert "RRULE:FREQ=WEEKLY" in ours and ours.count("BEGIN:VEVENT") == 1
    assert "RRULE:FREQ=WEEKLY" not in theirs and theirs.count("BEGIN:VEVENT") == 1 and row.uid not in theirs
    assert [each["DTSTART"] for each in events(theirs)] == ["20261215T150000"]


def test_a_body_feed_of_many_meetings_is_clean(scenario: BodyScenario) -> None:
    for day in range(10, 20):
        scenario.schedule(f"2026-12-{day}T10:00/2026-12-{day}T13:00")
    scenario.do("meeting.cancel")
    file = scenario.calendar_files.body_file(scenario.body.id)
    assert file is not None
    data = scenario.calendar_files.bytes_of(file)[1]
    assert_clean(data, profile="feed", parsers=False)
    assert data.count(b"BEGIN:VEVENT") == 10 and data.count(b"STATUS:CANCELLED") == 1
