"""The whole meeting. The only place in `core` that knows all parts; importing it registers every kind of act."""

from meetingsvc.core.whole import across, deciding, history, state
from meetingsvc.core.whole.deciding import decide
from meetingsvc.core.whole.history import History, fold, standing
from meetingsvc.core.whole.state import Broken, Whole, check, step, walk

__all__ = [
    "Broken",
    "History",
    "Whole",
    "across",
    "check",
    "decide",
    "deciding",
    "fold",
    "history",
    "standing",
    "state",
    "step",
    "walk",
]  # fmt: skip
