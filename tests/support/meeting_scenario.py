"""How the tests of store and meetings make a meeting on a real database and act in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa

from meetingsvc.core.history import fold
from meetingsvc.core.kernel import Actor, Refused
from meetingsvc.meetings import Answer, Meetings
from meetingsvc.store.event_log import codec
from meetingsvc.store.event_log.chain import Row, examine, uid_of
from meetingsvc.store.meeting_index import MeetingRow
from tests.support.making import HeldClock, command, scheduled
from tests.support.story import START

T = TypeVar("T")

SECRETARY, CHAIR = Actor("the-secretary", "secretary"), Actor("the-chair", "chair")


class Clock(HeldClock):
    """Stands at the beginning of the stories."""

    start = START


class MeetingScenario:
    """One meeting on a database: open, its first item taken up, these delegations accredited."""

    def __init__(self, meetings: Meetings, *codes: str) -> None:
        self.meetings = meetings
        self.id = scheduled(meetings, SECRETARY)
        self.item = self.act("agenda.add_item", title="Item 1").seq
        self.act("meeting.open")
        self.act("agenda.take_up", item=self.item)
        self.delegations = {code: self.act("roster.accredit", kind="member", code=code).seq for code in codes}

    def act(self, name: str, /, *, by: Actor = CHAIR, key: str | None = None, **body: Any) -> Answer:
        return self.meetings.perform(self.id, by, [command(name, **body)], key)

    def of(self, code: str) -> Actor:
        return Actor(f"of-{code}", "delegate", self.delegations[code])

    def ask(self, code: str, key: str | None = None) -> Answer:
        return self.act("speakers.request_floor", by=self.of(code), key=key)

    @property
    def rows(self) -> list[Row]:
        return self.meetings.log.rows(self.id)

    @property
    def row(self) -> MeetingRow:
        found = self.meetings.meeting_row(self.id)
        assert found
        return found

    def sound(self) -> list[Row]:
        """The rows, after checking all that must hold of them: chain, index, and what a fresh process reads."""
        rows = self.rows
        assert examine(rows, uid_of(rows), (self.row.seq, self.row.hash)) is None
        fresh = Meetings(self.meetings.database, _start)
        assert fresh.history(self.id).state == self.meetings.history(self.id).state == fold(codec.entries(rows))
        return rows


def _start() -> int:
    return START


def at_once(works: Sequence[Callable[[], T]]) -> list[T | BaseException]:
    """Runs all of them in threads that start together; results or exceptions, in order."""
    results: list[Any] = [None] * len(works)
    gate = threading.Barrier(len(works))

    def run(n: int) -> None:
        gate.wait()
        try:
            results[n] = works[n]()
        except BaseException as fault:
            results[n] = fault

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    return results


def rows_in(meetings: Meetings, table: sa.Table) -> int:
    counted = sa.select(sa.func.count()).select_from(table)
    return meetings.database.read(lambda connection: connection.execute(counted).scalar_one())


def refused(code: str, work: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as found:
        work()
    assert found.value.code == code
    return found.value
