"""The process that serves: the server of live/http on green threads or real ones, the tick once a second, the
background work, and a clean end at a signal.

What is served is handed in. Configuration and wiring are elsewhere, HTTP is in live/http.
"""

from __future__ import annotations

import _thread
import errno
import gc
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import flask

from meetingsvc.live.followers import Followers
from meetingsvc.live.http import Server
from meetingsvc.live.http.connection_limits import most_connections

log = logging.getLogger("meetingsvc.live")

#: Connections waiting to be accepted: after a restart thousands come at once.
BACKLOG = 8192
#: Connections at once, followers and requests together; fewer where the system allows fewer descriptors.
CONNECTIONS = 20_000
#: The same where each is a thread.
THREADS = 2_000
#: Seconds that requests under way have when the server is told to stop.
FAREWELL = 5.0
#: Seconds between two ticks.
TICK_S = 1.0
#: Seconds between two looks at what must leave the service.
WORK_S = 2.0

Socket = Any
Tick = Callable[[], object]
#: What may take long, such as mail: it is told how to find out that it must end.
Work = Callable[[Callable[[], bool]], object]


class CannotListen(Exception):
    """The address cannot be had. The text is a sentence for whoever starts the service."""


def listen(host: str, port: int, async_mode: str = "eventlet") -> Socket:
    """A listening socket; the first thing `serve` does, so that a busy port is told at once."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, kind)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted sockets inherit it
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as fault:
        raise CannotListen(_sentence(host, port, fault)) from fault
    return sock


def _sentence(host: str, port: int, fault: OSError) -> str:
    if fault.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is busy: something else is listening there. "
            "Stop it, or set MEETINGSVC_PORT to another port."
        )
    if fault.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} may not be used by this user. Set MEETINGSVC_PORT to a port above 1023."
    return (
        f"{host} is not an address of this machine ({fault.strerror or fault}). "
        "Set MEETINGSVC_HOST to one that is, such as 127.0.0.1."
    )


def serve(app: flask.Flask, sock: Socket, async_mode: str, tick: Tick, work: Work | None = None) -> None:
    """Serves until SIGTERM or Ctrl+C. `tick` is called once a second; `work` each two seconds, and may take long."""
    _raise_limits()
    followers: Followers = app.extensions["meetingsvc.live"]
    host, port = sock.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    print(f"Serving on http://{shown}:{port} (Ctrl+C stops it).", flush=True)
    # What was made at start lives to the end: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    ticker, background = Ticker(followers, tick), BackgroundWork(work)
    server = Server(
        app,
        sock,
        report=followers.report,
        credential=app.extensions.get("meetingsvc.credential", lambda environ: None),
        **(_green() if async_mode == "eventlet" else _threads()),
    )
    try:
        _until_told(server, ticker, background)
    finally:
        ticker.ended.set()
        background.end()
        followers.broadcasters.close()


def _raise_limits() -> None:
    """As many open files as the system allows: one per follower."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Ticker:
    """Once a second: the clock's acts and the housekeeping. A failure is logged once a minute."""

    def __init__(self, followers: Followers, tick: Tick) -> None:
        self.followers = followers
        self.tick = tick
        self.ended = threading.Event()
        self._complained_at = float("-inf")

    def run(self) -> None:
        while not self.ended.wait(TICK_S):
            self.followers.housekeeping.round()
            try:
                self.tick()
            except Exception:
                if time.monotonic() - self._complained_at > 60:
                    self._complained_at = time.monotonic()
                    log.exception("the clock's acts failed; trying again each second")


class BackgroundWork:
    """Beside the tick, so that it never waits for a mail server: a failure is logged once in ten minutes."""

    def __init__(self, work: Work | None) -> None:
        self.work = work
        self.ended, self.done = threading.Event(), threading.Event()
        self._complained_at = float("-inf")

    def run(self) -> None:
        try:
            while self.work and not self.ended.wait(WORK_S):
                try:
                    self.work(self.ended.is_set)
                except Exception:
                    if time.monotonic() - self._complained_at > 600:
                        self._complained_at = time.monotonic()
                        log.exception("mail could not be looked after; trying again")
        finally:
            self.done.set()

    def end(self) -> None:
        """Lets it finish what is in its hands: a letter that left is noted as sent."""
        self.ended.set()
        self.done.wait(FAREWELL)


def _names_beside() -> None:
    """Names are looked up in a real thread: a name server that keeps silent would stop all others."""
    from eventlet import patcher, tpool
    from eventlet.green import socket as green

    asked = patcher.original("socket").getaddrinfo

    def getaddrinfo(*given: Any, **named: Any) -> Any:
        return tpool.execute(asked, *given, **named)

    socket.getaddrinfo = green.getaddrinfo = getaddrinfo


def _green() -> dict[str, Any]:
    import eventlet
    from eventlet import hubs, patcher

    # Unpatched, every wait would stop all others.
    assert patcher.is_monkey_patched("socket"), "start the server by `python -m meetingsvc serve`"
    _names_beside()
    return {
        "most": most_connections(CONNECTIONS),
        "spawn": eventlet.spawn_n,
        "later": lambda work: hubs.get_hub().schedule_call_global(0, work),
        "make_lock": patcher.original("_thread").allocate_lock,
    }


def _threads() -> dict[str, Any]:
    def spawn(work: Callable[[], None]) -> None:
        # `Thread.start` waits until the new one runs: with many of them, whoever accepts would do little else
        _thread.start_new_thread(work, ())

    sys.setswitchinterval(0.001)  # many threads: whoever waits for the interpreter has it soon
    return {"most": min(THREADS, most_connections(CONNECTIONS)), "spawn": spawn, "threads": True}


def _until_told(server: Server, ticker: Ticker, background: BackgroundWork) -> None:
    """Serves until a signal comes. It may come in any thread, even in the hub: it only writes a byte."""
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    for run, name in ((server.run, "accept"), (ticker.run, "tick"), (background.run, "background")):
        threading.Thread(target=run, name=name, daemon=True).start()
    while not reading.recv(1):
        pass
    signal.set_wakeup_fd(-1)
    ticker.ended.set()
    background.ended.set()
    end = threading.Timer(FAREWELL + 1, _end)  # requests that do not end are left behind
    end.daemon = True
    end.start()
    server.ending = True
    ticker.followers.polls.end()
    server.stop()


def _end() -> None:
    sys.stdout.flush()
    os._exit(0)
