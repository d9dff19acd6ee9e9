"""Serves the meetings of one database: pages, commands and the live screens, until it is told to stop."""

from __future__ import annotations

import argparse
import sys

from meetingsvc.cli import Stop
from meetingsvc.cli.demo import KEPT, ensure_demo, lines
from meetingsvc.cli.ground import var
from meetingsvc.config import Config

HELP = "serve pages, commands and live screens (Ctrl+C stops it)"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--demo", action="store_true", help="give an empty database a demonstration meeting, and print its links"
    )


def run(args: argparse.Namespace) -> int:
    # Only here: the other verbs need neither the server nor eventlet.
    from meetingsvc.live.server import CannotListen, Socket, listen, serve

    config = Config.load()
    for remark in config.remarks:
        print(remark, file=sys.stderr)
    try:
        sock: Socket = listen(config.host, config.port, config.async_mode)
    except CannotListen as fault:
        raise Stop(str(fault)) from fault

    from meetingsvc.app import create_app
    from meetingsvc.perform import tick

    app = create_app(config)
    house = app.extensions["meetingsvc"]
    desk = house.desk
    if args.demo and (demo := ensure_demo(desk, house.links, config)):
        print("\n".join(lines(demo, few=True, kept=var(config) / KEPT)), end="\n\n", flush=True)
    for moved in house.people.wake():
        print(moved, flush=True)
    try:
        post = app.extensions["meetingsvc.post"]
        serve(app, sock, config.async_mode, tick=lambda: tick(desk), errand=post.beat)
    finally:
        desk.database.close()
    return 0
