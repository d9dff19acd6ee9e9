"""Files that are broken, hostile or no calendars: a sentence, or what can be saved; never anything else."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetingsvc.calendars.reading.ics import read_calendar
from meetingsvc.calendars.reading.mails import from_mail
from meetingsvc.calendars.reading.meeting_plan import Plan, plan
from meetingsvc.calendars.reading.replies import read_replies
from meetingsvc.core.commands.meeting.schedule import Schedule
from meetingsvc.core.kernel import Refused
from meetingsvc.core.schema import read
from tests.reading.calendars import DATA, FRIENDS, calendar, codes, event, facts, planned, product, refusal

OPEN = b"BEGIN:VCALENDAR\r\n"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "ics.empty"),
        (b"\xef\xbb\xbf \r\n", "ics.empty"),
        (b"\0" * 900, "ics.empty"),
        (b"Dear all, the meeting is on Friday.", "ics.not_a_calendar"),
        (b"PK\x03\x04" + bytes(range(256)), "ics.not_a_calendar"),
        (b"<!DOCTYPE html><html>BEGIN:VCALENDAR", "ics.is_a_page"),
        (b"BEGIN:VCARD\r\nFN:Ana\r\nEND:VCARD", "ics.not_a_calendar"),
        (b"x" * 1_000_001, "ics.too_big"),
        (OPEN + b"END:VCALENDAR", "ics.no_event"),
        (OPEN + b"BEGIN:VTODO\r\nUID:1\r\nEND:VTODO\r\nEND:VCALENDAR", "ics.no_event"),
        (OPEN + b"BEGIN:A\r\n" * 5, "ics.too_deep"),
        (OPEN + b"BEGIN:VEVENT\r\n" * 2_001, "ics.too_many_parts"),
        (OPEN + b"BEGIN:VEVENT\r\n" + b"UID:1\r\n" * 30_001, "ics.too_many_lines"),
        (OPEN + b"BEGIN:VEVENT\r\nSUMMARY:" + b"x" * 100_001, "ics.line_too_long"),
        (calendar("METHOD:REPLY", event()), "ics.is_an_answer"),
        (calendar("METHOD:COUNTER", event()), "ics.is_an_answer"),
        (calendar("METHOD:CANCEL", event()), "ics.is_a_cancellation"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_read_is_refused_with_a_reason(data: bytes, code: str) -> None:
    assert refusal(data) == code


def test_every_line_that_is_no_line_is_passed_over_and_counted() -> None:
    made = planned("no colon here", ";:", 'ATTENDEE;CN="open quote:mailto:x@example.org', "END:VTODO")
    assert len(made.sessions) == 1
    assert facts(made, "junk") == {"lines": 4}


def test_a_file_that_ends_in_the_middle_keeps_the_events_that_are_whole() -> None:
    data = calendar(event(uid="a"), event(uid="b", title="Second"))
    made = plan(data[: data.rindex(b"DTEND")])
    assert made.title == "Friends"
    assert facts(made, "cut_off") == {"title": "Second"}
    assert codes(plan(data.replace(b"END:VEVENT\r\n", b"", 1))) == ["cut_off", "taken"]


def test_two_calendars_in_one_file_are_both_read() -> None:
    assert len(plan(calendar(event(uid="a")) + calendar(event(uid="b", title="Other"))).choices) == 2


def test_a_file_that_is_indented_as_a_whole_is_read() -> None:
    data = b"\n".join(b"    " + row for row in calendar(event("DESCRIPTION:1. One\r\n  and more")).split(b"\r\n"))
    assert plan(data).agenda == ("One and more",)


def test_lower_case_and_spaces_do_no_harm() -> None:
    data = calendar(event()).replace(b"BEGIN:VEVENT", b"begin:vevent").replace(b"SUMMARY:", b"summary :")
    assert plan(data).title == "Friends"


def test_an_event_inside_a_folded_text_is_text() -> None:
    made = planned(f"DESCRIPTION:x\r\n BEGIN:VEVENT\r\n {FRIENDS[0]}\r\n END:VEVENT")
    assert len(made.sessions) == 1


def test_an_event_outside_a_calendar_is_none() -> None:
    assert refusal(OPEN + b"END:VCALENDAR\r\n" + event().encode()) == "ics.no_event"


def test_letters_in_latin_1_are_read_and_said() -> None:
    made = plan(calendar(event(title="Réunion générale")).decode().encode("latin-1"))
    assert made.title == "Réunion générale"
    assert "not_utf8" in codes(made)


def test_one_line_in_another_encoding_does_not_spoil_the_others() -> None:
    data = calendar(event("LOCATION:Зал", title="Réunion")).replace("Réunion".encode(), "Réunion".encode("cp1252"))
    made = plan(data)
    assert (made.title, made.room) == ("Réunion", "Зал")


def test_a_fold_within_a_letter_is_mended() -> None:
    data = calendar(event(title="会议")).replace("会".encode(), b"\xe4\r\n \xbc\r\n \x9a")
    assert plan(data).title == "会议"


# ---------------------------------------------------------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (r"A\nDTSTART:20200101T000000", "A DTSTART:20200101T000000"),
        ("\u202eevil\u2066", "evil"),
        ("a\u2028b\u2029c\x0bd", "a b c d"),
        ("nul\0 bell\x07 esc\x1b", "nul bell esc"),
        (r"C:\\New", r"C:\New"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("\ufeff\ufffe", "?"),
        ("", "?"),
        ("x" * 9_999, "x" * 249 + "…"),
        ("ﷺ\U0001f468\u200d\U0001f469", "ﷺ\U0001f468\u200d\U0001f469"),
    ],
)
def test_titles_are_harmless_and_can_be_scheduled(title: str, shown: str) -> None:
    made = planned(title=title)
    assert made.title == shown
    scheduled(made)


def test_hostile_texts_stay_on_their_lines() -> None:
    made = planned(
        "LOCATION:\u202eHall\u2028X\x00",
        r"DESCRIPTION:1. \u202eA\n2. B\, <b>bold</b> &#x202e;\x07",
        "UID;X=\u202e:other",
    )
    assert made.room == "Hall X"
    assert not any(sign in text for text in made.agenda for sign in "\u202e\n\x07")


def scheduled(made: Plan) -> None:
    """Everything in a plan is of the shape that the meeting takes."""
    rows: list[dict[str, Any]] = [{"starts": s.starts, "ends": s.ends, "zone": s.zone} for s in made.sessions]
    body = {
        "title": made.title,
        "languages": ["en"],
        "zone": "UTC",
        "format": "hybrid",
        "sessions": rows,
        "room": made.room,
        "link": made.link,
    }
    read(Schedule, body)
    for item in made.agenda:
        read(Schedule, body | {"title": item})
    for remark in made.remarks:
        assert all(isinstance(fact, str | int) and len(str(fact)) <= 400 for fact in remark.facts.values()), remark
        assert not any("\n" in str(fact) for fact in remark.facts.values()), remark


# ---------------------------------------------------------------------------------------------------------- exhaustion


@pytest.mark.parametrize(
    "data",
    [
        OPEN + b"\n" * 990_000,
        OPEN + b"x\n" * 490_000,
        OPEN + b"END:X\n" * 140_000,
        OPEN + b"BEGIN:VEVENT\n" + b"ATTENDEE;A=b:1\n" * 29_000,
        OPEN + b"BEGIN:VEVENT\n" + (b"ATTENDEE;X=" + b"a," * 49_000 + b":x\n") * 10,
        OPEN + b"BEGIN:VEVENT\n" + (b'ATTENDEE;X="' + b"'" * 99_000 + b":x\n") * 9,
        OPEN + b"BEGIN:VEVENT\n" + (b"ATTENDEE;X=" + b'"a"' * 33_000 + b":x\n") * 9,
        calendar(event(*(["DESCRIPTION:" + "1. <b>" * 16_000] * 1))),
        calendar(event("DESCRIPTION:" + r"1. x\n" * 16_000)),
        calendar(event("DESCRIPTION:" + "https://" * 12_000)),
        calendar(event("DESCRIPTION:" + "<" * 99_000)),
        calendar(event("LOCATION:" + "https://zoom.us/j/" + "a" * 99_000)),
        calendar(event("LOCATION:" + "microsoft teams" * 6_000)),
        calendar(event("DURATION:P" + "1" * 99_000, times=FRIENDS[:1])),
        calendar(*(event(f"RELATED-TO:{n - 1}", uid=str(n)) for n in range(1_900))),
        calendar(*(event(*(["ATTENDEE:mailto:x@example.org"] * 10), uid=str(n % 7)) for n in range(1_500))),
    ],
    ids=range(16),
)
def test_nothing_takes_long(data: bytes) -> None:
    assert len(data) <= 1_000_000
    began = time.process_time()
    for reader in (plan, read_replies, from_mail):
        with contextlib.suppress(Refused):
            reader(data)
        assert time.process_time() - began < 2
        began = time.process_time()


# ---------------------------------------------------------------------------------------------------------- properties

LINES = sorted({row for path in DATA.glob("*.ics") for row in path.read_text("utf-8").splitlines()})
VALUES = [
    "20261211T100000",
    "20261211",
    "Z",
    "P1D",
    "FREQ=DAILY;COUNT=3",
    "\u202e",
    "\\n",
    ";",
    ",",
    ":",
    '"',
    "\0",
    "",
]
ROW = st.one_of(
    st.sampled_from(LINES),
    st.text(max_size=40),
    st.builds(
        "{}{}:{}".format,
        st.sampled_from(
            [
                "UID",
                "DTSTART",
                "DTEND",
                "RRULE",
                "RDATE",
                "EXDATE",
                "RECURRENCE-ID",
                "DURATION",
                "SEQUENCE",
                "END",
                "SUMMARY",
                "DESCRIPTION",
                "LOCATION",
                "URL",
                "CONFERENCE",
                "ATTENDEE",
                "STATUS",
                "BEGIN",
                "METHOD",
                "RELATED-TO",
            ]
        ),
        st.sampled_from(["", ";VALUE=DATE", ";TZID=Europe/Zurich", ";TZID=x", ";PARTSTAT=ACCEPTED", ';CN="', ";="]),
        st.lists(st.sampled_from([*VALUES, "VEVENT", "REPLY", "mailto:a@example.org"]), max_size=3).map("".join),
    ),
)


def tried(data: bytes) -> None:
    for reader in (
        lambda: scheduled_if_any(plan(data, zone="Europe/Zurich")),
        lambda: plan(data),
        lambda: read_replies(data),
        lambda: from_mail(data),
        lambda: from_mail(b"Content-Type: text/calendar; charset=gbk\r\n\r\n" + data),
    ):
        try:
            reader()
        except Refused as why:
            assert why.code.startswith(("ics.", "reply."))


def scheduled_if_any(made: Plan) -> None:
    if made.sessions:
        scheduled(made)


@given(st.binary(max_size=400))
@settings(deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    tried(data)
    tried(OPEN + data)


@given(st.lists(ROW, max_size=30))
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_any_lines_are_read_or_refused(rows: list[str]) -> None:
    text = "\r\n".join(rows)
    tried(calendar(text).decode("utf-8", "replace").encode("utf-8", "replace"))
    tried(calendar(event(text.encode("utf-8", "replace").decode())))
    tried(calendar("METHOD:REPLY", event("ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@example.org", text)))


@given(st.sampled_from(sorted(path.stem for path in DATA.glob("*.ics"))), st.data())
@settings(deadline=None, max_examples=200)
def test_a_damaged_file_is_read_or_refused_and_every_event_accounted_for(name: str, data: st.DataObject) -> None:
    whole = bytearray(product(name))
    for _ in range(data.draw(st.integers(1, 12))):
        place = data.draw(st.integers(0, len(whole) - 1))
        piece = data.draw(st.binary(max_size=6))
        whole[place : place + data.draw(st.integers(0, 20))] = piece
        whole = whole or bytearray(b"x")
    tried(bytes(whole))
    try:
        made = plan(bytes(whole), zone="Asia/Ashgabat")
    except Refused:
        return
    lines = {part.line for part in read_calendar(bytes(whole)).events}
    told = {remark.line for remark in made.remarks if remark.level in ("taken", "left")}
    assert told <= lines
    assert len(told) + sum(row.events for row in made.choices) == len(lines)
