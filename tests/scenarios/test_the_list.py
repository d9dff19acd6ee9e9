"""Scenarios about the list of speakers: the same instant, closing, two people who both press next."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.hall import Hall


def test_scenario_09_the_same_instant_in_the_room_and_far_away(hall: Hall) -> None:
    hall.open()
    room, remote = hall.follow("room", "room"), hall.follow("delegate", "KAZ")
    late = hall.follow("follow")
    late.wire.reset()  # type: ignore[union-attr]
    hall.do("KAZ", "roster.check_in", mode="in_room")
    hall.do("MNG", "roster.check_in", mode="remote")
    gate = Barrier(2)

    def press(code: str) -> int:
        gate.wait()
        return int(hall.do(code, "speakers.request_floor")["seq"])

    with ThreadPoolExecutor(2) as pool:
        seqs = list(pool.map(press, ["KAZ", "MNG"]))
    assert abs(seqs[0] - seqs[1]) == 1
    late._again_at = time.monotonic() + 3
    hall.settle()
    orders = {tuple(hall.waiting(view)) for view in (hall.view(), remote.view)}
    assert len(orders) == 1
    public = {
        tuple(sorted((w["sort"], w["delegation"], w["mode"]) for w in rows["waiting"].values()))
        for one in (room, remote, late)
        for rows in one.view["speakers"]["lists"].values()
        if "waiting" in rows
    }
    assert len(public) == 1, "every screen, also one that came back, shows one order and the same places"
    assert {row[2] for row in next(iter(public))} == {"in_room", "remote"}


def test_scenario_10_closing_the_list(hall: Hall) -> None:
    hall.open()
    follower = hall.follow()
    at = int(time.time() * 1000) + 2_000
    hall.do("chair", "speakers.close_list", at=at)
    hall.do("KAZ", "speakers.request_floor")
    hall.settle()
    rows = follower.view["speakers"]["lists"][str(hall.list["id"])]
    assert (rows["state"], rows["closes_at"]) == ("open", at), "the countdown is on every screen"
    time.sleep(max(0, at / 1000 - time.time()) + 0.01)
    status, said = hall.act("MNG", "speakers.request_floor")
    assert (status, said["code"]) == (409, "speakers.list_closed")
    assert said["message"], "the refusal is a sentence"
    hall.crowd.run(lambda: follower.view["speakers"]["lists"][str(hall.list["id"])]["state"] == "closed", 5)
    assert "closes_at" not in hall.list
    hall.do("IRN", "speakers.request_floor", kind="point_of_order")
    assert hall.waiting() == ["IRN", "KAZ"]
    assert hall.next()[0] == 200
    assert hall.next(sure=True)[0] == 200
    assert hall.list["state"] == "closed", "the last name has the floor"
    assert hall.next(sure=True)[0] == 200
    hall.settle()
    assert follower.view["speakers"]["lists"][str(hall.list["id"])]["state"] == "exhausted"


def test_scenario_11_double_next(hall: Hall) -> None:
    hall.open()
    for code in ("AZE", "UZB", "KAZ"):
        hall.do(code, "speakers.request_floor")
    order = hall.waiting()
    assert hall.next()[0] == 200
    time.sleep(2.05)
    seen = hall.entry(order[0])
    gate = Barrier(2)

    def press(who: str) -> tuple[int, dict[str, object]]:
        gate.wait()
        return hall.act(who, "speakers.next", instead_of=seen)

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(press, ["chair", "secretary"]), key=lambda pair: pair[0])
    assert [status for status, _ in answers] == [200, 409]
    assert answers[1][1]["code"] == "speakers.stale"
    assert answers[1][1]["facts"]["delegation"] == hall.delegation(order[1])  # type: ignore[index]
    assert hall.speaker() == order[1]
    assert hall.waiting() == [order[2]]
    # A second later her screen shows the new speaker: asked once more, nothing changes.
    status, said = hall.next("secretary")
    assert (status, said["code"]) == (409, "speakers.just_changed")
    assert hall.speaker() == order[1]
    time.sleep(2.05)
    spoken_from = hall.view()["speakers"]["floor"]["since"]
    batch = hall.next()[1]["seq"]
    assert hall.speaker() == order[2]
    undoable = hall.view()["record"]["undoable"]
    assert undoable["batch"] <= batch
    hall.do("chair", "record.undo", batch=undoable["batch"])
    assert hall.speaker() == order[1]
    assert hall.view()["speakers"]["floor"]["since"] == spoken_from, "with its remaining time"
    assert hall.waiting() == [order[2]]
    key = "the-same-press"
    answers2 = [hall.served.post("chair", "record.note", {"text": "once"}, key=key).json() for _ in range(2)]
    assert answers2[0] == answers2[1], "repeating the same press gives the same answer"
