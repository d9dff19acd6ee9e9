"""A mail server as its address names it, and the connection to it: who it must be, and that nobody listens.

Not here: SMTP, IMAP, when to try again.
"""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

#: Seconds a mail server may be silent.
TIMEOUT_S = 20.0
_PORTS = {"smtp": 587, "smtps": 465, "imap": 143, "imaps": 993}


class Unreachable(Exception):
    """A server that cannot be used now, for whatever message. The text is a sentence for the secretariat."""


@dataclass(frozen=True, slots=True)
class Server:
    """One server. `wrapped`: TLS from the first byte; else STARTTLS. `folder`: of a mailbox."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    wrapped: bool
    folder: str

    @property
    def here(self) -> bool:
        """Whether it is on this machine, where nobody can listen in between."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"

    def tls(self) -> ssl.SSLContext:
        """TLS with a certificate that holds for the host's name; on this machine with any."""
        context = ssl.create_default_context()
        if self.here:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def server(url: str) -> Server:
    """The server of an address such as smtps://user:password@mail.example.org or imaps://user:password@host/INBOX."""
    parts = urlsplit(url)
    return Server(
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        wrapped=parts.scheme.endswith("s"),
        folder=unquote(parts.path.strip("/")) or "INBOX",
    )
