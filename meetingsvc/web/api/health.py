"""Whether the process lives and whether it should get visitors, and if not, why in one word each. Nothing else."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify

from meetingsvc.store.engine import Busy
from meetingsvc.store.faults import AWAY
from meetingsvc.web.context import services

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """200 while requests are answered at all."""
    return jsonify(ok=True)


@health.get("/readyz")
def ready() -> Response:
    """200 while the database takes writes, the clocks are right and no broadcaster is down; else 503 and why."""
    here, why = services(), []
    if not _database_answers():
        why.append(AWAY)
    here.meetings.database.prove()
    why += [code for code in here.meetings.troubles() if code not in why]
    if not here.broadcasters.ready():
        why.append("announcer")
    answer = jsonify(ok=not why, **({"why": why} if why else {}))
    if why:
        answer.status_code = 503
    return answer


def _database_answers() -> bool:
    try:
        services().meetings.database.read(lambda connection: connection.execute(sa.text("SELECT 1")).scalar())
    except (Busy, sa.exc.SQLAlchemyError):
        return False
    return True
