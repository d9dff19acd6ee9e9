"""The pages about bodies, times and invitations, in one list for the house to be put together. Nothing else."""

from __future__ import annotations

from meetingsvc.web.appointment import appointment
from meetingsvc.web.bodies import bodies
from meetingsvc.web.contacts import contacts
from meetingsvc.web.importing import importing
from meetingsvc.web.invitee import invitee
from meetingsvc.web.inviting import inviting
from meetingsvc.web.scheduling import scheduling
from meetingsvc.web.times import times

PAGES = (appointment, bodies, contacts, importing, invitee, inviting, scheduling, times)
