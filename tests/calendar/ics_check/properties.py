"""Rules about what stands in one property: parameters, enumerations, escaping, dates, addresses.

Not here: which property may stand where (structure).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from tests.calendar.ics_check.reader import Comp, Prop, Results
from tests.calendar.ics_check.tables import (
    CAL_ADDRESS,
    CSS3,
    DATE_PROPS,
    ENUM_PARAM,
    ENUM_PROP,
    LIST_TEXT_PROPS,
    PARAMS,
    TEXT_PROPS,
    URI,
    URI_PROPS,
    UTC_PROPS,
    VALUE_REQUIRED,
)
from tests.calendar.ics_check.values import offset, parse_dt, parse_dur

_ADDRESS = re.compile(r"(?i)mailto:[^\s@<>,;:\"\\]+@[^\s@<>,;:\"\\]+")
Bad = Callable[[str], None]


def value_rules(c: Comp, p: Prop, r: Results) -> None:
    def bad(message: str) -> None:
        r.fail("structure.values", f"line {p.line}: {p.name}: {message}")

    parameter_rules(p, bad, r)
    n, v = p.name, p.value
    enumerated = n in ENUM_PROP and not v.upper().startswith("X-") and c.name != "PARTICIPANT"
    if enumerated and (n != "STATUS" or c.name == "VEVENT") and v.upper() not in ENUM_PROP[n]:
        bad(f"{v!r} is not allowed")
    if n in TEXT_PROPS or n in LIST_TEXT_PROPS or n.startswith("X-WR-"):
        text_rules(p, bad, r)
    try:
        if n in DATE_PROPS and n not in UTC_PROPS:
            date_rules(c, p, bad)
        else:
            typed_rules(p, bad)
    except ValueError as e:
        bad(str(e))
    address_rules(p, bad)


def parameter_rules(p: Prop, bad: Bad, r: Results) -> None:
    for name, values in p.params.items():
        if name not in PARAMS and not name.startswith("X-"):
            r.fail("structure.known-parameters", f"line {p.line}: {p.name};{name}")
        for x, quoted in values if name in ENUM_PARAM else ():
            if x.upper() not in ENUM_PARAM[name] and not x.upper().startswith("X-"):
                bad(f"{name}={x!r}")
            if quoted and "," in x:
                bad(f'{name}="{x}" is one quoted value, not a list')
        if name in ("SENT-BY", "DELEGATED-FROM", "DELEGATED-TO", "MEMBER", "DIR", "ALTREP"):
            for x, quoted in values:
                if not quoted or not URI.match(x):
                    bad(f"{name} must be a quoted URI")
        if name == "EMAIL" and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", values[0][0]):
            bad(f"EMAIL={values[0][0]!r}")
    if p.name in VALUE_REQUIRED:
        kind, kinds = (p.p("VALUE") or "").upper(), VALUE_REQUIRED[p.name]
        message = f"line {p.line}: {p.name} needs VALUE={'/'.join(sorted(kinds))}"
        r.check("structure.value-type", kind in kinds, message)


def text_rules(p: Prop, bad: Bad, r: Results) -> None:
    n, v = p.name, p.value
    if re.search(r"\\([^\\;,nN]|$)", re.sub(r"\\\\", "", v)):
        r.fail("structure.text-escaping", f"line {p.line}: {n}: backslash before an ordinary character")
    rest = re.sub(r"\\.", "", v)
    if ";" in rest or ("," in rest and n not in LIST_TEXT_PROPS):
        r.fail("structure.text-escaping", f"line {p.line}: {n}: unescaped comma or semicolon")
    if n in ("UID", "PRODID", "TZID") and not v.strip():
        bad("empty")


def date_rules(c: Comp, p: Prop, bad: Bad) -> None:
    want = (p.p("VALUE") or "DATE-TIME").upper()
    for x in p.value.split(","):
        d = parse_dt(x.split("/")[0])
        timed = isinstance(d, datetime)
        if (want == "DATE" and timed) or (want == "DATE-TIME" and not timed):
            bad(f"{x!r} does not fit VALUE={want}")
        if c.name in ("STANDARD", "DAYLIGHT") and (not timed or d.tzinfo or "TZID" in p.params):
            bad("must be a local time without TZID or Z")


def _utc(v: str) -> bool:
    d = parse_dt(v)
    return isinstance(d, datetime) and d.tzinfo is not None


def typed_rules(p: Prop, bad: Bad) -> None:
    n, v = p.name, p.value
    if n in UTC_PROPS:
        if not _utc(v):
            bad(f"{v!r} must be UTC with Z")
    elif n in ("SEQUENCE", "REPEAT") and not re.fullmatch(r"\d{1,10}", v):
        bad(f"{v!r} is not a whole number")
    elif n == "PRIORITY" and not re.fullmatch(r"[0-9]", v):
        bad(f"{v!r}")
    elif n in ("DURATION", "REFRESH-INTERVAL", "X-PUBLISHED-TTL"):
        if parse_dur(v) <= timedelta(0) and n != "DURATION":
            bad("must be positive")
    elif n == "TRIGGER":
        if (p.p("VALUE") or "").upper() != "DATE-TIME":
            parse_dur(v)
        elif not _utc(v):
            bad("absolute trigger must be UTC")
    elif n in ("TZOFFSETFROM", "TZOFFSETTO"):
        offset(v)
    elif n == "GEO" and not re.fullmatch(r"[+-]?\d+(\.\d+)?;[+-]?\d+(\.\d+)?", v):
        bad(repr(v))
    elif n == "COLOR" and v.lower() not in CSS3:
        bad(f"{v!r} is not a CSS3 colour name")
    elif n == "REQUEST-STATUS" and not re.match(r"\d+(\.\d+){1,2};", v):
        bad(repr(v))


def address_rules(p: Prop, bad: Bad) -> None:
    n, v = p.name, p.value
    if n in CAL_ADDRESS:
        if not _ADDRESS.fullmatch(v):
            bad(f"{v!r} is not mailto:address")
    elif n in URI_PROPS and (p.p("VALUE") or "URI").upper() == "URI" and n not in ("LINK", "CONCEPT"):
        if not URI.match(v):
            bad(f"{v[:60]!r} is not a URI")
        elif n in ("URL", "SOURCE", "TZURL") and not re.match(r"(?i)(https?|webcals?|mailto|tel|urn|ftp|cid):", v):
            bad(f"scheme of {v[:40]!r}")
