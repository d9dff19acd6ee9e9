"""What a letter says, as blocks of lines in the reader's language: what happened, what changed, when, where, how.

Pure. Every sentence goes through the catalogue, every word that somebody typed through calendars.safe_text.
Does not belong here: headers and parts of a mail (letter), what is significant (plan), text and HTML (mail_body).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meetingsvc.calendars.appointment import Appointment, Organizer, Reader
from meetingsvc.calendars.local_time import city, in_day, milliseconds, wall
from meetingsvc.calendars.safe_text import line, web_address
from meetingsvc.calendars.texts import label_of, ways_in
from meetingsvc.calendars.zones import is_utc, names
from meetingsvc.invitations.mails.mail_body import Block, Link
from meetingsvc.invitations.plan import Times, changes_of
from meetingsvc.invitations.results import Change
from meetingsvc.store.deliveries import Told, ToldRule, ToldTurn
from meetingsvc.translations import Catalogue

#: So many days on which a series does not meet are named.
_MOST_SKIPPED = 12


# ------------------------------------------------------------------------------------------------ what happened


def kind_of(told: Told, before: Told | None) -> str:
    """invitation, update, again (it takes place after all), cancelled, or removed (this person only)."""
    if told.status != "confirmed":
        return told.status
    if before is None:
        return "invitation"
    return "update" if before.status == "confirmed" else "again"


def subject(told: Told, before: Told | None, say: Catalogue) -> str:
    """What happened, to what, on which day."""
    about = {"title": told.title, "day": say.day(told.starts_at, told.zone)}
    match kind_of(told, before):
        case "invitation" | "again":
            text = say.gettext("Invitation: {title}, {day}", **about)
        case "update":
            text = say.gettext("Updated: {title}, {day}", **about)
        case "removed":
            text = say.gettext("No longer invited: {title}, {day}", **about)
        case _:
            text = say.gettext("Cancelled: {title}, {day}", **about)
    return line(text, 400)


def _opening(appointment: Appointment, told: Told, before: Told | None, say: Catalogue) -> str:
    match kind_of(told, before):
        case "invitation" if told.rule is not None:
            return say.gettext("You are invited to these meetings.")
        case "invitation":
            return say.gettext("You are invited to this meeting.")
        case "update":
            return say.gettext("This meeting has changed.")
        case "again":
            return say.gettext("This meeting takes place after all, and you are invited.")
        case "removed":
            return say.gettext("You are no longer invited to this meeting.")
        case _ if appointment.status == "cancelled":
            return say.gettext("This meeting is cancelled.")
        case _:
            return say.gettext("This session is cancelled.")


# ------------------------------------------------------------------------------------------------- what changed


def change_rows(changes: Iterable[Change], zone: str, say: Catalogue) -> list[str]:
    """One line for each change, old and new. `zone`: the venue's."""
    changes = list(changes)
    made = [_change(*line, say) for change in changes if (line := _line(change, zone, say))]
    if any(change.field == "link" for change in changes):
        made.append(say.gettext("Your personal link is a new one. The one you had no longer works."))
    return made


def _change(what: str, old: str, new: str, say: Catalogue) -> str:
    if not old:
        return say.gettext("{what}: {new} (new)", what=what, new=new)
    if not new:
        return say.gettext("{what}: {old} (no longer)", what=what, old=old)
    return say.gettext("{what}: {old} → {new}", what=what, old=old, new=new)


def _line(change: Change, zone: str, say: Catalogue) -> tuple[str, str, str] | None:
    """What changed, as it was and as it is; None for what is not told in a line."""
    old, new = change.old, change.new
    match change.field:
        case "time":
            return _time(old, new, say)
        case "room":
            return say.gettext("Room"), line(old), line(new)
        case "links":
            return say.gettext("Join online"), _ways(old), _ways(new)
        case "mode":
            return say.gettext("Your place"), _place(old, say), _place(new, say)
        case "turn":
            return say.gettext("Your expected turn to speak"), _turn(old, zone, say), _turn(new, zone, say)
        case "status":
            return say.gettext("The meeting"), _status(old, say), _status(new, say)
        case _:
            return None


def _time(old: Times, new: Times, say: Catalogue) -> tuple[str, str, str]:
    """Start and end; or the end alone, if only that moved within its day."""
    days = {in_day(at, new.zone) for at in (new.starts_at, old.ends_at, new.ends_at)}
    if len(days) > 1 or (old.starts_at, old.zone) != (new.starts_at, new.zone):
        was, now = (when(each.starts_at, each.ends_at, each.zone, say) for each in (old, new))
        return say.gettext("Time"), was, now
    ends = [
        say.gettext("{time} ({city} time)", time=say.time(each.ends_at, each.zone), city=city(each.zone, say))
        for each in (old, new)
    ]
    return say.gettext("End"), ends[0], ends[1]


def _place(mode: str | None, say: Catalogue) -> str:
    return {"in_room": say.gettext("in the room"), "remote": say.gettext("online")}.get(mode or "", "")


def _turn(turn: ToldTurn | None, zone: str, say: Catalogue) -> str:
    if not turn:
        return ""
    return say.gettext("about {when}", when=when(turn.start, turn.to, zone, say))


def _status(status: str | None, say: Catalogue) -> str:
    named = {
        "confirmed": say.gettext("takes place"),
        "cancelled": say.gettext("cancelled"),
        "removed": say.gettext("not invited"),
    }
    return named.get(status or "", "")


def _ways(links: Iterable[str] | None) -> str:
    return ", ".join(Link("", address).shown for address in links or ())


# --------------------------------------------------------------------------------------------- when, where, how


def when(starts: int, ends: int, zone: str, say: Catalogue) -> str:
    """Friday, 11 December 2026, 10:00 to 13:00 (Ashgabat time)."""
    at = {"day": say.day(starts, zone), "start": say.time(starts, zone), "end": say.time(ends, zone)}
    if in_day(starts, zone) != in_day(ends, zone):
        at["end"] = say.gettext("{day}, {time}", day=say.day(ends, zone), time=at["end"])
    if is_utc(zone):
        return say.gettext("{day}, {start} to {end} (UTC)", **at)
    return say.gettext("{day}, {start} to {end} ({city} time)", city=city(zone, say), **at)


def times(starts: int, ends: int, host: str, own: str | None, say: Catalogue) -> Iterator[str]:
    """The venue's time, the reader's own if it is another, and UTC; said where it is another day there."""
    yield when(starts, ends, host, say)
    elsewhere = [own] if own in names() and not is_utc(str(own)) else []  # somebody once typed it
    for zone in (*elsewhere, *([] if is_utc(host) else ["UTC"])):
        same = (say.time(starts, zone), in_day(starts, zone)) == (say.time(starts, host), in_day(starts, host))
        if same and not is_utc(zone):
            continue
        shift, text = (in_day(starts, zone) - in_day(starts, host)).days, when(starts, ends, zone, say)
        if shift > 0:
            text = say.gettext("{when} – the next day there", when=text)
        elif shift < 0:
            text = say.gettext("{when} – the day before there", when=text)
        yield text


def _rule(rule: ToldRule, zone: str, say: Catalogue) -> Block:
    """How often a series meets, and when not."""
    n = rule.every
    often = {
        "DAILY": say.ngettext("Every day", "Every {n} days", n),
        "WEEKLY": say.ngettext("Every week", "Every {n} weeks", n),
        "MONTHLY": say.ngettext("Every month", "Every {n} months", n),
    }[rule.freq]
    met = rule.count - len(rule.skipped)
    rows = [often, say.ngettext("{n} meeting in all", "{n} meetings in all", met)]
    days = [say.day(milliseconds(wall(at, zone)), zone) for at in rule.skipped[:_MOST_SKIPPED]]
    rows += [say.gettext("Not on {day}", day=day) for day in days]
    return Block((*rows, say.gettext("The first one:")))


def _where(appointment: Appointment, told: Told, reader: Reader, say: Catalogue) -> Iterator[Block]:
    rows = []
    if room := line(told.room):
        rows.append(say.gettext("Room: {room}", room=room))
    if told.mode == "in_room":
        rows.append(say.gettext("Your place is in the room."))
    elif told.mode == "remote":
        rows.append(say.gettext("You take part online."))
    if rows:
        yield Block(tuple(rows))
    if ways := ways_in(appointment, reader):
        yield Block(tuple(Link(label_of(way, say), address) for way, address in ways), say.gettext("Join online:"))


def _answer(link: str | None, organizer: Organizer, say: Catalogue) -> Block:
    rows: list[str | Link] = []
    if link:
        rows.append(Link(say.gettext("Answer here"), link))
        rows.append(say.gettext("This address is yours alone: whoever has it can answer in your place."))
    to = organizer.address
    rows.append(say.gettext("The buttons of your calendar answer too: they send a mail to {address}.", address=to))
    return Block(tuple(rows))


def _by_hand(say: Catalogue) -> str:
    return say.gettext(
        "Most calendars take this over by themselves. If yours does not, open the attached file invite.ics."
    )


def blocks(
    appointment: Appointment,
    told: Told,
    before: Told | None,
    reader: Reader,
    organizer: Organizer,
    say: Catalogue,
) -> list[Block]:
    """The whole letter, what matters most first. `before`: what this person was last told."""
    made = [Block((_opening(appointment, told, before, say),)), Block((told.title,), look="title")]
    if before is not None and kind_of(told, before) == "update":
        rows = change_rows(changes_of(before, told), told.zone, say)
        made += [Block(tuple(rows), say.gettext("What changed:"), "points")] if rows else []
    if told.rule is not None:
        made.append(_rule(told.rule, told.zone, say))
    made.append(Block(tuple(times(told.starts_at, told.ends_at, told.zone, reader.zone, say))))
    if told.status == "confirmed":
        made += _where(appointment, told, reader, say)
        if turn := told.turn:
            expected = times(turn.start, turn.to, told.zone, reader.zone, say)
            about = (say.gettext("about {when}", when=text) for text in expected)
            made.append(
                Block(tuple(filter(None, (line(turn.item), *about))), say.gettext("Your expected turn to speak:"))
            )
        made.append(_answer(web_address(reader.link), organizer, say))
    if page := web_address(appointment.url):
        many = say.gettext("Everything about these meetings")
        made.append(Block((Link(many if told.rule else say.gettext("Everything about this meeting"), page),)))
    made.append(Block((_by_hand(say),)))
    made.append(Block((line(organizer.name) or organizer.address,)))
    return made
