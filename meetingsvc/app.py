"""create_app(config): the only file that wires everything. Importing it does nothing.

Not here: any logic. What a request works with is the House (web/house.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from flask import Flask

from meetingsvc.announce import Announcers
from meetingsvc.aside import Aside
from meetingsvc.config import Config
from meetingsvc.core.kernel import Refused
from meetingsvc.invitations import People
from meetingsvc.live.doors import attach
from meetingsvc.mail.post import Post
from meetingsvc.perform import Desk
from meetingsvc.store.engine import Database
from meetingsvc.store.links import Links
from meetingsvc.web import acts, errors, feeds, files, health, metrics, offices, openapi, pages, reads, setup
from meetingsvc.web.body import MOST_BYTES
from meetingsvc.web.headers import Headers, known_hosts
from meetingsvc.web.house import House
from meetingsvc.web.limits import Limits
from meetingsvc.web.signin import gate, is_https
from meetingsvc.words import Words

if TYPE_CHECKING:
    from meetingsvc.store.links import Grant


def create_app(config: Config, clock: Callable[[], int] | None = None) -> Flask:
    """The whole service as WSGI. In app.extensions: the House as "meetingsvc", the sockets as "meetingsvc.live", the
    mail as "meetingsvc.post".

    `clock` gives ms UTC instead of the machine's.
    """
    database = Database.open(config.database_url)
    desk, links, words = Desk(database, clock), Links(database, clock), Words.load()
    static = files.Files(words=words.hash())
    announcers = Announcers(desk, desk.log, files=static.hash)
    people = People.of(config, desk, links, words)
    house = House(config, desk, announcers, links, words, static, Limits(), metrics.Metrics(), people, Aside())
    post = Post(people, config)
    house.post_status = post.status

    app = Flask("meetingsvc", static_folder=None, template_folder=str(files.TEMPLATES))
    app.config.update(MAX_CONTENT_LENGTH=MOST_BYTES, MAX_FORM_MEMORY_SIZE=MOST_BYTES, MAX_FORM_PARTS=50)
    app.extensions["meetingsvc"], app.extensions["meetingsvc.post"] = house, post
    for part in (acts.acts, reads.reads, health.health, metrics.metrics, openapi.openapi, pages.pages, setup.setup):
        app.register_blueprint(part)
    for part in offices.PAGES:
        app.register_blueprint(part)
    app.register_blueprint(feeds.feeds)
    app.register_blueprint(files.blueprint(static))
    errors.register(app)
    pages.register(app)
    _attach_live(app, house)
    here = [f"http://{name}:{config.port}" for name in ("127.0.0.1", "localhost", "[::1]")]  # a collector of metrics
    hosts = known_hosts([*config.origins, *here])
    app.wsgi_app = Headers(app.wsgi_app, hosts=hosts, https=is_https(config))  # type: ignore[method-assign]
    return app


def _attach_live(app: Flask, house: House) -> None:
    """The sockets: who they are is asked here, and a link that is taken back cuts them at once."""

    def who(auth: dict[str, Any], environ: dict[str, Any]) -> Grant | None:
        visitor = gate(house, auth, environ)
        if visitor.problem:
            raise Refused(visitor.problem)
        return visitor.grant

    live = attach(
        app, house.announcers, who,
        origins=house.config.origins, async_mode=house.config.async_mode, revoked=_revoked(house),
    )  # fmt: skip
    house.links.on_revoke(lambda grant: live.cut_grant(grant.id))
    app.extensions["meetingsvc.live"] = live


def _revoked(house: House) -> Callable[[Collection[str]], list[str]]:
    """Which of these grants other processes have taken back since the last look (and a little before it)."""
    looked = house.desk.clock()

    def revoked(held: Collection[str]) -> list[str]:
        nonlocal looked
        since, looked = looked - 10_000, house.desk.clock()
        return [grant for grant in house.links.revoked_since(since) if grant in held]

    return revoked
