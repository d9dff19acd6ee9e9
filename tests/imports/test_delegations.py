"""Files as they come from people: every row is reported with its line, whatever is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from meetingsvc.core.schema import plain
from meetingsvc.imports import Present, Report, Unreadable, read_delegations
from meetingsvc.imports.csv_table import read_bytes
from meetingsvc.imports.delegations import understand

DEBATE = Path(__file__).parent.parent / "data" / "unga78_general_debate.csv"


def report(text: str | bytes) -> Report:
    return understand(read_bytes(text.encode() if isinstance(text, str) else text))


def refused(data: str | bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        report(data)
    return str(caught.value)


def errors(text: str) -> list[tuple[int, str]]:
    return [(found.line, found.code) for found in report(text).errors]


# ------------------------------------------------------------------------------------------------- the general debate


def test_the_general_debate_is_understood_row_by_row() -> None:
    found = read_delegations(DEBATE)
    rows = {row.code: row for row in found.rows}
    assert len(found.rows) == len(rows) == 192
    assert not found.errors
    assert [(it.line, rows_code(found, it.line)) for it in found.unsure] == [
        (94, "EU"),
        (190, "PRK"),
        (191, "BEN"),
        (192, "SMR"),
        (193, "CAN"),
        (194, "VUT"),
        (195, "MAR"),
    ]
    assert [(it.line, it.code) for it in found.notes] == [(87, "name_unknown")]
    others = {row.code: row.kind for row in found.rows if row.kind != "member"}
    assert others == {"PSE": "observer_state", "VAT": "observer_state", "EU": "regional_org"}
    ranks = {code: rows[code].rank for code in ("ESP", "ITA", "LBN", "BIH", "MCO", "AND", "CHN", "GBR", "SYR", "BFA")}
    assert ranks == {
        "ESP": "HOG",
        "ITA": "HOG",
        "LBN": "HOG",
        "BIH": "HOS",
        "MCO": "HOS",
        "AND": "HOG",
        "CHN": "VP",
        "GBR": "DPM",
        "SYR": "VM",
        "BFA": "M",
    }


def rows_code(found: Report, line: int) -> str | None:
    return next(row.code for row in found.rows if row.line == line)


def test_cells_over_two_lines_and_stray_commas_are_tidied() -> None:
    rows = {row.code: row for row in read_delegations(DEBATE).rows}
    assert (rows["KWT"].speaker, rows["KWT"].line) == ("Sheikh Ahmad Nawaf Al-Ahmad Al-Sabah", 108)
    assert rows["AUT"].line == 110
    assert rows["ITA"].speaker == "Giorgia Meloni"
    assert rows["AUT"].post == "Minister of Foreign Affairs"


# ---------------------------------------------------------------------------------------- encodings, separators, shapes

PLAIN = "ISO Code,Country,Speaker,Post\nCIV,Côte d’Ivoire,Élan Ö,President\nTUR,Türkiye,,Minister of Foreign Affairs\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_any_encoding_reads_the_same(encoding: str) -> None:
    rows = report(PLAIN.encode(encoding)).rows
    assert [(row.line, row.code, row.speaker, row.rank) for row in rows] == [
        (2, "CIV", "Élan Ö", "HOS"),
        (3, "TUR", "", "M"),
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_any_separator_and_line_end_reads_the_same(separator: str, newline: str) -> None:
    text = PLAIN.replace(",", separator).replace("\n", newline)
    assert [(row.line, row.code) for row in report(text).rows] == [(2, "CIV"), (3, "TUR")]


def test_the_separator_line_of_a_spreadsheet_is_passed_over() -> None:
    rows = report("sep=;\r\nCode;Post\r\nTKM;President\r\n").rows
    assert [(row.line, row.code, row.rank) for row in rows] == [(3, "TKM", "HOS")]


@pytest.mark.parametrize(
    "heading",
    ["ISO Code,Country,Name of Person Speaking,Post", "iso3,STATE,Speaker,Title", " Code , Delegation ,NAME, Post "],
)
def test_headings_are_found_as_people_write_them(heading: str) -> None:
    row = report(heading + "\nken,Kenya,Anyone,President\n").rows[0]
    assert (row.code, row.speaker) == ("KEN", "Anyone")


def test_a_rank_in_the_list_stands_above_the_post() -> None:
    text = "Code,Post,Rank\nKEN,Chair of the Delegation,PR\nUGA,Chair of the Delegation,Minister\nCAN,,seventh\n"
    found = report(text)
    assert [row.rank for row in found.rows] == ["PR", "M", "OTHER"]
    assert [(it.line, it.code) for it in found.unsure] == [(4, "rank_unknown")]


def test_mode_and_kind_are_read_and_doubts_are_reported() -> None:
    text = (
        "Code,Delegation,Kind,Mode,Post\nKEN,,Member State,In person,President\nUGA,,,ZOOM,President\n"
        "VAT,,,by pigeon,Nuncio\nLAS,League of Arab States,IGO,remote,Permanent Observer\n"
        ",Some Institute,NGO,online,Director\nRWA,,flying,,President\n"
    )
    found = report(text)
    assert not found.errors
    assert [(row.code, row.name, row.kind, row.mode, row.rank) for row in found.rows] == [
        ("KEN", None, "member", "in_room", "HOS"),
        ("UGA", None, "member", "remote", "HOS"),
        ("VAT", None, "observer_state", None, "PR"),
        ("LAS", "League of Arab States", "igo", "remote", "PR"),
        (None, "Some Institute", "ngo", "remote", "OTHER"),
        ("RWA", None, "member", None, "HOS"),
    ]
    assert [(it.line, it.code) for it in found.unsure] == [(4, "mode_unknown"), (7, "kind_unknown")]


def test_blank_lines_and_unused_columns_do_no_harm() -> None:
    found = report("Year,Code,Post\n\n2023,KEN,President\n,,\n  \n2023,UGA,President\n\n")
    assert [(row.line, row.code) for row in found.rows] == [(3, "KEN"), (6, "UGA")]
    assert found.columns.unused == ("Year",)


# ------------------------------------------------------------------------------------------------ rows that are wrong


def test_every_wrong_row_is_reported_with_its_line() -> None:
    text = (
        "Code,Country,Speaker,Post\n"
        "KEN,Kenya,A,President\n"
        "GER,Germany,B,Chancellor\n"
        "ken,Kenya,C,President\n"
        'NER,Nigeria,"D\nE",President\n'
        ",,F,President\n"
        "XQZ,,G,President\n"
        "UGA,Uganda,H,President,one,too many\n"
        ",Atlantis,I,King\n"
        "RWA,Rwanda,J\u202eK,President\n"
        f"TKM,Turkmenistan,{'L' * 501},President\n"
        ",Dominia,M,President\n"
    )
    assert errors(text) == [
        (3, "code_unknown_like"),
        (4, "double"),
        (5, "code_and_name_differ"),
        (7, "nobody"),
        (8, "code_unknown"),
        (9, "too_many_cells"),
        (10, "state_unknown"),
        (11, "misshapen"),
        (12, "misshapen"),
        (13, "state_unknown_like"),
    ]
    assert all(found.sentence.endswith(".") and "{" not in found.sentence for found in report(text).errors)
    assert len(report(text).rows) == 11


def test_the_sentences_help() -> None:
    said = {it.line: it.sentence for it in report("Code,Country\nGER,Germany\nKEN,\nKEN,\n").errors}
    assert said[2] == "“GER” is no code of a State. DEU is Germany: write that if it is meant."
    assert said[4] == "Kenya is on line 3 already. Keep one of the two."


def test_a_code_is_taken_from_a_name_and_from_two_letters_and_said_so() -> None:
    found = report("Code,Country\n,Viet Nam\nTM,\n")
    assert [row.code for row in found.rows] == ["VNM", "TKM"] and not found.errors
    assert [(it.line, it.code) for it in found.notes] == [(2, "code_from_name"), (3, "short_code")]


# ------------------------------------------------------------------------------------------- files that are no list


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf \n\n", "The file is empty."),
        (b"PK\x03\x04rest", "Save it as CSV"),
        (b"\xd0\xcf\x11\xe0rest", "Save it as CSV"),
        (b"%PDF-1.7", "This is a PDF."),
        (b"Code,Post\nKEN,\0\0", "This is not a text file."),
        (b"Code,Post\nKEN,\x81\x8d", "Line 2 has bytes that are no text."),
        (b"\xff\xfeC\x00o\x00\xd8", "bytes that are no text"),
        (b'Code,Post\nKEN,Pres\nUGA,"Pres\nRWA,Pres\n', "begins on line 3 opens a quote"),
        (b'Code,Post\nKEN,"Pres"ident\n', "Line 2 has a quote"),
        (b"KEN,Kenya,President\n", "must name the columns"),
        (b"Post,Speaker\nPresident,A\n", "must name the columns"),
        (b"Code,Post\n", "no delegations"),
        (b"Code\n" + b"KEN\n" * 1001, "1001 rows"),
        (b"x" * 5_000_001, "larger than 5 MB"),
    ],
)
def test_what_is_no_list_is_refused_in_a_sentence(data: bytes, words: str) -> None:
    assert words in refused(data)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    for path, words in ((tmp_path, "is a folder"), (tmp_path / "none.csv", "There is no file")):
        with pytest.raises(Unreadable, match=words):
            read_delegations(path)


def test_a_delegation_that_is_there_is_brought_up_to_date_or_left_alone() -> None:
    found = report(
        "Code,Country,Kind,Speaker,Post,Mode\nKEN,,,A,President,\nUGA,,,B,President,\n"
        ",Some Institute,NGO,C,Chair of the delegation,online\nCUB,,,D,President,\n"
    )
    present = [
        Present(7, "KEN", None, "PR", "in_room", "Z", "Permanent Representative"),
        Present(8, None, "some institute", "M", "in_room", "C", "Chair of the delegation"),
        Present(9, "CUB", None, "HOS", "remote", "D", "President"),
        Present(10, None, None, "OTHER", "in_room", "E", ""),
    ]
    seen = found.against(present)
    assert [(it.line, it.code) for it in seen.notes] == [
        (2, "brought_up_to_date"),
        (4, "brought_up_to_date"),
        (5, "unchanged"),
    ]
    assert [plain(command) for command in seen.commands()] == [
        {"delegation": 7, "speaker": {"name": "A", "post": "President", "person": "", "rev": 0}, "rank": "HOS"},
        plain(found.rows[1].commands()[0]),
        {"delegation": 8, "mode": "remote"},
    ]
    assert seen.unsure[0].sentence.endswith("Its rank is M; set the right one on the roster.")
    assert [row.code for row in found.against(present, skip=True).rows] == ["UGA"]
