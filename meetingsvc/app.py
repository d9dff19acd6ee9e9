"""create_app(config): the only file that wires everything. Importing it does nothing.

Not here: any logic. What a request works with is `Services` (web/context.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Flask

from meetingsvc.broadcast import Broadcasters
from meetingsvc.clock import Clock, ServerClock
from meetingsvc.config import Config
from meetingsvc.core import presets
from meetingsvc.core.kernel import Refused
from meetingsvc.invitations import Invitations
from meetingsvc.live.setup import attach
from meetingsvc.mail.mail_sender import MailSender
from meetingsvc.meetings import Meetings
from meetingsvc.reader.client import ReaderProcess
from meetingsvc.store.engine import Busy, Database
from meetingsvc.store.links import Links
from meetingsvc.translations import Catalogues
from meetingsvc.web import error_answers, metrics, rate_limit, routes, static_files
from meetingsvc.web.auth import credential, is_https, socket_identity
from meetingsvc.web.context import Services
from meetingsvc.web.form_limits import Request
from meetingsvc.web.middleware import SecurityHeaders, known_hosts
from meetingsvc.web.page_parts import render

if TYPE_CHECKING:
    from meetingsvc.store.links import Grant


def create_app(config: Config, clock: Clock | None = None) -> Flask:
    """The whole service as WSGI. In app.extensions: `Services` as "meetingsvc", the sockets as "meetingsvc.live",
    the mail as "meetingsvc.mail_sender".

    `clock` gives ms UTC instead of the machine's.
    """
    presets.read_all()
    database = Database.open(config.database_url)
    time = clock or ServerClock()
    meetings, links, words = Meetings(database, time), Links(database, time), Catalogues.load()
    meetings.look_ahead()
    static = static_files.StaticFiles(words=words.hash())
    broadcasters = Broadcasters(meetings, meetings.log, files=static.hash)
    invitations = Invitations.of(config, meetings, links, words)
    services = Services(
        config,
        meetings,
        broadcasters,
        links,
        words,
        static,
        rate_limit.RateLimits(),
        metrics.Metrics(),
        invitations,
        ReaderProcess(),
    )
    meetings.on_loss(services.on_loss)
    meetings.on_erasure(services.on_erasure)
    mail_sender = MailSender(meetings, invitations, words, config)
    services.mail_status = mail_sender.status

    app = Flask("meetingsvc", static_folder=None, template_folder=str(static_files.TEMPLATES))
    app.request_class = Request
    app.extensions["meetingsvc"], app.extensions["meetingsvc.mail_sender"] = services, mail_sender
    app.extensions["meetingsvc.credential"] = partial(credential, config=config)
    for part in (*routes.API, *routes.PAGES, static_files.blueprint(static)):
        app.register_blueprint(part)
    error_answers.register(app)
    rate_limit.register(app, lambda: services.limits)
    render.register(app)
    _attach_live(app, services)
    here = [f"http://{name}:{config.port}" for name in ("127.0.0.1", "localhost", "[::1]")]  # a collector of metrics
    hosts = known_hosts([*config.origins, *here])
    app.wsgi_app = SecurityHeaders(app.wsgi_app, hosts=hosts, https=is_https(config))  # type: ignore[method-assign]
    return app


def _attach_live(app: Flask, services: Services) -> None:
    """The sockets: who they are is asked here, and a link that is taken back cuts them at once."""

    def who(auth: dict[str, Any], environ: dict[str, Any]) -> Grant | None:
        identity = socket_identity(services, auth, environ)
        if identity.problem:
            raise Refused(identity.problem)
        return identity.grant

    followers = attach(
        app,
        services.broadcasters,
        who,
        origins=services.config.origins,
        async_mode=services.config.async_mode,
        revoked=_revoked(services),
    )
    services.links.on_revoke(lambda grant: followers.cut_grant(grant.id))
    services.missed = followers.polls.missed
    app.extensions["meetingsvc.live"] = followers


def _revoked(services: Services) -> Callable[[Collection[str]], Collection[str]]:
    """Which of these grants were taken back; none while the database cannot say: it is asked again each second."""

    def revoked(held: Collection[str]) -> Collection[str]:
        with suppress(Busy):
            return services.links.revoked(held)
        return ()

    return revoked
