"""Brings a list of delegations into a meeting: a CSV file with a code or a name of a State, speaker, post.

Columns are found by their headings (ISO Code, Country, Speaker, Post, Rank, Kind, Mode and what else they are called).
Everything comes in or nothing does, as one act that one Undo takes back. The level of a speaker is decided by State and
post together; where that is unsure the row comes in with rank OTHER and is named below the list. A delegation that the
meeting has already gets the speaker of the list, and keeps its rank where the list leaves it unsure.
"""

from __future__ import annotations

import argparse

from meetingsvc.cli.setup import counted, open_setup, secretary, state_of
from meetingsvc.imports import Finding, Report, bring_in, present_in, read_delegations

HELP = "bring a list of delegations (CSV) into a meeting"
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="the list, as CSV")
    parser.add_argument("--meeting", required=True, metavar="ID", help="the ten letters and digits in its address")
    parser.add_argument("--dry-run", action="store_true", help="say what would come in, and write nothing")
    parser.add_argument("--skip-present", action="store_true", help="leave alone whom the meeting has already")


def run(args: argparse.Namespace) -> int:
    report = read_delegations(args.file)
    with open_setup() as services:
        state_of(services.meetings, args.meeting)
        seen = report.against(present_in(services.meetings, args.meeting), skip=args.skip_present)
        print("\n".join(described(seen)))
        if seen.errors:
            print(f"\nNothing was brought in: {counted(len(seen.errors), 'line')} to correct first.")
            return 1
        commands = seen.commands()
        fresh = counted(sum(row.there is None for row in seen.rows), "delegation")
        known = counted(sum(row.there is not None and bool(row.commands()) for row in seen.rows), "other")
        if not commands:
            print("\nNothing to bring in: the meeting has all of it already.")
            return 0
        if args.dry_run:
            print(f"\nNothing was written: {fresh} would come in, {known} would be brought up to date.")
            return 0
        bring_in(services.meetings, args.meeting, secretary(), seen)
    print(f"\n{fresh} came in, {known} brought up to date. One Undo takes all of it back.")
    return 0


def described(report: Report) -> list[str]:
    """Every row as it was understood, then every finding with its line."""
    how = f"Read as {report.encoding} with {_SEPARATORS[report.separator]}"
    used = ", ".join(f"{field} from “{report.columns.headings[at]}”" for field, at in sorted(report.columns.at.items()))
    left = f"; not used: {', '.join(report.columns.unused)}" if report.columns.unused else ""
    made = [f"{how}: {used}{left}.", ""]
    for row in report.rows:
        speaker = ", ".join(text for text in (row.speaker, row.post) if text) or "no speaker named"
        where = {"in_room": ", in the room", "remote": ", remote"}.get(row.mode or "", "")
        kind = "" if row.kind == "member" else f" [{row.kind}]"
        made.append(f"{row.line:5}  {row.code or '':4} {row.rank:5} {row.shown}{kind}: {speaker}{where}")
    told = tuple(note for note in report.notes if note.code != "unchanged")
    for title, found in (("To correct", report.errors), ("To look at", report.unsure), ("Remarks", told)):
        made += _section(title, found)
    if same := len(report.notes) - len(told):
        made += ["", f"{counted(same, 'line')} about delegations that the meeting has already, with nothing to change."]
    return made


def _section(title: str, found: tuple[Finding, ...]) -> list[str]:
    return ["", f"{title}:", *(f"  line {one.line}: {one.sentence}" for one in found)] if found else []
