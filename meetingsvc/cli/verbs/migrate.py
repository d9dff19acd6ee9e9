"""Brings the tables of the database to the shape this version needs. SQLite does it by itself whenever it is opened."""

from __future__ import annotations

import argparse

import sqlalchemy as sa

from meetingsvc.cli.setup import open_setup
from meetingsvc.config import Config
from meetingsvc.store.migrate import migrate

HELP = "bring the tables of the database up to date"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to say."""


def run(args: argparse.Namespace) -> int:
    config = Config.load()
    if sa.make_url(config.database_url).get_backend_name() == "sqlite":
        with open_setup():
            print("The database is up to date.")
        return 0
    print(migrate(config.database_url))
    return 0
