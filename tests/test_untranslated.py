"""Every word on a screen is asked of the catalogue: in the templates, and in the modules of the browser.

Not here: whether a catalogue has the text (test_languages, web/test_translations), what Python puts into a page.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.untranslated import of_module, of_template

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MODULES = sorted((ROOT / "static" / "js").rglob("*.js"))


def test_there_is_something_to_read() -> None:
    assert len(TEMPLATES) > 25 and len(MODULES) > 25


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_template_shows_no_word_of_its_own(path: Path) -> None:
    assert of_template(path.read_text("utf-8")) == [], 'write {{ _("…") }}'


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_shows_no_word_of_its_own(path: Path) -> None:
    assert of_module(path.read_text("utf-8")) == [], "write _('…')"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello {{ name }}, you</p>", ["Hello", ", you"]),
        ('<p class="note">{{ _("Hello") }} · {{ n }}</p>', []),
        ("<p>{% if late %}too late{% else %}{{ _('In time') }}{% endif %}</p>", ["too late"]),
        ('<a title="Show it" href="/x" aria-label="{{ _(\'Show\') }}: more">→</a>', ["Show it", ": more"]),
        ('<img alt="A flag"><input placeholder="Name"><input type="submit" value="Send">', ["A flag", "Name", "Send"]),
        ("<li{% if done %} class=\"done\"{% endif %}><script>var words = 'Not shown';</script></li>", []),
        ('{{ field(fields, "name", "Your name") }}', ["Your name"]),
        ('{{ field(fields, "name", _("Your name"), placeholder="somebody", type="text") }}', ["somebody"]),
        ('{{ {"open": "Open", "closed": _("Closed")}[state] }}', ["Open"]),
        ("{# Here one may say what one likes #}", []),
    ],
)
def test_what_is_found_in_a_template(source: str, found: list[str]) -> None:
    assert of_template(source) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("html`<p>Hello ${name}</p>`", ["Hello"]),
        ("html`<p>${_('Hello')} · ${n}</p>`", []),
        ('html`<${Button} label="Send it" class="big">${html`<b>now</b>`}<//>`', ["now", "Send it"]),
        ("html`<a aria-label=${'Show'} title=${_('Show')}>→</a>`", ["Show"]),
        ("html`<p>${late ? 'too late' : 'Much too late'}</p>`", ["Much too late"]),
        ("button.textContent = 'send';", ["send"]),
        ("node.setAttribute('aria-label', 'send');", ["send"]),
        ("node.setAttribute('data-at', 'send');", []),
        ("announce(_(more ? 'More of it' : 'Less of it', { n }));", []),
        ("announce(`Now ${name} has the floor`);", ["Now \ufffc has the floor"]),
        ("ngettext('One thing is left', '{n} things are left', n)", []),
        (
            "const at = a / b; // Not a text\nconst r = /['\"`]/g; /* Nor this */ if (/[/]/.test(x)) y = 'Is a text';",
            ["Is a text"],
        ),
        ("fetch(url, { headers: { 'Content-Type': 'text/plain' } });", []),
        ("const label = { undo: 'Undo' };", ["Undo"]),
    ],
)
def test_what_is_found_in_a_module(source: str, found: list[str]) -> None:
    assert of_module(source) == found
