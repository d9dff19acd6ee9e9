"""The one door through which a meeting changes: look, load, decide, append, in one transaction; then tell.

Every rule is the core's, every statement is the store's. Does not belong here: requests, screens, sockets.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from meetingsvc.clock import Clock, Leads, ServerClock
from meetingsvc.core import roles
from meetingsvc.core.commands import Command
from meetingsvc.core.commands.base import need_right
from meetingsvc.core.commands.record import Redact, Undo
from meetingsvc.core.commands.roster import ChangePerson, ErasePerson
from meetingsvc.core.commands.speakers.lists import CloseDue
from meetingsvc.core.decide import decide, prepared
from meetingsvc.core.history import History
from meetingsvc.core.kernel import CLOCK, Actor, Entry, Refused, UnfoldableEntry, need
from meetingsvc.core.record import Redacted
from meetingsvc.core.roster import PersonErased
from meetingsvc.core.schema import plain
from meetingsvc.core.state import InvariantBroken, MeetingState, check
from meetingsvc.environment import RealEnvironment
from meetingsvc.meeting_cache import LoadedMeeting, MeetingCache, people_in
from meetingsvc.rationed_log import RationedLog
from meetingsvc.store import idempotency, links, meeting_index
from meetingsvc.store.directory import Key, erase_people, write_people
from meetingsvc.store.engine import Busy, Connection, Database
from meetingsvc.store.event_log import codec
from meetingsvc.store.event_log.log import Log, append, read_heads, redact
from meetingsvc.store.jcs import jcs
from meetingsvc.views.view import said

__all__ = ["Answer", "Busy", "InternalFault", "Meetings", "rehearse", "tick"]

log = logging.getLogger(__name__)

ID_SIGNS = string.ascii_lowercase + string.digits
LONGEST_KEY = 200
#: Stands in `answers` for a meeting whose id was not known when it was asked for.
_NO_MEETING = ""

Load = Callable[[], LoadedMeeting]


class InternalFault(Exception):
    """What was decided does not hold together: a mistake in the code. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is acknowledged: the seq the meeting stands at, and what was said. `again`: told before."""

    seq: int
    said: list[dict[str, Any]]
    again: bool = False


class Meetings:
    """One per process and database. `clock` gives ms UTC; a meeting's own time is `now`."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self.database, self.log = database, Log(database)
        self.clock: Clock = clock or ServerClock()
        self._leads = Leads(self.clock)
        self._memory = MeetingCache(database)
        self._told: list[Callable[[str, int], None]] = []
        self.complaints = RationedLog(log)  # of the clock's acts

    # ----------------------------------------------------------------------------------------------- changing

    def perform(
        self,
        meeting: str,
        actor: Actor,
        commands: Sequence[Command],
        key: str | None = None,
        fingerprint: str = "",
    ) -> Answer:
        """Does the commands as one batch, all or nothing, and answers when it is on the disk.

        The same key again gives the same answer, whatever has changed since, while the actor's link stands: that is
        asked here, in the transaction, however long ago the request began. `fingerprint` is a digest of what was
        asked (by default made from the commands). Raises `Refused`, `Busy` (try again), `UnfoldableEntry`
        (this meeting's log cannot be read), `InternalFault`.
        """
        asked, first = _asked(meeting, actor, commands, key, fingerprint), commands[0]
        if isinstance(first, Undo):
            self._memory.prepare(meeting, lambda history: prepared(history, first, actor))

        def work(connection: Connection, load: Load) -> tuple[tuple[Answer, bool], LoadedMeeting | None]:
            need(not links.revoked(connection, actor.id), "sign_in.revoked")
            if asked and (found := _answered(connection, asked)):
                return (Answer(*found, again=True), False), None
            answer, after = self._act(connection, meeting, load(), actor, commands)
            if asked:
                idempotency.remember(connection, asked, answer.seq, answer.said)
            return (answer, after is not None), after

        answer, wrote = self._memory.write(meeting, work)
        if wrote:
            self._tell(meeting, answer.seq)
        if any(isinstance(command, Redact | ErasePerson) for command in commands):
            self.database.scrub()  # also when it is asked again: the first time may have ended in between
        return answer

    def create(self, actor: Actor, command: Command, key: str | None = None, fingerprint: str = "") -> str:
        """Schedules a new meeting and gives its id: 10 random letters and digits."""
        meeting = "".join(secrets.choice(ID_SIGNS) for _ in range(10))
        asked = _asked(_NO_MEETING, actor, [command], key, fingerprint)

        def work(connection: Connection, load: Load) -> tuple[tuple[str, int], LoadedMeeting | None]:
            need(not links.revoked(connection, actor.id), "sign_in.revoked")
            if asked and (found := _answered(connection, asked)):
                return (str(found[1]), 0), None
            answer, after = self._act(connection, meeting, load(), actor, [command])
            if asked:
                idempotency.remember(connection, asked, answer.seq, meeting)
            return (meeting, answer.seq), after

        made, seq = self._memory.write(meeting, work, line=f"{actor.id} {key}" if key else "")
        if seq:
            self._tell(made, seq)
        return made

    def on_commit(self, callback: Callable[[str, int], None]) -> None:
        """Calls back (meeting, seq) after each COMMIT of this process, outside all locks."""
        self._told.append(callback)

    def on_loss(self, callback: Callable[[str, int], None]) -> None:
        """Calls back (meeting, seq it has now; 0: it is gone) when the database turns out to have lost entries."""
        self._memory.on_loss(callback)

    def on_erasure(self, callback: Callable[[str], None]) -> None:
        """Calls back (meeting) when words or names that this process may hold were erased."""
        self._memory.on_erasure(callback)

    def hold(self, meeting: str) -> None:
        """Keeps a meeting folded until `release`, however many others are looked at."""
        self._memory.hold(meeting)

    def release(self, meeting: str) -> None:
        self._memory.release(meeting)

    def _act(
        self,
        connection: Connection,
        meeting: str,
        kept: LoadedMeeting,
        actor: Actor,
        commands: Sequence[Command],
    ) -> tuple[Answer, LoadedMeeting | None]:
        """Decides and writes one batch inside a transaction; the second is None where nothing changed."""
        if kept.unfoldable:
            raise kept.unfoldable
        before, outside = kept.history.state, RealEnvironment(kept.names)
        self._judge(meeting, before)
        entries, history = _decided(kept.history, commands, actor, self.now(meeting), outside)
        if not entries:
            return Answer(before.seq, []), None
        after = history.state
        uid = kept.uid or after.meeting.uid
        rows = append(connection, meeting, entries, uid, kept.head)
        meeting_index.put(connection, meeting, before, after, rows[-1].hash)
        people = {key: outside.people[key] for key in people_in(entries) & outside.people.keys()}
        write_people(connection, people)
        told = said(before, after, entries, roles.audiences(actor.role)[0])
        answer = Answer(after.seq, json.loads(jcs(told)))
        if _erased(connection, meeting, history, entries):
            return answer, LoadedMeeting()  # all of it is read again
        names = {**kept.names, **people}
        return answer, replace(kept, history=history, uid=uid, head=rows[-1].hash, names=names)

    def _tell(self, meeting: str, seq: int) -> None:
        for told in self._told:
            try:
                told(meeting, seq)
            except Exception:
                # what is committed is acknowledged, whatever becomes of those who are told of it
                log.exception("telling of meeting %s at %d failed", meeting, seq)

    # --------------------------------------------------------------------------------------------------- time

    def now(self, meeting: str) -> int:
        """The time in a meeting, ms UTC: the clock's, or further where its log is ahead of it."""
        return self._leads.now(meeting)

    def due(self) -> list[str]:
        """The meetings where an announced moment may have come: those whose log is ahead are told by their own time."""
        until = self.clock() + self._leads.most()
        return self.database.read(lambda connection: meeting_index.due(connection, until))

    def look_ahead(self) -> None:
        """Finds the meetings whose log is ahead of the clock: at start, before anybody asks for them."""
        for meeting, at, state in self.database.read(lambda connection: meeting_index.later(connection, self.clock())):
            self._leads.seen(meeting, at, state)

    def notice(self, meeting: str) -> str:
        """What chair and secretary of a meeting must know of the service, as a code; empty when all is well."""
        if self.clock_is_off():
            return "clock.set"
        return "clock.ahead" if meeting in self._leads else self.database.trouble

    def troubles(self) -> list[str]:
        """What is wrong with clock and database now, as codes."""
        found = {"clock.set": self.clock_is_off(), "clock.ahead": bool(self._leads)}
        return [*(code for code, there in found.items() if there), *filter(None, [self.database.trouble])]

    def clock_is_off(self) -> bool:
        """Whether the machine's clock was set while this process runs."""
        self.clock()
        return isinstance(self.clock, ServerClock) and self.clock.off

    def _judge(self, meeting: str, state: MeetingState) -> None:
        self._leads.seen(meeting, state.at, state.meeting.state)

    # ------------------------------------------------------------------------------------------------ reading

    def history(self, meeting: str) -> History:
        """The meeting folded to the head of its log, or as far as it can be read (see `unfoldable`)."""
        return self.remembered(meeting).history

    def remembered(self, meeting: str) -> LoadedMeeting:
        """As `history`, with the hash at that seq and the names. Refused for an unknown meeting."""
        kept = self._memory.read(meeting)
        if kept.unfoldable and not kept.seq:
            raise kept.unfoldable
        need(kept.seq, "meeting.not_found")
        self._judge(meeting, kept.history.state)
        return kept

    def names(self, meeting: str) -> Mapping[Key, Mapping[str, str]]:
        """{(person, rev): {"name", "post"}} of everybody the log spoke of when it was last read."""
        return self._memory.last(meeting).names

    def named(self, meeting: str, person: str | None, rev: int | None) -> Mapping[str, str] | None:
        """The {"name", "post"} that holds of a person when the log was last read; None for nobody, and once erased."""
        kept = self._memory.last(meeting)
        key = kept.history.state.roster.row_of(person, rev)
        return kept.names.get(key) if key else None

    def unfoldable(self, meeting: str) -> UnfoldableEntry | None:
        """Why this meeting cannot be changed any more; None for a healthy one."""
        return self._memory.read(meeting).unfoldable

    def heads(self, meetings: Iterable[str]) -> dict[str, tuple[int, str]]:
        """{meeting: (seq, hash)} from the log itself: the look that finds what other processes wrote."""
        return self.log.heads(meetings)

    def meeting_rows(self) -> list[meeting_index.MeetingRow]:
        """All meetings, the earliest first."""
        return self.database.read(meeting_index.every)

    def meeting_row(self, meeting: str) -> meeting_index.MeetingRow | None:
        return self.database.read(lambda connection: meeting_index.get(connection, meeting))


def rehearse(history: History, commands: Sequence[Command], actor: Actor, now: int) -> History:
    """What would follow if this actor did these commands as one batch: refused as they would be, and not written."""
    return _each(history, commands, actor, now, RealEnvironment())[1]


def tick(meetings: Meetings) -> int:
    """Closes the lists whose announced time has come, and says how many. Safe to run in several processes.

    Whatever one meeting raises, the others go on; it is logged once for each meeting and reason.
    """
    waiting, closed = meetings.due(), 0
    meetings.complaints.only(waiting)
    for meeting in waiting:
        try:
            lists, now = meetings.history(meeting).state.speakers.lists.values(), meetings.now(meeting)
            due = [row.id for row in lists if row.opened and row.closes_at is not None and row.closes_at <= now]
            closed += sum(bool(meetings.perform(meeting, CLOCK, [CloseDue(list_id)]).said) for list_id in due)
        except (Refused, UnfoldableEntry):
            continue  # what is closed or cannot be read any more has nothing to close
        except Exception as fault:
            meetings.complaints.wrong(meeting, f"what is due in meeting {meeting} cannot be done; trying again", fault)
        else:
            meetings.complaints.right(meeting, f"what is due in meeting {meeting} is done again")
    return closed


def _answered(connection: Connection, asked: idempotency.Asked) -> tuple[int, Any] | None:
    """What was answered to this key, as long as the log holds the entry that was acknowledged."""
    found = idempotency.look(connection, asked)
    if found is None:
        return None
    meeting = asked.meeting or str(found[1])  # where a meeting was made, its id is what was answered
    if read_heads(connection, [meeting]).get(meeting, (0, ""))[0] >= found[0]:
        return found
    idempotency.forget(connection, asked)
    return None


def _decided(
    history: History, commands: Sequence[Command], actor: Actor, now: int, outside: RealEnvironment
) -> tuple[list[Entry], History]:
    """The entries of all commands as one batch, each decided on what those before it made; and what follows.

    Raises `Refused`, or `InternalFault` when what was decided cannot be folded or stored.
    """
    try:
        made, _ = _each(history, commands, actor, now, outside)
        if not made:
            return [], history
        entries = [replace(entry, batch=history.state.seq + 1) for entry in made]
        after = history.add(entries)
        check(after.state)
        again = [codec.decode(entry.event.wire, *codec.encode(entry.event)) for entry in entries]
    except (UnfoldableEntry, InvariantBroken, codec.Unreadable) as fault:
        raise InternalFault(f"{', '.join(command.wire for command in commands)}: {fault}") from fault
    if again != [entry.event for entry in entries]:
        raise InternalFault("what would be read again is not what was decided")
    return entries, after


def _each(
    history: History, commands: Sequence[Command], actor: Actor, now: int, outside: RealEnvironment
) -> tuple[list[Entry], History]:
    """Decides one command after the other, each on what those before it made."""
    entries: list[Entry] = []
    for command in commands:
        need_right(actor, command)  # before anything of the outside is asked for somebody who may not
        made = decide(history, command.settle(history.state, outside), actor, now)
        if made:
            history = history.add(made)
            entries += made
    return entries, history


def _erased(connection: Connection, meeting: str, history: History, entries: Sequence[Entry]) -> bool:
    """Takes out of the rows what these entries say is erased; whether there is any."""
    seqs = {entry.event.seq for entry in entries if isinstance(entry.event, Redacted)}
    persons = {entry.event.person for entry in entries if isinstance(entry.event, PersonErased)}
    if not seqs and not persons:
        return False
    ends = {entry.batch: entry.seq for entry in history.entries()}
    held = [e for e in history.entries() if e.seq in seqs or getattr(e.event, "person", None) in persons]
    if seqs:
        redact(connection, meeting, seqs)
    if persons:
        erase_people(connection, persons)
    # of all commands with names this one may change nothing: that the name is what was sent stands in no entry then
    idempotency.erase_digests(connection, meeting, {ends[entry.batch] for entry in held}, ChangePerson.wire)
    return True


def _asked(
    meeting: str, actor: Actor, commands: Sequence[Command], key: str | None, fingerprint: str
) -> idempotency.Asked | None:
    if not commands or (len(commands) > 1 and any(isinstance(command, Undo) for command in commands)):
        raise ValueError("a batch is one command or more, and what takes an act back stands alone")
    if key is None:
        return None
    need(key.isascii() and key.isprintable() and 0 < len(key) <= LONGEST_KEY, "act.key_unreadable")
    body = fingerprint or jcs([plain(command) for command in commands])
    named = ",".join(command.wire for command in commands)
    digest = hashlib.sha256(f"{named}\n{body}".encode()).hexdigest()
    return idempotency.Asked(meeting, actor.id, key, named[:1000], digest)
