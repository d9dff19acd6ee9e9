"""Puts the live layer on a Flask app: settings of Flask-SocketIO, admission, manager, connections.

The only file that knows both modes: green sockets of eventlet, or plain threads.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import flask
import flask_socketio

from meetingsvc.live import admission, frames
from meetingsvc.live.followers import Followers, Gate, Revoked
from meetingsvc.live.packets import WirePacket
from meetingsvc.live.rooms import RoomManager
from meetingsvc.live.websocket import WebSocketApp, WebSocketConnection

if TYPE_CHECKING:
    from meetingsvc.broadcast import Broadcasters


def attach(
    app: flask.Flask,
    broadcasters: Broadcasters,
    gate: Gate,
    *,
    revoked: Revoked,
    origins: Collection[str],
    async_mode: str = "eventlet",
) -> Followers:
    """The live layer on `app`; also `app.extensions["meetingsvc.live"]`.

    With `async_mode="threading"` broadcasts go upstream's way, under the same admission.
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
    followers = Followers(sio, broadcasters, gate, revoked)
    sio.server.eio._async = {**sio.server.eio._async, "websocket": websocket_app(followers, async_mode)}
    app.wsgi_app = admission.SocketAdmission(app.wsgi_app, origins, followers.report)  # type: ignore[method-assign]
    app.extensions["meetingsvc.live"] = followers
    return followers


def websocket_app(
    followers: Followers, async_mode: str
) -> Callable[[Callable[[WebSocketConnection], Any], Any], WebSocketApp]:
    """The class that Engine.IO makes for each WebSocket, with the live layer it belongs to."""
    kind: type[WebSocketConnection] = WebSocketConnection
    if async_mode == "eventlet":
        from meetingsvc.live.eventlet_connection import EventletConnection

        kind = EventletConnection
    return lambda handler, server: WebSocketApp(handler, followers.report, followers.housekeeping.unaccepted, kind)
