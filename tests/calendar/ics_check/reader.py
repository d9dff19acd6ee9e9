"""The checker's own reader of content lines, and the rules about bytes; it shares no code with any calendar library.

Not here: what the properties mean (values, structure), time zones (times).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


class Results:
    """What was looked at, and what is wrong: {rule: [messages]}."""

    def __init__(self) -> None:
        self.rows: dict[str, list[str]] = {}

    def rule(self, *names: str) -> None:
        for n in names:
            self.rows.setdefault(n, [])

    def fail(self, name: str, message: str) -> None:
        self.rows.setdefault(name, []).append(message)

    def check(self, name: str, ok: bool, message: str) -> bool:
        self.rule(name)
        if not ok:
            self.fail(name, message)
        return ok

    @property
    def failed(self) -> dict[str, list[str]]:
        return {k: v for k, v in self.rows.items() if v}


@dataclass(slots=True)
class Prop:
    """One content line. `params`: {name: [(value, quoted)]}."""

    name: str
    params: dict[str, list[tuple[str, bool]]]
    value: str
    line: int

    def p(self, name: str, default: str | None = None) -> str | None:
        v = self.params.get(name)
        return v[0][0] if v else default


class Comp:
    """A component: its lines and the components in it."""

    def __init__(self, name: str, line: int, parent: Comp | None = None) -> None:
        self.name, self.line, self.parent = name, line, parent
        self.props: list[Prop] = []
        self.subs: list[Comp] = []

    def all(self, name: str) -> list[Prop]:
        return [p for p in self.props if p.name == name]

    def one(self, name: str) -> Prop | None:
        a = self.all(name)
        return a[0] if a else None

    def val(self, name: str, default: str | None = None) -> str | None:
        p = self.one(name)
        return p.value if p else default

    def walk(self) -> Iterator[Comp]:
        yield self
        for s in self.subs:
            yield from s.walk()


RULES = (
    "raw.utf8",
    "raw.bom",
    "raw.crlf",
    "raw.length",
    "raw.fold-char",
    "raw.fold-escape",
    "raw.control",
    "raw.unicode-breaks",
    "raw.bidi",
    "raw.empty-line",
)


def raw_rules(data: bytes, r: Results) -> list[tuple[int, str]]:
    """Byte level rules; returns the logical lines with their numbers."""
    r.rule(*RULES)
    if data.startswith(b"\xef\xbb\xbf"):
        r.fail("raw.bom", "file starts with a byte order mark")
        data = data[3:]
    try:
        re.sub(rb"\r?\n[ \t]", b"", data).decode("utf-8")
    except UnicodeDecodeError as e:
        r.fail("raw.utf8", f"not UTF-8 at byte {e.start} of the unfolded text")
    if not data.endswith(b"\r\n"):
        r.fail("raw.crlf", "last line does not end with CRLF")
    bare_lf = len(re.findall(rb"(?<!\r)\n", data))
    bare_cr = len(re.findall(rb"\r(?!\n)", data))
    if bare_lf or bare_cr:
        r.fail("raw.crlf", f"{bare_lf} bare LF and {bare_cr} bare CR")
    out = []
    for i, line in _unfolded(data, r):
        s = line.decode("utf-8", "replace")
        _line_rules(i, s, r)
        out.append((i, s))
    return out


def _unfolded(data: bytes, r: Results) -> list[tuple[int, bytes]]:
    lines = re.split(rb"\r\n|\n|\r", data)
    if lines and lines[-1] == b"":
        lines.pop()
    logical: list[tuple[int, bytes]] = []
    for i, line in enumerate(lines, 1):
        if len(line) > 75:
            r.fail("raw.length", f"line {i}: {len(line)} octets")
        if line == b"":
            r.fail("raw.empty-line", f"line {i}")
        elif line[:1] not in b" \t":
            logical.append((i, line))
        elif not logical:
            r.fail("raw.grammar", f"line {i}: continuation without a line before it")
        else:
            begin, head = logical[-1]
            _fold_rules(i, head, line[1:], r)
            logical[-1] = begin, head + line[1:]
    return logical


def _fold_rules(i: int, head: bytes, tail: bytes, r: Results) -> None:
    try:
        head.decode("utf-8"), tail.decode("utf-8")
    except UnicodeDecodeError:
        if not r.rows["raw.utf8"]:
            r.fail("raw.fold-char", f"line {i}: fold inside a UTF-8 character")
    if (len(head) - len(head.rstrip(b"\\"))) % 2:
        r.fail("raw.fold-escape", f"line {i}: fold between a backslash and the character it escapes")


def _line_rules(i: int, s: str, r: Results) -> None:
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x84\x86-\x9f]", s):
        r.fail("raw.control", f"line {i}: control character in {s.split(':')[0][:30]!r}")
    if re.search("[\x85\u2028\u2029]", s):
        r.fail("raw.unicode-breaks", f"line {i}: U+0085/2028/2029 (a line break for some readers)")
    opened = sum(ch in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068" for ch in s)
    if opened != sum(ch in "\u202c\u2069" for ch in s):
        r.fail("raw.bidi", f"line {i}: unbalanced bidirectional control characters")


def parse_line(s: str) -> tuple[str, dict[str, list[tuple[str, bool]]], str]:
    """name, {PARAM: [(value, quoted)]}, value; or raise ValueError or IndexError."""
    m = re.match(r"[A-Za-z0-9-]+", s)
    if not m or m.end() == len(s) or s[m.end()] not in ";:":
        raise ValueError(f"no property name: {s[:40]!r}")
    name, i = m.group().upper(), m.end()
    params: dict[str, list[tuple[str, bool]]] = {}
    while s[i] == ";":
        m = re.compile(r";([A-Za-z0-9-]+)=").match(s, i)
        if not m:
            raise ValueError(f"bad parameter in {s[:60]!r}")
        key, (values, i) = m.group(1).upper(), _parameter_values(s, m.end())
        if key in params:
            raise ValueError(f"parameter {key} twice")
        params[key] = values
        if s[i] not in ";:":
            raise ValueError(f"bad parameter value in {s[:60]!r}")
    return name, params, s[i + 1 :]


def _parameter_values(s: str, i: int) -> tuple[list[tuple[str, bool]], int]:
    values = []
    while True:
        if i < len(s) and s[i] == '"':
            j = s.find('"', i + 1)
            if j < 0:
                raise ValueError(f"unclosed quote in {s[:60]!r}")
            values.append((s[i + 1 : j], True))
            i = j + 1
        else:
            m = re.compile(r'[^",;:\x00-\x08\x0a-\x1f\x7f]*').match(s, i)
            values.append((m.group(), False))
            i = m.end()
        if i >= len(s):
            raise ValueError(f"no value in {s[:60]!r}")
        if s[i] != ",":
            return values, i
        i += 1


def build(lines: list[tuple[int, str]], r: Results) -> list[Comp]:
    """The components that lines make; there should be one VCALENDAR."""
    r.rule("raw.grammar", "structure.nesting", "structure.single")
    roots: list[Comp] = []
    stack: list[Comp] = []
    for no, s in lines:
        try:
            name, params, value = parse_line(s)
        except (ValueError, IndexError) as e:
            r.fail("raw.grammar", f"line {no}: {e}")
            continue
        if name == "BEGIN":
            c = Comp(value.upper(), no, stack[-1] if stack else None)
            (stack[-1].subs if stack else roots).append(c)
            stack.append(c)
        elif name == "END":
            if not stack or stack[-1].name != value.upper():
                opened = stack[-1].name if stack else "nothing"
                r.fail("structure.nesting", f"line {no}: END:{value} does not match {opened}")
                while stack and stack[-1].name != value.upper():
                    stack.pop()
            if stack:
                stack.pop()
        elif not stack:
            r.fail("structure.nesting", f"line {no}: {name} outside every component")
        else:
            stack[-1].props.append(Prop(name, params, value, no))
    for c in stack:
        r.fail("structure.nesting", f"line {c.line}: BEGIN:{c.name} is never closed")
    one = len(roots) == 1 and roots[0].name == "VCALENDAR"
    r.check("structure.single", one, f"expected one VCALENDAR, found {[c.name for c in roots]}")
    return roots


def untext(v: str) -> str:
    """A TEXT value without its escapes."""
    return re.sub(r"\\(.)", lambda m: "\n" if m.group(1) in "nN" else m.group(1), v)
