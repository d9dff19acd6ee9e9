"""Puts the live floor on a Flask app: settings of Flask-SocketIO, guard, manager, links.

The only file that knows both modes: green sockets of eventlet, or plain threads.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import flask
import flask_socketio

from meetingsvc.live import admission, frames
from meetingsvc.live.followers import Gate, Live, Revoked
from meetingsvc.live.packets import WirePacket
from meetingsvc.live.rooms import RoomManager
from meetingsvc.live.websocket import Door, Link

if TYPE_CHECKING:
    from meetingsvc.broadcast import Announcers


def attach(
    app: flask.Flask,
    announcers: Announcers,
    gate: Gate,
    *,
    revoked: Revoked,
    origins: Collection[str],
    async_mode: str = "eventlet",
) -> Live:
    """The live floor on `app`; also `app.extensions["meetingsvc.live"]`.

    With `async_mode="threading"` broadcasts go upstream's way, under the same guard.
    """
    quiet = logging.getLogger("meetingsvc.socketio")
    quiet.setLevel(logging.ERROR)
    options: dict[str, Any] = {}
    if async_mode == "eventlet":
        from meetingsvc.live.fanout import FanoutManager

        options["client_manager"] = FanoutManager()
    else:
        options["client_manager"] = RoomManager()
    sio = flask_socketio.SocketIO(
        app,
        async_mode=async_mode,
        serializer=WirePacket,
        transports=["websocket"],
        cors_allowed_origins=sorted(origins),
        async_handlers=False,
        always_connect=False,
        manage_session=False,
        http_compression=False,
        monitor_clients=False,
        ping_interval=60,
        ping_timeout=20,
        max_http_buffer_size=frames.MESSAGE_LIMIT,
        logger=quiet,
        engineio_logger=quiet,
        **options,
    )
    live = Live(sio, announcers, gate, revoked)
    sio.server.eio._async = {**sio.server.eio._async, "websocket": door(live, async_mode)}
    app.wsgi_app = admission.FrontDoor(app.wsgi_app, origins, live.report)  # type: ignore[method-assign]
    app.extensions["meetingsvc.live"] = live
    return live


def door(live: Live, async_mode: str) -> Callable[[Callable[[Link], Any], Any], Door]:
    """The class that Engine.IO makes for each WebSocket, with the floor it belongs to."""
    kind: type[Link] = Link
    if async_mode == "eventlet":
        from meetingsvc.live.eventlet_connection import GreenLink

        kind = GreenLink
    return lambda handler, server: Door(handler, live.report, live.keeper.newborn, kind)
