"""What is erased is gone: words of the record, names of people. It stays gone, whatever is taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given as any_of
from hypothesis import settings
from hypothesis import strategies as st

from meetingsvc.core.history import fold
from meetingsvc.core.kernel import UnfoldableEntry
from meetingsvc.core.record import Noted, Redacted
from meetingsvc.core.roster import PersonChanged, PersonErased
from meetingsvc.core.schema import plain
from meetingsvc.views.view import view
from tests.support.any_meeting import walk
from tests.support.story import Story, as_stored, asked, given

WORDS = "Madam Example was unwell"


def noted() -> tuple[Story, int]:
    story = given("KEN", "FRA").given("record.note", text=WORDS)
    return story, story.m.seq


def named() -> tuple[Story, str]:
    """Kenya has a speaker who is on the list."""
    story = given("KEN", "FRA")
    story.given(
        "roster.set_speaker", delegation=story.known["KEN"], speaker={"name": "Amina Exampel", "post": "Minister"}
    )
    person = story.m.roster.delegations[story.known["KEN"]].person
    assert person is not None
    return asked(story.given("speakers.open_list"), "KEN", "FRA"), person


def shown(story: Story, audience: str = "staff") -> Any:
    return view(story.m, story.environment.names, audience)


def batch(story: Story, which: str = "done") -> int:
    act = getattr(story.m.record, which).top
    assert act is not None
    return int(act.batch)


# ------------------------------------------------------------------------------------------------------------- words


def test_the_words_of_a_note_are_erased_and_the_note_stays() -> None:
    story, seq = noted()
    story.when("record.redact", by="secretary", seq=seq).then("record.redacted")
    assert shown(story)["record"]["notes"] == {str(seq): {"at": story.log[seq - 1].at, "text": ""}}
    assert WORDS not in repr(plain(story.m.record.notes))


def test_it_is_the_secretarys_act() -> None:
    story, seq = noted()
    for by in ("chair", "KEN", "room", "booth", "follower", "clock"):
        story.when("record.redact", by=by, seq=seq).refused("rights.not_yours")
        story.when("roster.erase_person", by=by, person="p1").refused("rights.not_yours")
    assert WORDS in repr(shown(story))


def test_only_an_entry_with_words_can_lose_them() -> None:
    story, seq = noted()
    story.when("record.redact", by="secretary", seq=seq + 1).refused("record.no_such_entry", seq=seq + 1)
    story.when("record.redact", by="secretary", seq=0).refused("record.no_such_entry")
    story.when("record.redact", by="secretary", seq=-1).refused("record.no_such_entry")
    story.when("record.redact", by="secretary", seq=2).refused("record.no_words", seq=2)


def test_what_was_erased_is_not_erased_again() -> None:
    story, seq = noted()
    story.given("record.redact", by="secretary", seq=seq)
    story.when("record.redact", by="secretary", seq=seq).then()


def test_an_undo_passes_over_it_and_brings_no_words_back() -> None:
    story, seq = noted()
    last = batch(story)
    story.given("record.redact", by="secretary", seq=seq)
    assert batch(story) == last == seq, "the note is still the last act"
    story.given("record.undo", batch=last)
    assert "notes" not in shown(story)["record"]
    story.given("record.undo", batch=batch(story, "undone"))
    assert shown(story)["record"]["notes"][str(seq)]["text"] == ""
    story.when("record.redact", by="secretary", seq=seq).then()


def test_a_note_that_was_taken_back_still_has_words_to_erase() -> None:
    story, seq = noted()
    story.given("record.undo", batch=batch(story))
    story.when("record.redact", by="secretary", seq=seq).then("record.redacted")
    story.given("record.undo", batch=batch(story, "undone"))
    assert shown(story)["record"]["notes"][str(seq)]["text"] == ""


def test_other_notes_keep_their_words() -> None:
    story, seq = noted()
    story.given("record.note", text="Another")
    story.given("record.redact", by="secretary", seq=seq)
    assert [note.text for note in story.m.record.notes] == ["", "Another"]


def test_what_is_erased_must_stand_before() -> None:
    story, seq = noted()
    story.given("record.redact", by="secretary", seq=seq)
    last = story.log[-1]
    with pytest.raises(UnfoldableEntry):
        fold([*story.log[:-1], replace(last, event=Redacted(last.seq))])


# ------------------------------------------------------------------------------------------------------------- names


def test_a_corrected_name_holds_wherever_the_person_is_named() -> None:
    story, person = named()
    story.next(sure=True)
    story.when("roster.change_person", person=person, name="Amina Example").then("roster.person_changed")
    right = {"name": "Amina Example", "post": "Minister"}
    for audience in ("staff", "follow"):
        assert shown(story, audience)["speakers"]["floor"]["speaker"] == right
    assert shown(story)["roster"]["delegations"][str(story.known["KEN"])]["speaker"] == right


def test_a_name_that_is_the_same_is_no_change() -> None:
    story, person = named()
    story.when("roster.change_person", person=person).then()
    story.when("roster.change_person", person=person, name="Amina Exampel", post="Minister").then()


def test_a_person_keeps_a_name_or_a_post() -> None:
    story, person = named()
    story.when("roster.change_person", person=person, name="", post="").refused("roster.speaker_has_no_name")
    story.when("roster.change_person", person=person, name="").then("roster.person_changed")
    story.when("roster.change_person", person="p99", name="X").refused("roster.no_such_person")


def test_undo_restores_the_old_name_and_redo_the_new_one() -> None:
    story, person = named()
    who = str(story.known["KEN"])
    story.given("roster.change_person", person=person, name="Amina Example")
    story.given("record.undo", batch=batch(story))
    assert shown(story)["roster"]["delegations"][who]["speaker"]["name"] == "Amina Exampel"
    story.given("record.undo", batch=batch(story, "undone"))
    assert shown(story)["roster"]["delegations"][who]["speaker"]["name"] == "Amina Example"


def test_a_name_corrected_after_an_undo_takes_no_row_that_was_written() -> None:
    story, person = named()
    story.given("roster.change_person", person=person, name="One")
    story.given("record.undo", batch=batch(story))
    story.given("roster.change_person", person=person, name="Two")
    assert story.m.roster.revs == {person: 3}
    assert story.environment.names[person, 2]["name"] == "One"


def test_an_erased_person_has_no_name_anywhere_and_keeps_the_place() -> None:
    story, person = named()
    before = story.waiting()
    story.given("roster.change_person", person=person, name="Amina Example")
    story.when("roster.erase_person", by="secretary", person=person).then("roster.person_erased")
    for audience in ("staff", "delegate", "booth", "room", "follow"):
        assert "Amina" not in repr(shown(story, audience)) and "Minister" not in repr(shown(story, audience))
    assert story.waiting() == before
    story.next(sure=True)
    assert story.speaker() == "KEN" and "speaker" not in shown(story)["speakers"]["floor"]
    story.when("roster.erase_person", by="secretary", person=person).then()
    story.when("roster.change_person", person=person, name="Amina").refused("roster.person_was_erased")


def test_no_undo_and_no_redo_names_an_erased_person() -> None:
    story, person = named()
    story.given("roster.change_person", person=person, name="Amina Example")
    story.given("roster.erase_person", by="secretary", person=person)
    story.given("record.undo", batch=batch(story))
    assert story.m.roster.revs[person] == 0
    story.given("record.undo", batch=batch(story, "undone"))
    assert story.m.roster.revs[person] == 0 and "Amina" not in repr(shown(story))


def test_who_was_named_in_an_act_that_was_taken_back_can_be_erased() -> None:
    story = given("KEN")
    story.given("roster.set_speaker", delegation=story.known["KEN"], speaker={"name": "Amina Example"})
    person = story.m.roster.delegations[story.known["KEN"]].person
    story.given("record.undo", batch=batch(story))
    story.when("roster.erase_person", by="secretary", person="p99").refused("roster.no_such_person")
    story.when("roster.erase_person", by="secretary", person=person).then("roster.person_erased")
    story.given("record.undo", batch=batch(story, "undone"))
    assert "Amina" not in repr(shown(story))


def test_a_name_after_an_erasure_does_not_fold() -> None:
    story, person = named()
    story.given("roster.erase_person", by="secretary", person=person)
    last = story.log[-1]
    with pytest.raises(UnfoldableEntry):
        fold([*story.log, replace(last, seq=last.seq + 1, batch=last.seq + 1, event=PersonChanged(person, 2))])


# ------------------------------------------------------------------------------------------------- after the closing


@pytest.mark.parametrize("end", ["meeting.close", "meeting.cancel"])
def test_a_meeting_that_is_over_takes_these_three_and_shows_no_undo_for_them(end: str) -> None:
    story, person = named()
    story.given("record.note", text=WORDS)
    seq = story.m.seq
    if end == "meeting.cancel":
        story.given("meeting.adjourn")
    story.given(end, after=60)
    story.when("roster.change_person", person=person, name="Amina Example").then("roster.person_changed")
    if end == "meeting.close":
        assert shown(story)["record"].keys() == {"notes"}
        story.when("record.undo", batch=batch(story)).refused("meeting.is_closed")
    story.when("record.redact", by="secretary", seq=seq).then("record.redacted")
    story.when("roster.erase_person", by="secretary", person=person).then("roster.person_erased")
    assert WORDS not in repr(shown(story)) and "Amina" not in repr(shown(story))


# ------------------------------------------------------------------------------------------------------- any meeting


@settings(max_examples=40, deadline=None)
@any_of(st.integers(0, 10**9))
def test_no_view_of_any_meeting_holds_what_was_erased(seed: int) -> None:
    def watch(story: Story) -> None:
        erased = {entry.event.person for entry in story.log if isinstance(entry.event, PersonErased)}
        gone = {entry.event.seq for entry in story.log if isinstance(entry.event, Redacted)}
        for person in erased:
            assert story.m.roster.revs[person] == 0
        assert all(note.text == "" for note in story.m.record.notes if note.id in gone)

    story = walk(seed, 80, watch=watch)
    blank = {
        key: {"name": "", "post": ""} if story.m.roster.revs.get(key[0]) == 0 else words
        for key, words in story.environment.names.items()
    }
    for audience in ("staff", "delegate", "booth", "room", "follow"):
        assert view(story.m, story.environment.names, audience) == view(story.m, blank, audience)


@settings(max_examples=40, deadline=None)
@any_of(st.integers(0, 10**9))
def test_a_log_without_the_words_tells_the_same_meeting(seed: int) -> None:
    story = walk(seed, 80)
    again = fold(as_stored(story.log))
    assert plain(again.record.notes) == plain(story.m.record.notes)
    for audience in ("staff", "follow"):
        assert view(again, story.environment.names, audience) == shown(story, audience)


def test_a_note_says_what_it_says_until_it_is_erased() -> None:
    """That the tests above would see the words if they were there."""
    story, _ = noted()
    assert WORDS in repr(shown(story)) and isinstance(story.log[-1].event, Noted)
