"""What the secretary erases of a meeting: words of its notes, names of its people; or corrects of a name.

First a look at exactly what will be gone, then the press that cannot be taken back. Works in a closed meeting too. Not
here: what there is to erase (page_parts/erasable), contacts and their addresses (contacts, guest_list).
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from meetingsvc.core.commands import Command
from meetingsvc.core.commands.record import Redact
from meetingsvc.core.commands.roster import ChangePerson, ErasePerson
from meetingsvc.core.kernel import Entry
from meetingsvc.meeting_cache import LoadedMeeting
from meetingsvc.web.access import existing_meeting
from meetingsvc.web.auth import FormTokens, Identity, form_sender
from meetingsvc.web.context import form_mark, services, words
from meetingsvc.web.errors import Problem
from meetingsvc.web.page_parts.erasable import NamedPerson, WrittenText, called, persons_in, texts_in
from meetingsvc.web.page_parts.form_fields import FormFields
from meetingsvc.web.page_parts.navigation import ERASES, HOME, meeting_tabs, page_url, with_query
from meetingsvc.web.page_parts.page_access import who_opens
from meetingsvc.web.page_parts.render import SECRETARIAT_SHEETS, back_to, form_again, render_page
from meetingsvc.web.page_parts.shown_times import moment_words
from meetingsvc.web.refusals import delegation_name

blueprint = Blueprint("erasing", __name__)


@blueprint.get("/m/<meeting>/erase")
def show(meeting: str) -> Response:
    """All that can be erased; with ?entry= or ?person= what will be gone of one, before it is."""
    who = _opens(meeting)
    if isinstance(who, Response):
        return who
    if "entry" in request.args:
        return _look_at_words(meeting, who, _words(meeting, request.args["entry"]))
    if "person" in request.args:
        return _look_at_person(meeting, who, _person(meeting, request.args["person"]), FormFields())
    return _page(meeting, who)


@blueprint.post("/m/<meeting>/erase")
def submit(meeting: str) -> Response:
    """Erase words or a person, or correct a name."""
    who = form_sender(lambda: _opens(meeting))
    sent, do = FormFields.sent(), request.form.get("do", "")
    read = sent.get("read") == "1"  # what will be gone; browsers ask for the tick as well
    if do == "words":
        text = _words(meeting, sent.get("entry"))
        if not read:
            return form_again(_look_at_words(meeting, who, text))
        return _done(meeting, who, Redact(text.entry.seq), sent, do)
    person = _person(meeting, sent.get("person"))
    if do == "person" and read:
        return _done(meeting, who, ErasePerson(person.id), sent, do)
    if do == "person":
        return form_again(_look_at_person(meeting, who, person, sent))
    if do != "name":
        raise Problem(400, "http.bad_request")
    name, post = (sent.line(each, label) for each, label in _labels().items())
    if not sent.wrong:
        with sent.at("name"):
            return _done(meeting, who, ChangePerson(person.id, name, post), sent, do)
    return form_again(_look_at_person(meeting, who, person, sent))


def _labels() -> dict[str, str]:
    return {"name": words().gettext("Name"), "post": words().gettext("Function")}


def _opens(meeting: str) -> Identity | Response:
    return who_opens(existing_meeting(meeting), "erase", ERASES)


def _done(meeting: str, who: Identity, command: Command, sent: FormFields, do: str) -> Response:
    services().meetings.perform(meeting, who.actor, [command], sent.get("once")[:40] or None)
    return back_to(page_url(meeting, "erase", who.number), do)


def _words(meeting: str, given: str) -> WrittenText:
    for one in texts_in(services().meetings.remembered(meeting)):
        if str(one.entry.seq) == given:
            return one
    raise Problem(404, "http.not_found")


def _person(meeting: str, given: str) -> NamedPerson:
    for one in persons_in(services().meetings.remembered(meeting)):
        if one.id == given:
            return one
    raise Problem(404, "http.not_found")


# -------------------------------------------------------------------------------------------------------------- pages


def _rendered(template: str, meeting: str, who: Identity, **more: Any) -> Response:
    forms, say = FormTokens(), words()
    assert who.grant is not None
    answer = render_page(
        f"erasing/{template}.html",
        css=SECRETARIAT_SHEETS,
        title=say.text(services().meetings.history(meeting).state.meeting.title),
        once=form_mark(),
        token=forms.token(f"/m/{meeting}/erase"),
        action=page_url(meeting, "erase", who.number),
        back=page_url(meeting, HOME[who.grant.role], who.number),
        pages=meeting_tabs(meeting, who),
        **more,
    )
    return forms.keep(answer)


def _page(meeting: str, who: Identity) -> Response:
    say, kept = words(), services().meetings.remembered(meeting)
    here = page_url(meeting, "erase", who.number)
    done = {
        "words": say.gettext("The words are erased. No screen shows them any more, and no Undo brings them back."),
        "person": say.gettext(
            "The name is erased from lists and statements, and no Undo brings it back. "
            "Notes that hold it stay as they are."
        ),
        "name": say.gettext(
            "The name is corrected in lists and statements. Notes that hold the old one stay as they are."
        ),
    }
    notes = [
        {**_note(kept, one), "url": with_query(here, f"entry={one.entry.seq}")} for one in reversed(texts_in(kept))
    ]
    people = [
        {
            "called": called((one.name, one.post)),
            "former": one.former,
            "for": [_delegation(meeting, kept, id) for id in one.delegations],
            "erased": _erased(kept, one.erased),
            "url": with_query(here, f"person={one.id}"),
        }
        for one in persons_in(kept)
    ]
    notice = done.get(request.args.get("done", ""), "")
    return _rendered("erasing", meeting, who, notice=notice, notes=notes, people=people)


def _look_at_words(meeting: str, who: Identity, one: WrittenText) -> Response:
    kept = services().meetings.remembered(meeting)
    return _rendered("look_at_words", meeting, who, note=_note(kept, one))


def _look_at_person(meeting: str, who: Identity, one: NamedPerson, sent: FormFields) -> Response:
    """What stands of a person here, and where else the same name stands: that is not reached."""
    kept = services().meetings.remembered(meeting)
    here = page_url(meeting, "erase", who.number)
    noted = [each for each in texts_in(kept) if one.named_in(each.text)]
    labels = {grant.label for grant in services().links.of_meeting(meeting) if one.named_in(grant.label)}
    return _rendered(
        "look_at_person",
        meeting,
        who,
        person=one,
        called=called((one.name, one.post)),
        erased=_erased(kept, one.erased),
        delegations=[_delegation(meeting, kept, id) for id in one.delegations],
        notes=[(each.entry.seq, with_query(here, f"entry={each.entry.seq}")) for each in noted],
        labels=sorted(labels),
        contacts=_contacts(meeting, one),
        fields=FormFields({"name": one.name, "post": one.post, **sent.values}, sent.wrong),
        labelled=_labels(),
    )


def _contacts(meeting: str, person: NamedPerson) -> list[str]:
    """Contacts of the same name: nothing but the name says whether they are the same person."""
    invitations = services().invitations
    row = services().meetings.meeting_row(meeting)
    theirs = invitations.contacts.contacts_of(row.body_id) if row and row.body_id else []
    there = {each.id: each for each in (*theirs, *(each.contact for each in invitations.guest_list.on_list(meeting)))}
    return [called((each.name, each.address or "")) for each in there.values() if person.named_in(each.name)]


def _note(kept: LoadedMeeting, one: WrittenText) -> dict[str, Any]:
    return {
        "seq": one.entry.seq,
        "by": _by(kept, one.entry),
        "text": one.text,
        "stands": one.stands,
        "erased": _erased(kept, one.erased),
    }


def _erased(kept: LoadedMeeting, entry: Entry | None) -> str:
    return _by(kept, entry) if entry else ""


def _by(kept: LoadedMeeting, entry: Entry) -> str:
    """When, and in which role."""
    say, zone = words(), kept.history.state.meeting.zone
    return f"{moment_words(entry.at, zone)} · {say.gettext(f'role.{entry.role}')}"


def _delegation(meeting: str, kept: LoadedMeeting, id: int) -> str:
    """A guest without a delegation is called after the person, and that is said already."""
    row = kept.history.state.roster.delegations.get(id)
    return delegation_name(words(), meeting, row, staff=False) if row else words().gettext("A guest")
