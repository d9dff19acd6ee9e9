"""Every path of HTTP, in one list for the service to be put together. Nothing else."""

from __future__ import annotations

from meetingsvc.web.api.calendars import feeds
from meetingsvc.web.api.commands import acts
from meetingsvc.web.api.health import health
from meetingsvc.web.api.metrics import metrics
from meetingsvc.web.api.openapi import openapi
from meetingsvc.web.api.state import reads
from meetingsvc.web.pages.bodies import bodies
from meetingsvc.web.pages.calendar import appointment
from meetingsvc.web.pages.contacts import contacts
from meetingsvc.web.pages.guest import invitee
from meetingsvc.web.pages.guest_list import inviting
from meetingsvc.web.pages.import_ics import importing
from meetingsvc.web.pages.links import setup
from meetingsvc.web.pages.live import pages
from meetingsvc.web.pages.meeting_times import times
from meetingsvc.web.pages.schedule import scheduling

API = (acts, feeds, health, metrics, openapi, reads)
PAGES = (pages, setup, appointment, bodies, contacts, importing, invitee, inviting, scheduling, times)
