"""GET /api/v1/meetings/<id>/…: what programs and open pages read of one meeting (state, lists, record, log, time).

All are views of one folded meeting for one audience; what an audience may not see is left out in views, not
here. Not here: pages, and anything that changes a meeting.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request

from meetingsvc.core.schema import InvalidShape
from meetingsvc.store.event_log.chain import uid_of
from meetingsvc.store.jcs import parse
from meetingsvc.views.view import rows_of, said
from meetingsvc.views.visibility import sees
from meetingsvc.web.access import audience, existing_meeting, is_staff, who_looks
from meetingsvc.web.context import services, words
from meetingsvc.web.errors import Problem
from meetingsvc.web.page_cache import cached_answer, cached_value
from meetingsvc.web.refusals import in_words

if TYPE_CHECKING:
    from meetingsvc.core.history import History
    from meetingsvc.web.auth import Identity

blueprint = Blueprint("state", __name__)

#: Seconds for which what comes next is waited for at most: proxies give up on silence after thirty or sixty.
WAIT_MOST = 25
LAST = 20
LAST_MOST = 50
ROWS_MOST = 500
PIECE = 100


@blueprint.get("/api/v1/meetings/<meeting>/state")
def state(meeting: str) -> Response:
    """The view of an audience at the log's head; its bytes are made and compressed once per audience and seq.

    Whoever has one and says where it stands (?seq=&epoch=&chain=) gets what came after, and may wait for it (&wait=).
    """
    who = who_looks(existing_meeting(meeting))
    desired = audience(who)
    answer = Response(mimetype="application/json")
    answer.vary.update(("Accept-Encoding", "Cookie", "Authorization", "Grant"))
    if ("seq" in request.args or "wait" in request.args) and _missed(answer, who, meeting, desired):
        return answer
    broadcasters = services().broadcasters
    made = broadcasters.encoded(meeting, desired)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        answer.headers["Content-Encoding"] = "gzip"
        answer.set_data(made.gzip(broadcasters.now(meeting)))
    else:
        answer.set_data(made.json(broadcasters.now(meeting)))
    return answer


def _missed(answer: Response, who: Identity, meeting: str, desired: str) -> bool:
    """What came after the seq that was asked for, as followers are told it, or 204 when nothing did. False where the
    whole state must be told."""
    waits, seq = _number("wait", 0, WAIT_MOST), _number("seq", 0, 2**31 - 1)
    stands = seq, request.args.get("epoch", ""), request.args.get("chain", "")
    ask = services().missed
    assert ask is not None, "the live layer is attached by create_app"
    missed = ask(request.environ, who.grant, meeting, desired, stands, waits)
    if missed.changes is None:
        return False
    notice = services().broadcasters.notice(meeting, desired)
    if missed.changes or notice:
        answer.set_data(missed.json(**notice))
    else:
        answer.status_code = 204
    return True


@blueprint.get("/api/v1/meetings/<meeting>/lists/<int:number>")
def speakers_list(meeting: str, number: int) -> Response:
    """Who waits in one list and who was heard: also of lists whose rows the view does not carry."""
    who = who_looks(existing_meeting(meeting))
    desired = audience(who)
    here = services().meetings.remembered(meeting)
    m = here.history.state
    lst = m.speakers.lists.get(number)
    hidden = lst is not None and lst.item is not None and m.agenda.items[lst.item].hidden
    if lst is None or (hidden and not sees(desired, "item.hidden")):
        raise Problem(404, "http.not_found")

    def made() -> tuple[Response, tuple[int, ...]]:
        rows = rows_of(m, lst, here.names, desired)
        return jsonify({"meeting": meeting, "seq": m.seq, "audience": desired, "list": number, **rows}), ()

    # where names of people stand that may be corrected, it is made each time
    named = sees(desired, "waiting.speaker")
    return made()[0] if named else cached_answer(lambda: (meeting, m.seq, here.head, desired, number), made)


@blueprint.get("/api/v1/meetings/<meeting>/record")
def record(meeting: str) -> Response:
    """What was said last, newest last: {seq, code, facts, at, sentence}; staff also read in which role it was done."""
    who = who_looks(existing_meeting(meeting))
    desired = audience(who)
    last = _number("last", LAST, LAST_MOST)
    here = services().meetings.remembered(meeting)
    if desired == "staff":
        rows = _spoken(meeting, here.history, desired, last)
    else:
        # for all who hear the same it is read once, as far back as anybody may ask
        about = (meeting, here.seq, here.head, desired)
        rows = cached_value(
            about, lambda: _spoken(meeting, here.history, desired, LAST_MOST), lambda made: len(str(made))
        )
    return jsonify(meeting=meeting, seq=here.seq, audience=desired, said=rows[:last][::-1])


def _spoken(meeting: str, history: History, desired: str, last: int) -> list[dict[str, Any]]:
    """The last that was said to an audience, newest first, in sentences."""
    afters = [batch.before for batch in history.batches[1:]] + [history.state]
    rows: list[dict[str, Any]] = []
    for batch, after in reversed(list(zip(history.batches, afters, strict=True))):
        entries = {entry.seq: entry for entry in batch.entries}
        for line in reversed(said(batch.before, after, batch.entries, desired)):
            entry = entries[line["seq"]]
            row = {**line, "at": entry.at}
            if desired == "staff":
                row["role"] = entry.role
            row["sentence"] = words().said(line["code"], in_words(words(), meeting, desired == "staff", line["facts"]))
            rows.append(row)
        if len(rows) >= last:
            break
    return rows


@blueprint.get("/api/v1/meetings/<meeting>/log")
def log(meeting: str) -> Response:
    """The log after an entry, at most ROWS_MOST rows. Others than staff get what verifies the chain, no content."""
    who = who_looks(existing_meeting(meeting))
    after = _number("after", 0, 2**31 - 1)
    store = services().meetings.log
    head = store.head(meeting)
    if head is None:
        raise Problem(404, "http.not_found")
    uid = cached_value((meeting, head), lambda: uid_of(store.rows(meeting, upto=1)), len)
    if is_staff(who) and audience(who) == "staff":
        shown = [_log_row(asdict(row)) for row in store.rows(meeting, after=after, upto=after + ROWS_MOST)]
        return jsonify(meeting=meeting, uid=uid, seq=head[0], rows=shown)
    # as a text of pieces that are kept: whatever is asked for, nothing is read twice
    rows = ",".join(_seals(meeting, head, after))
    frame = json.dumps({"meeting": meeting, "uid": uid, "seq": head[0]})
    return Response(f'{frame[:-1]}, "rows": [{rows}]}}', mimetype="application/json")


def _seals(meeting: str, head: tuple[int, str], after: int) -> Iterator[str]:
    """What verifies the chain of the rows after an entry, as JSON: read in aligned pieces, each kept until the head
    moves."""
    upto = min(after + ROWS_MOST, head[0])
    for first in range(after - after % PIECE, upto, PIECE):
        make = partial(_piece, meeting, first, head[0])
        rows = cached_value((meeting, head, first), make, lambda made: 170 * len(made))
        yield from (text for seq, text in rows if after < seq <= upto)


def _piece(meeting: str, first: int, last: int) -> list[tuple[int, str]]:
    rows = services().meetings.log.seals(meeting, after=first, upto=min(first + PIECE, last))
    return [(row["seq"], json.dumps(row)) for row in rows]


def _log_row(row: dict[str, Any]) -> dict[str, Any]:
    """A row as an exported log has it: data and text as objects, what is not there left out."""
    shown = {name: value for name, value in row.items() if value is not None}
    for name in ("data", "text"):
        if name in shown:
            shown[name] = parse(shown[name])
    return shown


def _number(name: str, default: int, most: int) -> int:
    text = request.args.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= most):
        raise InvalidShape(f"?{name}", "shape.number_out_of_range", most=most)
    return int(text)


@blueprint.get("/api/v1/time")
def time() -> Response:
    """The server's clock, the only clock there is: ms UTC; with ?meeting=, as that meeting goes by it."""
    meeting = request.args.get("meeting")
    if meeting is None:
        return jsonify(now=services().meetings.clock())
    who_looks(existing_meeting(meeting))
    return jsonify(now=services().meetings.now(meeting))
