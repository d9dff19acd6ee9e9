"""The meeting itself: its name, place, sessions, rules, and whether it is open. Pure.

state.py (what is held), sessions.py (when and where it sits), acts.py (called to order, closed, cancelled).
What may be asked of it is in commands/meeting/.
"""

from meetingsvc.core.meeting import acts, sessions
from meetingsvc.core.meeting.state import MOST_SESSIONS, Meeting, Session, WayIn, bare

__all__ = ["MOST_SESSIONS", "Meeting", "Session", "WayIn", "acts", "bare", "sessions"]
