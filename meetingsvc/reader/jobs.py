"""Everything that is read of what others wrote, by name: the one list of what the reading process can be asked for.

A new reader of foreign bytes is added here, and asked for through client.py. Does not belong here: how it is read.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from meetingsvc.calendars.reading.ics import LARGEST
from meetingsvc.calendars.reading.mails import MailReply, from_mail
from meetingsvc.calendars.reading.meeting_plan import Plan, plan
from meetingsvc.calendars.reading.replies import Reply, read_replies
from meetingsvc.core.kernel import Refused, need

_URL_SAFE = b"-_"


@dataclass(frozen=True, slots=True)
class Looked:
    """What is in a calendar file. `kept` is the file itself, packed for a form, while somebody has to choose."""

    plan: Plan
    kept: str = ""


def look(
    data: bytes, *, kept: bool = False, zone: str | None = None, today: str | None = None, choose: Collection[str] = ()
) -> Looked:
    """The plan of a file. `kept`: the data is a file as `Looked.kept` has it; `today`: 2026-12-11."""
    whole = _unpack(data) if kept else data
    made = plan(whole, zone, date.fromisoformat(today) if today else None, choose)
    return Looked(made, base64.b64encode(zlib.compress(whole, 6), _URL_SAFE).decode() if made.choices else "")


def _unpack(data: bytes) -> bytes:
    """Refused where a form was made by hand; never longer than a file may be, whatever it unfolds to."""
    try:
        made = zlib.decompressobj().decompress(base64.b64decode(data, _URL_SAFE, validate=True), LARGEST + 1)
    except (binascii.Error, zlib.error, ValueError):
        raise Refused("setup.no_file") from None
    need(made, "setup.no_file")
    return made


@dataclass(frozen=True, slots=True)
class Job:
    """`does` takes bytes and plain facts; `gives` is the shape of what comes back."""

    does: Callable[..., Any]
    gives: Any


JOBS: dict[str, Job] = {
    "mail": Job(from_mail, MailReply),
    "replies": Job(read_replies, tuple[Reply, ...]),
    "look": Job(look, Looked),
}
