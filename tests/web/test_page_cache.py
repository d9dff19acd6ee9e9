"""What is public costs little, or was made before: by the calls of functions it takes, whatever else is asked for."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import secrets
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, Response
from werkzeug.routing import Rule
from werkzeug.test import Client, TestResponse

from meetingsvc.bounded_cache import BESIDE, BoundedCache
from meetingsvc.core.kernel import Refused
from meetingsvc.store.tables import log, members
from meetingsvc.web import page_cache as keeping
from meetingsvc.web.page_cache import cached_answer
from tests.support.browser import ORIGIN, Browser, Meeting, said, services_of
from tests.web.secretariat import BodyPages

#: Calls of Python and C functions that an answer may take, the test client's own among them: well under a millisecond
#: of which nothing grows with what is shown.
MOST_CALLS = 5_000
SIGNS = "nonsense"


def get(app: Flask, path: str, **headers: str) -> TestResponse:
    return Client(app).get(path, base_url=ORIGIN, headers=headers, environ_base={"REMOTE_ADDR": "203.0.113.9"})


def calls(act: Callable[[], object]) -> int:
    """How many functions were called."""
    count = 0

    def note(_frame: Any, event: str, _of: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


def odd(path: str) -> str:
    """The same with a question that nobody asks, another each time."""
    more = f"x{secrets.token_hex(4)}=1&lang={SIGNS}{secrets.token_hex(4)}&rich={secrets.token_hex(2)}&done=1&last=7"
    return f"{path}{'&' if '?' in path else '?'}{more}"


def gets(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]


@pytest.fixture
def crowded(office: BodyPages) -> tuple[BodyPages, str]:
    """A body of sixty meetings; one of them with many entries, items, and States on a list."""
    days = [f"2027-{1 + n % 12:02}-05" for n in range(60)]
    times = [[{"starts": f"{day}T10:00", "ends": f"{day}T13:00"}] for day in days]
    ids = [office.meeting(title=f"Meeting {n}", sessions=times[n]) for n in range(60)]
    meeting = Meeting(office.app, ids[0])
    for n in range(120):
        meeting.do("agenda.add_item", title=f"Item {n}")
    meeting.do("meeting.open")
    items = meeting.services.meetings.history(meeting.id).state.agenda.in_order()
    meeting.do("agenda.take_up", item=items[0].id)
    return office, ids[0]


def test_what_is_public_costs_little_or_was_made_before(app: Flask, crowded: tuple[BodyPages, str]) -> None:
    """Every route that answers to GET, asked as by a stranger, a second time, with another odd question."""
    office, meeting = crowded
    number = next(iter(services_of(app).meetings.history(meeting).state.speakers.lists))
    values: dict[str, Any] = {
        "meeting": meeting,
        "body": office.body.id,
        "contact": "0" * 16,
        "token": "x" * 32,
        "lang": "en",
        "name": "js/store.js",
        "number": number,
        "page": "floor",
    }
    paths = [str(built[1]) for rule in gets(app) if (built := rule.build(values, append_unknown=False))]
    paths += [f"/m/{meeting}/calendar?zone=Africa/Nairobi", f"/m/{meeting}/calendar?zone={SIGNS}", "/nothing/here"]
    paths += [f"/api/v1/meetings/{meeting}/log?after={n}" for n in (1, 57)] + ["/static/none.js", "/i18n/xx.json"]
    assert len(paths) > 35
    services = services_of(app)
    for path in paths:
        get(app, odd(path))
    entries, files = len(services.pages), len(services.invitations.calendar_files._files)
    costs = {}
    for path in paths:
        cost = calls(lambda path=path: get(app, odd(path)))  # type: ignore[misc]
        if cost > MOST_CALLS:
            costs[path] = cost
    assert costs == {}
    assert (len(services.pages), len(services.invitations.calendar_files._files)) == (entries, files), (
        "an odd question is no new answer"
    )


def test_the_measure_sees_a_page_that_is_made(app: Flask, crowded: tuple[BodyPages, str]) -> None:
    office, _ = crowded
    assert calls(lambda: get(app, f"/b/{office.body.id}?lang=ru")) > 2 * MOST_CALLS


# ------------------------------------------------------------------------------------- each answer is a right one


def nonces(answer: TestResponse) -> tuple[str, set[str]]:
    policy = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
    assert policy
    return policy[1], set(re.findall(r'nonce="([^"]+)"', answer.text))


def test_each_answer_has_a_nonce_of_its_own(app: Flask, meeting: Meeting) -> None:
    seen = set()
    for _ in range(3):
        of_policy, of_page = nonces(get(app, f"/m/{meeting.id}"))
        assert of_page == {of_policy}
        seen.add(of_policy)
    assert len(seen) == 3


def boot(answer: TestResponse) -> dict[str, Any]:
    text = gzip.decompress(answer.data).decode() if answer.headers.get("Content-Encoding") == "gzip" else answer.text
    found = re.search(r'id="boot">(.*?)</script>', text, re.DOTALL)
    assert found
    made: dict[str, Any] = json.loads(found[1])
    return made


def test_each_answer_has_the_time_as_it_is(app: Flask, meeting: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    for now in (1_700_000_000_000, 1_700_000_123_456):
        monkeypatch.setattr(services_of(app).broadcasters, "now", lambda _, now=now: now)
        for headers in ({}, {"Accept-Encoding": "gzip"}):
            assert boot(get(app, f"/m/{meeting.id}", **headers))["state"]["now"] == now


def test_compressed_and_not_is_the_same(app: Flask, crowded: tuple[BodyPages, str]) -> None:
    office, meeting = crowded
    own = re.compile(rb'nonce="[^"]*"|"now":\d+|"now": \d+')
    paths = (f"/m/{meeting}", f"/b/{office.body.id}", f"/m/{meeting}/calendar?zone=<b>", "/api/openapi.json")
    for path in (*paths, *paths):
        plain, packed = get(app, path), get(app, path, **{"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
        assert own.sub(b"", gzip.decompress(packed.data)) == own.sub(b"", plain.data)
        assert {"Accept-Encoding"} <= set(plain.vary) and plain.content_type == packed.content_type
        if path.startswith(("/m", "/b")):
            assert {"Cookie", "Accept-Language"} <= set(plain.vary)


def test_a_page_shows_what_is_so_now(app: Flask, office: BodyPages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a kept page shows is changed: the next answer shows it."""
    body, contacts = f"/b/{office.body.id}", services_of(app).invitations.contacts
    id = office.meeting(title="First title")
    meeting, calendar = Meeting(app, id), f"/m/{id}/calendar"

    def words(path: str, **headers: str) -> str:
        return said(get(app, path, **headers).text)

    assert (
        "First title" in words(body) and "First title" in words(calendar) and "First title" in get(app, f"/m/{id}").text
    )
    meeting.do("meeting.retitle", title={"en": "Second title", "fr": "Titre deux"})
    for path in (body, calendar, f"/m/{id}"):
        assert "Second title" in get(app, path).text and "First title" not in get(app, path).text
        assert "Titre deux" in get(app, f"{path}?lang=fr").text
    assert "Titre deux" in words(body, **{"Accept-Language": "fr"}) and "Second title" in words(body)
    other = office.meeting(title="One more")
    assert "One more" in words(body) and other in get(app, body).text
    contacts.add_members(office.body.id, [("member", "UGA", None)])
    assert "Uganda" in words(body)
    member = next(row.id for row in contacts.members_of(office.body.id) if row.code == "UGA")
    contacts.remove_member(office.body.id, member)
    assert "Uganda" not in words(body)
    contacts.put_body(replace(office.body, name={"en": "Another name"}))
    assert "Another name" in words(body)
    meeting.do("meeting.open")
    assert "in session" in words(body)
    item = meeting.do("agenda.add_item", title="Fresh item")
    assert "Fresh item" in words(calendar) and "Fresh item" in get(app, f"/m/{id}").text and item
    assert "No meeting is scheduled" not in words(body)
    monkeypatch.setattr(services_of(app).meetings, "clock", lambda: 2_000_000_000_000)  # all of them are over
    assert "No meeting is scheduled" in words(body) and "Past meetings" in words(body)
    monkeypatch.undo()
    assert "No meeting is scheduled" not in words(body), "and a clock that goes back finds what was so then"


def test_the_record_is_what_was_said_now(meeting: Meeting) -> None:
    for n in range(3):
        seq = meeting.do("agenda.add_item", title=f"Item {n}")
        rows = {last: meeting.api(f"record?last={last}").get_json() for last in (50, 1, 2, 0)}
        assert rows[50]["seq"] == seq and rows[0]["said"] == []
        assert rows[1]["said"] == rows[50]["said"][-1:] and rows[2]["said"] == rows[50]["said"][-2:]
        assert rows[1]["said"][0]["seq"] == seq
    assert "role" in meeting.api("record", "chair").get_json()["said"][0]
    assert "role" not in meeting.api("record").get_json()["said"][0]


def test_the_chain_is_read_whole_whatever_one_asks_for(meeting: Meeting) -> None:
    for n in range(320):
        meeting.do("agenda.add_item", title=f"Item {n}") if n < 3 else meeting.do("record.note", text=f"Note {n}")
    rows = meeting.services.meetings.log.rows(meeting.id)
    whole = [{"seq": row.seq, "seal": row.seal, "hash": row.hash} for row in rows]
    for after in (0, 1, 99, 100, 101, 250, len(rows) - 1, len(rows), len(rows) + 5, 2**31 - 1):
        answer = meeting.api(f"log?after={after}").get_json()
        assert answer["rows"] == whole[after : after + 500], after
        assert answer["seq"] == len(rows) and answer["uid"] and answer["meeting"] == meeting.id
    seq = meeting.do("record.note", text="more")
    assert meeting.api(f"log?after={seq - 2}").get_json()["rows"][-1]["seq"] == seq


def test_what_was_typed_stands_in_ones_own_answer_alone(app: Flask, meeting: Meeting) -> None:
    for typed in ('<script>alert("1")</script>', "Mars/Olympus", "%00\x00"):
        text = get(app, f"/m/{meeting.id}/calendar?zone={typed}").text
        assert "<script>alert" not in text and "no time zone of this name" in text
        assert ("Mars/Olympus" in text) == (typed == "Mars/Olympus")
    assert "&lt;script&gt;" in get(app, f"/m/{meeting.id}/calendar?zone=<script>").text
    assert "no time zone of this name" not in get(app, f"/m/{meeting.id}/calendar").text


def test_a_link_is_never_shown_to_others(app: Flask, meeting: Meeting) -> None:
    """The page of whoever has a link is no page of the public, in either order."""
    holder = Browser(app)
    holder.claim(meeting.secrets["follower"])
    for _ in range(2):
        assert boot(get(app, f"/m/{meeting.id}"))["role"] == "public"
        assert boot(holder.get(f"/m/{meeting.id}?as=1"))["role"] == "follower"
        assert boot(holder.get(f"/m/{meeting.id}"))["as"] == 1


def test_a_feed_in_a_language_that_is_none_is_the_usual_one(app: Flask, office: BodyPages) -> None:
    office.meeting()
    feed, usual = f"/b/{office.body.id}.ics", get(app, f"/b/{office.body.id}.ics")
    for lang in ("xx", "EN", "", "fr-CH", "../x"):
        other = get(app, f"{feed}?lang={lang}")
        assert (other.data, other.headers["ETag"]) == (usual.data, usual.headers["ETag"]), lang
    assert get(app, f"{feed}?lang=fr").headers["ETag"] != usual.headers["ETag"]


# ------------------------------------------------------------------------------------------------------- the cache


def test_what_changed_while_it_was_made_is_not_kept(app: Flask) -> None:
    stamps, made = iter([1, 2, 1, 1, 1]), list[int]()

    def make() -> tuple[Response, tuple[int, ...]]:
        made.append(1)
        return Response(f"made {len(made)}"), ()

    with app.test_request_context("/"):
        assert [cached_answer(lambda: next(stamps), make).get_data() for _ in range(3)] == [
            b"made 1",
            b"made 2",
            b"made 2",
        ]


def test_what_holds_for_a_while_is_made_again_after_it(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[int]()

    def make() -> tuple[Response, tuple[int, ...]]:
        made.append(1)
        return Response(f"{len(made)}"), (1_000, 2_000)

    with app.test_request_context("/"):
        for now, told in (
            (500, b"1"),
            (999, b"1"),
            (1_000, b"2"),
            (1_999, b"2"),
            (2_000, b"3"),
            (9_999, b"3"),
            (5, b"4"),
        ):
            monkeypatch.setattr(services_of(app).meetings, "clock", lambda now=now: now)
            assert cached_answer(lambda: "about", make).get_data() == told, now


def test_the_cache_has_a_size() -> None:
    cache = BoundedCache[bytes](100_000)
    for n in range(500):
        cache.put(str(n), b"x" * 1_000, 1_000)
        cache.get("0")
    assert cache.size <= 100_000 and len(cache) == 100_000 // (1_000 + BESIDE)
    assert cache.get("0") and cache.get("499") and not cache.get("1"), "the least used made way"
    cache.put("0", b"", 0)
    assert cache.get("0") == b"" and cache.size <= 100_000
    cache.put("large", b"x" * 200_000, 200_000)
    assert cache.size == 0 and len(cache) == 0


def test_the_digest_knows_the_language_and_the_page(app: Flask) -> None:
    keys = set()
    for path in ("/", "/robots.txt", "/?lang=fr", "/?lang=xx"):
        with app.test_request_context(path):
            app.preprocess_request()
            keys.add(keeping.digest("about"))
    assert len(keys) == 3


def test_what_was_kept_is_made_anew_when_the_database_lost_entries(app: Flask) -> None:
    """A copy that was put in its place has older rows of every kind, in the same number."""
    office = BodyPages(app)
    meetings, path = office.services.meetings, f"/b/{office.body.id}"
    meeting = office.meeting()
    meetings.history(meeting)
    assert "Kenya" in said(get(app, path).text)

    def older(connection: sa.Connection) -> None:
        connection.execute(sa.update(members).where(members.c.code == "KEN").values(code="UGA"))
        last = sa.select(sa.func.max(log.c.seq)).where(log.c.meeting == meeting).scalar_subquery()
        connection.execute(sa.delete(log).where(log.c.meeting == meeting, log.c.seq == last))

    meetings.database.write(older)
    with contextlib.suppress(Refused):
        meetings.history(meeting)
    now = said(get(app, path).text)
    assert "Uganda" in now and "Kenya" not in now
