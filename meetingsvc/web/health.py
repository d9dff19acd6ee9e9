"""Whether the process lives and whether it should get visitors. Says nothing else to anybody."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify

from meetingsvc.store.engine import Busy
from meetingsvc.web.house import house

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """200 while requests are answered at all."""
    return jsonify(ok=True)


@health.get("/readyz")
def ready() -> Response:
    """200 while the database answers and no announcer is down; 503 else."""
    answer = jsonify(ok=_database_answers() and house().announcers.ready())
    if not answer.get_json()["ok"]:
        answer.status_code = 503
    return answer


def _database_answers() -> bool:
    try:
        house().desk.database.read(lambda connection: connection.execute(sa.text("SELECT 1")).scalar())
    except (Busy, sa.exc.SQLAlchemyError):
        return False
    return True
