"""Following over real sockets, against the service as people run it."""

from __future__ import annotations

import itertools
import json
import signal
import statistics
import time
from collections.abc import Iterator
from typing import Any

import pytest

from meetingsvc.core.history import fold
from meetingsvc.core.roles import AUDIENCES
from meetingsvc.meetings import Meetings
from meetingsvc.store.engine import Database
from meetingsvc.store.event_log import codec
from meetingsvc.store.links import Links
from meetingsvc.views.view import view
from tests.live.wire import Crowd, Follower, NotLetIn, Wire
from tests.support.running_service import RunningService

Json = dict[str, Any]

WHO = {"staff": "chair", "delegate": "TKM", "booth": "secretary", "room": "room", "follow": None}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    service = RunningService(tmp_path_factory.mktemp("follow"))
    assert service.meeting
    service.start()
    service.do("chair", "meeting.open")
    yield service
    service.stop()


@pytest.fixture
def wire(served: RunningService) -> Iterator[Wire]:
    """The chair's socket."""
    made = Wire(served.url, {"token": served.token("chair")})
    yield made
    made.close()


def notes(served: RunningService, count: int = 1) -> int:
    return int([served.do("chair", "record.note", text=f"note {n}")["seq"] for n in range(count)][-1])


def ask(served: RunningService, **other: Any) -> Json:
    state = served.state("chair")
    body = {key: state[key] for key in ("meeting", "seq", "epoch", "chain")}
    return body | {"audience": "staff"} | other


def followers(served: RunningService) -> list[Follower]:
    tokens = {audience: served.token(who) if who else None for audience, who in WHO.items()}
    return [Follower(served.url, served.meeting, a, tokens[a]).start() for a in AUDIENCES]


def item(served: RunningService) -> int:
    items = served.state("chair")["view"]["agenda"]["items"]
    return int(min(items, key=lambda number: items[number]["sort"]))


def test_every_audience_stands_at_every_seq_where_the_log_stands(served: RunningService) -> None:
    crowd = Crowd(followers(served))
    start = served.state("chair")["seq"]
    crowd.at(start)
    served.do("chair", "agenda.take_up", item=item(served))
    for code in ("TKM", "ARM", "AZE"):
        served.do(code, "roster.check_in", mode="remote")
        served.do(code, "speakers.request_floor")
    served.do("chair", "speakers.next")
    served.do("chair", "speakers.inscribe", guest={"name": "A guest", "post": "Expert"}, channel="paper")
    last = notes(served)
    crowd.at(last)
    database = Database.open("sqlite:///" + str(served.folder / "meetingsvc.db"))
    meetings = Meetings(database)
    entries = codec.entries(meetings.log.rows(served.meeting))
    names = meetings.remembered(served.meeting).names
    hashes = {row.seq: row.hash[:12] for row in meetings.log.rows(served.meeting)}
    for one in crowd.followers:
        assert one.fetches == 1, "healed by a fetch where changes would have done"
        assert len(one.seen) >= 9
        for seq, (chain, seen) in one.seen.items():
            assert chain in ("", hashes[seq])
            assert seen == view(fold([e for e in entries if e.seq <= seq]), names, one.audience), seq
    crowd.stop()
    database.close()


def test_the_answer_tells_what_came_after(served: RunningService, wire: Wire) -> None:
    before = ask(served)
    assert wire.call("follow", before)["changes"] == []
    last = notes(served, 5)
    answer = wire.call("follow", before)
    assert answer["ok"] is True and answer["seq"] == last
    assert answer.keys() == {"ok", "seq", "epoch", "chain", "now", "changes"}
    assert [change["seq"] for change in answer["changes"]] == list(range(last - 4, last + 1))
    assert [change["said"][0]["code"] for change in answer["changes"]] == ["record.noted"] * 5


@pytest.mark.parametrize(
    "other",
    [{"seq": 1, "chain": "0" * 12}, {"seq": 10**6}, {"chain": "0" * 12}, {"epoch": "another"}, {"chain": ""}],
)
def test_where_the_ring_does_not_reach_the_state_is_to_be_fetched(
    served: RunningService, wire: Wire, other: Json
) -> None:
    answer = wire.call("follow", ask(served, **other))
    assert answer["ok"] is True and answer["fetch"] is True and "changes" not in answer


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "x",
        7,
        {},
        {"meeting": 7},
        {"meeting": "m", "seq": "1"},
        {"meeting": "m", "seq": True},
        {"meeting": "m", "seq": -1},
        {"meeting": "m", "seq": 1.5},
        {"meeting": "m", "seq": 2**60},
        {"meeting": "m" * 100},
        {"meeting": "m", "room": "staff:m"},
        {"meeting": "m", "epoch": None},
    ],
)
def test_what_is_not_a_follow_is_told_so(served: RunningService, body: Any) -> None:
    wire = Wire(served.url)
    assert wire.call("follow", body) == {"ok": False, "code": "shape.follow"}
    wire.close()


def test_who_may_hear_what(served: RunningService) -> None:
    may = {
        "chair": set(AUDIENCES),
        "secretary": set(AUDIENCES),
        "TKM": {"delegate", "room", "follow"},
        "room": {"room", "follow"},
        "follower": {"follow"},
        None: {"follow"},
    }
    for who, allowed in may.items():
        wire = Wire(served.url, {"token": served.token(who)} if who else None)
        for audience in (*AUDIENCES, "everything"):
            answer = wire.call("follow", ask(served, audience=audience))
            assert answer["ok"] is (audience in allowed), (who, audience, answer)
            if not answer["ok"]:
                assert answer["code"] == ("rights.audience" if who else "sign_in.needed")
        wire.close()


def test_a_link_opens_its_own_meeting_only(served: RunningService, wire: Wire) -> None:
    assert wire.call("follow", ask(served, meeting="elsewhere1"))["code"] == "rights.other_meeting"
    stranger = Wire(served.url)
    assert stranger.call("follow", ask(served, meeting="elsewhere1", audience="follow")) == {
        "ok": False,
        "code": "meeting.not_found",
    }
    stranger.close()


def test_a_refused_follow_hears_nothing(served: RunningService) -> None:
    heard: list[Any] = []
    wire = Wire(served.url, on_event=lambda name, body: heard.append(name))
    assert wire.call("follow", ask(served, audience="follow"))["ok"]
    assert not wire.call("follow", ask(served, meeting="elsewhere1", audience="follow"))["ok"]
    wire.pump(0.1)
    heard.clear()
    notes(served)
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        wire.pump(0.1)
    assert heard == []
    wire.close()


def test_guessed_and_wrong_credentials_are_refused(served: RunningService) -> None:
    for auth in ({"token": "x" * 32}, {"token": 7}, {"grant": 1}, {"grant": "1", "token": None}):
        with pytest.raises(NotLetIn) as refused:
            Wire(served.url, auth)
        assert str(refused.value).startswith("sign_in."), refused.value


def test_too_many_follows_are_told_to_wait(served: RunningService, wire: Wire) -> None:
    body = ask(served)
    codes = [wire.call("follow", body).get("code") for _ in range(15)]
    assert codes[:5] == [None] * 5 and "act.too_fast" in codes


def test_the_clock_is_the_servers(served: RunningService, wire: Wire) -> None:
    before = time.time() * 1000
    told = wire.call("time")
    assert isinstance(told, int) and before - 2 <= told <= time.time() * 1000 + 2
    times = [wire.call("time") for _ in range(20)]
    assert times == sorted(times)


def test_heads_come_within_five_seconds(served: RunningService) -> None:
    one = Follower(served.url, served.meeting).start()
    crowd = Crowd([one])
    until = time.monotonic() + 11
    crowd.run(lambda: time.monotonic() > until, 15)
    times = [when for when, _, _ in one.messages]
    assert len(times) >= 2 and max(b - a for a, b in itertools.pairwise(times)) <= 5.0
    head = next(body for _, name, body in one.messages if name == "head")
    state = served.state()
    assert head.keys() == {"meeting", "seq", "epoch", "chain", "now"}
    assert (head["seq"], head["chain"], head["epoch"]) == (state["seq"], state["chain"], state["epoch"])
    crowd.stop()


def test_one_change_comes_at_once_and_many_in_step(served: RunningService) -> None:
    one = Follower(served.url, served.meeting, "staff", served.token("chair")).start()
    crowd = Crowd([one])
    crowd.at(served.state("chair")["seq"])
    delays = []
    for _ in range(7):
        time.sleep(0.06)
        at = notes(served)
        answered = time.monotonic()
        crowd.at(at)
        delays.append(one.messages[-1][0] - answered)
    assert statistics.median(delays) < 0.045, delays
    one.messages.clear()
    crowd.at(notes(served, 60))
    sent = [body["now"] for _, name, body in one.messages if name == "change"]
    assert min(b - a for a, b in itertools.pairwise(sent)) >= 48, sent
    crowd.stop()


def test_a_revoked_link_is_cut_here_and_by_others(served: RunningService) -> None:
    database = Database.open("sqlite:///" + str(served.folder / "meetingsvc.db"))
    links = Links(database)
    grant, secret = links.make(served.meeting, "secretary", label="to be revoked")
    wire = Wire(served.url, {"token": secret})
    other = Wire(served.url, {"token": served.token("secretary")})
    assert wire.call("follow", ask(served))["ok"]
    links.revoke(served.meeting, grant.id)  # another process, as another worker would
    began = time.monotonic()
    while wire.open:
        assert time.monotonic() - began < 2.2
        wire.pump(0.05)
    with pytest.raises(NotLetIn):
        Wire(served.url, {"token": secret})
    other.pump(0.1)
    assert other.open
    other.close()
    database.close()


def test_what_another_process_wrote_comes_within_two_seconds(served: RunningService) -> None:
    one = Follower(served.url, served.meeting).start()
    crowd = Crowd([one])
    crowd.at(served.state("chair")["seq"])
    database = Database.open("sqlite:///" + str(served.folder / "meetingsvc.db"))
    from tests.support.meeting_scenario import CHAIR, command

    seq = Meetings(database).perform(served.meeting, CHAIR, [command("record.note", text="elsewhere")]).seq
    crowd.at(seq, 2)
    crowd.stop()
    database.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_after_a_restart_everybody_comes_back_by_changes(served: RunningService, how: int) -> None:
    crowd = Crowd(followers(served))
    crowd.at(notes(served))
    for one in crowd.followers:
        one.pause = (1.0, 1.5)
    database = Database.open("sqlite:///" + str(served.folder / "meetingsvc.db"))
    from tests.support.meeting_scenario import CHAIR, command

    served.stop(how)
    unseen = Meetings(database).perform(served.meeting, CHAIR, [command("record.note", text="unseen")]).seq
    database.close()
    served.start()
    crowd.at(unseen)
    assert [one.fetches for one in crowd.followers] == [1] * 5
    crowd.at(notes(served))
    crowd.stop()


def test_a_dead_network_is_survived(served: RunningService) -> None:
    crowd = Crowd(followers(served))
    crowd.at(served.state("chair")["seq"])
    for one in crowd.followers:
        assert one.wire is not None
        one.wire.reset()
    crowd.at(notes(served, 3))
    assert all(one.losses == 1 for one in crowd.followers)
    crowd.stop()


def test_the_answer_in_the_raw(served: RunningService) -> None:
    """What stands on the wire is plain Socket.IO: any client library reads it."""
    wire = Wire(served.url)
    assert "xtensions" not in wire.answer_head
    wire.send_text("42" + "7" + json.dumps(["follow", ask(served, audience="follow")]))
    seen: list[str] = []
    wire._handle = seen.append  # type: ignore[method-assign]
    until = time.monotonic() + 5
    while not any(text.startswith("437[") for text in seen):
        assert time.monotonic() < until
        wire.pump(0.1)
    answer = next(text for text in seen if text.startswith("437["))
    assert json.loads(answer[3:])[0]["ok"] is True
    wire.close()
