"""What somebody's answers come to: one to each session, since each session is a mail with buttons of its own. Pure.

An answer is to a time. When the session has moved since, it is still held, but says nothing of the new time. Not here:
whether a reply counts (replies).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from meetingsvc.calendars.local_time import milliseconds, wall
from meetingsvc.store.contacts import Invitation
from meetingsvc.store.deliveries import Told
from meetingsvc.store.meeting_index import MeetingRow


@dataclass(frozen=True, slots=True)
class Standing:
    """The answer to a meeting on the whole. `earlier`: it was given to a time that no longer holds."""

    answer: str
    earlier: bool = False


def sessions(row: MeetingRow, *, dropped: bool = False) -> dict[str, int]:
    """{UID: start} of the sessions; the first ever bears the meeting's own UID, also where its series has another."""
    every = [*row.sessions, *row.dropped]
    first = min((each["id"] for each in every), default=None)
    wanted = every if dropped else row.sessions
    return {(row.uid if each["id"] == first else f"{row.uid}-{each['id']}"): each["starts_at"] for each in wanted}


def own_uid(uid: str, row: MeetingRow) -> str:
    """A session's UID as answers are held by it: an occurrence of a series by that of its own meeting."""
    return row.uid if uid == row.series else uid


def told_start(told: Told, row: MeetingRow) -> int:
    """When a session starts by what somebody was told of it; by the rule, if they were told of the series."""
    if told.rule is not None and row.recurs is not None:
        return milliseconds(wall(row.recurs, told.zone))
    return told.starts_at


def overall(answers: Collection[str]) -> str:
    """Who comes to one of several sessions comes."""
    return next((each for each in ("accepted", "tentative", "declined") if each in answers), "none")


def standing(invitation: Invitation, row: MeetingRow) -> Standing:
    """What is held of somebody, for the sessions that are still planned."""
    if not invitation.answers:
        return Standing(invitation.answer)
    planned = sessions(row)
    held = {uid: each for uid, each in invitation.answers.items() if uid in planned or not planned}
    answer = overall([each["answer"] for each in held.values()])
    same = [uid for uid, each in held.items() if each["answer"] == answer]
    return Standing(answer, bool(same) and not any(_fits(held[uid], planned.get(uid)) for uid in same))


def answer_to(invitation: Invitation, uid: str, starts_at: int) -> str:
    """The answer to one session at this time; none if it was to another."""
    held = invitation.answers.get(uid)
    return held["answer"] if held and _fits(held, starts_at) else "none"


def _fits(held: Mapping[str, Any], starts_at: int | None) -> bool:
    return starts_at is None or bool(held["starts_at"] == starts_at)
