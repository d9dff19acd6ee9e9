"""Calendar files and feeds: first their ETag, from what they would show; the bytes only when they are needed.

The ETag is a digest of everything that the bytes depend on, code and words among them, so that all processes make the
same one. Not here: HTTP (web/api/calendars), events and texts (calendars).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from meetingsvc.bounded_cache import BoundedCache
from meetingsvc.calendars import files
from meetingsvc.calendars.appointment import Appointment, Reader, Series, Slot
from meetingsvc.code_version import epoch
from meetingsvc.core.kernel import UnfoldableEntry, need
from meetingsvc.core.roles import ROLES
from meetingsvc.invitations.derived_secrets import DerivedSecrets
from meetingsvc.invitations.expected_slots import UNDER_WAY, slots
from meetingsvc.invitations.guest_list import INVITEE, GuestList
from meetingsvc.invitations.meeting_people import body_of, delegation_of
from meetingsvc.invitations.noted_fetches import NotedFetches
from meetingsvc.invitations.results import CalendarFile, FileRequest
from meetingsvc.invitations.told import appointment_of, reader_of, series_of
from meetingsvc.meeting_cache import LoadedMeeting
from meetingsvc.meetings import Meetings
from meetingsvc.store import bodies, contacts, feeds, meeting_index
from meetingsvc.store.bodies import Body, SeriesRow
from meetingsvc.store.contacts import Contact, Invitation
from meetingsvc.store.engine import Busy, Connection
from meetingsvc.store.feeds import Feed, Fetch
from meetingsvc.store.links import Grant, stands
from meetingsvc.store.meeting_index import MeetingRow
from meetingsvc.translations import Catalogue, Catalogues

MOST_FEEDS = 20
EARLIEST_ALARM = 40_320  # four weeks, in minutes
LONGEST_AGENT = 200


def _breathe() -> None:
    """Lets others work: under the server's loop a large calendar would stop every screen."""
    time.sleep(0)


@dataclass(frozen=True, slots=True)
class OwnCalendar:
    """What somebody's own calendar depends on. `others`: all meetings of the body, where it has regular series."""

    contact: Contact
    body: Body | None
    places: list[Invitation]
    stamps: list[tuple[str, str, int, int, str]]
    rules: list[SeriesRow]
    others: list[str]


#: The meetings in which somebody's turn to speak may stand, as the log has them.
MeetingsUnderWay = Mapping[str, LoadedMeeting]


@dataclass(frozen=True, slots=True)
class CalendarFiles:
    """Files, their bytes, and what is known of those who fetch them."""

    meetings: Meetings
    guest_list: GuestList
    secrets: DerivedSecrets
    words: Catalogues
    locale: str
    public_url: str
    mail_from: str
    _files: BoundedCache[bytes] = field(default_factory=BoundedCache, init=False, repr=False)
    _noted: NotedFetches = field(default_factory=NotedFetches, init=False, repr=False)

    def meeting_file(
        self, meeting: str, grant: Grant | None = None, *, lang: str | None = None, rich: bool = False
    ) -> CalendarFile | None:
        """The file of one meeting: for the public, or for whoever holds a link that may know more."""
        inside = grant is not None and grant.meeting == meeting and ROLES[grant.role].inside and not grant.revoked_at
        mine = self.guest_list.invitation_of(grant) if inside and grant is not None else None
        own = mine is not None and grant is not None and grant.role == INVITEE
        link = self.secrets.personal_link(mine) if mine is not None and own else None
        if mine is not None and mine.removed_at is not None:
            inside, mine, link = False, None, None
        return self._file(FileRequest("meeting", meeting, self._known(lang), rich, inside, mine, link))

    def body_file(self, body: str, *, lang: str | None = None, rich: bool = False) -> CalendarFile | None:
        """The calendar of a body: all its meetings, as the public may know them."""
        return self._file(FileRequest("body", body, self._known(lang), rich))

    def feed_file(self, secret: str) -> CalendarFile | None:
        """Somebody's own calendar, by its secret; None for one that ended, or never was."""
        found = self.meetings.database.read(lambda c: feeds.find(c, secret))
        if found is None:
            return None
        return self._file(FileRequest("feed", found.contact, found.language, found.rich, True, feed=found))

    def _known(self, lang: str | None) -> str:
        """A language that was asked for, if we have it: what is unknown is as if nothing had been asked."""
        return lang if lang is not None and lang in self.words else ""

    def _file(self, asked: FileRequest) -> CalendarFile | None:
        """The file as things stand."""
        if asked.feed is None:
            return self.meetings.database.read(lambda c: self._made(c, asked, {}))
        own = self.meetings.database.read(lambda c: _own_calendar(c, asked))
        return self._own_file(asked, own, self._under_way(own)) if own else None

    def bytes_of(self, file: CalendarFile) -> tuple[CalendarFile, bytes]:
        """The bytes, and the file that they fit: more may have changed since the one that was asked for."""
        if (kept := self._files.get(file.etag)) is not None:
            return file, kept
        own = self.meetings.database.read(lambda c: _own_calendar(c, file.asked)) if file.asked.feed else None
        under_way = self._under_way(own) if own else {}

        def work(connection: Connection) -> tuple[CalendarFile, Callable[[], bytes]]:
            found = self._made(connection, file.asked, under_way)
            need(found, "meeting.not_found")
            assert found is not None
            return found, found.build(connection)

        found, write = self.meetings.database.read(work)
        data = write()  # outside the transaction: it takes long, and lets others work in between
        self._files.put(found.etag, data, len(data))
        return found, data

    def _made(self, connection: Connection, asked: FileRequest, under_way: MeetingsUnderWay) -> CalendarFile | None:
        if asked.kind == "meeting":
            return self._meeting(connection, asked)
        if asked.kind == "body":
            return self._body(connection, asked)
        own = _own_calendar(connection, asked)
        return self._own_file(asked, own, under_way) if own else None

    # ----------------------------------------------------------------------------------- one meeting, a body

    def _meeting(self, connection: Connection, asked: FileRequest) -> CalendarFile | None:
        row = meeting_index.get(connection, asked.id)
        if row is None:
            return None
        body, mine = body_of(connection, row), asked.invitation
        say = self.words.first_of(asked.lang, mine.contact.language if mine else None, *row.languages, self.locale)
        about = (row.id, row.shown, row.shown_at, row.sequence, _of_body(body), _of_invitation(mine), asked.link)
        stamp = mine.contact.changed_at if mine else 0
        modified = max(row.shown_at, body.changed_at if body else 0, stamp)

        def build(_: Connection) -> Callable[[], bytes]:
            if mine is not None:
                reader = reader_of(mine.contact, mine, lang=say.lang, link=asked.link, rich=asked.rich)
            else:
                reader = Reader(say.lang, inside=asked.inside, rich=asked.rich)
            meeting = replace(appointment_of(row, body, self.public_url, self.mail_from), changed_at=modified)
            return lambda: files.meeting_file(meeting, reader, say)

        return CalendarFile(self._etag(asked, say, about), build, modified, f"{row.id}.ics", f"m:{row.id}", asked)

    def _body(self, connection: Connection, asked: FileRequest) -> CalendarFile | None:
        body = bodies.body(connection, asked.id)
        if body is None:
            return None
        rules, stamps = bodies.series_of(connection, body.id), meeting_index.stamps_of_body(connection, body.id)
        say = self.words.first_of(asked.lang, *body.languages, self.locale)
        about = (_of_body(body), [(each.uid, each.changed_at) for each in rules], stamps)
        modified = max([body.changed_at, *(each.changed_at for each in rules), *(at for _, _, at in stamps)])

        def build(connection: Connection) -> Callable[[], bytes]:
            reader = Reader(say.lang, rich=asked.rich)
            rows = meeting_index.of_body(connection, body.id)
            written = [(appointment_of(row, body, self.public_url, self.mail_from), reader, ()) for row in rows]
            series = [(series_of(each, body, self.public_url, self.mail_from), reader) for each in rules]
            source = f"{self.public_url}/b/{body.id}.ics" + (f"?lang={say.lang}" if asked.lang else "")
            name = say.text(body.name)
            return lambda: files.feed(name, written, say, series=series, source=source, pause=_breathe)

        return CalendarFile(self._etag(asked, say, about), build, modified, f"{body.id}.ics", f"b:{body.id}", asked)

    # -------------------------------------------------------------------------------------- somebody's own

    def _own_file(self, asked: FileRequest, own: OwnCalendar, under_way: MeetingsUnderWay) -> CalendarFile:
        contact, body, feed = own.contact, own.body, asked.feed
        assert feed is not None
        moments = [
            contact.changed_at,
            feed.made_at,
            body.changed_at if body else 0,
            *(each.changed_at for each in own.rules),
            *(at for _, _, at, _, _ in own.stamps),
            *(kept.history.state.at for kept in under_way.values()),
        ]
        about = (
            feed.id,
            feed.alarm,
            contact.changed_at,
            contact.zone,
            _of_body(body),
            own.others,
            [(each.uid, each.changed_at) for each in own.rules],
            [stamp[:3] for stamp in own.stamps],
            [_of_invitation(row) for row in own.places],
            sorted((id, kept.seq, kept.head) for id, kept in under_way.items()),
        )
        say = self.words.first_of(asked.lang, contact.language, self.locale)
        # what stands in a feed of turns goes when the meeting closes, which no date here tells
        dated = not any(state in (*UNDER_WAY, "closed") for _, _, _, _, state in own.stamps)

        def build(connection: Connection) -> Callable[[], bytes]:
            return self._own_feed(connection, feed, own, under_way, say)

        etag = self._etag(asked, say, about)
        return CalendarFile(etag, build, max(moments), "meetings.ics", f"p:{feed.id}", asked, dated)

    def _under_way(self, own: OwnCalendar) -> MeetingsUnderWay:
        """The meetings in which somebody's turn to speak may stand, as the log has them now."""
        states, found = {id: state for id, _, _, _, state in own.stamps}, {}
        for row in own.places:
            if states.get(row.meeting) in UNDER_WAY and (row.delegation is not None or row.contact.code):
                try:
                    found[row.meeting] = self.meetings.remembered(row.meeting)
                except UnfoldableEntry:
                    continue  # without its turns: everything else of the calendar stands
        return found

    def _own_feed(
        self, connection: Connection, feed: Feed, own: OwnCalendar, under_way: MeetingsUnderWay, say: Catalogue
    ) -> Callable[[], bytes]:
        contact, body, places = own.contact, own.body, {row.meeting: row for row in own.places}
        written: list[tuple[Appointment, Reader, Sequence[Slot]]] = []
        for row in meeting_index.these(connection, places):
            place = places[row.id]
            # without a personal link: whoever may read this calendar must not answer in its owner's place
            reader = reader_of(contact, place, lang=say.lang, alarm=feed.alarm, rich=feed.rich)
            meeting = appointment_of(row, body, self.public_url, self.mail_from)
            meeting = replace(meeting, changed_at=max(meeting.changed_at, contact.changed_at))
            written.append((meeting, reader, _slots(place, under_way.get(row.id), row, say)))
        reader = reader_of(contact, None, lang=say.lang, alarm=feed.alarm, rich=feed.rich)
        name = say.gettext("Your meetings: {body}", body=say.text(body.name)) if body else say.gettext("Your meetings")
        series = [(each, reader) for each in self._series_of_all(connection, body, set(places), own.rules)]
        return lambda: files.feed(name, written, say, series=series, pause=_breathe)

    def _series_of_all(
        self, connection: Connection, body: Body | None, here: set[str], rules: Sequence[SeriesRow]
    ) -> list[Series]:
        """The series that somebody is invited to from first to last: a rule would show the others' dates too."""
        if body is None or not rules:
            return []
        members: dict[str, set[str]] = {}
        for row in meeting_index.of_body(connection, body.id):
            members.setdefault(row.series or "", set()).add(row.id)
        wanted = [each for each in rules if members.get(each.uid) and members[each.uid] <= here]
        return [series_of(each, body, self.public_url, self.mail_from) for each in wanted]

    def _etag(self, asked: FileRequest, say: Catalogue, about: Any) -> str:
        whole = (
            asked.kind,
            say.lang,
            asked.lang,
            asked.rich,
            asked.inside,
            self.public_url,
            self.mail_from,
            _code(),
            self.words.hash(),
            about,
        )
        return hashlib.sha256(repr(whole).encode()).hexdigest()[:32]

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
        """Takes an address back, for good; with `meeting` only one of that meeting alone. Twice is as good as once."""
        now = self.meetings.clock()
        theirs = self.meetings.database.write(lambda c: feeds.revoke(c, feed, contact, now, meeting))
        need(theirs, "people.no_such_feed")

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

    def fetched(self, file: CalendarFile, agent: str) -> None:
        """Notes who fetched a file, at most every ten minutes unless they saw something new; never fails."""
        now = self.meetings.clock()
        if not self._noted.notes(file.key, now, file.modified):
            return
        said = "".join(sign for sign in agent if sign.isprintable())[:LONGEST_AGENT]
        try:
            self.meetings.database.write(lambda c: feeds.fetched(c, file.key, now, file.modified, said))
        except Busy:
            self._noted.forget(file.key)


def _own_calendar(connection: Connection, asked: FileRequest) -> OwnCalendar | None:
    contact, only = contacts.contact(connection, asked.id), asked.feed.meeting if asked.feed else None
    if contact is None or contact.removed_at is not None:
        return None
    rows = [row for row in contacts.invitations_for(connection, asked.id) if row.removed_at is None]
    places = [row for row in rows if only in (None, row.meeting)]
    stamps = meeting_index.stamps(connection, [row.meeting for row in places])
    body = bodies.body(connection, contact.body) if contact.body else None
    rules = bodies.series_of(connection, body.id) if body else []
    others = [other for other, _, _ in meeting_index.stamps_of_body(connection, body.id)] if body and rules else []
    return OwnCalendar(contact, body, places, stamps, rules, others)


def _slots(place: Invitation, kept: LoadedMeeting | None, row: MeetingRow, say: Catalogue) -> tuple[Slot, ...]:
    if kept is None:
        return ()
    m = kept.history.state
    delegation = delegation_of(place, m)
    return slots(m, kept.names, delegation, row.uid, say) if delegation is not None else ()


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
