"""The interface as an OpenAPI 3.1 document, generated from the command registry and a short table of what can be read.

Not here: any fact about a command that is not in the registry. docs/acts.md is made from the same (cli/verbs/acts.py).
"""

from __future__ import annotations

import types
import typing
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin

from flask import Blueprint, Response, jsonify

from meetingsvc import __version__
from meetingsvc.core import schema
from meetingsvc.core.commands import COMMANDS, Command
from meetingsvc.core.kernel import Text
from meetingsvc.core.roles import AUDIENCES
from meetingsvc.web.page_cache import cached_answer

blueprint = Blueprint("openapi", __name__)
Json = dict[str, Any]

_INT = {"type": "integer"}
_STRING = {"type": "string"}
_ID = {"type": "string", "pattern": "^[A-Za-z0-9]{10}$"}
_MEETING = {"name": "meeting", "in": "path", "required": True, "schema": _ID}
_GRANT = {
    "name": "Grant",
    "in": "header",
    "schema": {"type": "integer", "minimum": 1},
    "description": "With a session cookie: the number of the claimed link to act as.",
}
_AUDIENCE = {
    "name": "audience",
    "in": "query",
    "schema": {"enum": list(AUDIENCES)},
    "description": "Whose view to read; without it, that of the credential's own role.",
}
_LANGUAGE = {"name": "lang", "in": "query", "schema": _STRING, "description": "Language of sentences."}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 8, "maxLength": 200},
    "description": "A random mark of this one press; sent again, it gives the first answer and does nothing.",
}


def _query(name: str, most: int, text: str) -> Json:
    schema = {"type": "integer", "minimum": 0, "maximum": most}
    return {"name": name, "in": "query", "schema": schema, "description": text}


_STATE = {
    "meeting": _STRING,
    "seq": _INT,
    "epoch": _STRING,
    "chain": _STRING,
    "files": _STRING,
    "now": _INT,
    "audience": _STRING,
    "view": {"type": "object"},
}
_MISSED = {
    "seq": _INT,
    "epoch": _STRING,
    "chain": _STRING,
    "now": _INT,
    "changes": {"type": "array", "items": {"type": "object"}},
}


def _object(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": sorted(properties)}


def _stands(name: str) -> Json:
    text = f"Where your view stands: the {name} of the last answer; without seq, the whole state is told."
    return {"name": name, "in": "query", "schema": _STRING, "description": text}


#: What can be read: path -> (summary, parameters, what 200 holds).
_READINGS: dict[str, tuple[str, list[Json], Json]] = {
    "/api/v1/meetings/{meeting}/state": (
        "The view of an audience, with the seq it stands at; or, for a view that stands somewhere, what came after",
        [
            _MEETING,
            _GRANT,
            _AUDIENCE,
            _query("seq", 2**31 - 1, "Where your view stands: the seq of the last answer."),
            _stands("epoch"),
            _stands("chain"),
            _query("wait", 25, "Seconds to wait for a change; without it, the answer comes at once. 204: none came."),
        ],
        {"oneOf": [_object(_STATE), _object(_MISSED)]},
    ),
    "/api/v1/meetings/{meeting}/lists/{list}": (
        "Who waits in one list, and who was heard",
        [_MEETING, {"name": "list", "in": "path", "required": True, "schema": _INT}, _GRANT, _AUDIENCE],
        {"meeting": _STRING, "seq": _INT, "audience": _STRING, "list": _INT},
    ),
    "/api/v1/meetings/{meeting}/record": (
        "What was said last, newest last",
        [_MEETING, _GRANT, _AUDIENCE, _LANGUAGE, _query("last", 50, "How many")],
        {"meeting": _STRING, "seq": _INT, "audience": _STRING, "said": {"type": "array", "items": {"type": "object"}}},
    ),
    "/api/v1/meetings/{meeting}/log": (
        "The log after an entry: whole for chair and secretary, for others what verifies its chain",
        [_MEETING, _GRANT, _query("after", 2**31 - 1, "The seq to begin after")],
        {"meeting": _STRING, "uid": _STRING, "seq": _INT, "rows": {"type": "array", "items": {"type": "object"}}},
    ),
    "/api/v1/time": (
        "The server's clock, ms UTC",
        [{"name": "meeting", "in": "query", "schema": _ID, "description": "As this meeting goes by it."}],
        {"now": _INT},
    ),
}

_REFUSALS = {
    "403": "No right, or a credential that is not good",
    "404": "No such meeting, or no such command",
    "409": "A rule says no, or the sender saw an older state",
    "413": "The body is larger than 16 kB",
    "422": "The body or a header has the wrong shape; facts.path says where",
    "429": "Too fast; Retry-After says when",
    "503": "Nothing was done: try again with the same key after Retry-After",
}


@blueprint.get("/api/openapi.json")
def document() -> Response:
    """The whole document."""
    answer = cached_answer(lambda: __version__, lambda: (jsonify(described()), ()))
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@lru_cache(maxsize=1)
def described() -> Json:
    """OpenAPI 3.1 of everything that programs may use."""
    paths: Json = {path: {"get": _reading(*row)} for path, row in _READINGS.items()}
    for name, cls in sorted(COMMANDS.items()):
        if "clock" not in cls.by:
            paths[f"/api/v1/meetings/{{meeting}}/commands/{name}"] = {"post": _command(name, cls)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "meetingsvc", "version": __version__},
        "paths": paths,
        "components": {
            "securitySchemes": {
                "link": {"type": "http", "scheme": "bearer", "description": "The secret of a personal link."}
            },
            "schemas": {"Refusal": _object({"code": _STRING, "message": _STRING, "facts": {"type": "object"}})},
            "responses": {code: _refusal(text) for code, text in _REFUSALS.items()},
        },
    }


def _reading(summary: str, parameters: list[Json], holds: Json) -> Json:
    told = holds if "oneOf" in holds else _object(holds)
    responses: Json = {"200": {"description": "OK", "content": {"application/json": {"schema": told}}}}
    if any(row["name"] == "wait" for row in parameters):
        responses["204"] = {"description": "Nothing came after"}
    if any(row["name"] == "meeting" for row in parameters):
        responses |= {code: {"$ref": f"#/components/responses/{code}"} for code in ("403", "404", "503")}
    if any("maximum" in row["schema"] for row in parameters):
        responses["422"] = {"$ref": "#/components/responses/422"}
    return {"summary": summary, "parameters": parameters, "responses": responses, "security": [{}, {"link": []}]}


def _command(name: str, cls: type[Command]) -> Json:
    done = _object({"seq": _INT, "said": {"type": "array", "items": {"type": "object"}}})
    responses: Json = {"200": {"description": "Done", "content": {"application/json": {"schema": done}}}}
    responses |= {code: {"$ref": f"#/components/responses/{code}"} for code in _REFUSALS}
    return {
        "operationId": name,
        "tags": [cls.part],
        "summary": " ".join((cls.__doc__ or "").split()),
        "description": f"By: {', '.join(sorted(cls.by))}.",
        "parameters": [_MEETING, _GRANT, _KEY],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema_of(cls)}}},
        "responses": responses,
        "security": [{"link": []}],
    }


def _refusal(text: str) -> Json:
    schema = {"$ref": "#/components/schemas/Refusal"}
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def schema_of(kind: Any) -> Json:
    """The JSON Schema of what a client sends for a type: what shape.read accepts."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (types.UnionType, typing.Union):
        real = [schema_of(one) for one in inner if one is not type(None)]
        return real[0] if len(real) == 1 else {"anyOf": real}
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is tuple:
        return {"type": "array", "items": schema_of(inner[0]), "maxItems": schema.MOST}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(inner[1]), "maxProperties": schema.MOST}
    if kind is Text:
        return {"type": "string", "maxLength": schema.LONGEST_TEXT}
    if kind in (str, bool, int):
        limits = {"maxLength": schema.LONGEST_LINE} if kind is str else {}
        return {"type": {str: "string", bool: "boolean", int: "integer"}[kind], **limits}
    sent = [(name, one, required) for name, one, required, concluded in schema.fields(kind) if not concluded]
    return {
        "type": "object",
        "properties": {name: schema_of(one) for name, one, _ in sent},
        "required": [name for name, _, required in sent if required],
        "additionalProperties": False,
    }
