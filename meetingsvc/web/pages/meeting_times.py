"""When and where a meeting sits, changed by chair or secretary: first a look at who will be told what, then the change.

Every change is a command of the core; after it there is a minute in which Undo keeps the mails from leaving. Not here:
scheduling a new meeting (schedule), who is invited (guest_list).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from meetingsvc.calendars.local_time import city
from meetingsvc.core.commands import Command
from meetingsvc.core.commands.meeting.acts import Cancel
from meetingsvc.core.commands.meeting.schedule import Retitle
from meetingsvc.core.commands.meeting.sessions import DropSession, PlanSession, Reschedule, SetWaysIn
from meetingsvc.core.commands.record import Undo
from meetingsvc.core.kernel import need
from meetingsvc.core.meeting import MOST_SESSIONS
from meetingsvc.core.record import told
from meetingsvc.core.schema import read
from meetingsvc.environment import zones
from meetingsvc.web.auth import FormTokens, Identity
from meetingsvc.web.context import form_mark, services, words
from meetingsvc.web.errors import Problem
from meetingsvc.web.page_parts.form_fields import FormFields
from meetingsvc.web.page_parts.labels import language_name, notice_words, tally_words, way_in_words
from meetingsvc.web.page_parts.navigation import HOME, meeting_tabs, page_url
from meetingsvc.web.page_parts.page_access import staff_opens, staff_sends
from meetingsvc.web.page_parts.render import SECRETARIAT_SHEETS, back_to, form_again, render_page
from meetingsvc.web.page_parts.schedule_form import KINDS, MOST_WAYS, read_session, read_ways_in
from meetingsvc.web.page_parts.shown_times import session_words, times_in_places
from meetingsvc.web.refusals import in_words

if TYPE_CHECKING:
    from meetingsvc.core.state import MeetingState
    from meetingsvc.store.meeting_index import MeetingRow

blueprint = Blueprint("meeting_times", __name__)

#: Acts after which this page offers Undo.
UNDONE_HERE = frozenset(
    "meeting." + name
    for name in ("rescheduled", "session_planned", "session_dropped", "channels_set", "retitled", "cancelled")
)


@dataclass(frozen=True, slots=True)
class Change:
    """A change that was asked for: the command, and in words what it does: (what, before, after)."""

    command: Command
    lines: list[tuple[str, str, str]]


@blueprint.get("/m/<meeting>/times")
def show(meeting: str) -> Response:
    """The times as they are, with a form for each change."""
    who = staff_opens(meeting, "times")
    return who if isinstance(who, Response) else _page(meeting, who, _current_fields(meeting))


@blueprint.post("/m/<meeting>/times")
def submit(meeting: str) -> Response:
    """Show what a change would do; or, when that was seen, do it."""
    who = staff_sends(meeting, "times")
    sent, do = FormFields.sent(), request.form.get("do", "")
    if do == "undo":
        return _undo(meeting, who)
    if do == "way":
        there = sent.numbers("way_address_", MOST_WAYS)
        sent.values[f"way_address_{max(there, default=-1) + 1}"] = ""
        return _page(meeting, who, _current_fields(meeting, sent))
    if do not in CHANGES:
        raise Problem(400, "http.bad_request")
    m = services().meetings.history(meeting).state
    asked = CHANGES[do](sent, m)
    rows: list[Any] = []
    with sent.at(_field_of_refusal(do, sent)):
        if asked is not None:
            after = services().invitations.planner.appointment_if(meeting, [asked.command], who.actor)
            rows = services().invitations.planner.preview(meeting, after)
    if asked is None or sent.wrong:
        return form_again(_page(meeting, who, _current_fields(meeting, sent)))
    if request.form.get("sure") != "1":
        return _confirm(meeting, who, do, sent, asked, rows)
    services().meetings.perform(meeting, who.actor, [asked.command], sent.get("once")[:40] or None)
    return back_to(page_url(meeting, "times", who.number), "1")


def _undo(meeting: str, who: Identity) -> Response:
    batch = request.form.get("batch", "")
    if not (batch.isascii() and batch.isdigit() and len(batch) < 10):
        raise Problem(400, "http.bad_request")
    services().meetings.perform(meeting, who.actor, [Undo(int(batch))])
    return back_to(page_url(meeting, "times", who.number), "undone")


# --------------------------------------------------------------------------------------------- what may be asked for


def _session(sent: FormFields, m: MeetingState) -> Any:
    given = sent.get("session")
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    if number not in m.meeting.sessions:
        raise Problem(404, "meeting.no_such_session", session=number)
    return m.meeting.sessions[number]


def _move(sent: FormFields, m: MeetingState) -> Change | None:
    was = _session(sent, m)
    name = f"move_{was.id}"
    zone = sent.zone("zone")
    if "zone" in sent.wrong:
        sent.wrong[name] = sent.wrong.pop("zone")
    row = read_session(sent, name, zone, *(sent.get(each).strip() for each in ("date", "from", "to", "last")))
    if row is None or sent.wrong:
        return None
    command = Reschedule(was.id, row["starts"], row["ends"], zone)
    return Change(command, [(words().gettext("Time"), _when(was), session_words(words(), row))])


def _plan(sent: FormFields, m: MeetingState) -> Change | None:
    zone = sent.zone("zone")
    if "zone" in sent.wrong:
        sent.wrong["plan"] = sent.wrong.pop("zone")
    row = read_session(sent, "plan", zone, *(sent.get(each).strip() for each in ("date", "from", "to", "last")))
    if row is None or sent.wrong:
        return None
    command = PlanSession(row["starts"], row["ends"], zone)
    return Change(command, [(words().gettext("One more session"), "", session_words(words(), row))])


def _drop(sent: FormFields, m: MeetingState) -> Change:
    was = _session(sent, m)
    return Change(DropSession(was.id), [(words().gettext("Session dropped"), _when(was), "")])


def _place(sent: FormFields, m: MeetingState) -> Change | None:
    """Room and link are the meeting's; they are changed with one of its sessions, whose times stay."""
    say = words()
    room, link = sent.line("room", say.gettext("Room")), sent.line("link", say.gettext("Join link"))
    ahead = [row for row in m.meeting.sessions.values() if row.ended_at is None]
    with sent.at("place"):
        need(ahead, "meeting.session_over")
    if sent.wrong:
        return None
    row = min(ahead, key=lambda each: (each.starts_at, each.id))
    lines = [
        (say.gettext("Room"), m.meeting.room or "", room),
        (say.gettext("Join link"), m.meeting.shown_link or "", link),
    ]
    command = Reschedule(row.id, row.starts, row.ends, row.zone, room, link)
    return Change(command, [line for line in lines if line[1] != line[2]])


def _ways_in(sent: FormFields, m: MeetingState) -> Change | None:
    made = read_ways_in(sent)
    if sent.wrong:
        return None
    command = read(SetWaysIn, {"channels": made})
    old = [_way(way.kind, way.label, way.address) for way in m.meeting.shown_ways_in]
    new = [_way(way.kind, way.label, way.address) for way in command.channels]
    return Change(command, [(words().gettext("Further ways in"), "\n".join(old), "\n".join(new))])


def _way(kind: str, label: str, address: str) -> str:
    return " · ".join(filter(None, (way_in_words(kind), label, address)))


def _title(sent: FormFields, m: MeetingState) -> Change | None:
    say = words()
    title = {lang: sent.line(f"title_{lang}", say.gettext("Title")) for lang in m.meeting.languages}
    if sent.wrong:
        return None
    given = {lang: text for lang, text in title.items() if text}
    lines = [(language_name(lang), m.meeting.title.get(lang, ""), text) for lang, text in title.items()]
    return Change(Retitle(given), [line for line in lines if line[1] != line[2]])


def _cancel(sent: FormFields, m: MeetingState) -> Change:
    say = words()
    return Change(Cancel(), [(say.gettext("The meeting"), say.text(m.meeting.title), say.gettext("is cancelled"))])


CHANGES: dict[str, Callable[[FormFields, Any], Change | None]] = {
    "move": _move,
    "plan": _plan,
    "drop": _drop,
    "place": _place,
    "channels": _ways_in,
    "title": _title,
    "cancel": _cancel,
}


def _field_of_refusal(do: str, sent: FormFields) -> str:
    """The field at which a refusal of the core is said."""
    if do in ("move", "drop"):
        return f"move_{sent.get('session')[:9]}"
    return do


def _when(session: Any) -> str:
    row = {"starts_at": session.starts_at, "ends_at": session.ends_at, "zone": session.zone}
    return session_words(words(), row)


# -------------------------------------------------------------------------------------------------------------- pages


def _confirm(meeting: str, who: Identity, do: str, sent: FormFields, asked: Change, rows: list[Any]) -> Response:
    forms, say = FormTokens(), words()
    sent.values["once"] = sent.get("once") or form_mark()
    row = services().meetings.meeting_row(meeting)
    assert row is not None
    mailed = sum(row.what in ("update", "cancellation", "invitation") for row in rows)
    answer = render_page(
        "meeting_times/change_preview.html",
        css=SECRETARIAT_SHEETS,
        title=say.text(row.title),
        do=do,
        fields=sent,
        lines=asked.lines,
        mailed=mailed,
        tally=tally_words(rows, changing=True),
        rows=rows,
        notice_words=notice_words,
        grace=services().config.grace_s,
        can_mail=bool(services().config.smtp_url),
        token=forms.token(f"/m/{meeting}/times"),
        action=page_url(meeting, "times", who.number),
    )
    return forms.keep(answer)


def _current_fields(meeting: str, sent: FormFields | None = None) -> FormFields:
    """The forms as they stand, with what was typed on top."""
    m = services().meetings.history(meeting).state.meeting
    values = {
        "room": m.room or "",
        "link": m.shown_link or "",
        **{f"title_{lang}": text for lang, text in m.title.items()},
    }
    if sent is None or not any(name.startswith("way_") for name in sent.values):
        for n, way in enumerate(m.shown_ways_in):
            values |= {f"way_kind_{n}": way.kind, f"way_address_{n}": way.address, f"way_label_{n}": way.label}
            values[f"way_language_{n}"] = way.language or ""
    return FormFields({**values, **(sent.values if sent else {})}, sent.wrong if sent else {})


def _page(meeting: str, who: Identity, fields: FormFields) -> Response:
    forms, say = FormTokens(), words()
    m, row = services().meetings.history(meeting).state, services().meetings.meeting_row(meeting)
    assert row is not None and who.grant is not None
    sessions = [
        {
            "id": each.id,
            "when": _when(each),
            "zone": each.zone,
            "date": each.starts[:10],
            "from": each.starts[11:],
            "to": each.ends[11:],
            "last": each.ends[:10] if each.ends[:10] != each.starts[:10] else "",
            "begun": each.began_at is not None,
            "over": each.ended_at is not None,
            "places": times_in_places(say, {"starts_at": each.starts_at, "ends_at": each.ends_at, "zone": each.zone}),
        }
        for each in sorted(m.meeting.sessions.values(), key=lambda each: (each.starts_at, each.id))
    ]
    answer = render_page(
        "meeting_times/meeting_times.html",
        css=SECRETARIAT_SHEETS,
        title=say.text(m.meeting.title),
        state=say.gettext(f"state.{m.meeting.state}"),
        cancelled=m.meeting.state == "cancelled",
        closed=m.meeting.state == "closed",
        sequence=row.sequence,
        sessions=sessions,
        dropped=[_when(each) for each in m.meeting.dropped.values()],
        fields=fields,
        languages=[(lang, language_name(lang)) for lang in m.meeting.languages],
        zones=sorted(zones()),
        zone=m.meeting.zone,
        town=city(m.meeting.zone, say),
        full=len(sessions) >= MOST_SESSIONS,
        ways=fields.numbers("way_address_", MOST_WAYS),
        kinds=[(kind, way_in_words(kind)) for kind in KINDS],
        may_cancel=m.meeting.state in ("scheduled", "adjourned"),
        last=_last_act(meeting, m, row),
        once=form_mark(),
        token=forms.token(f"/m/{meeting}/times"),
        action=page_url(meeting, "times", who.number),
        back=page_url(meeting, HOME[who.grant.role], who.number),
        done=request.args.get("done", ""),
        pages=meeting_tabs(meeting, who),
    )
    return forms.keep(answer)


def _last_act(meeting: str, m: MeetingState, row: MeetingRow) -> dict[str, Any] | None:
    """The last act, if it is one of this page and can be taken back; until when no mail has left about it."""
    if not m.record.done or m.record.done[-1].code not in UNDONE_HERE:
        return None
    act, say = m.record.done[-1], words()
    leaves = row.changed_at + round(services().config.grace_s * 1000)
    invited = any(each.invited_at for each in services().invitations.guest_list.on_list(meeting))
    return {
        "batch": act.batch,
        "said": say.said(act.code, in_words(say, meeting, True, told(act.event))),
        "waits": leaves > services().meetings.clock() and invited and act.code != "meeting.retitled",
        "leaves": say.time(leaves, m.meeting.zone),
    }
