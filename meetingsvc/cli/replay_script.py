"""A general debate, played: everybody of a list is inscribed and speaks in turn, each for a while.

Belongs here: what is done and in which order, so that screens can be watched. Not here: where it is played
(drivers.py), and reading the file (imports).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from meetingsvc.cli import Stop
from meetingsvc.cli.drivers import Driver
from meetingsvc.cli.setup import counted, name_of, said
from meetingsvc.core.kernel import Refused
from meetingsvc.imports import Report

ITEM = "General debate"
#: Speakers take between these parts of their time: some leave time over, some run over. The file does not tell.
SHORTEST, LONGEST = 0.6, 1.15
#: Somebody else pressed in the same moment; look again, so many times in a row.
STALE = frozenset({"speakers.stale", "speakers.stale_nobody", "speakers.just_changed"})
TRIES = 20


def play(stage: Driver, report: Report, speed: float, sleep: Callable[[float], None] = time.sleep) -> Iterator[str]:
    """Plays a debate to its end; yields a line for each thing that happens. `speed` 0 does not wait."""
    yield from prepare(stage, report)
    listed = str(_list(stage.view())["id"])
    count = 0
    while True:
        here = stage.view()
        row = here["speakers"]["lists"].get(listed, {})
        if not row.get("waiting") and "floor" not in here["speakers"]:
            break
        if here["meeting"]["state"] != "open":
            raise Stop("The meeting is no longer open. Start the replay again to go on where it stands.")
        given = _next(stage, int(listed))
        if given is None:
            continue
        count += 1
        seconds = given["seconds"] * _part(str(given["delegation"]))
        yield f"{count:4}  {_called(stage.view(), given['delegation'])}"
        if speed:
            sleep(seconds / speed)
    _close(stage, int(listed))
    yield f"The list is exhausted: {counted(count, 'statement')}."


def prepare(stage: Driver, report: Report) -> Iterator[str]:
    """Accredits, opens, takes up and inscribes whatever is not there yet, so that a replay can also be continued."""
    if report.errors:
        first = report.errors[0]
        raise Stop(f"The list has errors, so it is not played. Line {first.line}: {first.sentence}")
    here = stage.view()
    if here["meeting"]["state"] == "closed":
        raise Stop("The meeting is closed; nobody can speak in it any more.")
    there = {(row.get("code"), row.get("name")) for row in here["roster"]["delegations"].values()}
    missing = [row for row in report.rows if (row.code, row.name) not in there]
    if missing:
        stage.acts("roster.accredit", [row.body() for row in missing])
        yield f"{counted(len(missing), 'delegation')} accredited."
    if here["meeting"]["state"] != "open":
        stage.act("meeting.resume" if here["meeting"]["state"] == "suspended" else "meeting.open", {})
        yield "The meeting is open."
    if "current" not in here["agenda"]:
        yield f"Taken up: {_take_up(stage, here)}."
    row = _list(stage.view())
    bodies = _to_inscribe(stage.view(), report, row["id"])
    if bodies and row["state"] != "open":
        stage.act("speakers.reopen_list", {"list": row["id"]})
    if bodies:
        stage.acts("speakers.inscribe", bodies)
    yield f"{counted(len(bodies), 'delegation')} inscribed."


def _take_up(stage: Driver, here: dict[str, Any]) -> str:
    items = sorted(here["agenda"]["items"].items(), key=lambda pair: pair[1]["sort"])
    free = [(id, item) for id, item in items if item["state"] in ("pending", "suspended") and not item.get("hidden")]
    if not free:
        stage.act("agenda.add_item", {"title": ITEM})
        return _take_up(stage, stage.view())
    id, item = free[0]
    stage.act("agenda.take_up", {"item": int(id)})
    return said(item["title"])


def _to_inscribe(here: dict[str, Any], report: Report, listed: int) -> list[dict[str, Any]]:
    """In the order of the file, everybody who neither waits, nor speaks, nor has spoken."""
    row = here["speakers"]["lists"][str(listed)]
    busy = {entry["delegation"] for part in ("waiting", "heard") for entry in row.get(part, {}).values()}
    floors = [*here["speakers"].get("held", {}).values(), here["speakers"].get("floor", {})]
    busy |= {floor.get("delegation") for floor in floors}
    ids = {(it.get("code"), it.get("name")): int(id) for id, it in here["roster"]["delegations"].items()}
    wanted = [ids[it.code, it.name] for it in report.rows if (it.code, it.name) in ids]
    return [{"list": listed, "delegation": id, "channel": "paper"} for id in wanted if id not in busy]


def _next(stage: Driver, listed: int) -> dict[str, Any] | None:
    """One press of Next that knows who speaks; the floor as given, None when the last speaker has ended."""
    for _ in range(TRIES):
        floor = stage.view()["speakers"].get("floor")
        body = {"list": listed, "sure": True} | ({"instead_of": floor["entry"]} if floor else {})
        try:
            stage.act("speakers.next", body)
        except Refused as refused:
            if refused.code not in STALE:
                raise
            continue
        given = stage.view()["speakers"].get("floor")
        return given if given and given != floor else None
    raise Stop("Somebody else gives the floor again and again; the replay stops here.")


def _close(stage: Driver, listed: int) -> None:
    """Closed and nobody left: exhausted."""
    if stage.view()["speakers"]["lists"][str(listed)]["state"] == "open":
        stage.act("speakers.close_list", {"list": listed})


def _list(here: dict[str, Any]) -> dict[str, Any]:
    current = here["agenda"].get("current")
    for id, row in here["speakers"]["lists"].items():
        if row.get("item") == current:
            return {**row, "id": int(id)}
    raise Stop("The item taken up has no list of speakers.")


def _called(here: dict[str, Any], delegation: int) -> str:
    row = here["roster"]["delegations"].get(str(delegation), {})
    speaker = row.get("speaker", {})
    who = ", ".join(text for text in (speaker.get("name"), speaker.get("post")) if text)
    name = name_of(row.get("code"), row.get("name"))
    return f"{name}: {who}" if who else name


def _part(seed: str) -> float:
    """The part of the time that a delegation takes: always the same for the same one, so that replays are alike."""
    return SHORTEST + (LONGEST - SHORTEST) * hashlib.sha256(seed.encode()).digest()[0] / 255
