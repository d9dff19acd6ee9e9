"""What stands in calendar files and feeds: one's own meetings and turns, and nobody else's secrets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meetingsvc.core.kernel import Refused
from meetingsvc.store.contacts import Contact
from tests.calendar.check import assert_clean
from tests.invitations.office import MINUTE, Office, events, unfolded
from tests.invitations.town import Town

# ------------------------------------------------------------------------------------------------- who may see what


def test_the_public_file_holds_no_join_link_and_nobodys_name(office: Office) -> None:
    office.schedule(link="https://video.example/canary-link")
    office.do(
        "meeting.set_channels", channels=[{"kind": "phone", "address": "tel:+41220000001", "label": "canary-dial"}]
    )
    office.do("agenda.add_item", title="canary-hidden")
    hidden = office.meetings.history(office.meeting).whole.seq
    office.do("agenda.edit_item", item=hidden, hidden=True)
    office.do("roster.accredit", kind="member", code="KEN", speaker={"name": "canary-name", "post": "canary-post"})
    kenya = office.contact("KEN", name="canary-office", address="canary@missions.example")
    office.invite(kenya)
    office.replies.answer(office.meeting, kenya.id, "declined", substitute="canary-substitute", comment="canary-word")
    for text in (office.file(), office.body_feed(), office.file(lang="en"), office.file(rich=True)):
        assert "canary" not in text and "+4122" not in text and "CONFERENCE" not in text


def test_a_link_of_the_meeting_opens_the_join_links_and_others_do_not(office: Office) -> None:
    office.schedule()
    links = office.links
    for role in ("chair", "secretary", "booth"):
        assert "room-1" in office.file(grant=links.make(office.meeting, role)[0]), role
    for role in ("room", "follower"):
        assert "room-1" not in office.file(grant=links.make(office.meeting, role)[0]), role
    mine = office.meeting
    foreign = links.make(office.schedule(), "chair")[0]
    assert "room-1" not in office.file(mine, grant=foreign)
    assert "room-1" not in office.file(mine, grant=links.make_office(office.body.id)[0])


def test_over_http_a_credential_opens_the_personal_file(town: Town) -> None:
    office = town.office
    office.schedule()
    (row,) = office.guest_list.put_on_list(office.meeting, [office.contact("KEN")])
    secret = str(office.guest_list.personal_link(row)).rpartition("/")[2]
    path = f"/m/{office.meeting}.ics"
    mine = town.get(path, Authorization=f"Bearer {secret}")
    assert "room-1" in mine.text and secret in unfolded(mine.data)
    assert "room-1" not in town.get(path).text
    assert mine.headers["ETag"] != town.get(path).headers["ETag"]
    assert town.get(path, If_None_Match=mine.headers["ETag"]).status_code == 200, "the public one is another file"
    assert town.get(path, Authorization="Bearer " + "x" * 32).status_code == 403
    office.guest_list.take_off(office.meeting, row.contact.id)
    assert town.get(path, Authorization=f"Bearer {secret}").status_code == 403


def test_nothing_of_one_stands_in_anothers_feed(office: Office) -> None:
    office.schedule(title="Both are invited")
    kenya = office.contact("KEN", name="canary-kenya", address="canary-ken@missions.example", mode="remote")
    uganda = office.contact("UGA", name="canary-uganda", address="canary-uga@missions.example", mode="in_room")
    office.invite(kenya, uganda)
    office.replies.answer(office.meeting, kenya.id, "accepted", comment="canary-comment")
    office.schedule(title="Only Kenya")
    office.invite(kenya)
    ours, theirs = office.fetch(office.feed(kenya)), office.fetch(office.feed(uganda))
    for text, other in ((ours, uganda), (theirs, kenya)):
        assert other.name not in text and str(other.address) not in text and "canary-comment" not in text
        for row in office.guest_list.on_list(office.meeting):
            link = str(office.guest_list.personal_link(row)).rpartition("/")[2]
            assert link not in text, "whoever reads a calendar must not answer in its owner's place"
    assert "Only Kenya" in ours and "Only Kenya" not in theirs
    assert "CONFERENCE" in ours and "CONFERENCE" not in theirs, "who sits in the room needs no link"


def test_who_is_taken_off_finds_nothing_of_it_in_their_feed(office: Office) -> None:
    office.schedule(title="That which goes on")
    kenya = office.contact("KEN")
    office.invite(kenya)
    secret = office.feed(kenya)
    office.schedule(title="That which is over for them")
    office.invite(kenya)
    sheet = office.calendar_files.feed_file(secret)
    assert "over for them" in office.fetch(secret)
    office.wait()
    office.guest_list.take_off(office.meeting, kenya.id)
    later = office.calendar_files.feed_file(secret)
    assert sheet is not None and later is not None
    assert later.etag != sheet.etag and later.modified > sheet.modified
    assert "goes on" in office.fetch(secret) and "over for them" not in office.fetch(secret)


def link_of(office: Office, contact: Contact) -> str:
    grant = office.guest_list.invitation(office.meeting, contact.id).grant
    assert grant is not None
    return grant


def ended(office: Office, secret: str, contact: Contact) -> bool:
    """Whether an address opens nothing, and nobody is told that it is in use."""
    held = office.calendar_files.feeds_of(contact.id) or office.calendar_files.subscribed(contact.id)
    return office.calendar_files.feed_file(secret) is None and not held


def test_a_feed_ends_with_the_link_it_was_made_behind_and_with_no_other(office: Office) -> None:
    office.schedule()
    kenya, first = office.contact("KEN"), office.meeting
    office.invite(kenya)
    behind_first = office.feed(kenya, behind=link_of(office, kenya))
    office.schedule()
    office.invite(kenya)
    behind_second = office.feed(kenya, behind=link_of(office, kenya))
    office.links.revoke(office.meeting, link_of(office, kenya))
    assert (
        office.calendar_files.feed_file(behind_second) is None
        and office.calendar_files.feed_file(behind_first) is not None
    )
    office.guest_list.take_off(first, kenya.id)
    assert ended(office, behind_first, kenya)
    office.guest_list.put_on_list(first, [kenya])
    assert ended(office, behind_first, kenya), "who is put back has another link, and makes another address"


@pytest.mark.parametrize("right", ["right@missions.example", None])
def test_a_feed_ends_when_a_wrong_address_is_corrected(office: Office, right: str | None) -> None:
    office.schedule()
    kenya = office.contact("KEN", address="wrong@missions.example")
    office.invite(kenya)
    delegate, _ = office.links.make(office.meeting, "delegate", 1)
    secret, narrow = office.feed(kenya), office.feed(kenya, behind=delegate.id, meeting=office.meeting)
    office.contacts.put_contact(replace(kenya, address="Wrong@Missions.example"))
    assert office.calendar_files.feed_file(secret) is not None, "the same address, written otherwise"
    office.contacts.put_contact(replace(kenya, address=right))
    office.schedule(link="https://meet.example/canary-new")
    office.invite(kenya)
    assert ended(office, secret, kenya) and office.calendar_files.feed_file(narrow) is None
    mine = office.feed(replace(kenya, address=right))
    assert "canary-new" in office.fetch(mine), "who it was meant for makes one of their own"
    assert office.calendar_files.feed_file(secret) is None


def test_no_feed_is_made_behind_a_link_that_was_revoked(office: Office) -> None:
    office.schedule()
    kenya = office.contact("KEN")
    office.invite(kenya)
    grant = link_of(office, kenya)
    office.links.revoke(office.meeting, grant)
    with pytest.raises(Refused, match=r"sign_in\.revoked"):
        office.calendar_files.make_feed(kenya.id, "en", behind=grant)


def test_the_secret_of_a_feed_stands_nowhere_in_it_or_the_database(office: Office) -> None:
    office.schedule()
    kenya = office.contact("KEN")
    office.invite(kenya)
    secret = office.feed(kenya)
    assert secret not in office.fetch(secret)
    for feed in office.calendar_files.feeds_of(kenya.id):
        assert secret not in repr(feed)


def test_alarms_ring_where_somebody_chose_one(office: Office) -> None:
    office.schedule()
    kenya = office.contact("KEN")
    office.invite(kenya)
    assert "VALARM" not in office.fetch(office.feed(kenya))
    assert "TRIGGER:-PT30M" in office.fetch(office.feed(kenya, alarm=30))


# --------------------------------------------------------------------------------------------------- turns to speak


def debate(office: Office, *codes: str) -> dict[str, int]:
    """The meeting sits, and these ask for the floor."""
    item = office.do("agenda.add_item", title="General debate")
    made = {code: office.do("roster.accredit", kind="member", code=code) for code in codes}
    session = office.meetings.history(office.meeting).whole.meeting.sessions[office.session()]
    office.clock.now = session.starts_at
    office.do("meeting.open")
    office.do("agenda.take_up", item=item)
    for code in codes:
        office.do("speakers.inscribe", delegation=made[code])
    return made


def test_ones_expected_turn_stands_in_ones_own_feed_and_nobody_elses(office: Office) -> None:
    office.schedule()
    kenya, uganda, laos = (office.contact(code) for code in ("KEN", "UGA", "LAO"))
    office.invite(kenya, uganda, laos)
    debate(office, "KEN", "UGA")
    (turn,) = [each for each in events(office.fetch(office.feed(uganda))) if "-turn-" in each["UID"]]
    assert (turn["STATUS"], turn["TRANSP"]) == ("TENTATIVE", "TRANSPARENT")
    assert turn["SUMMARY"] == "Your statement (expected): General debate"
    assert "-turn-" not in office.fetch(office.feed(laos)), "who asked for nothing has no turn"
    assert "-turn-" not in office.file() and "-turn-" not in office.body_feed()


def test_when_the_list_moves_the_turn_moves_and_the_feed_with_it(office: Office) -> None:
    office.schedule()
    kenya, uganda = office.contact("KEN"), office.contact("UGA")
    office.invite(kenya, uganda)
    debate(office, "KEN", "UGA")
    secret = office.feed(uganda)
    before, first = office.calendar_files.feed_file(secret), office.fetch(secret)
    office.wait(20 * MINUTE)
    lists = office.meetings.history(office.meeting).whole.speakers.lists.values()
    office.do("speakers.withdraw", entry=next(row.in_order()[0].id for row in lists if row.waiting))
    after, second = office.calendar_files.feed_file(secret), office.fetch(secret)
    assert before is not None and after is not None
    assert before.etag != after.etag and before.modified < after.modified
    old, new = (next(e for e in events(text) if "-turn-" in e["UID"]) for text in (first, second))
    assert old["UID"] == new["UID"] and int(new["SEQUENCE"]) > int(old["SEQUENCE"])
    assert old["DTSTART"] != new["DTSTART"]


def test_a_turn_is_gone_when_the_meeting_closes_also_for_who_asks_by_date(town: Town) -> None:
    office = town.office
    office.schedule()
    kenya = office.contact("KEN")
    office.invite(kenya)
    path = f"/feeds/{office.feed(kenya)}.ics"
    debate(office, "KEN", "UGA")
    before = town.get(path)
    assert "-turn-" in unfolded(before.data)
    office.do("meeting.close")
    after = town.get(path, If_Modified_Since=before.headers["Last-Modified"])
    assert after.status_code == 200 and "-turn-" not in unfolded(after.data)
    assert town.get(path, If_None_Match=after.headers["ETag"]).status_code == 304


# -------------------------------------------------------------------------------------------------------- a series


def test_who_comes_to_all_of_a_series_sees_its_rule_and_others_only_their_dates(office: Office) -> None:
    row, meetings = office.series(3)
    kenya, uganda = office.contact("KEN"), office.contact("UGA")
    for meeting in meetings:
        office.guest_list.put_on_list(meeting, [kenya])
    office.guest_list.put_on_list(meetings[1], [uganda])
    ours, theirs = office.fetch(office.feed(kenya)), office.fetch(office.feed(uganda))
    assert "RRULE:FREQ=WEEKLY" in ours and ours.count("BEGIN:VEVENT") == 1
    assert "RRULE:FREQ=WEEKLY" not in theirs and theirs.count("BEGIN:VEVENT") == 1 and row.uid not in theirs
    assert [each["DTSTART"] for each in events(theirs)] == ["20261215T150000"]


def test_a_body_feed_of_many_meetings_is_clean(office: Office) -> None:
    for day in range(10, 20):
        office.schedule(f"2026-12-{day}T10:00/2026-12-{day}T13:00")
    office.do("meeting.cancel")
    sheet = office.calendar_files.body_file(office.body.id)
    assert sheet is not None
    data = office.calendar_files.bytes_of(sheet)[1]
    assert_clean(data, profile="feed", parsers=False)
    assert data.count(b"BEGIN:VEVENT") == 10 and data.count(b"STATUS:CANCELLED") == 1
