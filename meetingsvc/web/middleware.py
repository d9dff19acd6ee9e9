"""The outermost WSGI layer: trusted hosts, security headers on every response, one clean log line per request.

It wraps everything, /socket.io and static files included, because Flask's after_request never runs for those.
Not here: who may do what.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NONCE = "meetingsvc.nonce"
access = logging.getLogger("meetingsvc.access")
log = logging.getLogger("meetingsvc.web")
WRONG_HOST = b"The service does not answer to this address. Set MEETINGSVC_PUBLIC_URL to the one that people use.\n"

#: A load balancer asks by bare address. These two say nothing about anything.
PROBES = frozenset({"/healthz", "/readyz"})
_SECRET_PATH = re.compile(r"^(/join/|/feeds/).+", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(r"[^\x21-\x7e]")
_HOST = re.compile(r"^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$", re.IGNORECASE)

#: What no page of ours needs is switched off; the room display wants the whole screen and a lamp that stays on.
PERMISSIONS = ", ".join(
    [f"{name}=()" for name in ("camera", "microphone", "geolocation", "payment", "usb", "serial", "hid")]
    + [f"{name}=()" for name in ("midi", "accelerometer", "gyroscope", "magnetometer", "display-capture")]
    + [f"{name}=(self)" for name in ("fullscreen", "screen-wake-lock", "autoplay")]
)


def clean_path(path: str) -> str:
    """A path as it may be logged: no token, no control character, no more than 200 signs."""
    shown = _SECRET_PATH.sub(lambda found: found[1] + "...", path)
    return _CONTROL.sub(lambda sign: f"\\x{ord(sign[0]):02x}", shown)[:200]


def policy(nonce: str, socket: str) -> str:
    """The Content-Security-Policy. `socket` is the ws origin: older Safari did not count it as 'self'."""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}'",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self' {socket}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types worker",
        )
    )


class SecurityHeaders:
    """WSGI middleware. `hosts`: the values of Host that are answered; `https`: whether browsers reach us by TLS."""

    def __init__(self, app: WSGIApplication, *, hosts: Iterable[str], https: bool) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._https = https

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = time.perf_counter()
        nonce = environ[NONCE] = secrets.token_urlsafe(16)
        host = str(environ.get("HTTP_HOST", "")).lower()
        trusted = host in self._hosts or environ.get("PATH_INFO") in PROBES

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            given = {name.lower() for name, _ in headers}
            ours = self._headers(nonce, host if host in self._hosts else "")
            headers = [*headers, *((name, value) for name, value in ours if name.lower() not in given)]
            self._log(environ, status, began)
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        if not trusted:
            return _plain(start, "400 Bad Request", WRONG_HOST)
        try:
            return self._app(environ, start)
        except Exception:
            # below Flask, which answers for its own: nothing of the inside may reach a stranger
            log.exception("%s failed", clean_path(str(environ.get("PATH_INFO", ""))))
            return _plain(start, "500 Internal Server Error", b"Something went wrong. Try again.\n")

    def _headers(self, nonce: str, host: str) -> list[tuple[str, str]]:
        scheme = "wss" if self._https else "ws"
        headers = [
            ("Content-Security-Policy", policy(nonce, f"{scheme}://{host}" if host else "")),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Frame-Options", "DENY"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Permissions-Policy", PERMISSIONS),
            ("Cache-Control", "no-store"),
        ]
        if self._https:
            headers.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))
        return headers

    @staticmethod
    def _log(environ: WSGIEnvironment, status: str, began: float) -> None:
        if access.isEnabledFor(logging.INFO):
            spent = (time.perf_counter() - began) * 1000
            method = _CONTROL.sub("?", str(environ.get("REQUEST_METHOD", "")))[:10]
            path = clean_path(str(environ.get("PATH_INFO", "")))
            access.info("%s %s %s %.1f ms", method, path, status[:3], spent)


def known_hosts(origins: Iterable[str]) -> set[str]:
    """The Host values that belong to a list of origins such as https://meet.example:8443."""
    hosts = set()
    for origin in origins:
        scheme, _, host = origin.lower().partition("://")
        hosts.add(host)
        default = {"http": ":80", "https": ":443"}[scheme]
        if not _HOST.match(host):
            raise ValueError(f"not an origin: {origin}")
        if host.endswith(default):
            hosts.add(host.removesuffix(default))
        elif not re.search(r":\d+$", host):
            hosts.add(host + default)
    return hosts


def _plain(start: StartResponse, status: str, body: bytes) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]
