"""The checker itself, by its own rules alone: it accepts what is right and rejects what others got wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from meetingsvc.calendars.files import feed, invitation
from tests.calendar.check import assert_mail_clean
from tests.calendar.ics_check.checking import Options, check_calendar, check_mail
from tests.calendar.samples import ATTENDEE, MEMBER, ORGANIZER, SAY, STAMP, appointment, series

FEED = feed("Feed", [(appointment(), MEMBER, ())], SAY, series=[(series(), MEMBER)])
REQUEST = invitation(appointment(), 3, MEMBER, ORGANIZER, ATTENDEE, SAY, stamp=STAMP)
EVIL = b"ATTENDEE:mailto:evil@attacker.example\r\n"
STALE = rb"TZOFFSETTO:\+0500"

BROKEN = {
    "line ends of another system": (FEED.replace(b"\r\n", b"\n"), "raw.crlf"),
    "a line that is too long": (FEED.replace(b"SUMMARY", b"COMMENT:" + b"x" * 80 + b"\r\nSUMMARY", 1), "raw.length"),
    "a fold in an escape": (FEED.replace(b"Hall 1\\;", b"Hall 1\\\r\n ;"), "raw.fold-escape"),
    "a control character": (FEED.replace(b"Hall", b"Ha\x01ll"), "raw.control"),
    "a bidirectional override": (FEED.replace(b"Hall", "Ha\u202ell".encode()), "raw.bidi"),
    "no UID": (re.sub(rb"UID:0d5a[^\r]+\r\n", b"", FEED), "structure.required"),
    "a comma that is not escaped": (
        FEED.replace(b"Hybrid\\,", b"Hybrid,").replace(b"CATEGORIES", b"COMMENT"),
        "structure.text-escaping",
    ),
    "a status that does not exist": (REQUEST.replace(b"CONFIRMED", b"CANCELED"), "structure.values"),
    "two features as one": (FEED.replace(b"FEATURE=AUDIO,VIDEO", b'FEATURE="AUDIO,VIDEO"'), "structure.values"),
    "a property of nobody": (FEED.replace(b"STATUS", b"X-EVIL:1\r\nSTATUS", 1), "structure.x-properties"),
    "a time zone that is missing": (
        re.sub(rb"BEGIN:VTIMEZONE.*END:VTIMEZONE\r\n", b"", FEED, flags=re.DOTALL),
        "time.vtimezone-present",
    ),
    "a time zone that is wrong": (re.sub(STALE, b"TZOFFSETTO:+0600", FEED), "time.vtimezone-correct"),
    "a floating time": (FEED.replace(b"DTEND;TZID=Asia/Ashgabat", b"DTEND"), "time.no-floating"),
    "an end before its start": (FEED.replace(b"20261211T130000", b"20261211T090000"), "time.end-after-start"),
    "an exception that hits nothing": (FEED.replace(b"20270316T", b"20270317T"), "time.exdate"),
    "an attendee too many": (REQUEST.replace(b"ATTENDEE", EVIL + EVIL + b"ATTENDEE", 1), "itip.requirements"),
    "a cancellation sent as an invitation": (REQUEST.replace(b"CONFIRMED", b"CANCELLED"), "itip.requirements"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_rejected_for_what_is_broken(name: str) -> None:
    data, rule = BROKEN[name]
    assert data not in (FEED, REQUEST)
    results, _ = check_calendar(data, Options(skip_parsers=True))
    assert rule in results.failed


@pytest.mark.parametrize("data", [FEED, REQUEST])
def test_what_they_were_made_of_is_clean(data: bytes) -> None:
    assert check_calendar(data, Options(skip_parsers=True))[0].failed == {}


def mail(data: bytes, method: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = ORGANIZER.sender, ATTENDEE.address, "Invitation"
    message["Date"], message["Message-ID"] = "Mon, 02 Nov 2026 08:00:00 +0000", "<1@hybrid.example>"
    message.set_content("text")
    message.add_alternative(data.decode(), subtype="calendar", charset="utf-8", cte="base64", params={"method": method})
    return message.as_bytes()


def test_a_mail_is_checked_with_its_calendar() -> None:
    assert_mail_clean(mail(REQUEST, "REQUEST"), parsers=False)
    results, _ = check_mail(mail(REQUEST, "CANCEL"), Options(skip_parsers=True))
    assert set(results.failed) == {"mail.content-type"}
    results, _ = check_mail(mail(REQUEST, "REQUEST").replace(b"noreply@", b"evil@"), Options(skip_parsers=True))
    assert set(results.failed) == {"mail.addresses"}


def test_the_command_line_says_what_is_wrong(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.ics", tmp_path / "bad.ics"
    good.write_bytes(FEED)
    bad.write_bytes(BROKEN["no UID"][0])
    command = [sys.executable, "-m", "tests.calendar.ics_check", "--skip-parsers", "--json", "--profile", "feed"]
    done = subprocess.run(
        [*command, str(good), str(bad)], cwd=Path(__file__).parents[2], capture_output=True, text=True
    )
    said = [json.loads(row) for row in done.stdout.splitlines()]
    assert done.returncode == 1 and [one["ok"] for one in said] == [True, False]
    missing = subprocess.run([*command, str(tmp_path / "none.ics")], cwd=Path(__file__).parents[2], capture_output=True)
    assert missing.returncode == 2
