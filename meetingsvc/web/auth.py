"""Who asks: from the credential alone, never from the body. Cookies, claimed links, origins, forms.

A program sends `Authorization: Bearer <secret>`; a browser sends its session cookie and the number of the claimed
link (header `Grant`, or `?as=`). Not here: what somebody may do (core.roles, and the table of pages).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Response, g, request

from meetingsvc.core.kernel import Actor
from meetingsvc.web.context import Services, services
from meetingsvc.web.errors import Problem
from meetingsvc.web.form_limits import admit_form
from meetingsvc.web.rate_limit import need_patience

if TYPE_CHECKING:
    from meetingsvc.config import Config
    from meetingsvc.store.links import Grant

#: A personal link outlives its cookie: opening it again brings the meeting back.
COOKIE_DAYS = 30
UNKNOWN = "sign_in.unknown_link"
_SECRET = re.compile(r"[A-Za-z0-9_-]{20,200}")
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks. No grant and no problem: the public. `problem` is why a credential that was sent is not good."""

    grant: Grant | None = None
    number: int | None = None
    by_cookie: bool = False
    problem: str | None = None

    @property
    def actor(self) -> Actor:
        assert self.grant is not None, "the public does not act"
        return Actor(self.grant.id, self.grant.role, self.grant.delegation)


def identity(meeting: str | None = None) -> Identity:
    """Who asks in this request; with `meeting`, a browser that holds one link for it needs no number."""
    header = request.headers.get("Authorization")
    if header is not None:
        scheme, _, secret = header.partition(" ")
        who = by_secret(services(), secret.strip() if scheme.lower() == "bearer" else "")
        if who.problem == UNKNOWN:
            guessed()
    else:
        number = request.headers.get("Grant") or request.args.get("as")
        who = by_session(services(), session_secret(), number, meeting)
    if who.grant is not None:
        _proved(who.grant.id)
        _looks(who.grant.id)
    return who


def credential(environ: dict[str, Any], config: Config) -> str | None:
    """What a request shows as its credential, as it stands there: nothing is looked up and nothing believed."""
    header = environ.get("HTTP_AUTHORIZATION")
    if header is not None:
        return str(header)[:1_000]
    found = re.search(rf"(?:^|; ?){cookie_name(config)}=([A-Za-z0-9_-]{{20,200}})", environ.get("HTTP_COOKIE", ""))
    return found[1] if found else None


def _proved(identity: str) -> None:
    """Whoever is known is served before strangers (live/http)."""
    if proved := request.environ.get("meetingsvc.proved"):
        proved(identity)


def claimed() -> dict[int, Grant]:
    """{number: grant} of the links that were claimed in this browser, also of those taken back."""
    session = session_secret()
    held = services().links.session(session) if _SECRET.fullmatch(session) else {}
    if held:
        good = next((grant for grant in held.values() if grant.revoked_at is None), None)
        if good is not None:
            _proved(good.id)
        _looks(session)
    return held


def guessed() -> None:
    """A secret was wrong: refuses the next ones of this connection for a while. A right one is never refused here."""
    need_patience(services().limits.guess(request.environ))


def _looks(identity: str) -> None:
    """Counts what somebody looks at, each request once; acts are counted where they are done."""
    if request.method in ("GET", "HEAD") and "looked" not in g:
        g.looked = True
        need_patience(services().limits.look(identity))


def by_secret(ours: Services, secret: str) -> Identity:
    """Whoever holds this secret of a personal link."""
    grant = ours.links.find(secret) if _SECRET.fullmatch(secret) else None
    if grant is None:
        ours.metrics.guessed()
        return Identity(problem=UNKNOWN)
    if grant.revoked_at is not None:
        return Identity(problem="sign_in.revoked")
    return Identity(grant)


def by_session(ours: Services, session: str, number: str | int | None, meeting: str | None = None) -> Identity:
    """Whoever holds this browser session, as the claimed link of that number."""
    held = ours.links.session(session) if _SECRET.fullmatch(session) else {}
    if number is None:
        fitting = [n for n, grant in held.items() if meeting and grant.meeting == meeting and not grant.revoked_at]
        return Identity(held[fitting[0]], fitting[0], True) if len(fitting) == 1 else Identity(by_cookie=bool(held))
    if not _NUMBER.fullmatch(str(number)) or int(number) not in held:
        return Identity(by_cookie=True, problem="sign_in.not_on_this_device")
    grant = held[int(number)]
    if grant.revoked_at is not None:
        return Identity(by_cookie=True, problem="sign_in.revoked")
    return Identity(grant, int(number), True)


def gate(ours: Services, auth: Any, environ: dict[str, Any]) -> Identity:
    """Who opens a socket: `auth` is {"token": secret} of a program or {"grant": number} of a page, or neither."""
    asked = auth if isinstance(auth, dict) else {}
    if "token" in asked:
        return by_secret(ours, asked["token"] if isinstance(asked["token"], str) else "")
    number = asked.get("grant")
    if number is None:
        return Identity()
    if isinstance(number, bool) or not isinstance(number, int | str):
        return Identity(problem="sign_in.not_on_this_device")
    try:
        cookies = SimpleCookie(environ.get("HTTP_COOKIE", ""))
    except CookieError:
        return Identity(problem="sign_in.not_on_this_device")
    morsel = cookies.get(cookie_name(ours.config))
    return by_session(ours, morsel.value if morsel else "", number)


# ---------------------------------------------------------------------------------------------------------- cookies


def is_https(config: Config) -> bool:
    return urlsplit(config.public_url).scheme == "https"


def cookie_name(config: Config, what: str = "meetings") -> str:
    """`__Host-` where there is TLS; else the port, since cookies of one host are shared by all its ports."""
    return f"__Host-{what}" if is_https(config) else f"{what}_{urlsplit(config.public_url).port or 80}"


def session_secret() -> str:
    """What the session cookie of this request holds; empty if there is none."""
    return request.cookies.get(cookie_name(services().config), "")


def remember(answer: Response, secret: str) -> None:
    """Give the browser its session; an empty secret takes it away."""
    _set(answer, cookie_name(services().config), secret, COOKIE_DAYS * 86_400 if secret else 0)


def _set(answer: Response, name: str, value: str, age: int | None) -> None:
    secure = is_https(services().config)
    answer.set_cookie(name, value, max_age=age, path="/", secure=secure, httponly=True, samesite="Lax")


# ------------------------------------------------------------------------------------------------ origins and forms


def need_origin(who: Identity) -> None:
    """A cookie comes with any site's script, so what changes something by cookie needs a listed Origin."""
    if who.by_cookie and request.headers.get("Origin") not in services().config.origins:
        raise Problem(403, "sign_in.foreign_origin")


class Forms:
    """Tokens of plain forms. A form's token fits one browser (its form cookie) and one path."""

    def __init__(self) -> None:
        self._config = services().config
        self._name = cookie_name(self._config, "form")
        self._kept = request.cookies.get(self._name, "")
        self._seed = self._kept if _SECRET.fullmatch(self._kept) else secrets.token_urlsafe(24)

    def token(self, path: str) -> str:
        message = f"form\0{self._seed}\0{path}".encode()
        return hmac.new(_key(self._config), message, hashlib.sha256).hexdigest()

    def keep(self, answer: Response) -> Response:
        """Give the browser its form cookie, if it has none yet."""
        if self._seed != self._kept:
            _set(answer, self._name, self._seed, None)
        return answer

    def need_ours(self) -> None:
        """Refuse what cannot have been sent from a page of ours in this browser. Only the head is looked at."""
        origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
        foreign = origin not in (None, "null", *self._config.origins) or site not in (None, "same-origin", "none")
        if foreign or self._seed != self._kept:
            raise Problem(403, "sign_in.form_expired")

    def need_token(self) -> None:
        """Refuse a form without its token.

        Pages send no referrer, so browsers send `Origin: null` with forms: the token is what proves them.
        """
        if not hmac.compare_digest(request.form.get("form", "").encode(), self.token(request.path).encode()):
            raise Problem(403, "sign_in.form_expired")


def sender(right: Callable[[], Identity | Response] = Identity) -> Identity:
    """Who sends this form. First that a page of ours sends it, and by `right` that they may; only then it is read.

    `right` gives who it is, or refuses; a page instead, where one would have to choose, is a refusal too.
    """
    forms = Forms()
    forms.need_ours()
    who = right()
    if not isinstance(who, Identity):
        raise Problem(403, "sign_in.open_your_link")
    admit_form()
    forms.need_token()
    return who


def _key(config: Config) -> bytes:
    return hashlib.sha256(b"meetingsvc forms" + config.secret_key.encode()).digest()
