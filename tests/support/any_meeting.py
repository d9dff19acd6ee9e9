"""Any meeting at all: random acts by everybody, for the properties that must hold whatever happens. Pure."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.support.story import HOUR, Story, scheduled

CODES = ("AZE", "BOL", "CUB", "DJI", "EST")
WAY_IN = {"kind": "audio", "address": "https://meet.example/canary-link-fr", "label": "Français", "language": "fr"}
WAYS_IN: tuple[list[Any], ...] = ([], [WAY_IN])
RANKS = ("HOS", "M", "VM", "PR", "CDA")


def begin() -> Story:
    """A scheduled meeting with a roster, three items (one hidden), and not yet open."""
    story = scheduled(
        sessions=[
            {"starts": "2023-12-11T10:00", "ends": "2023-12-11T13:00"},
            {"starts": "2023-12-12T10:00", "ends": "2023-12-12T13:00"},
        ],
        room="Hall 1",
        link="https://meet.example/canary-link",
        body_id="bodyofmany",
        series="uid-of-a-series",
        recurs="2023-12-11T10:00",
    )
    for n in range(3):
        story.given("agenda.add_item", title=f"Item {n + 1}" if n else "canary-hidden-title")
        story.known[f"item {n + 1}"] = story.m.seq
    story.given("agenda.edit_item", item=story.known["item 1"], hidden=True)
    for n, code in enumerate(CODES):
        kind = "observer_state" if n == 4 else "member"
        speaker = {"name": f"canary-name-{code}", "post": f"canary-post-{code}"}
        story.given("roster.accredit", kind=kind, code=code, rank=RANKS[n], speaker=speaker)
        story.known[code] = story.m.seq
    speaker = {"name": "canary-name-never", "post": ""}  # a delegation that never asks for the floor
    story.given("roster.accredit", kind="un_entity", name="An entity", speaker=speaker)
    story.silent = story.m.seq
    return story.given("speakers.open_list", item=story.known["item 1"])


def acts(story: Story, dice: Random) -> list[tuple[str, str, dict[str, Any]]]:
    """What somebody might press now: (command, by, body). Not all of it is allowed."""
    pick: Callable[[list[Any]], Any] = lambda rows: dice.choice(rows) if rows else 999_999  # noqa: E731
    m = story.m
    waiting = [w.id for lst in m.speakers.lists.values() for w in lst.waiting.values()]
    floor = {"instead_of": m.speakers.floor.entry} if m.speakers.floor else {}
    speaker = m.speakers.floor.entry if m.speakers.floor else 999_999
    items = list(m.agenda.items)
    rows = [row for row in m.roster.delegations if row != story.silent]
    people = sorted({person for person, _ in story.environment.names})
    noted = [entry.seq for entry in story.log if entry.event.wire == "record.noted"]
    code = dice.choice(CODES)
    staff = dice.choice(["chair", "secretary"])
    mode = dice.choice(["in_room", "remote"])
    return [
        *[("speakers.request_floor", code, {})] * 4,
        ("speakers.request_floor", code, {"kind": "point_of_order"}),
        ("speakers.withdraw", code, {"entry": pick(waiting)}),
        ("speakers.end", code, {"entry": speaker}),
        ("roster.check_in", code, {"mode": mode}),
        ("roster.set_mode", code, {"mode": mode}),
        ("roster.leave", code, {}),
        *[("speakers.next", staff, {**floor, "sure": dice.random() < 0.5})] * 4,
        ("speakers.give_floor", staff, {"entry": pick(waiting), **floor}),
        *[("speakers.pause", staff, {"entry": speaker}), ("speakers.resume", staff, {"entry": speaker})] * 3,
        ("speakers.end", staff, {"entry": speaker}),
        ("speakers.add_time", staff, {"entry": speaker, "seconds": dice.choice([30, -30])}),
        ("speakers.set_limit", staff, {"seconds": dice.choice([60, 420])}),
        ("speakers.set_limit", staff, {"kind": "point_of_order", "seconds": 90}),
        ("speakers.move", staff, {"entry": pick(waiting), "before": pick(waiting)}),
        ("speakers.move", staff, {"entry": pick(waiting)}),
        ("speakers.inscribe", staff, {"delegation": pick(rows), "channel": "paper"}),
        ("speakers.inscribe", staff, {"guest": {"name": "canary-name-guest", "post": ""}, "channel": "email"}),
        ("speakers.close_list", staff, {}),
        ("speakers.close_list", staff, {"at": story.now + 5_000}),
        *[("speakers.close_due", "clock", {"list": row.id}) for row in m.speakers.lists.values() if row.closes_at],
        ("speakers.reopen_list", staff, {"list": pick(list(m.speakers.lists))}),
        ("speakers.open_list", staff, {}),
        ("speakers.open_list", staff, {"item": pick(items)}),
        *[("agenda.take_up", staff, {"item": pick(items)})] * 2,
        ("agenda.conclude", staff, {"item": pick(items)}),
        ("agenda.suspend_item", staff, {"item": pick(items)}),
        ("agenda.add_item", staff, {"title": "Another item", "before": pick(items)}),
        ("agenda.edit_item", staff, {"item": pick(items), "hidden": dice.random() < 0.5, "planned_s": 600}),
        *[("meeting.open", staff, {})] * 3,
        ("meeting.suspend", staff, {}),
        ("meeting.suspend", staff, {"until": story.now + 60_000}),
        *[("meeting.resume", staff, {})] * 2,
        ("meeting.adjourn", staff, {}),
        *([("meeting.close", staff, {})] if dice.random() < 0.04 else []),
        (
            "meeting.reschedule",
            staff,
            {"session": pick(list(m.meeting.sessions)), "starts": "2023-12-12T15:00", "ends": "2023-12-12T16:00"},
        ),
        ("meeting.plan_session", staff, {"starts": "2023-12-14T10:00", "ends": "2023-12-14T11:00"}),
        ("meeting.drop_session", staff, {"session": pick(list(m.meeting.sessions))}),
        ("meeting.set_channels", staff, {"channels": dice.choice(WAYS_IN)}),
        ("meeting.retitle", staff, {"title": f"Title {dice.randrange(9)}"}),
        ("meeting.shift_times", "clock", {}),
        *([("meeting.cancel", staff, {})] if dice.random() < 0.05 else []),
        ("roster.accredit", staff, {"kind": "ngo", "name": "An organization"}),
        (
            "roster.set_speaker",
            staff,
            {
                "delegation": pick(rows),
                "rank": dice.choice(RANKS),
                "speaker": {"name": f"canary-name-{dice.randrange(99)}", "post": ""},
            },
        ),
        *([("roster.withdraw_accreditation", staff, {"delegation": pick(rows)})] if dice.random() < 0.1 else []),
        ("record.note", staff, {"text": "canary-note"}),
        ("roster.change_person", staff, {"person": pick(people), "name": f"canary-name-{dice.randrange(99)}"}),
        *([("record.redact", "secretary", {"seq": pick(noted)})] if dice.random() < 0.3 else []),
        *([("roster.erase_person", "secretary", {"person": pick(people)})] if dice.random() < 0.1 else []),
        *[("record.undo", staff, {"batch": a.batch}) for a in (m.record.done.top, m.record.undone.top) if a] * 3,
    ]


def walk(seed: int, length: int, *, watch: Callable[[Story], None] = lambda story: None) -> Story:
    """A meeting of random acts; `watch` is called after each one, allowed or refused."""
    dice = Random(seed)
    story = begin()
    watch(story)
    for _ in range(length):
        name, by, body = dice.choice(acts(story, dice))
        if name == "meeting.shift_times":
            story.environment.late = HOUR - story.environment.late  # the rules of the zone changed
        story.when(name, by=by, after=dice.choice([0, 0.4, 1, 3, 20]), **body)
        if story.last:
            story.done.add(name)
        watch(story)
    return story
