"""Answers as the products send them, and answers made to deceive: one attendee, one meeting, or nothing."""

from __future__ import annotations

import pytest

from meetingsvc.calendars.reading.replies import Occurrence, Reply, read_replies
from meetingsvc.core.kernel import Refused
from tests.reading.calendars import calendar, event, product

UID = "7b0c6b0e-6f4d-4a0e-9a53-0d1f6f6e9a11"
FRIDAY = Occurrence("2026-12-18T10:00", "Asia/Ashgabat", 1797570000000)
ANA = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@mission.example"


def replied(*lines: str, uid: str = UID, times: tuple[str, ...] = ()) -> bytes:
    return calendar("METHOD:REPLY", event(*lines, uid=uid, times=times))


def one(data: bytes) -> Reply:
    (reply,) = read_replies(data)
    return reply


def refused(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        read_replies(data)
    return caught.value.code


def test_many_answers_share_what_may_come_back_of_texts() -> None:
    """What is searched for a token of ours is bounded for the whole file."""
    text = "DESCRIPTION:" + "x" * 20_000
    parts = (event(ANA, text, f"RECURRENCE-ID:202701{day:02}T100000Z", uid=UID) for day in range(1, 31))
    found = read_replies(calendar("METHOD:REPLY", *parts))
    assert {len(reply.texts) for reply in found} == {10_000} and len(found) == 30
    assert len(one(replied(ANA, text)).texts) > 20_000


# ------------------------------------------------------------------------------------------------------------ products


def test_google() -> None:
    reply = one(product("reply_google"))
    assert (reply.uid, reply.address, reply.answer) == (UID, "ana@mission.example", "accepted")
    assert (reply.sequence, reply.stamp) == (2, 1795167015000)
    assert reply.comment == "Two of us will come"
    assert reply.organizer == "calendar@example.org"
    assert "https://meet.example.org/i/token-0123456789" in reply.texts
    assert reply.recurrence is None


def test_exchange() -> None:
    reply = one(product("reply_exchange"))
    assert (reply.address, reply.answer, reply.sequence) == ("joerg.mueller@mission.example", "tentative", 1)
    assert reply.comment == "I may be late.\nBest, Jörg"
    assert reply.recurrence == Occurrence("2026-12-11T10:00", "Asia/Tashkent", 1796965200000)
    assert reply.organizer == "calendar@example.org"


def test_outlook_com_names_no_organizer() -> None:
    reply = one(product("reply_outlook_com"))
    assert (reply.address, reply.answer, reply.organizer) == ("ana@outlook.example", "declined", None)
    assert (reply.comment, reply.sequence) == ("", 0)


def test_apple_writes_the_address_beside_its_own() -> None:
    assert one(product("reply_apple")).address == "ana@icloud.example"


def test_thunderbird() -> None:
    assert one(product("reply_thunderbird")).says == ("ana@mission.example", "accepted", None)


def test_zimbra_is_answered_by_an_assistant() -> None:
    reply = one(product("reply_zimbra"))
    assert (reply.address, reply.answer, reply.comment) == ("ana@mission.example", "declined", "Regrets")


def test_nextcloud_answers_a_series_and_one_occurrence() -> None:
    series, single = read_replies(product("reply_nextcloud"))
    assert (series.recurrence, series.answer) == (None, "accepted")
    assert (single.recurrence, single.answer) == (FRIDAY, "declined")


# -------------------------------------------------------------------------------------------------------------- shapes


def test_the_least_that_is_an_answer() -> None:
    reply = one(replied("ATTENDEE;PARTSTAT=accepted:Ana@Mission.Example"))
    assert (reply.address, reply.answer) == ("ana@mission.example", "accepted")
    assert (reply.sequence, reply.stamp, reply.comment, reply.organizer) == (None, None, "", None)


def test_who_delegates_does_not_come_and_names_somebody() -> None:
    reply = one(
        replied(
            'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:Bo@mission.example":mailto:ana@mission.example',
            'ATTENDEE;PARTSTAT=NEEDS-ACTION;DELEGATED-FROM="mailto:ana@mission.example":mailto:bo@mission.example',
        )
    )
    assert reply.says == ("ana@mission.example", "declined", "bo@mission.example")
    assert one(replied('ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="x":mailto:ana@mission.example')).delegated_to is None
    late = "ATTENDEE;PARTSTAT=ACCEPTED;DELEGATED-TO=mailto:bo@x.example:mailto:ana@mission.example"
    assert one(replied(late.replace("mailto:bo@x.example", '"mailto:bo@x.example"'))).delegated_to is None


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (":20261218T050000Z", Occurrence("2026-12-18T05:00", "UTC", FRIDAY.at)),
        (";TZID=Asia/Ashgabat:20261218T100000", FRIDAY),
        (";TZID=Nowhere:20261218T100000", Occurrence("2026-12-18T10:00", None)),
        (";TZID=Europe/Zurich:20270328T023000", Occurrence("2027-03-28T02:30", "Europe/Zurich")),
        (":20261218T100000", Occurrence("2026-12-18T10:00", None)),
        (";VALUE=DATE:20261218", Occurrence("2026-12-18", None)),
    ],
)
def test_an_occurrence_in_any_shape(line: str, wanted: Occurrence) -> None:
    assert one(replied(ANA, f"RECURRENCE-ID{line}")).recurrence == wanted


@pytest.mark.parametrize(("line", "sequence"), [("7", 7), ("", None), ("2147483647", 2147483647), ("007", 7)])
def test_a_sequence_is_a_number_or_missing(line: str, sequence: int | None) -> None:
    assert one(replied(ANA, f"SEQUENCE:{line}")).sequence == sequence


@pytest.mark.parametrize("line", ["-1", "x", "9" * 30, "٣", "1.5", "2147483648"])
def test_a_sequence_that_is_no_number_does_not_pass_for_a_missing_one(line: str) -> None:
    with pytest.raises(Refused, match=r"reply\.sequence_unreadable"):
        read_replies(replied(ANA, f"SEQUENCE:{line}"))


@pytest.mark.parametrize("stamp", ["20261120T093015", "yesterday", "99991231T000000Z", "20261120"])
def test_a_stamp_that_cannot_be_compared_is_missing(stamp: str) -> None:
    assert one(replied(ANA, f"DTSTAMP:{stamp}")).stamp is None


def test_a_status_of_the_request_is_ignored() -> None:
    assert (
        one(replied(ANA, "REQUEST-STATUS:3.7;Invalid calendar user;ATTENDEE:mailto:x@example.org")).answer == "accepted"
    )


def test_two_copies_of_one_answer_are_one() -> None:
    part = event(ANA, uid=UID, times=())
    assert len(read_replies(calendar("METHOD:REPLY", part, part))) == 1


# ------------------------------------------------------------------------------------------------------------- hostile


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (calendar("METHOD:REQUEST", event(ANA)), "reply.not_a_reply"),
        (calendar("METHOD:COUNTER", event(ANA)), "reply.not_a_reply"),
        (calendar(event(ANA)), "reply.not_a_reply"),
        (calendar("METHOD:REPLY", event(ANA)) + calendar("METHOD:CANCEL", event(ANA)), "reply.not_a_reply"),
        (calendar("METHOD:REPLY"), "reply.no_event"),
        (calendar("METHOD:REPLY", event(ANA, uid="")), "reply.no_uid"),
        (calendar("METHOD:REPLY", event(ANA, uid="a"), event(ANA, uid="b")), "reply.several_meetings"),
        (replied(), "reply.no_answer"),
        (replied("ATTENDEE:mailto:ana@mission.example"), "reply.no_answer"),
        (replied("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:ana@mission.example"), "reply.no_answer"),
        (replied("ATTENDEE;PARTSTAT=COMPLETED:mailto:ana@mission.example"), "reply.no_answer"),
        (replied(ANA, "ATTENDEE;PARTSTAT=DECLINED:mailto:bo@mission.example"), "reply.several_attendees"),
        (replied(ANA, ANA), "reply.several_attendees"),
        (replied("ATTENDEE;PARTSTAT=ACCEPTED:urn:uuid:1"), "reply.no_address"),
        (replied("ATTENDEE;PARTSTAT=ACCEPTED:mailto:"), "reply.no_address"),
        (replied("ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b,c@d"), "reply.no_address"),
        (replied("ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b@c"), "reply.no_address"),
        (replied("ATTENDEE;PARTSTAT=ACCEPTED:mailto:a b@c.example"), "reply.no_address"),
        (replied("ATTENDEE;PARTSTAT=ACCEPTED:mailto:a\u202e@c.example" + "x" * 300), "reply.no_address"),
        (replied("ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@example.org?bcc=x@example.org"), "reply.no_address"),
        (replied(ANA, "RECURRENCE-ID:soon"), "reply.no_occurrence"),
        (replied(ANA).replace(b"END:VEVENT\r\n", b""), "reply.cut_off"),
        (
            calendar("METHOD:REPLY", *[event(ANA, f"RECURRENCE-ID:20270{n:03}T100000Z") for n in range(61)]),
            "reply.too_many",
        ),
        (b"no calendar", "ics.not_a_calendar"),
    ],
)
def test_what_is_no_clear_answer_changes_nothing(data: bytes, code: str) -> None:
    assert refused(data) == code


def test_two_answers_to_one_meeting_that_differ_are_refused() -> None:
    no = ANA.replace("ACCEPTED", "DECLINED")
    assert refused(calendar("METHOD:REPLY", event(ANA, uid=UID), event(no, uid=UID))) == "reply.disagrees"


def test_a_line_break_in_a_name_or_comment_adds_no_attendee() -> None:
    reply = one(
        replied(
            'ATTENDEE;PARTSTAT=ACCEPTED;CN="x^nATTENDEE;PARTSTAT=DECLINED:mailto:bo@x.example":mailto:ana@mission.example',
            r"COMMENT:late\nATTENDEE;PARTSTAT=DECLINED:mailto:bo@mission.example" + "\u202e\x07",
        )
    )
    assert (reply.address, reply.answer) == ("ana@mission.example", "accepted")
    assert reply.comment == "late\nATTENDEE;PARTSTAT=DECLINED:mailto:bo@mission.example"


def test_long_texts_are_cut() -> None:
    reply = one(replied(ANA, "COMMENT:" + "x" * 50_000, "DESCRIPTION:" + "y" * 90_000))
    assert len(reply.comment) == 1_000
    assert len(reply.texts) <= 50_000
