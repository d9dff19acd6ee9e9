"""Following by HTTP, against the service as people run it: what is told, when a wait ends, and what it costs others.

Byte for byte it is what sockets are told. Not here: the shape of what is asked (tests/web/test_state.py).
"""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from meetingsvc.core.roles import AUDIENCES
from meetingsvc.store.engine import Database
from meetingsvc.store.links import Links
from tests.live.test_follow import WHO
from tests.live.wire import Wire
from tests.support.running_service import MODE, Json, RunningService

LIMIT = 120


class Poll:
    """One question over a connection of its own, sent at once; `answer` waits for what comes."""

    def __init__(self, served: RunningService, stands: Json, wait: int, who: str | None = None, **other: Any) -> None:
        asked = {name: stands[name] for name in ("seq", "epoch", "chain")} | {"wait": wait} | other
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        token = f"Authorization: Bearer {served.token(who)}\r\n" if who else ""
        head = f"GET /api/v1/meetings/{served.meeting}/state?{query} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n"
        self.sock = socket.create_connection(("127.0.0.1", served.port), timeout=30)
        self.sock.sendall(f"{head}{token}\r\n".encode())
        self.began = time.monotonic()

    def answer(self) -> tuple[int, str]:
        """(status, body); `took` is how long it was waited for."""
        with closing(http.client.HTTPResponse(self.sock)) as said:
            said.begin()
            body = said.read().decode()
            self.took = time.monotonic() - self.began
        self.sock.close()
        return said.status, body

    def told(self) -> Json:
        status, body = self.answer()
        assert status == 200, (status, body)
        made: Json = json.loads(body)
        return made

    def waits(self) -> bool:
        self.sock.setblocking(False)
        try:
            return self.sock.recv(1, socket.MSG_PEEK) is None
        except BlockingIOError:
            return True
        finally:
            self.sock.settimeout(30)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    made = RunningService(tmp_path_factory.mktemp("polls"))
    assert made.meeting
    made.start()
    made.do("chair", "meeting.open")
    yield made
    assert "Traceback" not in made.log(), made.log()[-2000:]
    made.stop()


def note(served: RunningService) -> int:
    return int(served.do("chair", "record.note", text="noted")["seq"])


def settled() -> None:
    """Long enough for a question to have come to where it waits."""
    time.sleep(0.3)


# ------------------------------------------------------------------------------------------------------ what is told


@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_change_is_told_as_a_socket_is_told_byte_for_byte(served: RunningService, audience: str) -> None:
    who, texts = WHO[audience], list[str]()
    stands = served.state(who, audience)
    wire = Wire(served.url, {"token": served.token(who)} if who else None)
    wire._handle = texts.append  # type: ignore[method-assign]  # as they came, before anybody reads them
    ask = {key: stands[key] for key in ("meeting", "seq", "epoch", "chain")} | {"audience": audience}
    poll = Poll(served, stands, 20, who, audience=audience)
    wire.emit("follow", ask)
    settled()
    assert poll.waits()
    served.do("secretary", "agenda.add_item", title=f"An item for {audience}")
    status, body = poll.answer()
    assert status == 200 and poll.took < 2
    end = time.monotonic() + 5
    while not any('["change",' in text for text in texts):
        assert time.monotonic() < end
        wire.pump(0.1)
    pushed = next(text for text in texts if '["change",' in text)
    assert body.partition('"changes":')[2] == pushed.partition('"changes":')[2].removesuffix("]")
    told, head = json.loads(body), json.loads(pushed[2:])[1]
    assert told.keys() == {"seq", "epoch", "chain", "now", "changes"}
    assert (told["epoch"], told["chain"], told["seq"]) == (head["epoch"], head["chain"], head["changes"][-1]["seq"])
    wire.close()


def test_what_came_before_the_question_is_told_at_once(served: RunningService) -> None:
    stands = served.state("chair")
    Poll(served, stands, 0, "chair").answer()
    last = [note(served) for _ in range(5)][-1]
    settled()
    told = Poll(served, stands, 25, "chair").told()
    assert [change["seq"] for change in told["changes"]] == list(range(last - 4, last + 1)) and told["seq"] == last


@pytest.mark.parametrize(
    "other", [{"seq": 1}, {"epoch": "another"}, {"chain": "0" * 12}, {"chain": ""}, {"seq": 10**6}]
)
def test_where_no_change_leads_from_the_state_is_told_at_once(served: RunningService, other: Json) -> None:
    stands = served.state("chair")
    poll = Poll(served, stands, 25, "chair", **other)
    told = poll.told()
    assert poll.took < 2
    assert (told["seq"], told["chain"], told["view"]) == (stands["seq"], stands["chain"], stands["view"])


def test_when_nothing_happens_it_is_204_after_the_time_asked_for(served: RunningService) -> None:
    for wait in (0, 1):
        poll = Poll(served, served.state(), wait)
        assert poll.answer() == (204, "")
        assert wait <= poll.took < wait + 1


def test_it_goes_on_from_answer_to_answer_and_misses_nothing(served: RunningService) -> None:
    """Acts in a row, also while no question is under way: each change once, each where the one before ended."""
    stands = served.state("chair")
    first = stands["seq"]
    Poll(served, stands, 0, "chair").answer()
    seen, last = list[tuple[int, int]](), 0
    for n in range(20):
        poll = Poll(served, stands, 20, "chair") if n % 2 else None
        last = note(served)
        told = (poll or Poll(served, stands, 20, "chair")).told()
        seen += [(change["base"], change["seq"]) for change in told["changes"]]
        stands = stands | {name: told[name] for name in ("seq", "epoch", "chain")}
    assert seen == [(seq - 1, seq) for seq in range(first + 1, last + 1)]


def test_the_time_of_the_meeting_can_be_asked_for(served: RunningService) -> None:
    url = f"{served.url}/api/v1/time?meeting="
    assert abs(served.http.get(url + served.meeting, timeout=5).json()["now"] - served.state()["now"]) < 5_000
    assert served.http.get(url + "nosuchmeet", timeout=5).status_code == 404


# ------------------------------------------------------------------------------------------------- how a wait ends


def test_a_link_that_is_taken_back_ends_the_wait_and_gets_403(served: RunningService) -> None:
    """Taken back by another process, as a command line would: within two seconds, as a socket is cut."""
    with closing(Database.open(f"sqlite:///{served.folder / 'meetingsvc.db'}", 10.0)) as database:
        links = Links(database)
        grant, secret = links.make(served.meeting, "room")
        served.demo["tokens"]["taken"] = secret
        polls = [Poll(served, served.state("taken"), 25, "taken"), Poll(served, served.state("room"), 3, "room")]
        settled()
        links.revoke(served.meeting, grant.id)
        status, body = polls[0].answer()
        assert (status, json.loads(body)["code"]) == (403, "sign_in.revoked") and polls[0].took < 3
        assert polls[1].answer()[0] == 204, "nobody else's"
        assert Poll(served, served.state(), 0, "taken").answer()[0] == 403


def test_who_has_gone_gives_the_place_back(served: RunningService) -> None:
    before = served.usage()[0]
    stands = served.state()
    for poll in [Poll(served, stands, 25) for _ in range(50)]:
        poll.sock.close()
    end = time.monotonic() + 5
    while served.usage()[0] > before + 5:
        assert time.monotonic() < end, "they wait on for nobody"
        time.sleep(0.1)


def test_three_hundred_wait_without_a_turn_and_all_hear_of_one_act(served: RunningService) -> None:
    stands = served.state()
    polls = [Poll(served, stands, 25, "room" if n % 2 else None) for n in range(300)]
    time.sleep(1)
    began = time.monotonic()
    seq = note(served)
    assert time.monotonic() - began < 1, "a press waits for those who wait"
    assert {poll.told()["seq"] for poll in polls} == {seq}
    assert time.monotonic() - began < 6


@pytest.mark.skipif(MODE == "eventlet", reason="green threads are no threads of the system")
def test_threads_end_with_their_waits(served: RunningService) -> None:
    before, stands = served.threads(), served.state()
    polls = [Poll(served, stands, 2) for _ in range(100)]
    assert {poll.answer()[0] for poll in polls} == {204}
    time.sleep(0.5)
    assert served.threads() <= before + 10


def test_the_end_of_the_service_ends_all_waits(tmp_path: Path) -> None:
    made = RunningService(tmp_path)
    assert made.meeting
    made.start()
    stands = made.state()
    polls = [Poll(made, stands, 25, "room" if n % 2 else None) for n in range(100)]
    time.sleep(1)
    began = time.monotonic()
    assert made.stop() == 0
    assert time.monotonic() - began < 4
    assert {poll.answer()[0] for poll in polls} == {204}
    assert "Traceback" not in made.log()


# ------------------------------------------------------------------------------------------- strangers in a crowd


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[RunningService]:
    """A server that may have 120 files open."""
    made = RunningService(tmp_path, descriptors=LIMIT)
    made.http.headers["Connection"] = "close"  # one that rests makes way, and a page then opens another
    assert made.meeting
    made.start()
    yield made
    assert "Traceback" not in made.log(), made.log()[-2000:]
    made.kill()


def test_a_crowd_that_waits_keeps_neither_presses_nor_people_with_a_link_out(narrow: RunningService) -> None:
    stands = narrow.state()
    with ExitStack() as at_the_end:
        crowd = list[Poll]()
        for _ in range(LIMIT):
            try:
                crowd.append(Poll(narrow, stands, 25))
            except OSError:
                continue
            at_the_end.callback(crowd[-1].sock.close)
        for who in ("chair", "secretary", "AZE"):
            poll = Poll(narrow, narrow.state(who, "follow"), 20, who, audience="follow")
            settled()
            began = time.monotonic()
            seq = note(narrow)
            assert time.monotonic() - began < 2
            assert poll.told()["seq"] == seq, "who has a link waits and hears"
            stands = narrow.state()
            crowd += [Poll(narrow, stands, 25) for _ in range(20)]
        assert narrow.usage()[0] < LIMIT


def test_of_a_crowd_that_waits_the_oldest_is_answered_and_not_somebody_elses(narrow: RunningService) -> None:
    """More waits of one link than may be at once: its own oldest end, and the one of another goes on."""
    stands = narrow.state()
    other = Poll(narrow, stands, 25, "ARM", audience="follow")
    settled()
    crowd = list[Poll]()
    for _ in range(30):
        crowd.append(Poll(narrow, stands, 25, "AZE", audience="follow"))
        time.sleep(0.05)
    settled()
    assert [crowd[n].answer()[0] for n in range(10)] == [204] * 10 and crowd[9].took < 10
    assert other.waits() and crowd[-1].waits()
    seq = note(narrow)
    assert other.told()["seq"] == crowd[-1].told()["seq"] == seq
    for poll in crowd:
        poll.sock.close()
