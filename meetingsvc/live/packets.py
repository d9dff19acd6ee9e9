"""The Socket.IO packet class: what a client may say, and JSON that was encoded before.

Everything that is not on the short list is refused here, before any handler and before
a traceback: binary packets, foreign namespaces, reserved and unknown event names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any, NoReturn

from socketio import packet

#: The events of the wire. No commands: they go up by HTTP.
EVENTS = frozenset({"follow", "time"})

_HEAD = re.compile(r"([012])(?:/,)?(\d{0,9})")


class BadPacket(ValueError):
    """A client sent what the wire does not know. The text is a reason for the log, not for people."""


class Encoded(str):
    """JSON that is already encoded: stands for one value in a packet and is not encoded again."""

    __slots__ = ()


def _no_constant(name: str) -> NoReturn:
    raise BadPacket("not a number")


class WirePacket(packet.Packet):  # type: ignore[misc]
    """python-socketio's packet, strict on the way in, quick on the way out."""

    # We send no bytes, so upstream need not search every tree for them.
    uses_binary_events = False
    events: Collection[str] = EVENTS

    def encode(self) -> str:
        data = self.data
        if isinstance(data, list) and data and isinstance(data[-1], Encoded):
            head = str(self.packet_type) + ("" if self.id is None else str(self.id))
            first = "".join(json.dumps(part) + "," for part in data[:-1])
            return f"{head}[{first}{data[-1]}]"
        encoded: str = super().encode()
        return encoded

    def decode(self, encoded_packet: Any) -> int:
        """Sets `packet_type`, `data`, `id`; the namespace is always '/'. Raises BadPacket."""
        self.packet_type, self.id, self.data = understand(encoded_packet, self.events)
        self.namespace = "/"
        return 0  # attachments: never


def understand(text: Any, events: Collection[str] = EVENTS) -> tuple[int, int | None, Any]:
    """`(type, id or None, data)` of a client's packet. Raises BadPacket, and nothing else."""
    head = _HEAD.match(text) if isinstance(text, str) else None
    if head is None:
        raise BadPacket("unknown packet")
    kind, number, rest = int(head[1]), head[2], text[head.end() :]
    try:
        data = json.loads(rest, parse_constant=_no_constant) if rest else None
    except (ValueError, RecursionError):
        raise BadPacket("not JSON") from None
    if kind == packet.EVENT:
        if not isinstance(data, list) or not 1 <= len(data) <= 2 or not isinstance(data[0], str):
            raise BadPacket("no event")
        # "connect" and "disconnect" would run the handlers with auth of the sender's choice.
        if data[0] not in events:
            raise BadPacket("unknown event")
    elif number or not (data is None or isinstance(data, dict)):
        raise BadPacket("unknown packet")
    return kind, int(number) if number else None, data
