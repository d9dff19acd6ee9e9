"""What holds in any meeting, whatever anybody presses. `Story` itself checks the fold after each act."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from meetingsvc.core.commands import COMMANDS
from meetingsvc.core.history import History, fold
from meetingsvc.core.kernel import EVENTS
from meetingsvc.core.schema import plain, read
from tests.support.any_meeting import walk
from tests.support.story import Story

SEEDS = st.integers(0, 10**9)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_seq_has_no_gap_and_time_never_runs_back(seed: int) -> None:
    story = walk(seed, 60)
    assert [entry.seq for entry in story.log] == list(range(1, len(story.log) + 1))
    assert all(a.at <= b.at for a, b in zip(story.log, story.log[1:], strict=False))
    assert all(entry.batch <= entry.seq for entry in story.log)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_a_refusal_leaves_the_meeting_untouched(seed: int) -> None:
    seen: list[tuple[int, object]] = []

    def watch(story: Story) -> None:
        if story.said is not None and seen:
            assert (len(story.log), story.m) == seen[-1]
        seen.append((len(story.log), story.m))

    walk(seed, 60, watch=watch)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_nobody_leaves_a_list_but_by_an_act_of_the_log(seed: int) -> None:
    leaving = {"speakers.floor_given", "speakers.withdrawn", "record.undone"}
    seen: set[int] = set()

    def watch(story: Story) -> None:
        nonlocal seen
        now = {w.id for lst in story.m.speakers.lists.values() for w in lst.waiting.values()}
        if seen - now:
            assert leaving & {entry.event.wire for entry in story.last}
        seen = now

    walk(seed, 60, watch=watch)


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_undo_gives_the_state_before_and_redo_the_state_after(seed: int) -> None:
    dice_story = walk(seed, 40)
    if dice_story.m.meeting.state == "closed":
        return
    before = dice_story.m
    dice_story.given("record.note", text="an act")
    after = dice_story.m
    dice_story.given("record.undo", batch=dice_story.m.record.done[-1].batch)
    assert parts(dice_story) == parts_of(before)
    dice_story.given("record.undo", batch=dice_story.m.record.undone[-1].batch)
    assert parts(dice_story) == parts_of(after)


def parts(story: Story) -> tuple[object, ...]:
    return parts_of(story.m)


def parts_of(m: object) -> tuple[object, ...]:
    names = ("meeting", "agenda", "roster", "speakers", "decisions")
    acts = [(act.code, act.facts) for act in m.record.done]  # type: ignore[attr-defined]
    return (*(getattr(m, name) for name in names), m.record.notes, acts)  # type: ignore[attr-defined]


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 30))
def test_a_log_read_anew_gives_the_same_meeting_however_little_is_kept(seed: int, kept: int) -> None:
    story = walk(seed, 60)
    assert History.of(story.log).state == story.m == fold(story.log)
    assert History.of(story.log, kept=kept).state == story.m


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_every_event_survives_the_way_to_plain_data_and_back(seed: int) -> None:
    for entry in walk(seed, 60).log:
        event = entry.event
        assert read(type(event), plain(event), sent=False) == event


def test_random_meetings_reach_every_command_and_event() -> None:
    commands: set[str] = {"meeting.schedule"}
    events: set[str] = set()
    for seed in range(60):
        story = walk(seed, 120)
        commands |= story.done
        events |= {entry.event.wire for entry in story.log}
    assert set(EVENTS) - events == set()
    assert set(COMMANDS) - commands == set()
