"""What was told is kept as it always was, to the byte, and what was kept long ago is read. Not here: who is told what.

told.txt: how the letters of `samples`, and others, were kept when the first of them were sent.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from meetingsvc.store.deliveries import Told
from tests.mail.samples import story

KEPT = dict(line.split(" ", 1) for line in (Path(__file__).parent / "told.txt").read_text("utf-8").splitlines())


def test_what_is_told_is_kept_as_before() -> None:
    made = {name: message.delivery.told.to_json() for name, message in story().items()}
    assert made == {name: KEPT[name] for name in made}


@pytest.mark.parametrize("name", KEPT)
def test_what_was_kept_is_read_and_kept_again_as_it_was(name: str) -> None:
    told = Told.from_json(KEPT[name])
    assert told.to_json() == KEPT[name]
    assert hash(told) == hash(Told.from_json(KEPT[name])), "nobody can change it"
