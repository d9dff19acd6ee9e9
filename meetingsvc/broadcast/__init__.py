"""Broadcast: what changed, for whom. Folds the tail of a log and makes states and changes per audience.

`live` emits what is made here, `web` serves it. No socket, no Flask, no eventlet: only
threads of the standard library, which the server may have made green.
"""

from __future__ import annotations

from meetingsvc.broadcast.broadcasters import Broadcasters
from meetingsvc.code_version import epoch

__all__ = ["Broadcasters", "epoch"]
