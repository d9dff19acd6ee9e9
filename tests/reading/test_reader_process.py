"""The process that reads files and mails of others: what it gives, what it costs, what it knows, how it ends."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from meetingsvc.calendars.reading.mails import from_mail
from meetingsvc.calendars.reading.replies import read_replies
from meetingsvc.core.kernel import Refused
from meetingsvc.reader.client import MOST_INSIDE, ReaderProcess
from meetingsvc.reader.jobs import JOBS, look
from meetingsvc.reader.transfer import Unlike, packed, unpacked
from meetingsvc.reader.worker import Limits
from tests.attack.foreign import alive
from tests.reading.calendars import calendar, event, product
from tests.reading.test_ics_mails import ANA, HEAD, mail, nested, replied, report
from tests.support.running_service import ROOT

#: A mail that costs more than a second and 150 MB.
HEAVY = nested(24) + b"x\r\n" * 600_000
TODAY = "2026-01-01"


@pytest.fixture
def made() -> Iterator[Callable[..., ReaderProcess]]:
    """Makes them, with limits of the test."""
    every: list[ReaderProcess] = []

    def make(**most: Any) -> ReaderProcess:
        every.append(ReaderProcess(Limits(**most)))
        return every[-1]

    yield make
    for each in every:
        each.close()


@pytest.fixture(scope="module")
def reader() -> Iterator[ReaderProcess]:
    one = ReaderProcess()
    yield one
    one.close()


def refused(job: Callable[[], object]) -> str:
    with pytest.raises(Refused) as why:
        job()
    return why.value.code


def gone(pid: int | None, within: float = 10.0) -> bool:
    """Whether a process ends."""
    until = time.monotonic() + within
    while pid is not None and alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return pid is None or not alive(pid)


# -------------------------------------------------------------------------------------------------------- what it gives


@pytest.mark.parametrize(
    "raw",
    [
        mail(replied(ANA)),
        mail(product("reply_nextcloud")),
        mail(product("reply_exchange")),
        report("failed", "5.1.1"),
        report("delayed", "4.4.1", whole=False),
        HEAD + b"\r\nI will be there.",
    ],
    ids=range(6),
)
def test_a_mail_says_the_same_as_when_it_is_read_here(reader: ReaderProcess, raw: bytes) -> None:
    assert reader.mail(raw) == from_mail(raw)


def test_answers_of_a_file_are_the_same(reader: ReaderProcess) -> None:
    data = product("reply_nextcloud")
    assert reader.replies(data, "ana") == read_replies(data) != ()


@pytest.mark.parametrize("name", ["google", "outlook", "thunderbird", "zimbra", "apple", "nextcloud"])
def test_a_plan_is_the_same(reader: ReaderProcess, name: str) -> None:
    data, zone = product(name), "Europe/Zurich"
    assert reader.look(data, "ana", kept=False, zone=zone, today=TODAY, choose=()) == look(data, zone=zone, today=TODAY)


def test_a_file_of_several_meetings_travels_along_and_is_unpacked_there(reader: ReaderProcess) -> None:
    data = calendar(event(uid="a"), event(uid="b", title="Second", times=("DTSTART:20270301T100000Z",)))
    seen = reader.look(data, "ana", kept=False, zone="Europe/Zurich", today=TODAY, choose=())
    assert [each.uid for each in seen.plan.choices] == ["a", "b"]
    assert not set(seen.kept) & set("+/%&"), "a form sends it as it is"
    again = reader.look(seen.kept.encode(), "ana", kept=True, zone="Europe/Zurich", today=TODAY, choose=["b"])
    assert again.plan.title == "Second" and again.kept == ""
    for junk in (b"!", b"AAAA", seen.kept[:-9].encode()):
        code = refused(lambda junk=junk: reader.look(junk, "ana", kept=True, zone=None, today=TODAY, choose=()))  # type: ignore[misc]
        assert code in ("setup.no_file", "ics.needs_zone", "ics.not_a_calendar", "ics.empty")


def test_a_refusal_comes_with_its_facts(reader: ReaderProcess) -> None:
    with pytest.raises(Refused) as why:
        reader.replies(calendar("METHOD:COUNTER", event()), "ana")
    assert (why.value.code, why.value.facts) == ("reply.not_a_reply", {"method": "COUNTER"})


def test_what_unfolds_to_more_than_a_file_may_be_is_refused(reader: ReaderProcess) -> None:
    pack = zlib.compressobj()
    bomb = base64.urlsafe_b64encode(b"".join(pack.compress(b"\n" * 1_000_000) for _ in range(500)) + pack.flush())
    assert len(bomb) < 1_400_000
    code = refused(lambda: reader.look(bomb, "ana", kept=True, zone=None, today=TODAY, choose=()))
    assert code == "ics.too_big"


# -------------------------------------------------------------------------------------------------- what it may cost


def test_what_takes_too_long_is_ended_and_the_next_finds_another(made: Callable[..., ReaderProcess]) -> None:
    reader = made(cpu_s=0.3)
    reader.mail(mail(replied(ANA)))
    first = reader.pid
    assert refused(lambda: reader.mail(HEAVY)) == "reading.too_hard"
    assert gone(first) and reader.pid is None
    assert len(reader.mail(mail(replied(ANA))).replies) == 1
    assert reader.pid not in (None, first)


def test_time_goes_by_the_wall_too(made: Callable[..., ReaderProcess]) -> None:
    """On a machine that has no time for it nobody waits for ever."""
    reader = made(cpu_s=60, wall_s=0.4)
    began = time.monotonic()
    assert refused(lambda: reader.mail(HEAVY)) == "reading.too_hard"
    assert time.monotonic() - began < 30


def test_what_needs_too_much_memory_is_ended(made: Callable[..., ReaderProcess]) -> None:
    reader = made(memory=110_000_000)
    assert len(reader.mail(mail(replied(ANA))).replies) == 1
    assert refused(lambda: reader.mail(HEAVY)) == "reading.too_hard"
    assert len(reader.mail(mail(replied(ANA))).replies) == 1


def test_killed_in_the_middle_it_is_a_sentence_and_the_next_job_works(made: Callable[..., ReaderProcess]) -> None:
    reader = made()
    reader.mail(mail(replied(ANA)))
    first = reader.pid
    assert first is not None
    threading.Timer(0.2, os.kill, (first, signal.SIGKILL)).start()
    assert refused(lambda: reader.mail(HEAVY)) == "reading.too_hard"
    assert len(reader.mail(mail(replied(ANA))).replies) == 1


def test_killed_while_it_is_idle_nobody_notices(reader: ReaderProcess) -> None:
    reader.mail(mail(replied(ANA)))
    first = reader.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert gone(first)
    assert len(reader.mail(mail(replied(ANA))).replies) == 1
    assert reader.pid != first


def test_one_person_has_one_job_and_the_others_have_theirs(made: Callable[..., ReaderProcess]) -> None:
    reader = made()
    reader.mail(mail(replied(ANA)))
    told: dict[str, str] = {}

    def sends(who: str, data: bytes) -> None:
        try:
            reader.replies(data, who)
            told[who] = "read"
        except Refused as why:
            told[who] = why.code

    slow = b"BEGIN:VCALENDAR\r\n" + b"x\n" * 490_000
    busy = threading.Thread(target=sends, args=("eve", slow))
    busy.start()
    time.sleep(0.05)
    assert refused(lambda: reader.replies(product("reply_google"), "eve")) == "reading.busy"
    sends("ana", product("reply_google"))
    busy.join()
    assert told == {"eve": "reply.not_a_reply", "ana": "read"}


def test_no_more_wait_than_can_be_served(made: Callable[..., ReaderProcess]) -> None:
    reader = made()
    reader.mail(mail(replied(ANA)))
    codes: list[str] = []

    def sends(who: str) -> None:
        try:
            reader.replies(b"BEGIN:VCALENDAR\r\n" + b"x\n" * 490_000, who)
        except Refused as why:
            codes.append(why.code)

    crowd = [threading.Thread(target=sends, args=(str(n),)) for n in range(MOST_INSIDE + 4)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    assert codes.count("reading.busy") == 4 and codes.count("reply.not_a_reply") == MOST_INSIDE


# ------------------------------------------------------------------------------------------- what it knows, how it ends


def test_it_is_told_no_secret_and_holds_nothing_open(
    made: Callable[..., ReaderProcess], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MEETINGSVC_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("MEETINGSVC_IMAP_URL", "imaps://user:password@mail.example.org/INBOX")
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        reader = made()
        reader.mail(mail(replied(ANA)))
    known = Path(f"/proc/{reader.pid}/environ").read_bytes().split(b"\0")
    assert {row.partition(b"=")[0] for row in known} - {b""} == {b"PYTHONDONTWRITEBYTECODE", b"PYTHONUTF8"}
    held = {str(each.readlink()) for each in Path(f"/proc/{reader.pid}/fd").iterdir()}
    assert {name.partition(":")[0] for name in held} == {"/dev/null", "socket"} and len(held) == 2


def test_its_limits_are_set_for_good(made: Callable[..., ReaderProcess]) -> None:
    reader = made()
    reader.mail(mail(replied(ANA)))
    rows = Path(f"/proc/{reader.pid}/limits").read_text().splitlines()
    found = {row[:26].strip(): row[26:].split()[:2] for row in rows}
    assert found["Max address space"] == ["400000000"] * 2
    assert found["Max processes"] == found["Max file size"] == found["Max core file size"] == ["0"] * 2
    assert found["Max open files"] == ["24"] * 2


def test_limits_that_are_narrower_already_stay(tmp_path: Path) -> None:
    program = (
        "from meetingsvc.reader.client import ReaderProcess; "
        "print(ReaderProcess().mail(b'From: a@example.org\\r\\n\\r\\nx').sender)"
    )
    command = f'ulimit -v 300000; ulimit -t 50; ulimit -n 20; exec {sys.executable} -c "{program}"'
    done = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "a@example.org\n", done.stderr


def test_told_to_end_with_all_others_it_finishes_what_it_reads(made: Callable[..., ReaderProcess]) -> None:
    """Ctrl+C and systemd tell every process at once: the mail in hand would pass for one that cannot be read."""
    reader = made()
    reader.mail(mail(replied(ANA)))
    assert reader.pid is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        threading.Timer(0.1, os.kill, (reader.pid, number)).start()
    assert refused(lambda: reader.mail(HEAVY)) == "ics.too_big"


def test_it_knows_neither_server_nor_pages() -> None:
    program = "import sys, meetingsvc.reader.worker; print(*sorted(sys.modules))"
    known = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    ours = {name for name in known.stdout.split() if name.startswith("meetingsvc.")}
    floors = {"core", "calendars", "imports", "reader", "environment", "store", "translations", "waiting"}
    assert {name.split(".")[1] for name in ours} <= floors
    assert not {"eventlet", "flask", "psycopg", "imaplib"} & set(known.stdout.split())


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_it_ends_with_whoever_started_it(busy: bool) -> None:
    """Killed as nobody can foresee: it waits for nobody."""
    program = f"""
import threading, time
from meetingsvc.reader.client import ReaderProcess
from tests.reading.test_reader_process import HEAVY
reader = ReaderProcess()
reader.mail(b"From: a@example.org\\r\\n\\r\\nx")
print(reader.pid, flush=True)
if {busy}:
    reader.mail(HEAVY)
time.sleep(60)
"""
    served = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert served.stdout is not None
    pid = int(served.stdout.readline())
    time.sleep(0.3)
    assert Path(f"/proc/{pid}").exists()
    served.kill()
    served.wait()
    assert gone(pid, 25)


# ------------------------------------------------------------------------------------------------------ what comes back


@pytest.mark.parametrize(
    ("job", "data"),
    [
        ("mail", None),
        ("mail", {}),
        ("mail", "x"),
        ("mail", ["a@example.org", [], [], [], False]),
        ("mail", ["a@example.org", [], [], [], 0, None]),
        ("mail", [["a@example.org"], [], [], [], False, None]),
        ("mail", ["a@example.org", "to", [], [], False, None]),
        ("mail", ["a@example.org", [], [], [], False, ["id", None, "5.0.0", "", "yes"]]),
        ("replies", [["uid", "a@example.org", "perhaps", None, 1, 1, "", None, None, ""]]),
        ("replies", [["uid", "a@example.org", "accepted", None, 1.5, 1, "", None, None, ""]]),
        ("look", [["t", [], None, None, [], None, [], [], [["taken", {"n": [1]}, "taken", 1, ""]]], ""]),
        ("look", [["t", [], None, None, [], None, [], [], [["taken", {}, "loud", 1, ""]]], ""]),
    ],
)
def test_what_comes_back_in_another_shape_is_refused(job: str, data: Any) -> None:
    with pytest.raises(Unlike):
        unpacked(JOBS[job].gives, json.loads(json.dumps(data)))


def test_every_shape_comes_back_as_it_went() -> None:
    things: list[tuple[str, Any]] = [
        ("mail", from_mail(report("failed", "5.1.1"))),
        ("mail", from_mail(mail(product("reply_nextcloud")))),
        ("replies", read_replies(product("reply_nextcloud"))),
        ("look", look(product("outlook"), zone="Europe/Zurich", today=TODAY)),
        ("look", look(calendar(event("RRULE:FREQ=WEEKLY;COUNT=5")), zone="Europe/Zurich")),
    ]
    for job, thing in things:
        assert unpacked(JOBS[job].gives, json.loads(json.dumps(packed(thing)))) == thing
