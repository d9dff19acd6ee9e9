"""The services of one process, each handed what it needs: contacts, guest list, planner, replies, calendar files.

Only puts them together. Not here: pages (web), mails and mailboxes (mail).
"""

from __future__ import annotations

from dataclasses import dataclass

from meetingsvc.config import Config
from meetingsvc.invitations.calendar_files import CalendarFiles
from meetingsvc.invitations.contacts import Contacts
from meetingsvc.invitations.derived_secrets import DerivedSecrets
from meetingsvc.invitations.guest_list import GuestList
from meetingsvc.invitations.planner import Planner
from meetingsvc.invitations.replies import Replies
from meetingsvc.meetings import Meetings
from meetingsvc.store.links import Links
from meetingsvc.translations import Catalogues


@dataclass(frozen=True, slots=True)
class Invitations:
    """`services().invitations` in web. All times in ms UTC; refusals are `people.*`."""

    contacts: Contacts
    guest_list: GuestList
    planner: Planner
    replies: Replies
    calendar_files: CalendarFiles

    @classmethod
    def of(cls, config: Config, meetings: Meetings, links: Links, words: Catalogues) -> Invitations:
        """As the configuration says."""
        secrets, locale = DerivedSecrets(config.secret_key, config.public_url), config.locale
        public_url, mail_from, grace_ms = config.public_url, config.mail_from, config.grace_s * 1000
        guest_list = GuestList(meetings, links, secrets, mail_from)
        return cls(
            Contacts(meetings, links, secrets, words, grace_ms),
            guest_list,
            Planner(meetings, secrets, words, locale, public_url, mail_from, grace_ms),
            Replies(meetings, secrets),
            CalendarFiles(meetings, guest_list, secrets, words, locale, public_url, mail_from),
        )
