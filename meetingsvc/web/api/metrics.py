"""GET /metrics for a collector that the configuration speaks of. For everybody else there is nothing here.

Not here: what is counted (web/metrics).
"""

from __future__ import annotations

import hmac
import ipaddress

from flask import Blueprint, Response, request
from prometheus_client import generate_latest

from meetingsvc.web.context import services
from meetingsvc.web.errors import Problem

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def show() -> Response:
    """Prometheus text, for whom the configuration says; for all others there is nothing here."""
    wanted = services().config.metrics
    if not (_from_here() if wanted == "local" else bool(wanted) and _by_token(wanted)):
        raise Problem(404, "http.not_found")
    return Response(
        generate_latest(services().metrics.registry), content_type="text/plain; version=0.0.4; charset=utf-8"
    )


def _by_token(wanted: str) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode("utf-8", "replace"), wanted.encode())
    if given and not right:
        services().metrics.guessed()
    return right and scheme.lower() == "bearer"


def _from_here() -> bool:
    """Whether the request was made on this machine. A proxy on it passes strangers on, and may show itself."""
    if any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")):
        return False
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
        host = request.host.rsplit(":", 1)[0].strip("[]")
        named_here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
    return address.is_loopback and named_here
