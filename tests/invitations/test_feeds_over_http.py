"""Calendar files over HTTP: as calendars want them, the same from every process, and 304 without making them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from meetingsvc.app import create_app
from meetingsvc.calendars import files
from meetingsvc.config import Config
from meetingsvc.store import feeds
from meetingsvc.store.engine import Busy
from meetingsvc.web.context import Services
from tests.calendar.check import assert_clean
from tests.support.body_app import BodyApp
from tests.support.body_scenario import MINUTE, BodyScenario, Clock, unfolded
from tests.support.browser import Browser
from tests.support.running_service import RunningService


@pytest.fixture
def no_building(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on nothing may be made."""

    def forbid() -> None:
        def refuse(*given: Any, **more: Any) -> bytes:
            raise AssertionError("a file was made")

        for name in ("feed", "meeting_file"):
            monkeypatch.setattr(files, name, refuse)

    return forbid


def paths(body_app: BodyApp) -> list[str]:
    """One of each kind of file, for somebody from Kenya who is invited."""
    scenario = body_app.office
    scenario.schedule()
    kenya = scenario.contact("KEN")
    scenario.invite(kenya)
    return [f"/m/{scenario.meeting}.ics", f"/b/{scenario.body.id}.ics", f"/feeds/{scenario.feed(kenya)}.ics"]


# ------------------------------------------------------------------------------------------------------------- HTTP


def test_files_are_served_as_calendars_want_them(body_app: BodyApp) -> None:
    for path in paths(body_app):
        answer = body_app.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert answer.headers["Content-Disposition"].startswith('inline; filename="')
        assert answer.headers["Cache-Control"] == "private, max-age=300"
        assert answer.headers["ETag"].startswith('"') and "Last-Modified" in answer.headers
        assert "Set-Cookie" not in answer.headers and "Accept" not in answer.headers.get("Vary", "").split(", ")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        head = body_app.get(path, "HEAD")
        assert head.status_code == 200 and head.data == b"" and head.headers["ETag"] == answer.headers["ETag"]
        assert "METHOD" not in answer.text and "ATTENDEE" not in answer.text
        assert_clean(answer.data, profile="feed" if "/m/" not in path else None, parsers=False)


def test_304_does_not_make_the_file(body_app: BodyApp, no_building: Callable[[], None]) -> None:
    here = paths(body_app)
    body_app.office.wait(5_000)  # what has just changed may change again in the same second, which no date tells apart
    seen = {path: body_app.get(path) for path in here}
    no_building()
    for path, answer in seen.items():
        for given in (
            {"If_None_Match": answer.headers["ETag"]},
            {"If_None_Match": f'"other", W/{answer.headers["ETag"]}'},
            {"If_None_Match": "*"},
            {"If_Modified_Since": answer.headers["Last-Modified"]},
        ):
            again = body_app.get(path, **given)
            assert (again.status_code, again.data) == (304, b""), (path, given)
            assert again.headers["ETag"] == answer.headers["ETag"]
            assert again.headers["Cache-Control"] == "private, max-age=300"
        assert body_app.get(path).data == answer.data, "who asks without a mark gets what was made before"


def test_no_date_confirms_the_join_links_to_whom_they_were_taken_from(body_app: BodyApp) -> None:
    scenario, path = body_app.office, paths(body_app)[0]
    grant, secret = body_app.services.links.make(scenario.meeting, "chair")
    browser = Browser(body_app.app)
    browser.claim(secret)
    scenario.wait(5_000)
    before = browser.get(path)
    assert "https://video.example/room-1" in before.text.replace("\r\n ", "")
    body_app.services.links.revoke(scenario.meeting, grant.id)
    after = browser.get(path, headers={"If-Modified-Since": before.headers["Last-Modified"]})
    assert after.status_code == 200 and "video.example" not in after.text, "else its copy would stay good"
    assert browser.get(path, headers={"If-None-Match": before.headers["ETag"]}).status_code == 200
    assert body_app.get(path, If_Modified_Since=before.headers["Last-Modified"]).status_code == 304


def test_a_second_change_of_one_second_reaches_who_asks_by_date(body_app: BodyApp) -> None:
    scenario, here = body_app.office, paths(body_app)
    for at in (100, 300, 2_500):
        scenario.wait(at)
        scenario.do("meeting.retitle", title=f"First {at}")
        seen = {path: body_app.get(path) for path in here}
        scenario.wait(100)
        scenario.do("meeting.retitle", title=f"Second {at}")
        for wait in (0, 60_000):
            scenario.wait(wait)
            for path, before in seen.items():
                again = body_app.get(path, If_Modified_Since=before.headers["Last-Modified"])
                assert again.status_code == 200 and f"Second {at}" in again.text, (path, at, wait)
        later = {path: body_app.get(path).headers["Last-Modified"] for path in seen}
        assert {body_app.get(path, If_Modified_Since=date).status_code for path, date in later.items()} == {304}


def test_if_none_match_counts_and_not_the_date_beside_it(body_app: BodyApp) -> None:
    for path in paths(body_app):
        answer = body_app.get(path)
        stale = body_app.get(path, If_None_Match='"old"', If_Modified_Since=answer.headers["Last-Modified"])
        assert stale.status_code == 200


def test_every_change_makes_another_mark_and_a_later_date(body_app: BodyApp) -> None:
    scenario, seen = body_app.office, {path: body_app.get(path) for path in paths(body_app)}
    changes: list[Callable[[], object]] = [
        lambda: scenario.move("2026-12-11T15:00", "2026-12-11T18:00"),
        lambda: scenario.do("meeting.retitle", title="Consultations"),
        lambda: scenario.do("agenda.add_item", title="Adoption of the agenda"),
        lambda: scenario.do("meeting.set_channels", channels=[{"kind": "phone", "address": "tel:+4122000000"}]),
        lambda: scenario.contacts.put_body(replace(scenario.body, organizer_name="The secretariat of the Group")),
        lambda: scenario.do("meeting.cancel"),
        scenario.undo,
    ]
    for change in changes:
        scenario.wait()
        change()
        for path, before in seen.items():
            answer = body_app.get(path, If_None_Match=before.headers["ETag"])
            assert answer.status_code == 200 and answer.headers["ETag"] != before.headers["ETag"]
            assert body_app.get(path, If_Modified_Since=before.headers["Last-Modified"]).status_code == 200
            assert_clean(answer.data, previous=before.data, parsers=False)
            seen[path] = answer


def test_what_is_not_there_and_what_was_taken_back_look_the_same(body_app: BodyApp) -> None:
    scenario = body_app.office
    good = paths(body_app)
    kenya = scenario.contacts.contacts_of(scenario.body.id)[0]
    (feed,) = scenario.calendar_files.feeds_of(kenya.id)
    assert body_app.get(good[2]).status_code == 200
    scenario.calendar_files.revoke_feed(kenya.id, feed.id)
    wrong = [
        good[2],
        "/feeds/" + "x" * 32 + ".ics",
        "/feeds/x.ics",
        "/feeds/%00.ics",
        "/feeds/" + "x" * 300 + ".ics",
        "/m/aaaaaaaaaa.ics",
        "/m/nothing.ics",
        "/b/aaaaaaaaaa.ics",
        "/b/%2e%2e.ics",
        f"/b/{scenario.meeting}.ics",
    ]
    bodies = set()
    for path in wrong:
        answer = body_app.get(path)
        assert answer.status_code == 404, path
        bodies.add(answer.text)
    assert len({len(body) for body in bodies}) == 1


def test_a_revoked_address_is_404_also_for_who_has_the_file(body_app: BodyApp) -> None:
    path = paths(body_app)[2]
    tag = body_app.get(path).headers["ETag"]
    kenya = body_app.office.contacts.contacts_of(body_app.office.body.id)[0]
    body_app.office.calendar_files.revoke_feed(kenya.id, body_app.office.calendar_files.feeds_of(kenya.id)[0].id)
    assert body_app.get(path, If_None_Match=tag).status_code == 404


def test_secrets_of_feeds_stand_in_no_log(body_app: BodyApp, caplog: pytest.LogCaptureFixture) -> None:
    path = paths(body_app)[2]
    secret = path.split("/")[2].removesuffix(".ics")
    with caplog.at_level("DEBUG"):
        body_app.get(path)
    assert caplog.records and secret not in caplog.text


def test_one_feed_cannot_be_fetched_without_end(body_app: BodyApp) -> None:
    path = paths(body_app)[2]
    statuses = [body_app.get(path).status_code for _ in range(70)]
    assert statuses[0] == 200 and statuses[-1] == 429
    assert body_app.get(f"/b/{body_app.office.body.id}.ics").status_code == 200


def test_fetches_are_noted_and_never_get_in_the_way(body_app: BodyApp, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario, path = body_app.office, paths(body_app)[2]
    for _ in range(3):
        body_app.get(path, User_Agent="Calendar/2.1")
        scenario.wait(MINUTE)
    (life,) = scenario.planner.life(scenario.meeting).people
    fetch = life.feeds[0].fetch
    assert fetch is not None and (fetch.count, fetch.agent) == (1, "Calendar/2.1")
    scenario.wait(20 * MINUTE)

    def busy(*given: Any) -> None:
        raise Busy("locked")

    with monkeypatch.context() as patched:
        patched.setattr(feeds, "fetched", busy)
        assert body_app.get(path).status_code == 200
    body_app.get(path)
    again = scenario.planner.life(scenario.meeting).people[0].feeds[0].fetch
    assert again is not None and again.count == 2


def test_robots_may_read_calendars(body_app: BodyApp) -> None:
    answer = body_app.get("/robots.txt")
    assert answer.status_code == 200 and "Allow: /feeds/" in answer.text and "Disallow: /join/" in answer.text


def test_the_language_is_asked_for_by_the_address_and_nothing_else(body_app: BodyApp) -> None:
    scenario = body_app.office
    path = paths(body_app)[1]
    plain = body_app.get(path)
    assert body_app.get(path, Accept_Language="fr").data == plain.data
    assert body_app.get(f"{path}?lang=xx%0d%0aX-EVIL:1").status_code == 200
    assert "Set-Cookie" not in body_app.get(f"{path}?lang=en").headers
    assert f"SOURCE;VALUE=URI:http://127.0.0.1:8000/b/{scenario.body.id}.ics\n" in unfolded(plain.data)


def test_the_rich_variant_is_chosen(body_app: BodyApp) -> None:
    path = paths(body_app)[1]
    assert "VLOCATION" not in body_app.get(path).text
    rich = body_app.get(f"{path}?rich=1")
    assert "VLOCATION" in rich.text
    assert_clean(rich.data, rich=True, parsers=False)


# ---------------------------------------------------------------------------------------------------- two processes


def test_a_feed_fetched_from_two_processes_is_the_same_bytes_and_304(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    other = tmp_path / "two"
    other.mkdir()
    url, database = "http://127.0.0.1:9", str(folder / "meetingsvc.db")
    shared = {"MEETINGSVC_PUBLIC_URL": url, "MEETINGSVC_DATABASE_URL": database, "MEETINGSVC_SECRET_KEY": "s" * 40}
    clock = Clock()
    app = create_app(Config.load(shared | {"MEETINGSVC_ASYNC_MODE": "threading"}), clock)
    services: Services = app.extensions["meetingsvc"]
    scenario = BodyScenario(services.meetings.database, clock)
    scenario.meetings, scenario.links = services.meetings, services.links
    scenario.served_by(services.invitations)
    scenario.schedule("2026-12-11T10:00/2026-12-11T13:00", "2026-12-12T10:00/2026-12-12T13:00")
    kenya = scenario.contact("KEN")
    scenario.invite(kenya)
    scenario.series(3)
    paths = [f"/m/{scenario.meeting}.ics", f"/b/{scenario.body.id}.ics", f"/feeds/{scenario.feed(kenya)}.ics"]
    services.broadcasters.close()
    services.meetings.database.close()
    first, second = RunningService(folder, shared).start(), RunningService(other, shared).start()
    try:
        for path in paths:
            one, two = (each.http.get(each.url + path, timeout=30) for each in (first, second))
            assert (one.status_code, two.status_code) == (200, 200), one.text
            assert one.content == two.content and one.headers["ETag"] == two.headers["ETag"]
            again = second.http.get(second.url + path, headers={"If-None-Match": one.headers["ETag"]}, timeout=30)
            assert again.status_code == 304
    finally:
        first.stop()
        second.stop()
