"""The services stand side by side: each holds what it was handed, and none is another. Not here: what they do."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from meetingsvc.invitations import Invitations
from meetingsvc.meetings import Meetings
from meetingsvc.store.engine import Database
from meetingsvc.store.links import Links
from tests.support.body_scenario import CONFIG, WORDS, Clock


def test_no_service_is_made_of_another(database: Database, clock: Clock) -> None:
    made = Invitations.of(CONFIG, Meetings(database, clock), Links(database, clock), WORDS)
    for field in fields(Invitations):
        service = getattr(made, field.name)
        assert type(service).__bases__ == (object,), field.name
        public = [name for name, each in vars(type(service)).items() if callable(each) and not name.startswith("_")]
        assert 4 <= len(public) <= 16, f"{field.name} does {len(public)} things"
        with pytest.raises(FrozenInstanceError):
            service.meetings = None
    assert CONFIG.secret_key not in repr(made), "what is printed of a service holds no secret"
