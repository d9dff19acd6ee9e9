"""The catalogue: every refusal and event has its English sentence, and every page speaks through it, either way."""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from gettext import c2py  # type: ignore[attr-defined]
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

import meetingsvc.core.commands  # noqa: F401  (registers everything)
from meetingsvc.core.commands.meeting.acts import CANNOT
from meetingsvc.core.kernel import EVENTS
from meetingsvc.core.schema import fields
from meetingsvc.translations import TRANSLATIONS, Catalogue, Catalogues, fill, places
from tests.support.browser import Browser, Meeting, services_of

SERVICE = Path(__file__).parents[2] / "meetingsvc"
#: Where a code of a refusal stands among the arguments.
CODE_AT = {"need": 1, "Refused": 0, "InvalidShape": 1, "Problem": 1, "_Bad": 0}
#: Facts that the web adds to every refusal of a shape, and to those about an entry.
ADDED = {"shape": {"path"}, "act": {"path"}}
#: Facts that are handed over as a table, which the test cannot read.
BY_HAND = {"record.in_the_way": {"seq", "act"}, "speakers.stale": {"entry", "delegation"}}
WORDS = Catalogues.load()
ENGLISH = WORDS["en"]


def sources() -> Iterator[tuple[Path, ast.AST]]:
    files = ("meetings.py", "environment.py", "meeting_cache.py")
    folders = ("core", "store", "web", "live", "broadcast", "calendars", "imports", "reader", "invitations")
    for floor in (*files, *folders):
        path = SERVICE / floor
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            yield file, ast.parse(file.read_text("utf-8"))


@cache
def refusals() -> dict[str, list[set[str]]]:
    """Every code that the program can refuse with: code -> the sets of facts it comes with."""
    found: dict[str, list[set[str]]] = defaultdict(list)
    for file, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name not in CODE_AT or len(node.args) <= CODE_AT[name]:
                continue
            argument = node.args[CODE_AT[name]]
            choices = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
            for choice in choices:
                if isinstance(choice, ast.Constant) and isinstance(choice.value, str):
                    found[choice.value].append({keyword.arg for keyword in node.keywords if keyword.arg})
                else:
                    written = ast.unparse(choice)
                    assert written in KNOWN_VARIABLES, f"{file.name}: a code the test cannot read: {written}"
    for code in CANNOT.values():
        found[code].append({"state"})
    return found


#: Codes that are passed on; each is written out as a constant elsewhere, and read there.
KNOWN_VARIABLES = {"code", "error.code", "CANNOT[act]", "problem.code", "who.problem"}
KNOWN_VARIABLES |= {"_PLAIN.get(error.code, 'http.bad_request')", "str(told.get('code'))", "refused.code"}


@cache
def constants_like_codes() -> set[str]:
    """Codes that are not arguments: results of functions, values of tables."""
    found = set()
    for _, tree in sources():
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) else None
            floors = r"(sign_in|rights|http|act|links|people|shape|store)\.[a-z_]+"
            if isinstance(text, str) and re.fullmatch(floors, text):
                found.add(text)
    return {value for value in found if not value.endswith(".html")}


# ---------------------------------------------------------------------------------------------------- completeness


def test_every_refusal_has_a_sentence() -> None:
    wanted = set(refusals()) | constants_like_codes()
    assert len(wanted) > 90
    missing = sorted(code for code in wanted if not ENGLISH.has(f"refusal.{code}"))
    assert not missing, missing


def test_no_sentence_of_a_refusal_is_left_over() -> None:
    known = set(refusals()) | constants_like_codes()
    keys = {key.removeprefix("refusal.") for key in ENGLISH.texts if key.startswith("refusal.")}
    left = sorted(key for key in keys - known if not key.startswith("heading."))
    assert not left, left


@pytest.mark.parametrize("code", sorted(refusals()))
def test_a_sentence_uses_only_facts_that_its_refusal_has(code: str) -> None:
    for facts in refusals()[code]:
        known = facts | ADDED.get(code.split(".")[0], set()) | ({"delegation"} if "entry" in facts else set())
        known |= BY_HAND.get(code, set())
        assert places(ENGLISH.texts[f"refusal.{code}"][0]) <= known, code


def test_every_refusal_says_what_to_do_next() -> None:
    """What is wrong and what to do, or at once what to do."""
    for key, (text, *_) in ENGLISH.texts.items():
        if key.startswith("refusal.") and not key.startswith("refusal.heading."):
            at_once = re.match(r"(Name|Plan|Say|Choose|Write) ", text) or ", so " in text
            assert at_once or len(re.findall(r"[.;:](?= |$)", text)) >= 2, f"{key}: {text}"
            assert text[0].isupper() or text.startswith("{"), key
            assert not re.search(r"error|invalid|illegal|failed|denied|forbidden", text, re.IGNORECASE), key


def test_every_event_has_a_sentence_from_its_own_facts() -> None:
    for name, event in EVENTS.items():
        assert ENGLISH.has(f"said.{name}"), name
        held = {field[0] for field in fields(event)}
        assert places(ENGLISH.texts[f"said.{name}"][0]) <= held, name
    said = {key.removeprefix("said.") for key in ENGLISH.texts if key.startswith("said.")}
    assert said == set(EVENTS), "a sentence about nothing"


def test_headings_stand_for_every_status_a_page_can_have() -> None:
    for status in (400, 403, 404, 409, 410, 422, 429, 500, 503):
        assert ENGLISH.has(f"refusal.heading.{status}")


def test_the_file_is_sound() -> None:
    for path in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parts[-3], abort_invalid=True)
        assert not any(message.fuzzy for message in catalogue if message.id), path
        seen = re.findall(r'^msgid "(.+)"$', path.read_text("utf-8"), re.MULTILINE)
        assert len(seen) == len(set(seen)), "a key stands twice"


# --------------------------------------------------------------------------------------------------------- languages


@pytest.mark.parametrize("lang", ["en", "fr", "es", "ru", "zh", "ar"])
def test_the_browser_chooses_the_same_plural(lang: str) -> None:
    """`plural` lists the CLDR category of each form; a category that is missing takes the last form (words.js)."""
    catalog = Catalog(locale=lang)
    forms = tuple(f"form {n}" for n in range(catalog.num_plurals))
    ours = Catalogue(lang, {"one": forms}, c2py(catalog.plural_expr))
    sent = json.loads(ours.browser())
    rule = Locale.parse(lang).plural_form
    for n in (*range(1_200), 1_000_000, 2_000_000):
        place = sent["plural"].index(rule(n)) if rule(n) in sent["plural"] else len(forms) - 1
        text = sent["words"]["one"]
        assert (text if len(forms) == 1 else text[place]) == ours.ngettext("one", "many", n)


def test_the_best_language() -> None:
    words = Catalogues([Catalogue(lang, {}, lambda n: int(n != 1)) for lang in ("en", "fr", "ar")])
    for header, lang in (
        ("fr", "fr"),
        ("fr-CH, en;q=0.8", "fr"),
        ("de, ar;q=0.5", "ar"),
        ("de", "en"),
        ("", "en"),
        ("*", "en"),
        ("en;q=0.1, fr;q=0.9", "fr"),
        ("fr;q=0, en", "en"),
        ("FR", "fr"),
        (",,;q=9,fr;q=1.000", "fr"),
        ("fr;q=1.0001", "en"),
        ("x" * 10_000, "en"),
    ):
        assert words.best(accept=header) == lang, header
    assert words.best("fr", accept="ar") == "fr"
    assert words.best("xx", "ar-EG", accept="fr") == "ar"
    assert words.best(None, "../../etc") == "en"


@given(st.text(max_size=300), st.text(max_size=40))
def test_any_header_and_wish_give_a_language_we_have(header: str, wish: str) -> None:
    assert WORDS.best(wish, accept=header) in WORDS


@given(st.text(max_size=60), st.dictionaries(st.text("abc", min_size=1, max_size=3), st.text(max_size=20)))
def test_fill_never_fails_and_fills_once(text: str, facts: dict[str, str]) -> None:
    filled = fill(text, facts)
    assert isinstance(filled, str)
    assert fill("{a}", {"a": "{b}", "b": "x"}) == "{b}", "a fact is never read as a text"


def test_chosen_languages_are_kept(app: Flask) -> None:
    browser = Browser(app)
    answer = browser.get("/?lang=en")
    assert any(value.startswith("lang=en;") for name, value in answer.headers if name == "Set-Cookie")
    answer = browser.get("/?lang=xx%0d%0aSet-Cookie:%20evil=1")
    assert "evil" not in str(answer.headers)


# ------------------------------------------------------------------------------------------------------------- pages


@pytest.fixture
def mirrored(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalogues]:
    """A made-up right-to-left language that marks every text that came through the catalogue."""

    class Marked(Catalogue):
        def gettext(self, text: str, /, **facts: object) -> str:
            return f"⟦{fill(self.texts.get(text, (text,))[0], facts)}⟧"

        def ngettext(self, one: str, many: str, n: int, /, **facts: object) -> str:
            return f"⟦{super().ngettext(one, many, n, **facts)}⟧"

        def refusal(self, code: str, facts: object) -> str:
            return f"⟦{code}⟧"

        def state(self, code: str) -> str:
            return f"⟦{code}⟧"

        def day(self, at: int, zone: str) -> str:
            return "⟦day⟧"

    made = Catalogues([Marked("ar", ENGLISH.texts, ENGLISH.plural, "rtl"), ENGLISH])
    monkeypatch.setattr(services_of(app), "words", made)
    yield made


def test_every_text_of_a_page_comes_through_the_catalogue(
    mirrored: Catalogues, meeting: Meeting, browser: Browser
) -> None:
    number = browser.claim(meeting.secrets["chair"]).rpartition("=")[2]
    browser.claim(meeting.secrets["AZE"])
    browser.claim(meeting.secrets["BOL"])
    paths = ["/", "/nope", f"/join/{meeting.secrets['CUB']}", f"/m/{meeting.id}/floor", f"/m/{meeting.id}"]
    paths += [f"/m/{meeting.id}/{page}?as={number}" for page in ("chair", "room", "links")]
    for path in paths:
        page = browser.get(f"{path}{'&' if '?' in path else '?'}lang=ar").text
        assert '<html lang="ar" dir="rtl"' in page, path
        body = re.sub(r"<script.*?</script>|<svg.*?</svg>|<bdi.*?</bdi>|<title>.*?</title>", " ", page, flags=re.DOTALL)
        left = re.sub(r"⟦[^⟧]*⟧", " ", re.sub(r"<[^>]*>", " ", body))
        assert not re.findall(r"[A-Za-z]{2,}", left), (path, re.findall(r"[A-Za-z]{2,}.{0,30}", left))


def test_names_stand_apart_from_the_direction_around_them(
    mirrored: Catalogues, meeting: Meeting, browser: Browser
) -> None:
    browser.claim(meeting.secrets["AZE"])
    for path in ("/", f"/join/{meeting.secrets['BOL']}"):
        page = browser.get(f"{path}?lang=ar").text
        assert "<bdi>Group of Friends</bdi>" in page and re.search(r"<bdi>⟦(AZE|BOL)⟧</bdi>", page)
