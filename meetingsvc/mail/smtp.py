"""Messages out by SMTP: one connection for many, and for each what the server said, in words that tell what to do.

Not here: what is sent, what becomes of it (mail_sender), the address of the server (mail_server).
"""

from __future__ import annotations

import contextlib
import ipaddress
import smtplib
import ssl

from meetingsvc.calendars.safe_text import line
from meetingsvc.mail.mail_server import TIMEOUT_S, Server, Unreachable

#: More of what a server says is not kept.
_LONGEST = 300
#: Answers of a server that end the connection (RFC 5321, 3.8): it is going down, or has had enough of us.
_GOODBYE = 421


class NotTaken(Exception):
    """The server does not take this message. `permanent`: it never will (5xx); the text is what it said."""

    def __init__(self, said: str, *, permanent: bool) -> None:
        super().__init__(said)
        self.permanent = permanent


class SmtpClient:
    """Carries messages to one server. `name`: what this machine calls itself."""

    def __init__(self, server: Server, name: str) -> None:
        self._server, self._name = server, _greeting(name)
        self._line: smtplib.SMTP | None = None

    def send(self, sender: str, recipient: str, message: bytes) -> None:
        """Hands over one message. Raises `NotTaken` for this one, `Unreachable` for all."""
        if self._line is None:
            self._line = self._connected()
        try:
            self._line.sendmail(sender, [recipient], message)
        except smtplib.SMTPRecipientsRefused as fault:
            code, said = fault.recipients[recipient]
            raise self._not_taken(code, said) from fault
        except smtplib.SMTPDataError as fault:
            raise self._not_taken(fault.smtp_code, fault.smtp_error) from fault
        except smtplib.SMTPSenderRefused as fault:
            # the fault is ours and can be mended: the letter stays
            self.close()
            raise Unreachable(f"The mail server does not take mail from {sender}: {_said(fault.smtp_error)}") from fault
        except (smtplib.SMTPException, OSError) as fault:
            self.close()
            raise Unreachable(f"The connection to the mail server broke: {_said(fault)}") from fault

    def close(self) -> None:
        """Says goodbye, whether the server still listens or not."""
        if self._line is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._line.quit()
            self._line.close()
            self._line = None

    def _connected(self) -> smtplib.SMTP:
        there = self._server
        try:
            made = self._dialled()
        except (smtplib.SMTPException, OSError) as fault:
            raise Unreachable(f"The mail server {there.host} cannot be reached: {_said(fault)}") from fault
        try:
            self._secured(made)
            if there.user:
                made.login(there.user, there.password)
        except smtplib.SMTPAuthenticationError as fault:
            made.close()
            said = _said(fault.smtp_error)
            raise Unreachable(f"The mail server {there.host} refuses user and password: {said}") from fault
        except (smtplib.SMTPException, OSError) as fault:
            made.close()
            raise Unreachable(f"The mail server {there.host} cannot be used: {_said(fault)}") from fault
        except Unreachable:
            made.close()
            raise
        return made

    def _dialled(self) -> smtplib.SMTP:
        there = self._server
        if there.wrapped:
            return smtplib.SMTP_SSL(there.host, there.port, self._name, timeout=TIMEOUT_S, context=there.tls())
        return smtplib.SMTP(there.host, there.port, self._name, timeout=TIMEOUT_S)

    def _secured(self, made: smtplib.SMTP) -> None:
        """STARTTLS where it is offered. Beyond this machine it must be: names, addresses and a password travel."""
        made.ehlo_or_helo_if_needed()
        if self._server.wrapped:
            return
        if made.has_extn("starttls"):
            made.starttls(context=self._server.tls())
            made.ehlo()
        elif not self._server.here:
            raise Unreachable(f"The mail server {self._server.host} offers no encryption: nothing was sent to it.")

    def _not_taken(self, code: int, said: bytes | str) -> NotTaken | Unreachable:
        if code == _GOODBYE:
            self.close()
            return Unreachable(f"The mail server takes nothing now: {_said(said)}")
        return NotTaken(f"{code} {_said(said)}", permanent=500 <= code < 600)


def _greeting(name: str) -> str:
    """A name as EHLO wants it: an address in brackets (RFC 5321, 4.1.3)."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"


def _said(words: object) -> str:
    """What a server or the system said, as one harmless line."""
    if isinstance(words, ssl.SSLCertVerificationError):
        return line(f"its certificate does not hold: {words.verify_message}", _LONGEST)
    if isinstance(words, OSError) and words.strerror:
        return line(words.strerror, _LONGEST)
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return line(text, _LONGEST) or type(words).__name__
