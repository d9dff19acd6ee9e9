"""Scenarios about the list of speakers: the same instant, closing, two people who both press next."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.support.served_scenario import ServedScenario


def test_scenario_09_the_same_instant_in_the_room_and_far_away(scenario: ServedScenario) -> None:
    scenario.open()
    room, remote = scenario.follow("room", "room"), scenario.follow("delegate", "KAZ")
    late = scenario.follow("follow")
    late.wire.reset()  # type: ignore[union-attr]
    scenario.do("KAZ", "roster.check_in", mode="in_room")
    scenario.do("MNG", "roster.check_in", mode="remote")
    gate = Barrier(2)

    def press(code: str) -> int:
        gate.wait()
        return int(scenario.do(code, "speakers.request_floor")["seq"])

    with ThreadPoolExecutor(2) as pool:
        seqs = list(pool.map(press, ["KAZ", "MNG"]))
    assert abs(seqs[0] - seqs[1]) == 1
    late._again_at = time.monotonic() + 3
    scenario.settle()
    orders = {tuple(scenario.waiting(view)) for view in (scenario.view(), remote.view)}
    assert len(orders) == 1
    public = {
        tuple(sorted((w["sort"], w["delegation"], w["mode"]) for w in rows["waiting"].values()))
        for one in (room, remote, late)
        for rows in one.view["speakers"]["lists"].values()
        if "waiting" in rows
    }
    assert len(public) == 1, "every screen, also one that came back, shows one order and the same places"
    assert {row[2] for row in next(iter(public))} == {"in_room", "remote"}


def test_scenario_10_closing_the_list(scenario: ServedScenario) -> None:
    scenario.open()
    follower = scenario.follow()
    at = int(time.time() * 1000) + 2_000
    scenario.do("chair", "speakers.close_list", at=at)
    scenario.do("KAZ", "speakers.request_floor")
    scenario.settle()
    rows = follower.view["speakers"]["lists"][str(scenario.list["id"])]
    assert (rows["state"], rows["closes_at"]) == ("open", at), "the countdown is on every screen"
    time.sleep(max(0, at / 1000 - time.time()) + 0.01)
    status, said = scenario.act("MNG", "speakers.request_floor")
    assert (status, said["code"]) == (409, "speakers.list_closed")
    assert said["message"], "the refusal is a sentence"
    scenario.crowd.run(lambda: follower.view["speakers"]["lists"][str(scenario.list["id"])]["state"] == "closed", 5)
    assert "closes_at" not in scenario.list
    scenario.do("IRN", "speakers.request_floor", kind="point_of_order")
    assert scenario.waiting() == ["IRN", "KAZ"]
    assert scenario.next()[0] == 200
    assert scenario.next(sure=True)[0] == 200
    assert scenario.list["state"] == "closed", "the last name has the floor"
    assert scenario.next(sure=True)[0] == 200
    scenario.settle()
    assert follower.view["speakers"]["lists"][str(scenario.list["id"])]["state"] == "exhausted"


def test_scenario_11_double_next(scenario: ServedScenario) -> None:
    scenario.open()
    for code in ("AZE", "UZB", "KAZ"):
        scenario.do(code, "speakers.request_floor")
    order = scenario.waiting()
    assert scenario.next()[0] == 200
    time.sleep(2.05)
    seen = scenario.entry(order[0])
    gate = Barrier(2)

    def press(who: str) -> tuple[int, dict[str, object]]:
        gate.wait()
        return scenario.act(who, "speakers.next", instead_of=seen)

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(press, ["chair", "secretary"]), key=lambda pair: pair[0])
    assert [status for status, _ in answers] == [200, 409]
    assert answers[1][1]["code"] == "speakers.stale"
    assert answers[1][1]["facts"]["delegation"] == scenario.delegation(order[1])  # type: ignore[index]
    assert scenario.speaker() == order[1]
    assert scenario.waiting() == [order[2]]
    # A second later her screen shows the new speaker: asked once more, nothing changes.
    status, said = scenario.next("secretary")
    assert (status, said["code"]) == (409, "speakers.just_changed")
    assert scenario.speaker() == order[1]
    time.sleep(2.05)
    spoken_from = scenario.view()["speakers"]["floor"]["since"]
    batch = scenario.next()[1]["seq"]
    assert scenario.speaker() == order[2]
    undoable = scenario.view()["record"]["undoable"]
    assert undoable["batch"] <= batch
    scenario.do("chair", "record.undo", batch=undoable["batch"])
    assert scenario.speaker() == order[1]
    assert scenario.view()["speakers"]["floor"]["since"] == spoken_from, "with its remaining time"
    assert scenario.waiting() == [order[2]]
    key = "the-same-press"
    answers2 = [scenario.served.post("chair", "record.note", {"text": "once"}, key=key).json() for _ in range(2)]
    assert answers2[0] == answers2[1], "repeating the same press gives the same answer"
