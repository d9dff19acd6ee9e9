"""What comes back by IMAP, from a real server: answers that count and that do not, bounces, mails for people."""

from __future__ import annotations

import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import meetingsvc.mail.mail_sender
from meetingsvc.invitations.replies import Replies
from meetingsvc.mail.incoming import take
from meetingsvc.mail.mail_server import Unreachable, server
from meetingsvc.mail.mailbox import Inbox
from meetingsvc.meetings import Busy
from meetingsvc.reader.client import ReaderProcess
from meetingsvc.reader.worker import Limits
from meetingsvc.store.contacts import Invitation
from tests.mail.answers import bounce, of_a_person, reply
from tests.mail.letterbox import Letterbox, Taken, certificate, listening
from tests.mail.mailbox import Mailbox, mailbox
from tests.reading.test_reader_process import HEAVY
from tests.support.mail_scenario import MailScenario, at
from tests.support.running_service import free_port

pytestmark = pytest.mark.imap

SEEN, LOOKED = {"\\Seen"}, {"MeetingsvcLooked"}


@dataclass
class InvitedOffices:
    """A meeting with three invited offices, the mailbox their answers come to, and what they were sent."""

    scenario: MailScenario
    meeting: str
    box: Mailbox
    sent: list[Taken]

    def take(self, *mails: bytes) -> int:
        self.box.put(*mails)
        return self.scenario.mail_sender.round().read

    def of(self, sent: Taken) -> Invitation:
        rows = self.scenario.invitations.guest_list.on_list(self.meeting)
        return next(row for row in rows if row.contact.address == sent.recipient)

    def answers(self) -> list[str]:
        return [self.of(each).answer for each in self.sent]

    def verdicts(self) -> list[str]:
        return [row.verdict for row in self.scenario.invitations.replies.replies_to(self.meeting)]

    def changed(self) -> list[Taken]:
        """The meeting is moved, and everybody told."""
        self.letters.taken.clear()
        self.scenario.move(self.meeting, "15:00", "18:00")
        self.scenario.rest()
        self.scenario.mail_sender.round()
        return sorted(self.letters.taken, key=lambda row: [each.recipient for each in self.sent].index(row.recipient))

    letters: Letterbox = None  # type: ignore[assignment]


@pytest.fixture(scope="module")
def running() -> Iterator[Mailbox]:
    with mailbox() as made:
        yield made


@pytest.fixture
def box(running: Mailbox) -> Mailbox:
    running.clear()
    return running


@pytest.fixture
def invited(tmp_path: Path, box: Mailbox) -> Iterator[InvitedOffices]:
    with listening() as letters:
        scenario = MailScenario(tmp_path, SMTP_URL=letters.url, IMAP_URL=box.url)
        meeting = scenario.send_off(3)
        scenario.mail_sender.round()
        yield InvitedOffices(scenario, meeting, box, list(letters.taken), letters)
        scenario.close()


@pytest.mark.parametrize(
    ("product", "answer", "held"),
    [
        ("google", "ACCEPTED", "accepted"),
        ("google", "DECLINED", "declined"),
        ("exchange", "TENTATIVE", "tentative"),
        ("outlook_com", "DECLINED", "declined"),
        ("apple", "ACCEPTED", "accepted"),
        ("zimbra", "DECLINED", "declined"),
        ("thunderbird", "TENTATIVE", "tentative"),
    ],
)
def test_an_answer_changes_the_right_attendee(invited: InvitedOffices, product: str, answer: str, held: str) -> None:
    assert invited.take(reply(product, invited.sent[1], answer)) == 1
    assert invited.answers() == ["none", held, "none"]
    assert invited.verdicts() == ["taken"] and invited.box.flags() == [SEEN]
    assert invited.take() == 0, "it is read once"


def test_google_proves_itself_by_sending_back_the_link(invited: InvitedOffices) -> None:
    invited.take(reply("google", invited.sent[0], answers_ours=False))
    assert invited.answers() == ["accepted", "none", "none"]


def test_the_same_answer_twice_counts_once_and_a_later_one_replaces_it(invited: InvitedOffices) -> None:
    invited.scenario.rest(30)
    first = reply("exchange", invited.sent[0], "ACCEPTED", minutes=10)
    invited.take(first, first)
    assert invited.answers()[0] == "accepted" and invited.verdicts() == ["taken"]
    invited.take(reply("exchange", invited.sent[0], "DECLINED", minutes=20))
    assert invited.answers()[0] == "declined"
    invited.take(reply("exchange", invited.sent[0], "ACCEPTED", minutes=15))
    assert invited.answers()[0] == "declined", "it was given before"
    assert invited.verdicts() == ["stale", "taken", "taken"]


def test_an_answer_to_the_former_time_is_stale(invited: InvitedOffices) -> None:
    before, after = invited.sent[0], invited.changed()[0]
    invited.take(reply("google", before, "ACCEPTED", minutes=30))
    assert invited.answers() == ["none"] * 3 and invited.verdicts() == ["stale"]
    invited.take(reply("google", after, "ACCEPTED", minutes=40))
    assert invited.answers()[0] == "accepted"


def test_foreign_answers_change_nothing(invited: InvitedOffices) -> None:
    sent = invited.sent[0]
    invited.take(
        reply("exchange", sent, UID="unknown-uid"),
        reply("exchange", sent, address="mallory@evil.example"),
        reply("exchange", sent, address=invited.sent[1].recipient, sender="mallory@evil.example", answers_ours=False),
        reply("exchange", sent, address=invited.sent[1].recipient, sender="mallory@evil.example"),
    )
    assert invited.answers() == ["none"] * 3
    assert "taken" not in invited.verdicts()


def test_an_answer_without_proof_waits_for_the_secretariat(invited: InvitedOffices) -> None:
    invited.take(reply("exchange", invited.sent[2], "DECLINED", answers_ours=False))
    assert invited.answers() == ["none"] * 3
    (row,) = invited.scenario.invitations.replies.replies_to(invited.meeting)
    assert row.verdict == "unproved" and row.id is not None
    invited.scenario.invitations.replies.confirm_reply(invited.meeting, row.id, True)
    assert invited.answers() == ["none", "none", "declined"]


def test_hostile_mails_change_nothing_and_stop_nobody_behind_them(invited: InvitedOffices) -> None:
    good = reply("apple", invited.sent[0])
    hostile = [
        b"\x00\xff" * 500,
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" * 80,
        good.replace(b"Content-Type: text/calendar", b'Content-Type: text/calendar; name="=?utf-8?q?=0d=0aX:?="'),
        reply("exchange", invited.sent[1], "ACCEPTED", SEQUENCE="99999999999999999999"),
        reply("exchange", invited.sent[1], "X-EVIL"),
        reply(
            "exchange", invited.sent[1], DESCRIPTION="/join/" + "A" * 43, answers_ours=False, sender="m@evil.example"
        ),
        b"Subject: big\r\n\r\n" + b"x" * 2_100_000,
    ]
    read = invited.take(*hostile, reply("google", invited.sent[2]))
    assert read == len(hostile) + 1
    assert invited.answers()[2] == "accepted" and len(invited.box.flags()) == len(hostile) + 1
    assert invited.take() == 0


def test_a_mail_that_is_too_hard_is_left_for_people_and_not_tried_again(invited: InvitedOffices) -> None:
    invited.scenario.mail_sender.reader = ReaderProcess(Limits(cpu_s=0.3))
    assert invited.take(HEAVY, reply("google", invited.sent[2])) == 2
    assert invited.box.flags() == [LOOKED, SEEN] and invited.answers()[2] == "accepted"
    assert invited.take() == 0


def test_a_mail_that_nobody_could_read_yet_comes_again(
    invited: InvitedOffices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the reader process does not start is no fault of the mail's."""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(Busy):
            invited.take(reply("google", invited.sent[0]))
    assert invited.box.flags() == [set()]
    assert invited.take() == 1 and invited.answers()[0] == "accepted"


def test_hard_mails_do_not_keep_letters_back(invited: InvitedOffices, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look into the mailbox ends after a while, and goes on after the letters that are due."""
    monkeypatch.setattr(meetingsvc.mail.mail_sender, "LONGEST_LOOK_S", 0.0)
    assert invited.take(reply("google", invited.sent[0]), reply("google", invited.sent[1])) == 1
    assert invited.scenario.mail_sender.back.next_at <= invited.scenario.clock.now, "the next look goes on"
    invited.scenario.mail_sender.run_due()
    assert invited.answers() == ["accepted", "accepted", "none"]


def test_a_mail_server_that_sends_more_than_was_asked_for_is_not_listened_to() -> None:
    with liar() as port:
        inbox = Inbox(server(f"imap://u:p@127.0.0.1:{port}"))
        with pytest.raises(Unreachable, match="sends 4000000000 bytes"):
            next(inbox.unread())
        inbox.close()


@contextmanager
def liar() -> Iterator[int]:
    """A mailbox with one mail, of which it says that 4 GB follow."""
    said = {
        b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
        b"SELECT": b"* 1 EXISTS\r\n",
        b"SEARCH": b"* SEARCH 1\r\n",
        b"FETCH": b"* 1 FETCH (UID 1 BODY[] {4000000000}\r\n",
    }

    def talk(there: socket.socket) -> None:
        line, _ = there.accept()
        with line, line.makefile("rb") as rows:
            line.sendall(b"* OK here\r\n")
            for row in rows:
                tag, *words = row.split()
                more = next((told for name, told in said.items() if name in words[:2]), b"")
                line.sendall(more if b"FETCH" in words else more + tag + b" OK done\r\n")

    with socket.create_server(("127.0.0.1", 0)) as there:
        threading.Thread(target=talk, args=(there,), daemon=True).start()
        yield int(there.getsockname()[1])


def test_a_mail_in_words_stays_unread_for_people(invited: InvitedOffices) -> None:
    assert invited.take(of_a_person(invited.sent[0])) == 1
    assert invited.box.flags() == [LOOKED] and invited.answers() == ["none"] * 3
    assert invited.take() == 0


def test_a_bounce_marks_the_letter_it_brings_back(invited: InvitedOffices) -> None:
    sent = invited.sent[1]
    invited.take(bounce(sent, action="delayed"))
    assert invited.scenario.states(invited.meeting) == {"sent": 3}
    invited.take(bounce(sent, id="<guessed@meet.example>"), bounce(sent))
    rows = invited.scenario.deliveries(invited.meeting)
    (back,) = [row for row in rows if row.state == "bounced"]
    assert f"<{back.message_id}>" == sent.id
    assert back.fault == "5.1.1 smtp; 550 5.1.1 No such mission"
    assert invited.box.flags() == [SEEN, LOOKED, SEEN]


def test_a_mistake_of_ours_leaves_the_mail_for_people(
    invited: InvitedOffices, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a mistake of ours")

    with monkeypatch.context() as patch:
        patch.setattr(Replies, "answer_from_reply", broken)
        assert invited.take(reply("google", invited.sent[0])) == 1
    assert invited.box.flags() == [LOOKED] and "left for people" in caplog.text


def test_a_mailbox_that_is_away_is_told_and_tried_again_and_nothing_is_lost(invited: InvitedOffices) -> None:
    invited.box.put(reply("google", invited.sent[0]))
    invited.box.stop()
    done = invited.scenario.mail_sender.round()
    assert done.read == 0 and "cannot be used: Connection refused" in done.faults[0]
    status = invited.scenario.mail_sender.status()["imap"]
    assert status["configured"] and status["fault_at"] == invited.scenario.clock.now and "Connection" in status["fault"]
    invited.box.start()
    invited.scenario.mail_sender.run_due()
    assert invited.answers()[0] == "none", "not before its time"
    invited.scenario.rest(1)
    invited.scenario.mail_sender.run_due()
    assert invited.answers()[0] == "accepted" and invited.scenario.mail_sender.status()["imap"]["fault"] is None


def test_answers_that_came_while_the_database_was_busy_are_read_again(
    invited: InvitedOffices, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise Busy("the database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(Replies, "answer_from_reply", busy)
        with pytest.raises(Busy):
            invited.take(reply("google", invited.sent[0]))
    assert invited.box.flags() == [set()]
    assert invited.take() == 1 and invited.answers()[0] == "accepted"


def test_what_cannot_be_opened_is_told_in_a_sentence(box: Mailbox, tmp_path: Path) -> None:
    right = box.url
    for url, why in (
        (right.replace("pass%22word", "canary"), "cannot be used: .*(AUTHENTICATIONFAILED|failed)"),
        (right.replace("INBOX", "Nowhere"), "no folder Nowhere"),
        (f"imap://u:p@127.0.0.1:{free_port()}", "Connection refused"),
        (right.replace("imap://", "imaps://"), "cannot be used"),
    ):
        inbox = Inbox(server(url))
        with pytest.raises(Unreachable, match=why) as told:
            list(inbox.unread())
        inbox.close()
        assert "canary" not in str(told.value)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl, which makes certificates")
def test_encryption_is_taken_where_it_is_offered(tmp_path: Path) -> None:
    with mailbox(certificate(tmp_path, "mail.example.org")) as box:
        box.put(b"Subject: x\r\n\r\nx\r\n")
        inbox = Inbox(server(box.url))
        assert [raw for _, raw in inbox.unread()] == [b"Subject: x\r\n\r\nx\r\n"]
        inbox.close()
        assert "TLS" in box.log()


def test_two_processes_that_look_take_an_answer_once(invited: InvitedOffices) -> None:
    other = at(invited.scenario, IMAP_URL=invited.box.url)
    invited.box.put(reply("google", invited.sent[0]))
    mine, theirs = Inbox(server(invited.box.url)), Inbox(server(invited.box.url))
    held = [next(iter(inbox.unread())) for inbox in (mine, theirs)]
    assert held[0] == held[1]
    assert all(
        take(each.meetings, each.invitations.replies, row[1], each.mail_sender.reader)
        for each, row in zip((invited.scenario, other), held, strict=True)
    )
    assert invited.verdicts() == ["taken"]
    for inbox in (mine, theirs):
        inbox.close()
    other.close()
