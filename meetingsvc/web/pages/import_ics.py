"""A meeting from a calendar file of another system: upload, what becomes of all that is in it, then the filled-in form.

Nothing is saved here; the form of a new meeting does that. Not here: reading such files (calendars/reading).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from meetingsvc.calendars.local_time import utc_ms
from meetingsvc.core.kernel import need
from meetingsvc.environment import zones
from meetingsvc.web.access import existing_body
from meetingsvc.web.auth import FormTokens, Identity
from meetingsvc.web.context import form_mark, services, words
from meetingsvc.web.page_parts.form_fields import FormFields
from meetingsvc.web.page_parts.labels import recurrence_words
from meetingsvc.web.page_parts.navigation import setup_url
from meetingsvc.web.page_parts.page_access import secretariat_opens, secretariat_sends
from meetingsvc.web.page_parts.render import secretariat_page
from meetingsvc.web.page_parts.shown_times import session_words

if TYPE_CHECKING:
    from meetingsvc.calendars.reading.meeting_plan import Plan
    from meetingsvc.reader.jobs import Looked
    from meetingsvc.store.bodies import Body

blueprint = Blueprint("import_ics", __name__)

MOST_FILE = 1_000_000


@blueprint.get("/setup/<body>/import")
def show(body: str) -> Response:
    """A field for the file."""
    found = existing_body(body)
    who = secretariat_opens(body, "import")
    return who if isinstance(who, Response) else _page(found, who, FormFields({"zone": found.zone}))


@blueprint.post("/setup/<body>/import")
def submit(body: str) -> Response:
    """What is in the file."""
    found = existing_body(body)
    who = secretariat_sends(body, "import")
    sent = FormFields.sent()
    zone, seen = sent.zone("zone", optional=True), None
    with sent.at("file"):
        seen = _read_upload(sent, who, zone)
    answer = _page(found, who, sent, seen if not sent.wrong else None)
    answer.status_code = 422 if sent.wrong else 200
    return answer


def _read_upload(sent: FormFields, who: Identity, zone: str) -> Looked:
    """What is in the file, or in the one that travelled along; read and unpacked in the reader process."""
    file = request.files.get("file")
    data = file.read(MOST_FILE + 1) if file and file.filename else b""
    kept = b"" if data else sent.get("kept").encode("ascii", "replace")
    need(data or kept, "setup.no_file")
    need(len(data) <= MOST_FILE, "http.too_large")
    assert who.grant is not None
    today = datetime.fromtimestamp(services().meetings.clock() / 1000, UTC).date().isoformat()
    chosen = request.form.getlist("choose")
    return services().reader.look(
        data or kept, who.grant.id, kept=bool(kept), zone=zone or None, today=today, choose=chosen
    )


def _page(body: Body, who: Identity, sent: FormFields, seen: Looked | None = None) -> Response:
    found = seen.plan if seen else None
    choices = found.choices if found else ()
    forms = FormTokens()
    return secretariat_page(
        "import_ics/import_ics.html",
        body,
        who,
        "import",
        fields=sent,
        zones=sorted(zones()),
        choices=choices,
        kept=seen.kept if seen else "",
        plan=found if found and not choices else None,
        sessions=_sessions(found) if found else [],
        rule=_rule(found) if found else "",
        remarks=[(note.level, _remark(note.code, note.facts)) for note in found.remarks] if found else [],
        given=_given(found, body, sent) if found and not choices else {},
        schedule=setup_url(body.id, "schedule", who.number),
        schedule_token=forms.token(setup_url(body.id, "schedule")),
    )


def _rule(found: Plan) -> str:
    rule = found.series
    return recurrence_words(rule.freq, rule.interval, rule.count) if rule else ""


def _remark(code: str, facts: Any) -> str:
    return words().gettext(f"remark.{code}", **facts)


def _sessions(found: Plan) -> list[str]:
    rows = [
        {"zone": each.zone, "starts_at": utc_ms(each.starts, each.zone), "ends_at": utc_ms(each.ends, each.zone)}
        for each in found.sessions
    ]
    return [session_words(words(), row) for row in rows]


def _given(found: Plan, body: Body, sent: FormFields) -> dict[str, str]:
    """The form of a new meeting, filled in with what the file says; what was moved in a series is left out of it."""
    zone = found.sessions[0].zone if found.sessions else sent.get("zone") or body.zone
    given = {
        f"title_{body.languages[0]}": found.title,
        "zone": zone,
        "room": found.room or "",
        "link": found.link or "",
        "agenda": "\n".join(found.agenda),
        "once": form_mark(),
        "format": "hybrid" if found.link and found.room else "online" if found.link else "in_person",
    }
    rows = [(each.starts, each.ends) for each in found.sessions] or [(f"{day}T", f"{day}T") for day in found.days]
    for n, (starts, ends) in enumerate(rows):
        given |= {f"date_{n}": starts[:10], f"from_{n}": starts[11:], f"to_{n}": ends[11:]}
        if ends[:10] != starts[:10]:
            given[f"last_{n}"] = ends[:10]
    if found.series:
        out = [*found.series.skipped, *(each.was for each in found.series.moved)]
        given |= {
            "rhythm": found.series.freq,
            "every": str(found.series.interval),
            "count": str(found.series.count),
            "skipped": " ".join(sorted(day[:10] for day in out)),
        }
    return given
