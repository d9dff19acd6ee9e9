"""Personal links: who holds one may act in a role. Secrets are stored as digests only, and shown once.

A browser that claims a link gets a session of its own; the link's grant then has a number there, which stands
in URLs (/m/<meeting>/floor?as=3) and is worthless without the session's cookie.
Does not belong here: cookies, headers, origins (web), what a role may do (core.roles).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from meetingsvc.core.roles import ROLES
from meetingsvc.store.engine import Connection, Database
from meetingsvc.store.tables import browser_sessions, grants, session_grants

#: The one link that is not for a meeting but for a body: whoever holds it keeps its meetings, series and contacts.
#: `meeting` is the body's id then.
OFFICE = "office"
#: A browser's session lasts as long as a long conference; the links behind it can be claimed again.
SESSION_LIFE_MS = 60 * 24 * 3600 * 1000
#: How long a browser's former session lives on after a claim gave it a new one.
ENDING_MS = 60 * 1000
#: No secret of ours is longer: what is, is refused before it is digested.
_LONGEST = 200
#: Grants looked up in one statement.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Grant:
    """What a link gives: a role in one meeting. `id` is random and is what the log calls `by`."""

    id: str
    meeting: str
    role: str
    delegation: int | None = None
    label: str = ""
    made_at: int = 0
    revoked_at: int | None = None
    #: The number in the browser session it was found through.
    number: int | None = None


class Links:
    """The links of one database. `clock` gives ms UTC."""

    def __init__(self, database: Database, clock: Callable[[], int] | None = None) -> None:
        self.database = database
        self._clock = clock or (lambda: time.time_ns() // 1_000_000)
        self._told: list[Callable[[Grant], None]] = []

    # ------------------------------------------------------------------------------------ made and taken back

    def make(self, meeting: str, role: str, delegation: int | None = None, label: str = "") -> tuple[Grant, str]:
        """A new link: (grant, secret). The secret (192 random bits) is not kept and cannot be shown again."""
        ((grant, secret),) = self.make_many(meeting, [(role, delegation, label)])
        return grant, secret

    def make_many(self, meeting: str, wanted: list[tuple[str, int | None, str]]) -> list[tuple[Grant, str]]:
        """Links for several (role, delegation, label), in one transaction: all or none."""
        now, made = self._clock(), []
        for role, delegation, label in wanted:
            if role not in ROLES or (role == "delegate" and delegation is None):
                raise ValueError(f"no link for {role} with delegation {delegation}")
            if role not in ("delegate", "invitee") and delegation is not None:
                raise ValueError(f"no link for {role} with delegation {delegation}")
            grant = Grant(secrets.token_hex(8), meeting, role, delegation, label, now)
            made.append((grant, _fresh()))
        self.database.write(lambda connection: insert(connection, made))
        return made

    def make_office(self, body: str, label: str = "") -> tuple[Grant, str]:
        """A link for the secretariat of a body."""
        made = Grant(secrets.token_hex(8), body, OFFICE, None, label, self._clock()), _fresh()
        self.database.write(lambda connection: insert(connection, [made]))
        return made

    def revoke(self, meeting: str, grant: str) -> Grant | None:
        """Takes a link back, for good; None where this meeting has no such link. Listeners are told."""
        now = self._clock()

        def work(connection: Connection) -> Grant | None:
            here = sa.and_(grants.c.id == grant, grants.c.meeting == meeting)
            connection.execute(sa.update(grants).where(here, grants.c.revoked_at.is_(None)).values(revoked_at=now))
            found = connection.execute(sa.select(grants).where(here)).one_or_none()
            return _grant(found) if found else None

        revoked = self.database.write(work)
        if revoked is not None:
            for told in self._told:
                told(revoked)
        return revoked

    def on_revoke(self, callback: Callable[[Grant], None]) -> None:
        """Calls back after each `revoke` of this process, so that live sockets are cut at once."""
        self._told.append(callback)

    def revoked(self, held: Collection[str]) -> list[str]:
        """Those of these grants that were taken back, by whatever process and whatever its clock says; those that a
        copy put in the database's place does not know count as well."""

        def work(connection: Connection) -> list[str]:
            good, ids = sa.select(grants.c.id).where(grants.c.revoked_at.is_(None)), list(held)
            parts = (good.where(grants.c.id.in_(ids[n : n + _AT_ONCE])) for n in range(0, len(ids), _AT_ONCE))
            known = {id for part in parts for id in connection.execute(part).scalars()}
            return [id for id in ids if id not in known]

        return self.database.read(work)

    # -------------------------------------------------------------------------------------------- found again

    def find(self, secret: str) -> Grant | None:
        """The grant of a secret, also of one that was taken back: whoever asks looks at `revoked_at`."""
        return self.database.read(lambda connection: _by_secret(connection, secret))

    def get(self, grant: str) -> Grant | None:
        """A grant by its id, also when it was taken back: `revoked_at` says so."""
        wanted = sa.select(grants).where(grants.c.id == grant)
        found = self.database.read(lambda connection: connection.execute(wanted).one_or_none())
        return _grant(found) if found else None

    def of_meeting(self, meeting: str) -> list[Grant]:
        """All links of a meeting, for the chair's side, in the order they were made."""
        order = (grants.c.made_at, grants.c.role, grants.c.delegation, grants.c.id)
        wanted = sa.select(grants).where(grants.c.meeting == meeting).order_by(*order)
        return self.database.read(lambda connection: [_grant(row) for row in connection.execute(wanted)])

    # --------------------------------------------------------------------------------------- browser sessions

    def claim(self, secret: str, session: str | None = None) -> tuple[str, int] | None:
        """Puts a link into a browser's session: (session's new secret, number of the grant there).

        Each claim makes a new session with what the one before held, so that a cookie that somebody planted
        in a browser never gains anything; the one before lives on for a minute, for a double tap. None for a
        bad link.
        """
        fresh, now = secrets.token_urlsafe(32), self._clock()

        def work(connection: Connection) -> tuple[str, int] | None:
            grant = _by_secret(connection, secret)
            if grant is None or grant.revoked_at is not None:
                return None
            connection.execute(sa.insert(browser_sessions).values(id=digest(fresh), made_at=now))
            held = self._move(connection, session, digest(fresh), now) if session else []
            for other in held:
                if other.id == grant.id and other.number is not None:
                    return fresh, other.number
            number = 1 + max((other.number or 0 for other in held), default=0)
            row = {"session": digest(fresh), "number": number, "grant": grant.id, "claimed_at": now}
            connection.execute(sa.insert(session_grants).values(**row))
            return fresh, number

        return self.database.write(work)

    def _move(self, connection: Connection, session: str, to: str, now: int) -> list[Grant]:
        """Copies what a session holds into a new one and lets the old one end in a minute."""
        if not self._lives(connection, session):
            return []
        was = session_grants.c.session == digest(session)
        columns = ["session", "number", "grant", "claimed_at"]
        rows = sa.select(sa.literal(to), *(session_grants.c[name] for name in columns[1:])).where(was)
        connection.execute(sa.insert(session_grants).from_select(columns, rows))
        ending = browser_sessions.c.id == digest(session)
        born = now - SESSION_LIFE_MS + ENDING_MS
        connection.execute(
            sa.update(browser_sessions).where(ending, browser_sessions.c.made_at > born).values(made_at=born)
        )
        return _held(connection, to)

    def session(self, session: str) -> dict[int, Grant]:
        """{number: grant} of a browser's session, also of those taken back; empty when unknown or over."""

        def work(connection: Connection) -> dict[int, Grant]:
            if not self._lives(connection, session):
                return {}
            return {grant.number or 0: grant for grant in _held(connection, digest(session))}

        return self.database.read(work)

    def end(self, session: str) -> None:
        """Forgets a browser's session. Its links stay valid and can be claimed again."""
        gone = digest(session)

        def work(connection: Connection) -> None:
            connection.execute(sa.delete(session_grants).where(session_grants.c.session == gone))
            connection.execute(sa.delete(browser_sessions).where(browser_sessions.c.id == gone))

        self.database.write(work)

    def _lives(self, connection: Connection, session: str) -> bool:
        if len(session) > _LONGEST:
            return False
        wanted = sa.select(browser_sessions.c.made_at).where(browser_sessions.c.id == digest(session))
        made_at = connection.execute(wanted).scalar_one_or_none()
        return made_at is not None and self._clock() - made_at < SESSION_LIFE_MS


def _fresh() -> str:
    """A new secret of 192 random bits; never one that a command line takes for an option."""
    while (made := secrets.token_urlsafe(24)).startswith("-"):
        continue
    return made


def insert(connection: Connection, made: list[tuple[Grant, str]]) -> None:
    """Writes new grants with the digests of their secrets, inside the caller's transaction."""
    rows = [
        {
            "id": grant.id,
            "meeting": grant.meeting,
            "role": grant.role,
            "delegation": grant.delegation,
            "label": grant.label,
            "secret": digest(secret),
            "made_at": grant.made_at,
            "revoked_at": None,
        }
        for grant, secret in made
    ]
    if rows:
        connection.execute(sa.insert(grants), rows)


def unname(connection: Connection, meeting: str, grant: str | None, held: Collection[str], now: int) -> None:
    """Ends a guest's link and takes the name off it; and off all guests' links of that meeting that were taken back and
    are not among those held: which of them was whose once is not written down."""
    here = (grants.c.meeting == meeting, grants.c.role == "invitee")
    ended = sa.func.coalesce(grants.c.revoked_at, now)
    if grant is not None:
        connection.execute(sa.update(grants).where(*here, grants.c.id == grant).values(label="", revoked_at=ended))
    former = connection.execute(sa.select(grants.c.id).where(*here, grants.c.revoked_at.is_not(None))).scalars()
    nobodys = [id for id in former if id not in held]
    for n in range(0, len(nobodys), _AT_ONCE):
        connection.execute(sa.update(grants).where(grants.c.id.in_(nobodys[n : n + _AT_ONCE])).values(label=""))


_REVOKED_AT = sa.select(grants.c.revoked_at).where(grants.c.id == sa.bindparam("of"))


def stands(connection: Connection, grant: str) -> bool:
    """Whether there is such a grant and nobody took it back."""
    found = connection.execute(_REVOKED_AT, {"of": grant}).one_or_none()
    return found is not None and found.revoked_at is None


def revoked(connection: Connection, actor: str) -> bool:
    """Whether this is a grant that was taken back. Who acts without a link (the clock, this machine) has no grant."""
    return connection.execute(_REVOKED_AT, {"of": actor}).scalar_one_or_none() is not None


_BY_SECRET = sa.select(grants).where(grants.c.secret == sa.bindparam("digest"))


def _by_secret(connection: Connection, secret: str) -> Grant | None:
    # looked up by digest: how long it takes says nothing about how much of a guess was right
    if not secret or len(secret) > _LONGEST:
        return None
    wanted = digest(secret)
    found = connection.execute(_BY_SECRET, {"digest": wanted}).one_or_none()
    return _grant(found) if found and hmac.compare_digest(found.secret, wanted) else None


def _held(connection: Connection, session_digest: str) -> list[Grant]:
    wanted = (
        sa.select(grants, session_grants.c.number)
        .join(session_grants, session_grants.c.grant == grants.c.id)
        .where(session_grants.c.session == session_digest)
        .order_by(session_grants.c.number)
    )
    return [replace(_grant(row), number=row.number) for row in connection.execute(wanted)]


def _grant(row: sa.Row[Any]) -> Grant:
    return Grant(
        id=row.id,
        meeting=row.meeting,
        role=row.role,
        delegation=row.delegation,
        label=row.label,
        made_at=row.made_at,
        revoked_at=row.revoked_at,
    )


def digest(secret: str) -> str:
    """What is stored of a secret."""
    # a fast digest is enough: there is nothing to guess in 192 random bits
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
