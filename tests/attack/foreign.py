"""Files and mails that were made to keep whoever reads them busy, and what a server and its reader spend on them.

Not here: any assertion.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.reading.calendars import FRIENDS, calendar, event

OPEN = b"BEGIN:VCALENDAR\r\n"
ZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:Bomb/{n}\r\nBEGIN:DAYLIGHT\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\n"
    "TZOFFSETTO:+0200\r\nRRULE:FREQ=SECONDLY;INTERVAL=1\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE"
)
BOMBED = (FRIENDS[0].replace("Asia/Ashgabat", "Bomb/7"),)
#: Calendar files of up to 1 MB: what they try to exhaust, and the file.
FILES: dict[str, bytes] = {
    "lines": OPEN + b"x\n" * 490_000,
    "line breaks": OPEN + b"\n" * 990_000,
    "ends": OPEN + b"END:X\n" * 140_000,
    "parameters": OPEN + b"BEGIN:VEVENT\n" + b"ATTENDEE;A=b:1\n" * 29_000,
    "quotes": OPEN + b"BEGIN:VEVENT\n" + (b'ATTENDEE;X="' + b"'" * 99_000 + b":x\n") * 9,
    "depth": OPEN + b"BEGIN:VEVENT\r\nBEGIN:VALARM\r\n" * 40_000,
    "events": calendar(*(event(uid=str(n), title=f"Meeting {n}") for n in range(1_900))),
    "relations": calendar(*(event(f"RELATED-TO:{n - 1}", uid=str(n)) for n in range(1_900))),
    "a family": calendar(*(event("DESCRIPTION:" + r"1. x\n" * 20, "RELATED-TO:0", uid=str(n)) for n in range(1_500))),
    "rules": calendar(*(event("RRULE:FREQ=SECONDLY;COUNT=999999999", uid=str(n)) for n in range(900))),
    "dates": calendar(event("RDATE:" + ",".join(["20261211T100000"] * 6_000))),
    "zones": calendar(*(ZONE.format(n=n) for n in range(900)), event(times=BOMBED)),
    "addresses": calendar(event("DESCRIPTION:" + "https://" * 12_000)),
    "table": b'a;"b";c\r\n' * 110_000,
}


def spent(pid: int) -> float:
    """Seconds of work that a process has done."""
    row = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(row[11]) + int(row[12])) / os.sysconf("SC_CLK_TCK")


def readers(of: int) -> list[int]:
    """The reader processes that a server has started."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            mine = (each / "stat").read_text().rpartition(")")[2].split()[1] == str(of)
            if mine and b"meetingsvc.reader.worker" in (each / "cmdline").read_bytes():
                found.append(int(each.name))
        except OSError:
            continue  # it ended just now
    return found


def alive(pid: int) -> bool:
    """Whether a process is there; one that only waits to be buried is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
