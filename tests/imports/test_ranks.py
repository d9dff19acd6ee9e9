"""The level of a post: the State and the post decide together, and what is unsure says so."""

from __future__ import annotations

import pytest

from meetingsvc.imports import ranks, states

SURE = [
    ("KEN", "President", "HOS"),
    ("KEN", "President of the Republic of Kenya", "HOS"),
    ("FRA", "Président", "HOS"),
    ("CHE", "President of the Swiss Confederation", "HOS"),
    ("ESP", "President of Government", "HOG"),
    ("ESP", "President of the Government of Spain", "HOG"),
    ("ITA", "President of the Council of Ministers", "HOG"),
    ("LBN", "President of the Council of Ministers", "HOG"),
    ("BIH", "Chairman of the Presidency of Bosnia and Herzegovina", "HOS"),
    ("BIH", "Chairman of the Council of Ministers", "HOG"),
    ("YEM", "Chairman of the Presidential Leadership Council", "HOS"),
    ("MCO", "Prince", "HOS"),
    ("MCO", "Minister of State", "HOG"),
    ("AND", "Prime Minister", "HOG"),
    ("AND", "Head of Government", "HOG"),
    ("QAT", "Amir", "HOS"),
    ("SAU", "Crown Prince and Prime Minister", "CP"),
    ("ARE", "Vice-President and Prime Minister of the United Arab Emirates", "VP"),
    ("ZAF", "Deputy President", "VP"),
    ("DEU", "Federal Chancellor", "HOG"),
    ("IRL", "Tánaiste and Minister for Foreign Affairs", "DPM"),
    ("TKM", "Deputy Chairman of the Cabinet of Ministers, Minister of Foreign Affairs", "DPM"),
    ("VAT", "Secretary of State", "HOG"),
    ("USA", "Secretary of State", "M"),
    ("GBR", "Secretary of State for Foreign, Commonwealth and Development Affairs", "M"),
    ("PRT", "Secretary of State for Foreign Affairs", "VM"),
    ("BFA", "Minister of State", "M"),
    ("DEU", "Minister of State", "VM"),
    ("LBY", "Minister of Youth", "M"),
    ("UGA", "Acting Minister for Foreign Affairs", "M"),
    ("UGA", "Minister of Foreign Aff", "M"),
    ("SYR", "Vice Minister of Foreign Affairs", "VM"),
    ("MEX", "Undersecretary for Multilateral Affairs", "VM"),
    ("UGA", "Minister-Counsellor", "OTHER"),
    ("UGA", "Ambassador and Permanent Representative", "PR"),
    ("UGA", "Permanent Representative, Chair of the Delegation", "PR"),
    ("UGA", "Deputy Permanent Representative", "OTHER"),
    ("UGA", "Chargé d’affaires a.i.", "CDA"),
    ("UGA", "Chargée d'affaires", "CDA"),
]

UNSURE = [
    ("GBR", "President"),
    ("EU", "President"),
    ("EU", "High Representative"),
    ("FRA", "President of the Senate"),
    ("FRA", "Vice President"),
    ("SAU", "Prince"),
    ("CHL", "Chancellor"),
    ("AUS", "Governor-General"),
    ("CAN", "Chair of the Delegation"),
    ("UGA", "Ambassador"),
    ("UGA", "Former President"),
    ("UGA", "Special Envoy of the President"),
    ("UGA", "Minist"),
    ("UGA", "President of t"),
    ("BRA", "Minister of State"),
    ("BRA", "Secretary of State"),
    ("UGA", ""),
]


def level(code: str, post: str) -> ranks.Level:
    state = states.all_states()[code]
    return ranks.level(state, state.kind, post)


@pytest.mark.parametrize(("code", "post", "rank"), SURE)
def test_a_known_post_has_its_level(code: str, post: str, rank: str) -> None:
    assert (level(code, post).rank, level(code, post).sure) == (rank, True)


@pytest.mark.parametrize(("code", "post"), UNSURE)
def test_an_unsure_post_is_other_and_says_why(code: str, post: str) -> None:
    found = level(code, post)
    assert (found.rank, found.sure) == ("OTHER", False)
    assert found.why.endswith(".")


def test_the_same_post_differs_from_state_to_state() -> None:
    assert {code: level(code, "President").rank for code in ("PRT", "ESP", "NOR")} == {
        "PRT": "HOS",
        "ESP": "HOG",
        "NOR": "OTHER",
    }


def test_a_delegation_without_a_state_has_no_head_of_state() -> None:
    assert not ranks.level(None, "ngo", "President").sure
    assert ranks.level(None, "igo", "Permanent Observer").rank == "PR"


def test_every_level_of_the_table_is_on_the_ladder() -> None:
    assert {row.rank for row in ranks._rows()} - {None} <= set(ranks.LADDER)
    assert all(row.why for row in ranks._rows())
