"""What a request works with: `Services`, made once by create_app, and the words of the language it is answered in.

Not here: who asks (auth), what may be asked (access).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from flask import current_app, g, request

from meetingsvc.bounded_cache import BoundedCache
from meetingsvc.translations import Catalogue, Catalogues
from meetingsvc.web.metrics import Metrics
from meetingsvc.web.rate_limit import RateLimits
from meetingsvc.web.sent_forms import SentForms
from meetingsvc.web.static_files import StaticFiles

if TYPE_CHECKING:
    from meetingsvc.broadcast import Broadcasters
    from meetingsvc.broadcast.replay_buffer import Missed
    from meetingsvc.config import Config
    from meetingsvc.invitations import Invitations
    from meetingsvc.meetings import Meetings
    from meetingsvc.reader.client import ReaderProcess
    from meetingsvc.store.links import Links

LANGUAGE_COOKIE = "lang"
PAGES_BYTES = 16_000_000
#: Blueprints whose every word stands in all six languages. The rest of the screens is shown in a language only when its
#: catalogue is whole.
TRANSLATED = frozenset(
    {
        "bodies",
        "calendar",
        "calendars",
        "contact_erasing",
        "contacts",
        "erasing",
        "guest",
        "guest_list",
        "home",
        "import_ics",
        "join",
        "meeting_times",
        "schedule",
    }
)


@dataclass(slots=True)
class Services:
    """Everything a request may need."""

    config: Config
    meetings: Meetings
    broadcasters: Broadcasters
    links: Links
    words: Catalogues
    files: StaticFiles
    limits: RateLimits
    metrics: Metrics
    invitations: Invitations
    #: Where files are read that others wrote.
    reader: ReaderProcess
    #: How mail servers were the last time, of whoever sends mail in this process (MailSender.status).
    mail_status: Callable[[], dict[str, dict[str, Any]]] | None = None
    #: What somebody missed, waited for if need be (LongPolls.missed).
    missed: Callable[..., Missed] | None = None
    #: Answers that were made, see `cached_answer`.
    pages: BoundedCache[Any] = field(default_factory=lambda: BoundedCache(PAGES_BYTES))
    #: Meetings that this process has seen to be there.
    known_meetings: set[str] = field(default_factory=set)
    forms_sent: SentForms = field(default_factory=SentForms)

    def on_loss(self, meeting: str, _: int) -> None:
        """The database lost entries of a meeting: it may be gone as a whole, and other rows may be older as well."""
        self.known_meetings.discard(meeting)
        self.pages.clear()

    def on_erasure(self, _: str) -> None:
        """Words or names were erased: no page that was made with them stays in memory."""
        self.pages.clear()


def services() -> Services:
    """What this request works with."""
    return cast(Services, current_app.extensions["meetingsvc"])


def words() -> Catalogue:
    """The words of this request: ?lang=, then the cookie, then Accept-Language, then the installation's own."""
    if "words" not in g:
        ours = services()
        wish, kept = request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE)
        accept = ", ".join(filter(None, (request.headers.get("Accept-Language"), f"{ours.config.locale};q=0.001")))
        partly = request.blueprint in TRANSLATED
        g.words = ours.words[ours.words.best(wish, kept, accept=accept, partly=partly)]
    return cast(Catalogue, g.words)


def form_mark() -> str:
    """A random mark for a form, so that the same form sent twice is done once."""
    return secrets.token_urlsafe(12)
