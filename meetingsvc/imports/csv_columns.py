"""Which column of a list means what. Headings are compared without case, spaces, accents and punctuation.

Belongs here: headings and the words that stand in cells of kind and mode. Does not belong here: States, ranks.
"""

from __future__ import annotations

from dataclasses import dataclass

from meetingsvc.imports.csv_table import Line, Unreadable
from meetingsvc.imports.states import folded

#: What a heading may be called, the surest first. English, French and Spanish, as secretariats write them.
HEADINGS: dict[str, tuple[str, ...]] = {
    "code": (
        "iso code", "iso3", "iso 3", "iso", "iso alpha 3", "alpha 3", "alpha3", "alpha 3 code", "iso alpha 3 code",
        "iso 3166", "iso3 code", "country code", "state code", "code iso", "code pays", "codigo", "codigo iso", "code",
    ),
    "name": (
        "country", "state", "delegation", "member state", "country name", "name of delegation", "name of country",
        "name of state", "delegation name", "organization", "organisation", "country organization", "country or area",
        "pays", "etat", "pais", "estado", "delegacion", "member",
    ),
    "speaker": (
        "name of person speaking", "speaker", "speaker name", "name of speaker", "full name", "person",
        "representative", "name of representative", "delegate", "participant", "orateur", "orador", "nom", "nombre",
        "name",
    ),
    "post": (
        "post", "position", "function", "functional title", "designation", "official title", "job title", "title",
        "fonction", "cargo", "poste",
    ),
    "rank": ("rank", "level", "protocol level", "rang", "rango", "niveau"),
    "kind": ("kind", "category", "type", "type of delegation", "status", "categorie", "categoria"),
    "mode": (
        "mode", "attendance", "attendance mode", "participation", "mode of participation", "in room or remote",
        "in person or remote", "in room remote", "modalite", "modalidad",
    ),
}  # fmt: skip

KINDS: dict[str, tuple[str, ...]] = {
    "member": ("member", "member state", "state", "m"),
    "observer_state": ("observer state", "observer", "non member state", "non member observer state"),
    "regional_org": ("regional org", "regional organization", "regional organisation", "regional"),
    "igo": ("igo", "intergovernmental organization", "intergovernmental organisation", "international organization"),
    "un_entity": ("un entity", "un", "united nations", "un agency", "un system", "specialized agency"),
    "ngo": ("ngo", "civil society", "non governmental organization"),
    "nhri": ("nhri", "national human rights institution"),
    "guest": ("guest", "invited guest", "keynote", "keynote speaker"),
}

MODES: dict[str, tuple[str, ...]] = {
    "in_room": ("in room", "room", "in person", "inperson", "onsite", "on site", "present", "physical", "hall"),
    "remote": ("remote", "online", "on line", "virtual", "video", "videoconference", "vtc", "zoom", "distance"),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """`at` is {field: position}; `headings` all of them as written; `unused` those that mean nothing here."""

    at: dict[str, int]
    headings: tuple[str, ...]
    unused: tuple[str, ...]

    def cell(self, line: Line, field: str) -> str:
        """The text of one cell, spaces and line breaks folded, stray separators at its ends gone; '' where none."""
        place = self.at.get(field)
        text = line.cells[place] if place is not None and place < len(line.cells) else ""
        return " ".join(text.split()).strip(" ,;")


def find(heading: Line) -> Columns:
    """Which column is which; raises `Unreadable` when neither a code nor a name of delegations is among them."""
    written = tuple(" ".join(cell.split()) for cell in heading.cells)
    plain = [folded(cell.replace("_", " ")) for cell in written]
    at: dict[str, int] = {}
    for field, names in HEADINGS.items():
        places = (plain.index(name) for name in names if name in plain)
        found = next((place for place in places if place not in at.values()), None)
        if found is not None:
            at[field] = found
    if "code" not in at and "name" not in at:
        shown = ", ".join(f"“{text}”" for text in written[:8] if text)
        raise Unreadable(
            "The first line must name the columns, and one must be a code or a delegation "
            f"(ISO Code, Country, Delegation, …). It reads {shown}."
        )
    unused = tuple(text for n, text in enumerate(written) if n not in at.values() and text)
    return Columns(at, written, unused)


def word(table: dict[str, tuple[str, ...]], text: str) -> str | None:
    """The key of a table for a word as somebody wrote it, None when it is not in the table."""
    plain = folded(text.replace("_", " "))
    return next((key for key, words in table.items() if plain in words), None)
