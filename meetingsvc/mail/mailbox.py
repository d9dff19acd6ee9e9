"""The mailbox that answers come back to, by IMAP: what is unread and was not looked at before.

What is understood is marked as read, the rest keeps its place for people; nothing is ever deleted. Not here: what a
mail changes (incoming), how often one looks (mail_sender).
"""

from __future__ import annotations

import contextlib
import imaplib
import ssl
from collections.abc import Iterator

from meetingsvc.calendars.reading.mails import LARGEST
from meetingsvc.calendars.safe_text import line
from meetingsvc.mail.mail_server import TIMEOUT_S, Server, Unreachable

#: So many mails in one look: the others come in the next.
MOST = 100
#: Says that we looked, of mails that people have yet to read. Servers that keep no words of others have read ones only.
LOOKED = "MeetingsvcLooked"


class _Bounded:
    """What a server announces is not fetched when it is longer than what was asked for (RFC 3501, 4.3)."""

    def read(self, size: int) -> bytes:
        if size > LARGEST + 1:
            self.shutdown()  # type: ignore[attr-defined]
            raise imaplib.IMAP4.abort(f"the server sends {size} bytes at once")
        return super().read(size)  # type: ignore[misc,no-any-return]


class _Plain(_Bounded, imaplib.IMAP4):
    """A line that is encrypted later, if at all."""


class _Wrapped(_Bounded, imaplib.IMAP4_SSL):
    """A line that is encrypted from its beginning."""


class Inbox:
    """One folder of one mailbox. Opened by `unread`, and closed by whoever asked."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._line: imaplib.IMAP4 | None = None

    def unread(self) -> Iterator[tuple[bytes, bytes]]:
        """(number, mail) of what is new, the oldest first; of a mail that is too long, its beginning."""
        with self._told():
            there = self._line = self._connected()
            found = _answered(there.uid("SEARCH", "UNSEEN", "UNKEYWORD", LOOKED))[0]
            numbers = found.split()[:MOST] if isinstance(found, bytes) else []
        for number in numbers:
            with self._told():
                # PEEK: a mail that is fetched is not yet a mail that was understood
                parts = _answered(there.uid("FETCH", number.decode(), f"(BODY.PEEK[]<0.{LARGEST + 1}>)"))
            raw = next((part[1] for part in parts if isinstance(part, tuple)), None)
            if raw is not None:
                yield number, raw

    def mark(self, number: bytes, *, understood: bool) -> None:
        """As read, if there is nothing more to do with it; else only as one that we looked at."""
        assert self._line is not None
        there = self._line
        with self._told():
            if not understood and there.uid("STORE", number.decode(), "+FLAGS.SILENT", f"({LOOKED})")[0] == "OK":
                return
            _answered(there.uid("STORE", number.decode(), "+FLAGS.SILENT", "(\\Seen)"))

    def close(self) -> None:
        if self._line is not None:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                self._line.logout()
            self._line = None

    def _connected(self) -> imaplib.IMAP4:
        there = self._server
        if there.wrapped:
            made: imaplib.IMAP4 = _Wrapped(there.host, there.port, ssl_context=there.tls(), timeout=TIMEOUT_S)
        else:
            made = _Plain(there.host, there.port, timeout=TIMEOUT_S)
        try:
            self._secured(made)
            made.login(_quoted(there.user), there.password)
            if made.select(_quoted(there.folder))[0] != "OK":
                raise Unreachable(f"The mailbox has no folder {there.folder}.")
        except BaseException:
            made.shutdown()
            raise
        return made

    def _secured(self, made: imaplib.IMAP4) -> None:
        if self._server.wrapped:
            return
        if "STARTTLS" in made.capabilities:
            made.starttls(self._server.tls())
        elif not self._server.here:
            raise Unreachable(f"The mailbox at {self._server.host} offers no encryption: it was not opened.")

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever goes wrong with a mailbox, in a sentence."""
        host = self._server.host
        try:
            yield
        except ssl.SSLCertVerificationError as fault:
            raise Unreachable(
                f"The mailbox at {host} has a certificate that does not hold: {fault.verify_message}"
            ) from fault
        except (imaplib.IMAP4.error, OSError) as fault:
            said = fault.strerror if isinstance(fault, OSError) and fault.strerror else _said(fault)
            raise Unreachable(f"The mailbox at {host} cannot be used: {line(said, 300)}") from fault


def _answered(answer: tuple[str, list[bytes | tuple[bytes, bytes]]]) -> list[bytes | tuple[bytes, bytes]]:
    status, parts = answer
    if status != "OK":
        raise imaplib.IMAP4.error(parts[0] if parts else status)
    return parts


def _said(fault: Exception) -> str:
    said = fault.args[0] if fault.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said) or type(fault).__name__


def _quoted(text: str) -> str:
    """A string as RFC 3501, 4.3 wants it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
