"""Small servers to compare with, on our server's settings: Flask-SocketIO with either manager, or a bare echo.

`plain.py eventlet | fanout | echo`. The first two differ in the manager, the socket it writes to, and the
server that made the connection: eventlet's own, or ours. In a broadcast neither server has a part.
Prints the port on its first line. Not part of the product.
"""

from __future__ import annotations

import eventlet

eventlet.monkey_patch()

import gc  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from typing import Any  # noqa: E402

import flask  # noqa: E402
import flask_socketio  # noqa: E402
from eventlet import wsgi  # noqa: E402

PAD = "x" * 340


def echo(app: flask.Flask) -> None:
    @app.post("/echo")
    def answer() -> flask.Response:
        return flask.jsonify(flask.request.get_json())


def main(manager: str) -> None:
    app = flask.Flask(__name__)
    if manager == "echo":
        echo(app)
    else:
        sockets(app, manager)
    sock = eventlet.listen(("127.0.0.1", 0), backlog=8192)
    print(sock.getsockname()[1], flush=True)
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    if manager == "fanout":
        from meetingsvc.live import admission
        from meetingsvc.live.http import Server

        later = eventlet.hubs.get_hub().schedule_call_global
        Server(
            app,
            sock,
            most=20_000,
            spawn=eventlet.spawn_n,
            report=admission.Reporter(),
            later=lambda work: later(0, work),
        ).run()
    wsgi.server(sock, app, max_size=20_000, log_output=False, debug=False)


def sockets(app: flask.Flask, manager: str) -> None:
    options: dict[str, Any] = {}
    if manager == "fanout":
        from meetingsvc.live import admission, eventlet_connection, packets, websocket
        from meetingsvc.live.fanout import FanoutManager

        events = frozenset({"bcast", "cmd"})
        websocket.WebSocketConnection.events = events
        packets.WirePacket.events = events
        options = {"client_manager": FanoutManager(), "serializer": packets.WirePacket}
    sio = flask_socketio.SocketIO(
        app,
        async_mode="eventlet",
        transports=["websocket"],
        async_handlers=False,
        ping_interval=60,
        ping_timeout=20,
        monitor_clients=False,
        max_http_buffer_size=16_384,
        **options,
    )
    if manager == "fanout":
        reporter, unaccepted = admission.Reporter(), set()

        def websocket_app(handler: Any, server: Any) -> Any:
            return websocket.WebSocketApp(handler, reporter, unaccepted, eventlet_connection.EventletConnection)

        sio.server.eio._async = {**sio.server.eio._async, "websocket": websocket_app}

    @sio.on("bcast")
    def bcast(body: dict[str, int]) -> str:
        for _ in range(body["n"]):
            sio.emit("tick", {"ts": time.monotonic_ns(), "pad": PAD})
        return "done"

    @sio.on("cmd")
    def cmd(body: object) -> object:
        return body


if __name__ == "__main__":
    main(sys.argv[1])
