"""Mail while the service serves: sent and read by its loop, killed in the middle, and never in the way of pages."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.attack.foreign import alive, readers, spent
from tests.mail.answers import calendar_of, line_of, reply
from tests.mail.letterbox import (
    PASSWORD,
    Letterbox,
    Taken,
    asking_for_a_password,
    certificate,
    encrypting,
    listening,
)
from tests.mail.mailbox import mailbox
from tests.reading.test_reader_process import HEAVY
from tests.support.mail_scenario import MailScenario, RealClock
from tests.support.running_service import ROOT, RunningService, free_port

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")  # here it may: nobody listens
DAY = f"{datetime.now(UTC).year + 1}-12-11"
PLAN = {"sessions": [{"starts": f"{DAY}T10:00", "ends": f"{DAY}T13:00"}]}


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "it did not happen within a minute"
        time.sleep(0.05)


class ServedMail:
    """The service as a process, and the secretariat beside it on the same database."""

    def __init__(self, folder: Path, **settings: str) -> None:
        settings = {"GRACE_S": "1", "MAIL_FROM": "meetings@service.example"} | settings
        self.served = RunningService(folder, {f"MEETINGSVC_{name}": value for name, value in settings.items()})
        self.scenario = MailScenario(
            folder, RealClock(), DATABASE_URL=str(folder / "meetingsvc.db"), PUBLIC_URL=self.served.url, GRACE_S="1"
        )

    def invite(self, n: int) -> str:
        body = self.scenario.body()
        self.scenario.invite(body, n)
        meeting = self.scenario.schedule(body, **PLAN)
        self.scenario.invitations.guest_list.everybody_of_body(meeting)
        self.scenario.invitations.guest_list.send_off(meeting)
        return meeting

    def sent(self, meeting: str, n: int) -> None:
        until(lambda: self.scenario.states(meeting).get("sent") == n)

    def close(self) -> None:
        self.served.stop()
        self.scenario.close()


@pytest.fixture
def box() -> Iterator[Letterbox]:
    with listening() as made:
        yield made


@pytest.fixture
def service(tmp_path: Path, box: Letterbox) -> Iterator[ServedMail]:
    made = ServedMail(tmp_path, SMTP_URL=box.url)
    yield made
    made.close()


def told(rows: list[Taken]) -> set[tuple[str, str, str]]:
    return {(row.recipient, line_of(row, "UID"), line_of(row, "SEQUENCE")) for row in rows}


def test_killed_in_the_middle_nothing_is_lost_or_doubled(service: ServedMail, box: Letterbox) -> None:
    """Killed each time after a server took a letter and before anybody could note it: the worst moment there is."""
    killed: list[int] = []

    def kill(n: int) -> None:
        if n in (3, 11, 30) and service.served.process:
            os.kill(service.served.process.pid, signal.SIGKILL)
            killed.append(n)

    box.taking = kill
    meeting = service.invite(25)
    for letters, kills in ((25, 2), (50, 3)):
        for count in range(len(killed) + 1, kills + 1):
            service.served.start()
            until(lambda count=count: len(killed) == count)  # type: ignore[misc]
            assert service.served.process and service.served.process.wait(15) == -signal.SIGKILL
            service.scenario.forget_claims()
        service.served.start()
        service.sent(meeting, letters)
        if letters == 25:
            service.served.stop()
            service.scenario.move(meeting, "15:00", "18:00", DAY)
    assert len(told(box.taken)) == len({row.id for row in box.taken}) == 50
    assert len(box.taken) == 50 + len(killed), "what was taken when it died came once more"
    for row in box.taken:
        assert {other.raw for other in box.taken if other.id == row.id} == {row.raw}
    assert service.scenario.states(meeting) == {"sent": 50}


def test_what_is_changed_and_cancelled_while_it_serves_is_sent_by_itself(service: ServedMail, box: Letterbox) -> None:
    service.served.start()
    meeting = service.invite(2)
    service.sent(meeting, 2)
    service.scenario.move(meeting, "15:00", "18:00", DAY)
    service.sent(meeting, 4)
    service.scenario.act(meeting, "meeting.cancel")
    service.sent(meeting, 6)
    methods = [line_of(row, "METHOD") for row in box.taken]
    assert methods == ["REQUEST"] * 4 + ["CANCEL"] * 2
    assert all("T150000" in calendar_of(row) for row in box.taken[2:])
    assert "Traceback" not in service.served.log()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl, which makes certificates")
def test_it_serves_and_sends_through_an_encrypted_line_with_a_password(tmp_path: Path) -> None:
    how = asking_for_a_password() | encrypting(certificate(tmp_path, "mail.example.org"))
    with listening(**how) as box:
        url = f"smtp://meetings%40example.org:{PASSWORD}@localhost:{box.port}"
        service = ServedMail(tmp_path, SMTP_URL=url)
        service.served.start()
        service.sent(service.invite(1), 1)
        service.close()
    assert box.encrypted == [True] and PASSWORD not in service.served.log()


def test_a_mail_server_that_says_nothing_is_in_nobodys_way(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        service = ServedMail(tmp_path, SMTP_URL=f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        service.served.start()
        meeting = service.invite(1)
        line, _ = silent.accept()
        for _ in range(20):
            assert service.served.http.get(f"{service.served.url}/m/{meeting}", timeout=30).ok
        line.setblocking(False)
        with pytest.raises(BlockingIOError):
            line.recv(1)  # it waits still: nobody waited for it
        assert service.served.stop() == 0 and service.scenario.states(meeting) == {"waiting": 1}
        service.scenario.close()


def test_told_to_end_it_notes_the_letter_in_its_hands(service: ServedMail, box: Letterbox) -> None:
    def end(n: int) -> None:
        if service.served.process:
            os.kill(service.served.process.pid, signal.SIGTERM)
            time.sleep(0.5)  # it hears of it before it hears that the letter is taken

    box.taking = end
    meeting = service.invite(5)
    service.served.start()
    assert service.served.process
    assert service.served.process.wait(15) == 0
    service.served.process = None
    assert len(box.taken) < 5
    assert service.scenario.states(meeting) == {"sent": len(box.taken), "waiting": 5 - len(box.taken)}
    assert {row.claimed_until for row in service.scenario.deliveries(meeting)} == {0}


@pytest.mark.imap
def test_an_answer_is_read_while_it_serves(tmp_path: Path, box: Letterbox) -> None:
    with mailbox() as back:
        service = ServedMail(tmp_path, SMTP_URL=box.url, IMAP_URL=back.url)
        meeting = service.invite(1)
        service.served.verb("send-mail")
        until(lambda: service.served.verb("send-mail") and box.taken)
        back.put(reply("google", box.taken[0], "DECLINED"))
        service.served.start()
        until(lambda: service.scenario.invitations.guest_list.on_list(meeting)[0].answer == "declined")
        service.close()


@pytest.mark.imap
def test_hostile_mails_are_read_by_another_process_and_the_answer_behind_them_counts(
    tmp_path: Path, box: Letterbox
) -> None:
    with mailbox() as back:
        service = ServedMail(tmp_path, SMTP_URL=box.url, IMAP_URL=back.url)
        meeting = service.invite(1)
        service.served.verb("send-mail")
        until(lambda: service.served.verb("send-mail") and box.taken)
        back.put(HEAVY, HEAVY.replace(b"a@example.org", b"b@example.org"), reply("google", box.taken[0], "DECLINED"))
        service.served.start()
        server = service.served.process
        assert server is not None
        own = spent(server.pid)
        until(lambda: service.scenario.invitations.guest_list.on_list(meeting)[0].answer == "declined")
        (reader,) = readers(server.pid)
        assert spent(reader) > 1.5, "they were not hard enough to prove anything"
        assert spent(server.pid) - own < spent(reader) / 2
        until(lambda: back.flags() == [{"MeetingsvcLooked"}] * 2 + [{"\\Seen"}])
        service.served.kill()
        until(lambda: not alive(reader))
        service.close()


# ------------------------------------------------------------------------------------------------------- the verb


def test_the_verb_says_what_it_did(service: ServedMail, box: Letterbox) -> None:
    service.invite(2)
    time.sleep(1.1)  # the grace
    first, again = service.served.verb("send-mail"), service.served.verb("send-mail")
    assert first.stdout.splitlines() == ["2 letters planned.", "2 sent, 0 to be tried again, 0 failed."]
    assert again.stdout.splitlines() == ["0 letters planned.", "0 sent, 0 to be tried again, 0 failed."]
    assert (first.returncode, first.stderr) == (0, "") and len(box.taken) == 2


def test_the_verb_says_that_there_is_no_mail_server(tmp_path: Path) -> None:
    service = ServedMail(tmp_path)
    meeting = service.invite(1)
    time.sleep(1.1)
    done = service.served.verb("post")  # the name it had before
    assert done.stdout.splitlines()[1] == "Nothing is sent: MEETINGSVC_SMTP_URL names no mail server. Letters wait."
    assert service.scenario.states(meeting) == {"waiting": 1} and done.returncode == 0
    service.close()


def test_the_verb_tells_of_servers_that_are_away(tmp_path: Path) -> None:
    away = f"127.0.0.1:{free_port()}"
    service = ServedMail(tmp_path, SMTP_URL=f"smtp://{away}", IMAP_URL=f"imap://u:p@{away}")
    service.invite(1)
    time.sleep(1.1)
    done = service.served.verb("send-mail")
    assert done.returncode == 1 and done.stdout.splitlines()[0] == "1 letter planned."
    assert done.stderr.splitlines() == [
        "The mail server 127.0.0.1 cannot be reached: Connection refused",
        "The mailbox at 127.0.0.1 cannot be used: Connection refused",
    ]
    service.close()


# ------------------------------------------------------------------------------------------------------ under eventlet


def test_a_name_server_that_keeps_silent_stops_nobody() -> None:
    """getaddrinfo is C, and no patch makes it green: it waits in a real thread while others go on."""
    program = """
import meetingsvc.__main__ as entry; entry.green()
import eventlet, smtplib
from eventlet import patcher
from meetingsvc.live import server
said, wait = [], patcher.original("time").sleep

def slow(*given, **named):
    wait(0.5)
    said.append("answered")
    raise OSError("no such name")

def look():
    try:
        smtplib.SMTP("mail.example.org", 25, timeout=5)
    except OSError:
        said.append("told")

patcher.original("socket").getaddrinfo = slow
server._names_beside()
looking = eventlet.spawn(look)
eventlet.sleep(0.05)
said.append("others")
looking.wait()
print(said)
"""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MEETINGSVC_")}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=clean, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "['others', 'answered', 'told']\n", done.stderr
