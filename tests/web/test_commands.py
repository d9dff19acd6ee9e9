"""Commands over HTTP: who may give which, what a body must look like, what a key is worth, how a refusal reads."""

from __future__ import annotations

import json
import types
import typing
from typing import Any, Literal, get_args, get_origin

import pytest

from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.kernel import Text
from meetingsvc.core.roles import ROLES
from meetingsvc.core.schema import fields
from meetingsvc.store.engine import Busy
from tests.support.browser import Browser, Meeting

WHO = {role: "AZE" if role == "delegate" else role for role in ROLES if role != "invitee"}
GIVEN = sorted(name for name, cls in COMMANDS.items() if "clock" not in cls.by)


def smallest(kind: Any) -> Any:
    """The smallest well-shaped body of a command: required fields only."""
    origin = get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        return smallest(next(one for one in get_args(kind) if one is not type(None)))
    if origin is Literal:
        return get_args(kind)[0]
    if origin is tuple:
        return [smallest(get_args(kind)[0])]
    if origin is dict:
        return {"en": "x"}
    if kind in (str, Text, int, bool):
        return {str: "x", Text: "x", int: 999_999, bool: True}[kind]
    return {name: smallest(one) for name, one, required, concluded in fields(kind) if required and not concluded}


@pytest.mark.parametrize("name", GIVEN)
def test_every_command_for_every_role(name: str, meeting: Meeting) -> None:
    """The rights table, seen from outside: 403 exactly for the roles that a command does not name."""
    before = meeting.seq()
    for role, who in WHO.items():
        answer = meeting.act(who, name, smallest(COMMANDS[name]))
        code = answer.get_json().get("code")
        if role in COMMANDS[name].by:
            assert code != "rights.not_yours", (role, answer.text)
            assert answer.status_code in (200, 403, 409), answer.text
        else:
            assert (answer.status_code, code) == (403, "rights.not_yours"), (role, answer.text)
            assert meeting.seq() == before, f"{role} changed the meeting"
        before = meeting.seq()
    answer = meeting.act(None, name, smallest(COMMANDS[name]))
    assert (answer.status_code, answer.get_json()["code"]) == (403, "sign_in.needed")


def test_commands_of_the_clock_are_not_there(meeting: Meeting) -> None:
    assert meeting.act("chair", "speakers.close_due", {"list": 1}).status_code == 404


@pytest.mark.parametrize("name", ["speakers.nonsense", "x", "meeting.scheduled", "__class__", "speakers.next.x"])
def test_unknown_command(name: str, meeting: Meeting) -> None:
    answer = meeting.act("chair", name)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "act.unknown_command")


def test_unknown_meeting(meeting: Meeting) -> None:
    for id in ("aaaaaaaaaa", "x", "a" * 500, "..%2f..", "%00"):
        path = f"/api/v1/meetings/{id}/commands/meeting.open"
        answer = meeting.call("POST", path, "chair", json={}, headers={"Idempotency-Key": "k" * 16})
        assert answer.status_code == 404, id


def test_done_is_told_with_seq_and_what_was_said(meeting: Meeting) -> None:
    answer = meeting.act("chair", "meeting.open")
    assert answer.status_code == 200
    body = answer.get_json()
    assert body["seq"] == meeting.seq()
    assert [line["code"] for line in body["said"]] == ["meeting.opened"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ({"entry": 1, "nonsense": 2}, "$.nonsense", "shape.unknown_field"),
        ({}, "$.entry", "shape.missing"),
        ({"entry": "1"}, "$.entry", "shape.wrong_type"),
        ({"entry": True}, "$.entry", "shape.wrong_type"),
        ({"entry": None}, "$.entry", "shape.wrong_type"),
        ({"entry": 1.0}, "$.entry", "shape.wrong_type"),
        ({"entry": 2**60}, "$.entry", "shape.too_large"),
        ({"entry": 1, "instead_of": []}, "$.instead_of", "shape.wrong_type"),
        ([], "$", "shape.wrong_type"),
        ("x", "$", "shape.wrong_type"),
        (7, "$", "shape.wrong_type"),
    ],
)
def test_a_wrong_shape_is_422_with_its_path(body: Any, path: str, code: str, meeting: Meeting) -> None:
    answer = meeting.act("chair", "speakers.give_floor", body)
    told = answer.get_json()
    assert (answer.status_code, told["code"], told["facts"]["path"]) == (422, code, path)
    assert told["message"]


def test_a_path_inside_a_list_is_named(meeting: Meeting) -> None:
    body = smallest(COMMANDS["meeting.schedule"])
    body["sessions"].append({"starts": 5, "ends": "x"})
    assert meeting.act("secretary", "meeting.schedule", body).get_json()["facts"]["path"] == "$.sessions[1].starts"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"entry": NaN}', "shape.not_a_number"),
        (b'{"entry": -Infinity}', "shape.not_a_number"),
        (b'{"entry": 1, "entry": 2}', "shape.twice"),
        (b"{", "shape.not_json"),
        (b"\xff\xfe", "shape.not_json"),
        (b"entry=1", "shape.not_json"),
        (b"[" * 15_000, "shape.not_json"),
        (b'{"a":' * 9 + b"1" + b"}" * 9, "shape.too_deep"),
        (b'{"entry": ' + b"9" * 5_000 + b"}", "shape.too_large"),
        (b'{"entry": 1e999}', "shape.wrong_type"),
        (b"", "shape.not_json"),
        (b"\xef\xbb\xbf{}", "shape.not_json"),
    ],
)
def test_json_is_read_strictly(data: bytes, code: str, meeting: Meeting) -> None:
    answer = meeting.act("chair", "speakers.give_floor", data=data, content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (422, code), answer.text


def test_sixteen_kilobytes_are_the_most(meeting: Meeting) -> None:
    for data in (b'{"text": "' + b"x" * 17_000 + b'"}', b"x" * 5_000_000):
        answer = meeting.act("chair", "record.note", data=data, content_type="application/json")
        assert (answer.status_code, answer.get_json()["code"]) == (413, "shape.body_too_large")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_only_json_is_taken(kind: str, meeting: Meeting) -> None:
    answer = meeting.act("chair", "meeting.open", data=b"{}", content_type=kind)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "shape.not_json")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Adoption\u202eof", 422),
        ("a\x00b", 422),
        ("a\x1b[31mb", 422),
        ("\u2066x\u2069", 422),
        ("x" * 501, 422),
        ("\ud800", 422),
        ("\ufeff Title \u200f", 200),
        ("  a \t b  ", 200),
        ("", 409),
        ("<script>alert(1)</script>", 200),
    ],
)
def test_titles_are_cleaned_or_refused(text: str, status: int, meeting: Meeting) -> None:
    data = json.dumps({"title": text}).encode()
    answer = meeting.act("chair", "agenda.add_item", data=data, content_type="application/json")
    assert answer.status_code == status, answer.text
    if status == 200:
        titles = [item["title"]["en"] for item in meeting.view("chair")["agenda"]["items"].values()]
        assert not any(sign in "".join(titles) for sign in "\ufeff\u200f\t")


# ------------------------------------------------------------------------------------------------------------- keys


def test_a_key_is_required_and_readable(meeting: Meeting) -> None:
    path = f"/api/v1/meetings/{meeting.id}/commands/meeting.open"
    answer = meeting.call("POST", path, "chair", json={})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "act.key_missing")
    for key in ("", "short", "x" * 201, "with space and more", "ünïcödé-key-12345"):
        answer = meeting.call("POST", path, "chair", json={}, headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.get_json()["code"]) == (422, "act.key_unreadable"), key
    assert meeting.view()["meeting"]["state"] == "scheduled"


def test_the_same_key_again_gives_the_same_answer(meeting: Meeting) -> None:
    first = meeting.act("chair", "agenda.add_item", {"title": "Other matters"}, key="once-and-only-1")
    for _ in range(5):
        again = meeting.act("chair", "agenda.add_item", {"title": "Other matters"}, key="once-and-only-1")
        assert again.data == first.data
    assert len(meeting.view("chair")["agenda"]["items"]) == 3


def test_a_key_for_something_else_is_409(meeting: Meeting) -> None:
    meeting.act("chair", "agenda.add_item", {"title": "One"}, key="once-and-only-1")
    for name, body in (("agenda.add_item", {"title": "Two"}), ("meeting.open", {})):
        answer = meeting.act("chair", name, body, key="once-and-only-1")
        assert (answer.status_code, answer.get_json()["code"]) == (409, "act.key_reused")


def test_a_key_belongs_to_one_grant(meeting: Meeting) -> None:
    """Another link may use the same key for a press of its own, and never sees the first one's answer."""
    meeting.act("chair", "agenda.add_item", {"title": "One"}, key="once-and-only-1")
    answer = meeting.act("secretary", "agenda.add_item", {"title": "Two"}, key="once-and-only-1")
    assert answer.status_code == 200
    assert len(meeting.view("chair")["agenda"]["items"]) == 4


def test_a_refused_press_may_be_tried_again_with_its_key(meeting: Meeting) -> None:
    assert meeting.act("AZE", "speakers.request_floor", {}, key="once-and-only-1").status_code == 409
    meeting.do("speakers.open_list")
    assert meeting.act("AZE", "speakers.request_floor", {}, key="once-and-only-1").status_code == 200


def test_a_flood_is_slowed_and_repeats_are_free(open_meeting: Meeting) -> None:
    """A delegate: five presses at once, then one a second; the same key again costs nothing."""
    answers = [open_meeting.act("AZE", "roster.check_in", {"mode": "remote"}) for _ in range(8)]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [200] * 5 + [429] * 3
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert answers[-1].get_json()["code"] == "act.too_fast"
    assert open_meeting.act("BOL", "speakers.request_floor").status_code == 200, "others are not slowed"
    keyed = [open_meeting.act("CUB", "speakers.request_floor", key="again-and-again").status_code for _ in range(50)]
    assert keyed == [200] * 50


@pytest.mark.parametrize("code", ["store.busy", "store.disk_full", "store.read_only", "store.unavailable"])
def test_a_busy_database_is_503_and_may_be_tried_again(
    meeting: Meeting, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    def busy(*_: Any, **__: Any) -> None:
        raise Busy("the database is locked", code)

    with monkeypatch.context() as patched:
        patched.setattr(meeting.services.meetings, "perform", busy)
        answer = meeting.act("chair", "meeting.open", key="try-me-again-1")
        assert (answer.status_code, answer.get_json()["code"]) == (503, code)
        assert answer.get_json()["message"] == meeting.services.words["en"].refusal(code, {})
        assert int(answer.headers["Retry-After"]) >= 1
    assert meeting.act("chair", "meeting.open", key="try-me-again-1").status_code == 200


def test_a_fault_of_ours_tells_nothing(meeting: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret-inside /srv/path SELECT 1")

    monkeypatch.setattr(meeting.services.meetings, "perform", broken)
    answer = meeting.act("chair", "meeting.open")
    assert (answer.status_code, answer.get_json()["code"]) == (500, "http.failed")
    assert not any(word in answer.text for word in ("secret-inside", "Traceback", "SELECT", "/srv"))


# -------------------------------------------------------------------------------------------------------- sentences


def test_a_refusal_names_what_its_reader_may_see(open_meeting: Meeting) -> None:
    open_meeting.act("AZE", "speakers.request_floor")
    answer = open_meeting.act("AZE", "speakers.request_floor")
    told = answer.get_json()
    assert (answer.status_code, told["code"]) == (409, "speakers.already_waiting")
    assert told["message"].startswith("Azerbaijan is on the list already.")
    assert told["facts"]["delegation"] == open_meeting.delegation("AZE"), "facts hold ids"


def test_a_stale_press_names_who_has_the_floor(open_meeting: Meeting) -> None:
    for code in ("AZE", "BOL"):
        open_meeting.act(code, "speakers.request_floor")
    nobody = open_meeting.act("chair", "speakers.next", {"instead_of": 1}).get_json()
    assert nobody["code"] == "speakers.stale" and nobody["message"].startswith("Now nobody has the floor")
    open_meeting.act("chair", "speakers.next")
    answer = open_meeting.act("secretary", "speakers.next")
    told = answer.get_json()
    assert (answer.status_code, told["code"]) == (409, "speakers.stale")
    assert "Now Azerbaijan has the floor" in told["message"]
    entry = told["facts"]["entry"]
    soon = open_meeting.act("secretary", "speakers.next", {"instead_of": entry}).get_json()
    assert soon["code"] == "speakers.just_changed"
    assert soon["facts"]["seconds"] in (0, 1, 2)
    assert open_meeting.act("secretary", "speakers.next", {"instead_of": entry, "sure": True}).status_code == 200


def test_an_undo_in_the_way_is_named(open_meeting: Meeting) -> None:
    """What a delegate did since may stand in the way; the sentence says what it was."""
    lists = open_meeting.view("chair")["speakers"]["lists"]
    open_list = next(int(id) for id, row in lists.items() if row["state"] == "open")
    open_meeting.do("speakers.close_list", list=open_list)
    open_meeting.do("speakers.reopen_list", list=open_list)
    taken_up = open_meeting.services.meetings.history(open_meeting.id).state
    assert taken_up.record.done
    item = open_meeting.act("secretary", "agenda.add_item", {"title": "New"}).get_json()["seq"]
    taken = open_meeting.act("secretary", "agenda.take_up", {"item": item}).get_json()
    open_meeting.act("AZE", "speakers.request_floor")
    batch = open_meeting.services.meetings.history(open_meeting.id).state.record.done[-1].batch
    answer = open_meeting.act("chair", "record.undo", {"batch": batch})
    told = answer.get_json()
    assert (answer.status_code, told["code"]) == (409, "record.in_the_way"), (taken, answer.text)
    assert "Azerbaijan asked for the floor: statement." in told["message"]
    assert told["facts"]["act"] == "speakers.floor_requested"


def test_messages_come_in_a_language_we_have(meeting: Meeting, browser: Browser) -> None:
    for n, accept in enumerate(("en", "xx-YY", "fr;q=0.1, en", "*", ",;q=;;;", "a" * 5_000)):
        who = ("AZE", "BOL", "CUB")[n % 3]
        answer = meeting.act(who, "meeting.open", headers={"Accept-Language": accept})
        assert answer.get_json()["message"] == "Your role may not do this. Ask the chair or the secretariat."
