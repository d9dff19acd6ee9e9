"""The service's words: catalogues of translation, read once at start from .po files (Babel), never compiled.

Here: gettext and ngettext for the server, the same catalogue as JSON for the browser, the choice of a language.
Not here: any sentence (they stand beside, a folder for each language), any HTTP. A text in English is its own key and
needs no entry; refusals and events have keys `refusal.<code>` and `said.<event>`. Placeholders are written {name}.
A catalogue that lacks some of those keys is partial: it serves mails, calendars and their pages, and lends the rest.
"""

from __future__ import annotations

import gettext
import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.pofile import read_po

TRANSLATIONS = Path(__file__).parent
STATES = Path(__file__).parent.parent / "data" / "states.json"
FALLBACK = "en"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_RANGE = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*$")


def fill(text: str, facts: Mapping[str, object]) -> str:
    """Put facts into their {places}; a place without a fact keeps an ellipsis, so that no brace is ever shown."""
    return _PLACEHOLDER.sub(lambda found: str(facts.get(found[1], "…")), text)


def places(text: str) -> set[str]:
    """The names of the {places} in a text."""
    return set(_PLACEHOLDER.findall(text))


@dataclass(frozen=True)
class Catalogue:
    """One language. `texts`: key -> forms (one, unless the text has plurals). `complete`: nothing is lent."""

    lang: str
    texts: Mapping[str, tuple[str, ...]]
    plural: Callable[[int], int]
    dir: str = "ltr"
    states: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True

    def gettext(self, text: str, /, **facts: object) -> str:
        return fill(self.texts.get(text, (text,))[0], facts)

    def ngettext(self, one: str, many: str, n: int, /, **facts: object) -> str:
        forms = self.texts.get(one, (one, many))
        return fill(forms[min(self.plural(n), len(forms) - 1)], {"n": n, **facts})

    def has(self, key: str) -> bool:
        return key in self.texts

    def refusal(self, code: str, facts: Mapping[str, object]) -> str:
        """The sentence of a refusal: what is wrong and what to do next."""
        key = f"refusal.{code}"
        if key not in self.texts:
            return self.gettext("This cannot be done now. Reload the page and look before you try again.")
        return fill(self.texts[key][0], facts)

    def said(self, event: str, facts: Mapping[str, object]) -> str:
        """The sentence that a record or a live line gives for an event."""
        return fill(self.texts.get(f"said.{event}", (event,))[0], facts)

    def text(self, words: Mapping[str, str] | None) -> str:
        """Of a text in several languages the reader's, else the first there is."""
        if not words:
            return ""
        return words.get(self.lang) or words.get(self.lang.partition("-")[0]) or next(iter(words.values()))

    def state(self, code: str) -> str:
        """The name of a State."""
        return self.states.get(code, code)

    def time(self, at: int, zone: str) -> str:
        """15:41, of a moment in ms UTC at a place."""
        return format_time(_moment(at, zone), "HH:mm", locale=_locale(self.lang))

    def day(self, at: int, zone: str) -> str:
        """Monday, 11 December 2023, of a moment in ms UTC at a place."""
        return format_date(_moment(at, zone), "full", locale=_locale(self.lang))

    def browser(self) -> bytes:
        """JSON for the page: {"lang", "dir", "plural": [category of each form], "words": {key: text | [forms]}}.

        `plural` holds CLDR categories; one that is not in it (fractions, in some languages) takes the last form.
        """
        rule = _locale(self.lang).plural_form
        categories: dict[int, str] = {}
        for n in range(1200):
            categories.setdefault(self.plural(n), rule(n))
        words = {key: forms[0] if len(forms) == 1 else list(forms) for key, forms in self.texts.items()}
        plural = [categories[form] for form in sorted(categories)]
        return _json({"lang": self.lang, "dir": self.dir, "plural": plural, "words": words})


class Catalogues:
    """All catalogues. `words[lang]` gives one; an unknown language gives the fallback."""

    def __init__(self, catalogues: Iterable[Catalogue]) -> None:
        self._catalogues = {catalogue.lang: catalogue for catalogue in catalogues}
        self._files = {
            (kind, lang): body
            for lang, catalogue in self._catalogues.items()
            for kind, body in (("i18n", catalogue.browser()), ("states", _json(dict(catalogue.states))))
        }
        self._packed: dict[tuple[str, str], bytes] = {}
        self._hashes = {key: hashlib.sha256(body).hexdigest()[:16] for key, body in self._files.items()}

    @classmethod
    def load(cls, folder: Path = TRANSLATIONS, states: Path = STATES) -> Catalogues:
        """Read every <folder>/<lang>/LC_MESSAGES/messages.po, and the names of States beside them."""
        table = json.loads(states.read_text("utf-8"))["states"]
        names: dict[str, dict[str, str]] = {code: row["names"] for code, row in table.items()}
        found = [_read(path, names) for path in sorted(folder.glob("*/LC_MESSAGES/messages.po"))]
        lent = next((catalogue.texts for catalogue in found if catalogue.lang == FALLBACK), {})
        return cls(_completed(catalogue, lent) for catalogue in found)

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self._catalogues)

    def __contains__(self, lang: object) -> bool:
        return lang in self._catalogues

    def __getitem__(self, lang: str) -> Catalogue:
        return self._catalogues.get(lang) or self._catalogues[FALLBACK]

    def file(self, kind: str, lang: str) -> tuple[bytes, str]:
        """One JSON file for the browser (`kind` i18n or states) and its hash; KeyError if there is none."""
        return self._files[kind, lang], self._hashes[kind, lang]

    def packed(self, kind: str, lang: str) -> bytes:
        """The same file, compressed once."""
        if (kind, lang) not in self._packed:
            self._packed[kind, lang] = gzip.compress(self._files[kind, lang], 9, mtime=0)
        return self._packed[kind, lang]

    def hash(self) -> str:
        return hashlib.sha256("".join(self._hashes[key] for key in sorted(self._hashes)).encode()).hexdigest()[:16]

    def first_of(self, *wishes: str | None) -> Catalogue:
        """The catalogue of the first of these languages that we have, else the fallback."""
        return self[next((lang for lang in wishes if lang and lang in self), FALLBACK)]

    def best(self, *wishes: str | None, accept: str | None = None, partly: bool = False) -> str:
        """The first wish that we have, else the best of an Accept-Language header, else the fallback.

        With `partly`, catalogues that are not complete count too.
        """
        for wish in (*wishes, *_ranges(accept or "")):
            for lang in _shorter(wish or ""):
                if lang in self._catalogues and (partly or self._catalogues[lang].complete):
                    return lang
        return FALLBACK


def _read(path: Path, names: Mapping[str, Mapping[str, str]]) -> Catalogue:
    lang = path.parent.parent.name
    with path.open("rb") as file:
        catalogue = read_po(file, locale=lang)
    texts: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        key = message.id if isinstance(message.id, str) else message.id[0]
        forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        if key and not message.fuzzy and forms and all(forms):
            texts[key] = forms
    states = {code: name.get(lang) or name.get(FALLBACK, code) for code, name in names.items()}
    direction = _locale(lang).text_direction
    return Catalogue(lang, texts, gettext.c2py(catalogue.plural_expr), direction, states)  # type: ignore[attr-defined]


def _completed(catalogue: Catalogue, lent: Mapping[str, tuple[str, ...]]) -> Catalogue:
    """With the keyed sentences it lacks in the fallback's words: a key is nothing that anybody should read."""
    missing = {key: forms for key, forms in lent.items() if key not in catalogue.texts}
    return replace(catalogue, texts={**missing, **catalogue.texts}, complete=not missing) if missing else catalogue


def _ranges(header: str) -> list[str]:
    """Languages of an Accept-Language header, best first; a hostile header costs at most 20 short matches."""
    wishes: list[tuple[float, str]] = []
    for part in header[:512].split(",")[:20]:
        if found := _RANGE.match(part):
            weight = float(found[2] or 1)
            if weight > 0 and found[1] != "*":
                wishes.append((-weight, found[1]))
    return [lang for _, lang in sorted(wishes, key=lambda wish: wish[0])]


def _shorter(lang: str) -> Iterable[str]:
    """fr-CH -> fr-CH, fr."""
    parts = lang[:64].split("-")
    for length in range(len(parts), 0, -1):
        yield "-".join((parts[0].lower(), *parts[1:length]))


def _locale(lang: str) -> Locale:
    # the English of the United Nations writes 11 December, not December 11
    return Locale.parse("en-GB" if lang == "en" else lang, sep="-")


def _moment(at: int, zone: str) -> datetime:
    return datetime.fromtimestamp(at / 1000, ZoneInfo(zone))


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
