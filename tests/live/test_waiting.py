"""A turn is for work: who waits for a lock, a database or a file gives it back, and has one again afterwards."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import requests

from meetingsvc.live.http.fair_turns import AT_ONCE_THREADS, Turns
from meetingsvc.store.engine import Busy, Database, Locked
from meetingsvc.waiting import TURN, holding, keeping, waiting
from tests.support.running_service import RunningService


class Mine:
    """A turn as a connection has it."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.began: float | None = None

    def rest(self) -> bool:
        if self.began is None:
            return False
        self.turns.leave(self.began)
        self.began = None
        return True

    def turn(self) -> None:
        self.began = self.turns.enter(None, "somebody")


@pytest.fixture
def mine() -> Mine:
    made = Mine(Turns(at_once=1))
    made.turn()
    TURN.set(made)
    return made


def others_work(mine: Mine) -> bool:
    """Whether somebody else can have the only turn now."""
    done = threading.Event()

    def work() -> None:
        mine.turns.leave(mine.turns.enter(None, "another"))
        done.set()

    threading.Thread(target=work, daemon=True).start()
    return done.wait(1)


def test_while_one_waits_others_work(mine: Mine) -> None:
    with waiting():
        assert others_work(mine)
    assert mine.began is not None


def test_who_has_a_lock_in_hand_keeps_the_turn(mine: Mine) -> None:
    with keeping(), waiting():
        assert mine.began is not None and not others_work(mine)
    with waiting():
        assert mine.began is None


def test_readers_and_acts_of_one_meeting_never_wait_for_each_other_for_ever(tmp_path: Path) -> None:
    """On threads, more readers than turns: each wants the broadcaster's lock, and whoever has it the meeting's."""
    served = RunningService(tmp_path, {"MEETINGSVC_ASYNC_MODE": "threading"})
    path, ended, read = f"/m/{served.meeting}", threading.Event(), list[int]()
    served.start()

    def look() -> None:
        with requests.Session() as session:
            while not ended.is_set():
                read.append(session.get(served.url + path, timeout=20).status_code)

    threads = [threading.Thread(target=look, daemon=True) for _ in range(3 * AT_ONCE_THREADS)]
    for thread in threads:
        thread.start()
    try:
        for n in range(30):
            served.do("chair", "record.note", text=str(n))
    finally:
        ended.set()
        for thread in threads:
            thread.join(25)
        served.stop()
    assert not any(thread.is_alive() for thread in threads)
    assert set(read) <= {200, 429} and read.count(200) > len(threads)


def test_a_lock_is_waited_for_without_a_turn_and_held_with_one(mine: Mine) -> None:
    lock, had = threading.Lock(), threading.Event()
    lock.acquire()

    def hold() -> None:
        TURN.set(mine)
        with holding(lock):
            assert mine.began is not None
            had.set()

    thread = threading.Thread(target=hold)
    thread.start()
    assert others_work(mine)
    lock.release()
    assert had.wait(5)
    thread.join(5)


def test_a_locked_database_is_waited_for_without_a_turn(mine: Mine, tmp_path: Path) -> None:
    database, worked = Database.open(f"sqlite:///{tmp_path / 'm.db'}", patience_s=0.2), list[bool]()

    def locked() -> None:
        if not worked:
            threading.Thread(target=lambda: worked.append(others_work(mine)), daemon=True).start()
        raise Locked

    with pytest.raises(Busy):
        database.patiently(locked)
    database.close()
    assert mine.began is not None
    while not worked:
        threading.Event().wait(0.01)
    assert worked == [True]
