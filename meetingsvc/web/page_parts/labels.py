"""Values as people read them on pages: what is chosen, counted and told there, in the words of the reader.

Not here: facts of refusals (web/refusals), times (shown_times), what became of one guest's mail (guest_words).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from babel import Locale, UnknownLocaleError

from meetingsvc.calendars.local_time import city
from meetingsvc.web.context import words

#: As what somebody is invited, where they take part, what they answer.
PARTS = ("member", "observer", "chair", "information")
MODES = ("", "in_room", "remote")
ANSWERS = ("accepted", "tentative", "declined")


def language_name(code: str) -> str:
    """French, in the reader's words."""
    try:
        return Locale.parse(code, sep="-").get_display_name(words().lang) or code
    except (ValueError, UnknownLocaleError):
        return code


def city_words(zone: str) -> str:
    """The city that a zone is named after."""
    return city(zone, words())


def format_words(one: str) -> str:
    """Whether people meet in the room, remotely, or both."""
    say = words()
    return {
        "hybrid": say.gettext("In the room and remote"),
        "in_person": say.gettext("In the room only"),
        "online": say.gettext("Remote only"),
    }[one]


def way_in_words(kind: str) -> str:
    """The kind of a further way in."""
    say = words()
    return {
        "video": say.gettext("Video"),
        "audio": say.gettext("Sound"),
        "phone": say.gettext("Telephone"),
    }[kind]


def rhythm_words(one: str) -> str:
    """How a series repeats, as a form offers it."""
    say = words()
    return {
        "none": say.gettext("No, it is a single meeting"),
        "DAILY": say.gettext("Every day, at the same time"),
        "WEEKLY": say.gettext("Every week, on the same weekday"),
        "MONTHLY": say.gettext("Every month, on the same weekday of the month"),
    }[one]


def recurrence_words(freq: str, every: int, count: int) -> str:
    """Every 2 weeks, 10 times."""
    say = words()
    how = {
        "DAILY": say.ngettext("every day", "every {n} days", every),
        "WEEKLY": say.ngettext("every week", "every {n} weeks", every),
        "MONTHLY": say.ngettext("every month", "every {n} months", every),
    }[freq]
    return say.gettext("{rhythm}, {count} times", rhythm=how, count=count)


def part_words(part: str) -> str:
    """As what somebody is invited."""
    say = words()
    return {
        "member": say.gettext("Member"),
        "observer": say.gettext("Observer"),
        "chair": say.gettext("Chair"),
        "information": say.gettext("For information"),
    }.get(part, part)


def mode_words(mode: str | None) -> str:
    """Where somebody takes part; nothing where it is not known."""
    say = words()
    return {"in_room": say.gettext("In the room"), "remote": say.gettext("Remote")}.get(mode or "", "")


def answer_words(answer: str) -> str:
    """What somebody answered to an invitation."""
    say = words()
    return {
        "accepted": say.gettext("Comes"),
        "tentative": say.gettext("Undecided"),
        "declined": say.gettext("Does not come"),
    }.get(answer, say.gettext("No answer"))


def verdict_words(verdict: str) -> str:
    """What became of an answer that came by mail or as a file."""
    say = words()
    return {
        "taken": say.gettext("The answer counts."),
        "same": say.gettext("This answer was there already."),
        "stale": say.gettext(
            "This answer is to an older version of the invitation, or older than the one held. It changes nothing."
        ),
        "foreign": say.gettext(
            "This answer is not about this meeting, or not from somebody invited. It changes nothing."
        ),
        "unproved": say.gettext("It is not certain who sent this answer. It waits until the secretariat takes it."),
        "declined": say.gettext("This answer was left aside."),
    }.get(verdict, verdict)


def notice_words(what: str) -> str:
    """What somebody on the list will be sent."""
    say = words()
    return {
        "invitation": say.gettext("Invitation"),
        "update": say.gettext("Update"),
        "cancellation": say.gettext("Cancellation"),
        "nothing": say.gettext("Nothing new"),
        "no_address": say.gettext("No address"),
        "not_invited": say.gettext("Not invited yet"),
    }.get(what, what)


def tally_words(rows: list[Any], *, changing: bool = False) -> list[str]:
    """Who gets what, counted, in sentences. `changing`: a change is looked at, and not an invitation."""
    say, n = words(), Counter(row.what for row in rows)
    told = []
    if n["invitation"] and changing:
        told.append(
            say.ngettext(
                "{n} waits for the invitation: it will say this.",
                "{n} wait for their invitation: it will say this.",
                n["invitation"],
            )
        )
    elif n["invitation"]:
        told.append(say.ngettext("{n} will be invited.", "{n} will be invited.", n["invitation"]))
    if n["update"]:
        told.append(say.ngettext("{n} will get an update by mail.", "{n} will get an update by mail.", n["update"]))
    if n["cancellation"]:
        told.append(
            say.ngettext(
                "{n} will get a cancellation by mail.", "{n} will get a cancellation by mail.", n["cancellation"]
            )
        )
    if n["no_address"]:
        told.append(
            say.ngettext(
                "{n} has no address: file and link only.", "{n} have no address: file and link only.", n["no_address"]
            )
        )
    if n["not_invited"]:
        told.append(
            say.ngettext(
                "{n} stands on the list and was not invited yet: nothing is sent.",
                "{n} stand on the list and were not invited yet: nothing is sent.",
                n["not_invited"],
            )
        )
    return told or [say.gettext("Nobody is sent anything.")]
