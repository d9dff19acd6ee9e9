"""The meeting itself: its name, place, sessions, rules, and whether it is open. Pure.

state.py (what is held), sessions.py (when and where it sits), acts.py (calling to order, closing, cancelling).
Commands that also write in other parts (schedule, suspend, resume, adjourn, close) stand in `core.whole`.
"""

from meetingsvc.core.meeting.acts import (
    Adjourned,
    Cancelled,
    Closed,
    Opened,
    Resumed,
    RulesAdopted,
    Suspended,
)  # fmt: skip
from meetingsvc.core.meeting.sessions import MOST_SESSIONS, ChannelsSet, MeetingScheduled, Retitled, SessionPlanned
from meetingsvc.core.meeting.state import (
    CANNOT,
    FARTHEST_MS,
    MOVES,
    Format,
    Meeting,
    Session,
    State,
    WayIn,
    allow,
    bare,
    need_channels,
    need_near,
    need_web_address,
)  # fmt: skip

__all__ = [
    "CANNOT", "FARTHEST_MS", "MOST_SESSIONS", "MOVES", "Adjourned", "Cancelled", "ChannelsSet", "Closed",
    "Format", "Meeting", "MeetingScheduled", "Opened", "Resumed", "Retitled", "RulesAdopted", "Session",
    "SessionPlanned", "State", "Suspended", "WayIn", "allow", "bare", "need_channels", "need_near",
    "need_web_address",
]  # fmt: skip
