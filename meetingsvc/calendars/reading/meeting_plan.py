"""A calendar of another system as the plan of a meeting: what would be taken, and of every event why or why not.

Nothing is saved here. Does not belong here: bytes (ics.py), clocks (times.py), which events belong together
(events.py), their times (session_times.py), rules (series.py), what stands in texts (texts.py).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from meetingsvc.calendars.local_time import wall_text
from meetingsvc.calendars.reading.events import Found, Group, events, grouped, is_one_meeting
from meetingsvc.calendars.reading.ics import Calendar, Remark, read_calendar
from meetingsvc.calendars.reading.series import Series, is_series, need_no_bomb, read_series
from meetingsvc.calendars.reading.session_times import Session, Span, Timetable
from meetingsvc.calendars.reading.texts import agenda, link_of, room_of
from meetingsvc.calendars.reading.times import Clocks
from meetingsvc.core.kernel import need
from meetingsvc.core.meeting import MOST_SESSIONS

MOST_CHOICES = 500
#: More are not read by anybody; how many were left out is told.
MOST_REMARKS = 300
#: METHODs of those who answer or ask; nothing is called by them.
_ANSWERS = frozenset({"REPLY", "COUNTER", "REFRESH", "DECLINECOUNTER"})


@dataclass(frozen=True, slots=True)
class Choice:
    """One meeting of a file that has several. `when` is its time as written, `events` how many events make it up."""

    uid: str
    title: str
    when: str
    events: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would make of a meeting. With `choices` somebody has to choose first, and all else is empty.

    `days` are whole days without times: the times must be given. With a `series`, `sessions` holds its first one only.
    """

    title: str = ""
    sessions: tuple[Session, ...] = ()
    room: str | None = None
    link: str | None = None
    agenda: tuple[str, ...] = ()
    series: Series | None = None
    days: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    remarks: tuple[Remark, ...] = ()


def plan(data: bytes, zone: str | None = None, today: date | None = None, choose: Collection[str] = ()) -> Plan:
    """The plan that a file makes. `zone` is for times that name none, `choose` UIDs of a file with several meetings."""
    calendar = read_calendar(data)
    _need_a_call(calendar)
    remarks = list(calendar.remarks)
    if calendar.others:
        remarks.append(Remark("other_parts", {"kinds": ", ".join(sorted(calendar.others))[:120]}))
    clocks = Clocks.of(calendar, zone)
    groups = grouped(events(calendar.events, remarks))
    if choose:
        taken = _chosen(groups, choose, remarks)
    elif is_one_meeting(groups):
        taken = [found for group in groups for found in group.events]
    else:
        return Plan(choices=_choices(groups), remarks=_few(remarks))
    return _made(taken, Timetable(clocks, remarks), today)


def _few(remarks: list[Remark]) -> tuple[Remark, ...]:
    """The first remarks, and how many more there are."""
    more = len(remarks) - MOST_REMARKS
    return (*remarks[:MOST_REMARKS], Remark("more", {"remarks": more})) if more > 0 else tuple(remarks)


def _need_a_call(calendar: Calendar) -> None:
    """Refuse what calls nobody: answers, cancellations, files without an event."""
    answers = sorted(calendar.methods & _ANSWERS)
    need(not answers, "ics.is_an_answer", method=", ".join(answers))
    need("CANCEL" not in calendar.methods, "ics.is_a_cancellation")
    need(calendar.events, "ics.no_event")


def _choices(groups: list[Group]) -> tuple[Choice, ...]:
    need(len(groups) <= MOST_CHOICES, "ics.too_many_meetings", most=MOST_CHOICES)
    firsts = sorted(((group.first, len(group.events)) for group in groups), key=lambda row: row[0].starts.wall)
    return tuple(Choice(first.uid, first.title, first.starts.written, count) for first, count in firsts)


def _chosen(groups: list[Group], choose: Collection[str], remarks: list[Remark]) -> list[Found]:
    known = {found.uid for group in groups for found in group.events}
    for uid in choose:
        need(uid in known, "ics.no_such_event", uid=str(uid)[:80])
    taken: list[Found] = []
    for group in groups:
        if any(found.uid in choose for found in group.events):
            taken += group.events
        else:
            remarks += (found.remark("not_chosen", "left") for found in group.events)
    return taken


def _made(taken: list[Found], table: Timetable, today: date | None) -> Plan:
    """The plan of the one meeting that these events are."""
    for found in taken:
        need_no_bomb(found.part)
    series = None
    if is_series(taken):
        kept, series = _recurring(taken, table)
    else:
        taken = _live(taken, table.remarks)
        kept = _in_turn([span for found in taken for span in table.spans(found)], table.remarks)
    last = max((span.ends for span in kept), default=None)
    if last and today and not series and last.date() < today:
        table.remarks.append(Remark("past", {"ends": wall_text(last)}))
    # what the frame of a conference says comes before what its sessions say
    order = [found for found in taken if found.whole_days] + [span.found for span in kept]
    order = list(dict.fromkeys([*order, *taken]))
    _tell(order, table.remarks)
    return Plan(
        _one([found.title for found in order], "other_title", order, table.remarks),
        series.meets[:1] if series else tuple(span.session for span in kept),
        _one([room_of(found.part) for found in order], "other_room", order, table.remarks) or None,
        _one([_link(found, table.remarks) for found in order], "other_link", order, table.remarks) or None,
        _items(order, table.remarks),
        series,
        tuple(sorted(set(table.days))[:MOST_SESSIONS]),
        remarks=_few(table.remarks),
    )


def _live(found: list[Found], remarks: list[Remark]) -> list[Found]:
    """The events without those that are cancelled; when all are, they are taken, and it is said."""
    live = [each for each in found if not each.cancelled]
    gone = [each for each in found if each.cancelled]
    remarks += (each.remark("cancelled_left_out", "left") if live else each.remark("cancelled") for each in gone)
    remarks += (each.remark("rule_in_company") for each in live if each.recurs)
    return live or found


def _recurring(taken: list[Found], table: Timetable) -> tuple[list[Span], Series | None]:
    """The first session of a recurring event, and its series."""
    master = next(found for found in taken if found.recurs)
    exceptions = [found for found in taken if found is not master]
    if master.cancelled:
        table.remarks.append(master.remark("cancelled"))
    spans = table.spans(master)[:1]
    if not spans:
        table.remarks.extend(each.remark("exception_left_out", "left") for each in exceptions)
        return [], None
    table.remarks.append(_taken(spans[0]))
    return spans, read_series(spans[0], exceptions, table)


def _in_turn(spans: list[Span], remarks: list[Remark]) -> list[Span]:
    """The sessions in order of time, each after the one before: one meeting does not sit twice at once."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda row: row.moments):
        if len(kept) == MOST_SESSIONS:
            remarks.append(span.found.remark("too_many_sittings", "left", most=MOST_SESSIONS))
        elif kept and span.moments[0] < kept[-1].moments[1]:
            remarks.append(span.found.remark("overlaps", "left", starts=wall_text(span.starts), zone=span.zone))
        else:
            kept.append(span)
            remarks.append(_taken(span))
    return kept


def _taken(span: Span) -> Remark:
    facts = {"starts": wall_text(span.starts), "ends": wall_text(span.ends), "zone": span.zone}
    return span.found.remark("taken", "taken", **facts)


def _tell(order: list[Found], remarks: list[Remark]) -> None:
    """What is in the events and is not taken, whoever they are about."""
    for found in order:
        people = len(found.part.all("ATTENDEE"))
        if people:
            remarks.append(found.remark("people_left_out", people=people))
        if found.part.word("CLASS") in ("PRIVATE", "CONFIDENTIAL"):
            remarks.append(found.remark("private"))


def _one(values: list[str], code: str, order: list[Found], remarks: list[Remark]) -> str:
    """The first that says something; others that say something else are told, once each."""
    told = {"", next(filter(None, values), "")}
    for value, found in zip(values, order, strict=True):
        if value not in told:
            told.add(value)
            remarks.append(found.remark(code, given=value[:120]))
    return next(filter(None, values), "")


def _link(found: Found, remarks: list[Remark]) -> str:
    link, left = link_of(found.part)
    remarks += (found.remark("link_left_out", given=given) for given in left)
    return link or ""


def _items(order: list[Found], remarks: list[Remark]) -> tuple[str, ...]:
    """The items of all descriptions, each title once; how many other lines were not taken is told."""
    items: dict[str, str] = {}
    for found in order:
        lines = agenda(found.part.text_of("DESCRIPTION"))
        for item in lines.items:
            items.setdefault(item.casefold(), item)
        if lines.others:
            facts = {"lines": len(lines.others), "first": lines.others[0]}
            remarks.append(found.remark("text_left_out", **facts))
    return tuple(items.values())
