"""The secretariat's page of people: a body's members, and the contacts that are invited to its meetings.

Not here: who is invited to which meeting (guest_list), what is a good address (invitations).
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from meetingsvc.config import LANGUAGES
from meetingsvc.core.commands.roster import CODE
from meetingsvc.core.kernel import Refused, need
from meetingsvc.core.schema import InvalidShape
from meetingsvc.environment import zones
from meetingsvc.imports import states
from meetingsvc.store import bodies as store
from meetingsvc.store import contacts as people
from meetingsvc.store.contacts import Contact, new_contact_id
from meetingsvc.web.access import existing_body
from meetingsvc.web.auth import Identity
from meetingsvc.web.context import services, words
from meetingsvc.web.errors import Problem
from meetingsvc.web.page_parts.form_fields import FormFields, sentence
from meetingsvc.web.page_parts.labels import MODES, PARTS, city_words, language_name, part_words
from meetingsvc.web.page_parts.navigation import setup_url
from meetingsvc.web.page_parts.page_access import secretariat_opens, secretariat_sends
from meetingsvc.web.page_parts.render import back_to, form_again, secretariat_page, see_other

if TYPE_CHECKING:
    from meetingsvc.store.bodies import Body

blueprint = Blueprint("contacts", __name__)

KINDS = ("individual", "group")
MEMBERS = ("member", "observer_state", "regional_org", "igo", "un_entity", "ngo", "nhri")
#: Permanent Mission <mission@example.org>, or the address alone. Whether it is a good one is not judged here.
#: Possessive, so that nothing is tried twice however long a line is.
_NAMED = re.compile(r'"?+(?P<name>[^<>"@]*+)"?+\s*+<(?P<address>[^<>\s]++)>')
_BARE = re.compile(r"(?P<name>)(?P<address>[^<>\s@]++@[^<>\s@]++)")
#: Lines that are taken at once.
MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class PastedLine:
    """What became of one line of a pasted list."""

    line: int
    text: str
    done: bool
    words: str


@blueprint.get("/setup/<body>/people")
def show(body: str) -> Response:
    """Members and contacts of a body."""
    found = existing_body(body)
    who = secretariat_opens(body, "people")
    if isinstance(who, Response):
        return who
    saved = {"saved": words().gettext("Saved."), "removed": words().gettext("Removed.")}
    return _page(found, who, notice=saved.get(request.args.get("done", ""), ""))


@blueprint.post("/setup/<body>/people")
def add(body: str) -> Response:
    """Add one contact, a pasted list, or members; or remove one."""
    found = existing_body(body)
    who = secretariat_sends(body, "people")
    do = request.form.get("do", "")
    sent = FormFields.sent()
    report: list[PastedLine] = []
    if do == "contact":
        _put(sent, found, None)
    elif do == "paste":
        report = _pasted(sent, found)
    elif do == "members":
        report = _members(sent, found)
    elif do == "remove_member":
        services().invitations.contacts.remove_member(found.id, sent.get("member"))
    else:
        raise Problem(400, "http.bad_request")
    if sent.wrong or report:
        answer = _page(found, who, sent, report)
        answer.status_code = 422 if sent.wrong else 200
        return answer
    return _back(found, who, "removed" if do == "remove_member" else "saved")


@blueprint.get("/setup/<body>/people/<contact>")
def edit(body: str, contact: str) -> Response:
    """One contact."""
    found = existing_body(body)
    who = secretariat_opens(body, "people")
    if isinstance(who, Response):
        return who
    row = _contact(found, contact)
    if row.removed_at is not None:
        return see_other(_erasing(row, who))
    done = {"feed": words().gettext("The address was revoked. Calendars that use it find nothing any more.")}
    return _contact_page(found, who, _fields(row), contact, done.get(request.args.get("done", ""), ""))


@blueprint.post("/setup/<body>/people/<contact>")
def change(body: str, contact: str) -> Response:
    """Save what was changed of a contact, remove it, or take back the address of a calendar it subscribes to."""
    found = existing_body(body)
    who = secretariat_sends(body, "people")
    row = _contact(found, contact)
    if row.removed_at is not None:  # in another window
        return see_other(_erasing(row, who))
    if request.form.get("do") == "remove":
        services().invitations.contacts.remove_contact(row.id)
        return _back(found, who, "removed")
    sent = FormFields.sent()
    if request.form.get("do") == "feed":
        services().invitations.calendar_files.revoke_feed(row.id, sent.get("feed"))
        return _back(found, who, "feed", f"people/{row.id}")
    _put(sent, found, row)
    if sent.wrong:
        return form_again(_contact_page(found, who, sent, contact))
    return _back(found, who, "saved")


def _back(body: Body, who: Identity, done: str, page: str = "people") -> Response:
    back = setup_url(body.id, page, who.number)
    return back_to(back, done)


def _contact(body: Body, id: str) -> Contact:
    found = (
        services().meetings.database.read(lambda c: people.contact(c, id)) if re.fullmatch("[0-9a-f]{16}", id) else None
    )
    if found is None or found.body != body.id:
        raise Problem(404, "http.not_found")
    return found


def _erasing(row: Contact, who: Identity) -> str:
    """Where all that stands of a contact is looked at, and erased; of one that was removed there is no other page."""
    return setup_url(str(row.body), f"people/{row.id}/erase", who.number)


def _fields(row: Contact) -> FormFields:
    names = ("name", "address", "code", "language", "zone", "part", "kind", "mode")
    return FormFields({name: getattr(row, name) or "" for name in names})


def _put(sent: FormFields, body: Body, row: Contact | None) -> None:
    """One contact from the form; what is wrong is said at its field and nothing is saved."""
    say = words()
    wanted = replace(
        row or Contact(new_contact_id(), "", body.languages[0], body.id),
        name=sent.line("name", say.gettext("Name")),
        address=sent.line("address", say.gettext("Address")) or None,
        code=sent.get("code").strip().upper() or None,
        language=sent.get("language") if sent.get("language") in LANGUAGES else body.languages[0],
        zone=sent.zone("zone", optional=True) or None,
        part=sent.one_of("part", PARTS),
        kind=sent.one_of("kind", KINDS),
        mode=sent.one_of("mode", MODES) or None,
    )
    with sent.at("name"):
        need(wanted.name or "name" in sent.wrong, "people.name_needed")
    with sent.at("code"):
        need(not wanted.code or CODE.fullmatch(wanted.code), "roster.code_unreadable", given=(wanted.code or "")[:20])
    with sent.at("address"):
        if not sent.wrong:
            services().invitations.contacts.put_contact(wanted)


# ------------------------------------------------------------------------------------------------------ pasted lists


def _pasted(sent: FormFields, body: Body) -> list[PastedLine]:
    """Lines such as: Permanent Mission <mission@example.org>, KEN, fr. What is not taken stays in the box."""
    report, left = [], []
    known = {(row.address or "").lower() for row in services().invitations.contacts.contacts_of(body.id)}
    for number, text in _lines(sent, "lines"):
        try:
            row = _read_line(text, body)
            need((row.address or "").lower() not in known or not row.address, "setup.address_there", given=row.address)
            services().invitations.contacts.put_contact(row)
        except (Refused, InvalidShape) as error:
            left.append(text)
            report.append(PastedLine(number, text, False, sentence(error, words().gettext("Name"))))
            continue
        time.sleep(0)  # each is a transaction: whoever waits goes first
        known.add((row.address or "").lower())
        shown = words().gettext("{name} was added, in {language}.", name=row.name, language=language_name(row.language))
        if not row.address:
            shown = words().gettext("{name} was added without an address: file and link only.", name=row.name)
        report.append(PastedLine(number, text, True, shown))
    sent.values["lines"] = "\n".join(left)
    return report


def _lines(sent: FormFields, name: str) -> list[tuple[int, str]]:
    found = [(n, text.strip()) for n, text in enumerate(sent.get(name).splitlines(), 1) if text.strip()]
    with sent.at(name):
        need(found, "setup.no_lines")
        need(len(found) <= MOST_LINES, "setup.too_many_lines", most=MOST_LINES)
    return [] if name in sent.wrong else found


def _read_line(text: str, body: Body) -> Contact:
    """A name, an address in angle brackets, and in any order a State's code, a language, a time zone."""
    head, *rest = [part.strip() for part in text.split(",")]
    found = _NAMED.fullmatch(head) or _BARE.fullmatch(head)
    if found is None and re.search("[<>@]", head):
        raise Refused("people.address_unreadable", given=head[:80])
    name, address = (found["name"].strip(), found["address"]) if found else (head, "")
    row = Contact(new_contact_id(), "", body.languages[0], body.id, kind="group")
    fields = FormFields({"name": name or address})
    row = replace(row, name=fields.line("name", words().gettext("Name")), address=address or None)
    need(row.name and not fields.wrong, "people.name_needed")
    for part in rest:
        if part.upper() in states.all_states() or (CODE.fullmatch(part) and len(part) == 3):
            row = replace(row, code=part.upper())
        elif part.lower() in LANGUAGES:
            row = replace(row, language=part.lower())
        elif part in zones():
            row = replace(row, zone=part)
        elif "@" in part and not row.address:
            row = replace(row, address=part.strip("<> "))
        elif part:
            raise Refused("setup.part_unreadable", given=part[:60])
    return row


def _members(sent: FormFields, body: Body) -> list[PastedLine]:
    """Codes of States, or names of organizations, one on each line; all are of the kind that was chosen."""
    say, report, rows = words(), [], list[tuple[str, str | None, str | None]]()
    there = services().meetings.database.read(lambda c: store.members_of(c, body.id))
    known = {row.code or row.name for row in there}
    kind = sent.one_of("member_kind", MEMBERS)
    for number, part in _codes(sent):
        code = part.strip().upper() if part.strip().upper() in states.all_states() else None
        name = None if code else FormFields({"name": part}).line("name", say.gettext("Name"))
        if not code and not name:
            report.append(PastedLine(number, part, False, say.refusal("people.name_needed", {})))
        elif (code or name) in known:
            report.append(PastedLine(number, part, False, say.gettext("Is a member already.")))
        else:
            known.add(code or name)
            rows.append((kind, code, name))
            shown = say.state(code) if code else name
            report.append(PastedLine(number, part, True, say.gettext("{name} was added.", name=shown)))
    if rows:
        services().invitations.contacts.add_members(body.id, rows)
        sent.values["members"] = ""
    return report


def _codes(sent: FormFields) -> list[tuple[int, str]]:
    """(line, name or code): several codes may stand on one line."""
    found = []
    for number, text in _lines(sent, "members"):
        parts = text.split(",") if re.fullmatch(r"[A-Za-z]{3}(\s*,\s*[A-Za-z]{3})*", text) else [text]
        found += [(number, part) for part in parts]
    with sent.at("members"):
        need(len(found) <= MOST_LINES, "setup.too_many_lines", most=MOST_LINES)
    return [] if "members" in sent.wrong else found


# ------------------------------------------------------------------------------------------------------------- pages


def _page(
    body: Body, who: Identity, sent: FormFields | None = None, report: list[PastedLine] | None = None, notice: str = ""
) -> Response:
    say = words()
    rows = services().invitations.contacts.contacts_of(body.id)
    members = services().meetings.database.read(lambda c: store.members_of(c, body.id))
    removed = services().meetings.database.read(lambda c: people.removed_of(c, body.id))
    shown = [
        {
            "id": row.id,
            "name": row.name,
            "address": row.address,
            "language": language_name(row.language),
            "state": say.state(row.code) if row.code else "",
            "zone": city_words(row.zone) if row.zone else "",
            "part": part_words(row.part),
            "url": setup_url(body.id, f"people/{row.id}", who.number),
        }
        for row in rows
    ]
    named = [(row.id, row.name or say.state(row.code or ""), say.gettext(f"kind.{row.kind}")) for row in members]
    default = FormFields({"language": body.languages[0], "part": "member", "kind": "group"})
    return secretariat_page(
        "contacts/contacts.html",
        body,
        who,
        "people",
        fields=sent or default,
        report=report or [],
        notice=notice,
        contacts=shown,
        removed=[(row.name, _erasing(row, who)) for row in removed],
        members=sorted(named, key=lambda row: row[1].casefold()),
        **_choices(),
    )


def _contact_page(body: Body, who: Identity, sent: FormFields, contact: str, notice: str = "") -> Response:
    rows = _subscribed(contact, body.zone)
    page, erasing = f"people/{contact}", setup_url(body.id, f"people/{contact}/erase", who.number)
    return secretariat_page(
        "contacts/contact.html",
        body,
        who,
        page,
        fields=sent,
        feeds=rows,
        erasing=erasing,
        notice=notice,
        **_choices(),
    )


def _subscribed(contact: str, zone: str) -> list[dict[str, str]]:
    """The calendar addresses of a contact: what each shows, behind which link it was made, when it was fetched."""
    say, ours, rows = words(), services(), []

    def moment(at: int) -> str:
        return say.gettext("{day}, {time}", day=say.day(at, zone), time=say.time(at, zone))

    for feed, fetch in ours.invitations.calendar_files.subscribed(contact):
        link = ours.links.get(feed.grant or "")
        row = ours.meetings.meeting_row(link.meeting) if link else None
        assert link is not None and row is not None, "a calendar that lives has its link"
        role = say.gettext(f"role.{link.role}")
        fetched = say.gettext("Fetched {moment}", moment=moment(fetch.last_at)) if fetch else ""
        rows.append(
            {
                "id": feed.id,
                "made": say.gettext("made {moment}", moment=moment(feed.made_at)),
                "what": say.text(row.title) if feed.meeting else say.gettext("All meetings this contact is invited to"),
                "behind": say.gettext("behind the link to {meeting} ({role})", meeting=say.text(row.title), role=role),
                "fetched": fetched or say.gettext("Subscribed, not fetched yet"),
                "agent": fetch.agent[:60] if fetch else "",
            }
        )
    return rows


def _choices() -> dict[str, object]:
    say = words()
    return {
        "languages": [(lang, language_name(lang)) for lang in LANGUAGES],
        "parts": [(part, part_words(part)) for part in PARTS],
        "kinds": [
            ("group", say.gettext("An office that several people read")),
            ("individual", say.gettext("A person")),
        ],
        "modes": [
            ("", say.gettext("Not known")),
            ("in_room", say.gettext("In the room")),
            ("remote", say.gettext("Remote")),
        ],
        "member_kinds": [(kind, say.gettext(f"kind.{kind}")) for kind in MEMBERS],
        "zones": sorted(zones()),
    }
