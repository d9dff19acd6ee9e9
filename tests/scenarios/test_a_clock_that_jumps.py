"""The server's clock is set a day ahead in the middle of a meeting, and back; or was wrong when it was started."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.jumping_clock import Jumping
from tests.support.served_scenario import ServedScenario

Json = dict[str, Any]
DAY = 86_400


@pytest.fixture
def jumping(tmp_path: Path) -> Iterator[Jumping]:
    served = Jumping(tmp_path)
    assert served.meeting
    yield served
    served.stop()


@pytest.fixture
def here(jumping: Jumping) -> Iterator[ServedScenario]:
    made = ServedScenario(jumping.start()).open()
    for code in ("AZE", "UZB", "KAZ"):
        made.do(code, "speakers.request_floor")
    yield made
    made.crowd.stop()


def ready(scenario: ServedScenario) -> tuple[int, Json]:
    answer = scenario.served.http.get(scenario.served.url + "/readyz", timeout=5)
    return answer.status_code, answer.json()


def until(true: Callable[[], Any], seconds: float = 15) -> Any:
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)
    return found


def notices(follower: Any) -> list[str]:
    return [body.get("notice", "") for _, name, body in follower.messages if name in ("head", "change")]


def test_a_day_ahead_for_one_act_and_back_changes_nothing_of_the_meeting(
    here: ServedScenario, jumping: Jumping
) -> None:
    earliest = time.monotonic()
    assert here.next()[0] == 200
    latest = time.monotonic()
    chair, public = here.follow("staff", "chair"), here.follow("follow")
    jumping.set_by(DAY)
    here.do("UZB", "roster.check_in", mode="remote")
    assert ready(here) == (503, {"ok": False, "why": ["clock.set"]})
    here.crowd.run(lambda: "clock.set" in notices(chair))
    jumping.set_by(0)
    assert ready(here) == (200, {"ok": True})
    here.crowd.run(lambda: notices(chair)[-1] == "")
    # an announced closing comes
    lst = here.list["id"]
    now = here.served.http.get(here.served.url + "/api/v1/time", timeout=5).json()["now"]
    assert abs(now - time.time() * 1000) < 5_000
    here.do("chair", "speakers.close_list", list=lst, at=now + 1_500)
    until(lambda: here.list["state"] == "closed")
    # "next" is not asked back, and the record says how long was spoken
    entry = here.view()["speakers"]["floor"]["entry"]
    least = time.monotonic() - latest
    assert here.next()[0] == 200
    heard = here.view()["speakers"]["lists"][str(lst)]["heard"][str(entry)]
    assert least - 1 < heard["spoken"] < time.monotonic() - earliest, heard
    time.sleep(2.1)
    assert here.next()[0] == 200, "two seconds later nobody is asked whether they mean it"
    assert here.served.log().count("CLOCK WAS SET") == 1
    assert here.served.log().count("clock is right again") == 1
    assert set(notices(public)) <= {""}, "only chair and secretary are told"


def test_after_a_start_by_a_wrong_clock_time_goes_on_from_the_last_entry(
    here: ServedScenario, jumping: Jumping
) -> None:
    jumping.stop()
    jumping.set_by(DAY)
    jumping.start()  # nobody can know yet that the clock is wrong
    assert here.next()[0] == 200
    jumping.stop()
    jumping.set_by(0)
    jumping.start()
    assert ready(here) == (503, {"ok": False, "why": ["clock.ahead"]})
    assert here.served.log().count("IS AHEAD of the server's clock") == 1
    lst, entry = here.list["id"], here.view()["speakers"]["floor"]["entry"]
    here.do("chair", "speakers.close_list", list=lst, at=int(here.served.state()["now"]) + 1_500)
    until(lambda: here.list["state"] == "closed")
    time.sleep(1)
    assert here.next()[0] == 200
    heard = here.view()["speakers"]["lists"][str(lst)]["heard"][str(entry)]
    assert 2 <= heard["spoken"] < 300, "time did not stand still for a day, nor did a day pass"
    chair = here.follow("staff", "chair")
    here.crowd.run(lambda: "clock.ahead" in notices(chair))
