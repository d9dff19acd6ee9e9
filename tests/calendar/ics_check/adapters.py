"""Readers in Python (icalendar, vobject, ical) and C (libical) as a program: paths in, one line of JSON each out.

`python -P adapters.py vobject` says {"ready": true} or {"missing": why}; then each path on its input is read in a
process of its own, since some readers remember zones from file to file. Imports nothing of ours. Used by parsers.py.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import sys
import traceback
import zoneinfo
from datetime import UTC, datetime
from pathlib import Path

with contextlib.suppress(ImportError):
    # the tzdata package, not the (perhaps older) files of the system
    import tzdata  # noqa: F401

    zoneinfo.reset_tzpath(to=[])

MAX_OCC = 40


def py_time(v):
    if v is None:
        return None
    if isinstance(v, datetime):
        if v.tzinfo is None:
            return v.isoformat() + " floating"
        return v.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return v.isoformat()


def first(occurrences):
    found = []
    for x in occurrences:
        found.append(py_time(x))
        if len(found) >= MAX_OCC:
            break
    return found


def one(calendars):
    if len(calendars) != 1:
        raise ValueError(f"{len(calendars)} calendars")
    return calendars[0]


# ---------------------------------------------------------------- Python


def adapter_icalendar():
    import icalendar
    import recurring_ical_events

    def occurrences(cal, event):
        alone = cal.copy()
        for zone in cal.walk("VTIMEZONE"):
            alone.add_component(zone)
        alone.add_component(event.copy(recursive=True))
        return first(x["DTSTART"].dt for x in recurring_ical_events.of(alone).after(event.start))

    def read(data):
        cal = one(icalendar.Calendar.from_ical(data, multiple=True))
        cal.validate()
        errors = [f"{c.name}.{n}: {e}" for c in cal.walk() for n, e in getattr(c, "errors", [])]
        if errors:
            raise ValueError("; ".join(map(str, errors))[:200])
        out = {}
        for e in cal.events:
            rid, people = e.get("RECURRENCE-ID"), e.get("ATTENDEE", [])
            people = people if isinstance(people, list) else [people]
            o = {n: str(e.get(n.upper(), "")) for n in ("summary", "location", "description")}
            o["start"] = py_time(e.start)
            o["end"] = py_time(e.end if "DTEND" in e or "DURATION" in e else None)
            o["status"] = str(e.get("STATUS", "")).upper()
            o["attendees"] = sorted(str(x).lower() for x in people)
            if e.get("RRULE") or e.get("RDATE"):
                o["occ"] = occurrences(cal, e)
            out[str(e.get("UID", "")) + ("|" + py_time(rid.dt) if rid else "")] = o
        return out

    return read


def adapter_vobject():
    import vobject

    def value(e, name):
        return e.contents[name][0].value if name in e.contents else None

    def read(data):
        cal = one(list(vobject.readComponents(data.decode("utf-8"))))
        cal.validate(raiseException=True)
        out = {}
        for e in cal.contents.get("vevent", []):
            start, end, rid = (value(e, n) for n in ("dtstart", "dtend", "recurrence-id"))
            if end is None and value(e, "duration") is not None:
                end = start + value(e, "duration")
            o = {n: value(e, n) or "" for n in ("summary", "location", "description")}
            o["start"], o["end"] = py_time(start), py_time(end)
            o["status"] = (value(e, "status") or "").upper()
            o["attendees"] = sorted(x.value.lower() for x in e.contents.get("attendee", []))
            if "rrule" in e.contents:
                timed = isinstance(start, datetime)
                o["occ"] = first(x if timed else x.date() for x in e.rruleset)
            out[str(value(e, "uid") or "") + ("|" + py_time(rid) if rid else "")] = o
        return out

    return read


def adapter_ical():
    from ical.calendar_stream import IcsCalendarStream

    def read(data):
        out = {}
        for e in one(IcsCalendarStream.from_ics(data.decode("utf-8")).calendars).events:
            end = e.dtend or (e.dtstart + e.duration if e.duration else None)
            o = {n: getattr(e, n) or "" for n in ("summary", "location", "description")}
            o["start"], o["end"] = py_time(e.dtstart), py_time(end)
            o["status"] = str(getattr(e.status, "value", e.status or "")).upper()
            out[(e.uid or "") + ("|?" if getattr(e, "recurrence_id", None) else "")] = o
        return out

    return read


# ---------------------------------------------------------------- C


class IcalTime(ctypes.Structure):
    """struct icaltimetype of libical 3."""

    _fields_ = [
        *((n, ctypes.c_int) for n in ["year", "month", "day", "hour", "minute", "second", "is_date", "is_daylight"]),
        ("zone", ctypes.c_void_p),
    ]

    def __str__(self):
        day = f"{self.year:04}-{self.month:02}-{self.day:02}"
        return day if self.is_date else f"{day}T{self.hour:02}:{self.minute:02}:{self.second:02}"


class Libical:
    """The functions of libical that are asked; `VEVENT` and `VCALENDAR` are its numbers for them."""

    VEVENT, VCALENDAR = 4, 7

    def __init__(self):
        try:
            self.library = ctypes.CDLL("libical.so.3")
        except OSError as e:
            raise ImportError(str(e)) from e
        handle, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
        self.parse = self._of("icalparser_parse_string", handle, text)
        self.restrictions = self._of("icalrestriction_check", number, handle)
        self.first = self._of("icalcomponent_get_first_component", handle, handle, number)
        self.next = self._of("icalcomponent_get_next_component", handle, handle, number)
        self.convert = self._of("icaltime_convert_to_zone", IcalTime, IcalTime, handle)
        self.is_null = self._of("icaltime_is_null_time", number, IcalTime)
        self.utc = self._of("icaltimezone_get_utc_timezone", handle)()
        component = "count_errors isa as_ical_string dtstart dtend recurrenceid uid summary location description"
        for name in component.split():
            kind = number if name in ("count_errors", "isa") else text
            kind = IcalTime if name in ("dtstart", "dtend", "recurrenceid") else kind
            getter = "" if name in ("count_errors", "isa", "as_ical_string") else "get_"
            setattr(self, name, self._of(f"icalcomponent_{getter}{name}", kind, handle))

    def _of(self, name, result, *arguments):
        function = getattr(self.library, name)
        function.restype, function.argtypes = result, list(arguments)
        return function

    def errors(self, component):
        text = re.sub(r"\r?\n[ \t]", "", self.as_ical_string(component).decode("utf-8", "replace"))
        rows = (row for row in text.splitlines() if row.startswith("X-LIC-ERROR"))
        return "; ".join(sorted({row.split(":", 1)[1][:150] for row in rows}))

    def time(self, t):
        if self.is_null(t):
            return None
        if t.is_date:
            return str(t)
        return f"{self.convert(t, self.utc)}Z" if t.zone else f"{t} floating"


def adapter_libical():
    lib = Libical()

    def read(data):
        data.decode("utf-8")
        c = lib.parse(data)
        if not c:
            raise ValueError("libical could not parse the file")
        if lib.count_errors(c):
            raise ValueError(lib.errors(c))
        if lib.isa(c) != lib.VCALENDAR:
            raise ValueError("not one VCALENDAR")
        out = {}
        e = lib.first(c, lib.VEVENT)
        while e:
            o = {n: (getattr(lib, n)(e) or b"").decode("utf-8") for n in ("summary", "location", "description")}
            o["start"], o["end"] = lib.time(lib.dtstart(e)), lib.time(lib.dtend(e))
            x = lib.recurrenceid(e)
            if not x.zone and not x.is_date:  # 3.0 leaves the zone of RECURRENCE-ID open
                x.zone = lib.dtstart(e).zone
            rid = lib.time(x)
            out[(lib.uid(e) or b"").decode("utf-8") + ("|" + rid if rid else "")] = o
            e = lib.next(c, lib.VEVENT)
        if not lib.restrictions(c) or lib.count_errors(c):
            raise ValueError(lib.errors(c)[:300] or "icalrestriction_check says no")
        return out

    return read


# ---------------------------------------------------------------- the program


def answer(read, path):
    """What a reader says of a file, asked in a process of its own."""
    inlet, outlet = os.pipe()
    child = os.fork()
    if not child:
        os.close(inlet)
        os.dup2(2, 1)  # what a reader prints is no answer
        try:
            said = {"ok": read(Path(path).read_bytes())}
        except Exception:
            rows = [row for row in traceback.format_exc().splitlines() if row and not row.startswith(" ")]
            rows = [row for row in rows if not row.startswith(("Traceback", "During", "The above"))]
            said = {"error": rows[-1][:220] if rows else "?"}
        with os.fdopen(outlet, "w") as pipe:
            json.dump(said, pipe)
        os._exit(0)
    os.close(outlet)
    with os.fdopen(inlet) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return json.loads(said) if said and status == 0 else {"error": f"ended with {status}"}


def main():
    try:
        read = globals()[f"adapter_{sys.argv[1]}"]()
    except ImportError as e:
        print(json.dumps({"missing": str(e)[-200:]}), flush=True)
        return
    print(json.dumps({"ready": True}), flush=True)
    for path in sys.stdin:
        print(json.dumps(answer(read, path.rstrip("\n"))), flush=True)


if __name__ == "__main__":
    main()
