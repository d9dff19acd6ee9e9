"""The whole meeting. The only place in `core` that knows all parts; importing it registers every kind of act."""

from meetingsvc.core.whole import across, history, state
from meetingsvc.core.whole.history import Forgotten, History, decide, fold, standing
from meetingsvc.core.whole.state import Broken, Whole, check, step, walk

__all__ = [
    "Broken", "Forgotten", "History", "Whole", "across", "check", "decide", "fold", "history", "standing",
    "state", "step", "walk",
]  # fmt: skip
