"""What calendars say in words: titles and descriptions, plain text with real line breaks, in the reader's language.

Every sentence goes through the catalogue; English is its own key. What matters most stands first, since calendars
cut. Not here: properties and times of an event (events), making typed text harmless (safe_text).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from meetingsvc.calendars.appointment import Appointment, Item, Reader, Series, Session, Slot
from meetingsvc.calendars.local_time import city, clock_line, clock_times, milliseconds, wall
from meetingsvc.calendars.safe_text import DESCRIPTION, clean, language, line, phone_address, web_address
from meetingsvc.core.kernel import LocalizedText
from meetingsvc.core.meeting.state import WayIn
from meetingsvc.translations import Catalogue

#: As much of a description as its lists may fill.
_LISTS = 5500


def readable(text: str) -> bool:
    """Whether there is anything to see in a text."""
    return any(unicodedata.category(char)[0] not in "ZC" for char in text)


def title_of(words: LocalizedText, say: Catalogue, *, cancelled: bool = False) -> str:
    """The title as a calendar shows it: never empty, said to be cancelled if it is."""
    title = line(say.text(words))
    if not readable(title):
        title = say.gettext("Meeting")
    return say.gettext("Cancelled: {title}", title=title) if cancelled else title


def language_of(words: LocalizedText, say: Catalogue) -> str | None:
    """The language a text is shown in: the reader's, or the one it exists in."""
    found = say.text(words)
    own = [lang for lang, text in words.items() if text == found]
    return language(say.lang if say.lang in own or not own else own[0])


# ---------------------------------------------------------------- ways in


def ways_in(meeting: Appointment | Series, reader: Reader) -> tuple[tuple[WayIn, str], ...]:
    """The ways in this reader may have, with addresses: none for the public, none for who sits in the room."""
    if not reader.inside or (reader.mode == "in_room" and line(meeting.room)):
        return ()
    found = []
    for way in meeting.ways_in[:20]:
        address = phone_address(way.address) if way.kind == "phone" else web_address(way.address)
        if address:
            found.append((way, address))
    return tuple(found)


def label_of(way: WayIn, say: Catalogue) -> str:
    label = line(way.label, 100)
    if readable(label):
        return label
    if way.kind == "video":
        return say.gettext("Video")
    return say.gettext("Sound") if way.kind == "audio" else say.gettext("Telephone")


def _joining(meeting: Appointment | Series, reader: Reader, say: Catalogue) -> list[str]:
    """How this reader takes part: links for who is far away, one sentence for who sits in the room."""
    own = web_address(reader.link) if reader.inside else None
    rows = [f"{label_of(way, say)}: {_spoken(address)}" for way, address in ways_in(meeting, reader)]
    if rows:
        return [say.gettext("Join online:"), *rows, *_own_page(own, say)]
    if own and reader.mode == "in_room" and meeting.ways_in:
        return [say.gettext("If you cannot come, you can join online from your own page: {link}", link=own)]
    return _own_page(own, say)


def _spoken(address: str) -> str:
    """A web address as it is, a number as one dials it."""
    return address.removeprefix("tel:").replace("%23", "#") if address.startswith("tel:") else address


def _own_page(own: str | None, say: Catalogue) -> list[str]:
    return [say.gettext("Your own page: {link}", link=own)] if own else []


# ---------------------------------------------------------------- parts of a description


def _format(meeting: Appointment | Series, reader: Reader, say: Catalogue) -> list[str]:
    """What kind of meeting it is, where, and the reader's own place in it."""
    room = line(meeting.room)
    if room and meeting.ways_in:
        kind = say.gettext("A hybrid meeting: in the room and online.")
    elif meeting.ways_in:
        kind = say.gettext("An online meeting.")
    else:
        kind = say.gettext("A meeting in the room.") if room else ""
    venue = say.gettext("Room: {room}", room=room) if room else ""
    if reader.inside and reader.mode == "in_room":
        return [venue, kind, say.gettext("Your place is in the room.")]
    if reader.inside and reader.mode == "remote":
        return [kind, say.gettext("You take part online."), venue]
    return [kind, venue]


def _when(session: Session, say: Catalogue) -> str:
    """Friday, 11 December 2026, 10:00 to 13:00 (Ashgabat time)."""
    starts = milliseconds(wall(session.starts, session.zone))
    ends = milliseconds(wall(session.ends, session.zone))
    if session.shown_ends_at > session.ends_at:
        ends = max(ends, session.shown_ends_at)
    return say.gettext(
        "{day}, {start} to {end} ({city} time)",
        day=say.day(starts, session.zone),
        start=say.time(starts, session.zone),
        end=say.time(ends, session.zone),
        city=city(session.zone, say),
    )


def _clocks(session: Session, reader: Reader, say: Catalogue) -> str:
    starts = milliseconds(wall(session.starts, session.zone))
    clocks = clock_times(starts, session.zone, (reader.zone,), say)
    return say.gettext("Starts at {clocks}", clocks=clock_line(clocks, say))


def _listed(head: str, rows: Iterable[str], room: int, say: Catalogue) -> list[str]:
    """A list under its heading, as far as there is room for it."""
    kept, left = [head], 0
    for row in rows:
        room -= len(row) + 1
        if room > 0 and not left:
            kept.append(row)
        else:
            left += 1
    more = say.ngettext("and {n} more on the meeting's page", "and {n} more on the meeting's page", left)
    return [*kept, *([more] if left else [])] if len(kept) > 1 else []


def _item(item: Item, say: Catalogue) -> str:
    number = line(item.number, 20).rstrip(".")
    title = line(say.text(item.title))
    return f"{number}. {title}" if number else f"– {title}"


def _papers(meeting: Appointment, say: Catalogue) -> tuple[list[str], list[str]]:
    """Agenda and documents."""
    agenda = _listed(say.gettext("Agenda:"), (_item(item, say) for item in meeting.agenda), _LISTS, say)
    room = _LISTS - sum(map(len, agenda))
    papers = ((line(say.text(paper.title)), web_address(paper.address)) for paper in meeting.documents)
    rows = (f"{title}: {address}" if title else address for title, address in papers if address)
    return agenda, _listed(say.gettext("Documents:"), rows, room, say)


def _page(meeting: Appointment | Series, say: Catalogue) -> list[str]:
    url = web_address(meeting.url)
    return [say.gettext("Everything about this meeting: {url}", url=url)] if url else []


def _joined(*parts: Iterable[str]) -> str:
    """Parts with an empty line between them; libical trims texts, so they are written trimmed."""
    blocks = ("\n".join(row for row in part if row) for part in parts)
    return clean("\n\n".join(block for block in blocks if block), DESCRIPTION).strip()


# ---------------------------------------------------------------- whole descriptions


def description(meeting: Appointment, session: Session, reader: Reader, say: Catalogue) -> str:
    """Of one session."""
    over = []
    if meeting.status == "cancelled":
        over = [say.gettext("This meeting is cancelled.")]
    elif session.dropped:
        over = [say.gettext("This session is cancelled.")]
    return _joined(
        over,
        _format(meeting, reader, say),
        _joining(meeting, reader, say),
        [_when(session, say), _clocks(session, reader, say)],
        _page(meeting, say),
        *_papers(meeting, say),
    )


def days_description(meeting: Appointment, reader: Reader, say: Catalogue) -> str:
    """Of the bar over several days: its sessions."""
    sessions = [_when(session, say) for session in meeting.sessions if not session.dropped]
    return _joined(
        [say.gettext("This meeting is cancelled.")] if meeting.status == "cancelled" else [],
        _format(meeting, reader, say),
        _listed(say.gettext("Sessions:"), sessions, _LISTS, say),
        _page(meeting, say),
    )


def series_description(series: Series, reader: Reader, say: Catalogue) -> str:
    """Of a regular series: nothing that differs from one meeting to the next, such as the time in other cities."""
    first = milliseconds(wall(series.starts, series.zone))
    last = milliseconds(wall(series.ends, series.zone))
    times = say.gettext(
        "Each time {start} to {end} ({city} time)",
        start=say.time(first, series.zone),
        end=say.time(last, series.zone),
        city=city(series.zone, say),
    )
    return _joined(_format(series, reader, say), _joining(series, reader, say), [times], _page(series, say))


def slot_title(slot: Slot, say: Catalogue) -> str:
    item = line(slot.item)
    if readable(item):
        return say.gettext("Your statement (expected): {item}", item=item)
    return say.gettext("Your statement (expected)")


def slot_description(
    meeting: Appointment, slot: Slot, span: tuple[int, int], zone: str, reader: Reader, say: Catalogue
) -> str:
    """Of an expected turn to speak: honest about what it is worth."""
    start, to = span
    estimate = say.gettext(
        "An estimate: about {start} to {end} ({city} time).",
        start=say.time(start, zone),
        end=say.time(to, zone),
        city=city(zone, say),
    )
    url = web_address(reader.link) or web_address(meeting.url)
    live = (
        say.gettext("Calendars lag behind, some by a day. The page shows the live time: {url}", url=url)
        if url
        else say.gettext("Calendars lag behind, some by a day.")
    )
    clocks = clock_times(start, zone, (reader.zone,), say)
    return _joined(
        [
            title_of(meeting.title, say),
            estimate,
            say.gettext("Your place in the list of speakers: {place}", place=slot.place),
            live,
        ],
        [clock_line(clocks, say)],
        _joining(meeting, reader, say),
    )
