"""Six independent readers are asked for a file and must agree with our own reading: events, times, texts.

Each runs as a program that stays up (adapters.py, readers.js), so that the next file costs milliseconds.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import select
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.calendar.ics_check.adapters import MAX_OCC
from tests.calendar.ics_check.content import facts
from tests.calendar.ics_check.reader import Comp, Results

HERE = Path(__file__).resolve().parent
PARSERS = ["icalendar", "vobject", "ical", "libical", "icaljs", "nodeical"]
PATIENCE = 60
#: Names of RFC 9073 and 9253 that libical 3.0 does not know.
_RICH = re.compile(
    r"property name: (STYLED-DESCRIPTION|STRUCTURED-DATA|LINK|CONCEPT|REFID|LOCATION-TYPE|PARTICIPANT-TYPE"
    r"|RESOURCE-TYPE)"
)
Facts = dict[str, dict[str, Any]]


def node_modules() -> Path | None:
    """Where ical.js and node-ical are installed."""
    for folder in (os.environ.get("ICS_CHECK_NODE"), HERE.parent / "parsers", Path.cwd()):
        if folder and (Path(folder) / "node_modules" / "ical.js").exists():
            return Path(folder).resolve() / "node_modules"
    return None


class Parser:
    """One reader that stays up. `state` is ok, reject or missing, as `answer` gives it."""

    def __init__(self, name: str) -> None:
        self.name, self.buffer = name, b""
        env = os.environ | {"TZ": "UTC", "PYTHONUTF8": "1"}
        if name in ("icaljs", "nodeical"):
            env["NODE_PATH"] = str(node_modules() or "")
            command = [shutil.which("node") or "node", str(HERE / "readers.js"), name]
        else:
            command = [sys.executable, "-P", str(HERE / "adapters.py"), name]
        try:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env
            )
        except OSError as fault:
            self.missing: str | None = str(fault)
            return
        atexit.register(self.stop)
        self.missing = ""  # not known yet: the program says so first

    def ask(self, path: Path) -> None:
        if self.missing == "":
            self.missing = (self._line() or {}).get("missing")
        if self.missing is None and self.process.poll() is None:
            self.process.stdin.write(f"{path}\n".encode())
            self.process.stdin.flush()

    def answer(self) -> tuple[str, Any]:
        if self.missing is not None:
            return "missing", self.missing
        said = self._line()
        if said is None:
            self.stop()
            return "reject", f"no answer in {PATIENCE} s"
        return ("ok", said["ok"]) if "ok" in said else ("reject", said["error"])

    def _line(self) -> dict[str, Any] | None:
        stdout = self.process.stdout.fileno()
        while b"\n" not in self.buffer:
            if not select.select([stdout], [], [], PATIENCE)[0] or not (piece := os.read(stdout, 1 << 16)):
                return None
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()

    @property
    def alive(self) -> bool:
        return self.missing is not None or self.process.poll() is None


_running: dict[str, Parser] = {}


def ask_all(path: Path) -> dict[str, tuple[str, Any]]:
    """{parser: (ok, facts) | (reject, why) | (missing, why)}"""
    for name in PARSERS:
        if name not in _running or not _running[name].alive:
            _running[name] = Parser(name)
    for parser in _running.values():
        parser.ask(path)
    return {name: _running[name].answer() for name in PARSERS}


# ---------------------------------------------------------------- rules


def parser_rules(path: Path, cal: Comp, r: Results, allow_missing: bool, rich: bool = False) -> list[str]:
    """Returns the readers that are missing, unless that is allowed."""
    own, got, missing = facts(cal), dict[str, Facts](), []
    for n, (state, x) in ask_all(path.resolve()).items():
        if state == "missing":
            missing.append(f"{n}: {x}")
        elif not (n == "libical" and state == "reject" and rich and (x == "ValueError" or _RICH.search(x))):
            r.check(f"parser.{n}", state == "ok", x if state != "ok" else "")
            if state == "ok":
                got[n] = x
    r.rule("agree.events", "agree.times", "agree.texts", "agree.occurrences")
    for n, x in got.items():
        event_rules(n, x, own, r)
        for key in sorted(set(x) & set(own)):
            time_rules(f"{n}: {key}", x[key], own[key], r)
            text_rules(n, key, x[key], own[key], r)
    occurrence_rules(got, r)
    return [] if allow_missing else missing


def event_rules(n: str, x: Facts, own: Facts, r: Results) -> None:
    if n == "ical":  # keeps the recurrence id in its own form: compare as a bag
        a = sorted((k, v["start"], v["end"]) for k, v in x.items() if "|" not in k)
        b = sorted((k, v["start"], v["end"]) for k, v in own.items() if "|" not in k)
        if a != b:
            r.fail("agree.times", f"{n}: {a} instead of {b}")
    elif n == "nodeical" and any("|" in k for k in own) and set(x) != set(own):
        keys = {k.split("|")[0] for k in x}
        r.check("agree.events", keys == {k.split("|")[0] for k in own}, f"{n} sees {sorted(keys)}")
    elif set(x) != set(own):
        r.fail("agree.events", f"{n} sees {sorted(x)} instead of {sorted(own)}")


def time_rules(where: str, x: dict[str, Any], own: dict[str, Any], r: Results) -> None:
    for f in ("start", "end"):
        a, b = x.get(f), own[f]
        implied = f == "end" and (a is None or b is None)  # implied ends differ by design
        if a != b and not implied:
            r.fail("agree.times", f"{where}: {f} {a} instead of {b}")


def text_rules(n: str, key: str, x: dict[str, Any], own: dict[str, Any], r: Results) -> None:
    for f in ("summary", "location", "description", "status", "attendees"):
        if f not in x:
            continue
        a, b = x[f], own[f]
        if isinstance(a, str):
            a, b = a.replace("\r\n", "\n"), b.replace("\r\n", "\n")
            if n == "nodeical":  # it trims, strips quotes, misreads an escaped backslash before n
                a, b = a.strip(), b.strip()
                if "\\" in b or '"' in b:
                    continue
        if a != b:
            r.fail("agree.texts", f"{n}: {key}: {f} {str(a)[:60]!r} instead of {str(b)[:60]!r}")


def occurrence_rules(got: dict[str, Facts], r: Results) -> None:
    readers = sorted(n for n in got if n in ("icalendar", "icaljs", "vobject"))
    pairs = [(one, two) for one in readers for two in readers if one < two]
    for one, two in pairs:
        for key in sorted(set(got[one]) & set(got[two])):
            x, y = got[one][key].get("occ"), got[two][key].get("occ")
            if x is None or y is None:
                continue
            common = min(len(x), len(y))
            if x[:common] != y[:common] or (len(x) != len(y) and max(len(x), len(y)) < MAX_OCC):
                d = next((i for i in range(common) if x[i] != y[i]), common)
                differ = f"differ from occurrence {d + 1}: {x[d : d + 1]} {y[d : d + 1]}"
                r.fail("agree.occurrences", f"{key}: {one} and {two} {differ}")
