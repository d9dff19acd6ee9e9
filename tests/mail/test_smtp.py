"""Messages out by SMTP, against a real server in every mood: what is taken, what is told of what is not."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from meetingsvc.mail.mail_server import Unreachable, server
from meetingsvc.mail.smtp import NotTaken, SmtpClient
from tests.mail.letterbox import (
    PASSWORD,
    Letterbox,
    asking_for_a_password,
    certificate,
    encrypting,
    listening,
)
from tests.support.running_service import free_port

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")  # here it may: nobody listens
OURS = "meetings@example.org"
MESSAGE = b"Subject: x\r\nMessage-ID: <1@example.org>\r\n\r\n.a line that begins with a dot\r\n"
ENCRYPTS = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl, which makes certificates")


@pytest.fixture
def box() -> Iterator[Letterbox]:
    with listening() as made:
        yield made


def smtp_client(box: Letterbox, url: str | None = None) -> SmtpClient:
    return SmtpClient(server(url or box.url), "meet.example.org")


def test_many_messages_take_one_connection_and_arrive_as_they_are(box: Letterbox) -> None:
    out = smtp_client(box)
    for n in range(5):
        out.send(OURS, f"mission{n}@example.org", MESSAGE)
    out.close()
    assert [row.recipient for row in box.taken] == [f"mission{n}@example.org" for n in range(5)]
    assert {row.raw for row in box.taken} == {MESSAGE} and {row.sender for row in box.taken} == {OURS}
    assert len({row.peer for row in box.taken}) == 1 and box.names == ["meet.example.org"]


def test_an_address_in_numbers_greets_in_brackets(box: Letterbox) -> None:
    for name, greeted in (("127.0.0.1", "[127.0.0.1]"), ("::1", "[IPv6:::1]")):
        out = SmtpClient(server(box.url), name)
        out.send(OURS, "a@example.org", MESSAGE)
        out.close()
        assert box.names.pop() == greeted


def test_what_a_server_refuses_for_good_and_for_now_is_told_apart_and_the_next_one_goes_out(box: Letterbox) -> None:
    box.refuses = {"gone@example.org": "550 5.1.1 No such\x07 mission here"}
    box.later = 1
    out = smtp_client(box)
    with pytest.raises(NotTaken, match=r"^550 5\.1\.1 No such mission here$") as gone:
        out.send(OURS, "gone@example.org", MESSAGE)
    with pytest.raises(NotTaken, match=r"^451 4\.7\.1 Greylisted") as later:
        out.send(OURS, "slow@example.org", MESSAGE)
    assert gone.value.permanent and not later.value.permanent
    out.send(OURS, "slow@example.org", MESSAGE)
    for said, permanent in (("554 5.7.1 Looks like spam", True), ("452 4.3.1 Disk full", False)):
        box.data_said = said
        with pytest.raises(NotTaken, match=said) as refused:
            out.send(OURS, "slow@example.org", MESSAGE)
        assert refused.value.permanent is permanent
    out.close()
    assert [row.recipient for row in box.taken] == ["slow@example.org"]


def test_a_server_that_is_down_is_one_fault_for_all_and_may_come_back(box: Letterbox) -> None:
    url = f"smtp://127.0.0.1:{free_port()}"
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1 cannot be reached: Connection refused"):
        smtp_client(box, url).send(OURS, "a@example.org", MESSAGE)


def test_a_server_that_goes_away_in_the_middle_loses_nothing() -> None:
    with listening() as box:
        out = smtp_client(box)
        out.send(OURS, "a@example.org", MESSAGE)
    with pytest.raises(Unreachable, match="connection to the mail server broke"):
        out.send(OURS, "b@example.org", MESSAGE)
    with listening(box):
        out.send(OURS, "b@example.org", MESSAGE)
        out.close()
    assert [row.recipient for row in box.taken] == ["a@example.org", "b@example.org"]


@pytest.mark.parametrize("where", ["RCPT", "DATA"])
def test_a_server_that_says_goodbye_stops_the_round(box: Letterbox, where: str) -> None:
    goodbye = "421 4.3.2 Going down"
    if where == "RCPT":
        box.refuses = {"a@example.org": goodbye}
    else:
        box.data_said = goodbye
    with pytest.raises(Unreachable, match=r"takes nothing now: 4\.3\.2 Going down"):
        smtp_client(box).send(OURS, "a@example.org", MESSAGE)


def test_a_sender_that_is_not_ours_is_no_fault_of_the_recipient(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(self: Letterbox, *_: Any) -> str:
        return "553 5.7.1 Not your address"

    monkeypatch.setattr(Letterbox, "handle_MAIL", refuse, raising=False)
    with (
        listening() as box,
        pytest.raises(Unreachable, match=r"does not take mail from meetings@example\.org: 5"),
    ):
        smtp_client(box).send(OURS, "a@example.org", MESSAGE)


def test_a_password_is_given_and_a_wrong_one_is_told_without_repeating_it() -> None:
    with listening(**asking_for_a_password()) as box:
        right = f"smtp://meetings%40example.org:{PASSWORD}@127.0.0.1:{box.port}"
        smtp_client(box, right).send(OURS, "a@example.org", MESSAGE)
        with pytest.raises(Unreachable, match="refuses user and password") as refused:
            smtp_client(box, right.replace(PASSWORD, "canary-wrong")).send(OURS, "a@example.org", MESSAGE)
    assert "canary" not in str(refused.value) and len(box.taken) == 1


@ENCRYPTS
def test_encryption_is_taken_where_it_is_offered(tmp_path: Path) -> None:
    with listening(**encrypting(certificate(tmp_path, "another.example.org"))) as box:
        smtp_client(box).send(OURS, "a@example.org", MESSAGE)
    assert box.encrypted == [True]


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> str:
    """A name that is not this machine's, though it leads here."""
    name, asked = "mail.example.org", socket.getaddrinfo
    here = {name: "127.0.0.1"}
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **how: asked(here.get(host, host), *rest, **how))
    return name


def test_beyond_this_machine_nothing_travels_unencrypted(far: str) -> None:
    with listening(**asking_for_a_password()) as box:
        url = f"smtp://meetings%40example.org:{PASSWORD}@{far}:{box.port}"
        with pytest.raises(Unreachable, match=r"mail\.example\.org offers no encryption"):
            smtp_client(box, url).send(OURS, "a@example.org", MESSAGE)
    assert not box.taken


@ENCRYPTS
def test_beyond_this_machine_the_certificate_must_hold(
    far: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, why in ((far, None), ("another.example.org", "certificate does not hold: Hostname mismatch")):
        file = certificate(tmp_path, name)
        with listening(**encrypting(file)) as box:
            out = smtp_client(box, f"smtp://{far}:{box.port}")
            with pytest.raises(Unreachable, match="certificate does not hold: self"):
                out.send(OURS, "a@example.org", MESSAGE)
            with monkeypatch.context() as trusting:
                trusting.setenv("SSL_CERT_FILE", str(file))
                if why:
                    with pytest.raises(Unreachable, match=why):
                        out.send(OURS, "a@example.org", MESSAGE)
                else:
                    out.send(OURS, "a@example.org", MESSAGE)
        assert box.encrypted == ([] if why else [True])


def test_addresses_of_servers_are_read_as_they_are_written() -> None:
    made = server("smtps://meetings%40example.org:p%2Fw%20x@Mail.example.org")
    assert (made.host, made.port, made.user, made.password) == (
        "mail.example.org",
        465,
        "meetings@example.org",
        "p/w x",
    )
    assert made.wrapped and not made.here and "p/w" not in repr(made)
    box = server("imap://[::1]:1143/Meetings%20in")
    assert (box.host, box.port, box.folder, box.here, box.wrapped) == ("::1", 1143, "Meetings in", True, False)
    assert server("imaps://mail.example.org").folder == "INBOX"
