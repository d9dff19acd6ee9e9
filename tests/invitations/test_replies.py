"""What counts as an answer, and what is written down and changes nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from meetingsvc.calendars.reading.replies import Occurrence, Reply
from meetingsvc.core.kernel import Refused
from meetingsvc.invitations import Message
from meetingsvc.invitations.mails.letter import calendar_part
from meetingsvc.invitations.rsvp import Standing, standing
from meetingsvc.store.contacts import Contact, Invitation
from tests.support.body_scenario import DAY, MINUTE, WORDS, BodyScenario

Invited = tuple[BodyScenario, Contact, Message]  # the secretariat, who was invited, the letter they got
InvitedTwice = tuple[BodyScenario, Contact, Message, Message]


@pytest.fixture
def invited(scenario: BodyScenario) -> Invited:
    """Kenya's mission has the invitation, SEQUENCE 1."""
    scenario.schedule()
    scenario.move("2026-12-11T11:00", "2026-12-11T13:00")
    kenya = scenario.contact("KEN")
    scenario.invite(kenya, scenario.contact("UGA"))
    return scenario, kenya, next(each for each in scenario.send() if each.contact.id == kenya.id)


def held(scenario: BodyScenario, contact: Contact) -> Invitation:
    return scenario.guest_list.invitation(scenario.meeting, contact.id)


def reply(letter: Message, answer: str = "accepted", **more: object) -> Reply:
    sent = letter.delivery
    given: dict[str, object] = {"uid": sent.uid, "address": str(letter.contact.address), "answer": answer}
    given |= {"sequence": sent.sequence, "stamp": sent.made_at + MINUTE}
    return Reply(**{**given, **more})  # type: ignore[arg-type]


def test_an_answer_on_the_page_counts(invited: Invited) -> None:
    scenario, kenya, _ = invited
    replies, meeting = scenario.replies, scenario.meeting
    assert replies.answer(meeting, kenya.id, "accepted", mode="remote", comment="Two people.", mark="a") == "taken"
    assert replies.answer(meeting, kenya.id, "declined", mark="a") == "taken", "another answer"
    row = held(scenario, kenya)
    assert (row.answer, row.answer_mode, row.mode, row.answered_sequence) == ("declined", None, "remote", 1)
    said = replies.answer(meeting, kenya.id, "declined", substitute="The counsellor", mark="b")
    assert (said, held(scenario, kenya).substitute) == ("taken", "The counsellor")
    assert replies.answer(meeting, kenya.id, "declined", mark="b") == "same", "a form that is sent twice"
    assert [each.verdict for each in replies.replies_to(meeting)] == ["taken"] * 3


def test_only_those_on_the_list_can_answer(invited: Invited) -> None:
    scenario, kenya, _ = invited
    scenario.guest_list.take_off(scenario.meeting, kenya.id)
    for contact in (kenya.id, scenario.contact("LAO").id, "nobody"):
        with pytest.raises(Refused, match=r"people\.not_on_list"):
            scenario.replies.answer(scenario.meeting, contact, "accepted")


def test_a_place_the_meeting_does_not_have_is_refused(scenario: BodyScenario) -> None:
    scenario.schedule(format="online", room=None)
    kenya = scenario.contact("KEN")
    scenario.guest_list.put_on_list(scenario.meeting, [kenya])
    with pytest.raises(Refused, match=r"roster\.meeting_is_online"):
        scenario.replies.answer(scenario.meeting, kenya.id, "accepted", mode="in_room")
    assert held(scenario, kenya).answer == "none" and held(scenario, kenya).mode == "remote"


@pytest.mark.parametrize("proof", ["page", "message id", "link"])
def test_a_reply_that_proves_itself_counts(invited: Invited, proof: str) -> None:
    scenario, kenya, letter = invited
    made = reply(letter, "tentative", texts=f"Your own page: {letter.personal_link}" if proof == "link" else "")
    verdict = scenario.replies.answer_from_reply(
        made,
        contact_known=kenya if proof == "page" else None,
        message_ids=[letter.delivery.message_id] if proof == "message id" else [],
        sender="relay@elsewhere.example",
    )
    assert verdict == "taken"
    assert held(scenario, kenya).answer == "tentative"


def test_the_same_reply_twice_counts_once(invited: Invited) -> None:
    scenario, _, letter = invited
    ids = [letter.delivery.message_id]
    assert scenario.replies.answer_from_reply(reply(letter), message_ids=ids) == "taken"
    assert scenario.replies.answer_from_reply(reply(letter), message_ids=ids) == "same"
    assert len(scenario.replies.replies_to(scenario.meeting)) == 1


def test_a_reply_about_something_unknown_changes_nothing(invited: Invited) -> None:
    scenario, kenya, letter = invited
    made = reply(letter, uid="somebody-elses-event")
    assert scenario.replies.answer_from_reply(made, contact_known=kenya) == "foreign"
    made = reply(letter, "declined", uid="somebody-elses-event")
    assert scenario.replies.answer_from_reply(made, message_ids=[letter.delivery.message_id]) == "foreign"
    assert held(scenario, kenya).answer == "none"


def test_a_reply_from_a_foreign_address_changes_nothing(invited: Invited) -> None:
    scenario, kenya, letter = invited
    ids = [letter.delivery.message_id]
    for address in ("stranger@elsewhere.example", "uga@missions.example"):
        made = reply(letter, address=address)
        assert scenario.replies.answer_from_reply(made, message_ids=ids, sender="kenya@x.example") == "foreign"
        made = reply(letter, "declined", address=address)
        assert scenario.replies.answer_from_reply(made, contact_known=kenya) == "foreign"
    assert {each.answer for each in scenario.guest_list.on_list(scenario.meeting)} == {"none"}


def test_a_reply_to_an_older_version_is_stale(invited: Invited) -> None:
    scenario, kenya, letter = invited
    assert scenario.replies.answer_from_reply(reply(letter, sequence=0), contact_known=kenya) == "stale"
    scenario.move("2026-12-11T15:00", "2026-12-11T18:00")
    scenario.send()
    assert scenario.replies.answer_from_reply(reply(letter), contact_known=kenya) == "stale"
    assert held(scenario, kenya).answer == "none"


def test_a_reply_older_than_the_answer_held_is_stale(invited: Invited) -> None:
    scenario, kenya, letter = invited
    now = scenario.clock.now
    assert scenario.replies.answer_from_reply(reply(letter, "accepted", stamp=now), contact_known=kenya) == "taken"
    late = reply(letter, "declined", stamp=now - 5 * MINUTE)
    assert scenario.replies.answer_from_reply(late, contact_known=kenya) == "stale"
    assert held(scenario, kenya).answer == "accepted"


def test_a_clock_that_runs_ahead_does_not_shut_out_the_next_answer(invited: Invited) -> None:
    scenario, kenya, letter = invited
    ahead = reply(letter, "accepted", stamp=scenario.clock.now + 365 * DAY)
    assert scenario.replies.answer_from_reply(ahead, contact_known=kenya) == "taken"
    scenario.wait()
    assert scenario.replies.answer(scenario.meeting, kenya.id, "declined", stamp=scenario.clock.now) == "taken"


def test_a_reply_without_proof_waits_for_the_secretariat(invited: Invited) -> None:
    scenario, kenya, letter = invited
    honest = "KEN@missions.example"
    assert scenario.replies.answer_from_reply(reply(letter), sender="someone@elsewhere.example") == "foreign"
    assert scenario.replies.answer_from_reply(reply(letter), sender=honest) == "unproved"
    assert held(scenario, kenya).answer == "none"
    (waits,) = [each for each in scenario.replies.replies_to(scenario.meeting) if each.verdict == "unproved"]
    assert waits.id is not None
    assert scenario.replies.confirm_reply(scenario.meeting, waits.id, True) == "taken"
    assert held(scenario, kenya).answer == "accepted"
    with pytest.raises(Refused, match=r"people\.reply_not_waiting"):
        scenario.replies.confirm_reply(scenario.meeting, waits.id, True)


def test_a_reply_that_the_secretariat_does_not_take_changes_nothing(invited: Invited) -> None:
    scenario, kenya, letter = invited
    scenario.replies.answer_from_reply(reply(letter), sender="ken@missions.example")
    (waits,) = scenario.replies.replies_to(scenario.meeting)
    assert waits.id is not None
    other = scenario.schedule()
    with pytest.raises(Refused, match=r"people\.reply_not_waiting"):
        scenario.replies.confirm_reply(other, waits.id, True)
    scenario.meeting = str(waits.meeting)
    assert scenario.replies.confirm_reply(scenario.meeting, waits.id, False) == "declined"
    assert held(scenario, kenya).answer == "none"


def test_who_was_taken_off_cannot_answer_by_reply(invited: Invited) -> None:
    scenario, kenya, letter = invited
    scenario.guest_list.take_off(scenario.meeting, kenya.id)
    assert scenario.replies.answer_from_reply(reply(letter), message_ids=[letter.delivery.message_id]) == "foreign"


def test_who_delegates_names_the_substitute(invited: Invited) -> None:
    scenario, kenya, letter = invited
    made = reply(letter, "declined", delegated_to="deputy@missions.example", comment="On mission.")
    assert scenario.replies.answer_from_reply(made, contact_known=kenya) == "taken"
    row = held(scenario, kenya)
    assert (row.substitute, row.comment) == ("deputy@missions.example", "On mission.")


def test_an_answer_to_one_of_a_series_is_to_that_one_and_to_the_series_to_all(scenario: BodyScenario) -> None:
    _, meetings = scenario.series(3)
    kenya = scenario.contact("KEN")
    for meeting in meetings:
        scenario.guest_list.put_on_list(meeting, [kenya])
    scenario.guest_list.send_off(meetings[0])
    (letter,) = scenario.send()
    ids = [letter.delivery.message_id]
    assert scenario.replies.answer_from_reply(reply(letter, "accepted"), message_ids=ids) == "taken"
    one = reply(letter, "declined", recurrence=Occurrence("2026-12-15T14:00", "UTC"), stamp=scenario.clock.now)
    assert scenario.replies.answer_from_reply(one, message_ids=ids) == "taken"
    answers = [scenario.guest_list.invitation(meeting, kenya.id).answer for meeting in meetings]
    assert answers == ["accepted", "declined", "accepted"]
    none = reply(letter, "declined", recurrence=Occurrence("2026-12-16T14:00", "UTC"))
    assert scenario.replies.answer_from_reply(none, message_ids=ids) == "foreign"


@pytest.mark.parametrize(
    "text", ["\x00\u202ekcatta\u202c\r\nX-EVIL: 1", "<script>alert(1)</script>", "\ud800", "=1+1", "x" * 5_000]
)
def test_hostile_texts_are_refused_or_harmless(invited: Invited, text: str) -> None:
    scenario, kenya, _ = invited
    try:
        scenario.replies.answer(scenario.meeting, kenya.id, "declined", substitute=text, comment=text)
    except Refused as refused:
        assert refused.code == "people.text_too_long"
        assert held(scenario, kenya).answer == "none"
        return
    row = held(scenario, kenya)
    shown = f"{row.substitute}{row.comment}"
    assert not set("\x00\r\u202e\ud800") & set(shown)
    assert "\n" not in (row.substitute or "")


# ------------------------------------------------------------------------------------------------- several sessions


@pytest.fixture
def two_days(scenario: BodyScenario) -> InvitedTwice:
    """Kenya's mission has the invitations to both days."""
    scenario.schedule("2026-12-11T10:00/2026-12-11T13:00", "2026-12-12T10:00/2026-12-12T13:00")
    kenya = scenario.contact("KEN")
    scenario.invite(kenya)
    first, second = scenario.send()
    return scenario, kenya, first, second


def replied(scenario: BodyScenario, letter: Message, answer: str, **more: object) -> str:
    ids = [letter.delivery.message_id]
    return scenario.replies.answer_from_reply(reply(letter, answer, **more), message_ids=ids, sender="q@x.example")


def partstat(letter: Message) -> str:
    found = re.search(r"PARTSTAT=([A-Z-]+)", calendar_part(letter, WORDS["en"]).decode().replace("\r\n ", ""))
    assert found
    return found[1]


def test_an_answer_to_one_day_says_nothing_of_the_other(two_days: InvitedTwice) -> None:
    scenario, kenya, first, second = two_days
    scenario.wait()
    assert replied(scenario, second, "declined", stamp=second.delivery.made_at + 30_000) == "taken"
    assert held(scenario, kenya).answer == "declined"
    early = first.delivery.made_at + 10_000
    assert replied(scenario, first, "accepted", stamp=early) == "taken", "an earlier stamp, but the first for this day"
    assert held(scenario, kenya).answer == "accepted", "who comes on one of the days comes"
    assert replied(scenario, first, "tentative", stamp=early - 5_000) == "stale"
    scenario.move("2026-12-11T10:00", "2026-12-11T13:00", room="Hall 7")
    scenario.do("meeting.reschedule", session=scenario.session(1), starts="2026-12-12T10:00", ends="2026-12-12T17:00")
    assert {each.delivery.uid: partstat(each) for each in scenario.send()} == {
        first.delivery.uid: "ACCEPTED",
        second.delivery.uid: "DECLINED",
    }


def test_the_answer_on_the_page_is_to_all_days(two_days: InvitedTwice) -> None:
    scenario, kenya, first, second = two_days
    replied(scenario, first, "declined")
    replied(scenario, second, "tentative")
    scenario.wait()
    assert scenario.replies.answer(scenario.meeting, kenya.id, "accepted", stamp=scenario.clock.now) == "taken"
    assert {each["answer"] for each in held(scenario, kenya).answers.values()} == {"accepted"}
    assert len(held(scenario, kenya).answers) == 2
    scenario.wait()
    assert replied(scenario, second, "declined", stamp=scenario.clock.now) == "taken"
    assert held(scenario, kenya).answer == "accepted"
    scenario.do("meeting.drop_session", session=scenario.session(0))
    row = scenario.meetings.meeting_row(scenario.meeting)
    assert row is not None and standing(held(scenario, kenya), row) == Standing("declined"), "the day they come is off"


def test_an_answer_to_a_former_time_is_known_as_one(invited: Invited) -> None:
    scenario, kenya, letter = invited

    def stands() -> Standing:
        row = scenario.meetings.meeting_row(scenario.meeting)
        assert row is not None
        return standing(held(scenario, kenya), row)

    scenario.replies.answer(scenario.meeting, kenya.id, "accepted")
    assert stands() == Standing("accepted")
    scenario.move("2026-12-11T15:00", "2026-12-11T18:00")
    assert stands() == Standing("accepted", earlier=True)
    # before the grace is over they know the former time only: that is what they answer
    late = reply(letter, "tentative", stamp=scenario.clock.now + 1000)
    assert scenario.replies.answer_from_reply(late, contact_known=kenya) == "taken"
    assert stands() == Standing("tentative", earlier=True)
    (moved,) = [each for each in scenario.send() if each.contact.id == kenya.id]
    assert partstat(moved) == "NEEDS-ACTION"
    scenario.move("2026-12-11T15:00", "2026-12-11T18:00", room="Hall 7")
    (again,) = [each for each in scenario.send() if each.contact.id == kenya.id]
    assert partstat(again) == "NEEDS-ACTION", "still no answer to this time"
    scenario.replies.answer(scenario.meeting, kenya.id, "accepted")
    assert stands() == Standing("accepted")


# ------------------------------------------------------------------------------------------------ what is refused


def test_on_a_page_of_one_meeting_no_answer_to_another_is_taken(invited: Invited) -> None:
    scenario, kenya, letter = invited
    here = scenario.meeting
    there = scenario.schedule()
    scenario.guest_list.put_on_list(there, [kenya])
    made = reply(letter, "declined")
    assert scenario.replies.answer_from_reply(made, contact_known=kenya, meeting=there) == "foreign"
    assert scenario.guest_list.invitation(here, kenya.id).answer == "none"
    assert scenario.replies.answer_from_reply(made, contact_known=kenya, meeting=here) == "taken"


@pytest.mark.parametrize("what", ["meeting.cancel", "meeting.close"])
def test_what_is_cancelled_or_over_takes_no_answer(invited: Invited, what: str) -> None:
    scenario, kenya, letter = invited
    made, ids = reply(letter), [letter.delivery.message_id]
    assert scenario.replies.answer_from_reply(reply(letter, "tentative"), sender="ken@missions.example") == "unproved"
    (waits,) = scenario.replies.replies_to(scenario.meeting)
    scenario.do(what)
    with pytest.raises(Refused, match=r"people\.answer_to_"):
        scenario.replies.answer(scenario.meeting, kenya.id, "accepted")
    with pytest.raises(Refused, match=r"people\.answer_to_"):
        scenario.replies.answer_from_reply(made, contact_known=kenya, meeting=scenario.meeting)
    with pytest.raises(Refused, match=r"people\.answer_to_"):
        scenario.replies.confirm_reply(scenario.meeting, waits.id or 0, True)
    assert scenario.replies.answer_from_reply(made, message_ids=ids) == "stale"
    assert held(scenario, kenya).answer == "none"


def test_a_reply_without_a_sequence_answers_the_letter_it_names(invited: Invited) -> None:
    scenario, _, letter = invited
    assert replied(scenario, letter, "accepted", sequence=None) == "taken", "nothing moved since"
    shown = reply(letter, "tentative", sequence=None, texts=str(letter.personal_link), stamp=scenario.clock.now)
    assert scenario.replies.answer_from_reply(shown) == "taken"
    scenario.move("2026-12-11T15:00", "2026-12-11T18:00")
    moved = next(each for each in scenario.send() if each.contact.id == letter.contact.id)
    assert replied(scenario, letter, "accepted", sequence=None, stamp=scenario.clock.now) == "stale"
    late = replace(shown, stamp=scenario.clock.now)
    assert scenario.replies.answer_from_reply(late) == "stale", "it may be to the former time"
    assert replied(scenario, moved, "declined", sequence=None, stamp=scenario.clock.now) == "taken"


def test_an_unproved_reply_to_a_former_time_is_not_taken_later(invited: Invited) -> None:
    scenario, kenya, letter = invited
    assert scenario.replies.answer_from_reply(reply(letter), sender="ken@missions.example") == "unproved"
    scenario.move("2026-12-11T15:00", "2026-12-11T18:00")
    scenario.send()
    (waits,) = scenario.replies.replies_to(scenario.meeting)
    assert scenario.replies.confirm_reply(scenario.meeting, waits.id or 0, True) == "stale"
    assert held(scenario, kenya).answer == "none"


def test_forged_replies_in_one_name_hide_nobody_elses(invited: Invited) -> None:
    scenario, kenya, letter = invited
    scenario.replies.answer_from_reply(reply(letter, address="uga@missions.example"), sender="uga@missions.example")
    for n in range(220):
        forged = reply(letter, "declined", comment=str(n))
        assert scenario.replies.answer_from_reply(forged, sender="ken@missions.example") == "unproved"
    waiting = scenario.replies.replies_to(scenario.meeting)
    assert [(each.contact == kenya.id, each.comment) for each in waiting] == [(True, "219"), (False, None)]


# ------------------------------------------------------------------------------------------- an address corrected


def test_what_went_to_a_wrong_address_proves_and_opens_nothing_once_it_is_corrected(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya = scenario.contact("KEN", address="stranger@wrong.example")
    scenario.invite(kenya)
    (letter,) = scenario.send()
    held_link = str(letter.personal_link).rpartition("/")[2]
    kenya = scenario.contacts.put_contact(replace(kenya, address="ken@missions.example"))
    grant = scenario.links.find(held_link)
    assert grant is not None and grant.revoked_at is not None
    gone, again = scenario.send()
    assert (gone.contact.address, gone.delivery.method) == ("stranger@wrong.example", "CANCEL")
    assert gone.personal_link is None and "/join/" not in calendar_part(gone, WORDS["en"]).decode()
    assert again.contact.address == "ken@missions.example" and again.personal_link not in (None, letter.personal_link)
    made = reply(again, "declined", texts=str(letter.personal_link))
    ids = [letter.delivery.message_id]
    assert scenario.replies.answer_from_reply(made, message_ids=ids, sender="x@evil.example") == "foreign"
    assert replied(scenario, again, "accepted") == "taken"
    scenario.do("meeting.cancel")
    assert [each.contact.address for each in scenario.send()] == ["ken@missions.example"]


def test_an_address_that_is_taken_away_is_told_and_one_put_back_at_once_is_not(scenario: BodyScenario) -> None:
    scenario.schedule()
    kenya, uganda = scenario.contact("KEN"), scenario.contact("UGA")
    scenario.invite(kenya, uganda)
    scenario.send()
    scenario.contacts.put_contact(replace(kenya, address=None))
    other = scenario.contacts.put_contact(replace(uganda, address="other@missions.example"))
    scenario.contacts.put_contact(replace(other, address=uganda.address))
    scenario.contacts.put_contact(replace(uganda, address="UGA@missions.example"))
    told = [(each.contact.address, each.delivery.method) for each in scenario.send()]
    assert ("ken@missions.example", "CANCEL") in told
    assert {method for address, method in told if str(address).lower() == "uga@missions.example"} <= {"REQUEST"}
