"""The live layer: Socket.IO, the fan-out, the admission in front of it and the server.

This folder and `__main__.py` alone know eventlet. Nothing here knows a rule of
procedure: it carries what `broadcast` made to those who follow.
"""

from __future__ import annotations

from meetingsvc.live.followers import Followers
from meetingsvc.live.setup import attach

__all__ = ["Followers", "attach"]
