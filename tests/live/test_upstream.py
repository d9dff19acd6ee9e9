"""The seams in other people's code on which the live layer stands. A new version that moves one fails here first.

Each test names what is relied on; of ours only what makes up for it.
"""

from __future__ import annotations

import contextlib
import inspect
import socket
import warnings
from functools import partial
from typing import Any

import engineio
import h11
import pytest
import socketio
from engineio import packet as eio_packet
from socketio import packet

from meetingsvc.live.websocket import WebSocketApp

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

from eventlet import greenio, hubs  # noqa: E402


@pytest.mark.parametrize("mode", ["eventlet", "threading"])
def test_engineio_makes_its_websocket_from_the_table_of_its_driver(mode: str) -> None:
    made: list[tuple[Any, ...]] = []

    class WebSocketStub:
        def __init__(self, handler: Any, server: Any) -> None:
            made.append((handler, server))

        def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
            made.append((environ, start_response))
            return [b"seen"]

    server = engineio.Server(async_mode=mode, transports=["websocket"], monitor_clients=False)
    server._async = {**server._async, "websocket": WebSocketStub}
    environ = {
        "REQUEST_METHOD": "GET",
        "QUERY_STRING": "EIO=4&transport=websocket",
        "HTTP_UPGRADE": "websocket",
        "HTTP_CONNECTION": "Upgrade",
    }
    started = object()
    assert list(server.handle_request(environ, started)) == [b"seen"]
    assert callable(made[0][0]) and made[0][1] is server
    assert made[1] == (environ, started)


def test_no_socket_of_engineio_outlives_a_handshake_that_failed() -> None:
    """Engine.IO closes a socket where its handler ran, and forgets only what is closed."""

    class Gone:
        def take(self) -> Any:
            raise ConnectionResetError

    server = engineio.Server(async_mode="threading", transports=["websocket"], monitor_clients=False)
    made_app = partial(WebSocketApp, report=lambda *_: None, unaccepted=set())
    server._async = {**server._async, "websocket": lambda handler, _: made_app(handler)}
    environ = {
        "REQUEST_METHOD": "GET",
        "QUERY_STRING": "EIO=4&transport=websocket",
        "HTTP_UPGRADE": "websocket",
        "HTTP_CONNECTION": "Upgrade",
        "HTTP_SEC_WEBSOCKET_VERSION": "13",
        "meetingsvc.connection": Gone(),
    }
    for key in ("", "short", "A" * 24):
        with contextlib.suppress(ConnectionResetError):
            list(server.handle_request(environ | {"HTTP_SEC_WEBSOCKET_KEY": key}, lambda *_: None))
    assert server.sockets == {}


def test_engineio_asks_its_websocket_to_wait_send_and_close_only() -> None:
    source = inspect.getsource(engineio.socket.Socket._websocket_handler)
    used = {word for word in ("ws.wait", "ws.send", "ws.close") if word in source}
    assert used == {"ws.wait", "ws.send", "ws.close"}
    others = source.replace("ws.wait", "").replace("ws.send", "").replace("ws.close", "")
    assert "ws." not in others.replace("hasattr(ws, attr)", "").replace("getattr(ws, attr)", "")


def test_a_ping_is_a_task_that_sleeps_first_and_is_started_by_the_server() -> None:
    """What live/pings.py does instead: the same marks, the same packet, one row for all."""
    assert "self.server.start_background_task(self._send_ping)" in inspect.getsource(
        engineio.socket.Socket.schedule_ping
    )
    lines = [line.strip() for line in inspect.getsource(engineio.socket.Socket._send_ping).splitlines()]
    assert lines == [
        "def _send_ping(self):",
        "self.server.sleep(self.server.ping_interval)",
        "if not self.closing and not self.closed:",
        "self.last_ping = time.time()",
        "self.send(packet.Packet(packet.PING))",
    ]


def test_every_way_into_and_out_of_a_room_goes_through_the_two_basic_ones() -> None:
    seen: list[tuple[str, str, str | None]] = []

    class Manager(socketio.Manager):  # type: ignore[misc]
        def basic_enter_room(self, sid: str, namespace: str, room: Any, eio_sid: Any = None) -> None:
            super().basic_enter_room(sid, namespace, room, eio_sid=eio_sid)
            seen.append(("in", sid, room))

        def basic_leave_room(self, sid: str, namespace: str, room: Any) -> None:
            seen.append(("out", sid, room))
            super().basic_leave_room(sid, namespace, room)

    server = socketio.Server(async_mode="threading", client_manager=Manager(), logger=False)
    sid = server.manager.connect("eio", "/")
    server.enter_room(sid, "hall")
    assert seen == [("in", sid, None), ("in", sid, sid), ("in", sid, "hall")]
    assert server.manager.rooms["/"]["hall"][sid] == "eio"
    server.leave_room(sid, "hall")
    server.enter_room(sid, "hall")
    server.close_room("hall")
    server.enter_room(sid, "hall")
    server.manager.disconnect(sid, "/")
    assert [row for row in seen if row[0] == "out" and row[2] == "hall"] == [("out", sid, "hall")] * 3
    assert ("out", sid, None) in seen


def test_the_environ_of_a_connection_is_kept_under_its_engineio_id() -> None:
    server = socketio.Server(async_mode="threading", logger=False)
    environ: dict[str, Any] = {}
    server._handle_eio_connect("eio", environ)
    assert server.environ["eio"] is environ


def test_emit_reaches_the_manager_with_these_names() -> None:
    seen: list[Any] = []

    class Manager(socketio.Manager):  # type: ignore[misc]
        def emit(self, event: str, data: Any, namespace: str, room: Any = None, **rest: Any) -> None:
            seen.append((event, data, namespace, room, {k: v for k, v in rest.items() if v}))

    server = socketio.Server(async_mode="threading", client_manager=Manager(), logger=False)
    server.emit("change", "body", to="hall")
    assert seen == [("change", "body", "/", "hall", {})]


def test_the_packet_class_decodes_in_its_constructor_and_encodes_once() -> None:
    assert packet.EVENT == 2 and packet.ACK == 3 and packet.CONNECT == 0
    assert packet.Packet.uses_binary_events is True
    assert packet.Packet(encoded_packet='2["a",1]').data == ["a", 1]
    assert packet.Packet(packet.EVENT, data=["a", 1], namespace="/").encode() == '2["a",1]'
    # "4" and the text: what a frame of ours begins with.
    assert eio_packet.Packet(eio_packet.MESSAGE, '2["a"]').encode() == '42["a"]'


def test_a_green_socket_holds_a_real_one_that_never_waits() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    there = socket.create_connection(listener.getsockname())
    here = greenio.GreenSocket(listener.accept()[0])
    try:
        assert isinstance(here.fd, socket.socket) and here.fd.gettimeout() == 0.0
        with pytest.raises(BlockingIOError):
            while True:
                here.fd.send(b"x" * 65_536)
    finally:
        for sock in (here, there, listener):
            sock.close()


def test_h11_reads_one_head_and_says_what_is_wrong_with_it() -> None:
    reader = h11.Connection(h11.SERVER)
    reader.receive_data(b"GET /a?b HTTP/1.1\r\nHost: x\r\nX-Y: z\r\n\r\n")
    found = reader.next_event()
    assert isinstance(found, h11.Request) and found.target == b"/a?b" and found.http_version == b"1.1"
    assert found.headers.raw_items() == [(b"Host", b"x"), (b"X-Y", b"z")]
    bad = h11.Connection(h11.SERVER)
    bad.receive_data(b"GET /a HTTP/1.1\r\nHost : x\r\n\r\n")
    with pytest.raises(h11.RemoteProtocolError):
        bad.next_event()


def test_a_timer_of_the_hub_comes_after_what_is_running() -> None:
    seen: list[str] = []
    hubs.get_hub().schedule_call_global(0, seen.append, "timer")
    seen.append("now")
    import eventlet

    eventlet.sleep(0)
    assert seen == ["now", "timer"]
