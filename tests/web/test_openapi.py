"""The OpenAPI document says what the service does: every command, every field, every reading, every status."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meetingsvc.core import schema
from meetingsvc.core.commands import COMMANDS
from meetingsvc.web.api.openapi import described, schema_of
from tests.support.browser import Meeting
from tests.web.test_commands import GIVEN, smallest

DOCUMENT = described()
COMMAND = "/api/v1/meetings/{meeting}/commands/"


def test_it_is_served(meeting: Meeting) -> None:
    answer = meeting.get("/api/openapi.json")
    assert answer.status_code == 200 and answer.get_json() == json.loads(json.dumps(DOCUMENT))
    assert answer.get_json()["openapi"].startswith("3.1")


def test_every_command_stands_in_it() -> None:
    written = {path.removeprefix(COMMAND) for path in DOCUMENT["paths"] if path.startswith(COMMAND)}
    assert written == set(GIVEN)
    for name in GIVEN:
        act = DOCUMENT["paths"][COMMAND + name]["post"]
        assert act["summary"], f"{name} has no docstring"
        assert all(role in act["description"] for role in COMMANDS[name].by)
        assert {"200", "403", "404", "409", "413", "422", "429", "503"} == set(act["responses"])


@pytest.mark.parametrize("name", GIVEN)
def test_its_schema_and_the_reader_agree(name: str) -> None:
    """What the schema calls well-shaped is read; a field it does not know, or one missing, is not."""
    written, cls = schema_of(COMMANDS[name]), COMMANDS[name]
    body = smallest(cls)
    assert set(body) == set(written["required"])
    schema.read(cls, body)
    for field in written["required"]:
        with pytest.raises(schema.InvalidShape):
            schema.read(cls, {key: value for key, value in body.items() if key != field})
    with pytest.raises(schema.InvalidShape):
        schema.read(cls, {**body, "nonsense": 1})
    concluded = {field[0] for field in schema.fields(cls) if field[3]}
    assert not concluded & set(written["properties"]), "nobody may send what perform concludes"


def resolved(schema: Any) -> bool:
    """Whether every $ref of the document leads somewhere."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            found: Any = DOCUMENT
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            return bool(found)
        return all(resolved(value) for value in schema.values())
    return all(resolved(value) for value in schema) if isinstance(schema, list) else True


def test_every_reference_leads_somewhere() -> None:
    assert resolved(DOCUMENT)


def test_every_reading_answers_what_it_says(open_meeting: Meeting) -> None:
    number = next(iter(open_meeting.view()["speakers"]["lists"]))
    for path, row in DOCUMENT["paths"].items():
        if "get" in row:
            url = path.replace("{meeting}", open_meeting.id).replace("{list}", number)
            answer = open_meeting.get(url, "chair")
            schema = row["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            told = schema.get("oneOf", [schema])[0]
            assert answer.status_code == 200 and set(told["required"]) <= set(answer.get_json()), path


def test_a_reading_that_waits_says_what_it_answers_then(open_meeting: Meeting) -> None:
    described = DOCUMENT["paths"]["/api/v1/meetings/{meeting}/state"]["get"]
    stands = open_meeting.api("state", "chair").get_json()
    names = {row["name"] for row in described["parameters"] if row["in"] == "query"}
    assert names == {"audience", "seq", "epoch", "chain", "wait"}
    where = "&".join(f"{name}={stands[name]}" for name in ("seq", "epoch", "chain"))
    assert str(open_meeting.api(f"state?{where}", "chair").status_code) in described["responses"]
    open_meeting.do("record.note", text="noted")
    answer = open_meeting.api(f"state?{where}&wait=20", "chair").get_json()
    schema = described["responses"]["200"]["content"]["application/json"]["schema"]["oneOf"][1]
    assert set(schema["required"]) == set(schema["properties"]) == set(answer)
