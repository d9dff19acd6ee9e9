"""MailSender: what is due is planned and sent after the commit, one by one; what came back is fetched. Never in haste.

A letter is claimed, made, handed over and settled, each database step in a small transaction of its own; none is open
while a mail server is spoken to. Killed between the server's yes and our note of it, the same letter goes out once
more, with the same Message-ID and the same bytes. Without a mail server letters wait; those that are no longer true
when there is one are never sent. Not here: SMTP (smtp), IMAP (mailbox), who is told what (invitations), the
tables outbox and deliveries (store/deliveries).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from meetingsvc.config import Config
from meetingsvc.invitations import Invitations
from meetingsvc.invitations.mails.letter import Unsendable, letter, sent_from
from meetingsvc.mail.incoming import take
from meetingsvc.mail.mail_server import Unreachable, server
from meetingsvc.mail.mailbox import Inbox
from meetingsvc.mail.smtp import NotTaken, SmtpClient
from meetingsvc.meetings import Busy, Meetings
from meetingsvc.reader.client import ReaderProcess
from meetingsvc.store import deliveries
from meetingsvc.store.deliveries import Delivery
from meetingsvc.store.engine import Connection
from meetingsvc.translations import Catalogues

log = logging.getLogger(__name__)

MINUTE_MS = 60_000
#: How long a letter is in hand: much longer than a server may take with it (RFC 5321, 4.5.3.2, allows for minutes).
CLAIM_MS = 5 * MINUTE_MS
#: A letter is given up after three days, if it was tried for six hours at least.
GIVE_UP_MS = 3 * 24 * 60 * MINUTE_MS
ENOUGH = 12
LONGEST_WAIT_MS = 60 * MINUTE_MS
#: How often the mailbox is looked into.
LOOK_MS = MINUTE_MS
#: A look that takes longer goes on after the letters that are due: hard mails must not keep them back.
LONGEST_LOOK_S = 20.0


def never() -> bool:
    return False


@dataclass(slots=True)
class Health:
    """How a mail server was the last time it was spoken to (ms UTC). `next_at`: when it is tried again."""

    configured: bool
    good_at: int | None = None
    fault: str | None = None
    fault_at: int | None = None
    faults: int = 0
    next_at: int = 0

    def good(self, now: int) -> None:
        self.good_at, self.fault, self.fault_at, self.faults = now, None, None, 0

    def bad(self, fault: str, now: int) -> None:
        self.fault, self.fault_at, self.faults = fault, now, self.faults + 1

    def shown(self) -> dict[str, Any]:
        names = ("configured", "good_at", "fault", "fault_at")
        return {name: getattr(self, name) for name in names}


@dataclass(slots=True)
class Done:
    """What one round did."""

    planned: int = 0
    sent: int = 0
    put_off: int = 0
    failed: int = 0
    read: int = 0
    faults: list[str] = field(default_factory=list)


class MailSender:
    """One per process; several processes share the work."""

    def __init__(self, meetings: Meetings, invitations: Invitations, words: Catalogues, config: Config) -> None:
        self._meetings, self._invitations = meetings, invitations
        self._words, self._locale = words, config.locale
        self._smtp = server(config.smtp_url) if config.smtp_url else None
        self._inbox = Inbox(server(config.imap_url)) if config.imap_url else None
        self._name = urlsplit(config.public_url).hostname or "localhost"
        self.reader = ReaderProcess()
        self.out, self.back = Health(self._smtp is not None), Health(self._inbox is not None)

    def status(self) -> dict[str, dict[str, Any]]:
        """For the secretariat: {"smtp": {"configured", "good_at", "fault", "fault_at"}, "imap": the same}."""
        return {"smtp": self.out.shown(), "imap": self.back.shown()}

    def run_due(self, stopped: Callable[[], bool] = never) -> None:
        """Each two seconds: one look, and work where there is any. The mailbox once a minute."""
        now = self._meetings.clock()
        if self._meetings.database.read(lambda connection: deliveries.pressing(connection, now)):
            self._deliver(Done(), stopped)
        if self._inbox is not None and self.back.next_at <= self._meetings.clock() and not stopped():
            self._look(self._inbox, Done(), stopped)

    def round(self, stopped: Callable[[], bool] = never) -> Done:
        """All there is to do now, whether it presses or not."""
        done = Done()
        self._deliver(done, stopped)
        if self._inbox is not None:
            self._look(self._inbox, done, stopped)
        return done

    def close(self) -> None:
        """Nothing is under way any more."""
        self.reader.close()

    # ------------------------------------------------------------------------------------------------------- out

    def _deliver(self, done: Done, stopped: Callable[[], bool]) -> None:
        self._plan(done)
        if self._smtp is None:
            return
        out = SmtpClient(self._smtp, self._name)
        try:
            while not stopped() and (ids := self._due()):
                for id in ids:
                    if stopped():
                        break
                    self._one(out, id, done)
        except Unreachable as fault:
            self._all_later(str(fault), done)
        finally:
            out.close()

    def _plan(self, done: Done) -> None:
        try:
            done.planned = self._invitations.planner.plan_due(self._meetings.clock())
        except Busy:
            raise
        except Exception:
            # what was planned before must not wait for what cannot be planned
            log.exception("what changed could not be turned into letters; it is tried again")

    def _due(self) -> list[int]:
        now = self._meetings.clock()
        return self._meetings.database.read(lambda connection: deliveries.due(connection, now))

    def _one(self, out: SmtpClient, id: int, done: Done) -> None:
        """One letter. Raises `Unreachable`, with the letter waiting as it was."""
        now = self._meetings.clock()
        claimed = self._meetings.database.write(lambda c: deliveries.claim(c, id, now, now + CLAIM_MS))
        if claimed is None:
            return  # another process has it
        try:
            self._hand_over(out, claimed, done)
        except Unreachable:
            self._settle(id)
            raise
        except NotTaken as fault:
            self.out.good(now)
            self._not_sent(claimed, str(fault), done, for_good=fault.permanent)
        except Unsendable as fault:
            self._not_sent(claimed, str(fault), done, for_good=fault.for_good)
        except Busy:
            raise
        except Exception:
            # one letter that cannot be made must not keep all others back
            log.exception("delivery %d could not be made", id)
            self._not_sent(claimed, "The letter could not be written. It is tried again.", done, for_good=False)

    def _hand_over(self, out: SmtpClient, claimed: Delivery, done: Done) -> None:
        message = self._invitations.planner.message(claimed)
        if message is None:  # it is no longer true
            self._settle(claimed.id, state="superseded")
            return
        say = self._words.first_of(message.contact.language, self._locale)
        out.send(sent_from(message), str(message.contact.address), letter(message, say))
        now = self._meetings.clock()
        self._settle(claimed.id, state="sent", sent_at=now, tries=claimed.tries + 1, fault=None)
        self.out.good(now)
        done.sent += 1

    def _not_sent(self, claimed: Delivery, fault: str, done: Done, *, for_good: bool) -> None:
        now, tries = self._meetings.clock(), claimed.tries + 1
        if for_good or (tries >= ENOUGH and claimed.made_at < now - GIVE_UP_MS):
            done.failed += 1
            self._settle(claimed.id, state="failed", tries=tries, fault=fault)
        else:
            done.put_off += 1
            self._settle(claimed.id, tries=tries, fault=fault, next_at=now + wait_ms(tries))

    def _all_later(self, fault: str, done: Done) -> None:
        """The server is away: none of those that are due can be sent, and none needs to find that out by itself."""
        now = self._meetings.clock()
        self.out.bad(fault, now)
        done.faults.append(fault)
        until, old = now + wait_ms(self.out.faults), now - GIVE_UP_MS

        def work(connection: Connection) -> None:
            deliveries.put_off(connection, now, until=until, fault=fault, enough=ENOUGH, made_before=old)

        self._meetings.database.write(work)

    def _settle(self, id: int, **values: Any) -> None:
        self._meetings.database.write(lambda connection: deliveries.settle(connection, id, claimed_until=0, **values))

    # ------------------------------------------------------------------------------------------------------ back

    def _look(self, inbox: Inbox, done: Done, stopped: Callable[[], bool]) -> None:
        now, until = self._meetings.clock(), time.monotonic() + LONGEST_LOOK_S
        try:
            wait = LOOK_MS
            for number, raw in inbox.unread():
                if stopped():
                    break
                inbox.mark(number, understood=take(self._meetings, self._invitations.replies, raw, self.reader))
                done.read += 1
                if time.monotonic() > until:
                    wait = 0
                    break
            self.back.good(now)
            self.back.next_at = now + wait
        except Unreachable as fault:
            self.back.bad(str(fault), now)
            self.back.next_at = now + wait_ms(self.back.faults)
            done.faults.append(str(fault))
        finally:
            inbox.close()


def wait_ms(tries: int) -> int:
    """How long to wait after so many tries in vain: 1 minute, 2, 4, ... an hour."""
    return int(min(LONGEST_WAIT_MS, MINUTE_MS * 2 ** (min(tries, 20) - 1)))
