"""People of one process: bodies, contacts, who is invited to what, what they are told, what they answer, their feeds.

The facade; each group of methods stands in a room of its own. Not here: pages (web), mails and mailboxes (mail).
"""

from __future__ import annotations

from meetingsvc.config import Config
from meetingsvc.invitations.calendar_files import Calendars
from meetingsvc.invitations.contacts import Bodies
from meetingsvc.invitations.planner import Rounds
from meetingsvc.invitations.replies import Answers
from meetingsvc.invitations.startup import Waking
from meetingsvc.meetings import Meetings
from meetingsvc.store.links import Links
from meetingsvc.translations import Catalogues


class People(Bodies, Rounds, Answers, Calendars, Waking):
    """`house.people` on the web floor. All times in ms UTC; refusals are `people.*`."""

    @classmethod
    def of(cls, config: Config, meetings: Meetings, links: Links, words: Catalogues) -> People:
        """As the configuration says."""
        return cls(
            meetings, links, secret_key=config.secret_key, public_url=config.public_url, words=words,
            mail_from=config.mail_from, locale=config.locale, grace_s=config.grace_s,
        )  # fmt: skip
