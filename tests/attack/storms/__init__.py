"""The attacks of one host, each a function that strikes until a moment. They run in a process of their own.

What an attack sends is made beforehand and sent from one epoll set, so that the attacker is not what is measured.
Who is honest meanwhile, and what is measured, is not here.
"""

from __future__ import annotations

from tests.attack.storms import connections, forms, logs, reads, sockets, waits
from tests.attack.storms.kinds import Aim, Storm

__all__ = ["STORMS", "Aim", "Storm"]

STORMS: dict[str, Storm] = {
    storm.name: storm for kind in (connections, reads, forms, sockets, waits, logs) for storm in kind.STORMS
}
