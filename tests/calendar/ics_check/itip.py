"""Rules of iTIP (RFC 5546), of an update against the version before it, and our own rules for feeds and invitations."""

from __future__ import annotations

from collections import Counter

from tests.calendar.ics_check.reader import Comp, Results, untext


def itip_rules(cal: Comp, r: Results) -> None:
    r.rule("itip.method-place", "itip.requirements", "itip.one-uid")
    method = (cal.val("METHOD") or "").upper()
    for c in cal.walk():
        if c is not cal and c.one("METHOD"):
            r.fail("itip.method-place", f"METHOD inside {c.name} at line {c.line}")
    if not method:
        return
    events = [s for s in cal.subs if s.name == "VEVENT"]
    if method in ("REQUEST", "REPLY", "CANCEL", "ADD", "COUNTER", "REFRESH", "DECLINECOUNTER"):
        uids = {e.val("UID") for e in events}
        r.check("itip.one-uid", len(uids) <= 1, f"{method} with {len(uids)} different UIDs")
    for e in events:
        for message in method_faults(method, e):
            r.fail("itip.requirements", f"{method}: {message}")


def method_faults(method: str, e: Comp) -> list[str]:
    """What an event lacks or must not have under a method."""
    n = Counter(p.name for p in e.props)
    status, alarm = (e.val("STATUS") or "").upper(), any(s.name == "VALARM" for s in e.subs)
    people = Counter(a.value.lower() for a in e.all("ATTENDEE"))
    twice = [address for address, times in people.items() if times > 1]
    silent = any((a.p("PARTSTAT") or "NEEDS-ACTION").upper() == "NEEDS-ACTION" for a in e.all("ATTENDEE"))
    told = method in ("PUBLISH", "REQUEST", "ADD", "COUNTER")
    organized = told or method in ("REPLY", "CANCEL", "DECLINECOUNTER")
    faults = {
        "needs exactly one ORGANIZER": organized and n["ORGANIZER"] != 1,
        "needs DTSTART": told and not n["DTSTART"],
        "needs SUMMARY": told and not n["SUMMARY"],
        "must not carry ATTENDEE": method == "PUBLISH" and n["ATTENDEE"],
        "needs at least one ATTENDEE": method == "REQUEST" and not n["ATTENDEE"],
        "needs SEQUENCE (house rule: always written)": method in ("REQUEST", "CANCEL") and not n["SEQUENCE"],
        "STATUS:CANCELLED must be sent with METHOD:CANCEL": method == "REQUEST" and status == "CANCELLED",
        "needs the attendees concerned": method == "CANCEL" and not n["ATTENDEE"],
        f"STATUS:{status} (must be CANCELLED, or absent when only removing an attendee)": method == "CANCEL"
        and status not in ("", "CANCELLED"),
        "must not carry an alarm": method in ("CANCEL", "REPLY") and alarm,
        f"needs exactly one ATTENDEE, has {n['ATTENDEE']}": method == "REPLY" and n["ATTENDEE"] != 1,
        "the ATTENDEE must state a PARTSTAT": method == "REPLY" and silent,
        "must not carry REQUEST-STATUS": method in ("REQUEST", "CANCEL", "PUBLISH") and n["REQUEST-STATUS"],
        f"attendee twice: {twice[0] if twice else ''}": twice,
    }
    return [message for message, wrong in faults.items() if wrong]


def profile_rules(cal: Comp, r: Results, profile: str) -> None:
    """Our own rules on top of the RFCs."""
    rule = f"profile.{profile}"
    if profile == "feed":
        for n in ("NAME", "X-WR-CALNAME", "REFRESH-INTERVAL", "X-PUBLISHED-TTL"):  # SOURCE: public feeds only
            r.check(rule, cal.one(n) is not None, f"feed has no {n}")
        r.check(rule, not cal.one("UID"), "calendar-level UID: vdirsyncer then reads the whole feed as one item")
        asked = any(p.name == "ATTENDEE" for c in cal.walk() for p in c.props if c.name != "VALARM")
        r.check(rule, not asked, "a feed must not publish attendees")
    for e in (s for s in cal.subs if s.name == "VEVENT"):
        where = f"event at line {e.line}"
        for n in ("SUMMARY", "LAST-MODIFIED", "STATUS", "SEQUENCE", "TRANSP"):
            r.check(rule, e.one(n) is not None, f"{where} has no {n}")
        links = [p.value for p in e.all("CONFERENCE") if p.value.lower().startswith("http")]
        if links:
            text = untext(e.val("DESCRIPTION", "")) + untext(e.val("LOCATION", ""))
            shown = links[0] in text or e.val("URL") == links[0]
            unseen = "join link only in CONFERENCE (Outlook, Apple and Thunderbird do not show it)"
            r.check(rule, shown, f"{where}: {unseen}")
        uid = e.val("UID", "")
        r.check(rule, len(uid) <= 255 and uid == uid.strip(), f"{where}: UID {uid[:40]!r}")
    if profile == "invite":
        r.check(rule, cal.one("METHOD") is not None, "an invitation needs METHOD")


def previous_rules(cal: Comp, old: Comp, r: Results) -> None:
    """SEQUENCE and DTSTAMP of an update against the version before it."""
    r.rule("update.same-uid", "update.sequence", "update.dtstamp")
    before, after = _by_key(old), _by_key(cal)
    r.check("update.same-uid", bool(set(before) & set(after)), "no event of the previous file is in the new one")
    for key in sorted(set(before) & set(after), key=str):
        a, b, uid = before[key], after[key], key[0]
        one, two = int(a.val("SEQUENCE", "0")), int(b.val("SEQUENCE", "0"))
        r.check("update.sequence", two >= one, f"{uid}: SEQUENCE went from {one} to {two}")
        big = [n for n in ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE") if _said(a, n) != _said(b, n)]
        if (a.val("STATUS") == "CANCELLED") != (b.val("STATUS") == "CANCELLED"):
            big.append("STATUS")
        if big:
            r.check("update.sequence", two > one, f"{uid}: {', '.join(big)} changed but SEQUENCE stays {one}")
        same = [(p.name, p.value) for p in a.props] == [(p.name, p.value) for p in b.props]
        later = same or b.val("DTSTAMP", "") > a.val("DTSTAMP", "")
        r.check("update.dtstamp", later, f"{uid}: changed but DTSTAMP {b.val('DTSTAMP')} is not later")


def _by_key(cal: Comp) -> dict[tuple[str | None, str | None], Comp]:
    return {(e.val("UID"), e.val("RECURRENCE-ID")): e for e in cal.subs if e.name == "VEVENT"}


def _said(e: Comp, name: str) -> list[tuple[str, str | None]]:
    return [(p.value, p.p("TZID")) for p in e.all(name)]
