"""Command line of the strict check of .ics files and .eml invitations: `python -m tests.calendar.ics_check file.ics`.

    ... --expect want.json            compare with what the application meant to write
    ... --canary X-EVIL --canary evil@attacker.example    hostile input stayed inside text
    ... --previous old.ics            SEQUENCE / DTSTAMP rules of an update
    ... --profile feed|invite         our own rules on top of the RFCs
    ... message.eml                   iMIP rules, then the calendar part as a file
    ... --json                        machine readable result
    ... --rich                        tolerate libical not knowing RFC 9073 / 9253 names
    ... --skip-parsers                only the built-in rules (no other software needed)
    ... --allow-missing               a parser that is not installed is not an error

Exit code: 0 all rules hold, 1 some rule fails, 2 the check itself could not run (a required parser is missing,
a file is unreadable). `make ics` installs the parsers.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.calendar.ics_check.checking import Options, check_calendar, check_mail
from tests.calendar.ics_check.reader import Results


def arguments() -> argparse.Namespace:
    ap = argparse.ArgumentParser(description="strict check of .ics / .eml files")
    ap.add_argument("files", nargs="+")
    ap.add_argument("--expect")
    ap.add_argument("--canary", action="append", help="string that hostile input carried; must stay inside text")
    ap.add_argument("--allow-x", action="append", metavar="X-NAME")
    ap.add_argument("--previous")
    ap.add_argument("--profile", choices=["feed", "invite"])
    ap.add_argument("--allow-floating", action="store_true")
    ap.add_argument("--skip-parsers", action="store_true")
    ap.add_argument("--allow-missing", action="store_true")
    ap.add_argument("--rich", action="store_true", help="libical 3.0 may not know the names of RFC 9073 / 9253")
    ap.add_argument("--json", action="store_true")
    ap.add_argument("-q", "--quiet", action="store_true", help="only what fails")
    return ap.parse_args()


def options_of(args: argparse.Namespace) -> Options:
    return Options(
        profile=args.profile,
        expect=json.loads(Path(args.expect).read_text("utf-8")) if args.expect else None,
        canaries=args.canary or [],
        previous=Path(args.previous).read_bytes() if args.previous else None,
        allow_x=frozenset(x.upper() for x in args.allow_x or []),
        allow_floating=args.allow_floating,
        skip_parsers=args.skip_parsers,
        allow_missing=args.allow_missing,
        rich=args.rich,
    )


def show(file: str, r: Results, missing: list[str], args: argparse.Namespace) -> None:
    good = not r.failed and not missing
    if args.json:
        print(json.dumps({"file": file, "rules": r.rows, "missing": missing, "ok": good}, ensure_ascii=False))
        return
    print(f"== {file}")
    for rule, messages in sorted(r.rows.items()):
        if messages:
            more = f"  (+{len(messages) - 1} more)" if len(messages) > 1 else ""
            print(f"FAIL {rule}: {messages[0]}{more}")
        elif not args.quiet:
            print(f"pass {rule}")
    for parser in missing:
        print(f"MISSING parser {parser}")
    print(f"-- {'OK' if good else 'NOT OK'}: {len(r.rows) - len(r.failed)} rules hold, {len(r.failed)} fail")


def main() -> int:
    args = arguments()
    codes = [0]
    for file in args.files:
        path = Path(file)
        try:
            options, data = options_of(args), path.read_bytes()
        except OSError as e:
            print(f"{file}: {e}", file=sys.stderr)
            codes.append(2)
            continue
        if path.suffix.lower() == ".eml":
            r, missing = check_mail(data, options)
        else:
            r, missing = check_calendar(data, options, path)
        show(file, r, missing, args)
        codes += [1 if r.failed else 0, 2 if missing else 0]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
