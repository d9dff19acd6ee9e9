"""Names of States: complete in six languages, found as people write them, never guessed."""

from __future__ import annotations

import pytest

from meetingsvc.imports import states

LANGUAGES = {"en", "fr", "es", "ru", "zh", "ar"}


def test_members_and_observers_are_complete() -> None:
    table = states.all_states().values()
    assert sum(state.kind == "member" for state in table) == 193
    assert {state.code for state in table if state.kind == "observer_state"} == {"VAT", "PSE", "COK", "NIU"}
    assert {state.code for state in table if state.kind == "regional_org"} == {"EU"}


def test_every_name_is_there_in_six_languages_with_curly_apostrophes() -> None:
    for state in states.all_states().values():
        assert set(state.names) == LANGUAGES
        assert all(name and name == name.strip() and "'" not in name for name in state.names.values())
        assert len(state.alpha2) == 2 and "_" not in "".join(state.names.values())


def test_no_name_means_two_states() -> None:
    table = states.all_states().values()
    for one in table:
        for other in table:
            assert one is other or not (one.called() & other.called()), (one.code, other.code)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Turkey", "TUR"),
        ("TÜRKIYE ", "TUR"),
        ("Viet  Nam", "VNM"),
        ("Cote d'Ivoire", "CIV"),
        ("the Gambia", "GMB"),
        ("St. Lucia", "LCA"),
        ("North Korea", "PRK"),
        ("Macedonia", "MKD"),
        ("Cape Verde", "CPV"),
        ("Туркменистан", "TKM"),
        ("République de Corée", "KOR"),
        ("中国", "CHN"),
        ("Union européenne", "EU"),
    ],
)
def test_a_state_is_found_by_what_people_write(written: str, code: str) -> None:
    found = states.by_name(written)
    assert found is not None and found.code == code


def test_codes_of_two_and_three_letters() -> None:
    assert [states.by_code(text).code for text in ("tkm", " TM ", "EU", "gb")] == ["TKM", "TKM", "EU", "GBR"]  # type: ignore[union-attr]
    assert states.by_code("XXX") is None and states.by_name("Atlantis") is None


def test_the_nearest_is_offered() -> None:
    for written, name, code in (
        ("GER", "Germany", "DEU"),
        ("", "Dominia", "DMA"),
        ("GER", "", "DEU"),
        ("UZE", "", "UZB"),
    ):
        meant = states.nearest(written, name)
        assert meant is not None and meant.code == code
    assert states.nearest("", "Gondwana Federation of Nowhere") is None
