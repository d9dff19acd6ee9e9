"""Invitations: who is told what of a meeting by mail, calendar file and feed, and what they answer.

services.py puts the five services together: contacts, guest_list, planner, replies, calendar_files; startup_repair
runs once. told, plan, rsvp, expected_slots are pure; mails says it in a mail. Not here: pages and HTTP (web),
SMTP and IMAP (mail), the bytes of calendars (calendars).
"""

from meetingsvc.invitations.results import CalendarFile, Life, Message, PersonLife
from meetingsvc.invitations.services import Invitations

__all__ = ["CalendarFile", "Invitations", "Life", "Message", "PersonLife"]
