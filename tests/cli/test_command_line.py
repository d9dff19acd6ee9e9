"""The command line as a whole: help, exit codes, links, tick, migrate, the reference, and sentences for faults."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from meetingsvc.cli import VERBS, setup
from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.kernel import EVENTS
from meetingsvc.store.engine import Database
from meetingsvc.store.links import Links
from tests.cli.conftest import DEBATE, Run


def test_help_names_every_verb_and_each_explains_itself(run: Run) -> None:
    ran = run("--help")
    assert ran.code == 0 and all(f"    {verb}" in ran.out for verb in VERBS)
    for verb in VERBS:
        one = run(verb, "--help")
        assert one.code == 0 and len(one.out) > 100


@pytest.mark.parametrize("argv", [(), ("bogus",), ("verify",), ("tick", "now"), ("links",), ("links", "make")])
def test_wrong_use_is_2(run: Run, argv: tuple[str, ...]) -> None:
    ran = run(*argv)
    assert ran.code == 2 and "usage:" in ran.err


def test_links_are_made_listed_and_taken_back(run: Run, demo: dict[str, Any], folder: Path) -> None:
    here = ("--meeting", demo["meeting"])
    made = run("links", "make", *here, "--role", "delegate", "--delegation", "kenya", "--label", "phone")
    secret = made.out.splitlines()[0].rsplit("/", 1)[1]
    database = Database.open(f"sqlite:///{folder / 'm.db'}")
    grant = Links(database).find(secret)
    assert grant is not None and grant.role == "delegate"
    assert f"{grant.id}  delegate   valid" in run("links", "list", *here).out
    assert run("links", "revoke", *here, grant.id).code == 0
    found = Links(database).find(secret)
    assert found is not None and found.revoked_at is not None
    database.close()
    assert "taken back" in run("links", "list", *here).out
    for argv, words in (
        (("make", *here, "--role", "delegate"), "needs --delegation"),
        (("make", *here, "--role", "chair", "--delegation", "KEN"), "other links have none"),
        (("make", *here, "--role", "delegate", "--delegation", "FRA"), "No delegation 'FRA'"),
        (("revoke", *here, "nope"), "no link 'nope'"),
        (("make", *here), "needs --role"),
        (("make", *here, "--role", "booth"), "no page for the role booth yet, so its link would lead nowhere"),
        (("make", *here, "--role", "invitee"), "made with the invitations"),
        (("make", *here, "--role", "king"), "no role 'king'. Choose one of: chair, delegate, follower, room"),
        (("list", "--body", "nope"), "There is no body 'nope'"),
        (("make", "--body", demo["body"], "--role", "chair"), "no role"),
        (("list", "--meeting", "nope"), "There is no meeting 'nope'"),
    ):
        ran = run("links", *argv)
        assert ran.code == 1 and words in ran.err


def test_the_secretariats_links_are_made_listed_and_taken_back(run: Run, demo: dict[str, Any], folder: Path) -> None:
    here = ("--body", demo["body"])
    secret = run("links", "make", *here, "--label", "second desk").out.splitlines()[0].rsplit("/", 1)[1]
    database = Database.open(f"sqlite:///{folder / 'm.db'}")
    grant = Links(database).find(secret)
    assert grant is not None and (grant.role, grant.meeting) == ("office", demo["body"])
    assert f"{grant.id}  office     valid" in run("links", "list", *here).out
    assert run("links", "revoke", *here, grant.id).code == 0
    found = Links(database).find(secret)
    assert found is not None and found.revoked_at is not None
    first = Links(database).find(demo["tokens"]["office"])
    assert first is not None and first.revoked_at is None
    database.close()


def test_tick_and_migrate(run: Run, demo: dict[str, Any]) -> None:
    assert run("tick").out == "Nothing was due.\n"
    assert run("migrate").out == "The database is up to date.\n"


def test_the_reference_has_every_command_and_event(run: Run, folder: Path) -> None:
    text = run("acts").out
    assert all(f"`{name}`" in text for name in (*COMMANDS, *EVENTS))
    assert run("acts", "--write", str(folder / "acts.md")).code == 0
    assert (folder / "acts.md").read_text("utf-8") == text


def test_a_busy_database_is_a_sentence(run: Run, demo: dict[str, Any], folder: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(setup, "PATIENCE_S", 0.2)
    other = sqlite3.connect(folder / "m.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        ran = run("import-delegations", DEBATE, "--meeting", demo["meeting"])
    finally:
        other.close()
    assert ran.code == 1 and "Nothing was written; try again." in ran.err


def test_a_wrong_environment_is_a_sentence(run: Run, folder: Path, monkeypatch: Any) -> None:
    (folder / "text").write_text("no database, but a text of some length " * 200)
    for name, value, words in (
        ("MEETINGSVC_PORT", "many", "must be a number"),
        ("MEETINGSVC_DATABASE_URL", str(folder), "is the folder"),
        ("MEETINGSVC_DATABASE_URL", str(folder / "text"), "not an SQLite database"),
        ("MEETINGSVC_DATABSE_URL", "x", "Did you mean MEETINGSVC_DATABASE_URL?"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            ran = run("demo")
        assert ran.code == 1 and words in ran.err and "Traceback" not in ran.err, ran


def test_a_reader_that_goes_away_is_no_fault(demo: dict[str, Any]) -> None:
    command = (
        f"{sys.executable} -m meetingsvc import-delegations {DEBATE} --meeting {demo['meeting']} --dry-run | head -1"
    )
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0 and ran.stderr == "" and ran.stdout.startswith("Read as utf-8")
