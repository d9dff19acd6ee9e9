"""Commands that write in several parts; their wire names stay with their part. Pure.

Does not belong here: events, and anything that changes one part only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from meetingsvc.core.agenda import (
    Item,
    ItemConcluded,
    ItemSuspended,
    ItemTakenUp,
    TimeStarted,
    TimeStopped,
    in_words,
)  # fmt: skip
from meetingsvc.core.commands.lookups import delegation_of, item_of, need_open
from meetingsvc.core.kernel import Actor, Command, Environment, Event, LocalizedText, command, need
from meetingsvc.core.meeting import (
    MOST_SESSIONS,
    Adjourned,
    ChannelsSet,
    Closed,
    Format,
    MeetingScheduled,
    Resumed,
    Retitled,
    RulesAdopted,
    SessionPlanned,
    Suspended,
    WayIn,
    allow,
    need_channels,
    need_near,
    need_web_address,
)  # fmt: skip
from meetingsvc.core.roster import (
    AccreditationWithdrawn,
    Accredited,
    Delegation,
    Named,
    SpeakerSet,
    usual_mode,
)
from meetingsvc.core.rules import Channel, Intervention, Rank, preset, sources
from meetingsvc.core.schema import concluded
from meetingsvc.core.speakers.floor import FloorPaused, FloorReturned, ending, ending_all
from meetingsvc.core.speakers.lists import ListClosed, ListOpened, ListPrepared
from meetingsvc.core.speakers.requests import Inscribed, ListReordered, Withdrawn, key_for, need_admission
from meetingsvc.core.speakers.state import list_for, list_named
from meetingsvc.core.state import MeetingState

#: A language as BCP 47 writes it: en, pt-BR, zh-Hans.
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class Sitting:
    """A session as it is planned: wall times such as 2023-12-11T10:00, and the zone if it is another one."""

    starts: str
    ends: str
    zone: str | None = None
    starts_at: int = concluded(0)
    ends_at: int = concluded(0)


@command("meeting.schedule", by="secretary")
class Schedule(Command):
    """Call a meeting. Its body's rules are adopted, and a list for points of order is prepared."""

    title: LocalizedText | str
    languages: tuple[str, ...]
    zone: str
    format: Format
    sessions: tuple[Sitting, ...]
    body: LocalizedText | str | None = None
    room: str | None = None
    link: str | None = None
    channels: tuple[WayIn, ...] = ()
    body_id: str | None = None
    series: str | None = None
    recurs: str | None = None
    uid: str = concluded("")

    def settle(self, m: MeetingState, environment: Environment) -> Schedule:
        def settled(row: Sitting) -> Sitting:
            zone = row.zone or self.zone
            starts, ends = environment.moment(row.starts, zone), environment.moment(row.ends, zone)
            return replace(row, zone=zone, starts_at=starts, ends_at=ends)

        return replace(self, uid=environment.fresh(), sessions=tuple(settled(row) for row in self.sessions))

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        need(self.languages, "meeting.needs_a_language")
        for language in self.languages:
            need(LANGUAGE.fullmatch(language), "meeting.language_unreadable", given=language)
        need(len(set(self.languages)) == len(self.languages), "meeting.language_twice")
        need(0 < len(self.sessions) <= MOST_SESSIONS, "meeting.needs_a_session", most=MOST_SESSIONS)
        for row in self.sessions:
            need(row.ends_at > row.starts_at, "meeting.ends_before_start")
        in_turn = sorted(self.sessions, key=lambda row: row.starts_at)
        for earlier, later in pairwise(in_turn):
            need(earlier.ends_at <= later.starts_at, "meeting.sessions_overlap")
        need_web_address(self.link)
        need_channels(self.channels)
        title = in_words(self.title, self.languages)
        body = None if self.body is None else in_words(self.body, self.languages)
        yield MeetingScheduled(
            self.uid,
            title,
            self.languages,
            self.zone,
            self.format,
            body,
            self.room or None,
            self.link or None,
            self.body_id,
            self.series,
            self.recurs,
        )
        yield RulesAdopted("gof", preset("gof"), sources("gof"))
        for row in self.sessions:
            yield SessionPlanned(row.starts, row.ends, row.zone or self.zone, row.starts_at, row.ends_at)
        if self.channels:
            yield ChannelsSet(self.channels)
        yield ListPrepared("general")


@command("meeting.retitle", by="chair secretary")
class Retitle(Command):
    """Call the meeting by another name."""

    title: LocalizedText | str

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        title = in_words(self.title, m.meeting.languages)
        if title != m.meeting.title:
            yield Retitled(title)


@command("meeting.suspend", by="chair secretary")
class Suspend(Command):
    """Suspend the meeting, by announcement until a moment (ms UTC). Clocks stand still (rule 76/118)."""

    until: int | None = None

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        allow(m, "suspend")
        if self.until is not None:
            need(self.until > now, "meeting.until_in_the_past", until=self.until)
            need_near(self.until, now)
        floor = m.speakers.floor
        if floor and floor.since is not None:
            yield FloorPaused(floor.entry, floor.delegation)
        if m.agenda.current is not None:
            yield TimeStopped(m.agenda.current)
        yield Suspended(self.until)


@command("meeting.resume", by="chair secretary")
class ResumeMeeting(Command):
    """Go on after a suspension. The speaker's clock stays paused until the speaker goes on."""

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        allow(m, "resume")
        yield Resumed()
        if m.agenda.current is not None:
            yield TimeStarted(m.agenda.current)


@command("meeting.adjourn", by="chair secretary")
class Adjourn(Command):
    """End this session. The floor is ended, the item is suspended; lists go on in the next session."""

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        allow(m, "adjourn")
        assert m.meeting.session is not None
        yield from ending_all(m, now, "adjourned")
        if m.agenda.current is not None:
            yield ItemSuspended(m.agenda.current)
        yield Adjourned(m.meeting.session)


@command("meeting.close", by="chair secretary")
class Close(Command):
    """Declare the meeting closed. This cannot be taken back."""

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        allow(m, "close")
        yield from ending_all(m, now, "closed")
        if m.agenda.current is not None:
            yield left_behind(m, m.agenda.items[m.agenda.current], now)
        for lst in m.speakers.lists.values():
            if lst.opened:
                yield ListClosed(lst.id)
        yield Closed()


def left_behind(m: MeetingState, item: Item, now: int) -> Event:
    """An item that makes way is concluded when its lists are exhausted, else suspended."""
    mine = [lst for lst in m.speakers.lists.values() if lst.item == item.id]
    heard = all(lst.opened is not None and not lst.takes_names(now) and not lst.waiting for lst in mine)
    return ItemConcluded(item.id) if mine and heard else ItemSuspended(item.id)


@command("agenda.take_up", by="chair secretary")
class TakeUp(Command):
    """Take up an item: the floor ends, the item before makes way, the item's list opens."""

    item: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        need_open(m)
        item = item_of(m, self.item)
        need(m.agenda.current != item.id, "agenda.taken_up_already", item=item.id)
        need(not item.hidden, "agenda.hidden_cannot_be_taken_up", item=item.id)
        ended = list(ending_all(m, now, "taken_up"))
        before = [left_behind(m, m.agenda.items[m.agenda.current], now)] if m.agenda.current is not None else []
        yield from (*ended, *before)
        yield ItemTakenUp(item.id)
        if list_for(m, item.id) is None:
            yield ListPrepared("general", item.id)
            yield ListOpened(m.seq + 1 + len(ended) + len(before) + 1)


@command("agenda.conclude", by="chair secretary")
class Conclude(Command):
    """Conclude an item: its lists close, and the floor ends if it is the one taken up."""

    item: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        item = item_of(m, self.item)
        need(item.state != "pending", "agenda.not_taken_up", item=item.id)
        need(item.state != "concluded", "agenda.is_concluded", item=item.id)
        if m.agenda.current == item.id:
            yield from ending_all(m, now, "concluded")
        for lst in m.speakers.lists.values():
            if lst.item == item.id and lst.opened:
                yield ListClosed(lst.id)
        yield ItemConcluded(item.id)


@command("agenda.suspend_item", by="chair secretary")
class SuspendItem(Command):
    """Leave an item for later: the floor ends, its lists stay as they are."""

    item: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        item = item_of(m, self.item)
        need(m.agenda.current == item.id, "agenda.not_taken_up", item=item.id)
        yield from ending_all(m, now, "suspended")
        yield ItemSuspended(item.id)


@command("roster.set_speaker", by="chair secretary")
class SetSpeaker(Command):
    """Name who speaks for a delegation, and on which level. A new level ranks waiting entries again."""

    delegation: int
    speaker: Named
    rank: Rank | None = None

    def settle(self, m: MeetingState, environment: Environment) -> SetSpeaker:
        return replace(self, speaker=self.speaker.written(environment))

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        row = delegation_of(m, self.delegation)
        speaks = any(floor.delegation == row.id for floor in m.speakers.speaking())
        need(not speaks, "roster.speaks_now", delegation=row.id)
        after = replace(row, rank=self.rank or row.rank)
        yield SpeakerSet(row.id, self.speaker.person, self.speaker.rev, after.rank)
        yield from _ranked_again(m, row, after)


def _ranked_again(m: MeetingState, before: Delegation, row: Delegation) -> Iterator[Event]:
    """Ranking again makes a fresh key and forgets the move; the inscription stays. Points of order have no level."""
    rank = m.meeting.adopted.rank
    for lst in m.speakers.lists.values():
        waits = [w for w in lst.waiting.values() if w.delegation == row.id]
        mine = [w for w in waits if rank(before.rank, w.kind) != rank(row.rank, w.kind)]
        fresh = {w.id: key_for(m, row, w.kind, w.id) for w in mine}
        keys = {str(w.id): fresh[w.id] for w in mine if fresh[w.id] != w.key}
        if keys:
            yield ListReordered(lst.id, keys)


@command("roster.withdraw_accreditation", by="chair secretary")
class WithdrawAccreditation(Command):
    """Strike a delegation off the roster, with its requests and, if it speaks, the floor."""

    delegation: int

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        row = delegation_of(m, self.delegation)
        for lst in m.speakers.lists.values():
            for entry in lst.in_order():
                if entry.delegation == row.id:
                    yield Withdrawn(entry.id, lst.id, row.id)
        floor = m.speakers.floor
        mine = floor is not None and floor.delegation == row.id
        kept = []
        for held in m.speakers.held.values():
            if held.delegation == row.id:
                yield ending(held, now, "withdrawn")
            else:
                kept.append(held)
        if floor and mine:
            yield ending(floor, now, "withdrawn")
            for held in kept:
                yield FloorReturned(held.entry, held.delegation)
        yield AccreditationWithdrawn(row.id)


@command("speakers.inscribe", by="chair secretary")
class Inscribe(Command):
    """Enter somebody who asked by another way; `guest` is a person without a delegation."""

    list: int | None = None
    delegation: int | None = None
    guest: Named | None = None
    kind: Intervention = "statement"
    channel: Channel = "spoken"

    def settle(self, m: MeetingState, environment: Environment) -> Inscribe:
        return self if self.guest is None else replace(self, guest=self.guest.written(environment))

    def decide(self, m: MeetingState, actor: Actor, now: int) -> Iterator[Event]:
        need((self.delegation is None) != (self.guest is None), "speakers.delegation_or_guest")
        lst = list_named(m, self.list)
        if self.guest is not None:
            row = Delegation(m.seq + 1, "guest", "OTHER", usual_mode(m), person=self.guest.person, rev=self.guest.rev)
            yield Accredited(row.kind, row.rank, row.mode, person=row.person, rev=row.rev)
        else:
            assert self.delegation is not None
            row = delegation_of(m, self.delegation)
        need_admission(m, lst, row, self.kind, now)
        inscription = m.seq + (2 if self.guest else 1)
        yield Inscribed(lst.id, row.id, self.kind, key_for(m, row, self.kind, inscription), self.channel)
