"""Serves the meetings of one database: pages, commands and the live screens, until it is told to stop."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec

from meetingsvc.cli.errors import Stop
from meetingsvc.cli.setup import var
from meetingsvc.cli.verbs.demo import KEPT, ensure_demo, lines
from meetingsvc.config import Config
from meetingsvc.invitations.startup_repair import set_right
from meetingsvc.meetings import tick
from meetingsvc.store.engine import Busy

P = ParamSpec("P")
HELP = "serve pages, commands and live screens (Ctrl+C stops it)"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--demo", action="store_true", help="give an empty database a demonstration meeting, and print its links"
    )


def run(args: argparse.Namespace) -> int:
    # Only here: the other verbs need neither the server nor eventlet.
    from meetingsvc.live.server import CannotListen, Socket, listen, serve

    config = Config.load()
    try:
        sock: Socket = listen(config.host, config.port, config.async_mode)
    except CannotListen as fault:
        raise Stop(str(fault)) from fault

    from meetingsvc.app import create_app

    app = create_app(config)
    services = app.extensions["meetingsvc"]
    meetings = services.meetings
    if args.demo and (demo := ensure_demo(meetings, services.links, config)):
        print("\n".join(lines(demo, few=True, kept=var(config) / KEPT)), end="\n\n", flush=True)
    meetings.database.prove()  # a full disk is told before the first press; what is there is served all the same
    asleep = True

    def wake() -> None:
        nonlocal asleep
        for moved in set_right(meetings):
            print(moved, flush=True)
        asleep = False

    def each_second() -> None:
        services.forms_sent.forget()
        meetings.database.prove()
        if asleep:
            wake()
        tick(meetings)

    _unless_busy(wake)()

    def mail(stopped: Callable[[], bool]) -> None:
        app.extensions["meetingsvc.mail_sender"].run_due(stopped)

    try:
        serve(app, sock, config.async_mode, tick=_unless_busy(each_second), work=_unless_busy(mail))
    finally:
        meetings.database.close()
    return 0


def _unless_busy(work: Callable[P, object]) -> Callable[P, None]:
    """What the database cannot take was said once where it was found, and is tried again at the next turn."""

    def done(*args: P.args, **named: P.kwargs) -> None:
        with suppress(Busy):
            work(*args, **named)

    return done
