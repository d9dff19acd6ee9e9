"""What people typed, made harmless; the only addresses that may be written."""

from __future__ import annotations

import pytest

from meetingsvc.calendars.safe_text import Text, clean, language, line, mail_address, phone_address, web_address


def test_every_kind_of_line_break_becomes_one_newline() -> None:
    assert clean("a\r\nb\rc\x0bd\x0ce\x85f\u2028g\u2029h") == "a\nb\nc\nd\ne\nf\ng\nh"
    assert line("a\r\nb\x85c\u2028d\te") == "a b c d e"


def test_what_no_text_may_hold_is_gone() -> None:
    assert clean("a\x00b\x1fc\x7fd\x9fe\ud800f\ufeffg\ufffeh\U0001fffei\ufdd0j") == "abcdefghij"


def test_joiners_marks_and_emoji_stay() -> None:
    kept = "می\u200cخواهم 👩\u200d💻 \u200f العربية é"
    assert clean(kept) == kept


def test_marks_on_one_letter_have_an_end() -> None:
    """UAX #15, Stream-Safe Text Format: thirty, more than any language has."""
    assert clean("x" + "\u0327\u0301" * 200 + "y" * 10) == "x" + "\u0327" * 15 + "\u0301" * 15 + "y" * 10
    assert clean("e\u0301" * 300) == "é" * 300


def test_bidirectional_controls_close_on_their_own_line() -> None:
    assert clean("a\u202eb\nc") == "a\u202eb\u202c\nc"
    assert clean("a\u2067b\u202cc") == "a\u2067bc\u2069"
    assert clean("\u202c\u2069plain") == "plain"
    assert len(clean("\u202e" * 10_000)) == 16


def test_a_long_text_is_cut_and_says_so() -> None:
    assert line("x" * 10_000, 20) == "x" * 19 + "…"
    assert line("\u202e" + "x" * 300, 20) == "\u202e" + "x" * 18 + "…\u202c"
    assert clean("字" * 300, 250) == "字" * 249 + "…"


def test_a_literal_backslash_n_is_no_line_break() -> None:
    assert Text("C:\\New; a,b\n").to_ical() == b"C:\\\\New\\; a\\,b\\n"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//host/x",
        "host/x",
        "",
        "https://",
        "https://good.example@evil.example/",
        "https://a b.example/",
        "https://a.example/\r\nX:1",
        "https://a.example/\x00",
        "https://a.example/\u2028x",
        "https://[::1",
        "https://a.example:99999/",
        "https://\ud800/",
        "https://a.example/" + "x" * 3000,
        "webcal://a.example/f.ics",
    ],
)
def test_only_web_addresses_are_web_addresses(url: str) -> None:
    assert web_address(url) is None


@pytest.mark.parametrize(
    ("url", "written"),
    [
        (" https://a.example/j?x=1#y ", "https://a.example/j?x=1#y"),
        ("HTTP://A.example:8080", "http://a.example:8080"),
        ("https://müller.example/ä b"[:-2], "https://xn--mller-kva.example/%C3%A4"),
        ('https://a.example/"<>\\^`{|}', "https://a.example/%22%3C%3E%5C%5E%60%7B%7C%7D"),
        ("http://[2001:db8::1]:5000/x", "http://[2001:db8::1]:5000/x"),
    ],
)
def test_a_web_address_is_written_as_a_uri(url: str, written: str) -> None:
    assert web_address(url) == written


def test_a_telephone_number_is_a_tel_uri_or_nothing() -> None:
    assert phone_address("+993 (12) 000-000,,42#") == "tel:+99312000000,,42%23"
    assert phone_address("TEL:+993-12") == "tel:+99312"
    assert [phone_address(number) for number in ("javascript:1", "call me", "", "+", "1\r\n2")] == [None] * 5


def test_a_mail_address_is_bare_or_nothing() -> None:
    assert mail_address(" a.b+c@mission.example ") == "a.b+c@mission.example"
    bad = ("mailto:a@b.c", "a@b@c", "A <a@b.c>", "a@b.c\r\nBcc: x@y.z", "a@", "@b", "a b@c.d", 'a"@b.c', "a@b\u202e")
    assert [mail_address(address) for address in bad] == [None] * len(bad)


def test_a_language_tag_is_a_tag_or_nothing() -> None:
    assert (language("fr"), language("zh-Hant-TW")) == ("fr", "zh-Hant-TW")
    assert [language(tag) for tag in ("", None, 'fr"', "fr;X=1", "français", "f")] == [None] * 6
