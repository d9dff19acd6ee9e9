"""A real SMTP server that the tests run: what it took, and the moods a mail server can be in.

Not here: what is sent to it, IMAP.
"""

from __future__ import annotations

import re
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.running_service import free_port

USER, PASSWORD = "meetings@example.org", "canary-password"


@dataclass(frozen=True)
class Taken:
    """One message as the server took it."""

    sender: str
    recipient: str
    raw: bytes
    peer: int

    @property
    def mail(self) -> EmailMessage:
        return cast(EmailMessage, message_from_bytes(self.raw, policy=default))

    @property
    def id(self) -> str:
        return str(self.mail["Message-ID"])

    def body(self, kind: str) -> str:
        """The decoded part of this type, without the attachment."""
        found = next(part for part in self.mail.walk() if part.get_content_type() == kind)
        content = found.get_payload(decode=True)
        assert isinstance(content, bytes)
        return content.decode()


@dataclass
class Letterbox:
    """The server's handler. `refuses`: {address: what is said}; `later`: as often each address is told to wait."""

    port: int
    taken: list[Taken] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    later: int = 0
    #: What is said to DATA instead of taking it, or None.
    data_said: str | None = None
    encrypted: list[bool] = field(default_factory=list)
    told: dict[str, int] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    #: Called with the number of messages taken, before the server says so.
    taking: Callable[[int], None] = lambda _: None

    async def handle_EHLO(self, server: SMTP, session: Session, _: Envelope, name: str, said: list[str]) -> list[str]:
        session.host_name = name
        self.names.append(name)
        return said

    async def handle_RCPT(self, _: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.refuses:
            return self.refuses[address]
        if self.told.get(address, 0) < self.later:
            self.told[address] = self.told.get(address, 0) + 1
            return "451 4.7.1 Greylisted, come back in a minute"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data_said:
            return self.data_said
        self.encrypted.append(session.ssl is not None)
        assert isinstance(envelope.content, bytes)
        for recipient in envelope.rcpt_tos:
            peer = cast(tuple[str, int], session.peer)[1]
            self.taken.append(Taken(str(envelope.mail_from), recipient, envelope.content, peer))
            self.taking(len(self.taken))
        return "250 Taken"

    def to(self, address: str) -> list[Taken]:
        return [row for row in self.taken if row.recipient == address]

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


def _knows(_: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any) -> AuthResult:
    assert isinstance(given, LoginPassword)
    good = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)  # the server itself says 535


@contextmanager
def listening(box: Letterbox | None = None, **how: Any) -> Iterator[Letterbox]:
    """The server while it is up; with the box of one that was up before, on the same port. `how`: of aiosmtpd."""
    box = box or Letterbox(free_port())
    server = Controller(box, hostname="127.0.0.1", port=box.port, **how)
    server.start()
    box.names.clear()  # the controller greets itself
    try:
        yield box
    finally:
        server.stop()


def asking_for_a_password() -> dict[str, Any]:
    return {"authenticator": _knows, "auth_required": True, "auth_require_tls": False}


def certificate(folder: Path, name: str) -> Path:
    """A certificate with its key for a host's name, signed by itself."""
    file = folder / f"{name}.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            "-subj",
            f"/CN={name}",
            "-addext",
            f"subjectAltName=DNS:{name}",
            "-keyout",
            file,
            "-out",
            f"{file}.crt",
        ],
        check=True,
        capture_output=True,
    )
    file.write_text(file.read_text() + Path(f"{file}.crt").read_text())
    return file


def encrypting(file: Path) -> dict[str, Any]:
    """STARTTLS, without which nothing is taken."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return {"tls_context": context, "require_starttls": True}


def calendar(mail: Taken) -> str:
    return mail.body("text/calendar").replace("\r\n ", "")


def found(pattern: str, mail: Taken) -> str:
    hit = re.search(pattern, calendar(mail), re.MULTILINE)
    assert hit, calendar(mail)
    return hit[1]
