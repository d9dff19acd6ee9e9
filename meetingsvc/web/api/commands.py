"""Every command over HTTP: POST /api/v1/meetings/<id>/commands/<part.verb>.

Here: credential, key, rate, shape, in this order. Not here: any rule of procedure, or who may give which command: the
core is asked, by `Meetings` once more. Meetings themselves are made on the command line, never here.
"""

from __future__ import annotations

import math
import re

from flask import Blueprint, Response, jsonify, request

from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.commands.base import need_right
from meetingsvc.core.kernel import Refused
from meetingsvc.core.schema import InvalidShape, read
from meetingsvc.web.access import acting, existing, is_staff
from meetingsvc.web.api.json_body import read_json
from meetingsvc.web.auth import Identity, need_origin
from meetingsvc.web.context import services, words
from meetingsvc.web.errors import Problem, answer, problem_of
from meetingsvc.web.form_limits import admit
from meetingsvc.web.refusals import in_words

acts = Blueprint("acts", __name__)

#: A key is the client's own random mark of one press: 128 bits in any spelling, no more than the table holds.
_KEY = re.compile(r"[\x21-\x7e]{8,200}")


@acts.post("/api/v1/meetings/<meeting>/commands/<name>")
def act(meeting: str, name: str) -> Response:
    """Give a command. 200 {"seq", "said"}, or a refusal."""
    who = acting(existing(meeting))
    need_origin(who)
    if name not in COMMANDS or "clock" in COMMANDS[name].by:
        raise Problem(404, "act.unknown_command")
    try:
        need_right(who.actor, COMMANDS[name])
    except Refused as refused:
        return _refused(meeting, who, refused)
    key = _key()
    limits, grant = services().limits, who.actor
    _need_patience(limits.tries(grant.id, grant.role))
    admit()  # who may not give this command, or floods us, has nothing read
    command = read(COMMANDS[name], read_json(request))
    _need_patience(limits.wait(grant.id, grant.role, key))
    services().metrics.asked(name)
    try:
        with services().metrics.timed():
            done = services().meetings.perform(meeting, who.actor, [command], key=key)
    except Refused as refused:
        return _refused(meeting, who, refused)
    return jsonify(seq=done.seq, said=done.said)


def _key() -> str:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        raise InvalidShape("Idempotency-Key", "act.key_missing")
    if not _KEY.fullmatch(key):
        raise InvalidShape("Idempotency-Key", "act.key_unreadable")
    return key


def _need_patience(wait: float) -> None:
    """429 for a flood. What was done already is answered again at no cost, see Limits."""
    if wait:
        raise Problem(429, "act.too_fast", wait=math.ceil(wait))


def _refused(meeting: str, who: Identity, refused: Refused) -> Response:
    """A rule said no: the facts hold ids, the sentence names what this person may see."""
    problem = problem_of(refused)
    services().metrics.refused(problem.code, problem.status)
    shown = in_words(words(), meeting, is_staff(who), problem.facts)
    shown.setdefault("delegation", words().gettext("nobody"))  # "Now nobody has the floor: somebody was faster."
    return answer(problem, shown)
