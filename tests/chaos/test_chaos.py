"""A short storm and a short soak in the suite, and the proof that the judges would see each kind of harm."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from meetingsvc.store.event_log.chain import Row, first_hash
from meetingsvc.store.event_log.log import sealed
from tests.chaos.judge import Press, Sighting, faults
from tests.chaos.soak import judged, soak
from tests.chaos.storm import storm
from tests.support.any_meeting import walk

UID = "uid-of-the-story"


def test_three_sigkills_harm_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    report = storm(tmp_path, kills=3, seed=7)
    assert report.faults == []
    assert report.entries > 40 and sum(press.status == 200 for press in report.presses) > 30


def test_people_come_and_go_and_meetings_are_read(tmp_path: Path) -> None:
    """Too short to be judged: that it happens at all, and that the server is there afterwards."""
    report = soak(tmp_path, seconds=6, meetings=60)
    assert not [fault for fault in report.faults if "grew" not in fault]
    assert report.came > 100 and report.read > 40 and report.presses >= 3 and report.looks


#: Looks of ten minutes, one each five seconds.
AT = [5.0 * n for n in range(120)]


@pytest.mark.parametrize(
    ("files", "kb", "what"),
    [
        (lambda t: 40, lambda t: 110_000 + min(t, 120) * 300 + t % 7 * 900, ""),
        (lambda t: 40, lambda t: 110_000 + t * 100, "memory"),
        (lambda t: 40 + t // 15, lambda t: 110_000, "descriptors"),
        (lambda t: 40, lambda t: 190_000 - t * 100, ""),
    ],
    ids=["learnt at first, then flat", "a leak of memory", "a leak of descriptors", "it shrinks"],
)
def test_the_soak_sees_what_grows(files: Callable[[float], float], kb: Callable[[float], float], what: str) -> None:
    found = judged([(at, int(files(at)), int(kb(at))) for at in AT])
    assert [fault.split()[0] for fault in found] == ([what] if what else [])


class Told:
    """A log, and a sound memory of it: every batch was answered to the one who pressed, and seen on one screen."""

    def __init__(self) -> None:
        self.rows = list[Row]()
        for entry in walk(3, 60).log:
            self.rows.append(sealed(entry, UID, self.rows[-1].hash if self.rows else first_hash(UID)))
        self.start = self.rows[9].batch
        self.presses, self.sightings, now = list[Press](), list[Sighting](), 0.0
        for batch, found in groupby(self.rows, key=lambda row: row.batch):
            group, now = list(found), now + 1
            if batch <= self.start:
                continue
            answer = {"seq": group[-1].seq, "said": [{"seq": row.seq, "code": row.name} for row in group]}
            self.presses.append(Press(group[0].by, "any.thing", f"k{batch}", now, now + 0.5, 200, answer, [answer]))
            self.sightings.append(Sighting("screen", group[-1].seq, group[-1].hash[:12], now + 0.6))
        self.presses.append(Press("of-AZE", "any.thing", "refused", 5.0, 5.1, 409, {"code": "speakers.list_closed"}))

    def faults(self) -> list[str]:
        return faults(self.rows, UID, self.presses, self.sightings, self.start)


def lost(told: Told) -> None:
    told.rows = told.rows[: told.presses[-2].answer["said"][0]["seq"] - 1]


def doubled(told: Told) -> None:
    last = told.rows[-1]
    told.rows.append(replace(last, seq=last.seq + 1, batch=last.seq + 1))


def answered_twice(told: Told) -> None:
    told.presses.append(replace(told.presses[4], key="another"))


def refused_with_an_effect(told: Told) -> None:
    told.presses[4].status, told.presses[4].answer = 409, {"code": "speakers.list_closed"}
    told.presses[4].again = []


def answered_otherwise(told: Told) -> None:
    told.presses[4].again = [{**told.presses[4].answer, "seq": 1}]


def never_settled(told: Told) -> None:
    told.presses[-1].status = 0


def an_error(told: Told) -> None:
    told.presses[-1].status = 500


def by_somebody_else(told: Told) -> None:
    told.presses[4].by = "somebody"


def gap(told: Told) -> None:
    del told.rows[20]


def changed(told: Told) -> None:
    told.rows[20] = replace(told.rows[20], role="room")


def out_of_order(told: Told) -> None:
    told.presses[4].began = told.presses[5].ended + 0.1
    told.presses[4].ended = told.presses[4].began + 0.1


def shown_what_is_not_there(told: Told) -> None:
    told.sightings[4] = replace(told.sightings[4], chain="0" * 12)


def shown_the_future(told: Told) -> None:
    told.sightings.append(Sighting("other", len(told.rows) + 1, "0" * 12, 1.0))


def went_back(told: Told) -> None:
    told.sightings[4] = replace(told.sightings[4], at=told.sightings[5].at + 0.1)


HARM = [
    lost,
    doubled,
    answered_twice,
    refused_with_an_effect,
    answered_otherwise,
    never_settled,
    an_error,
    by_somebody_else,
    gap,
    changed,
    out_of_order,
    shown_what_is_not_there,
    shown_the_future,
    went_back,
]


def test_the_judge_finds_nothing_where_nothing_is_wrong() -> None:
    assert Told().faults() == []


@pytest.mark.parametrize("harm", HARM, ids=lambda harm: harm.__name__)
def test_the_judge_sees(harm: Callable[[Told], None]) -> None:
    told = deepcopy(Told())
    harm(told)
    assert told.faults() != []
