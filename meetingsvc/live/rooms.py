"""Which rooms somebody is in. Upstream asks every room of the process whenever somebody leaves, and each follower has
one of its own: a thousand who leave would cost a million looks.

A client manager of python-socketio for threads, and the base of the fan-out. Not here: what is said to a room.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager

import socketio


class RoomManager(socketio.Manager):  # type: ignore[misc]
    """socketio.Manager in which leaving costs the rooms one is in. Upstream's rooms stay the truth."""

    def __init__(self) -> None:
        super().__init__()
        #: Upstream lets a room go when it finds it empty, whoever is about to enter it in another thread.
        self._lock: AbstractContextManager[object] = threading.RLock()
        self._rooms_of: dict[tuple[str, str], dict[str | None, None]] = {}

    def basic_enter_room(self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None) -> None:
        with self._lock:
            super().basic_enter_room(sid, namespace, room, eio_sid=eio_sid)
            self._rooms_of.setdefault((namespace, sid), {})[room] = None

    def basic_leave_room(self, sid: str, namespace: str, room: str | None) -> None:
        with self._lock:
            rooms = self._rooms_of.get((namespace, sid))
            if rooms is not None:
                rooms.pop(room, None)
                if not rooms:
                    self._rooms_of.pop((namespace, sid), None)
            super().basic_leave_room(sid, namespace, room)

    # Upstream counts those who come and go in dicts that are made and let go; between two looks another thread may.

    def pre_connect(self, eio_sid: str, namespace: str) -> str | None:
        with self._lock:
            return super().pre_connect(eio_sid, namespace)  # type: ignore[no-any-return]

    def connect(self, sid: str, namespace: str) -> str | None:
        with self._lock:
            return super().connect(sid, namespace)  # type: ignore[no-any-return]

    def pre_disconnect(self, sid: str, namespace: str) -> str | None:
        with self._lock:
            return super().pre_disconnect(sid, namespace)  # type: ignore[no-any-return]

    def is_connected(self, sid: str, namespace: str) -> bool:
        with self._lock:
            return bool(super().is_connected(sid, namespace))

    def eio_sid_from_sid(self, sid: str, namespace: str) -> str | None:
        with self._lock:
            return super().eio_sid_from_sid(sid, namespace)  # type: ignore[no-any-return]

    def get_participants(self, namespace: str, room: object) -> list[tuple[str, str]]:
        with self._lock:
            return list(super().get_participants(namespace, room))

    def basic_disconnect(self, sid: str, namespace: str, **_: object) -> None:
        with self._lock:
            for room in tuple(self._rooms_of.get((namespace, sid), ())):
                self.basic_leave_room(sid, namespace, room)
            self.callbacks.pop(sid, None)
            for waiting in (self.pending_connect, self.pending_disconnect):
                if sid in waiting.get(namespace, ()):
                    waiting[namespace].remove(sid)
                    if not waiting[namespace]:
                        del waiting[namespace]
