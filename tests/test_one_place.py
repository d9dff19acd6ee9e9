"""What has one place in the service is done nowhere else. Not here: who may import whom (test_architecture)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SERVICE = Path(__file__).resolve().parent.parent / "meetingsvc"
#: {function: the only modules that call it, and why}
ONLY_IN = {
    # wall times: read, and looked at twice where clocks are turned, in one place
    "strptime": {"calendars/local_time.py"},
    # an act is decided by `perform` and `rehearse`, and by nobody who would forget half of it
    "decide": {"meetings.py", "core/decide.py", "views/allowed_commands.py"},
}


def called(tree: ast.AST) -> set[str]:
    found = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {each.id if isinstance(each, ast.Name) else getattr(each, "attr", "") for each in found}


@pytest.mark.parametrize("name", ONLY_IN)
def test_what_has_one_place_is_done_nowhere_else(name: str) -> None:
    callers = {
        str(path.relative_to(SERVICE))
        for path in SERVICE.rglob("*.py")
        if name in called(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert callers == ONLY_IN[name]
