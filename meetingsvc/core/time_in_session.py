"""When a meeting was in session, as everybody saw it at the time, whatever was taken back afterwards. Pure.

Does not belong here: whose clock ran, and what an undo makes of it (decide.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from meetingsvc.core.kernel import Entry
from meetingsvc.core.record import Undone

#: What begins and what ends time in session. Only chair and secretary do these acts: undos take them back in turn.
IN_SESSION = {
    "meeting.opened": True,
    "meeting.resumed": True,
    "meeting.suspended": False,
    "meeting.adjourned": False,
    "meeting.closed": False,
    "meeting.cancelled": False,
}
#: Each moment (ms UTC) at which the meeting was in session from then on (True) or rested (False), in order.
Turns = list[tuple[int, bool]]


def session_turns(entries: Iterable[Entry]) -> Turns:
    """When it was in session, from the whole log. An undo takes effect when pressed, not when its act was done."""
    made: Turns = []
    sits, acts = False, dict[int, tuple[bool, bool]]()  # {batch: (before it, after it)}
    for entry in entries:
        event, now = entry.event, sits
        if isinstance(event, Undone):
            if event.batch not in acts:
                continue
            now, became = acts[event.batch]
            acts[entry.batch] = (became, now)
        elif event.wire in IN_SESSION:
            now = IN_SESSION[event.wire]
            acts[entry.batch] = (acts.get(entry.batch, (sits,))[0], now)
        if now != sits:
            sits = now
            made.append((entry.at, sits))
    return made


def ms_in_session(turns: Turns, since: int, until: int) -> int:
    """Milliseconds in session between two moments."""
    spans = pairwise([*turns, (max(until, since), False)])
    return sum(max(0, min(end, until) - max(at, since)) for (at, sits), (end, _) in spans if sits)
