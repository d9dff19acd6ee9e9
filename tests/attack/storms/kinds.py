"""What an attack is, and what it aims at. No sockets here."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.attack.storms.swarm import Swarm


@dataclass(frozen=True)
class Aim:
    """Whom it strikes, and what a stranger may know of it. `link` is the secret of a real link, for the log alone."""

    port: int
    meeting: str
    body: str
    link: str
    address: str = "127.0.0.66"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def text(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def read(text: str) -> Aim:
        return Aim(**json.loads(text))

    def get(self, path: str, *lines: str) -> bytes:
        """A GET request as bytes."""
        return "\r\n".join((f"GET {path} HTTP/1.1", f"Host: {self.host}", *lines, "", "")).encode()

    def post(self, path: str, body: bytes, *lines: str) -> bytes:
        head = (f"POST {path} HTTP/1.1", f"Host: {self.host}", *lines, f"Content-Length: {len(body)}", "", "")
        return "\r\n".join(head).encode() + body


@dataclass(frozen=True)
class Storm:
    """`strike(swarm, aim, until)` works until this moment of the monotonic clock.

    `holds`: what it opened it keeps open afterwards, silent or dripping: the server must let go. `descriptors` is the
    server's limit of open files; None leaves the system's.
    """

    name: str
    title: str
    strike: Callable[[Swarm, Aim, float], None]
    holds: bool = False
    descriptors: int | None = None
