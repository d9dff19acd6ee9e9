"""What a mail is made of: its parts, its words, what it never holds, and that it is the same each time."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses
from html.parser import HTMLParser
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetingsvc.calendars.appointment import Organizer
from meetingsvc.calendars.safe_text import line
from meetingsvc.core.meeting.state import WayIn
from meetingsvc.invitations.mails.letter import Unsendable, calendar_part, letter, written
from meetingsvc.invitations.mails.mail_headers import mailbox, text
from meetingsvc.store.deliveries import ToldTurn
from meetingsvc.translations import Catalogue
from tests.calendar.check import assert_clean, assert_mail_clean
from tests.mail import samples
from tests.mail.samples import ENGLISH, FOLDER, LINK, ORGANIZER, appointment, contact, message, story
from tests.support.running_service import ROOT

STORY = story()
RUDE = (
    "Kenya\r\nBcc: canary@evil.example\r\n\r\n<script>alert(1)</script>",
    "\x00\u202eevil\u2028BEGIN:VEVENT",
    "=?utf-8?q?=0d=0aBcc:_canary@evil.example?=",
    'A "quoted" name, with; signs <canary@evil.example>',
    "\ud800lone",
    "é" * 10_000,
    "🕊" * 300,
    "C:\\New",
    "سفارة كينيا",
)


def read(raw: bytes) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(raw, policy=default))


@pytest.mark.parametrize("name", sorted(STORY))
def test_what_is_said_is_what_is_kept_to_be_looked_at(name: str) -> None:
    """After a change of wording: python -m tests.mail.samples, and look at what git shows."""
    assert samples.texts()[name] == (FOLDER / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(STORY))
def test_every_letter_is_clean_to_the_checker(name: str) -> None:
    # RFC 5546, 3.2.5: no STATUS for who is no longer invited, though others are
    assert_mail_clean(letter(STORY[name], ENGLISH), profile=None if name == "removed" else "invite")


def test_a_mail_has_the_parts_that_calendars_want() -> None:
    mail = read(letter(STORY["invitation"], ENGLISH))
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    *_, calendar, attached = mail.walk()
    assert calendar["Content-Type"].params == {"method": "REQUEST", "charset": "utf-8"}
    assert calendar["Content-Transfer-Encoding"] == "base64" and calendar["Content-Disposition"] is None
    assert attached.get_filename() == "invite.ics" and attached.get_content_disposition() == "attachment"
    assert calendar.get_payload(decode=True) == attached.get_payload(decode=True)
    cancelled = read(letter(STORY["cancellation"], ENGLISH))
    assert next(p for p in cancelled.walk() if p.get_content_type() == "text/calendar").get_param("method") == "CANCEL"


def test_a_mail_comes_from_the_service_in_the_organizers_name_and_answers_go_to_the_organizer() -> None:
    mail = read(letter(STORY["invitation"], ENGLISH))
    assert str(mail["From"]) == "Secretariat of the Group of Friends <meetings@service.example>"
    assert str(mail["Reply-To"]) == "Secretariat of the Group of Friends <office@neutrality.example>"
    assert str(mail["To"]) == "Permanent Mission of Kenya <kenya@missions.example>"
    assert mail["Auto-Submitted"] == "auto-generated" and mail["Content-Language"] == "en"
    own = replace(STORY["invitation"], organizer=Organizer("Secretariat", "office@neutrality.example"))
    mail = read(letter(own, ENGLISH))
    assert str(mail["From"]) == "Secretariat <office@neutrality.example>" and mail["Reply-To"] is None


def test_an_update_stands_in_the_thread_of_what_was_sent_before() -> None:
    mails = {name: read(letter(each, ENGLISH)) for name, each in STORY.items()}
    first, update = mails["invitation"], mails["update"]
    assert first["Message-ID"] == "<0REQUEST@meet.example>" and first["In-Reply-To"] is None
    assert update["In-Reply-To"] == update["References"] == first["Message-ID"]


def test_an_update_and_a_cancellation_supersede_what_was_sent_before() -> None:
    first, update, in_room, gone = (
        calendar_part(STORY[name], ENGLISH) for name in ("invitation", "update", "place", "cancellation")
    )
    assert_clean(update, profile="invite", previous=first)
    assert_clean(in_room, profile="invite", previous=update)
    assert_clean(gone, profile="invite", previous=in_room)


def test_a_letter_is_the_same_bytes_each_time_and_in_every_process() -> None:
    here = {name: letter(each, ENGLISH) for name, each in STORY.items()}
    assert here == {name: letter(each, ENGLISH) for name, each in story().items()}
    program = (
        "import hashlib; from meetingsvc.invitations.mails.letter import letter; from tests.mail.samples import *;"
        "print(hashlib.sha256(b''.join(letter(each, ENGLISH) for each in story().values())).hexdigest())"
    )
    run = [subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True) for _ in range(2)]
    assert run[0].stdout == run[1].stdout != b""


def test_a_letter_is_dated_when_it_was_decided() -> None:
    raw = letter(STORY["update"], ENGLISH)
    assert b"Date: Sat, 21 Nov 2026 13:00:00 +0000" in raw
    assert b"DTSTAMP:20261121T130000Z" in calendar_part(STORY["update"], ENGLISH)


def test_every_byte_is_ascii_whatever_the_language() -> None:
    who = contact(name="Миссия Кении", language="en")
    for title in ("اجتماع مجموعة الأصدقاء", "中立之友小组会议" * 12, "Réunion"):
        raw = letter(message(appointment(title={"en": title}), who=who), ENGLISH)
        assert raw.isascii() and b"\r\n" in raw and not re.search(rb"[^\r]\n|\r[^\n]", raw)
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        mail = read(raw)
        assert title[:80] in str(mail["Subject"]) and "Миссия Кении" in str(mail["To"])


@pytest.mark.parametrize("rude", RUDE, ids=range(len(RUDE)))
def test_what_people_typed_stays_text(rude: str) -> None:
    organizer = Organizer(rude, "office@neutrality.example", "meetings@service.example")
    first = appointment(title={"en": rude}, room=rude, organizer=organizer)
    turn = ToldTurn(first.sessions[0].starts_at, first.sessions[0].ends_at, rude)
    later = appointment(
        title={"en": rude}, room=f"{rude} 2", organizer=organizer, sequence=1, ways_in=(WayIn("video", rude, rude),)
    )
    for each in (message(first, who=contact(name=rude)), message(later, message(first), contact(name=rude), turn=turn)):
        each = replace(each, organizer=organizer)
        raw = letter(each, ENGLISH)
        assert raw.isascii()
        mail = read(raw)
        assert mail["Bcc"] is None and not mail.defects
        assert [a.addr_spec for a in mail["To"].addresses] == ["kenya@missions.example"]
        assert len(mail["From"].addresses) == len(mail["Reply-To"].addresses) == 1
        assert "<script" not in written(each, ENGLISH).html
        assert_mail_clean(raw, parsers=False)


NAMES = (
    "Permanent Observer Mission of the International Federation of Red Cross and Red Crescent Societies, New York",
    "Mission " + "of the longest name there is anywhere " * 2 + ", spy@evil.example, x",
    'Dupont, Jean "X" <spy@evil.example>',
    "a" * 118 + ", b@evil.example",
    '" , <spy@evil.example>, "' * 3,
    "(comment) [x] ; : \\ @ " * 5,
    "使团，" * 40,
    "\\" * 100,
    '"' * 100,
    "مـ" * 60 + ", spy@evil.example",
    "=" * 60 + "?=",
    "=\u200b?utf-8?q?=0d=0aBcc:x?=",
    "😀" * 60,
    "a " * 60,
    "x@evil.example, " * 9,
)


def everybody_in(raw: bytes) -> dict[str, list[list[str]]]:
    """{header: the addresses in it as three readers see them}."""
    new, old = read(raw), message_from_bytes(raw)
    found = {}
    for name in ("From", "To", "Reply-To", "Cc", "Bcc"):
        if (header := new[name]) is not None:
            texts = str(old[name]), str(old[name]).replace("\r\n ", " ")
            seen = [[address for _, address in getaddresses([text])] for text in texts]
            found[name] = [[each.addr_spec for each in header.addresses], *seen]
    return found


def is_one_name_each(raw: bytes) -> None:
    assert max(map(len, raw.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 200
    assert everybody_in(raw) == {
        "From": [["meetings@service.example"]] * 3,
        "To": [["kenya@missions.example"]] * 3,
        "Reply-To": [["office@neutrality.example"]] * 3,
    }


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_whatever_a_name_holds_each_header_names_one_address(name: str) -> None:
    organizer = Organizer(name, "office@neutrality.example", "meetings@service.example")
    made = replace(message(appointment(title={"en": name}), who=contact(name=name)), organizer=organizer)
    raw = letter(made, ENGLISH)
    is_one_name_each(raw)
    assert_mail_clean(raw, parsers=False)


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_text_adds_a_header_or_an_address(name: str, title: str) -> None:
    raw = mailbox(line(name), "kenya@missions.example", "To"), text(line(title), "Subject")
    mail = read(f"To: {raw[0]}\r\nSubject: {raw[1]}\r\n\r\nx".encode("ascii"))
    assert sorted(mail.keys()) == ["Subject", "To"] and mail.get_payload() == "x"
    assert [each.addr_spec for each in mail["To"].addresses] == ["kenya@missions.example"]
    said = "".join(
        part.decode(how or "ascii") if isinstance(part, bytes) else part
        for part, how in decode_header(raw[1].replace("\r\n ", " "))
    )
    assert said == " ".join(line(title).split()).replace("=?", "= ?")


def test_links_that_are_none_are_not_written() -> None:
    bad = ("javascript:alert(1)", "https://evil.example@video.example/", "data:text/html,x", "https://x.example/\r\nX:")
    text = written(message(appointment(ways_in=tuple(WayIn("video", each, "Floor") for each in bad))), ENGLISH)
    assert "Join online" not in text.plain and "javascript" not in text.html and "evil" not in text.html


class _Page(HTMLParser):
    """What a page would fetch or run, and where it leads."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert name in ("lang", "dir", "charset", "style", "href") and "url(" not in (value or "")
            if name == "href":
                self.links.append(value or "")


def test_the_page_fetches_and_runs_nothing() -> None:
    page = _Page()
    page.feed(written(STORY["update"], ENGLISH).html)
    assert page.tags == {"html", "head", "meta", "title", "body", "p", "h1", "ul", "li", "br", "strong", "a", "bdi"}
    assert page.links == ["https://video.example/floor", LINK, "https://meet.example/m/ab12cd34ef"]


def test_text_and_page_say_the_same() -> None:
    for each in STORY.values():
        shown = written(each, ENGLISH)
        flat = re.sub(r"<head>.*?</head>|<[^>]*>", " ", shown.html, flags=re.DOTALL)
        words = re.findall(r"\w+", flat)
        assert words == re.findall(r"\w+", shown.plain)


def test_a_language_from_right_to_left_turns_the_page_and_not_the_addresses() -> None:
    arabic = Catalogue(
        "ar", {"You are invited to this meeting.": ("أنتم مدعوون إلى هذا الاجتماع.",)}, lambda n: 0, "rtl"
    )
    shown = written(message(), arabic)
    assert '<html lang="ar" dir="rtl">' in shown.html and '<body dir="rtl"' in shown.html
    assert "<bdi>https://video.example/floor</bdi>" in shown.html and "أنتم مدعوون" in shown.plain


@pytest.mark.parametrize(
    ("zone", "rows"),
    [
        ("Pacific/Auckland", ["(Auckland time)", "(UTC)"]),
        ("Asia/Ashgabat", ["(UTC)"]),
        ("Asia/Samarkand", ["(UTC)"]),
        ("UTC", ["(UTC)"]),
        ("Not/A_Zone", ["(UTC)"]),
        (None, ["(UTC)"]),
    ],
)
def test_times_are_the_venues_the_readers_and_utc_each_once(zone: str | None, rows: list[str]) -> None:
    text = written(message(who=contact(zone=zone)), ENGLISH).plain
    found = re.findall(r"^\w+day, .*?(\([A-Z].*?\))", text, re.MULTILINE)
    assert found == ["(Ashgabat time)", *dict.fromkeys(rows)]


def test_another_day_is_said() -> None:
    night = appointment(sessions=(samples.session("02:00", "04:30"),))
    text = written(message(night), ENGLISH).plain
    assert "Thursday, 10 December 2026, 16:00 to 18:30 (New York time) – the day before there" in text
    assert "Thursday, 10 December 2026, 21:00 to 23:30 (UTC) – the day before there" in text
    late = appointment(sessions=(samples.session("18:00", "21:00"),))
    text = written(message(late, who=contact(zone="Pacific/Auckland")), ENGLISH).plain
    assert "Saturday, 12 December 2026, 02:00 to 05:00 (Auckland time) – the next day there" in text


def test_who_sits_in_the_room_is_given_no_links() -> None:
    here = message(who=contact(mode="in_room"))
    assert "video.example" not in written(here, ENGLISH).plain + calendar_part(here, ENGLISH).decode()


def test_a_letter_tells_what_was_decided_though_the_meeting_moved_on() -> None:
    first = message()
    moved = appointment(sequence=2, sessions=(samples.session("16:00", "17:00"),), room="Hall C", status="cancelled")
    assert letter(replace(first, appointment=moved), ENGLISH) == letter(first, ENGLISH)


def test_an_answer_is_kept_when_the_room_changes_and_asked_anew_for_another_time() -> None:
    def partstat(made: Any) -> str:
        held = {made.delivery.uid: {"answer": "accepted", "stamp": 0, "starts_at": samples.session().starts_at}}
        answered = replace(made, invitation=replace(made.invitation, answer="declined", answers=held))
        found = re.search(r"PARTSTAT=([A-Z-]+)", calendar_part(answered, ENGLISH).decode().replace("\r\n ", ""))
        assert found
        return found[1]

    first = message()
    assert partstat(message(appointment(sequence=1, room="Hall B"), first)) == "ACCEPTED"
    assert partstat(message(appointment(sequence=1, sessions=(samples.session("11:00", "13:00"),)), first)) == (
        "NEEDS-ACTION"
    )


def test_what_cannot_be_sent_says_why_and_whether_waiting_helps() -> None:
    for address in (None, "", "no address", "a@b@c", "é@missions.example", "a@missions..example"):
        with pytest.raises(Unsendable, match="No mail can be sent to this address") as refused:
            letter(message(who=contact(address=address)), ENGLISH)
        assert refused.value.for_good
    for organizer in (None, Organizer("Secretariat", "no address")):
        with pytest.raises(Unsendable, match="organizer's address") as refused:
            letter(replace(message(), organizer=organizer), ENGLISH)
        assert not refused.value.for_good
    assert ORGANIZER.address
