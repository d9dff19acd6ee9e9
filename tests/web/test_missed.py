"""What came after the seq at which a view stands: the question, its limits, and who may wait for an answer.

Not here: what a wait costs, and that it is told byte for byte as to sockets (tests/live/test_long_polls.py).
"""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from meetingsvc.broadcast import replay_buffer
from tests.support.browser import Meeting


def where(stands: Any, **other: Any) -> str:
    """The question of somebody whose view stands there."""
    asked = {name: stands[name] for name in ("seq", "epoch", "chain")} | other
    return "state?" + "&".join(f"{name}={value}" for name, value in asked.items())


def test_who_says_where_a_view_stands_gets_what_came_after(meeting: Meeting) -> None:
    stands = meeting.api("state", "chair").get_json()
    nothing = meeting.api(where(stands), "chair")
    assert (nothing.status_code, nothing.data) == (204, b"") and nothing.headers["Cache-Control"] == "no-store"
    meeting.act("chair", "record.note", {"text": "noted"})
    told = meeting.api(where(stands, wait=20), "chair")
    assert {"Cookie", "Authorization", "Grant"} <= set(told.vary)
    assert [change["base"] for change in told.get_json()["changes"]] == [stands["seq"]]
    assert meeting.api(where(stands, chain="f" * 12), "chair").get_json()["view"]
    assert meeting.api("state?wait=20", "chair").get_json()["view"], "who says nothing has nothing"


@pytest.mark.parametrize("value", ["-1", "26", "1.5", "x", "", "1e1", "٣", "9" * 5_000])
@pytest.mark.parametrize("name", ["wait", "seq"])
def test_a_wait_or_a_seq_that_is_none_is_422_with_a_sentence(name: str, value: str, meeting: Meeting) -> None:
    if (name, value) == ("seq", "26"):
        return
    answer = meeting.api(where(meeting.api("state", "chair").get_json(), **{name: value}), "chair")
    said = answer.get_json()
    assert (answer.status_code, said["facts"]["path"]) == (422, f"?{name}")
    assert f"?{name} must be a whole number up to" in said["message"]


def test_nobody_waits_with_a_right_they_do_not_have(meeting: Meeting) -> None:
    stands = meeting.api("state").get_json()
    assert meeting.api(where(stands, wait=20, audience="staff")).status_code == 403
    assert meeting.api(where(stands, wait=20), headers={"Authorization": "Bearer " + "x" * 32}).status_code == 403
    assert meeting.get(f"/api/v1/meetings/{'x' * 10}/{where(stands, wait=20)}").status_code == 404


def test_a_link_that_is_taken_back_ends_a_wait_at_once(meeting: Meeting) -> None:
    stands, grant = meeting.api("state", "room").get_json(), meeting.grants["room"]
    threading.Timer(0.3, lambda: meeting.services.links.revoke(meeting.id, grant)).start()
    began = time.monotonic()
    answer = meeting.api(where(stands, wait=20), "room")
    assert (answer.status_code, answer.get_json()["code"]) == (403, "sign_in.revoked")
    assert time.monotonic() - began < 1.5


def test_what_is_wrong_with_the_service_is_told_to_staff_when_nothing_else_is(
    meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meeting.services.meetings, "notice", lambda _: "clock.set")
    for who, audience, told in (("chair", "staff", True), ("chair", "follow", False), (None, "follow", False)):
        stands = meeting.api(f"state?audience={audience}", who).get_json()
        answer = meeting.api(where(stands, audience=audience), who)
        if told:
            assert answer.get_json()["notice"] == "clock.set" and answer.get_json()["changes"] == []
        else:
            assert answer.status_code == 204


def test_who_asks_again_and_again_finds_the_changes_kept_in_between(
    meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two questions nobody follows: what happens then is kept for a minute after the last question."""
    stands = meeting.api("state", "room").get_json()
    for n in range(12):
        meeting.api(where(stands), "room")
        meeting.do("record.note", text=str(n))
    meeting.services.broadcasters.head(meeting.id)  # as its loop reads it
    told = meeting.api(where(stands), "room").get_json()
    assert len(told["changes"]) == 12
    monkeypatch.setattr(replay_buffer, "LINGER", 0.0)
    meeting.do("record.note", text="after a minute")
    meeting.services.broadcasters.head(meeting.id)
    assert meeting.api(where(stands), "room").get_json()["view"]
