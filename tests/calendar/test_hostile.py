"""Hostile input in every field: harmless, readable, and still the event that was meant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetingsvc.calendars.appointment import Appointment, Attendee, Document, Item, Organizer, Reader, Recurrence
from meetingsvc.calendars.files import cancellation, feed, invitation, meeting_file
from meetingsvc.calendars.texts import title_of
from meetingsvc.core.meeting.state import WayIn
from tests.calendar.check import assert_clean
from tests.calendar.samples import (
    GENEVA,
    HOUR,
    MORNING,
    NEXT_DAY,
    SAY,
    STAMP,
    appointment,
    properties,
    series,
    session,
    slot,
    text,
)

CANARIES = ("X-EVIL", "evil@attacker.example")
INJECTED = "END:VEVENT\r\nATTENDEE:mailto:evil@attacker.example\r\nX-EVIL:1"
CORPUS = (
    f"Meeting\r\n{INJECTED}",
    f"CR\r{INJECTED}",
    f"LF\n{INJECTED}\nBEGIN:VEVENT",
    f"NEL\x85{INJECTED} LS\u2028X-EVIL:2 PS\u2029X-EVIL:3 VT\x0bX-EVIL:4 FF\x0cX-EVIL:5",
    "NUL\x00 BEL\x07 DEL\x7f C1\x9b BOM\ufeff not\uffff",
    "lone \ud800 surrogate \udfff",
    "RLO \u202e turned \u2066 isolated \u202a and never closed",
    "closed too often \u202c\u2069\u202c",
    "javascript:alert(1)",
    "C:\\New folder\\nothing \\N \\\\ \\; ;,:\"'^n^'^^",
    '"quoted"; X-EVIL=1:mailto:evil@attacker.example',
    "=?utf-8?q?X-EVIL?=",
    "x" * 10_000,
    "字" * 300,
    "👩‍💻" * 60,
    "a" * 63 + "👩" * 30,
    "\\" * 400,
    "اجتماع هجين منتظم " * 40,
    "<script>alert(1)</script> {title} {city} %s {{7*7}}",
    " \t ",
    "",
)


def filled(words: str, **changes: Any) -> Appointment:
    """A meeting that holds the same text in every place where somebody may type."""
    names = {"en": words, "fr": words, words[:40]: words}
    facts: dict[str, Any] = {
        "title": names,
        "body": names,
        "room": words,
        "url": words,
        "ways_in": (
            WayIn("video", words, words, words),
            WayIn("phone", words, words, words),
            WayIn("audio", "https://ok.example/a", words, words),
        ),
        "agenda": (Item(words, names), Item("2", names)),
        "documents": (Document(names, words), Document(names, "https://ok.example/d")),
        "organizer": Organizer(words, "o@ok.example", words),
        "sessions": (MORNING, NEXT_DAY),
    }
    return appointment(**(facts | changes))


def readers(words: str) -> list[Reader]:
    me = Reader("en", words, inside=True, link=words, delegation=words)
    return [Reader(words), me, replace(me, mode="remote", link="https://ok.example/me"), replace(me, mode="in_room")]


def everything(words: str) -> list[bytes]:
    """Every kind of file about such a meeting."""
    meeting, people = filled(words), readers(words)
    who, host = Attendee(words, "a@ok.example"), Organizer(words, "o@ok.example", words)
    weekly = series(title={"en": words}, room=words, url=words, body={"en": words})
    one = replace(
        meeting,
        uid="one",
        sessions=(session(1, "2027-03-09T10:00", "2027-03-09T12:00", GENEVA),),
        recurrence=Recurrence(weekly.uid, "2027-03-09T10:00", GENEVA),
    )
    entries = [(meeting, people[2], (slot(item=words),)), (one, people[2], ())]
    gone = replace(meeting, status="cancelled", sequence=1)
    return [
        *(meeting_file(meeting, reader, SAY) for reader in people),
        meeting_file(gone, people[1], SAY),
        feed(words, entries, SAY, series=[(weekly, people[2])], source=words, colour=words),
        invitation(meeting, 3, replace(people[1], alarm=5), host, who, SAY, stamp=STAMP),
        cancellation(gone, 3, people[1], host, who, SAY, stamp=STAMP + HOUR),
    ]


@pytest.mark.parametrize("words", CORPUS, ids=lambda words: repr(words[:16]))
def test_hostile_texts_stay_texts(words: str) -> None:
    for data in everything(words):
        assert_clean(data, canaries=CANARIES, parsers=False)
    for data in (everything(words)[2], everything(words)[5], everything(words)[6]):
        assert_clean(data, canaries=CANARIES)


def test_a_title_with_line_breaks_stays_one_title() -> None:
    data = meeting_file(appointment(title={"en": f"One\r\n{INJECTED}\u2028two"}), Reader("en"), SAY)
    meant = "One END:VEVENT ATTENDEE:mailto:evil@attacker.example X-EVIL:1 two"
    assert_clean(
        data, canaries=CANARIES, expect={"events": [{"uid": appointment().uid, "summary": meant, "attendees": []}]}
    )


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("C:\\New", "C:\\New"),
        ('Say "hello"; then, go', 'Say "hello"; then, go'),
        ("a\u202eb", "a\u202eb\u202c"),
        ("字" * 300, "字" * 249 + "…"),
        ("a\u2028b", "a b"),
        ("👩‍💻" * 30, "👩‍💻" * 30),
    ],
)
def test_a_title_is_read_as_it_was_meant(title: str, read: str) -> None:
    data = meeting_file(appointment(title={"en": title}), Reader("en"), SAY)
    assert_clean(data, expect={"events": [{"uid": appointment().uid, "summary": read}]})


def test_no_line_is_cut_in_a_character_or_an_escape() -> None:
    for length in range(60, 80):
        for tail in ("👩‍💻" * 40, "\\" * 200, ";,\\n" * 90, "字ä" * 60):
            data = meeting_file(appointment(title={"en": "a" * length + tail}, agenda=()), Reader("en"), SAY)
            assert max(map(len, data.split(b"\r\n"))) <= 75
            assert_clean(data, parsers=False)


def test_a_hostile_address_is_written_nowhere() -> None:
    for data in everything("javascript:alert(1)"):
        for name in ("URL", "CONFERENCE", "SOURCE", "ORGANIZER"):
            assert not [
                row for row in properties(data, name) if row.endswith("javascript:alert(1)") and name != "LOCATION"
            ]
    link = meeting_file(filled("javascript:alert(1)", room=None), readers("x")[2], SAY)
    assert properties(link, "LOCATION")[0] == "LOCATION:https://ok.example/a"
    assert "javascript" not in "".join(row for row in text(link).split("\n") if row.startswith(("Join", "Everything")))


PIECES = st.sampled_from(
    [
        "\r\n",
        "\r",
        "\n",
        "\x00",
        "\x85",
        "\u2028",
        "\u202e",
        "\u2067",
        "\u2069",
        "\u202c",
        "\ud800",
        "\udfff",
        "\ufeff",
        "\\",
        "\\n",
        "\\N",
        ";",
        ",",
        ":",
        '"',
        "^",
        "^n",
        "=",
        "BEGIN:VEVENT",
        "END:VCALENDAR",
        "\nX-EVIL:1",
        "👩‍💻",
        "字",
        "اجتماع",
        " ",
        "\t",
        "{title}",
        "javascript:",
        "https://x.example/",
        "@",
        "a" * 70,
    ]
)
HOSTILE = st.lists(st.one_of(PIECES, st.text(st.characters(), max_size=12)), max_size=12).map("".join)


@settings(max_examples=120)
@given(title=HOSTILE, words=HOSTILE, name=HOSTILE, link=HOSTILE)
def test_any_meeting_of_hostile_texts_is_a_clean_file(title: str, words: str, name: str, link: str) -> None:
    meeting = filled(words, title={"en": title}, ways_in=(WayIn("video", link, name, name),))
    reader = Reader("en", name, inside=True, link=link)
    meant = {"events": [{"uid": meeting.uid, "summary": title_of({"en": title}, SAY), "attendees": ["a@ok.example"]}]}
    host, who = Organizer(name, "o@ok.example", link), Attendee(name, "a@ok.example")
    data = invitation(meeting, 3, reader, host, who, SAY, stamp=STAMP)
    assert_clean(data, profile="invite", canaries=["X-EVIL"], expect=meant, parsers=False)
    entries = [(meeting, reader, (slot(item=words),))]
    assert_clean(feed(name, entries, SAY), profile="feed", canaries=["X-EVIL"], parsers=False)
