"""Calendars, mails and their pages speak the six languages of the United Nations, and no row says less than another."""

from __future__ import annotations

import re

import pytest

from meetingsvc.translations import FALLBACK, Catalogues, places
from tests.languages import SIX, catalogue, lacking, wanted

OTHERS = tuple(lang for lang in SIX if lang != FALLBACK)
#: Words that are the same in more languages than one.
SAME = re.compile(
    r"[\W\d_]*|(?:[A-Z0-9.:/-]{1,9}|\{\w+\}|\W|\d)+|Google|Outlook( Live)?|Office 365|Microsoft 365|webcal.*"
)


def test_there_is_something_to_translate() -> None:
    assert len(wanted()) > 150


@pytest.mark.parametrize("lang", OTHERS)
def test_every_text_of_calendars_mails_and_their_pages_is_there(lang: str) -> None:
    assert sorted(lacking(lang)) == []


@pytest.mark.parametrize("lang", OTHERS)
def test_a_translation_keeps_the_facts_of_its_text(lang: str) -> None:
    english, wrong = catalogue(FALLBACK), {}
    for key, row in catalogue(lang).items():
        texts = row.string if isinstance(row.string, tuple | list) else (row.string,)
        source = key
        if key in english:
            source = english[key].string if isinstance(english[key].string, str) else english[key].string[-1]
        elif not isinstance(row.id, str):
            source = row.id[1]
        if any(places(text) - places(source) for text in texts) or places(source) - places(texts[-1]):
            wrong[key] = texts
    assert wrong == {}


def test_in_arabic_the_dot_of_a_files_ending_stands_before_it() -> None:
    """A dot between Arabic and Latin letters goes with the Arabic ones, and would stand behind: ics."""
    texts = [text for row in catalogue("ar").values() for text in ([row.string] if isinstance(row.string, str) else ())]
    assert [text for text in texts if re.search(r"(?<![\w\u200e])\.\w", text)] == []


@pytest.mark.parametrize("lang", OTHERS)
def test_a_translation_is_not_the_english_text(lang: str) -> None:
    english = catalogue(FALLBACK)
    left = []
    for key, row in catalogue(lang).items():
        said = english[key].string if key in english else row.id
        text = said if isinstance(said, str) else said[-1]
        same = row.string == said or (not isinstance(row.string, str) and row.string[-1] == text)
        if same and not SAME.fullmatch(text) and len(re.sub(r"\{\w+\}", "", text).split()) > 1:
            left.append(key)
    assert left == []


@pytest.mark.parametrize("lang", OTHERS)
def test_no_row_is_left_over(lang: str) -> None:
    known = wanted().keys() | catalogue(FALLBACK).keys()
    assert sorted(catalogue(lang).keys() - known) == []


def test_a_partial_catalogue_lends_from_english_and_is_not_chosen_for_screens() -> None:
    words = Catalogues.load()
    for lang in OTHERS:
        assert not words[lang].complete
        assert words.best(lang) == FALLBACK and words.best(lang, partly=True) == lang
        assert words[lang].refusal("speakers.list_closed", {}) == words[FALLBACK].refusal("speakers.list_closed", {})
