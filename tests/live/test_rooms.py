"""Rooms: the same members as upstream keeps, whoever comes and goes; leaving looks at no room of others."""

from __future__ import annotations

import sys
import threading
from typing import Any

import socketio
from hypothesis import given, settings
from hypothesis import strategies as some

from meetingsvc.live.rooms import RoomManager


class Locked(dict[str, str]):
    """A room that nobody may look into."""

    def __contains__(self, sid: object) -> bool:
        raise AssertionError("a room of others was looked into")


def manager(kind: type[Any]) -> Any:
    made = kind()
    made.set_server(socketio.Server(async_mode="threading"))
    return made


def test_who_leaves_is_looked_for_only_in_the_rooms_entered() -> None:
    rooms = manager(RoomManager)
    one = rooms.connect("link-1", "/")
    other = rooms.connect("link-2", "/")
    rooms.basic_enter_room(one, "/", "follow:m")
    rooms.basic_enter_room(other, "/", "follow:m")
    rooms.rooms["/"]["elsewhere"] = Locked()
    rooms.disconnect(one, "/")
    assert set(rooms.rooms["/"]["follow:m"]) == {other}
    assert set(rooms.rooms["/"][None]) == {other}
    assert one not in rooms.rooms["/"]
    assert not rooms.pending_disconnect


ACTS = some.lists(
    some.tuples(some.sampled_from(["come", "enter", "leave", "go"]), some.integers(0, 3), some.sampled_from("ab")),
    max_size=40,
)


@given(ACTS)
@settings(max_examples=100, deadline=None)
def test_members_are_those_that_upstream_keeps(acts: list[tuple[str, int, str]]) -> None:
    ours, theirs = manager(RoomManager), manager(socketio.Manager)
    known: dict[int, tuple[str, str]] = {}
    for n, (act, who, room) in enumerate(acts):
        if act == "come":
            if who not in known:
                known[who] = (ours.connect(f"link-{n}", "/"), theirs.connect(f"link-{n}", "/"))
        elif who in known:
            for each, sid in zip((ours, theirs), known[who], strict=True):
                if act == "enter":
                    each.enter_room(sid, "/", room)
                elif act == "leave":
                    each.leave_room(sid, "/", room)
                else:
                    each.pre_disconnect(sid, "/")
                    each.disconnect(sid, "/")
            if act == "go":
                del known[who]
        assert links(ours) == links(theirs)
        assert bool(ours.pending_disconnect) == bool(theirs.pending_disconnect)
    assert len(ours._rooms_of) == len(known)


def links(each: Any) -> dict[str, set[str]]:
    """{room: the links in it}; the rooms of one are named by the link."""
    return {
        next(iter(members.values())) if room in each.rooms["/"][None] else str(room): set(members.values())
        for room, members in each.rooms.get("/", {}).items()
    }


def test_threads_that_come_and_go_lose_nobody() -> None:
    """Upstream lets an empty room go: one may enter it just then."""
    rooms, before = manager(RoomManager), sys.getswitchinterval()
    faults: list[BaseException] = []

    def churn(n: int) -> None:
        try:
            for k in range(400):
                sid = rooms.connect(f"{n}-{k}", "/")
                rooms.enter_room(sid, "/", "follow:m")
                assert sid in dict(rooms.get_participants("/", "follow:m")) and rooms.is_connected(sid, "/")
                rooms.pre_disconnect(sid, "/")
                rooms.disconnect(sid, "/")
        except BaseException as fault:
            faults.append(fault)

    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=churn, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert faults == []
    assert rooms._rooms_of == {}
