"""A list of delegations: every row understood, every doubt named with its line, all of it brought in or nothing.

Belongs here: what a row means and what is wrong with it. Does not belong here: bytes (csv_table.py), levels of posts
(ranks.py), and printing (cli).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from meetingsvc.core.commands import Command
from meetingsvc.core.commands.roster import CODE, Accredit, SetMode, SetSpeaker
from meetingsvc.core.kernel import Actor
from meetingsvc.core.schema import InvalidShape, read
from meetingsvc.imports import csv_columns, ranks, states
from meetingsvc.imports.csv_table import Line, Table, Unreadable, read_file
from meetingsvc.imports.messages import SENTENCES, UNSURE_RANK

if TYPE_CHECKING:
    from meetingsvc.meetings import Meetings

#: Those that an own name identifies as well as a code would.
_BY_NAME = frozenset({"regional_org", "igo", "un_entity", "ngo", "nhri", "guest"})
#: As many rows as one batch may have; the United Nations have 193 members.
MOST_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to tell about a line. `error` keeps everything out, `unsure` asks for a decision, `note` tells."""

    level: Literal["error", "unsure", "note"]
    line: int
    code: str
    facts: dict[str, Any]

    @property
    def sentence(self) -> str:
        return SENTENCES[self.code].format(**self.facts)


@dataclass(frozen=True, slots=True)
class Present:
    """A delegation that the meeting has already, as its roster and the directory have it."""

    id: int
    code: str | None
    name: str | None
    rank: str
    mode: str
    speaker: str
    post: str


@dataclass(frozen=True, slots=True)
class Row:
    """What was understood of one line. `code` or `name` says who; `rank` is OTHER where it is unsure.

    `there` is the delegation that the meeting has already: it is brought up to date and not accredited twice.
    """

    line: int
    code: str | None
    name: str | None
    kind: str
    rank: str
    mode: str | None
    speaker: str
    post: str
    findings: tuple[Finding, ...] = ()
    there: Present | None = None

    @property
    def shown(self) -> str:
        """Its name for a person: the State's own, or the one written."""
        if self.code and self.code in states.all_states():
            return states.all_states()[self.code].name
        return self.name or self.code or self.speaker or "?"

    @property
    def unsure(self) -> bool:
        """Whether the level of the speaker is for the secretary to settle."""
        return any(found.code in UNSURE_RANK for found in self.findings)

    def body(self) -> dict[str, Any]:
        """The body of `roster.accredit`."""
        speaker = {"name": self.speaker, "post": self.post} if self.speaker or self.post else None
        parts = {
            "code": self.code,
            "name": self.name,
            "kind": self.kind,
            "rank": self.rank,
            "mode": self.mode,
            "speaker": speaker,
        }
        return {key: value for key, value in parts.items() if value is not None}

    def commands(self) -> list[Command]:
        """What brings this row in: nothing where the meeting has it as it is."""
        there = self.there
        if there is None:
            return [read(Accredit, self.body())]
        made: list[Command] = []
        # a level that somebody settled on the roster is not put in doubt again by a list that does not know it
        rank = there.rank if self.unsure else self.rank
        named = (self.speaker, self.post) if self.speaker or self.post else (there.speaker, there.post)
        if any(named) and (*named, rank) != (there.speaker, there.post, there.rank):
            speaker = {"name": named[0], "post": named[1]}
            made.append(read(SetSpeaker, {"delegation": there.id, "speaker": speaker, "rank": rank}))
        if self.mode not in (None, there.mode):
            made.append(read(SetMode, {"delegation": there.id, "mode": self.mode}))
        return made


@dataclass(frozen=True, slots=True)
class Report:
    """What a file says. It comes in when `errors` is empty; `unsure` is for the secretary to settle afterwards."""

    encoding: str
    separator: str
    columns: csv_columns.Columns
    rows: tuple[Row, ...]

    def _of(self, level: str) -> tuple[Finding, ...]:
        return tuple(found for row in self.rows for found in row.findings if found.level == level)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return self._of("error")

    @property
    def unsure(self) -> tuple[Finding, ...]:
        return self._of("unsure")

    @property
    def notes(self) -> tuple[Finding, ...]:
        return self._of("note")

    def commands(self) -> list[Command]:
        """The commands of all rows, in the order of the file. Only of a report without errors."""
        assert not self.errors, "a report with errors has no commands"
        return [command for row in self.rows for command in row.commands()]

    def against(self, present: Iterable[Present], skip: bool = False) -> Report:
        """The report seen from a meeting that has these already: they are brought up to date, or left out."""
        there = {_identity(row.code, row.name): row for row in present}
        there.pop(("", ""), None)  # guests without a name of their own are never the same
        rows = [(row, there.get(_identity(row.code, row.name))) for row in self.rows]
        if skip:
            return replace(self, rows=tuple(row for row, known in rows if known is None))
        return replace(self, rows=tuple(_known(row, known) if known else row for row, known in rows))


def read_delegations(path: str | Path) -> Report:
    """What a file of delegations says; raises `Unreadable` when it is no table of delegations at all."""
    return understand(read_file(path))


def understand(table: Table) -> Report:
    """The report of a table."""
    heading, *lines = table.lines
    found = csv_columns.find(heading)
    if not lines:
        raise Unreadable("The file has a line of headings and no delegations.")
    if len(lines) > MOST_ROWS:
        raise Unreadable(f"The file has {len(lines)} rows; at most {MOST_ROWS} are brought in at once.")
    rows = [_row(found, line) for line in lines]
    return Report(table.encoding, table.separator, found, tuple(_doubles(rows)))


def present_in(meetings: Meetings, meeting: str) -> list[Present]:
    """The delegations that a meeting has."""
    found = []
    for row in meetings.history(meeting).state.roster.delegations.values():
        named = meetings.named(meeting, row.person, row.rev)
        speaker, post = (named["name"], named["post"]) if named else ("", "")
        found.append(Present(row.id, row.code, row.name, row.rank, row.mode, speaker, post))
    return found


def bring_in(meetings: Meetings, meeting: str, actor: Actor, report: Report) -> bool:
    """All rows as one batch, so that one undo takes them back; False when the meeting has all of it already.

    Raises what `perform` raises, and then nothing is written.
    """
    commands = report.commands()
    if commands:
        meetings.perform(meeting, actor, commands)
    return bool(commands)


def _row(found: csv_columns.Columns, line: Line) -> Row:
    cell = {field: found.cell(line, field) for field in csv_columns.HEADINGS}
    row = Row(line.number, None, None, "member", "OTHER", None, cell["speaker"], cell["post"])
    if any(extra.strip() for extra in line.cells[len(found.headings) :]):
        row = _with(row, "error", "too_many_cells", cells=len(line.cells), columns=len(found.headings))
    row, state = _who(row, cell)
    row = _rank(_mode(row, cell["mode"]), state, cell["rank"])
    if not _wrong(row):
        try:
            read(Accredit, row.body())
        except InvalidShape as why:
            where = why.path.removeprefix("$.").replace("speaker.", "speaker's ")
            row = _with(row, "error", "misshapen", where=where, why=_shape(why))
    return row


def _who(row: Row, cell: dict[str, str]) -> tuple[Row, states.State | None]:
    """Which delegation a row is about: its code first, then its name; the two must not name different States."""
    code, name = cell["code"], cell["name"]
    kind = csv_columns.word(csv_columns.KINDS, cell["kind"]) if cell["kind"] else None
    if cell["kind"] and kind is None:
        row = _with(row, "unsure", "kind_unknown", given=cell["kind"])
    state = states.by_code(code) if code else None
    named = states.by_name(name) if name else None
    if code and state is None:
        return _unknown_code(row, code, name, kind), None
    if state is None and named is None:
        return _nameless(row, name, kind), None
    who = state or named
    assert who is not None
    if state and named and state is not named:
        return _with(row, "error", "code_and_name_differ", code=code, is_code=state.name, name=name), who
    row = replace(row, code=who.code, kind=kind or who.kind)
    if not state:
        row = _with(row, "note", "code_from_name", name=name, code=who.code)
    elif code.upper() != who.code:
        row = _with(row, "note", "short_code", given=code, code=who.code)
    elif name and not named:
        row = _with(row, "note", "name_unknown", name=name, code=who.code, is_code=who.name)
    return row, who


def _unknown_code(row: Row, code: str, name: str, kind: str | None) -> Row:
    """A code of an organization's own is taken when its kind and name are given; of a State it is an error."""
    if kind in _BY_NAME and name and CODE.fullmatch(code.upper()):
        return replace(row, code=code.upper(), name=name, kind=kind)
    meant = states.nearest(code, name)
    if meant:
        return _with(row, "error", "code_unknown_like", given=code, code=meant.code, name=meant.name)
    return _with(row, "error", "code_unknown", given=code)


def _nameless(row: Row, name: str, kind: str | None) -> Row:
    """No code: organizations and guests come in by name, a State must be one we know."""
    if kind in _BY_NAME and (name or row.speaker):
        return replace(row, name=name or None, kind=kind)
    if not name:
        return _with(row, "error", "nobody")
    if meant := states.nearest("", name):
        return _with(row, "error", "state_unknown_like", given=name, code=meant.code, name=meant.name)
    return _with(row, "error", "state_unknown", given=name)


def _mode(row: Row, given: str) -> Row:
    mode = csv_columns.word(csv_columns.MODES, given) if given else None
    if given and mode is None:
        return _with(row, "unsure", "mode_unknown", given=given)
    return replace(row, mode=mode)


def _known(row: Row, there: Present) -> Row:
    """A row about a delegation that is there: a doubt about its level leaves the level it has."""

    def kept(one: Finding) -> Finding:
        return replace(one, facts={**one.facts, "rank": there.rank}) if one.code in UNSURE_RANK else one

    row = replace(row, there=there, findings=tuple(kept(one) for one in row.findings))
    code = "brought_up_to_date" if row.commands() else "unchanged"
    return _with(row, "note", code, name=row.shown) if not _wrong(row) else row


def _wrong(row: Row) -> bool:
    return any(found.level == "error" for found in row.findings)


def _rank(row: Row, state: states.State | None, given: str) -> Row:
    """The level that the list gives, else the one that State and post decide together."""
    if given.upper() in ranks.LADDER:
        return replace(row, rank=given.upper())
    if given:
        found = ranks.level(state, row.kind, given)
        if found.sure:
            return replace(row, rank=found.rank)
        return _with(row, "unsure", "rank_unknown", given=given, rank="OTHER", ladder=", ".join(ranks.LADDER))
    found = ranks.level(state, row.kind, row.post)
    if found.sure:
        return replace(row, rank=found.rank)
    code = "post_unsure" if row.post else "post_missing"
    return _with(row, "unsure", code, post=row.post, why=found.why, rank="OTHER")


def _doubles(rows: list[Row]) -> Iterable[Row]:
    first: dict[tuple[str, str], int] = {}
    for row in rows:
        who = _identity(row.code, row.name)
        if who in first and who != ("", ""):
            yield _with(row, "error", "double", name=row.shown, first=first[who])
        else:
            first[who] = row.line
            yield row


def _identity(code: str | None, name: str | None) -> tuple[str, str]:
    return (code, "") if code else ("", states.folded(name or ""))


def _with(row: Row, level: Literal["error", "unsure", "note"], code: str, /, **facts: Any) -> Row:
    return replace(row, findings=(*row.findings, Finding(level, row.line, code, facts)))


def _shape(why: InvalidShape) -> str:
    if why.code == "shape.too_long":
        return f"is longer than {why.facts['most']} characters"
    if why.code == "shape.forbidden_character":
        return f"has an invisible character that is not allowed ({why.facts['sign']})"
    return "cannot be read"
