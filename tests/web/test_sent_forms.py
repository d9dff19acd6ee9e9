"""A form that makes something shown once is done once, whoever taps twice, at whatever moment."""

from __future__ import annotations

import threading
import time

import pytest

from meetingsvc.web import sent_forms
from meetingsvc.web.sent_forms import SentForms


def test_a_second_tap_is_told_what_the_first_one_made() -> None:
    forms, made = SentForms(), list[int]()

    def make() -> int:
        made.append(len(made))
        return made[-1]

    assert [forms.once("chair", "form", make) for _ in range(3)] == [0, 0, 0]
    assert forms.once("chair", "another form", make) == 1
    assert forms.once("secretary", "form", make) == 2, "a mark is one person's"


def test_a_reload_later_makes_nothing_and_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent_forms, "SECOND_TAP", 0.0)
    forms = SentForms()
    assert forms.once("chair", "form", lambda: "secret") == "secret"
    assert forms.once("chair", "form", lambda: "another") is None
    forms.forget()
    assert "secret" not in repr(forms._rows), "kept longer than it is said"


def test_what_failed_may_be_corrected_and_sent_again() -> None:
    forms = SentForms()
    with pytest.raises(ZeroDivisionError):
        forms.once("chair", "form", lambda: 1 // 0)
    assert forms.once("chair", "form", lambda: "made") == "made"


def test_two_taps_at_the_same_time_make_one() -> None:
    forms, made, told = SentForms(), list[str](), list[str | None]()

    def make() -> str:
        time.sleep(0.2)
        made.append("made")
        return "made"

    taps = [threading.Thread(target=lambda: told.append(forms.once("chair", "form", make))) for _ in range(4)]
    for tap in taps:
        tap.start()
    for tap in taps:
        tap.join()
    assert made == ["made"] and told == ["made"] * 4


def test_marks_are_forgotten_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent_forms, "MOST", 10)
    forms = SentForms()
    for n in range(50):
        forms.once("chair", str(n), lambda: "made")
    assert len(forms._rows) == 10
