"""What a live page carries for its modules is what static/js/wire.d.ts says, field by field.

Not here: the view inside it, whose types are made from Python's (tests/js/test_view_types.py).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import Browser, Meeting

WIRE = Path(__file__).resolve().parents[2] / "static" / "js" / "wire.d.ts"


def fields_of(name: str) -> dict[str, bool]:
    """{field: whether it must be there}, those of the interface that it extends among them."""
    found = re.search(rf"export interface {name}(?: extends (\w+))? \{{(.*?)\}}", WIRE.read_text("utf-8"), re.DOTALL)
    assert found, name
    own = {field: not mark for field, mark in re.findall(r"(\w+)(\??):(?: [^;]+)", found[2])}
    return (fields_of(found[1]) if found[1] else {}) | own


def misfits(value: dict[str, Any], name: str) -> list[str]:
    """Fields that are missing in the value, and fields that JavaScript does not ask for."""
    fields = fields_of(name)
    missing = {field for field, needed in fields.items() if needed} - value.keys()
    return sorted(
        [f"{name} lacks {field}" for field in missing] + [f"{name}.{f}" for f in value.keys() - fields.keys()]
    )


@pytest.mark.parametrize(("page", "who"), [("chair", "chair"), ("floor", "AZE"), ("room", "room"), ("follow", None)])
def test_a_live_page_carries_what_its_modules_ask_for(
    page: str, who: str | None, meeting: Meeting, browser: Browser
) -> None:
    if who:
        browser.claim(meeting.secrets[who])
    text = browser.get(f"/m/{meeting.id}" + ("" if page == "follow" else f"/{page}")).text
    boot = json.loads(re.search(r'<script[^>]*id="boot"[^>]*>(.*?)</script>', text, re.DOTALL)[1])  # type: ignore[index]
    assert boot["page"] == page
    assert misfits(boot, "Boot") == []
    assert misfits(boot["state"], "State") == []
