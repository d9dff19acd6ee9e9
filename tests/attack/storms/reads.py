"""Attacks by requests anybody may make: pipelining, state, pages and calendars without a credential, wrong secrets."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable

from tests.attack.storms.kinds import Aim, Storm
from tests.attack.storms.swarm import Line, Swarm


def pipelined(connections: int) -> Callable[[Swarm, Aim, float], None]:
    """As many requests as go in, the answers thrown away."""

    def strike(swarm: Swarm, aim: Aim, until: float) -> None:
        again = aim.get("/api/v1/time") * 200
        swarm.run(until, lambda: swarm.keep(connections, lambda: swarm.open(again=again)))

    return strike


def asking(connections: int, ask: Callable[[Aim], Callable[[], bytes]]) -> Callable[[Swarm, Aim, float], None]:
    """One request after the other on each of so many connections: the next as soon as an answer begins."""

    def strike(swarm: Swarm, aim: Aim, until: float) -> None:
        made = ask(aim)

        def heard(line: Line, data: bytes) -> None:
            if b"HTTP/1." in data:
                swarm.say(line, made())

        swarm.run(until, lambda: swarm.keep(connections, lambda: swarm.open(made(), heard=heard)))

    return strike


def state(aim: Aim) -> Callable[[], bytes]:
    data = aim.get(f"/api/v1/meetings/{aim.meeting}/state", "Accept-Encoding: gzip")
    return lambda: data


def page(aim: Aim) -> Callable[[], bytes]:
    turn = itertools.cycle(("en", "fr", "es", "ru", "zh", "ar", "de", "x"))
    return lambda: aim.get(f"/b/{aim.body}?lang={next(turn)}{secrets.token_hex(2)}", f"Accept-Language: {next(turn)}")


def calendar(aim: Aim) -> Callable[[], bytes]:
    return lambda: aim.get(f"/b/{aim.body}.ics?lang={secrets.token_hex(3)}")


def wrong_secret(aim: Aim) -> Callable[[], bytes]:
    turn = itertools.count()

    def made() -> bytes:
        word = secrets.token_urlsafe(32)
        wrong = f"Authorization: Bearer {word}"
        command = f"/api/v1/meetings/{aim.meeting}/commands/record.note"
        match next(turn) % 5:
            case 0:
                return aim.get(f"/join/{word}")
            case 1:
                return aim.get(f"/feeds/{word}.ics")
            case 2:
                return aim.get(f"/m/{aim.meeting}", f"Cookie: meetingsvc={word}")
            case 3:
                return aim.get(f"/api/v1/meetings/{aim.meeting}/state", wrong)
            case _:
                return aim.post(command, b'{"text":"x"}', wrong, "Content-Type: application/json")

    return made


STORMS = (
    Storm("pipelined-1", "pipelined requests, 1 connection", pipelined(1)),
    Storm("pipelined-50", "pipelined requests, 50 connections", pipelined(50)),
    Storm("state", "GET state, 50 connections", asking(50, state)),
    Storm("page", "/b/<body> of 150 meetings, 50 connections", asking(50, page)),
    Storm("calendar", "/b/<body>.ics?lang=random, 50 connections", asking(50, calendar)),
    Storm("wrong-secrets", "wrong secrets, 50 connections", asking(50, wrong_secret)),
)
