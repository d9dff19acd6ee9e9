"""Personal links: strong, stored as digests, revocable; and the browser sessions that claimed them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import sqlalchemy as sa

from meetingsvc.store.engine import Database
from meetingsvc.store.links import ENDING_MS, SESSION_LIFE_MS, Grant, Links
from meetingsvc.store.tables import browser_sessions, grants, session_grants
from tests.support.meeting_scenario import Clock, at_once

M = "abcdefghij"


@pytest.fixture
def links(database: Database, clock: Clock) -> Links:
    return Links(database, clock)


def test_a_link_is_found_by_its_secret_and_by_nothing_else(links: Links) -> None:
    grant, secret = links.make(M, "delegate", 7, "Switzerland, phone")
    assert links.find(secret) == grant and links.get(grant.id) == grant
    assert (grant.meeting, grant.role, grant.delegation, grant.label) == (M, "delegate", 7, "Switzerland, phone")
    for wrong in ("", secret[:-1], secret + "x", secret.swapcase(), grant.id, "x" * 10_000, "\ud800", "%", "a\x00"):
        assert links.find(wrong) is None
        assert links.claim(wrong) is None
        assert links.session(wrong) == {}
    assert links.get("nobody") is None


def test_secrets_are_strong_and_never_stored(links: Links, database: Database) -> None:
    made = links.make_many(M, [("follower", None, "")] * 200)
    secrets = {secret for _, secret in made}
    assert len(secrets) == 200 and min(map(len, secrets)) >= 32  # 32 signs of 6 bits
    assert len({grant.id for grant, _ in made}) == 200
    session, _ = links.claim(made[0][1]) or ("", 0)
    stored = database.read(
        lambda c: [
            str(row) for table in (grants, browser_sessions, session_grants) for row in c.execute(table.select())
        ]
    )
    assert not any(secret in row for secret in (*secrets, session) for row in stored)


@pytest.mark.parametrize(("role", "delegation"), [("clock", None), ("delegate", None), ("chair", 3), ("", None)])
def test_there_are_no_links_for_what_nobody_is(links: Links, role: str, delegation: int | None) -> None:
    with pytest.raises(ValueError, match="no link"):
        links.make_many(M, [("chair", None, ""), (role, delegation, "")])
    assert links.of_meeting(M) == []


def test_a_link_that_was_taken_back_says_so_for_ever(links: Links, clock: Clock) -> None:
    told: list[Grant] = []
    links.on_revoke(told.append)
    (chair, _), (room, secret) = links.make(M, "chair"), links.make(M, "room")
    session, number = links.claim(secret) or ("", 0)
    assert links.revoke("otherxxxxx", room.id) is None and links.revoke(M, "nobody") is None and not told
    clock.now += 5_000
    revoked = links.revoke(M, room.id)
    assert revoked and revoked.revoked_at == clock.now and told == [revoked]
    clock.now += 5_000
    again = links.revoke(M, room.id)
    assert again and again.revoked_at == clock.now - 5_000, "the first time counts"
    found = links.find(secret)
    assert found and found.revoked_at and links.session(session)[number].revoked_at
    assert links.claim(secret) is None
    assert links.revoked([chair.id, room.id, "nobody"]) == [room.id, "nobody"] and links.revoked([]) == []
    assert {grant.id: grant.revoked_at for grant in links.of_meeting(M)} == {
        chair.id: None,
        room.id: clock.now - 5_000,
    }


def test_four_links_in_one_browser_are_four_people(links: Links) -> None:
    made = [links.make(M, role) for role in ("chair", "secretary", "room")] + [links.make(M, "delegate", 7)]
    session: str | None = None
    numbers = []
    for _, secret in made:
        session, number = links.claim(secret, session) or ("", 0)
        numbers.append(number)
    assert numbers == [1, 2, 3, 4] and session
    held = links.session(session)
    assert {number: grant.id for number, grant in held.items()} == {n: made[n - 1][0].id for n in numbers}
    assert all(grant.number == number for number, grant in held.items())
    again = links.claim(made[1][1], session)
    assert again and again[1] == 2 and len(links.session(again[0])) == 4
    other = links.claim(made[1][1])
    assert other and other[1] == 1 and len(links.session(other[0])) == 1


def test_each_claim_makes_a_new_session_so_that_a_planted_one_gains_nothing(links: Links, clock: Clock) -> None:
    (_, planted), (mine, secret) = links.make(M, "follower"), links.make(M, "chair")
    theirs, _ = links.claim(planted) or ("", 0)
    ours, number = links.claim(secret, theirs) or ("", 0)
    assert ours != theirs and links.session(ours)[number].id == mine.id
    assert mine.id not in {grant.id for grant in links.session(theirs).values()}
    clock.now += ENDING_MS
    assert links.session(theirs) == {} and links.session(ours)


def test_a_session_that_is_unknown_ended_or_too_old_holds_nothing(links: Links, clock: Clock) -> None:
    _, secret = links.make(M, "chair")
    made_up = links.claim(secret, "made-up")
    assert made_up and made_up[0] != "made-up" and made_up[1] == 1
    links.end(made_up[0])
    assert links.session(made_up[0]) == {} and links.find(secret)
    kept, _ = links.claim(secret) or ("", 0)
    clock.now += SESSION_LIFE_MS - 1
    assert links.session(kept)
    clock.now += 1
    assert links.session(kept) == {}
    anew = links.claim(secret, kept)
    assert anew and anew[1] == 1 and links.session(anew[0])


def test_claims_at_the_same_instant_all_count(links: Links) -> None:
    made = [links.make(M, "delegate", n) for n in range(1, 9)]
    found = at_once([partial(links.claim, secret) for _, secret in made])
    assert all(isinstance(claim, tuple) and claim[1] == 1 for claim in found), found
    assert len({claim[0] for claim in found if isinstance(claim, tuple)}) == 8


def test_links_survive_a_restart(links: Links, database: Database) -> None:
    grant, secret = links.make(M, "chair")
    session, number = links.claim(secret) or ("", 0)
    fresh = Links(database)
    assert fresh.find(secret) == grant and number == 1
    assert database.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(grants)).scalar_one()) == 1
    assert session


def test_what_is_taken_back_is_found_by_every_process_whatever_their_clocks_say(
    url: str, opened: Callable[..., Database], clock: Clock
) -> None:
    behind = Clock()
    behind.now -= 3_600_000
    here, there = Links(opened(url), clock), Links(opened(url), behind)
    made = [grant.id for grant, _ in here.make_many(M, [("room", None, "")] * 1_203)]
    there.revoke(M, made[0])
    there.revoke(M, made[-1])
    assert here.revoked(made) == [made[0], made[-1]]


def test_a_secret_is_never_taken_for_an_option(links: Links) -> None:
    """`replay --link SECRET`: one in 64 began with a dash."""
    made = links.make_many(M, [("follower", None, "")] * 1_000)
    assert not any(secret.startswith("-") for _, secret in made)
