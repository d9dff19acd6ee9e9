"""People at their screens: each act and each look is a sentence. Nothing here knows a rule.

A `Person` has a page that was entered by a personal link. Selectors of the product stand here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from tests.support.running_service import RunningService

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
]
AXE = (Path(__file__).parent / "axe" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESKTOP, WALL, PHONE, TABLET = (1440, 900), (1920, 1080), (390, 844), (1024, 768)
#: What a browser says although nothing is wrong: a connection that the test itself cut.
CUT = re.compile(
    r"ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|WebSocket connection|status of 409"
)


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
    yield browser
    browser.close()


class Person:
    """Somebody at a screen. `complaints` are errors that the browser wrote to its console."""

    def __init__(self, page: Page, context: BrowserContext) -> None:
        self.page, self.context = page, context
        self.complaints: list[str] = []
        page.on("console", lambda said: self._complain(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self._complain(str(error)))

    def _complain(self, text: str) -> None:
        if not CUT.search(text):
            self.complaints.append(text)

    def enters(self, served: RunningService, who: str) -> Person:
        """Opens a personal link and presses the button there."""
        self.page.goto(f"{served.url}/join/{served.token(who)}")
        self.page.get_by_role("button", name="Enter").click()
        self.is_live()
        return self

    def claims(self, link: str) -> Person:
        """Opens a personal link that leads to a plain page."""
        self.page.goto(link)
        self.page.get_by_role("button", name="Enter").click()
        return self

    def opens(self, address: str) -> Person:
        self.page.goto(address)
        return self

    # --------------------------------------------------------------------------------------------- plain pages

    def fills(self, **fields: str) -> None:
        """Fills in fields by their names in the form."""
        for name, text in fields.items():
            self.page.locator(f'[name="{name}"]:visible').first.fill(text)

    def unfolds(self, words: str) -> None:
        self.page.locator("summary").filter(has_text=words).first.click()

    def chooses_the(self, label: str) -> None:
        self.page.get_by_label(label, exact=True).first.check()

    def clicks(self, name: str) -> None:
        """The button of this name."""
        self.page.get_by_role("button", name=name, exact=True).last.click()

    def follows(self, name: str) -> None:
        """The way of this name."""
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def reads(self) -> str:
        """All that stands on the page."""
        return " ".join(self.page.locator("main").inner_text().split())

    def whole_picture(self, path: Path) -> None:
        """The page from its beginning to its end."""
        self.page.evaluate("document.fonts.ready")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path, full_page=True)

    # ------------------------------------------------------------------------------------------ for everybody

    def is_live(self, within: float = 10) -> None:
        """The page follows the meeting. A wall says only when it does not."""
        expect(self.page.locator("html[data-link=live]")).to_be_attached(timeout=within * 1000)

    def is_not_live(self, within: float) -> None:
        told = self.page.get_by_text("Not live").locator("visible=true")
        expect(told.first).to_be_visible(timeout=within * 1000)

    def sees(self, text: str | re.Pattern[str], within: float = 5) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=within * 1000)

    def does_not_see(self, text: str | re.Pattern[str], within: float = 5) -> None:
        expect(self.page.get_by_text(text).first).to_be_hidden(timeout=within * 1000)

    def sees_speaking(self, name: str, within: float = 5) -> None:
        expect(self.page.locator(".name, .line .speaking").filter(has_text=name).first).to_be_visible(
            timeout=within * 1000
        )

    def clock(self) -> int:
        """Seconds left, as they are read off this screen."""
        text = self.page.locator(".clock").first.inner_text()
        found = re.search(r"([-−–]?)\s*(\d+):(\d\d)", text.replace("\n", ""))
        assert found, f"no clock in {text!r}"
        seconds = int(found[2]) * 60 + int(found[3])
        return -seconds if found[1] else seconds

    def loses_the_network(self) -> None:
        self.context.set_offline(True)

    def has_the_network_again(self) -> None:
        self.context.set_offline(False)

    def presses(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def is_answered(self, within: float = 5) -> None:
        """No press of this screen is under way any more."""
        expect(self.page.locator('[aria-busy="true"]')).to_have_count(0, timeout=within * 1000)

    def picture(self, path: Path) -> None:
        self.page.evaluate("document.fonts.ready")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path)

    def scrolls_sideways(self) -> bool:
        made: bool = self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"
        )
        return made

    def barriers(self) -> list[str]:
        """What axe finds: [rule: element]."""
        self.page.evaluate(AXE)
        found: dict[str, Any] = self.page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
        )
        return [f"{v['id']}: {node['html'][:160]}" for v in found["violations"] for node in v["nodes"]]

    # -------------------------------------------------------------------------------------------- the delegate

    def asks_for_the_floor(self) -> None:
        self.page.get_by_role("button", name="Ask for the floor").click()

    def raises_a_point_of_order(self) -> None:
        self.page.get_by_role("button", name="Point of order", exact=True).click()

    def withdraws(self) -> None:
        self.page.get_by_role("button", name="Withdraw my request").click()

    # ------------------------------------------------------------------------------------------- the chair

    def queue(self) -> list[str]:
        """Names in the list of speakers, first the next."""
        return [text.strip() for text in self.page.locator(".queue li strong").all_inner_texts()]

    def has_in_queue(self, *names: str, within: float = 5) -> None:
        expect(self.page.locator(".queue li strong")).to_have_text(list(names), timeout=within * 1000)

    def gives_the_floor_to_the_next(self) -> None:
        self.page.get_by_role("button", name="Next speaker").click()

    def chooses(self, name: str) -> None:
        self.page.locator(".queue .pick").filter(has_text=name).click()

    def undoes(self) -> None:
        self.page.get_by_role("button", name=re.compile(r"^Undo")).click()
