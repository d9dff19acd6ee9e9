"""Mails that come back: answers in any nesting and charset, bounces, and mails made to deceive or to exhaust."""

from __future__ import annotations

import base64
import time
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetingsvc.calendars.reading.mails import Bounce, from_mail
from meetingsvc.core.kernel import Refused
from tests.reading.calendars import calendar, event, product
from tests.reading.test_ics_replies import ANA, UID, replied

HEAD = (
    b"From: Ana <ana@mission.example>\r\nTo: calendar+t0ken@example.org\r\nMessage-ID: <a1@mission.example>\r\n"
    b"In-Reply-To: <inv-7@example.org>\r\nMIME-Version: 1.0\r\n"
)
BASE64 = b"Content-Type: text/calendar\r\nContent-Transfer-Encoding: base64\r\n\r\n"


def mail(data: bytes, *, copies: int = 1) -> bytes:
    """As Google and Outlook send it: text, calendar as alternative, and once more as attachment."""
    message = EmailMessage(policy=SMTP)
    message["From"] = '"Ana; mallory@evil.example" <Ana@Mission.Example>'
    message["To"] = "Secretariat <calendar+t0ken@example.org>, other@example.org"
    message["Delivered-To"] = "box@example.org"
    message["Message-ID"] = "<a1@mission.example>"
    message["In-Reply-To"] = "<inv-7@example.org>"
    message["References"] = "<inv-1@example.org> <inv-7@example.org>"
    message.set_content("Ana has accepted.")
    message.add_alternative(data, "text", "calendar", params={"method": "REPLY", "charset": "utf-8"})
    for _ in range(copies):
        message.add_attachment(data, "application", "ics", filename="invite.ics")
    return message.as_bytes()


def refused(message: bytes) -> str:
    with pytest.raises(Refused) as caught:
        from_mail(message)
    return caught.value.code


@pytest.mark.parametrize("name", ["google", "exchange", "outlook_com", "apple", "thunderbird", "zimbra"])
def test_an_answer_is_found_once_however_often_it_is_in_the_mail(name: str) -> None:
    found = from_mail(mail(product(f"reply_{name}")))
    assert len(found.replies) == 1
    assert found.sender == "ana@mission.example"
    assert set(found.to) == {"calendar+t0ken@example.org", "other@example.org", "box@example.org"}
    assert found.message_ids == ("inv-7@example.org", "inv-1@example.org")
    assert (found.auto, found.bounce) == (False, None)


def test_a_mail_that_is_nothing_but_a_calendar() -> None:
    assert from_mail(HEAD + b"Content-Type: text/calendar\r\n\r\n" + replied(ANA)).replies[0].uid == UID


def test_a_calendar_known_by_its_name_only() -> None:
    body = base64.encodebytes(replied(ANA))
    head = b'Content-Type: application/octet-stream; name="Invite.ICS"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    assert len(from_mail(HEAD + head + body).replies) == 1


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit", "x-uuencode-that-nobody-knows"])
@pytest.mark.parametrize("charset", ["utf-8", "us-ascii", "utf-16", "latin-1", "hex", "zlib", "idna", "no\x00ne", '"'])
def test_what_a_mail_says_of_its_encoding_is_not_believed(encoding: str, charset: str) -> None:
    data = replied(ANA, "COMMENT:Später")
    if encoding == "base64":
        data = base64.encodebytes(data)
    elif encoding == "quoted-printable":
        data = data.replace(b"=", b"=3D")
    head = f"Content-Type: text/calendar; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    assert from_mail(HEAD + head.encode() + data).replies[0].comment == "Später"


def test_letters_that_are_no_utf8_are_read_as_the_mail_says() -> None:
    data = calendar("METHOD:REPLY", event(ANA, "COMMENT:опоздаю", uid=UID)).decode().encode("koi8-r")
    found = from_mail(HEAD + b"Content-Type: text/calendar; charset=koi8-r\r\n\r\n" + data)
    assert found.replies[0].comment == "опоздаю"


def test_a_mail_without_a_calendar_has_no_answers() -> None:
    found = from_mail(HEAD + b"\r\nI will be there.")
    assert found.replies == ()
    assert found.message_ids == ("inv-7@example.org",)


def test_an_answer_inside_an_attached_mail_is_not_what_this_mail_says() -> None:
    inner = HEAD + b"Content-Type: text/calendar\r\n\r\n" + replied(ANA)
    assert from_mail(HEAD + b"Content-Type: message/rfc822\r\n\r\n" + inner).replies == ()


# ------------------------------------------------------------------------------------------------------------ machines


def report(action: str, status: str, *, whole: bool = True) -> bytes:
    returned = (
        "Content-Type: message/rfc822\r\n\r\nMessage-ID: <inv-7@example.org>\r\nSubject: Invitation\r\n"
        "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
        if whole
        else "Content-Type: text/rfc822-headers\r\n\r\nSubject: Invitation\r\nMessage-Id: <inv-7@example.org>\r\n"
    )
    return (
        "From: Mail Delivery System <MAILER-DAEMON@mx.example.org>\r\nTo: calendar@example.org\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        f"Final-Recipient: rfc822; Ana@Mission.Example\r\nAction: {action}\r\nStatus: {status} (no such user)\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <ana@mission.example>:\r\n \u202eUser unknown\r\n\r\n"
        f"--b\r\n{returned}\r\n--b--\r\n"
    ).encode()


@pytest.mark.parametrize("whole", [True, False])
def test_a_bounce_says_whom_a_message_did_not_reach(whole: bool) -> None:
    found = from_mail(report("failed", "5.1.1", whole=whole))
    assert found.bounce == Bounce(
        "inv-7@example.org",
        "ana@mission.example",
        "5.1.1",
        "smtp; 550 5.1.1 <ana@mission.example>: " + found.bounce.diagnostic.rpartition(": ")[2],
        True,
    )
    assert found.bounce.diagnostic.endswith("User unknown")
    assert "\u202e" not in found.bounce.diagnostic
    assert (found.auto, found.replies) == (True, ())


def test_a_delay_is_not_final_and_a_delivery_is_no_bounce() -> None:
    delayed = from_mail(report("delayed", "4.4.1")).bounce
    assert delayed
    assert (delayed.final, delayed.status) == (False, "4.4.1")
    assert from_mail(report("delivered", "2.0.0")).bounce is None


@pytest.mark.parametrize(
    ("line", "auto"),
    [
        ("Auto-Submitted: auto-replied", True),
        ("Auto-Submitted: no", False),
        ("Precedence: bulk", True),
        ("X-Autoreply: yes", True),
        ("Return-Path: <>", True),
        ("Subject: Out of office", False),
    ],
)
def test_mails_of_machines_are_known(line: str, auto: bool) -> None:
    assert from_mail(line.encode() + b"\r\n" + HEAD + b"\r\nI am away.").auto is auto


def test_an_answer_that_a_calendar_sends_by_itself_counts() -> None:
    found = from_mail(b"Auto-Submitted: auto-generated\r\n" + mail(replied(ANA)))
    assert (found.auto, len(found.replies)) == (True, 1)


# ------------------------------------------------------------------------------------------------------------- hostile


@pytest.mark.parametrize(
    ("header", "sender"),
    [
        ("ana@mission.example", "ana@mission.example"),
        ('"chair@un.example" <ana@mission.example>', "ana@mission.example"),
        ("chair@un.example <ana@mission.example>", "ana@mission.example"),
        ("ana@mission.example (chair@un.example)", "ana@mission.example"),
        ("=?utf-8?q?chair=40un.example?= <ana@mission.example>", "ana@mission.example"),
        ("ana@mission.example, chair@un.example", ""),
        ("<ana@mission.example> <chair@un.example>", ""),
        ("ana@mission.example\r\nFrom: chair@un.example", ""),
        ("ana@mission.example>, <chair@un.example", ""),
        ("chair@un.example)ana@mission.example", ""),
        ("MAILER-DAEMON", ""),
        ("", ""),
        ('"' + "\\" * 9_000, ""),
    ],
)
def test_the_sender_is_one_address_or_nobody(header: str, sender: str) -> None:
    assert from_mail(f"To: x@example.org\r\nFrom: {header}\r\n\r\n".encode()).sender == sender


def test_two_calendars_that_disagree_are_refused() -> None:
    message = EmailMessage(policy=SMTP)
    message["From"] = "ana@mission.example"
    message.set_content("x")
    message.add_alternative(replied(ANA), "text", "calendar")
    message.add_attachment(replied(ANA.replace("ACCEPTED", "DECLINED")), "application", "ics", filename="invite.ics")
    assert refused(message.as_bytes()) == "reply.disagrees"
    other = mail(replied(ANA)).replace(b"\r\n--", b"\r\n--", 1)
    assert len(from_mail(other).replies) == 1


def test_an_answer_beside_an_invitation_is_refused() -> None:
    message = EmailMessage(policy=SMTP)
    message.set_content("x")
    message.add_alternative(replied(ANA), "text", "calendar")
    message.add_attachment(calendar("METHOD:REQUEST", event(ANA)), "text", "calendar", filename="a.ics")
    assert refused(message.as_bytes()) == "reply.not_a_reply"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"", "reply.no_mail"),
        (b"\0\xff" * 90, "reply.no_mail"),
        (b"x: " + b"y" * 2_000_001, "reply.mail_too_big"),
        (HEAD + BASE64 + b"!!!not base64!!!", "ics.not_a_calendar"),
        (HEAD + b"Content-Type: text/calendar\r\n\r\n", "ics.empty"),
        (b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\nx\r\n" * 60, "reply.mail_too_deep"),
    ],
)
def test_what_is_no_mail_is_refused(message: bytes, code: str) -> None:
    assert refused(message) == code


def nested(levels: int, kind: str = "mixed") -> bytes:
    heads = "".join(f'Content-Type: multipart/{kind}; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(levels))
    return b"From: a@example.org\r\n" + heads.encode() + b"Content-Type: text/calendar\r\n\r\n" + replied(ANA)


def test_nesting_is_followed_as_deep_as_mails_are() -> None:
    assert len(from_mail(nested(12)).replies) == 1
    for levels in (100, 1_000, 20_000):
        assert refused(nested(levels)) == "reply.mail_too_deep"
        assert refused(nested(levels).replace(b"multipart/mixed", b"message/rfc822")) == "reply.mail_too_deep"


def test_a_mail_answers_no_more_than_a_file_may() -> None:
    """However many files are in it: each answer is a transaction."""

    def days_of(month: int) -> bytes:
        parts = (event(ANA, f"RECURRENCE-ID:2027{month:02}{day:02}T100000Z", uid=UID) for day in range(1, 29))
        return calendar("METHOD:REPLY", *parts)

    def mail_of(*months: int) -> bytes:
        message = EmailMessage(policy=SMTP)
        message["From"] = "ana@mission.example"
        for month in months:
            message.add_attachment(days_of(month), "text", "calendar")
        return message.as_bytes()

    assert len(from_mail(mail_of(1, 2)).replies) == 56
    assert refused(mail_of(1, 2, 3)) == "reply.too_many"


@pytest.mark.parametrize(
    "message",
    [
        b"x: y\r\n" * 300_000,
        b"To: a@example.org\r\n" * 100_000,
        b"To: " + b"a@example.org, " * 130_000,
        b"From: " + b'"\\' * 900_000,
        b"From: " + b"(" * 1_900_000,
        b"From: " + b"<" * 1_900_000,
        b"References: " + b"<a" * 900_000,
        b"Content-Type: text/calendar;" + b" a=b;" * 300_000 + b"\r\n\r\nx",
        (b"Content-Type: multipart/mixed; boundary=a;" + b" a=b;" * 750 + b"\r\n\r\n--a\r\n") * 480,
        b"Content-Type: multipart/mixed; boundary=" + b"b" * 900_000 + b"\r\n\r\n--b",
        HEAD + b"\r\n" + b"\n" * 1_900_000,
        HEAD + b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n" * 300_000,
        HEAD + b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\n" * 250_000,
        HEAD + b"Content-Type: multipart/digest; boundary=a\r\n\r\n" + b"--a\r\n\r\n" * 250_000,
        nested(24) + b"x\r\n" * 600_000,
        nested(24, "digest") + b"--b23\r\n" * 200_000,
        HEAD + b"Content-Type: text/calendar\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=" * 1_900_000,
        HEAD + BASE64 + b"A" * 1_900_000,
        HEAD + b"Content-Type: text/calendar\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n" + b"begin 6\n" * 200_000,
    ],
    ids=range(19),
)
def test_no_mail_takes_long(message: bytes) -> None:
    began = time.process_time()
    try:
        from_mail(message)
    except Refused as why:
        assert why.code.startswith(("ics.", "reply."))
    assert time.process_time() - began < 3


@given(st.lists(st.sampled_from([*mail(replied(ANA)).splitlines(True), *report("failed", "5.0.0").splitlines(True)])))
@settings(deadline=None, max_examples=200)
def test_any_mail_is_read_or_refused(rows: list[bytes]) -> None:
    try:
        from_mail(b"".join(rows))
    except Refused as why:
        assert why.code.startswith(("ics.", "reply."))


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_any_damaged_mail_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([mail(replied(ANA)), report("failed", "5.1.1")])))
    for _ in range(data.draw(st.integers(1, 10))):
        place = data.draw(st.integers(0, len(whole)))
        whole[place : place + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=8))
    try:
        from_mail(bytes(whole))
    except Refused as why:
        assert why.code.startswith(("ics.", "reply."))
