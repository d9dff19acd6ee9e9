"""What may be asked of a meeting, and how it is judged; the judgement may change any day, what it writes may not. Pure.

Importing this package registers every command. Each stands with the part that its wire name says, also where it
writes in several. Does not belong here: events and states of the parts, which never change their meaning.
"""

from meetingsvc.core.commands import agenda, record, roster
from meetingsvc.core.commands.base import COMMANDS, Command, Environment, command
from meetingsvc.core.commands.meeting import acts, schedule, sessions
from meetingsvc.core.commands.speakers import floor, lists, requests

__all__ = [
    "COMMANDS",
    "Command",
    "Environment",
    "acts",
    "agenda",
    "command",
    "floor",
    "lists",
    "record",
    "requests",
    "roster",
    "schedule",
    "sessions",
]
