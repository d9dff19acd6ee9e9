"""Token buckets, by a clock the tests hold: who acts, who looks, who guesses; by identity, connection and address."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from meetingsvc.token_bucket import Bucket
from meetingsvc.web.rate_limit import (
    CONNECTION,
    GRANTS_REMEMBERED,
    GUESSES,
    KEYS_REMEMBERED,
    LOOKS,
    OF_ADDRESS,
    OF_CONNECTION,
    TRIES,
    Buckets,
    RateLimits,
)
from tests.support.browser import ORIGIN, Browser, Meeting, services_of
from tests.web.test_page_cache import calls


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_delegate_has_five_at_once_and_one_a_second() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    assert [limits.wait("a", "delegate", f"k{n}") > 0 for n in range(7)] == [False] * 5 + [True] * 2
    clock.now = 1.0
    assert limits.wait("a", "delegate", "k9") == 0
    assert 0 < limits.wait("a", "delegate", "k10") <= 1
    clock.now = 1_000.0
    assert [limits.wait("a", "delegate", f"l{n}") > 0 for n in range(6)] == [False] * 5 + [True]


def test_the_chairs_side_works_by_keyboard_and_program() -> None:
    limits = RateLimits(Clock())
    assert not any(limits.wait("c", "chair", f"k{n}") for n in range(200))
    assert limits.wait("c", "chair", "more") > 0


def test_the_same_key_is_free_until_even_that_is_a_flood() -> None:
    limits = RateLimits(Clock())
    free = [limits.tries("a", "delegate") or limits.wait("a", "delegate", "once") for _ in range(int(TRIES[1]))]
    assert not any(free)
    assert limits.tries("a", "delegate") > 0


def test_a_key_that_was_refused_a_token_is_not_free_afterwards() -> None:
    limits = RateLimits(Clock())
    for n in range(5):
        limits.wait("a", "delegate", f"k{n}")
    assert limits.wait("a", "delegate", "late") > 0
    assert limits.wait("a", "delegate", "late") > 0


def test_one_grant_does_not_slow_another() -> None:
    limits = RateLimits(Clock())
    for n in range(50):
        limits.wait("a", "delegate", f"k{n}")
    assert limits.wait("b", "delegate", "k") == 0


def test_memory_is_bounded() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    for n in range(GRANTS_REMEMBERED + 100):
        limits.wait(f"g{n}", "delegate", "k")
    assert len(limits._held) == GRANTS_REMEMBERED
    for n in range(500):
        clock.now += 1
        limits.wait("a", "delegate", f"k{n}")
    assert len(limits._held["a"].keys) == KEYS_REMEMBERED


# ---------------------------------------------------------------------------------------------- looks and guesses


class Connection:
    """What the server has of one TCP connection."""

    def __init__(self, who: str | None = None) -> None:
        self.buckets: dict[Any, Any] = {}
        self.who = who


def request(connection: object = None, address: str = "203.0.113.9", port: int | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"REMOTE_ADDR": address}
    return made | ({CONNECTION: connection} if connection else {}) | ({"REMOTE_PORT": str(port)} if port else {})


def test_a_bucket_fills_up_to_its_burst_and_no_further() -> None:
    bucket = Bucket(2, 3, 0.0)
    assert [bucket.wait(0.0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert bucket.wait(0.25) == 0.25, "what is refused takes nothing"
    assert bucket.wait(0.5) == 0
    assert [bucket.wait(1_000.0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert bucket.wait(10.0) == 0.5, "a clock that goes back gives nothing"
    assert Bucket(1, 10, 0.0).wait(0.0, 11) == 1


def test_one_connection_is_stopped_and_no_other() -> None:
    limits, flood = RateLimits(Clock()), request(Connection())
    waits = [limits.request(flood) for _ in range(OF_CONNECTION[1] + 1)]
    assert not any(waits[:-1]) and 0 < waits[-1] <= 1 / OF_CONNECTION[0]
    assert limits.request(request(Connection())) == 0, "the same address, another connection"


def test_who_is_known_is_not_stopped_for_strangers_of_the_same_proxy() -> None:
    limits, of_the_proxy = RateLimits(Clock()), Connection()
    while not limits.request(request(of_the_proxy)):
        pass
    of_the_proxy.who = "the chair's grant"
    waits = [limits.request(request(of_the_proxy)) for _ in range(OF_CONNECTION[1])]
    assert not any(waits)
    assert limits.request(request(Connection("the chair's grant"))) > 0, "over however many connections"
    of_the_proxy.who = None
    assert limits.request(request(of_the_proxy)) > 0


def test_without_an_object_of_the_servers_the_port_tells_connections_apart() -> None:
    limits = RateLimits(Clock())
    for _ in range(OF_CONNECTION[1]):
        limits.request(request(port=1))
    assert limits.request(request(port=1)) > 0 and limits.request(request(port=2)) == 0
    assert limits.request(request()) == 0, "where nothing tells them apart, nobody is stopped for another"


def test_three_hundred_delegates_sit_behind_one_address() -> None:
    """Each loads a page with all that belongs to it, in the same moment."""
    limits, people = RateLimits(Clock()), [Connection() for _ in range(300)]
    assert not any(limits.request(request(one)) for one in people for _ in range(25))


def test_an_address_is_stopped_in_the_end() -> None:
    limits = RateLimits(Clock())
    waits = [limits.request(request(Connection())) for _ in range(int(OF_ADDRESS[1]) + 1)]
    assert not any(waits[:-1]) and waits[-1] > 0
    assert limits.request(request(Connection(), "203.0.113.10")) == 0


def test_what_is_counted_of_a_connection_goes_with_it() -> None:
    limits, connection = RateLimits(Clock()), Connection()
    limits.request(request(connection))
    limits.guess(request(connection))
    gone = weakref.ref(connection)
    del connection
    gc.collect()
    assert gone() is None
    buckets = Buckets(1, 1, most=10)
    for n in range(100):
        buckets.of(n, 0.0)
    assert len(buckets) == 10


# -------------------------------------------------------------------------------------------------------- over HTTP


@pytest.fixture
def limits(app: Flask) -> Iterator[RateLimits]:
    """Fresh buckets, and a clock that stands."""
    services = services_of(app)
    was, services.limits = services.limits, RateLimits(Clock())
    yield services.limits
    services.limits = was


def get(app: Flask, path: str, connection: object, **headers: str) -> TestResponse:
    base = {CONNECTION: connection, "REMOTE_ADDR": "203.0.113.9"}
    return Client(app).get(path, base_url=ORIGIN, headers=headers, environ_overrides=base)


def test_a_flood_of_looks_is_told_to_wait(app: Flask, meeting: Meeting, limits: RateLimits) -> None:
    """Whatever is asked for, through one connection; and what it costs to say so is little."""
    flood, paths = Connection(), ("/api/v1/time", f"/api/v1/meetings/{meeting.id}/state", f"/m/{meeting.id}", "/", "/x")
    for n in range(OF_CONNECTION[1]):
        assert limits.request(request(flood)) == 0, n
    for path in paths:
        answer = get(app, path, flood)
        assert answer.status_code == 429 and int(answer.headers["Retry-After"]) >= 1, path
        assert "Too many requests" in answer.text
        assert calls(lambda path=path: get(app, path, flood)) < 3_000, path  # type: ignore[misc]
    assert get(app, "/healthz", flood).status_code == 200 and get(app, "/readyz", flood).status_code == 200
    assert get(app, "/", Connection()).status_code == 200


def test_a_form_and_a_command_of_a_flood_are_not_read(app: Flask, meeting: Meeting, limits: RateLimits) -> None:
    flood = Connection()
    while not limits.request(request(flood)):
        pass
    for path in ("/leave", f"/api/v1/meetings/{meeting.id}/commands/meeting.open"):
        base = {CONNECTION: flood, "REMOTE_ADDR": "203.0.113.9"}
        assert Client(app).post(path, base_url=ORIGIN, data=b"{}", environ_overrides=base).status_code == 429


def test_a_proxy_is_not_believed_about_addresses(app: Flask, limits: RateLimits) -> None:
    while not limits.request(request(Connection())):
        pass
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        assert get(app, "/", Connection(), **{name: "198.51.100.7"}).status_code == 429


def test_one_link_looks_only_so_often_through_however_many_connections(
    app: Flask, meeting: Meeting, limits: RateLimits
) -> None:
    path = f"/api/v1/meetings/{meeting.id}/state"
    chair = {"Authorization": f"Bearer {meeting.secrets['chair']}"}
    while not limits.look(meeting.grants["chair"]):
        pass
    answer = get(app, path, Connection(), **chair)
    assert answer.status_code == 429 and answer.get_json()["code"] == "http.too_many" and answer.headers["Retry-After"]
    other = {"Authorization": f"Bearer {meeting.secrets['secretary']}"}
    assert get(app, path, Connection(), **other).status_code == 200
    assert meeting.act("chair", "meeting.open").status_code == 200, "looks do not take acts away"


def test_one_browser_looks_only_so_often(app: Flask, meeting: Meeting, limits: RateLimits) -> None:
    browser, page = Browser(app), f"/m/{meeting.id}/room"
    browser.claim(meeting.secrets["room"])
    answers = [browser.get(page).status_code for _ in range(LOOKS[1] + 2)]
    assert set(answers[:-2]) == {200} and answers[-1] == 429


def test_wrong_secrets_are_bounded_in_each_connection(app: Flask, meeting: Meeting, limits: RateLimits) -> None:
    """A right one is never refused for the wrong ones before it; and no other connection hears of it."""
    guesser, state = Connection(), f"/api/v1/meetings/{meeting.id}/state"

    def guess(n: int, connection: object = guesser) -> int:
        wrong = f"{n:032x}"
        asked = (
            (f"/join/{wrong}", {}),
            (f"/feeds/{wrong}.ics", {}),
            (state, {"Authorization": f"Bearer {wrong}"}),
        )[n % 3]
        return get(app, asked[0], connection, **asked[1]).status_code

    assert {guess(n) for n in range(GUESSES[1])} == {404, 403}
    assert {guess(n) for n in range(30)} == {429}
    assert guess(1, Connection()) == 404
    right = get(app, state, guesser, Authorization=f"Bearer {meeting.secrets['chair']}")
    assert right.status_code == 200 and get(app, f"/join/{meeting.secrets['AZE']}", guesser).status_code == 200
    assert calls(lambda: guess(2)) < 4_000, "one look at an index, and no page of its own"
