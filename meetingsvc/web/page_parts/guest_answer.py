"""An answer to an invitation, as a form or a file of it gives it: read, and written down.

Not here: judging an answer (invitations), the pages that ask for one (pages/guest, pages/calendar).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import request

from meetingsvc.core.kernel import need
from meetingsvc.web.auth import Identity
from meetingsvc.web.context import services, words
from meetingsvc.web.page_parts.form_fields import FormFields
from meetingsvc.web.page_parts.labels import ANSWERS, MODES

if TYPE_CHECKING:
    from meetingsvc.calendars.reading.replies import Reply


#: Bytes of a file that answers.
MOST_REPLY = 300_000


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer as a form gives it: what, from where, who instead, and a word about it."""

    answer: str
    mode: str | None
    substitute: str | None
    comment: str | None


def record_answer(sent: FormFields, meeting: str, contact: str, via: str) -> None:
    """Reads an answer from a form and writes it down; what is in the way is said at its field."""
    given = _read_answer(sent)
    with sent.at("answer"):
        if not sent.wrong:
            services().invitations.replies.answer(
                meeting,
                contact,
                given.answer,
                mode=given.mode,
                substitute=given.substitute,
                comment=given.comment,
                via=via,
                stamp=services().meetings.clock(),
                mark=answer_mark(meeting, contact, sent.get("once")[:40]),
            )


def _read_answer(sent: FormFields) -> GivenAnswer:
    say = words()
    found = sent.get("answer")
    with sent.at("answer"):
        need(found in ANSWERS, "people.answer_missing")
    substitute = sent.line("substitute", say.gettext("Who comes instead"))
    comment = sent.line("comment", say.gettext("A word to the secretariat"))
    return GivenAnswer(found, sent.one_of("mode", MODES) or None, substitute or None, comment or None)


def answer_mark(meeting: str, contact: str, once: str) -> str:
    """The mark of an answer given on a page: the same form sent twice is one answer."""
    return hashlib.sha256(f"{meeting}\0{contact}\0{once}".encode()).hexdigest()


def uploaded_replies(who: Identity) -> tuple[Reply, ...]:
    """The answers in the file that came with this form, read in the reader process."""
    file = request.files.get("file")
    data = file.read(MOST_REPLY + 1) if file else b""
    need(data, "reply.no_file")
    need(len(data) <= MOST_REPLY, "http.too_large")
    assert who.grant is not None
    return services().reader.replies(data, who.grant.id)
