"""The secretariat erases a contact for good: first a look at exactly what will be gone, then the press that does it.

By the body's own link only. Works for a contact that is there, and for one that was removed. Not here: changing and
removing one (contacts), words and people of a meeting (erasing), what is erased (invitations).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from meetingsvc.invitations.rsvp import standing
from meetingsvc.store import contacts as people
from meetingsvc.web.access import existing_body
from meetingsvc.web.auth import Identity
from meetingsvc.web.context import services, words
from meetingsvc.web.errors import Problem
from meetingsvc.web.page_parts.form_fields import FormFields
from meetingsvc.web.page_parts.guest_words import standing_words
from meetingsvc.web.page_parts.labels import answer_words, city_words, language_name, mode_words, part_words
from meetingsvc.web.page_parts.navigation import setup_url
from meetingsvc.web.page_parts.page_access import secretariat_opens, secretariat_sends
from meetingsvc.web.page_parts.render import back_to, form_again, secretariat_page
from meetingsvc.web.page_parts.shown_times import moment_words

if TYPE_CHECKING:
    from meetingsvc.store.bodies import Body
    from meetingsvc.store.contacts import Contact, Invitation, ReplyRow
    from meetingsvc.store.deliveries import Told
    from meetingsvc.store.feeds import Feed, Fetch

blueprint = Blueprint("contact_erasing", __name__)


@blueprint.get("/setup/<body>/people/<contact>/erase")
def show(body: str, contact: str) -> Response:
    """All that stands of a contact, before it is erased; afterwards, that it was."""
    found = existing_body(body)
    who = secretariat_opens(body, "people")
    if isinstance(who, Response):
        return who
    return _page(found, who, _contact(found, contact), FormFields())


@blueprint.post("/setup/<body>/people/<contact>/erase")
def submit(body: str, contact: str) -> Response:
    """Erase a contact, or remove it first, so that it is told."""
    found = existing_body(body)
    who = secretariat_sends(body, "people")
    row, sent, do = _contact(found, contact), FormFields(), request.form.get("do", "")
    if do == "erase" and not row.erased and request.form.get("read") != "1":  # browsers ask for the tick as well
        return form_again(_page(found, who, row, sent))
    if do == "erase":
        with sent.at("erase"):
            services().invitations.contacts.erase_contact(row.id)
    elif do != "remove":
        raise Problem(400, "http.bad_request")
    elif row.removed_at is None:
        services().invitations.contacts.remove_contact(row.id)
    if sent.wrong:
        return form_again(_page(found, who, row, sent))
    return back_to(setup_url(body, f"people/{row.id}/erase", who.number), do)


def _contact(body: Body, id: str) -> Contact:
    """A contact of this body, whether it is there, was removed, or erased."""
    read = services().meetings.database.read
    found = read(lambda c: people.contact(c, id)) if re.fullmatch("[0-9a-f]{16}", id) else None
    if found is None or found.body != body.id:
        raise Problem(404, "http.not_found")
    return found


# --------------------------------------------------------------------------------------------------------------- page


def _page(body: Body, who: Identity, row: Contact, fields: FormFields) -> Response:
    say, page = words(), f"people/{row.id}/erase"
    back = setup_url(body.id, "people" if row.removed_at else f"people/{row.id}", who.number)
    if row.erased:
        again = request.args.get("done") != "erase"
        erased = say.gettext("Erased {moment}", moment=moment_words(row.changed_at, body.zone))
        return secretariat_page(
            "contact_erasing/erased_contact.html", body, who, page, back=back, erased=erased, again=again
        )
    found = services().invitations.contacts.traces(row.id)
    return secretariat_page(
        "contact_erasing/look_at_contact.html",
        body,
        who,
        page,
        fields=fields,
        back=back,
        removed=row.removed_at is not None,
        notice=say.gettext("Removed.") if request.args.get("done") == "remove" else "",
        traces=found,
        about=_about(row),
        answers=[_answer(each) for each in found.invitations],
        replies=[_reply(each, body.zone) for each in found.replies],
        feeds=[_feed(*each, body.zone) for each in found.feeds],
        coming=[_coming(each) for each in found.coming],
        naming=[_named_by(each) for each in found.naming],
    )


def _about(row: Contact) -> str:
    """What is known of it besides name and address."""
    say = words()
    known = [
        say.state(row.code) if row.code else "",
        part_words(row.part),
        language_name(row.language),
        city_words(row.zone) if row.zone else "",
        mode_words(row.mode),
    ]
    return " · ".join(filter(None, known))


def _answer(row: Invitation) -> dict[str, str]:
    """An invitation: the words that will be gone, and the answer that is counted."""
    say, about = words(), services().meetings.meeting_row(row.meeting)
    instead = say.gettext("Instead: {name}", name=row.substitute) if row.substitute else ""
    return {
        "meeting": say.text(about.title) if about else row.meeting,
        "answer": standing_words(standing(row, about)) if about else answer_words(row.answer),
        "words": " · ".join(filter(None, (instead, row.comment))),
    }


def _reply(row: ReplyRow, zone: str) -> list[str]:
    """A reply as it came in, part by part: each may be written the other way."""
    said = (moment_words(row.at, zone), row.sender, answer_words(row.answer or "none"), row.substitute, row.comment)
    return [part for part in said if part]


def _feed(feed: Feed, fetch: Fetch | None, zone: str) -> list[str]:
    """A calendar address, and what fetched it last."""
    say = words()
    made = say.gettext("made {moment}", moment=moment_words(feed.made_at, zone))
    last = (
        (say.gettext("Fetched {moment}", moment=moment_words(fetch.last_at, zone)), fetch.agent[:60]) if fetch else ()
    )
    return [part for part in (made, *last) if part]


def _coming(told: Told) -> list[str]:
    return [told.title, moment_words(told.starts_at, told.zone)]


def _named_by(row: Invitation) -> dict[str, str]:
    """An answer of somebody else that holds the name, and where it stands."""
    about = services().meetings.meeting_row(row.meeting)
    return {"name": row.contact.name, "meeting": words().text(about.title) if about else row.meeting}
