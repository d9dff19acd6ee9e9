"""Limits of connections below the system's descriptors; the oldest that asked for nothing makes way; a public share."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from meetingsvc.live.http import connection_limits
from meetingsvc.live.http.connection import host_of
from meetingsvc.live.http.connection_limits import ConnectionLimits, Crowd


class Someone:
    def __init__(self, who: str | None = None, address: str = "10.0.0.1") -> None:
        self.who, self.host, self.public = who, address, False


def full(most: int, **kinds: int) -> tuple[ConnectionLimits, list[Any]]:
    made, rows = ConnectionLimits(most), list[Any]()
    for kind, count in kinds.items():
        for _ in range(count):
            rows.append(Someone("grant" if kind == "firm" else None))
            assert made.came(rows[-1]) is None
            if kind != "loose":
                made.asks(rows[-1])
    return made, rows


def test_the_oldest_that_asked_for_nothing_makes_way() -> None:
    made, rows = full(4, firm=1, asking=1, loose=2)
    newcomer: Any = Someone()
    assert made.came(newcomer) is rows[2]
    assert len(made) == 4


def test_of_a_crowd_and_somebody_from_elsewhere_the_crowd_makes_way() -> None:
    made, rows = full(4, loose=2)
    elsewhere: Any = Someone(address="10.0.0.2")
    made.came(elsewhere)
    rows += [Someone() for _ in range(20)]
    gone = [made.came(row) for row in rows[2:]]
    assert gone[0] is None and gone[1:] == rows[: len(gone) - 1], "the oldest of those who are many"
    made.left(elsewhere)
    assert len(made) == 3


def test_who_has_most_is_known_at_any_moment() -> None:
    crowd, here, draw = Crowd(), list[Any](), Random(11)
    for n in range(3_000):
        if here and draw.random() < (0.3 if n < 1_500 else 0.7):
            gone = here.pop(draw.randrange(len(here)))
            assert crowd.remove(gone) and not crowd.remove(gone)
        else:
            here.append(Someone(address=f"10.0.0.{min(draw.randrange(9), draw.randrange(9))}"))
            crowd.add(here[-1], here[-1].host)
        count = Counter(each.host for each in here)
        first: Any = crowd.first()
        assert (first is None) == (not here) and (first is None or count[first.host] == max(count.values()))
        assert first is next((each for each in here if first and each.host == first.host), None), "its oldest"
        assert (crowd.first(above=3) is None) == (max(count.values(), default=0) <= 3)


def test_a_stranger_we_wait_for_makes_way_whatever_it_has_asked() -> None:
    made, rows = full(3, asking=3)
    made.waits(rows[1])
    assert made.came(Someone(address="10.0.0.9")) is rows[1]  # type: ignore[arg-type]
    known: Any = Someone("grant")
    made.left(rows[0])
    made.came(known)
    made.asks(known)
    made.waits(known)
    assert made.make_way(9) and known in made.every(), "a press keeps its place while its body comes"


def test_then_the_oldest_strangers_request() -> None:
    made, rows = full(3, firm=1, asking=2)
    assert made.came(Someone()) is rows[1]  # type: ignore[arg-type]


def test_whoever_is_known_is_never_sent_away() -> None:
    made, _ = full(2, firm=2)
    newcomer: Any = Someone()
    assert made.came(newcomer) is newcomer


def test_of_one_person_with_a_crowd_of_requests_the_oldest_makes_way() -> None:
    """A link of any kind would else keep the chair out, with bodies that drip."""
    made, rows = full(connection_limits.ASKING_EACH + 2, firm=connection_limits.ASKING_EACH + 1)
    chair: Any = Someone()
    assert made.came(chair) is None
    assert made.came(Someone()) is rows[0], "not the chair, whose head is not read yet"  # type: ignore[arg-type]
    chair.who = "chair"
    made.asks(chair)
    assert made.came(Someone(address="10.0.0.9")) is not chair  # type: ignore[arg-type]


def test_a_person_with_all_places_makes_way_for_others() -> None:
    """One link on keep-alive connections, and then on sockets: whoever comes finds a place."""
    made, rows = full(8, firm=8)
    for row in rows:
        made.answered(row)
    rows.append(Someone("chair"))
    assert made.came(rows[8]) is rows[0], "the oldest that rests, of whoever has most"
    made.asks(rows[8])
    made, rows = full(connection_limits.SOCKETS_EACH + 3, firm=connection_limits.SOCKETS_EACH + 1, asking=0)
    for row in rows:
        assert made.joined(row, public=False)
    others: list[Any] = [Someone("chair"), Someone("secretary"), Someone()]
    for row in others[:2]:
        made.came(row)
        made.asks(row)
        assert made.joined(row, public=False)
    assert made.came(others[2]) is rows[0]
    made.asks(others[2])
    assert made.came(Someone()) is others[2], "within twenty each, sockets stay"  # type: ignore[arg-type]


def test_a_stranger_that_was_answered_is_loose_again() -> None:
    made, rows = full(2, asking=2)
    made.answered(rows[1])
    assert made.came(Someone()) is rows[1]  # type: ignore[arg-type]


def test_the_public_has_its_share_of_sockets_and_no_more() -> None:
    made, rows = full(8, loose=8)
    let_in = [made.joined(row, public=True) for row in rows]
    assert let_in == [True] * 6 + [False] * 2
    assert made.joined(rows[7], public=False)
    made.left(rows[0])
    assert made.joined(rows[6], public=True)


def test_answers_that_nobody_fetches_are_bounded_all_together(monkeypatch: Any) -> None:
    monkeypatch.setattr(connection_limits, "UNSENT_MOST", 100)
    made, rows = full(4, loose=3)
    rows.append(Someone("grant"))
    assert made.sending(rows[3], 40) == [] and made.sending(rows[0], 40) == []
    assert made.sending(rows[1], 40) == [rows[0]], "the stranger, not whoever is known"
    made.sent(rows[1])
    assert made.sending(rows[2], 60) == []


def test_the_systems_limit_leaves_a_reserve(monkeypatch: Any) -> None:
    for limit, expected in ((120, 60), (1024, 896), (1_000_000, 20_000), (10, 8)):
        monkeypatch.setattr(connection_limits.resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        assert connection_limits.most_connections(20_000) == expected


def test_a_network_of_ipv6_is_one_host() -> None:
    assert host_of("2001:db8::1") == host_of("2001:db8:0:0:ffff::9") != host_of("2001:db8:0:1::1")
    assert host_of("::ffff:10.0.0.1") == host_of("10.0.0.1") == "10.0.0.1"
    assert host_of("fe80::1%eth0") == host_of("fe80::2") and host_of("local") == "local"


def test_a_request_that_waits_has_the_place_of_a_socket_and_then_its_own_again() -> None:
    made, rows = full(4, firm=2, asking=2)
    assert [made.joined(row, public=row.who is None) for row in rows] == [True] * 4 and made.public == 2
    assert made.came(Someone()) is not None, "all places are taken"  # type: ignore[arg-type]
    for row in rows:
        made.goes_on(row)
        assert not row.public
    assert made.public == 0 and len(made) == 4
    assert made.came(Someone()) is rows[2], "a stranger's request again"  # type: ignore[arg-type]
    made.goes_on(rows[2])
    assert len(made) == 4, "who had to make way has no place by going on"
