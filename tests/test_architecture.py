"""The laws of the layout: imports point down, files are rooms, parts do not know each other."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SERVICE = ROOT / "meetingsvc"
LONGEST = 400
#: Files of one folder, beside what says what it is for (__init__.py). One more are two folders.
MOST_IN_A_FOLDER = 14

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
        "core",
        "views",
        "calendars",
        "translations",
        "store",
        "meetings",
        "meeting_cache",
        "log_reading",
        "environment",
        "clock",
        "broadcast",
        "code_version",
        "imports",
        "reader",
        "invitations",
        "config",
        "rationed_log",
        "token_bucket",
        "bounded_cache",
        "waiting",
    }
)
TOPS = ("live", "mail", "web", "cli")
LIBRARIES = {
    "meetings": frozenset({"sqlalchemy", "tzdata"}),
    "meeting_cache": frozenset({"sqlalchemy"}),
    "log_reading": frozenset(),
    "environment": frozenset({"tzdata"}),
    "rationed_log": frozenset(),
    "clock": frozenset(),
    "broadcast": frozenset(),
    "code_version": frozenset(),
    "imports": frozenset({"babel"}),
    "reader": frozenset(),
    "invitations": frozenset(),
    "config": frozenset({"sqlalchemy"}),
    "token_bucket": frozenset(),
    "bounded_cache": frozenset(),
    "waiting": frozenset(),
    "live": frozenset({"eventlet", "socketio", "engineio", "flask_socketio", "flask", "greenlet", "h11"}),
    "mail": frozenset(),
    "web": frozenset(
        {"flask", "werkzeug", "jinja2", "markupsafe", "segno", "prometheus_client", "babel", "sqlalchemy"}
    ),
    "cli": frozenset({"sqlalchemy", "requests"}),
}


def sources(folder: Path = SERVICE) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "versions" not in path.parts)


def floor_of(path: Path) -> str:
    first = path.relative_to(SERVICE).parts[0]
    return first.removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[str]:
    """Modules that are imported when the program runs: what only the type checker sees does not count."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, "a relative import: no law below could read it"
            of_the_package = node.module == "meetingsvc" and node.names[0].name != "__version__"
            yield from [f"meetingsvc.{alias.name}" for alias in node.names] if of_the_package else [node.module]
        yield from imports(node)


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
    return next((file for file in choices if file.is_relative_to(SERVICE) and file.exists()), None)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def libraries(names: Iterator[str]) -> set[str]:
    roots = {name.split(".")[0] for name in names}
    return {root for root in roots if root not in sys.stdlib_module_names and root != "meetingsvc"}


def ours(names: Iterator[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("meetingsvc.")}


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    floor, tree = floor_of(path), ast.parse(path.read_text(encoding="utf-8"))
    wires = (SERVICE / "cli" / "verbs" / "serve.py", SERVICE / "cli" / "verbs" / "send_mail.py")
    if floor in ("app", "__main__", "__init__") or path in wires:
        return  # these put the service together: they may see every floor
    if floor in MAY:
        floors, libs = MAY[floor]
    else:
        floors, libs = FOUR | ({floor} if floor in TOPS else set()), LIBRARIES[floor]
    assert ours(imports(tree)) <= floors, f"{path.name} looks up"
    assert libraries(imports(tree)) <= libs, f"{path.name} uses a library of another floor"


#: Floors of the web: what a file of each may know of the web. "" is the frame of every request.
WEB_MAY = {
    "": {""},
    "api": {"", "api"},
    "page_parts": {"", "page_parts"},
    "pages": {"", "page_parts"},  # no page knows a page
}


def web_floor(path: Path) -> str:
    first = path.relative_to(SERVICE / "web").parts[0]
    return first if first in WEB_MAY else ""


@pytest.mark.parametrize("path", sources(SERVICE / "web"), ids=lambda p: str(p.relative_to(SERVICE)))
def test_no_page_knows_a_page_and_the_web_looks_down(path: Path) -> None:
    """Pages and what programs use do not know each other; what two pages share is in page_parts, below them."""
    if path == SERVICE / "web" / "routes.py":
        return  # it names them all, for the service to be put together
    seen = [file for file in known(path) if file.is_relative_to(SERVICE / "web")]
    assert not [file for file in seen if web_floor(file) not in WEB_MAY[web_floor(path)]], f"{path.name} looks aside"


#: Files that are one thing and know each other, by the types of what they hand on.
KNOTS = (
    {SERVICE / "live" / f"{name}.py" for name in ("followers", "housekeeping")},
    set(sources(SERVICE / "live" / "http")),
)


def test_no_files_know_each_other_in_a_circle() -> None:
    """Not even for the type checker: whatever is read first can be understood without what is read later."""
    knows = {path: known(path) for path in sources()}
    for knot in KNOTS:
        knows |= {path: knows[path] - knot for path in knot}
    try:
        TopologicalSorter(knows).prepare()
    except CycleError as error:
        pytest.fail(" knows ".join(module_of(path) for path in reversed(error.args[1])))


@pytest.mark.parametrize("path", [*sources(SERVICE / "broadcast"), *sources(SERVICE / "views")], ids=module_of)
def test_what_screens_hold_and_its_broadcast_know_no_table(path: Path) -> None:
    assert "sqlalchemy" not in path.read_text(encoding="utf-8")
    assert SERVICE / "store" / "tables.py" not in known(path)


#: Folders that may hold more, up to how many, and why.
FULLER = {
    "meetingsvc/core": 15,  # a line from below: two folders would hide it
    "meetingsvc/invitations": 16,  # its services stand beside the pure rules that they ask
}


def test_a_folder_can_be_read_at_a_glance() -> None:
    count = Counter(str(path.parent.relative_to(ROOT)) for path in sources() if path.name != "__init__.py")
    count.update(str(path.parent.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.html"))
    assert {folder: n for folder, n in count.items() if n > FULLER.get(folder, MOST_IN_A_FOLDER)} == {}


def test_the_templates_of_a_page_stand_in_a_folder_of_its_name() -> None:
    """pages/NAME.py draws templates/NAME/*.html; what more than one page draws or stands in is beside the folders."""
    drawn: dict[str, set[str]] = {}
    for path in sources(SERVICE / "web"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):  # live/{page}.html
                text = "".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values)
                if text.endswith(".html"):
                    own = path.stem if path.parent.name == "pages" else ""
                    drawn.setdefault(own, set()).update(
                        str(one.relative_to(ROOT / "templates")) for one in (ROOT / "templates").glob(text)
                    )
            elif isinstance(node, ast.Constant) and str(node.value).endswith(".html") and node.value != ".html":
                drawn.setdefault(path.stem if path.parent.name == "pages" else "", set()).add(str(node.value))
    for page, names in drawn.items():
        assert {str(Path(name).parent) for name in names} == {page or "."}, page
    every = {str(path.relative_to(ROOT / "templates")) for path in (ROOT / "templates").rglob("*.html")}
    texts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html"))
    assert {name for name in every - set().union(*drawn.values()) if f'"{name}"' not in texts} == set()


PARTS = ("meeting", "agenda", "roster", "speakers", "decisions", "record")
#: What every part may use.
SHARED = {"kernel", "stack", "schema", "order", "roles", "rules"}
#: The core from below: a file imports what stands in a line below its own, or in its own folder.
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


def in_core(path: Path) -> str:
    """The first word of a file's place in the core: its part, `commands`, or its own name."""
    return path.relative_to(SERVICE / "core").parts[0].removesuffix(".py")


@pytest.mark.parametrize("part", PARTS)
def test_a_part_knows_no_command_and_no_other_part(part: str) -> None:
    one = SERVICE / "core" / f"{part}.py"
    for path in [one] if one.exists() else sources(SERVICE / "core" / part):
        assert {in_core(file) for file in known(path)} <= SHARED | {part}, path


def test_the_core_is_built_from_below() -> None:
    height = {name: n for n, line in enumerate(CORE) for name in line}
    for path in sources(SERVICE / "core"):
        here = in_core(path)
        if here == "__init__":
            continue
        for there in map(in_core, known(path)):
            assert there == here or height[there] < height[here], f"{path.relative_to(SERVICE)} looks up at {there}"


def test_the_core_needs_no_types_that_are_not_there_when_it_runs() -> None:
    assert [path for path in sources(SERVICE / "core") if "TYPE_CHECKING" in path.read_text(encoding="utf-8")] == []


def test_whoever_imports_the_commands_has_them_all() -> None:
    folder = SERVICE / "core" / "commands"
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
    path = SERVICE / "__main__.py"
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


def test_lines_are_laid_out_by_the_formatter() -> None:
    """A few real tables are better as they were typed; twenty would be a habit."""
    skipped = [
        path
        for path in tracked()
        if path.suffix == ".py" and path.exists() and "# fmt:" + " skip" in path.read_text("utf-8")
    ]
    assert len(skipped) < 20


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
    for path in sources(SERVICE / "core"):
        for name in imports(ast.parse(path.read_text(encoding="utf-8"))):
            assert not forbidden.fullmatch(name.split(".")[0]), f"{path.name} imports {name}"
