"""The tables outbox (what changed and was not planned yet) and deliveries (one mail each: it waits, was sent,
failed, came back).

Does not belong here: what a mail says (invitations), who sends it (mail/mail_sender).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from meetingsvc.store.engine import Connection
from meetingsvc.store.jcs import jcs
from meetingsvc.store.tables import deliveries, outbox

#: waiting: to be sent (again) at `next_at`; sent: the mail server took it; failed: given up; bounced: came back;
#: superseded: a newer one took its place before it left.
STATES = ("waiting", "sent", "failed", "bounced", "superseded")


@dataclass(frozen=True, slots=True)
class ToldTurn:
    """When somebody may expect to speak, to which item. Moments in ms UTC."""

    start: int
    to: int
    item: str


@dataclass(frozen=True, slots=True)
class ToldRule:
    """How often a series meets. `skipped`: the wall starts on which it does not."""

    freq: str
    every: int
    count: int
    skipped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What one person is told of one event, kept as plain JSON without nulls, so that years later it is known.

    `status`: confirmed, cancelled, or removed (this person only). `recurs`: which occurrence of a series it is; `rule`:
    it is about the whole series. `to`: the digest of the address, `link`: of the personal link.
    """

    title: str
    starts: str
    ends: str
    zone: str
    starts_at: int
    ends_at: int
    links: tuple[str, ...]
    status: str
    session: int
    to: str
    room: str | None = None
    mode: str | None = None
    recurs: str | None = None
    turn: ToldTurn | None = None
    rule: ToldRule | None = None
    link: str | None = None

    @classmethod
    def from_json(cls, text: str) -> Told:
        given = json.loads(text)
        turn, rule = given.get("turn"), given.get("rule")
        return cls(
            **{name: given[name] for name in _ALWAYS},
            **{name: given.get(name) for name in _SOMETIMES},
            session=given["sitting"],
            links=tuple(given["links"]),
            turn=ToldTurn(**turn) if turn else None,
            rule=ToldRule(**{**rule, "skipped": tuple(rule["skipped"])}) if rule else None,
        )

    def to_json(self) -> str:
        given = asdict(self)
        given["sitting"] = given.pop("session")  # what was told years ago has this name
        return jcs({name: value for name, value in given.items() if value is not None})


_ALWAYS = ("title", "starts", "ends", "zone", "starts_at", "ends_at", "status", "to")
_SOMETIMES = ("room", "mode", "recurs", "link")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One mail to one recipient about one event of their calendar. `told`: what it says.

    `address`: the one they had before, where it goes to an address that is no longer theirs.
    """

    meeting: str
    contact: str
    uid: str
    method: str
    sequence: int
    message_id: str
    told: Told
    made_at: int
    next_at: int
    state: str = "waiting"
    tries: int = 0
    claimed_until: int = 0
    sent_at: int | None = None
    fault: str | None = None
    address: str | None = None
    id: int = 0

    @property
    def left(self) -> bool:
        """Whether the mail server took it, or may have: a process that was killed in between cannot say. Every honest
        end of a try gives the claim back; one that was never given back is noted by the next (`claim`)."""
        return self.state != "bounced" and (self.state == "sent" or self.claimed_until != 0 or self.sent_at is not None)


# ---------------------------------------------------------------------------------------------------------- outbox


def unplanned(connection: Connection, now: int) -> dict[str, tuple[int, int]]:
    """{meeting: (first, last moment)} of what happened until now and was not yet turned into deliveries. A row of a
    later moment is a letter that is held back: it keeps nothing else waiting."""
    moments = (sa.func.min(outbox.c.at), sa.func.max(outbox.c.at))
    here = (outbox.c.planned_at.is_(None), outbox.c.at <= now)
    wanted = sa.select(outbox.c.meeting, *moments).where(*here).group_by(outbox.c.meeting)
    return {meeting: (first, last) for meeting, first, last in connection.execute(wanted)}


def planned(connection: Connection, meeting: str, upto: int, now: int) -> bool:
    """Marks what happened up to a moment as planned; False if another process was faster. First in its transaction:
    of two processes one gets the rows."""
    here = (outbox.c.meeting == meeting, outbox.c.planned_at.is_(None), outbox.c.at <= upto)
    return bool(connection.execute(sa.update(outbox).where(*here).values(planned_at=now)).rowcount)


# ------------------------------------------------------------------------------------------------------ deliveries


def add(connection: Connection, rows: Iterable[Delivery]) -> None:
    made = [
        {
            "meeting": row.meeting,
            "contact": row.contact,
            "uid": row.uid,
            "method": row.method,
            "sequence": row.sequence,
            "message_id": row.message_id,
            "facts": row.told.to_json(),
            "made_at": row.made_at,
            "next_at": row.next_at,
            "state": row.state,
            "tries": row.tries,
            "claimed_until": row.claimed_until,
            "sent_at": row.sent_at,
            "fault": row.fault,
            "address": row.address,
        }
        for row in rows
    ]
    if made:
        connection.execute(sa.insert(deliveries), made)


def of_meeting(connection: Connection, meeting: str) -> list[Delivery]:
    """All deliveries of a meeting, the oldest first."""
    wanted = sa.select(deliveries).where(deliveries.c.meeting == meeting).order_by(deliveries.c.id)
    return [_read(row) for row in connection.execute(wanted)]


def of_contact(connection: Connection, contact: str) -> list[Delivery]:
    """All deliveries to a contact, about whatever meeting, the oldest first."""
    wanted = sa.select(deliveries).where(deliveries.c.contact == contact).order_by(deliveries.c.id)
    return [_read(row) for row in connection.execute(wanted)]


def last_of(connection: Connection, meeting: str) -> dict[tuple[str, str], Delivery]:
    """{(contact, uid): the newest delivery that was not superseded} of a meeting."""
    found: dict[tuple[str, str], Delivery] = {}
    for row in of_meeting(connection, meeting):
        if row.state != "superseded":
            found[row.contact, row.uid] = row
    return found


def by_message_id(connection: Connection, ids: Iterable[str]) -> list[Delivery]:
    wanted = sa.select(deliveries).where(deliveries.c.message_id.in_(list(ids)))
    return [_read(row) for row in connection.execute(wanted)]


def due(connection: Connection, now: int, limit: int = 50) -> list[int]:
    """Ids of the deliveries that can be tried now, those that wait longest first."""
    here = (deliveries.c.state == "waiting", deliveries.c.next_at <= now, deliveries.c.claimed_until <= now)
    wanted = sa.select(deliveries.c.id).where(*here).order_by(deliveries.c.next_at, deliveries.c.id).limit(limit)
    return list(connection.execute(wanted).scalars())


def pressing(connection: Connection, now: int) -> bool:
    """Whether there is anything to plan or to send: one look, for those who look every other second."""
    waits = (deliveries.c.state == "waiting", deliveries.c.next_at <= now, deliveries.c.claimed_until <= now)
    unplanned_rows = sa.exists().where(outbox.c.planned_at.is_(None), outbox.c.at <= now)
    found = connection.execute(sa.select(sa.or_(unplanned_rows, sa.exists().where(*waits))))
    return bool(found.scalar_one())


def claim(connection: Connection, id: int, now: int, until: int) -> Delivery | None:
    """Takes a delivery in hand, so that no other process sends it; None if one was faster."""
    here = (deliveries.c.id == id, deliveries.c.state == "waiting", deliveries.c.claimed_until <= now)
    # a claim that ran out was never given back: it may have left then
    perhaps = sa.case((deliveries.c.claimed_until != 0, deliveries.c.claimed_until), else_=deliveries.c.sent_at)
    taken = sa.update(deliveries).where(*here).values(sent_at=perhaps, claimed_until=until)
    if not connection.execute(taken).rowcount:
        return None
    return _read(connection.execute(sa.select(deliveries).where(deliveries.c.id == id)).one())


def settle(connection: Connection, id: int, **values: Any) -> None:
    """What became of a delivery: state, sent_at, fault, tries, next_at, claimed_until."""
    connection.execute(sa.update(deliveries).where(deliveries.c.id == id).values(**values))


def put_off(connection: Connection, now: int, *, until: int, fault: str, enough: int, made_before: int) -> None:
    """All that could be tried now was tried in vain. Given up: after `enough` tries what was made before a moment."""
    here = (deliveries.c.state == "waiting", deliveries.c.next_at <= now, deliveries.c.claimed_until <= now)
    given_up = sa.and_(deliveries.c.tries + 1 >= enough, deliveries.c.made_at < made_before)
    values = {"tries": deliveries.c.tries + 1, "next_at": until, "fault": fault}
    state = sa.case((given_up, "failed"), else_="waiting")
    connection.execute(sa.update(deliveries).where(*here).values(state=state, **values))


def supersede(connection: Connection, ids: Iterable[int]) -> None:
    """Those that wait and need not be sent any more. One that is being sent, or may have been, is left alone."""
    here = (deliveries.c.id.in_(list(ids)), deliveries.c.state == "waiting", deliveries.c.claimed_until == 0)
    connection.execute(sa.update(deliveries).where(*here).values(state="superseded"))


def dismiss(connection: Connection, ids: Iterable[int]) -> None:
    """What did not arrive is past, as if it had never been tried: the secretariat asks for it to be sent anew."""
    values = {"state": "superseded", "sent_at": None, "claimed_until": 0}
    connection.execute(sa.update(deliveries).where(deliveries.c.id.in_(list(ids))).values(**values))


def erase(connection: Connection, contact: str) -> None:
    """All rows of a contact, with the ids of its mails: what answers one of them, or comes back, is known no more."""
    connection.execute(sa.delete(deliveries).where(deliveries.c.contact == contact))


def _read(row: sa.Row[Any]) -> Delivery:
    given = dict(row._mapping)
    return Delivery(told=Told.from_json(given.pop("facts")), **given)
