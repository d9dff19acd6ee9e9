"""What is read of a meeting, and by whom: no audience ever gets bytes that are another's."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from meetingsvc.core.roles import AUDIENCES, ROLES, audiences
from meetingsvc.store.event_log.chain import Row, examine, next_hash
from meetingsvc.store.jcs import jcs
from tests.support.browser import Browser, Meeting
from tests.web.test_missed import where

WHO = {role: "AZE" if role == "delegate" else role for role in ROLES if role != "invitee"}


@pytest.fixture
def told(open_meeting: Meeting) -> Meeting:
    """A meeting with a canary in every place that some audience must not see."""
    open_meeting.do("record.note", text="canary-note")
    open_meeting.do("speakers.inscribe", delegation=open_meeting.delegation("AZE"), channel="paper")
    open_meeting.do(
        "speakers.inscribe", guest={"name": "canary-guest-name", "post": "canary-guest-post"}, channel="email"
    )
    open_meeting.act("BOL", "speakers.request_floor")
    return open_meeting


def all_of(view: Any) -> str:
    return json.dumps(view, ensure_ascii=False)


# ------------------------------------------------------------------------------------------------------------ state


def test_state_carries_what_a_screen_needs(meeting: Meeting) -> None:
    answer = meeting.api("state", "chair").get_json()
    assert answer.keys() == {"meeting", "seq", "epoch", "chain", "files", "now", "audience", "view"}
    head = meeting.services.meetings.log.head(meeting.id)
    assert head is not None
    assert (answer["seq"], answer["chain"]) == (head[0], head[1][:12])
    assert answer["files"] == meeting.services.files.hash
    assert abs(answer["now"] - meeting.services.meetings.clock()) < 5_000


def test_state_is_there_right_after_the_acknowledgement(meeting: Meeting) -> None:
    for n in range(10):
        seq = meeting.act("chair", "agenda.add_item", {"title": f"Item {n}"}).get_json()["seq"]
        assert meeting.api("state").get_json()["seq"] >= seq


def test_state_is_compressed_for_those_who_can_read_it(meeting: Meeting) -> None:
    plain = meeting.api("state", "chair")
    packed = meeting.api("state", "chair", headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip" and len(packed.data) < len(plain.data) / 2
    assert json.loads(gzip.decompress(packed.data))["view"] == plain.get_json()["view"]
    for answer in (plain, packed):
        assert answer.headers["Cache-Control"] == "no-store"
        assert {"Cookie", "Authorization", "Grant", "Accept-Encoding"} <= set(answer.vary)


@pytest.mark.parametrize("role", [*WHO, None])
def test_who_may_read_which_audience(role: str | None, meeting: Meeting) -> None:
    """The table of audiences, seen from outside; without a parameter one's own."""
    who = WHO[role] if role else None
    allowed = audiences(role or "")
    assert meeting.api("state", who).get_json()["audience"] == allowed[0]
    for audience in AUDIENCES:
        answer = meeting.api(f"state?audience={audience}", who)
        if audience in allowed:
            assert answer.get_json()["audience"] == audience
        else:
            assert (answer.status_code, answer.get_json()["code"]) == (403, "rights.audience"), (role, audience)
    for nonsense in ("", "admin", "staff%00", "STAFF", "a" * 1_000):
        assert meeting.api(f"state?audience={nonsense}", who).status_code == 403


# --------------------------------------------------------------------------------------------------------- canaries

#: Canary -> the roles in whose bytes it may stand.
MAY_SEE = {
    "canary-note": {"chair", "secretary"},
    "canary-hidden-item": {"chair", "secretary"},
    "canary-name": {"chair", "secretary", "delegate", "booth"},
    "canary-post": {"chair", "secretary", "delegate", "booth"},
    "canary-guest": {"chair", "secretary", "delegate", "booth"},
    "canary-link": {"chair", "secretary", "delegate", "booth"},
    '"channel"': {"chair", "secretary"},
    '"undoable"': {"chair", "secretary"},
    '"rank"': {"chair", "secretary", "delegate", "booth"},
}


@pytest.mark.parametrize("role", [*WHO, None])
def test_canaries_of_an_audience_are_never_in_anothers_bytes(role: str | None, told: Meeting, browser: Browser) -> None:
    """Every reading and every page that a role can get, scanned as raw bytes."""
    who = WHO[role] if role else None
    base = told.services.meetings.history(told.id).batches[-4].before.seq
    row = told.services.meetings.log.rows(told.id, after=base - 1, upto=base)[0]
    since = where({"seq": base, "chain": row.hash[:12], "epoch": told.api("state").get_json()["epoch"]})
    assert len(told.api(since).get_json()["changes"]) == 4
    paths = ["state", "record?last=50", "log", "log?after=3", *(f"lists/{n}" for n in range(1, told.seq() + 1))]
    asked = [*paths, *(f"{p}{'&' if '?' in p else '?'}audience={a}" for p in paths for a in AUDIENCES)]
    got = [told.api(path, who).text for path in asked]
    got += [told.api(f"{since}&audience={audience}", who).text for audience in AUDIENCES]
    number = ""
    if role and who and ROLES[role].home:
        number = f"?as={browser.claim(told.secrets[who]).rpartition('=')[2]}"
    got += [browser.get(f"/m/{told.id}{page}{number}").text for page in ("", "/chair", "/floor", "/room", "/links")]
    got += [browser.get("/").text]
    for canary, roles in MAY_SEE.items():
        seen = [text for text in got if canary in text]
        if role in roles:
            assert seen, f"{role} does not see {canary}: the canary is dead"
        else:
            assert not seen, f"{role} sees {canary}: {seen[0][:2000]}"


def test_what_a_press_answers_is_filtered_too(told: Meeting) -> None:
    """A delegate's own acknowledgement holds ids only, and no channel."""
    answer = told.act("CUB", "speakers.request_floor")
    assert "canary" not in answer.text and "channel" not in answer.text
    answer = told.act("AZE", "speakers.request_floor")
    assert answer.status_code == 409 and "canary" not in answer.text


# ------------------------------------------------------------------------------------------------------------ lists


def test_a_list_carries_its_rows(told: Meeting) -> None:
    view = told.view("chair")
    number = next(id for id, row in view["speakers"]["lists"].items() if row.get("waiting"))
    answer = told.api(f"lists/{number}", "chair").get_json()
    assert answer["waiting"] == view["speakers"]["lists"][number]["waiting"]
    assert answer["seq"] == told.seq()
    assert told.api(f"lists/{number}").status_code == 200
    for nonsense in ("0", "999999", "-1", "x", "1.5", "9" * 40):
        assert told.api(f"lists/{nonsense}", "chair").status_code == 404


def test_the_list_of_a_hidden_item_is_for_staff(meeting: Meeting) -> None:
    items = meeting.services.meetings.history(meeting.id).state.agenda.items.values()
    hidden = next(item.id for item in items if item.hidden)
    meeting.do("speakers.open_list", item=hidden)
    lists = meeting.services.meetings.history(meeting.id).state.speakers.lists.values()
    number = next(row.id for row in lists if row.item == hidden)
    assert meeting.api(f"lists/{number}", "chair").status_code == 200
    for who in ("AZE", "room", "follower", None):
        assert meeting.api(f"lists/{number}", who).status_code == 404


# ----------------------------------------------------------------------------------------------------------- record


def test_the_record_tells_what_was_said_last(told: Meeting) -> None:
    said = told.api("record?last=4", "chair").get_json()["said"]
    assert [line["code"] for line in said][-1] == "speakers.floor_requested"
    assert len(said) == 4 and [line["seq"] for line in said] == sorted(line["seq"] for line in said)
    assert said[-1]["sentence"] == "Bolivia (Plurinational State of) asked for the floor: statement."
    assert said[-1]["role"] == "delegate"
    public = told.api("record?last=50").get_json()["said"]
    assert all("role" not in line and line["code"] != "record.noted" for line in public)


@pytest.mark.parametrize("query", ["last=51", "last=-1", "last=x", "last=1e9", "last=" + "9" * 5_000, "last=٣"])
def test_a_wrong_number_is_422(query: str, meeting: Meeting) -> None:
    answer = meeting.api(f"record?{query}", "chair")
    assert (answer.status_code, answer.get_json()["facts"]["path"]) == (422, "?last")


# -------------------------------------------------------------------------------------------------------------- log


def rows_of(answer: Any) -> list[Row]:
    made = []
    for row in answer["rows"]:
        text = jcs(row["text"]) if "text" in row else None
        kept = {"text_salt": None, "text_seal": None, **row, "data": jcs(row["data"]), "text": text}
        made.append(Row(**kept))
    return made


def test_staff_read_the_whole_log_and_it_verifies(told: Meeting) -> None:
    answer = told.api("log", "chair").get_json()
    rows = rows_of(answer)
    assert len(rows) == told.seq() == answer["seq"]
    assert examine(rows, answer["uid"], (rows[-1].seq, rows[-1].hash)) is None


@pytest.mark.parametrize("who", ["AZE", "room", "follower", None])
def test_others_verify_the_chain_without_its_content(who: str | None, told: Meeting) -> None:
    answer = told.api("log", who).get_json()
    whole_log = told.api("log", "chair").get_json()
    assert all(row.keys() == {"seq", "seal", "hash"} for row in answer["rows"])
    before = answer["rows"][0]["hash"]
    for row in answer["rows"][1:]:
        assert next_hash(before, row["seal"]) == row["hash"]
        before = row["hash"]
    assert before == whole_log["rows"][-1]["hash"]


def test_staff_may_look_as_others_do(told: Meeting) -> None:
    answer = told.api("log?audience=follow", "chair").get_json()
    assert all(row.keys() == {"seq", "seal", "hash"} for row in answer["rows"])


def test_the_log_goes_on_after_a_seq(told: Meeting) -> None:
    rows = told.api("log?after=5", "chair").get_json()["rows"]
    assert [row["seq"] for row in rows] == list(range(6, told.seq() + 1))
    assert told.api(f"log?after={told.seq()}", "chair").get_json()["rows"] == []


def test_one_answer_holds_five_hundred_rows(new_meeting: Callable[..., Meeting]) -> None:
    meeting = new_meeting()
    for n in range(250):
        meeting.do("agenda.add_item", title=f"Item {n}")
        meeting.do("record.note", text=f"Note {n}")
    first = meeting.api("log", "chair").get_json()
    assert len(first["rows"]) == 500 < first["seq"]
    rest = meeting.api("log?after=500", "chair").get_json()["rows"]
    assert rest[0]["seq"] == 501 and rest[-1]["seq"] == first["seq"]


# ------------------------------------------------------------------------------------------- time, words, health


def test_the_time_is_the_servers(meeting: Meeting) -> None:
    assert abs(meeting.get("/api/v1/time").get_json()["now"] - meeting.services.meetings.clock()) < 5_000


def test_words_are_kept_by_their_hash(meeting: Meeting) -> None:
    for kind in ("i18n", "states"):
        body, mark = meeting.services.words.file(kind, "en")
        fixed, asked = meeting.get(f"/{kind}/en.json?v={mark}"), meeting.get(f"/{kind}/en.json?v=old")
        assert fixed.data == asked.data == body
        assert "immutable" in fixed.headers["Cache-Control"]
        assert asked.headers["Cache-Control"] == "no-cache"
        again = meeting.get(f"/{kind}/en.json", headers={"If-None-Match": asked.headers["ETag"]})
        assert again.status_code == 304
        packed = meeting.get(f"/{kind}/en.json", headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(packed.data) == body
        assert meeting.get(f"/{kind}/xx.json").status_code == 404


def test_readiness_turns_red_with_the_database(meeting: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    from meetingsvc.store.engine import Busy

    assert meeting.get("/healthz").status_code == 200
    assert meeting.get("/readyz").status_code == 200

    def busy(work: Any) -> None:
        raise Busy("full")

    monkeypatch.setattr(meeting.services.meetings.database, "read", busy)
    answer = meeting.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (503, {"ok": False, "why": ["store.unavailable"]})
    assert meeting.get("/healthz").status_code == 200


def test_a_view_that_cannot_be_made_is_told_turns_readiness_red_and_leaves_other_meetings_alone(
    meeting: Meeting, new_meeting: Callable[..., Meeting], monkeypatch: pytest.MonkeyPatch
) -> None:
    from meetingsvc.broadcast import broadcaster, broadcasters

    other, made = new_meeting(), broadcaster.view

    def broken(state: Any, *more: Any) -> Any:
        if state.meeting.uid == meeting.services.meetings.history(meeting.id).state.meeting.uid:
            raise ZeroDivisionError
        return made(state, *more)

    monkeypatch.setattr(broadcasters, "RED", 0.5)
    with monkeypatch.context() as during:
        during.setattr(broadcaster, "view", broken)
        answer = meeting.get(f"/api/v1/meetings/{meeting.id}/state")
        assert answer.status_code == 500 and answer.get_json()["code"] == "http.failed"
        assert meeting.get("/readyz").status_code == 503
        assert other.get(f"/api/v1/meetings/{other.id}/state").status_code == 200
    assert meeting.get(f"/api/v1/meetings/{meeting.id}/state").status_code == 200
    time.sleep(0.6)
    assert meeting.get("/readyz").status_code == 200


def test_metrics_are_closed_until_they_are_asked_for(meeting: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that adds no header looks like this machine, so nothing of a request can open them."""
    assert meeting.get("/metrics").status_code == 404
    token = "t" * 32
    monkeypatch.setattr(meeting.services, "config", replace(meeting.services.config, metrics=token))
    for given, status in (("", 404), ("Bearer " + "x" * 32, 404), (f"Basic {token}", 404), (f"Bearer {token}", 200)):
        assert meeting.get("/metrics", headers={"Authorization": given}).status_code == status, given
    proxied = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "10.0.0.7"}
    assert meeting.get("/metrics", headers=proxied, environ_base={"REMOTE_ADDR": "10.0.0.7"}).status_code == 200
    assert meeting.get("/metrics", "chair").status_code == 404, "a link of a meeting is for that meeting"


def test_local_metrics_are_for_this_machine_only(meeting: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting.services, "config", replace(meeting.services.config, metrics="local"))
    meeting.act("chair", "meeting.open")
    shown = meeting.get("/metrics")
    assert shown.status_code == 200 and 'meetingsvc_commands_total{command="meeting.open"}' in shown.text
    assert meeting.id not in shown.text and not any(secret in shown.text for secret in meeting.secrets.values())
    for given in (
        {"environ_base": {"REMOTE_ADDR": "10.0.0.7"}},
        {"environ_base": {"REMOTE_ADDR": "2001:db8::1"}},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"Forwarded": "for=127.0.0.1"}},
    ):
        assert meeting.get("/metrics", **given).status_code == 404


def test_sentences_show_times_as_clocks_and_places(open_meeting: Meeting) -> None:
    open_meeting.act("AZE", "speakers.request_floor")
    entry = open_meeting.act("chair", "speakers.next").get_json()["said"][-1]["facts"]["entry"]
    open_meeting.do("speakers.add_time", entry=entry, seconds=75)
    open_meeting.do("speakers.add_time", entry=entry, seconds=-30)
    open_meeting.do("meeting.suspend", until=open_meeting.services.meetings.clock() + 3_600_000)
    lines = [line["sentence"] for line in open_meeting.api("record?last=9", "chair").get_json()["said"]]
    assert "Azerbaijan was granted 1:15 more." in lines and "Azerbaijan was granted −0:30 more." in lines
    told = open_meeting.act("chair", "meeting.suspend").get_json()
    assert told["message"].startswith("Only a meeting in session can be suspended.")
