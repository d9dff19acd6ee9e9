"""Calendar files and feeds: first their mark (ETag), from what they would show; the bytes only when they are needed.

The mark is a digest of everything that the bytes depend on, code and words among them, so that all processes make the
same one. Not here: HTTP (web/feeds), events and texts (readings.calendar).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from meetingsvc.calendars import files
from meetingsvc.calendars.content import Appointment, Reader, Series, Slot
from meetingsvc.code_version import epoch
from meetingsvc.core.kernel import UnfoldableEntry, need
from meetingsvc.invitations.calendar_cache import Noted, Shelf
from meetingsvc.invitations.derived_secrets import DerivedSecrets
from meetingsvc.invitations.expected_slots import LIVE, slots
from meetingsvc.invitations.guest_list import INVITEE, GuestList
from meetingsvc.invitations.loading import body_of, delegation_of
from meetingsvc.invitations.results import Sheet
from meetingsvc.invitations.told import appointment_of, reader_of, series_of
from meetingsvc.meeting_cache import LoadedMeeting
from meetingsvc.meetings import Meetings
from meetingsvc.store import bodies, contacts, feeds, index
from meetingsvc.store.bodies import Body, SeriesRow
from meetingsvc.store.contacts import Contact, Invitation
from meetingsvc.store.engine import Busy, Connection
from meetingsvc.store.feeds import Feed, Fetch
from meetingsvc.store.index import MeetingRow
from meetingsvc.store.links import Grant, stands
from meetingsvc.translations import Catalogue, Catalogues

#: Roles that may know the join link of their meeting.
INSIDE = frozenset({"chair", "secretary", "delegate", "booth", "invitee"})
MOST_FEEDS = 20
EARLIEST_ALARM = 40_320  # four weeks, in minutes
LONGEST_AGENT = 200


#: Makes the bytes of a sheet from what was read.
Build = Callable[[], bytes]


def _breathe() -> None:
    """Lets others work: under the server's loop a large calendar would stop every screen."""
    time.sleep(0)


@dataclass(frozen=True, slots=True)
class Order:
    """What a file is made from. `invitation`: whose it is; `inside`: whether the join links may stand in it."""

    kind: str
    id: str
    lang: str
    rich: bool = False
    inside: bool = False
    invitation: Invitation | None = None
    link: str | None = None
    feed: Feed | None = None


@dataclass(frozen=True, slots=True)
class Mine:
    """What somebody's own calendar depends on. `others`: all meetings of the body, where it has regular series."""

    contact: Contact
    body: Body | None
    places: list[Invitation]
    stamps: list[tuple[str, str, int, int, str]]
    rules: list[SeriesRow]
    others: list[str]


@dataclass(frozen=True, slots=True)
class CalendarFiles:
    """Sheets, their bytes, and what is known of those who fetch them."""

    meetings: Meetings
    guest_list: GuestList
    secrets: DerivedSecrets
    words: Catalogues
    locale: str
    public_url: str
    mail_from: str
    _files: Shelf[tuple[Sheet, bytes]] = field(default_factory=Shelf, init=False, repr=False)
    _noted: Noted = field(default_factory=Noted, init=False, repr=False)

    # ------------------------------------------------------------------------------------------------ sheets

    def meeting_sheet(
        self, meeting: str, grant: Grant | None = None, *, lang: str | None = None, rich: bool = False
    ) -> Sheet | None:
        """The file of one meeting: for the public, or for whoever holds a link that may know more."""
        inside = grant is not None and grant.meeting == meeting and grant.role in INSIDE and not grant.revoked_at
        mine = self.guest_list.invitation_of(grant) if inside and grant is not None else None
        own = mine is not None and grant is not None and grant.role == INVITEE
        link = self.secrets.personal_link(mine) if mine is not None and own else None
        if mine is not None and mine.removed_at is not None:
            inside, mine, link = False, None, None
        order = Order("meeting", meeting, self._known(lang), rich, inside, mine, link)
        return self._made(order, None)

    def body_sheet(self, body: str, *, lang: str | None = None, rich: bool = False) -> Sheet | None:
        """The calendar of a body: all its meetings, as the public may know them."""
        return self._made(Order("body", body, self._known(lang), rich), None)

    def feed_sheet(self, secret: str) -> Sheet | None:
        """Somebody's own calendar, by its secret; None for one that ended, or never was."""
        found = self.meetings.database.read(lambda c: feeds.find(c, secret))
        if found is None:
            return None
        return self._made(Order("feed", found.contact, found.language, found.rich, True, feed=found), None)

    def _known(self, lang: str | None) -> str:
        """A language that was asked for, if we have it: what is unknown is as if nothing had been asked."""
        return lang if lang is not None and lang in self.words else ""

    def bytes_of(self, sheet: Sheet) -> tuple[Sheet, bytes]:
        """The file, and the sheet that fits its bytes: more may have changed since the one that was asked for."""
        if (kept := self._files.get(sheet.etag)) is not None:
            return kept
        build = list[Build]()
        found = self._made(sheet.order, build)
        need(found, "meeting.not_found")
        assert found is not None
        data = build[-1]()  # outside the transaction: it takes long, and lets others work in between
        self._files.put(found.etag, (found, data), len(data))
        return found, data

    def _made(self, order: Order, build: list[Build] | None) -> Sheet | None:
        """The sheet of an order as things stand, and with `build` its bytes, both of one moment of the database."""
        if order.kind == "feed":
            return self._personal(order, build)
        work = self._meeting if order.kind == "meeting" else self._body_feed
        return self.meetings.database.read(lambda c: work(c, order, build))

    # ----------------------------------------------------------------------------------- one meeting, a body

    def _meeting(self, connection: Connection, order: Order, build: list[Build] | None) -> Sheet | None:
        row = index.get(connection, order.id)
        if row is None:
            return None
        body, mine = body_of(connection, row), order.invitation
        say = self.words.first_of(order.lang, mine.contact.language if mine else None, *row.languages, self.locale)
        stamp = mine.contact.changed_at if mine else 0
        about = (row.id, row.shown, row.shown_at, row.sequence, _of_body(body), _of_invitation(mine), order.link)
        modified = max(row.shown_at, body.changed_at if body else 0, stamp)
        if build is not None:
            if mine is not None:
                reader = reader_of(mine.contact, mine, lang=say.lang, link=order.link, rich=order.rich)
            else:
                reader = Reader(say.lang, inside=order.inside, rich=order.rich)
            meeting = replace(appointment_of(row, body, self.public_url, self.mail_from), changed_at=modified)
            build.append(lambda: files.meeting_file(meeting, reader, say))
        return self._sheet(order, say, about, modified, f"{row.id}.ics", f"m:{row.id}")

    def _body_feed(self, connection: Connection, order: Order, build: list[Build] | None) -> Sheet | None:
        body = bodies.body(connection, order.id)
        if body is None:
            return None
        rules, stamps = bodies.series_of(connection, body.id), index.stamps_of_body(connection, body.id)
        say = self.words.first_of(order.lang, *body.languages, self.locale)
        moments = [body.changed_at, *(each.changed_at for each in rules), *(at for _, _, at in stamps)]
        if build is not None:
            reader = Reader(say.lang, rich=order.rich)
            rows = index.of_body(connection, body.id)
            written = [(appointment_of(row, body, self.public_url, self.mail_from), reader, ()) for row in rows]
            series = [(series_of(each, body, self.public_url, self.mail_from), reader) for each in rules]
            source = f"{self.public_url}/b/{body.id}.ics" + (f"?lang={say.lang}" if order.lang else "")
            name = say.text(body.name)
            build.append(lambda: files.feed(name, written, say, series=series, source=source, pause=_breathe))
        about = (_of_body(body), [(each.uid, each.changed_at) for each in rules], stamps)
        return self._sheet(order, say, about, max(moments), f"{body.id}.ics", f"b:{body.id}")

    # -------------------------------------------------------------------------------------- somebody's own

    def _personal(self, order: Order, build: list[Build] | None) -> Sheet | None:
        assert order.feed is not None
        only = order.feed.meeting
        mine = self.meetings.database.read(lambda c: _mine(c, order.id, only))
        if mine is None:
            return None
        live = self._live(mine)
        if build is None:
            return self._own_sheet(order, mine, live)

        def work(connection: Connection) -> Sheet | None:
            found = _mine(connection, order.id, only)
            if found is None:
                return None
            build.append(self._own_feed(connection, order, found, live))
            return self._own_sheet(order, found, live)

        return self.meetings.database.read(work)

    def _own_sheet(self, order: Order, mine: Mine, live: dict[str, LoadedMeeting]) -> Sheet:
        contact, body, feed = mine.contact, mine.body, order.feed
        assert feed is not None
        moments = [
            contact.changed_at, feed.made_at, body.changed_at if body else 0, *(each.changed_at for each in mine.rules),
            *(at for _, _, at, _, _ in mine.stamps), *(kept.history.whole.at for kept in live.values()),
        ]  # fmt: skip
        about = (
            feed.id, feed.alarm, contact.changed_at, contact.zone, _of_body(body), mine.others,
            [(each.uid, each.changed_at) for each in mine.rules], [stamp[:3] for stamp in mine.stamps],
            [_of_invitation(row) for row in mine.places],
            sorted((id, kept.seq, kept.head) for id, kept in live.items()),
        )  # fmt: skip
        say = self.words.first_of(order.lang, contact.language, self.locale)
        sheet = self._sheet(order, say, about, max(moments), "meetings.ics", f"p:{feed.id}")
        # what stands in a feed of turns goes when the meeting closes, which no date here tells
        return replace(sheet, dated=not any(state in (*LIVE, "closed") for _, _, _, _, state in mine.stamps))

    def _live(self, mine: Mine) -> dict[str, LoadedMeeting]:
        """The meetings in which somebody's turn to speak may stand, as the log has them now."""
        states, found = {id: state for id, _, _, _, state in mine.stamps}, {}
        for row in mine.places:
            if states.get(row.meeting) in LIVE and (row.delegation is not None or row.contact.code):
                try:
                    found[row.meeting] = self.meetings.remembered(row.meeting)
                except UnfoldableEntry:
                    continue  # without its turns: everything else of the calendar stands
        return found

    def _own_feed(self, connection: Connection, order: Order, mine: Mine, live: dict[str, LoadedMeeting]) -> Build:
        contact, body, feed = mine.contact, mine.body, order.feed
        assert feed is not None
        say = self.words.first_of(order.lang, contact.language, self.locale)
        places = {row.meeting: row for row in mine.places}
        written: list[tuple[Appointment, Reader, Sequence[Slot]]] = []
        for row in index.these(connection, places):
            place = places[row.id]
            # without a personal link: whoever may read this calendar must not answer in its owner's place
            reader = reader_of(contact, place, lang=say.lang, alarm=feed.alarm, rich=feed.rich)
            meeting = appointment_of(row, body, self.public_url, self.mail_from)
            meeting = replace(meeting, changed_at=max(meeting.changed_at, contact.changed_at))
            written.append((meeting, reader, self._slots(place, live.get(row.id), row, say)))
        reader = reader_of(contact, None, lang=say.lang, alarm=feed.alarm, rich=feed.rich)
        name = say.gettext("Your meetings: {body}", body=say.text(body.name)) if body else say.gettext("Your meetings")
        whole = self._whole(connection, body, set(places), mine.rules)
        series = [(each, reader) for each in whole]
        return lambda: files.feed(name, written, say, series=series, pause=_breathe)

    def _slots(
        self, place: Invitation, kept: LoadedMeeting | None, row: MeetingRow, say: Catalogue
    ) -> tuple[Slot, ...]:
        if kept is None:
            return ()
        m = kept.history.whole
        delegation = delegation_of(place, m)
        return slots(m, kept.names, delegation, row.uid, say) if delegation is not None else ()

    def _whole(
        self, connection: Connection, body: Body | None, here: set[str], rules: Sequence[SeriesRow]
    ) -> list[Series]:
        """The series that somebody is invited to from first to last: a rule would show the others' dates too."""
        if body is None or not rules:
            return []
        members: dict[str, set[str]] = {}
        for row in index.of_body(connection, body.id):
            members.setdefault(row.series or "", set()).add(row.id)
        wanted = [each for each in rules if members.get(each.uid) and members[each.uid] <= here]
        return [series_of(each, body, self.public_url, self.mail_from) for each in wanted]

    def _sheet(self, order: Order, say: Catalogue, about: Any, modified: int, filename: str, key: str) -> Sheet:
        whole = (
            order.kind, say.lang, order.lang, order.rich, order.inside, self.public_url, self.mail_from,
            _code(), self.words.hash(), about,
        )  # fmt: skip
        return Sheet(hashlib.sha256(repr(whole).encode()).hexdigest()[:32], modified, filename, key, order)

    # --------------------------------------------------------------------------------- subscribing, fetching

    def make_feed(
        self,
        contact: str,
        language: str,
        alarm: int | None = None,
        rich: bool = False,
        *,
        behind: str,
        meeting: str | None = None,
    ) -> tuple[Feed, str]:
        """A personal calendar, of one meeting if that is said: (feed, its address), which cannot be shown again.

        `behind`: the link (its grant) that it is made with, and ends with.
        """
        need(language in self.words, "people.language_unreadable", given=language[:20])
        need(alarm is None or 0 <= alarm <= EARLIEST_ALARM, "people.alarm_too_early", most=EARLIEST_ALARM // 1440)
        now = self.meetings.clock()

        def work(connection: Connection) -> tuple[Feed, str]:
            found = contacts.contact(connection, contact)
            need(found is not None and found.removed_at is None, "people.no_such_contact")
            assert found is not None
            need(stands(connection, behind), "sign_in.revoked")
            need(len(feeds.of_contacts(connection, [contact])) < MOST_FEEDS, "people.too_many_feeds", most=MOST_FEEDS)
            return feeds.make(connection, found, behind, language, now, alarm, rich, meeting)

        feed, secret = self.meetings.database.write(work)
        return feed, f"{self.public_url}/feeds/{secret}.ics"

    def revoke_feed(self, contact: str, feed: str, *, meeting: str | None = None) -> None:
        """Takes an address back, for good; with `meeting` only one of that meeting alone."""
        now = self.meetings.clock()
        need(feed in {each.id for each in self.feeds_of(contact, meeting=meeting)}, "people.no_such_feed")
        need(self.meetings.database.write(lambda c: feeds.revoke(c, feed, contact, now)), "people.no_such_feed")

    def feeds_of(self, contact: str, *, meeting: str | None = None) -> list[Feed]:
        """Somebody's addresses; with `meeting` those of that meeting alone."""
        rows = self.meetings.database.read(lambda c: feeds.of_contacts(c, [contact]))
        return [each for each in rows if meeting in (None, each.meeting)]

    def subscribed(self, contact: str) -> list[tuple[Feed, Fetch | None]]:
        """Somebody's addresses, and when each was last fetched."""

        def work(connection: Connection) -> list[tuple[Feed, Fetch | None]]:
            held = feeds.of_contacts(connection, [contact])
            seen = feeds.fetches_of(connection, [f"p:{each.id}" for each in held])
            return [(each, seen.get(f"p:{each.id}")) for each in held]

        return self.meetings.database.read(work)

    def fetched(self, sheet: Sheet, agent: str) -> None:
        """Notes who fetched a file, at most every ten minutes unless they saw something new; never fails."""
        now = self.meetings.clock()
        if not self._noted.notes(sheet.key, now, sheet.modified):
            return
        said = "".join(sign for sign in agent if sign.isprintable())[:LONGEST_AGENT]
        try:
            self.meetings.database.write(lambda c: feeds.fetched(c, sheet.key, now, sheet.modified, said))
        except Busy:
            self._noted.forget(sheet.key)


def _mine(connection: Connection, id: str, only: str | None = None) -> Mine | None:
    contact = contacts.contact(connection, id)
    if contact is None or contact.removed_at is not None:
        return None
    rows = [row for row in contacts.invitations_for(connection, id) if row.removed_at is None]
    places = [row for row in rows if only in (None, row.meeting)]
    stamps = index.stamps(connection, [row.meeting for row in places])
    body = bodies.body(connection, contact.body) if contact.body else None
    rules = bodies.series_of(connection, body.id) if body else []
    others = [other for other, _, _ in index.stamps_of_body(connection, body.id)] if body and rules else []
    return Mine(contact, body, places, stamps, rules, others)


def _of_body(body: Body | None) -> tuple[str, int] | None:
    return (body.id, body.changed_at) if body else None


def _of_invitation(row: Invitation | None) -> tuple[Any, ...] | None:
    """What of somebody's place their file shows."""
    return (row.meeting, row.contact.id, row.contact.changed_at, row.mode, row.delegation, row.grant) if row else None


@cache
def _code() -> str:
    """By which code and data files are made: another version of any of it makes other bytes."""
    here = Path(__file__).parent
    digest = hashlib.sha256(epoch("calendars").encode())
    for name in ("calendar_files.py", "told.py", "expected_slots.py"):
        digest.update((here / name).read_bytes())
    digest.update(" ".join(version(name) for name in ("icalendar", "babel", "tzdata")).encode())
    return digest.hexdigest()[:16]
