"""Decisions: drafts, objections, votes, silence procedures. Pure.

The module is there and empty: its events will be `decisions.*`, its commands too, and the whole meeting carries
its state already. Does not belong here: elections of speakers, order of lists.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decisions:
    """State of this part: nothing can be decided yet."""
