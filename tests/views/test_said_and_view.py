"""What is said of a change and what the view shows are held to one table, for every event and every audience.

For each fact that is said there is a place in the view where it stands. An audience whose view does not show it there,
neither before the change nor after it, must not be told of it either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from meetingsvc.core.history import History
from meetingsvc.core.kernel import EVENTS, Entry
from meetingsvc.core.record import told
from meetingsvc.core.roles import AUDIENCES
from meetingsvc.core.state import MeetingState
from meetingsvc.views.view import rows_of, said, view
from meetingsvc.views.visibility import SEES, TOLD
from tests.support.any_meeting import walk
from tests.support.story import given as a_meeting

Json = dict[str, Any]


@dataclass(frozen=True)
class Change:
    before: MeetingState
    after: MeetingState
    entries: list[Entry]
    names: Any


# --------------------------------------------------------------------------------------- where a fact is shown


def lists(shown: Json, facts: Json) -> list[Json]:
    found: Json = shown["speakers"]["lists"]
    return [found[str(facts["list"])]] if str(facts.get("list")) in found else list(found.values())


def waiting(shown: Json, facts: Json) -> Json:
    return {id: row for one in lists(shown, facts) for id, row in one.get("waiting", {}).items()}


def heard(shown: Json, facts: Json) -> Json:
    return {id: row for one in lists(shown, facts) for id, row in one.get("heard", {}).items()}


def floors(shown: Json) -> list[Json]:
    part = shown["speakers"]
    return [*([part["floor"]] if "floor" in part else []), *part.get("held", {}).values()]


def of(rows: Json, id: Any, key: str) -> list[Any]:
    row = rows.get(str(id), {})
    return [row[key]] if key in row else []


def ints(rows: Json) -> set[int]:
    return {int(key) for key in rows}


def entries(shown: Json, facts: Json) -> set[int]:
    everywhere = {key: value for key, value in facts.items() if key != "list"}
    return ints(waiting(shown, everywhere)) | ints(heard(shown, everywhere)) | {row["entry"] for row in floors(shown)}


def kinds(shown: Json, facts: Json) -> set[str]:
    rows = [*waiting(shown, facts).values(), *heard(shown, facts).values(), *floors(shown)]
    limits = {kind for one in lists(shown, facts) for kind in one["limits"]}
    return {row["kind"] for row in (*rows, *shown["roster"]["delegations"].values())} | limits


def ranks(shown: Json, facts: Json) -> list[str]:
    who = facts.get("delegation", facts["seq"])
    asked = [row["rank"] for row in waiting(shown, {}).values() if row["delegation"] == who and "rank" in row]
    return of(shown["roster"]["delegations"], who, "rank") + asked


def seconds(shown: Json, facts: Json) -> set[int]:
    limits = {seconds for one in lists(shown, facts) for seconds in one["limits"].values()}
    return {row["seconds"] for row in floors(shown)} | limits


def places(shown: Json, facts: Json) -> list[int]:
    """Where an entry stands in the order that the keys of the view give, from 1."""
    rows = sorted(waiting(shown, facts).items(), key=lambda pair: pair[1]["sort"])
    return [n for n, (id, _) in enumerate(rows, 1) if int(id) == facts["entry"]]


def items(key: str) -> Callable[[Json, Json], list[Any]]:
    return lambda shown, facts: of(shown["agenda"]["items"], facts.get("item", facts["seq"]), key)


def sessions(key: str) -> Callable[[Json, Json], list[Any]]:
    return lambda shown, facts: of(shown["meeting"]["sessions"], facts.get("session", facts["seq"]), key)


def acts(key: str) -> Callable[[Json, Json], list[Any]]:
    return lambda shown, facts: [act[key] for act in shown.get("record", {}).values() if key in act]


#: Where a view shows what a fact says: fact -> the values that stand there. `facts` has the entry's `seq` beside.
SHOWN: dict[str, Callable[[Json, Json], Any]] = {
    "delegation": lambda shown, facts: ints(shown["roster"]["delegations"]),
    "item": lambda shown, facts: ints(shown["agenda"]["items"]),
    "list": lambda shown, facts: ints(shown["speakers"]["lists"]),
    "session": lambda shown, facts: ints(shown["meeting"]["sessions"]),
    "entry": entries,
    "kind": kinds,
    "mode": lambda shown, facts: {row["mode"] for row in shown["roster"]["delegations"].values()},
    "rank": ranks,
    "channel": lambda shown, facts: of(waiting(shown, {}), facts["seq"], "channel"),
    "place": places,
    "purpose": lambda shown, facts: [row["purpose"] for row in lists(shown, facts)],
    "at": lambda shown, facts: [row["closes_at"] for row in lists(shown, facts) if "closes_at" in row],
    "seconds": seconds,
    "spoken": lambda shown, facts: of(heard(shown, facts), facts["entry"], "spoken"),
    "over_run": lambda shown, facts: [row.get("over_run", 0) for row in heard(shown, facts).values()],
    "hidden": lambda shown, facts: [not row.get("hidden") for row in shown["agenda"]["items"].values()],
    "planned_s": items("planned_s"),
    "starts_at": sessions("starts_at"),
    "ends_at": sessions("ends_at"),
    "until": lambda shown, facts: [shown["meeting"].get("until")],
    "format": lambda shown, facts: [shown["meeting"]["format"]],
    "batch": acts("batch"),
    "act": acts("code"),
}


def near(shown: Json, facts: Json) -> list[int]:
    """Clocks set anew are shown in whole seconds, the rest in `since`: what is spent of an item, or spoken."""
    row = shown["agenda"]["items"].get(str(facts.get("item")), {})
    spent = [row["spent_s"]] if row else [row["spoken"] for row in floors(shown) if row["entry"] == facts.get("entry")]
    return [1000 * one + rest for one in spent for rest in range(1000)]


SHOWN["spent_ms"] = SHOWN["spoken_ms"] = near

# ------------------------------------------------------------------------------------------------- what is looked at

#: Changes looked at for each event.
ENOUGH = 10


@cache
def changes() -> dict[str, list[Change]]:
    """Batches of random meetings, until every event has come up often enough or luck is out."""
    found: dict[str, list[Change]] = {name: [] for name in EVENTS}
    for seed in range(120):
        story = walk(seed, 60)
        rows = History.of(story.log, kept=len(story.log)).batches
        for batch, after in zip(rows, [*(row.before for row in rows[1:]), story.m], strict=True):
            change = Change(batch.before, after, list(batch.entries), story.environment.names)
            for name in {entry.event.wire for entry in batch.entries}:
                if len(found[name]) < ENOUGH:
                    found[name].append(change)
        if all(len(each) >= ENOUGH for each in found.values()):
            break
    return found


def looked_at(m: MeetingState, names: Any, audience: str) -> Json:
    """All that an audience can read of a meeting: its view, and the rows of the lists it may look into."""
    shown = view(m, names, audience)
    for id, row in shown["speakers"]["lists"].items():
        row |= rows_of(m, m.speakers.lists[int(id)], names, audience)
    return shown


def closed_list(m: MeetingState) -> MeetingState:
    """The same meeting under rules that keep its lists from the public."""
    if not m.meeting.rules:
        return m  # before it was scheduled
    return replace(m, meeting=replace(m.meeting, rules=replace(m.meeting.adopted, list_public=0)))


def views(change: Change, audience: str) -> Iterator[Json]:
    for m in (change.before, change.after):
        if m.seq:
            yield looked_at(m, change.names, audience)


def told_too_much(change: Change, audience: str) -> list[str]:
    """Facts that are said to an audience and stand nowhere in its views."""
    shown = list(views(change, audience))
    found = []
    for row in said(change.before, change.after, change.entries, audience):
        facts = row["facts"] | {"seq": row["seq"]}
        for name, value in row["facts"].items():
            if name == "seconds" and row["code"] == "speakers.time_added":
                continue  # a difference: what came of it is the speaker's time, which everybody sees
            if not any(value in SHOWN[name](one, facts) for one in shown):
                found.append(f"{row['code']}: {name}={value!r}")
    return found


# ------------------------------------------------------------------------------------------------------------- tests


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_nothing_is_said_that_the_view_of_the_same_audience_hides(name: str) -> None:
    seen = changes()[name]
    assert seen, "no story comes to this event: give `any_meeting` an act that does"
    for change in seen:
        shut = replace(change, before=closed_list(change.before), after=closed_list(change.after))
        for audience in AUDIENCES:
            assert told_too_much(change, audience) == [], audience
            assert told_too_much(shut, audience) == [], f"{audience}, the list not public"


@pytest.mark.parametrize("audience", AUDIENCES)
def test_what_is_hidden_has_no_way_into_what_is_said(audience: str) -> None:
    """Each fact of the table, for whom it is and for nobody else, over every event that has it."""
    for fact, row in TOLD.items():
        told_to = [
            line["facts"][fact]
            for each in changes().values()
            for change in each
            for line in said(change.before, change.after, change.entries, audience)
            if fact in line["facts"]
        ]
        assert bool(told_to) == (audience in SEES[row]), f"{fact} for {audience}"


def test_the_staff_are_told_all_that_the_record_tells() -> None:
    for each in changes().values():
        for change in each:
            lines = said(change.before, change.after, change.entries, "staff")
            assert [line["code"] for line in lines] == [entry.event.wire for entry in change.entries]
            for line, entry in zip(lines, change.entries, strict=True):
                if entry.event.wire != "record.undone":
                    assert line["facts"] == told(entry.event)


def test_what_the_core_calls_the_staffs_is_the_staffs_in_the_table() -> None:
    for event in EVENTS.values():
        assert all(SEES[TOLD[fact]] == {"staff"} for fact in event.staff_only)


def test_an_item_that_is_hidden_takes_what_was_edited_of_it_along() -> None:
    story = a_meeting(items=2)
    before, item = story.m, story.known["item 2"]
    story.given("agenda.edit_item", item=item, hidden=True, planned_s=600)
    line = {"seq": story.m.seq, "code": "agenda.item_edited"}
    assert said(before, story.m, story.last, "follow") == [line | {"facts": {"item": item}}]
    whole = {"item": item, "planned_s": 600, "hidden": True}
    assert said(before, story.m, story.last, "staff") == [line | {"facts": whole}]


@pytest.mark.parametrize(
    ("audience", "rank"), [("staff", {"rank": "HOG"}), ("delegate", {}), ("booth", {}), ("room", {})]
)
def test_a_rank_is_said_to_the_staff_alone_and_shown_where_one_waits(audience: str, rank: Json) -> None:
    story = a_meeting("CUB")
    before, who = story.m, story.known["CUB"]
    speaker = {"name": "A. Speaker", "post": "Prime Minister"}
    story.given("roster.set_speaker", delegation=who, speaker=speaker, rank="HOG")
    facts = {"delegation": who, **rank}
    assert said(before, story.m, story.last, audience)[0] == {
        "seq": story.m.seq,
        "code": "roster.speaker_set",
        "facts": facts,
    }
