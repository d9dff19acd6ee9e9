"""Every path of HTTP, in one list for the service to be put together. Nothing else."""

from __future__ import annotations

from meetingsvc.web.api import calendars, commands, health, languages, metrics, openapi, state
from meetingsvc.web.pages import (
    bodies,
    calendar,
    contact_erasing,
    contacts,
    erasing,
    guest,
    guest_list,
    home,
    import_ics,
    join,
    links,
    live,
    meeting_times,
    schedule,
)

API = tuple(each.blueprint for each in (calendars, commands, health, languages, metrics, openapi, state))
PAGES = tuple(
    each.blueprint
    for each in (
        bodies,
        calendar,
        contact_erasing,
        contacts,
        erasing,
        guest,
        guest_list,
        home,
        import_ics,
        join,
        links,
        live,
        meeting_times,
        schedule,
    )
)
