"""Who must be told what: what each recipient was last told, compared with what holds now. Pure.

Significant is everything that is told but the title. An undo leads back to what was told, so nothing is sent.
Not here: what holds (told), writing it down (planner), what a letter says (letter).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from meetingsvc.calendars.appointment import Appointment, Reader, Series, Session
from meetingsvc.calendars.events import uid_of
from meetingsvc.calendars.series import belongs
from meetingsvc.invitations.results import Change, Due
from meetingsvc.invitations.told import by_rule, told_of, told_of_series
from meetingsvc.store.deliveries import Delivery, Told, ToldTurn
from meetingsvc.translations import Catalogue

#: One event in somebody's calendar: its UID, and of a series which occurrence.
Event = tuple[str, str | None]
#: Fields that change together and are told together.
_TIME = ("starts", "ends", "zone", "starts_at", "ends_at")
_ALONE = ("room", "links", "mode", "turn", "status")
#: Fields that everybody who comes sees: when one of them changes, SEQUENCE rises (RFC 5546, 2.1.4).
_HELD = (*_TIME, "room", "links", "status")


@dataclass(frozen=True, slots=True)
class LastLetters:
    """The last letters to one recipient about one event: `reached`, the last that left, or may have; `tried`, the last
    that was tried, also in vain. What still waits does not count: it is not yet said."""

    reached: Delivery | None = None
    tried: Delivery | None = None

    @property
    def comes(self) -> bool:
        """Whether the event stands in the recipient's calendar."""
        return self.reached is not None and self.reached.told.status == "confirmed"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person of a meeting, for whom it is planned.

    `meeting`: which one. `invited`: the invitation was sent off. `removed`: taken off the list. `chosen`: the place is
    their own answer. `address`: the digest of where they are written to, `link`: of their personal link. `master`: they
    were told of the whole series, or shall be.
    """

    reader: Reader
    say: Catalogue
    address: str
    invited: bool
    removed: bool = False
    chosen: bool = False
    letters: Mapping[Event, LastLetters] = field(default_factory=dict)
    turn: ToldTurn | None = None
    turn_at: int | None = None
    master: Literal["told", "due"] | None = None
    meeting: str = ""
    link: str | None = None


def event_of(delivery: Delivery) -> Event:
    return delivery.uid, delivery.told.recurs


def last_letters(deliveries: Iterable[Delivery], address: str) -> dict[Event, LastLetters]:
    """What went to this address before, the oldest first: the last of each event."""
    found: dict[Event, LastLetters] = {}
    for row in deliveries:
        unsaid = row.state in ("waiting", "superseded") and not row.left
        if unsaid or row.told.to != address:
            continue
        event = event_of(row)
        reached = row if row.left else found.get(event, LastLetters()).reached
        found[event] = LastLetters(reached, row)
    return found


def due(appointment: Appointment, who: Recipient, now: int, series: Series | None = None) -> list[Due]:
    """The mails that somebody must get, in the order in which they must arrive."""
    return list(_due(appointment, who, now, series))


def _due(appointment: Appointment, who: Recipient, now: int, series: Series | None) -> Iterator[Due]:
    if who.master is None or series is None or not belongs(appointment, series):
        # RFC 5545, 3.8.4.4: an occurrence has a meaning beside its series only; alone it is an event of its own
        appointment, series = replace(appointment, recurrence=None), None
    mine = f"{appointment.uid}-"
    appointment = with_lost(
        appointment,
        [
            each.reached.told
            for (uid, _), each in who.letters.items()
            if each.reached and each.comes and uid.startswith(mine)
        ],
    )
    first = min(session.id for session in appointment.sessions)
    rule: Told | None = None
    if series is not None:
        master, made = _master(series, who, first)
        rule = master
        if made is not None and not all(_over(session, now) for session in appointment.sessions):
            yield made
    for session in appointment.sessions:
        recurs = appointment.recurrence.starts if appointment.recurrence and session.id == first else None
        baseline = by_rule(rule, recurs, session.id) if rule and recurs else None
        if (found := _of_session(appointment, session, who, baseline, now)) is not None:
            yield found


def with_lost(appointment: Appointment, known: Iterable[Told]) -> Appointment:
    """With sessions that somebody was told of and that are no more, since their planning was undone: as dropped."""
    here = {session.id for session in appointment.sessions}
    lost = {told.session: told for told in known if told.session not in here}
    gone = tuple(
        Session(id, told.starts, told.ends, told.zone, told.starts_at, told.ends_at, told.ends_at, dropped=True)
        for id, told in sorted(lost.items())
    )
    return replace(appointment, sessions=(*appointment.sessions, *gone)) if gone else appointment


def _over(session: Session, now: int) -> bool:
    return max(session.ends_at, session.shown_ends_at) <= now


def _master(series: Series, who: Recipient, session: int) -> tuple[Told | None, Due | None]:
    """What the recipient knows, or will know, of the series; and the letter that tells it."""
    tried = who.letters.get((series.uid, None), LastLetters()).tried
    if tried is not None:
        # the link of another meeting is none of this one's business
        return (tried.told if tried.meeting == who.meeting else replace(tried.told, link=None)), None
    if who.removed or not who.invited:
        return None, None
    told = told_of_series(series, who.reader, who.say, who.address, session, who.link)
    return told, Due(series.uid, session, "REQUEST", series.sequence, "invitation", told)


def _of_session(appointment: Appointment, session: Session, who: Recipient, rule: Told | None, now: int) -> Due | None:
    uid = uid_of(appointment, session.id)
    turn = who.turn if session.id == who.turn_at else None
    holds = told_of(appointment, session, who.reader, who.say, who.address, turn, who.link)
    letters = who.letters.get((uid, holds.recurs), LastLetters())
    known = letters.reached.told if letters.reached else rule
    comes = known is not None and known.status == "confirmed"
    if _over(session, now) and not (known is not None and comes and known.ends_at > now):
        return None  # it is past, and so it is in their calendar
    if who.removed:
        holds = replace(holds, status="removed", links=(), turn=None, link=None)
    if holds.status != "confirmed":
        return _cancellation(uid, appointment, letters, holds, known) if comes else None
    if known is None or not comes:
        asked = who.invited and not _same(letters.tried, holds, appointment, who.chosen)
        return _request(uid, appointment, letters, holds, known) if asked else None
    if not different(known, holds, who.chosen) or _same(letters.tried, holds, appointment, who.chosen):
        return None
    return _request(uid, appointment, letters, holds, known)


def _same(tried: Delivery | None, holds: Told, appointment: Appointment, chosen: bool) -> bool:
    """Whether just this was tried before, and nothing changed since: then what failed is not tried again."""
    if tried is None or tried.sequence < appointment.sequence:
        return False
    return not different(tried.told, holds, chosen)


def _request(uid: str, appointment: Appointment, letters: LastLetters, holds: Told, known: Told | None) -> Due:
    last = letters.tried
    sequence = appointment.sequence
    if last is not None:
        # what they were sent may be ahead of the meeting (after a CANCEL of their own); what is not newer is ignored
        changed = any(getattr(last.told, name) != getattr(holds, name) for name in _HELD)
        sequence = max(sequence, last.sequence + changed)
    what: Literal["invitation", "update"] = "invitation" if known is None else "update"
    changes = changes_of(known, holds) if known is not None else ()
    return Due(uid, holds.session, "REQUEST", sequence, what, holds, changes)


def _cancellation(
    uid: str, appointment: Appointment, letters: LastLetters, holds: Told, known: Told | None
) -> Due | None:
    tried = letters.tried
    if tried is not None and tried.told.status == holds.status and tried.sequence >= appointment.sequence:
        return None  # it was tried in vain, and nothing changed since
    # RFC 5546, 3.2.5, and what clients ask for: a CANCEL is newer than what it cancels
    sequence = max(appointment.sequence, tried.sequence + 1 if tried else 1)
    changes = (Change("status", known.status, holds.status),) if known else ()
    return Due(uid, holds.session, "CANCEL", sequence, "cancellation", holds, changes)


# --------------------------------------------------------------------------------------------------- what changed


@dataclass(frozen=True, slots=True)
class Times:
    """When an event is, as it was told."""

    starts: str
    ends: str
    zone: str
    starts_at: int
    ends_at: int

    @classmethod
    def of(cls, told: Told) -> Times:
        return cls(*(getattr(told, name) for name in _TIME))


def different(known: Told, holds: Told, chosen: bool = False) -> bool:
    """Whether somebody who knows the one must be told the other.

    A turn that is over, or was given up, needs no letter. Whoever chose their own place knows it; they are written to
    only if they need a link they were not given. A personal link that was replaced is dead where it stands.
    """
    names = {*_TIME, *_ALONE} - ({"turn"} if holds.turn is None else set())
    if chosen:
        names -= {"mode"}
        if set(holds.links) <= set(known.links):
            names -= {"links"}
    return _another_link(known, holds) or any(getattr(known, name) != getattr(holds, name) for name in names)


def _another_link(known: Told, holds: Told) -> bool:
    return known.link is not None and holds.link is not None and known.link != holds.link


def changes_of(known: Told, holds: Told) -> tuple[Change, ...]:
    """What is not as it was last told, old and new."""
    made: list[Change] = []
    if Times.of(known) != Times.of(holds):
        made.append(Change("time", Times.of(known), Times.of(holds)))
    for name in _ALONE:
        old, new = getattr(known, name), getattr(holds, name)
        if old != new and not (name == "turn" and new is None):
            made.append(Change(name, old, new))
    if _another_link(known, holds):
        made.append(Change("link", None, None))
    return tuple(made)


def the_same_letter(waiting: Delivery, wanted: Due) -> bool:
    """Whether a letter that waits says just what is wanted: then it may leave as it is."""
    same = replace(waiting.told, title="") == replace(wanted.told, title="")
    return same and (waiting.method, waiting.sequence) == (wanted.method, wanted.sequence)


def what_of(rows: Sequence[Due]) -> Literal["invitation", "update", "cancellation"] | None:
    """What somebody gets on the whole."""
    kinds = {row.what for row in rows}
    if "invitation" in kinds and "update" not in kinds:
        return "invitation"
    return "update" if "update" in kinds else "cancellation" if kinds else None
