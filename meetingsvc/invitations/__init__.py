"""Invitations: who is told what of a meeting by mail, calendar file and feed, and what they answer.

people.py is the facade. facts, turns, plan are pure; bodies, lists, rounds, answers, calendars hold its methods;
letters and wording say it in a mail. Not here: pages and HTTP (web), SMTP and IMAP (mail), the bytes of calendars
(readings.calendar).
"""

from meetingsvc.invitations.results import Change, Due, FeedLife, Life, Message, PersonLife, Row, Sheet, Verdict, What
from meetingsvc.invitations.service import People

__all__ = [
    "Change", "Due", "FeedLife", "Life", "Message", "People", "PersonLife", "Row", "Sheet", "Verdict", "What",
]  # fmt: skip
