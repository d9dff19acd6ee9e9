"""What a meeting's log holds that can be erased: entries with free text, persons with names; where each of them stands.

Read from the whole log, since what was taken back still holds words. Not here: erasing (core, Meetings), the page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from meetingsvc.core.kernel import Entry
from meetingsvc.core.record import Redacted
from meetingsvc.core.roster import FIRST_REV, Accredited, PersonErased
from meetingsvc.core.schema import text_fields
from meetingsvc.core.speakers.floor import FloorGiven
from meetingsvc.meeting_cache import LoadedMeeting


@dataclass(frozen=True, slots=True)
class WrittenText:
    """An entry with free text. `erased`: the entry that says it is gone; `stands`: it was not taken back."""

    entry: Entry
    text: str
    stands: bool
    erased: Entry | None = None


@dataclass(slots=True)
class NamedPerson:
    """A person of the directory. `former`: names and posts that held once; `floors`: how often they had the floor."""

    id: str
    name: str = ""
    post: str = ""
    former: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)  # also those that held once, without posts
    delegations: list[int] = field(default_factory=list)
    floors: int = 0
    erased: Entry | None = None

    def named_in(self, text: str) -> bool:
        """Whether a text holds their name, or one that held once."""
        return any(name.casefold() in text.casefold() for name in self.names)


def texts_in(kept: LoadedMeeting) -> list[WrittenText]:
    """All entries with free text, as they were written."""
    entries = list(kept.history.entries())
    gone = {entry.event.seq: entry for entry in entries if isinstance(entry.event, Redacted)}
    standing = {note.id for note in kept.history.state.record.notes}
    return [
        WrittenText(
            entry, "\n".join(getattr(entry.event, name) for name in names), entry.seq in standing, gone.get(entry.seq)
        )
        for entry in entries
        if (names := text_fields(type(entry.event)))
    ]


def persons_in(kept: LoadedMeeting) -> list[NamedPerson]:
    """All persons that the log speaks of, in the order in which they came."""
    found: dict[str, NamedPerson] = {}
    for entry in kept.history.entries():
        id = getattr(entry.event, "person", None)
        if id is not None:
            _seen(found.setdefault(id, NamedPerson(id)), entry)
    rows: dict[str, list[tuple[int, Mapping[str, str]]]] = defaultdict(list)
    for (id, rev), row in sorted(kept.names.items()):
        rows[id].append((rev, row))
    for person in found.values():
        _named(person, kept, rows[person.id])
    return list(found.values())


def _seen(person: NamedPerson, entry: Entry) -> None:
    event = entry.event
    delegation = getattr(event, "delegation", None) or (entry.seq if isinstance(event, Accredited) else None)
    if delegation is not None and delegation not in person.delegations:
        person.delegations.append(delegation)
    person.floors += isinstance(event, FloorGiven)
    if isinstance(event, PersonErased):
        person.erased = entry


def _named(person: NamedPerson, kept: LoadedMeeting, rows: Iterable[tuple[int, Mapping[str, str]]]) -> None:
    """`rows`: all that the directory holds of this person, by rev."""
    holds = kept.history.state.roster.row_of(person.id, FIRST_REV)
    person.names = {row["name"] for _, row in rows if row["name"]}
    for rev, row in rows:
        if holds == (person.id, rev):
            person.name, person.post = row["name"], row["post"]
        else:
            person.former.append(called(row.values()))
    person.former = [text for text in dict.fromkeys(person.former) if text]


def called(words: Iterable[str]) -> str:
    """Amina Example, Minister."""
    return ", ".join(filter(None, words))
