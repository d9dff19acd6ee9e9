"""The quick history: always what the definition of the fold says, whatever was taken back from however far."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetingsvc.core.history import History, Stretch, at_once, fold
from meetingsvc.core.kernel import EVENTS, Entry, Event, UnfoldableEntry, event
from meetingsvc.core.meeting import Meeting
from meetingsvc.core.record import Noted, Undone
from meetingsvc.core.stack import Stack
from tests.support.any_meeting import walk
from tests.support.story import Story, scheduled

SEEDS = st.integers(0, 10**9)
SMALL = {"kept": st.integers(1, 12), "spaced": st.integers(1, 12)}

# ---------------------------------------------------------------------------------------------------- as the definition


def batches(log: list[Entry]) -> list[tuple[Entry, ...]]:
    return [tuple(rows) for _, rows in groupby(log, key=lambda entry: entry.batch)]


def parts(row: Stretch) -> tuple[object, ...]:
    """What acts are taken back from; which acts those are, the last state says."""
    m = row.before
    return m.meeting, m.agenda, m.roster, m.speakers, m.decisions, m.record.notes, row.entries


def far_and_near(seed: int) -> Story:
    """A random meeting; then a third of its acts taken back, and some of them done again."""
    story = walk(seed, 40)
    for _ in range(len(story.m.record.done) // 3):
        story.when("record.undo", batch=story.m.record.done.top.batch, after=1)  # type: ignore[union-attr]
    for _ in range(len(story.m.record.undone) // 2):
        story.when("record.undo", batch=story.m.record.undone.top.batch, after=1)  # type: ignore[union-attr]
    return story


@settings(max_examples=40, deadline=None)
@given(SEEDS, SMALL["kept"], SMALL["spaced"])
def test_opened_and_followed_the_history_is_what_the_definition_says(seed: int, kept: int, spaced: int) -> None:
    log = far_and_near(seed).log
    opened, followed = History.of(log, kept=kept, spaced=spaced), History(kept=kept, spaced=spaced)
    for rows in batches(log):
        followed = followed.add(rows)
    for history in (opened, followed):
        assert history.state == fold(log)
        assert list(history.entries()) == log
        assert all(row.before == fold(log[: row.batch - 1]) for row in history.batches)
        assert [row.entries for row in history.batches] == batches(log)[-len(history.batches) :]
    assert [parts(row) for row in opened.stretches] == [parts(row) for row in followed.stretches]
    assert len(followed.batches) == min(kept, len(batches(log)))


@settings(max_examples=20, deadline=None)
@given(SEEDS, SMALL["spaced"], st.integers(0, 400))
def test_who_is_far_behind_is_led_through_every_batch(seed: int, spaced: int, at: int) -> None:
    log = far_and_near(seed).log
    seq = batches(log)[at % len(batches(log))][0].seq - 1
    history = at_once(History.of(log, kept=3, spaced=spaced).since(seq))
    assert history.state == fold(log)
    assert [row.entries for row in history.batches] == batches(log[seq:])
    assert all(row.before == fold(log[: row.batch - 1]) for row in history.batches)


@settings(max_examples=20, deadline=None)
@given(SEEDS, SMALL["spaced"])
def test_what_is_only_tried_leaves_a_history_as_it_was(seed: int, spaced: int) -> None:
    story = walk(seed, 40)
    history = History.of(story.log, spaced=spaced)
    last = story.log[-1]
    act = story.m.record.done.top
    tried = Undone(act.batch) if act else Noted("x")  # type: ignore[call-arg]
    more = [Entry(last.seq + 1, last.seq + 1, last.at, "chair", "chair", tried)]
    try:
        first = history.add(more).state
    except UnfoldableEntry:
        return
    assert history.state == story.m
    assert list(history.entries()) == story.log
    assert history.add(more).state == first == fold([*story.log, *more])


def test_an_act_done_and_taken_back_a_hundred_times_is_still_one_act() -> None:
    story = scheduled().given("record.note", text="one")
    for _ in range(100):
        story.given("record.undo", batch=story.m.record.done.top.batch)  # type: ignore[union-attr]
        assert not story.m.record.notes
        story.given("record.undo", batch=story.m.record.undone.top.batch)  # type: ignore[union-attr]
        assert [note.text for note in story.m.record.notes] == ["one"]


def test_a_log_that_takes_back_what_is_not_there_is_unfoldable_and_names_the_entry() -> None:
    story = scheduled()
    for wrong in (0, -3, 999, story.m.seq + 1, story.m.seq + 2):
        last = Entry(story.m.seq + 1, story.m.seq + 1, story.now, "chair", "chair", Undone(wrong))  # type: ignore[call-arg]
        with pytest.raises(UnfoldableEntry) as found:
            History.of([*story.log, last])
        assert found.value.entry == last


# -------------------------------------------------------------------------------------------------------- what it costs


@pytest.fixture
def rung() -> Iterator[list[int]]:
    """An event that counts how often it is folded."""
    folded: list[int] = []

    @event("meeting.bell_rung", headline=2)
    class BellRung(Event):
        def apply(self, part: Meeting, entry: Entry) -> Meeting:
            folded.append(entry.seq)
            return part

    yield folded
    del EVENTS["meeting.bell_rung"]


def ring(log: list[Entry], role: str, event: Event | None = None) -> int:
    seq = log[-1].seq + 1
    made = EVENTS["meeting.bell_rung"]() if event is None else event
    log.append(Entry(seq, seq, log[-1].at + 1, role, role, made))
    return seq


def test_opening_is_linear_whatever_was_taken_back(rung: list[int]) -> None:
    log = list(scheduled().log)
    acts = [ring(log, "chair") for _ in range(300)]
    for _ in range(3000):
        ring(log, "delegate")
    for act in reversed(acts):
        ring(log, "chair", Undone(act))  # type: ignore[call-arg]
    assert History.of(log).state.seq == len(log)
    assert len(rung) <= 10 * len(log), "each entry is folded a few times, not once for each undo"


def test_an_undo_costs_what_it_unfolds(rung: list[int]) -> None:
    log = list(scheduled().log)
    for _ in range(3000):
        ring(log, "delegate")
    acts = [ring(log, "chair") for _ in range(200)]
    history = History.of(log)
    del rung[:]
    for act in reversed(acts):
        ring(log, "chair", Undone(act))  # type: ignore[call-arg]
        history = history.add(log[-1:])
    assert history.state == fold(log)
    assert len(rung) - 3000 <= 200 * (history.spaced + 200)


# ---------------------------------------------------------------------------------------------------------------- piles


@given(st.lists(st.one_of(st.integers(), st.none())))
def test_a_stack_is_a_tuple_that_is_not_copied(moves: list[int | None]) -> None:
    stack, plain, seen = Stack[int](), (), list[tuple[Stack[int], tuple[int, ...]]]()
    for move in moves:
        if move is not None:
            stack, plain = stack.put(move), (*plain, move)
        elif plain:
            stack, plain = stack.rest, plain[:-1]
        seen.append((stack, plain))
    for one, as_tuple in seen:
        assert tuple(one) == as_tuple and len(one) == len(as_tuple) and bool(one) == bool(as_tuple)
        assert one == Stack(as_tuple) and one.top == (as_tuple[-1] if as_tuple else None)
        assert [one[n] for n in range(-len(one), len(one))] == [*as_tuple, *as_tuple]
        assert one != Stack((*as_tuple, 1))


def test_a_high_stack_is_thrown_away_without_harm() -> None:
    stack = Stack[int](range(300_000))
    assert stack == Stack(range(300_000))
    del stack
