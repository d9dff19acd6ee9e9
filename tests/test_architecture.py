"""The house as it should stand: imports point down, files are rooms, parts do not know each other."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "meetingsvc"
LONGEST = 400

#: Which floors of ours, and which libraries, a floor may import. Nothing else.
MAY: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "core": (frozenset({"core"}), frozenset()),
    "views": (frozenset({"core", "views"}), frozenset()),
    "calendars": (frozenset({"core", "calendars", "translations", "environment"}), frozenset({"icalendar", "babel"})),
    "translations": (frozenset({"core", "translations"}), frozenset({"babel"})),
    "store": (frozenset({"core", "store", "migrations", "waiting"}), frozenset({"sqlalchemy", "alembic", "psycopg"})),
    "migrations": (frozenset({"store", "migrations"}), frozenset({"sqlalchemy", "alembic"})),
}
#: Floor 4, then those that stand on top and do not import each other.
FOUR = frozenset(
    {
        "core", "views", "calendars", "translations", "store", "meetings", "meeting_cache", "log_reading",
        "environment", "clock", "broadcast", "code_version", "imports", "reader", "invitations", "config",
        "rationed_log", "token_bucket", "waiting",
    }
)  # fmt: skip
TOPS = ("live", "mail", "web", "cli")
LIBRARIES = {
    "meetings": frozenset({"sqlalchemy", "tzdata"}),
    "meeting_cache": frozenset({"sqlalchemy"}),
    "log_reading": frozenset(),
    "environment": frozenset({"tzdata"}),
    "rationed_log": frozenset(),
    "clock": frozenset(),
    "broadcast": frozenset({"sqlalchemy"}),
    "code_version": frozenset(),
    "imports": frozenset({"babel"}),
    "reader": frozenset(),
    "invitations": frozenset(),
    "config": frozenset({"sqlalchemy"}),
    "token_bucket": frozenset(),
    "waiting": frozenset(),
    "live": frozenset({"eventlet", "socketio", "engineio", "flask_socketio", "flask", "greenlet", "h11"}),
    "mail": frozenset(),
    "web": frozenset(
        {"flask", "werkzeug", "jinja2", "markupsafe", "segno", "prometheus_client", "babel", "sqlalchemy"}
    ),
    "cli": frozenset({"sqlalchemy", "requests"}),
}


def sources(folder: Path = HOUSE) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "versions" not in path.parts)


def floor_of(path: Path) -> str:
    first = path.relative_to(HOUSE).parts[0]
    return first.removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[str]:
    """Modules that are imported when the program runs: what only the type checker sees does not count."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        yield from imports(node)


def libraries(names: Iterator[str]) -> set[str]:
    roots = {name.split(".")[0] for name in names}
    return {root for root in roots if root not in sys.stdlib_module_names and root != "meetingsvc"}


def ours(names: Iterator[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("meetingsvc.")}


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    floor, tree = floor_of(path), ast.parse(path.read_text(encoding="utf-8"))
    wires = (HOUSE / "cli" / "serve.py", HOUSE / "cli" / "send_mail.py")
    if floor in ("app", "__main__", "__init__") or path in wires:
        return  # these put the house together: they may see every floor
    if floor in MAY:
        floors, libs = MAY[floor]
    else:
        floors, libs = FOUR | ({floor} if floor in TOPS else set()), LIBRARIES[floor]
    assert ours(imports(tree)) <= floors, f"{path.name} looks up"
    assert libraries(imports(tree)) <= libs, f"{path.name} uses a library of another floor"


PARTS = ("meeting", "agenda", "roster", "speakers", "decisions", "record")
#: What every part may use.
SHARED = {"kernel", "stack", "schema", "order", "roles", "rules"}
#: The core from the ground: a file imports what stands in a line below its own, or in its own folder.
CORE = (
    ("kernel", "stack"),
    ("schema", "order", "roles"),
    ("rules",),
    ("presets",),
    PARTS,
    ("state",),
    ("history", "time_in_session", "calendar_facts"),
    ("commands",),
    ("decide",),
)


def known(path: Path) -> set[Path]:
    """The files of ours that a file imports anywhere in it, also where only the type checker looks."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if file_of(name) else node.module for name in inner]
        else:
            continue
        found |= {file for name in names if (file := file_of(name))}
    return found - {path}


def file_of(module: str) -> Path | None:
    """The file of a module of ours; None for what is no module."""
    place = ROOT.joinpath(*module.split("."))
    choices = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in choices if file.is_relative_to(HOUSE) and file.exists()), None)


def in_core(path: Path) -> str:
    """The first word of a file's place in the core: its part, `commands`, or its own name."""
    return path.relative_to(HOUSE / "core").parts[0].removesuffix(".py")


@pytest.mark.parametrize("part", PARTS)
def test_a_part_knows_no_command_and_no_other_part(part: str) -> None:
    one = HOUSE / "core" / f"{part}.py"
    for path in [one] if one.exists() else sources(HOUSE / "core" / part):
        assert {in_core(file) for file in known(path)} <= SHARED | {part}, path


def test_the_core_is_built_from_the_ground_up() -> None:
    height = {name: n for n, line in enumerate(CORE) for name in line}
    for path in sources(HOUSE / "core"):
        here = in_core(path)
        if here == "__init__":
            continue
        for there in map(in_core, known(path)):
            assert there == here or height[there] < height[here], f"{path.relative_to(HOUSE)} looks up at {there}"


def test_no_two_files_of_the_core_need_each_other() -> None:
    graph = {path: known(path) for path in sources(HOUSE / "core")}
    list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle


def test_the_core_needs_no_types_that_are_not_there_when_it_runs() -> None:
    assert [path for path in sources(HOUSE / "core") if "TYPE_CHECKING" in path.read_text(encoding="utf-8")] == []


def test_whoever_imports_the_commands_has_them_all() -> None:
    folder = HOUSE / "core" / "commands"
    files = {path for path in sources(folder) if "@command(" in path.read_text(encoding="utf-8")}
    assert files and files <= known(folder / "__init__.py")


def test_only_the_entry_and_the_live_floor_know_eventlet() -> None:
    for path in sources():
        if floor_of(path) not in ("live", "__main__"):
            assert "eventlet" not in libraries(imports(ast.parse(path.read_text(encoding="utf-8")))), path


#: What whoever serves may use of what reads: shapes, limits and small tools. Readers run in a process of their own.
NO_READERS = {
    "meetingsvc.imports": {"states"},
    "meetingsvc.imports.states": None,
    "meetingsvc.calendars.reading.ics": {"harmless", "shown"},
    "meetingsvc.calendars.reading.mails": {"Bounce", "LARGEST", "MailReply"},
    "meetingsvc.calendars.reading.replies": {"Occurrence", "Reply"},
    "meetingsvc.calendars.reading.meeting_plan": {"Plan"},
    "meetingsvc.reader.client": None,
    "meetingsvc.reader.jobs": {"JOBS", "Looked"},
    "meetingsvc.reader.transfer": {"Unlike", "unpacked"},
    "meetingsvc.reader.worker": {"ANSWER", "IDLE_S", "JOB", "LARGEST_ANSWER", "READY", "Limits", "received"},
}
#: Where files and mails of others are read.
READING = ("meetingsvc.imports", "meetingsvc.calendars.reading", "meetingsvc.reader")
#: Libraries that read whole files or mails. What is only written with them has its place here.
READERS = {"csv", "email", "html.parser", "icalendar", "mailbox", "tarfile", "xml", "zipfile"}
WRITERS = {"email.message", "email.policy", "email.headerregistry", "email.errors", "email.utils", "icalendar"}


@pytest.mark.parametrize(
    "path",
    [
        each
        for each in sources()
        if floor_of(each) in {"live", "mail", "web", "invitations", "broadcast"} or each.match("reader/client.py")
    ],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_whoever_serves_reads_nothing_that_others_wrote(path: Path) -> None:
    """A file or mail of somebody else is read by a process of its own (docs/decisions/0012-read-aside.md)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(READING):
            names, allowed = {alias.name for alias in node.names}, NO_READERS.get(node.module or "", set())
            assert allowed is None or names <= allowed, f"{path.name} reads by itself: {node.module}"
        elif isinstance(node, ast.Import):
            assert not any(alias.name.startswith(READING) for alias in node.names), path.name
    known = {name for name in imports(tree) if name in READERS or name.split(".")[0] in READERS}
    assert known <= WRITERS, f"{path.name} can read files of others: {known - WRITERS}"


def test_the_entry_imports_nothing_of_ours_at_its_top() -> None:
    path = HOUSE / "__main__.py"
    if path.exists():
        tops = list(ast.parse(path.read_text(encoding="utf-8")).body)
        names = [
            name for node in tops for name in imports(ast.Module([node], [])) if not isinstance(node, ast.FunctionDef)
        ]
        assert not [name for name in names if name.startswith("meetingsvc")]


def tracked() -> list[Path]:
    out = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in out.splitlines()]


def test_a_file_is_a_room() -> None:
    long = {}
    for path in tracked():
        rooms = path.suffix in (".py", ".js", ".mjs", ".css", ".html", ".c") and "vendor" not in path.parts
        if rooms and path.exists():
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > LONGEST:
                long[str(path.relative_to(ROOT))] = lines
    assert long == {}


def test_every_room_says_what_belongs_in_it() -> None:
    silent = []
    for path in tracked():
        if path.suffix == ".py" and path.exists() and "versions" not in path.parts:
            text = path.read_text(encoding="utf-8")
            if text.strip() and not ast.get_docstring(ast.parse(text)):
                silent.append(str(path.relative_to(ROOT)))
    assert silent == []


def test_the_core_asks_no_clock_and_throws_no_dice() -> None:
    forbidden = re.compile(r"\b(time|random|secrets|datetime|uuid|os|socket|threading)\b")
    for path in sources(HOUSE / "core"):
        for name in imports(ast.parse(path.read_text(encoding="utf-8"))):
            assert not forbidden.fullmatch(name.split(".")[0]), f"{path.name} imports {name}"
