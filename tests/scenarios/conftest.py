"""What only scenarios do to their meeting."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.served_scenario import ServedScenario


@pytest.fixture
def restarted(scenario: ServedScenario) -> Callable[[], None]:
    """Kill the server as a power cut does, and start it again on the same port."""

    def again() -> None:
        scenario.served.kill()
        scenario.served.start()

    return again
