"""What only scenarios do to their hall."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.hall import Hall


@pytest.fixture
def restarted(hall: Hall) -> Callable[[], None]:
    """Kill the server as a power cut does, and start it again on the same port."""

    def again() -> None:
        hall.served.kill()
        hall.served.start()

    return again
